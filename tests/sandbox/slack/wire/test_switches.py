"""Faults on request, from tests and for a sandbox that runs."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import ADA, SPEECH, connect, refused


async def test_a_refusal_has_no_effect_unless_it_says_so(slack: SlackServer, client: AsyncWebClient):
    """`fatal_error` may have taken effect; a plain refusal has not."""
    slack.faults.refuse("chat.postMessage", "internal_error")
    assert (await refused(client.chat_postMessage(channel=SPEECH, text="x")))["error"] == "internal_error"
    assert slack.messages(ADA, SPEECH) == []
    slack.faults.refuse("chat.postMessage", "fatal_error", done=True)
    assert (await refused(client.chat_postMessage(channel=SPEECH, text="there")))["error"] == "fatal_error"
    assert [m["text"] for m in slack.messages(ADA, SPEECH)] == ["there"]


async def test_a_method_that_hangs(slack: SlackServer, client: AsyncWebClient):
    """Nothing happens before it is released, by itself or by clearing."""
    for release in (True, False):
        fault = slack.faults.hold("chat.postMessage")
        posting = asyncio.ensure_future(client.chat_postMessage(channel=SPEECH, text="x"))
        await client.auth_test()
        before = len(slack.messages(ADA, SPEECH))
        assert not posting.done()
        if release:
            fault.release.set()
        else:
            slack.faults.clear()
        await posting
        assert len(slack.messages(ADA, SPEECH)) == before + 1


async def test_every_call_is_recorded(slack: SlackServer, client: AsyncWebClient, now: Any):
    """Also the ones that a fault answered, with their arguments."""
    slack.faults.rate_limit("chat.postMessage", 3)
    answer = await refused(client.chat_postMessage(channel=SPEECH, text="x"))
    assert (answer["error"], answer.headers["Retry-After"]) == ("ratelimited", "3")
    [call] = slack.calls
    assert (call.method, call.arguments["text"], call.answer["ok"], call.at) == ("chat.postMessage", "x", False, now.at)


async def test_faults_of_every_method_and_for_long(slack: SlackServer, client: AsyncWebClient):
    """`*` means all, no number means until it is cleared."""
    slack.faults.status("*", 500, times=None)
    for _ in range(2):
        assert (await refused(client.auth_test())).status_code == 500
    slack.faults.clear()
    assert (await client.auth_test())["ok"]


async def test_unknown_methods_and_bodies(slack: SlackServer, http: aiohttp.ClientSession):
    """Named as Slack names them, never a broken page."""
    headers = {"Authorization": f"Bearer {slack.bot_token}"}

    async def error(method: str, **sent: Any) -> object:
        async with http.post(f"{slack.api_url}{method}", **{"headers": headers, **sent}) as answer:
            return (await answer.json())["error"]

    assert await error("chat.everything") == "unknown_method"
    json_headers = {**headers, "Content-Type": "application/json"}
    assert await error("chat.postMessage", data="{", headers=json_headers) == "invalid_json"
    assert await error("chat.postMessage", json=[]) == "json_not_object"
    assert await error("files.getUploadURLExternal", data={"filename": "x", "length": "some"}) == "invalid_arguments"
    assert await error("files.getUploadURLExternal", data={"filename": "x", "length": "0"}) == "missing_argument"
    assert await error("files.completeUploadExternal", data={"files": '["F1"]'}) == "invalid_arguments"
    assert await error("files.completeUploadExternal", data={"files": '[{"id": "F1"}]'}) == "file_not_found"


async def test_switches_of_a_running_sandbox(slack: SlackServer, http: aiohttp.ClientSession, client: AsyncWebClient):
    """The same switches over HTTP."""

    async def switch(**body: Any) -> tuple[int, bool]:
        async with http.post(f"{slack.url}/page/faults", json=body) as answer:
            return answer.status, (await answer.json())["ok"]

    assert await switch(fault="rate_limit", method="auth.test", retry_after=9) == (200, True)
    assert (await refused(client.auth_test())).headers["Retry-After"] == "9"
    assert await switch(fault="refuse_handshakes", times=2, status=500) == (200, True)
    assert (slack.faults.refuse_handshakes, slack.faults.handshake_status) == (2, 500)
    assert await switch(fault="clear") == (200, True)
    assert slack.faults.refuse_handshakes == 0
    app = await connect(slack, http)
    assert await switch(fault="cut") == (200, True)
    assert (await app.socket.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert await switch(fault="rain") == (400, False)
    assert await switch(fault="rate_limit", sort="heavy") == (400, False)


@pytest.mark.parametrize("path", ["act", "faults"])
async def test_other_sites_cannot_act(slack: SlackServer, http: aiohttp.ClientSession, path: str):
    """What a browser sends across sites without asking is not taken."""
    body = '{"user": "U0ADA", "kind": "send", "channel": "C0SPEECH", "text": "x", "fault": "clear"}'
    async with http.post(f"{slack.url}/page/{path}", data=body, headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    assert slack.messages(ADA, SPEECH) == []
