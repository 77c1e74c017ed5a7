"""Slack's bad days, switched on: by a test, and over HTTP while a sandbox runs."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, SPEECH, Bot, Line, refused, ticket


def post(client: AsyncWebClient, text: str = "x") -> Any:
    return client.chat_postMessage(channel=SPEECH, text=text)


def posted(slack: SlackServer) -> list[str]:
    return [message["text"] for message in slack.messages(ADA, SPEECH)]


async def test_server_errors(slack: SlackServer, client: AsyncWebClient):
    """With Slack's JSON, or with the page of a gateway, in which the SDK finds no reason."""
    slack.faults.status("chat.postMessage", 500)
    answer = await refused(post(client))
    assert (answer.status_code, answer["error"]) == (500, "internal_error")
    slack.faults.status("chat.postMessage", 503, html=True)
    answer = await refused(post(client))
    assert (answer.status_code, answer.get("error")) == (503, None)
    assert posted(slack) == []


async def test_a_lost_answer(slack: SlackServer, client: AsyncWebClient):
    """The connection breaks after the effect: the app cannot know that it has posted."""
    slack.faults.lose("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await post(client, "there all the same")
    assert posted(slack) == ["there all the same"]
    await post(client, "next")


async def test_how_often(slack: SlackServer, client: AsyncWebClient):
    """As many times as was asked, then no more; other methods go on meanwhile."""
    slack.faults.refuse("users.info", "fatal_error", times=2)
    for _ in range(2):
        assert (await refused(client.users_info(user=ADA)))["error"] == "fatal_error"
        await client.auth_test()
    await client.users_info(user=ADA)


async def test_refreshed_connections(slack: SlackServer, bot: Bot):
    """Bolt asks for one new address, not two, and hears everything that comes after it is connected again."""
    before = len(slack.calls)
    await slack.refresh_connections()
    assert slack.connections == 0
    await slack.until(lambda: slack.connections == 1)
    for _ in range(3):
        assert (await slack.send(ADA, SPEECH, "/stt-help")).acknowledged
    assert [call.method for call in slack.calls[before:]].count("apps.connections.open") == 1


async def switch(slack: SlackServer, http: aiohttp.ClientSession, **body: Any) -> tuple[int, Any]:
    async with http.post(f"{slack.url}/page/faults", json=body) as answer:
        return answer.status, await answer.json()


async def test_switches_of_methods(slack: SlackServer, http: aiohttp.ClientSession, client: AsyncWebClient):
    """The same faults over HTTP, and their end."""
    for body, told in (
        ({"fault": "rate_limit", "method": "auth.test", "retry_after": 3}, (429, "ratelimited")),
        ({"fault": "status", "method": "auth.test", "status": 502}, (502, "internal_error")),
        ({"fault": "refuse", "method": "auth.test", "error": "fatal_error"}, (200, "fatal_error")),
    ):
        assert await switch(slack, http, **body) == (200, {"ok": True})
        answer = await refused(client.auth_test())
        assert (answer.status_code, answer["error"]) == told
    await switch(slack, http, fault="refuse", method="auth.test", error="fatal_error", times=None)
    await refused(client.auth_test())
    await switch(slack, http, fault="clear")
    await client.auth_test()
    await switch(slack, http, fault="lose", method="auth.test")
    with pytest.raises(aiohttp.ClientError):
        await client.auth_test()


async def test_switches_of_sockets(slack: SlackServer, http: aiohttp.ClientSession):
    """Tickets that are dead, one if no number is named; connections that are told to come back; events twice."""
    await switch(slack, http, fault="dead_tickets")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(await ticket(slack, http))
    assert caught.value.status == 403
    line = await Line.open(slack, http)
    await switch(slack, http, fault="duplicate_events")
    await slack.open_home(ADA)
    first, second = await line.next(), await line.next()
    assert first["payload"] == second["payload"]
    refreshing = asyncio.create_task(switch(slack, http, fault="refresh"))
    assert (await line.next())["reason"] == "refresh_requested"
    assert (await line.socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert await refreshing == (200, {"ok": True})


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "rain"},
        {},
        {"fault": "rate_limit"},
        {"fault": "refuse", "method": "x", "colour": 1},
        {"fault": "dead_tickets", "times": "many"},
    ],
)
async def test_switches_that_do_not_exist(slack: SlackServer, http: aiohttp.ClientSession, body: Any):
    """An unknown fault, a missing or an unknown setting."""
    status, answer = await switch(slack, http, **body)
    assert (status, answer["ok"]) == (400, False)
