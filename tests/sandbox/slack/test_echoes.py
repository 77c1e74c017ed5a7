"""What an app hears of its own messages in direct messages."""

from __future__ import annotations

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, BOT, DIRECT, SPEECH, Bot, Json, Line


async def heard(line: Line) -> Json:
    """The next event, acknowledged."""
    envelope = await line.next()
    await line.ack(envelope)
    return dict(envelope["payload"]["event"])


async def test_posted_edited_and_deleted(slack: SlackServer, client: AsyncWebClient, http: aiohttp.ClientSession):
    """The post is signed with `bot_id`; an edit and a deletion have a subtype, and no user to know the app by."""
    line = await Line.open(slack, http)
    ts = (await client.chat_postMessage(channel=DIRECT, text="one"))["ts"]
    posted = await heard(line)
    assert (posted["channel_type"], posted["user"], posted["bot_id"]) == ("im", BOT, "B0RETUNE")
    assert "client_msg_id" not in posted
    await client.chat_update(channel=DIRECT, ts=ts, text="two")
    changed = await heard(line)
    assert (changed["subtype"], changed["channel"], changed["hidden"]) == ("message_changed", DIRECT, True)
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("two", "one")
    assert "user" not in changed
    await client.chat_delete(channel=DIRECT, ts=ts)
    deleted = await heard(line)
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert deleted["previous_message"]["text"] == "two"
    await line.socket.close()


async def test_what_makes_no_event(slack: SlackServer, client: AsyncWebClient, http: aiohttp.ClientSession):
    """A pin, a reaction, a reply at its parent; and all that happens where the app listens to mentions only."""
    line = await Line.open(slack, http)
    ts = (await client.chat_postMessage(channel=DIRECT, text="one"))["ts"]
    await client.pins_add(channel=DIRECT, timestamp=ts)
    await client.reactions_add(channel=DIRECT, timestamp=ts, name="eyes")
    await client.chat_postMessage(channel=DIRECT, text="reply", thread_ts=ts)
    elsewhere = (await client.chat_postMessage(channel=SPEECH, text="one"))["ts"]
    await client.chat_update(channel=SPEECH, ts=elsewhere, text="two")
    await client.chat_update(channel=DIRECT, ts=ts, text="two")
    told = [await heard(line) for _ in range(3)]
    assert sorted(str(event.get("subtype", event.get("text"))) for event in told) == ["message_changed", "one", "reply"]
    await line.socket.close()


async def test_bolt_keeps_them_from_an_app(slack: SlackServer, client: AsyncWebClient, bot: Bot):
    """Its middleware knows the app in each of them."""
    ts = (await client.chat_postMessage(channel=DIRECT, text="one"))["ts"]
    await client.chat_update(channel=DIRECT, ts=ts, text="two")
    await slack.send(ADA, DIRECT, "after")
    assert (await bot.hears())["event"]["text"] == "after"
