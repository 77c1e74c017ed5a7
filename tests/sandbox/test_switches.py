"""The switches of the page: each is there, does what it says, and can be taken back."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.bot_process import BotProcess
from sandbox.slack.cast import BOT
from sandbox.slack.server import SlackServer
from sandbox.switches import process_switches, speech_switches
from sandbox.watson.server import SpeechServer

MANIFEST = Path(__file__).parents[2] / "app-manifest.yml"


class Signals(BotProcess):
    """A bot that only hears what is done to it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def kill(self) -> None:
        self.heard.append("kill")

    def restart(self) -> None:
        self.heard.append("restart")

    def stint(self, on: bool) -> None:
        self.heard.append(f"stint {on}")


class Page:
    """What the page does with the switches."""

    def __init__(self, slack: SlackServer, speech: SpeechServer, bot: Signals, http: aiohttp.ClientSession) -> None:
        self.slack, self.speech, self.bot, self.http = slack, speech, bot, http

    async def switches(self) -> dict[str, Any]:
        async with self.http.get(f"{self.slack.url}/page/switches") as answer:
            return {one["id"]: one for one in (await answer.json())["switches"]}

    async def set(self, id: str, on: bool = True, **how: Any) -> int:
        async with self.http.post(
            f"{self.slack.url}/page/switches", **(how or {"json": {"id": id, "on": on}})
        ) as answer:
            return answer.status


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """A sandbox without a bot."""
    async with SpeechServer() as speech, SlackServer(MANIFEST) as slack, aiohttp.ClientSession() as http:
        bot = Signals()
        speech_switches(slack.switchboard, speech.faults)
        process_switches(slack.switchboard, bot, tmp_path / "retune.db")
        yield Page(slack, speech, bot, http)


async def status(page: Page) -> int:
    """How the local Slack answers any call."""
    async with page.http.post(f"{page.slack.api_url}auth.test") as answer:
        return answer.status


async def test_every_kind_of_fault_has_a_switch(page: Page):
    """In three groups, each with words for people; all are off at first."""
    found = await page.switches()
    assert {one["group"] for one in found.values()} == {"Slack", "Speech to Text", "The bot and its database"}
    assert all(one["label"] and one["about"] and not one["on"] for one in found.values())
    for id in found:
        assert await page.set(id) == 200
        if found[id]["lasting"]:
            assert (await page.switches())[id]["on"]
            assert await page.set(id, on=False) == 200
        assert not (await page.switches())[id]["on"]


async def test_what_lasts_goes_on_until_it_is_switched_off(page: Page):
    """Twice on is on, and off is off, whatever else is on."""
    for _ in range(2):
        await page.set("slack-down")
    assert [await status(page) for _ in range(3)] == [503] * 3
    await page.set("slack-html")
    await page.set("slack-down", on=False)
    assert await status(page) == 502
    await page.set("slack-html", on=False)
    assert await status(page) == 200


async def test_the_service(page: Page):
    """It is down and up again; the next work fails, and only that."""
    await page.set("speech-down")
    assert [fault.kind for fault in page.speech.faults.armed] == ["answer"]
    await page.set("speech-down", on=False)
    assert page.speech.faults.armed == ()
    await page.set("speech-failed")
    assert [page.speech.faults.take_outcome("any") for _ in range(2)] == ["failed", "done"]
    await page.set("speech-lose")
    lost = page.speech.faults.take("POST", "/instances/1/v1/customizations/2/upgrade_model")
    assert lost is not None
    assert lost.kind == "lose"
    assert page.speech.faults.take("POST", "/instances/1/v1/customizations/2/upgrade_model") is None


async def test_the_bot_and_its_database(page: Page, tmp_path: Path):
    """It is killed and restarted; the file is locked until it is switched off."""
    await page.set("bot-kill")
    await page.set("bot-restart")
    assert page.bot.heard == ["kill", "restart"]
    await page.set("database-lock")
    with closing(sqlite3.connect(tmp_path / "retune.db", isolation_level=None, timeout=0)) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        await page.set("database-lock", on=False)
        other.execute("BEGIN IMMEDIATE")


async def test_what_is_no_switch(page: Page):
    """Nothing happens, and another site's page cannot try."""
    assert await page.set("no-such") == 400
    assert await page.set("", data=b"[]", headers={"Content-Type": "application/json"}) == 400
    assert await page.set("", data=b"{}", headers={"Content-Type": "text/plain"}) == 415


class Sleeps(BotProcess):
    """A bot that does nothing, and ends well when it is asked to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder, {}, quiet=True)
        self.started: asyncio.Queue[int] = asyncio.Queue()

    async def _start(self) -> None:
        process = self._process = await asyncio.create_subprocess_exec(
            *("sh", "-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.02; done"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        await process.stdout.readline()
        self.started.put_nowait(process.pid)


async def test_a_restart_is_a_restart(tmp_path: Path):
    """After SIGTERM, which ends it well, and after a kill the keeper starts it again; not where it ends by itself."""
    async with Sleeps(tmp_path) as bot:
        pids = [await bot.started.get()]
        bot.restart()
        pids.append(await bot.started.get())
        bot.kill()
        pids.append(await bot.started.get())
        assert len(set(pids)) == 3
        assert not bot.gave_up
        os.kill(pids[-1], signal.SIGTERM)
        await bot.ended.wait()
        assert bot.gave_up


async def test_more_of_slack(page: Page):
    """The newest message goes, the bot's channels are archived, the sockets go deaf; each can be taken back."""
    channel = next(c for c in page.slack.workspace.channels.values() if BOT in c.members and c.kind == "channel")
    posted = {"channel": channel.id, "text": "hello"}
    headers = {"Authorization": f"Bearer {page.slack.bot_token}"}
    async with page.http.post(f"{page.slack.api_url}chat.postMessage", json=posted, headers=headers) as answer:
        ts = (await answer.json())["ts"]
    await page.set("slack-vanish")
    assert ts not in page.slack.workspace.messages[channel.id]
    seen = []
    for on in (True, False):
        await page.set("slack-archive", on=on)
        await page.set("slack-deaf", on=on)
        seen.append((channel.archived, page.slack.faults.hearing.is_set()))
    assert seen == [(True, False), (False, True)]


async def test_what_people_and_slack_do_on_other_days(page: Page):
    """Phones, events that come again, a message that an admin deletes; each can be taken back but the last."""
    slack = page.slack
    for on in (True, False):
        await page.set("slack-phones", on=on)
        await page.set("slack-redeliver", on=on)
        await page.set("slack-no-tables", on=on)
        await page.set("slack-no-alerts", on=on)
        assert (slack.workspace.curly, slack.faults.redeliveries) == (on, 2 if on else 0)
        assert slack.workspace.lacks == ({"data_table", "alert"} if on else set())
    channel = next(c for c in slack.workspace.channels.values() if BOT in c.members and c.kind == "channel")
    first = slack.workspace.post(channel.id, BOT, {"text": "with a reply"})
    slack.workspace.post(channel.id, BOT, {"text": "reply", "thread_ts": first["ts"]})
    await page.set("slack-tombstone")
    said = slack.workspace.messages[channel.id]
    assert [m.get("subtype") for m in said.values() if m["ts"] == first["ts"]] == ["tombstone"]
    alone = slack.workspace.post(channel.id, BOT, {"text": "without"})
    await page.set("slack-tombstone")
    assert alone["ts"] not in said
