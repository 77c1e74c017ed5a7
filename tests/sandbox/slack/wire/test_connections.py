"""Sockets: hello, acknowledgements, events that wait, and what breaks when a test says so."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import ADA, SPEECH, App, connect, refused


async def address(slack: SlackServer, http: aiohttp.ClientSession) -> str:
    headers = {"Authorization": f"Bearer {slack.app_token}"}
    async with http.post(f"{slack.api_url}apps.connections.open", headers=headers) as answer:
        return str((await answer.json())["url"])


async def test_hello(slack: SlackServer, http: aiohttp.ClientSession, app: App):
    """Comes first and counts the connections; an address works once."""
    url = await address(slack, http)
    async with http.ws_connect(url) as socket:
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 2)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(url)
    await slack.until(lambda: slack.connections == 1)
    assert not app.socket.closed


async def test_pings(slack: SlackServer, http: aiohttp.ClientSession):
    """The same data comes back: the SDK takes a connection without that for dead."""
    async with http.ws_connect(await address(slack, http), autoping=False) as socket:
        await socket.receive_json()
        await socket.ping(b"sdk-ping-pong:1")
        message = await socket.receive()
    assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_eleven_connections(slack: SlackServer, http: aiohttp.ClientSession):
    """Ten at most; one more is told why it has to go."""
    apps = [await connect(slack, http) for _ in range(10)]
    async with http.ws_connect(await address(slack, http)) as socket:
        assert (await socket.receive_json())["reason"] == "too_many_websockets"
    assert slack.connections == 10
    for app in apps:
        await app.socket.close()


async def test_an_acknowledgement_on_another_connection(impatient: SlackServer, http: aiohttp.ClientSession):
    """Does not count."""
    apps = [await connect(impatient, http) for _ in range(2)]
    sending = asyncio.ensure_future(impatient.send(ADA, SPEECH, "/stt-help"))
    taking = {asyncio.ensure_future(app.take()): app for app in apps}
    [first], waiting = await asyncio.wait(taking, return_when=asyncio.FIRST_COMPLETED)
    [wrong] = [app for task, app in taking.items() if task is not first]
    await wrong.ack(first.result())
    assert (await sending).error == "operation_timeout"
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for app in apps:
        await app.socket.close()


async def test_frames_that_are_no_acknowledgements(slack: SlackServer, app: App):
    """Do no harm."""
    for text in ("hello", "[]", '{"envelope_id": "nothing"}'):
        await app.socket.send_str(text)
    _, outcome = await app.play(slack.send(ADA, SPEECH, "/stt-help"))
    assert outcome.acknowledged


async def test_events_wait_for_a_connection(slack: SlackServer, http: aiohttp.ClientSession):
    """Unlike commands, which fail at once."""
    assert (await slack.send(ADA, SPEECH, "/stt-help")).error == "dispatch_failed"
    await slack.open_home(ADA)
    app = await connect(slack, http)
    frame = await app.take()
    assert (frame["payload"]["event"]["type"], frame["retry_attempt"]) == ("app_home_opened", 0)
    await app.ack(frame)
    await app.socket.close()


async def test_a_click_is_not_sent_again(impatient: SlackServer, http: aiohttp.ClientSession):
    """The person sees a warning beside the button; the next envelope is another thing that they did."""
    client = AsyncWebClient(token=impatient.bot_token, base_url=impatient.api_url, session=http)
    app = await connect(impatient, http)
    press = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    blocks = [{"type": "actions", "elements": [press]}]
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=blocks))["ts"]
    heard: list[dict[str, object]] = []
    impatient.workspace.listen(lambda change, person: heard.append(change))
    clicking = asyncio.ensure_future(impatient.click(ADA, SPEECH, ts, "go"))
    first = await app.take()
    assert (await clicking).error == "operation_timeout"
    assert [change["action_id"] for change in heard if change["type"] == "action_failed"] == ["go"]
    asking = asyncio.ensure_future(impatient.send(ADA, SPEECH, "/stt-help"))
    assert [first["type"], (await app.take())["type"]] == ["interactive", "slash_commands"]
    await asking
    await app.socket.close()


async def test_refused_handshakes(slack: SlackServer, http: aiohttp.ClientSession):
    """As often as was asked, with the status that was asked for."""
    slack.faults.refuse_handshakes, slack.faults.handshake_status = 1, 502
    url = await address(slack, http)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(url)
    assert caught.value.status == 502
    async with http.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"


async def test_dead_tickets(slack: SlackServer, http: aiohttp.ClientSession):
    """An address that never works, until a new one is asked for."""
    slack.faults.dead_tickets = 1
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(await address(slack, http))
    await (await connect(slack, http)).socket.close()


async def test_duplicate_events(slack: SlackServer, app: App):
    """The same event in two envelopes."""
    slack.faults.duplicate_events = 1
    await slack.open_home(ADA)
    first, second = await app.take(), await app.take()
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert first["envelope_id"] != second["envelope_id"]
    for frame in (first, second):
        await app.ack(frame)


async def test_rotation_and_cuts(slack: SlackServer, http: aiohttp.ClientSession):
    """A rotation is announced, nothing more is sent, and then it ends; a cut is not announced."""
    app = await connect(slack, http)
    rotating = asyncio.ensure_future(slack.refresh_connections())
    frame = await app.take()
    assert (frame["type"], frame["reason"]) == ("disconnect", "refresh_requested")
    await rotating
    assert (slack.connections, (await slack.send(ADA, SPEECH, "/stt-help")).error) == (0, "dispatch_failed")
    assert (await app.socket.receive()).type is aiohttp.WSMsgType.CLOSE
    app = await connect(slack, http)
    slack.cut_connections()
    assert (await app.socket.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    await slack.until(lambda: slack.connections == 0)


async def test_tokens_of_the_wrong_kind(slack: SlackServer, client: AsyncWebClient):
    """A bot token opens no connection."""
    assert (await refused(client.apps_connections_open(app_token=slack.bot_token)))["error"] == "not_allowed_token_type"
