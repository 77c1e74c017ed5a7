"""The bot as its own process between both local services: killed in the middle, cut off, stopped, misconfigured."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.bot_process import BotProcess
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between
from tests.e2e.test_stopping import end

ROOT = Path(__file__).parents[2]
CHANNEL = "C0SPEECH"
ADA, GRACE, TOMAS = "U0ADA", "U0GRACE", "U0TOMAS"


@dataclass
class Stage:
    """Both services and the bot."""

    slack: SlackServer
    speech: SpeechServer
    environment: dict[str, str]
    bot: BotProcess

    def said(self) -> list[dict[str, Any]]:
        """What is in the channel beside the living card."""
        found = self.slack.messages(ADA, CHANNEL)
        return [message for message in found if not message["text"].startswith("The present state")]

    def card(self) -> dict[str, Any] | None:
        return next((m for m in self.said() if "call-center-us" in m["text"]), None)

    def thread(self) -> list[dict[str, Any]]:
        card = self.card()
        return self.slack.thread(ADA, CHANNEL, card["ts"])[1:] if card else []

    def upgrades(self) -> int:
        """Upgrade requests that the service received."""
        return sum(1 for call in self.speech.calls if call.method == "POST" and call.path.endswith("/upgrade_model"))

    async def ask_and_approve(self) -> None:
        """Ada asks for the outdated model, Grace approves."""
        slack = self.slack
        await slack.until(lambda: slack.connections == 2, within=30)
        await slack.send(ADA, CHANNEL, "/stt-models zebra")  # the first command waits until the fleet was read
        await slack.until(lambda: slack.ephemerals(ADA), within=25)
        await slack.send(ADA, CHANNEL, "/stt-upgrade call-center-us")
        await slack.until(lambda: (slack.modal(ADA) or {}).get("callback_id") == "request", within=10)
        await slack.submit(ADA)
        card = await slack.until(self.card)
        await slack.click(GRACE, CHANNEL, card["ts"], "approve")


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Everything started, with a service that works ten times as fast as life."""
    monkeypatch.setenv("RETUNE_POLL_LANGUAGE", "1")
    async with SpeechServer(speed=6) as speech, SlackServer(ROOT / "app-manifest.yml") as slack:
        environment = settings_between(speech, slack, tmp_path)
        async with BotProcess(ROOT, tmp_path, environment, quiet=True) as bot:
            yield Stage(slack, speech, environment, bot)


async def test_a_command_while_it_starts(stage: Stage):
    """The first one that finds a connection is acknowledged and answered, though nothing else was imported by then."""
    slack = stage.slack
    await slack.until(lambda: slack.connections > 0, within=30)
    assert (await slack.send(ADA, CHANNEL, "/stt-help")).acknowledged
    await slack.until(lambda: slack.ephemerals(ADA), within=25)
    assert "/stt-models" in str(slack.ephemerals(ADA))


async def test_killed_in_the_middle(stage: Stage):
    """`kill -9` while the service upgrades: the new process goes on in the same thread, and nothing is sent twice."""
    await stage.ask_and_approve()
    await stage.slack.until(lambda: stage.speech.world.model("call-center-us").status == "upgrading", within=15)
    first = stage.bot.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await stage.slack.until(lambda: stage.bot.pid != first and stage.slack.connections == 2, within=20)
    end = await stage.slack.until(lambda: next((m for m in stage.thread() if "*done*" in m["text"]), None), within=40)
    assert "en-US_NarrowbandModel.v2020-01-16" in end["text"]
    assert stage.upgrades() == 1
    assert len(stage.said()) == 1
    assert len(stage.thread()) == 2, [m["text"] for m in stage.thread()]
    card = stage.card()
    assert card is not None
    await stage.slack.until(lambda: "Upgrade done" in (stage.card() or {})["text"])
    await stage.slack.click(TOMAS, CHANNEL, card["ts"], "approve")
    assert stage.slack.ephemerals(TOMAS) == []


async def test_refreshed_and_cut_connections(stage: Stage):
    """Slack rotates the sockets, then the network breaks: the bot comes back by itself."""
    slack = stage.slack
    await slack.until(lambda: slack.connections == 2, within=30)
    await slack.refresh_connections()
    await slack.until(lambda: slack.connections == 2, within=30)
    slack.faults.refuse_handshakes = 2
    slack.cut_connections()
    await slack.until(lambda: slack.connections == 0)
    await slack.until(lambda: slack.connections == 2, within=40)
    assert (await slack.send(ADA, CHANNEL, "/stt-help")).acknowledged


async def test_stopping(stage: Stage):
    """SIGTERM in the middle of work ends it."""
    await stage.ask_and_approve()
    await end(stage.bot)


@pytest.mark.parametrize(("token", "said"), [("SLACK_BOT_TOKEN", "invalid_auth"), ("SLACK_APP_TOKEN", "invalid_auth")])
async def test_a_wrong_token(stage: Stage, token: str, said: str, tmp_path: Path):
    """A token that Slack does not know ends the start at once, and says which settings to look at."""
    environment = {**stage.environment, "RETUNE_DATABASE": str(tmp_path / "other.db")}
    environment[token] = environment[token][:5] + "wrong"
    async with BotProcess(ROOT, tmp_path, environment, quiet=True) as wrong:
        await asyncio.wait_for(wrong.ended.wait(), 20)
        assert said in wrong.output()
        assert "Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN" in wrong.output()


async def test_check(stage: Stage, tmp_path: Path):
    """`python -m bot check`: all good; then a wrong channel, key and policy, each named with how to fix it."""
    good = await _check(stage.environment, tmp_path)
    assert "FAIL" not in good
    assert "instance stt-cluster" in good
    changed = {
        "RETUNE_CHANNEL": "C0GENERAL",
        "RETUNE_APPROVALS": "3",
        "SPEECH_TO_TEXT_APIKEY": "wrong",
    }
    bad = await _check({**stage.environment, **changed}, tmp_path)
    for part in ("/invite @retune", "only 2 people may approve", "instance speech-to-text"):
        assert part in bad


async def _check(environment: dict[str, str], folder: Path) -> str:
    import sys

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "check"),
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), "IBM_CREDENTIALS_FILE": os.devnull, "PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return out.decode()
