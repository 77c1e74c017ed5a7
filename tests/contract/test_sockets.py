"""The start and the sockets against a local Slack that stumbles, and a second deployment on the same token."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack_app import Self, bolt, identify
from bot.adapters.slack_calls import session, web_client
from bot.adapters.sockets import CONNECTIONS, Sockets, Tickets
from bot.app import run
from bot.errors import ChatBusy, ChatRefused
from bot.settings import Settings, load
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between

MANIFEST = Path(__file__).parents[2] / "app-manifest.yml"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(MANIFEST) as running:
        yield running


@pytest.fixture
async def settings(slack: SlackServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Settings]:
    async with SpeechServer() as speech:
        for name, value in {
            **settings_between(speech, slack, tmp_path),
            "IBM_CREDENTIALS_FILE": os.devnull,
        }.items():
            monkeypatch.setenv(name, value)
        yield load(None)


async def who(slack: SlackServer, settings: Settings, patience: float) -> Self:
    async with session() as http:
        return await identify(web_client(slack.bot_token, slack.api_url, http), settings.app_token, patience)


WRONG: list[tuple[str, Any]] = [
    ("apps.connections.open", {}),
    ("apps.connections.open", {"ok": True, "url": 5}),
    ("apps.connections.open", []),
    ("auth.test", {"ok": True}),
    ("auth.test", {"ok": True, "team_id": "T1", "user_id": ["U1"], "bot_id": "B1"}),
    ("auth.test", "ok"),
]


@pytest.mark.parametrize(("method", "answer"), WRONG)
async def test_a_start_while_slack_stumbles(
    slack: SlackServer, settings: Settings, method: str, answer: Any, caplog: pytest.LogCaptureFixture
):
    """It is tried again, and said once; without patience it is an error of ours."""
    slack.faults.answer(method, answer, times=2)
    with pytest.raises(ChatBusy):
        await who(slack, settings, 0)
    me = await who(slack, settings, 5)
    assert (me.team, me.user) == ("T0RETUNE", "U0RETUNE")
    assert (me.ticket or "").startswith("ws://")
    assert caplog.text.count("Slack is in trouble") == 1


async def test_a_wrong_token_is_not_tried_again(slack: SlackServer, settings: Settings):
    """Waiting cannot help: it is said at once, with what to look at."""
    slack.faults.refuse("auth.test", "invalid_auth", times=None)
    async with asyncio.timeout(5):
        with pytest.raises(ChatRefused, match="Check SLACK_BOT_TOKEN"):
            await who(slack, settings, 60)


async def test_a_stop_while_slack_stumbles(slack: SlackServer, settings: Settings):
    """It is heard, however long the start would still try."""
    slack.faults.status("auth.test", 503, times=None)
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, stop.set)
    async with asyncio.timeout(3):
        await run(settings, stop)


@pytest.fixture
async def sockets(slack: SlackServer, settings: Settings) -> AsyncIterator[Sockets]:
    async with session() as http:
        client = web_client(slack.bot_token, slack.api_url, http)
        app = bolt(client, Self("T0RETUNE", "U0RETUNE", "B0RETUNE", None))
        made = Sockets(app, slack.app_token)
        yield made
        await made.close()


async def test_addresses_that_are_none(slack: SlackServer, sockets: Sockets, monkeypatch: pytest.MonkeyPatch):
    """The sockets connect with the next ones, at the start and later."""
    monkeypatch.setattr(sockets._handlers[0].client, "ping_interval", 0.2)
    monkeypatch.setattr(sockets._handlers[1].client, "ping_interval", 0.2)
    answers: list[Any] = [{}, {"ok": True, "url": 5}, [], {"ok": True, "url": []}]
    for answer in answers:
        slack.faults.answer("apps.connections.open", answer)
    await sockets.connect(15)
    await slack.until(lambda: slack.connections == CONNECTIONS)
    slack.faults.answer("apps.connections.open", {"ok": True, "url": 5}, times=2)
    slack.cut_connections()
    await slack.until(lambda: slack.connections == 0)
    await slack.until(lambda: slack.connections == CONNECTIONS, within=20)


@pytest.mark.parametrize("answer", [{}, {"ok": True, "url": 5}, {"ok": True}, [], "wss://x"])
async def test_what_is_no_address(slack: SlackServer, answer: Any):
    """It is a lost answer, whatever its type, before anything tries to connect there."""
    slack.faults.answer("apps.connections.open", answer)
    async with session() as http:
        tickets = Tickets(base_url=slack.api_url, session=http)
        with pytest.raises(ChatBusy):
            await tickets.apps_connections_open(app_token=slack.app_token)
        assert (await tickets.apps_connections_open(app_token=slack.app_token))["url"].startswith("ws://")


async def test_two_deployments_on_one_token(
    slack: SlackServer,
    settings: Settings,
    sockets: Sockets,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    """Ours alone are nothing to speak of, also when Slack rotates them; with somebody else's it is said once."""
    caplog.set_level(logging.WARNING)
    greetings, greeted = asyncio.Semaphore(0), Sockets._greeted

    async def counted(*heard: Any) -> None:
        await greeted(*heard)
        if heard[2].get("type") == "hello":
            greetings.release()

    await sockets.connect()
    await slack.until(lambda: slack.connections == CONNECTIONS)
    await slack.refresh_connections()
    await slack.until(lambda: slack.connections == CONNECTIONS)
    assert "Slack counts" not in caplog.text
    async with session() as http:
        client = web_client(slack.bot_token, slack.api_url, http)
        monkeypatch.setattr(Sockets, "_greeted", counted)
        other = Sockets(bolt(client, Self("T0RETUNE", "U0RETUNE", "B0RETUNE", None)), slack.app_token)
        await other.connect()
        async with asyncio.timeout(10):
            for _ in range(CONNECTIONS):
                await greetings.acquire()
        assert caplog.text.count("Slack counts") == 1
        assert "each command and click reaches only one of the two" in caplog.text
        await other.close()
