"""Health of a whole bot: probes while it starts, without Slack, with a held loop; metrics of an upgrade."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between
from tests.contract.test_health import fetch
from tests.e2e.test_process import Stage
from tests.metrics import Metrics

ROOT = Path(__file__).parents[2]

HELD = """
import signal, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(4))
from bot.__main__ import main
main()
"""
"""A bot whose event loop hangs for a while when it gets this signal."""


@dataclass
class Watched(Stage):
    """A whole bot with its health port."""

    port: int

    async def get(self, path: str) -> tuple[int, str]:
        """What a probe gets; status 0 if nobody answers."""
        with suppress(OSError):
            return (await asyncio.to_thread(fetch, self.port, path))[:2]
        return 0, ""

    async def until(self, path: str, holds: Callable[[int, str], bool], within: float = 40) -> str:
        """Asks until an answer is as wanted."""
        async with asyncio.timeout(within):
            while not holds(*(got := await self.get(path))):  # noqa: ASYNC110  # of another process
                await asyncio.sleep(0.1)
        return got[1]

    async def metrics(self, holds: Callable[[Metrics], bool]) -> Metrics:
        """The metrics, once they are as wanted."""
        return Metrics(await self.until("/metrics", lambda status, said: status == 200 and holds(Metrics(said))))


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setenv("RETUNE_POLL_LANGUAGE", "1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with SpeechServer(speed=6) as speech, SlackServer(ROOT / "app-manifest.yml") as slack:
        environment = {**settings_between(speech, slack, tmp_path), "RETUNE_HEALTH_PORT": str(port)}
        async with BotProcess(ROOT, tmp_path, environment, quiet=True, arguments=("-c", HELD)) as bot:
            yield Watched(slack, speech, environment, bot, port)


def ok(status: int, _: str) -> bool:
    return status == 200


def unavailable(status: int, _: str) -> bool:
    return status == 503


async def test_slack_gone_and_back(stage: Watched):
    """Alive all the time, ready only while Slack reaches it."""
    await stage.until("/readyz", ok)
    assert await stage.metrics(lambda found: found("slack_connections") == 2 and found("ready") == 1)
    stage.slack.faults.refuse_handshakes = 3
    stage.slack.cut_connections()
    assert "Slack" in await stage.until("/readyz", unavailable)
    assert (await stage.get("/livez"))[0] == 200
    await stage.until("/readyz", ok)


async def test_a_start_without_slack(stage: Watched):
    """Before Slack answers, probes do: alive, not ready. The port ends with the process, so the next one gets it."""
    await stage.until("/readyz", ok)
    first = stage.bot.pid
    stage.slack.faults.answer("auth.test", {}, times=4)
    stage.bot.restart()
    await stage.slack.until(lambda: stage.bot.pid != first, within=20)
    assert "Slack" in await stage.until("/readyz", unavailable)
    assert (await stage.get("/livez"))[0] == 200
    await stage.until("/readyz", ok)


async def test_a_held_loop(stage: Watched):
    """Not alive while it hangs, alive again afterwards."""
    await stage.until("/readyz", ok)
    assert stage.bot.pid is not None
    os.kill(stage.bot.pid, signal.SIGUSR1)
    assert "event loop" in await stage.until("/livez", unavailable)
    await stage.until("/livez", ok)


async def test_an_upgrade(stage: Watched):
    """What people and services did is in the metrics, and nothing of it as text."""
    await stage.ask_and_approve()
    found = await stage.metrics(lambda found: found("requests_ended_total", state="done") == 1)
    assert found("runs_ended_total", instance="speech-to-text", state="done") == 1
    assert found("leader") == 1
    assert found("polls_total", instance="speech-to-text", kind="language")
    assert (found("acknowledgements_total", result="acknowledged") or 0) >= 4
    assert found("acknowledgement_duration_seconds_count") == found("acknowledgements_total", result="acknowledged")
    assert found("service_calls_total", service="slack", kind="chat.postMessage")
    assert found("service_calls_total", service="speech_to_text", kind="write") == 1
    assert found("database_up") == 1
    assert found("database_duration_seconds_count")
    labels = str([sample.labels for family in found.families.values() for sample in family.samples])
    assert "call-center" not in labels
    assert stage.slack.bot_token not in labels


async def test_a_port_that_is_taken(stage: Watched, tmp_path: Path):
    """One clear line, exit code 2."""
    await stage.until("/livez", ok)
    environment = {**stage.environment, "RETUNE_DATABASE": str(tmp_path / "other.db")}
    async with BotProcess(ROOT, tmp_path, environment, quiet=True) as second:
        await asyncio.wait_for(second.ended.wait(), 30)
        assert "RETUNE_HEALTH_PORT" in second.output()
        assert "cannot be used" in second.output()
