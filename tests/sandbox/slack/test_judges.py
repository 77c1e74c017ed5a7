"""Two apps that are not ours judge the local Slack: Bolt with its synchronous and with its asynchronous client.

Both are written as Slack's own tutorials write them, with Bolt's defaults: what works here only because an app was
tuned to it fails them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, BOT, DIRECT, FIELD, MANIFEST, SPEECH, button, home, modal, row

CARD = [{"type": "section", "text": {"type": "mrkdwn", "text": "Really?"}}, row(button("yes", value="7"))]


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """The local Slack as everybody starts it: real time, real limits."""
    async with SlackServer(MANIFEST, ack_timeout=10) as server:
        yield server


def synchronous(slack: SlackServer) -> SocketModeHandler:
    """Connected; its Web API calls are slack_sdk's over urllib, its sockets the SDK's own."""
    app = App(client=WebClient(token=slack.bot_token, base_url=slack.api_url))

    @app.command("/stt-help")
    def command(ack: Any, body: Any, say: Any, client: Any) -> None:
        ack("At once")
        say(text=f"Hello <@{body['user_id']}>", blocks=CARD)

    @app.command("/stt-runs")
    def form(ack: Any, body: Any, client: Any) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal(FIELD, callback_id="form"))

    @app.event("app_mention")
    def mention(event: Any, say: Any) -> None:
        say(f"You said: {event['text']}", thread_ts=event["ts"])

    @app.event("message")
    def message(event: Any, say: Any) -> None:
        say(f"Privately: {event['text']}")

    @app.event("app_home_opened")
    def opened(event: Any, client: Any) -> None:
        client.views_publish(user_id=event["user"], view=home())

    @app.action("yes")
    def pressed(ack: Any, respond: Any, body: Any, client: Any) -> None:
        ack()
        respond(f"Only you: {body['actions'][0]['value']}", replace_original=False)
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Done", blocks=[])

    @app.view("form")
    def submitted(ack: Any, view: Any, body: Any, client: Any) -> None:
        why = view["state"]["values"]["why"]["v"]["value"]
        if why == "no":
            ack(response_action="errors", errors={"why": "Say yes"})
            return
        ack()
        client.chat_postMessage(channel=body["user"]["id"], text=f"Because: {why}")

    handler = SocketModeHandler(app, slack.app_token)
    handler.connect()
    return handler


async def asynchronous(slack: SlackServer) -> AsyncSocketModeHandler:
    """The same, connected, over aiohttp."""
    app = AsyncApp(client=AsyncWebClient(token=slack.bot_token, base_url=slack.api_url))

    @app.command("/stt-help")
    async def command(ack: Any, body: Any, say: Any) -> None:
        await ack("At once")
        await say(text=f"Hello <@{body['user_id']}>", blocks=CARD)

    @app.command("/stt-runs")
    async def form(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(FIELD, callback_id="form"))

    @app.event("app_mention")
    async def mention(event: Any, say: Any) -> None:
        await say(f"You said: {event['text']}", thread_ts=event["ts"])

    @app.event("message")
    async def message(event: Any, say: Any) -> None:
        await say(f"Privately: {event['text']}")

    @app.event("app_home_opened")
    async def opened(event: Any, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view=home())

    @app.action("yes")
    async def pressed(ack: Any, respond: Any, body: Any, client: Any) -> None:
        await ack()
        await respond(f"Only you: {body['actions'][0]['value']}", replace_original=False)
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Done", blocks=[])

    @app.view("form")
    async def submitted(ack: Any, view: Any, body: Any, client: Any) -> None:
        why = view["state"]["values"]["why"]["v"]["value"]
        if why == "no":
            await ack(response_action="errors", errors={"why": "Say yes"})
            return
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text=f"Because: {why}")

    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    return handler


@pytest.fixture(params=["synchronous", "asynchronous"])
async def judge(request: pytest.FixtureRequest, slack: SlackServer) -> AsyncIterator[None]:
    """One of the two, started and connected."""
    if request.param == "synchronous":
        blocking = await asyncio.to_thread(synchronous, slack)
        await slack.until(lambda: slack.connections)
        yield
        # Its reader holds the socket's lock for up to 3 s while nothing comes: the other end hangs up first.
        blocking.client.auto_reconnect_enabled = False
        slack.cut_connections()
        await asyncio.to_thread(blocking.close)
        return
    handler = await asynchronous(slack)
    await slack.until(lambda: slack.connections)
    yield
    await handler.close_async()


@pytest.mark.usefixtures("judge")
async def test_a_command_and_its_button(slack: SlackServer):
    """The answer in the acknowledgement, the post, and what a click does to it."""
    assert (await slack.send(ADA, SPEECH, "/stt-help")).acknowledged
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["At once"]
    card = await slack.until(lambda: next(iter(slack.messages(ADA, SPEECH)), None))
    assert (card["text"], card["blocks"][1]["elements"][0]["action_id"]) == (f"Hello <@{ADA}>", "yes")
    assert (await slack.click(ADA, SPEECH, card["ts"], "yes")).acknowledged
    await slack.until(lambda: slack.messages(ADA, SPEECH)[0]["text"] == "Done")
    assert slack.messages(ADA, SPEECH)[0]["blocks"] == []
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["At once", "Only you: 7"]


@pytest.mark.usefixtures("judge")
async def test_a_mention_and_a_direct_message(slack: SlackServer):
    """Answered in the thread, and in private."""
    await slack.send(ADA, SPEECH, f"<@{BOT}> a & b")
    said = slack.messages(ADA, SPEECH)[0]
    await slack.until(lambda: len(slack.thread(ADA, SPEECH, said["ts"])) == 2)
    assert slack.thread(ADA, SPEECH, said["ts"])[1]["text"] == f"You said: <@{BOT}> a &amp; b"
    await slack.send(ADA, DIRECT, "psst")
    await slack.until(lambda: [m["text"] for m in slack.messages(ADA, DIRECT)] == ["psst", "Privately: psst"])


@pytest.mark.usefixtures("judge")
async def test_a_form_and_the_home_tab(slack: SlackServer):
    """Opened on the trigger, answered with an error, then taken; App Home is published when it is opened."""
    await slack.send(ADA, SPEECH, "/stt-runs")
    await slack.until(lambda: slack.modal(ADA))
    answer = await slack.submit(ADA, {"why": {"v": {"type": "plain_text_input", "value": "no"}}})
    assert answer.body == {"response_action": "errors", "errors": {"why": "Say yes"}}
    await slack.submit(ADA, {"why": {"v": {"type": "plain_text_input", "value": "yes"}}})
    await slack.until(lambda: [m["text"] for m in slack.messages(ADA, DIRECT)] == ["Because: yes"])
    assert slack.modal(ADA) is None
    await slack.open_home(ADA)
    await slack.until(lambda: slack.home(ADA))
