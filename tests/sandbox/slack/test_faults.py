"""Slack's bad days, switched on: by a test, and over HTTP while a sandbox runs."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, BOT, SPEECH, Bot, Line, refused, ticket


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


async def test_any_answer(slack: SlackServer, client: AsyncWebClient):
    """A 200 that holds anything, with the effect or without it."""
    slack.faults.answer("chat.postMessage", {"ok": True, "ts": 7})
    assert (await post(client))["ts"] == 7
    assert posted(slack) == []
    slack.faults.answer("chat.postMessage", {"ok": True}, done=True)
    await post(client, "there")
    assert posted(slack) == ["there"]


async def test_what_takes_effect_late(slack: SlackServer, client: AsyncWebClient):
    """The connection breaks, and the post appears when it is released: after what was sent later."""
    fault = slack.faults.late("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await post(client, "first")
    await post(client, "second")
    assert posted(slack) == ["second"]
    fault.release.set()
    await slack.until(lambda: posted(slack) == ["second", "first"])


async def test_a_deleted_parent(slack: SlackServer, client: AsyncWebClient):
    """With replies it becomes a tombstone, which nobody can edit, and its thread lives on; without, it is gone."""
    parent, alone = await post(client, "parent"), await post(client, "alone")
    await client.chat_postMessage(channel=SPEECH, text="reply", thread_ts=parent["ts"])
    for message in (parent, alone):
        await client.chat_delete(channel=SPEECH, ts=message["ts"])
        answer = await refused(client.chat_update(channel=SPEECH, ts=message["ts"], text="x"))
        assert answer["error"] == "message_not_found"
    assert [m.get("subtype") for m in slack.messages(ADA, SPEECH)] == ["tombstone"]
    await client.chat_postMessage(channel=SPEECH, text="more", thread_ts=parent["ts"])
    thread = (await client.conversations_replies(channel=SPEECH, ts=parent["ts"]))["messages"]
    assert [m["text"] for m in thread] == ["This message was deleted.", "reply", "more"]
    answer = await refused(client.chat_postMessage(channel=SPEECH, text="x", thread_ts=alone["ts"]))
    assert answer["error"] == "thread_not_found"


async def test_the_marks_of_a_thread(slack: SlackServer, client: AsyncWebClient):
    """A parent names who replied and how often; without replies it is a message like any other again."""
    parent = await post(client, "parent")
    first = await client.chat_postMessage(channel=SPEECH, text="one", thread_ts=parent["ts"])
    await slack.send(ADA, SPEECH, "two", parent["ts"])
    seen = (await client.conversations_history(channel=SPEECH))["messages"][0]
    assert (seen["reply_count"], seen["reply_users"], seen["reply_users_count"]) == (2, [BOT, ADA], 2)
    assert seen["bot_profile"]["name"] == "retune"
    two = slack.thread(ADA, SPEECH, parent["ts"])[-1]
    slack.workspace.remove(SPEECH, two["ts"])
    seen = (await client.conversations_replies(channel=SPEECH, ts=parent["ts"]))["messages"][0]
    assert (seen["reply_users"], seen["latest_reply"]) == ([BOT], first["ts"])
    await client.chat_delete(channel=SPEECH, ts=first["ts"])
    seen = (await client.conversations_history(channel=SPEECH))["messages"][0]
    assert not {"thread_ts", "reply_count", "reply_users", "latest_reply"} & seen.keys()


async def test_a_tombstone_goes_with_its_last_reply(slack: SlackServer, client: AsyncWebClient):
    """Then nothing is left of either."""
    parent = await post(client, "parent")
    reply = await client.chat_postMessage(channel=SPEECH, text="one", thread_ts=parent["ts"])
    await client.chat_delete(channel=SPEECH, ts=parent["ts"])
    await client.chat_delete(channel=SPEECH, ts=reply["ts"])
    assert (await client.conversations_history(channel=SPEECH))["messages"] == []


async def test_retention(slack: SlackServer, client: AsyncWebClient):
    """The parent is gone: a reply lands in the channel as a message of its own, without an error."""
    parent = await post(client, "parent")
    slack.workspace.vanish(SPEECH, parent["ts"])
    answer = await client.chat_postMessage(channel=SPEECH, text="stray", thread_ts=parent["ts"])
    assert "thread_ts" not in answer["message"]
    assert posted(slack) == ["stray"]


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
