"""Posting, editing, deleting and marking messages."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import (
    ADA,
    BOT,
    DEACTIVATED,
    DIRECT,
    GENERAL,
    GRACE,
    MANIFEST,
    PRIVATE,
    SECTION,
    SPEECH,
    STRANGER,
    refused,
)


async def said(slack: SlackServer, user: str = ADA, text: str = "theirs") -> str:
    """The ts of something that a person said in the bot's channel."""
    await slack.send(user, SPEECH, text)
    return str(slack.messages(user, SPEECH)[-1]["ts"])


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        (GENERAL, "not_in_channel"),
        (PRIVATE, "channel_not_found"),
        (DEACTIVATED, "channel_not_found"),
        (STRANGER, "channel_not_found"),
        (BOT, "channel_not_found"),
    ],
)
async def test_where_the_bot_cannot_post(client: AsyncWebClient, channel: str, error: str):
    """Unknown, not joined, private and so invisible, and people whom the app cannot write to."""
    assert (await refused(client.chat_postMessage(channel=channel, text="x")))["error"] == error


async def test_direct_messages(slack: SlackServer, client: AsyncWebClient):
    """A person's id leads to the direct message with them, and the answer names it; nobody else sees it."""
    answer = await client.chat_postMessage(channel=ADA, text="for you")
    assert answer["channel"] == DIRECT
    assert [m["text"] for m in slack.messages(ADA, DIRECT)] == ["for you"]
    assert slack.messages(GRACE, DIRECT) == []
    assert (await refused(client.chat_update(channel=ADA, ts=answer["ts"], text="x")))["error"] == "channel_not_found"
    await client.chat_update(channel=DIRECT, ts=answer["ts"], text="y")


async def test_nothing_to_say(client: AsyncWebClient):
    """A message has text or blocks."""
    for empty in ({}, {"text": ""}, {"text": "", "blocks": []}):
        call = client.api_call("chat.postMessage", json={"channel": SPEECH, **empty})
        assert (await refused(call))["error"] == "no_text"
    await client.api_call("chat.postMessage", json={"channel": SPEECH, "blocks": [{"type": "divider"}]})


async def test_edits_that_are_refused(slack: SlackServer, client: AsyncWebClient):
    """Other people's messages, messages that are not there, more than 4,000 characters, and nothing to say."""
    theirs = await said(slack)
    own = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]

    async def error(**arguments: Any) -> str:
        call = client.api_call("chat.update", json={"channel": SPEECH, "ts": own, "text": "y", **arguments})
        return str((await refused(call))["error"])

    assert await error(ts=theirs) == "cant_update_message"
    assert await error(ts="1.000002") == "message_not_found"
    assert await error(channel="C0NOWHERE") == "channel_not_found"
    assert await error(text="y" * 4_001) == "msg_too_long"
    assert await error(text="") == "no_text"
    assert await error(blocks=[{"type": "nothing"}]) == "invalid_blocks"
    assert slack.messages(ADA, SPEECH)[-1]["text"] == "x"
    await client.chat_update(channel=SPEECH, ts=own, text="y" * 4_000)


async def test_ephemeral_messages(slack: SlackServer, client: AsyncWebClient):
    """One person sees it; it is in no history, and its ts can be neither edited, deleted, pinned nor linked."""
    ts = (await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="psst", blocks=[SECTION]))["message_ts"]
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["psst"]
    assert slack.ephemerals(GRACE) == []
    assert slack.messages(ADA, SPEECH) == []
    assert (await client.conversations_history(channel=SPEECH))["messages"] == []
    for call in (
        client.chat_update(channel=SPEECH, ts=ts, text="y"),
        client.chat_delete(channel=SPEECH, ts=ts),
        client.pins_add(channel=SPEECH, timestamp=ts),
        client.reactions_add(channel=SPEECH, timestamp=ts, name="eyes"),
        client.chat_getPermalink(channel=SPEECH, message_ts=ts),
    ):
        assert (await refused(call))["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("channel", "user", "error"),
    [
        (SPEECH, STRANGER, "user_not_in_channel"),
        (SPEECH, "U0NOBODY", "user_not_in_channel"),
        (GENERAL, ADA, "not_in_channel"),
        (PRIVATE, ADA, "channel_not_found"),
    ],
)
async def test_ephemeral_messages_that_are_refused(client: AsyncWebClient, channel: str, user: str, error: str):
    """Its reader must be in the channel, and so must the bot."""
    call = client.chat_postEphemeral(channel=channel, user=user, text="psst")
    assert (await refused(call))["error"] == error


async def test_pins(slack: SlackServer, client: AsyncWebClient):
    """A message is pinned once; the pin is nothing that an app reads in the message."""
    ts = await said(slack)
    await client.pins_add(channel=SPEECH, timestamp=ts)
    assert (await refused(client.pins_add(channel=SPEECH, timestamp=ts)))["error"] == "already_pinned"
    assert "pinned" not in (await client.conversations_history(channel=SPEECH))["messages"][0]
    await client.pins_remove(channel=SPEECH, timestamp=ts)
    assert (await refused(client.pins_remove(channel=SPEECH, timestamp=ts)))["error"] == "no_pin"


BAD = [{"type": "divider"}, {"type": "nothing"}]


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.postEphemeral"])
async def test_invalid_blocks(slack: SlackServer, client: AsyncWebClient, method: str):
    """Both lists of faults as Slack sends them, each with its pointer; nothing is shown."""
    call = client.api_call(method, json={"channel": SPEECH, "user": ADA, "text": "x", "blocks": BAD})
    answer = await refused(call)
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == ["unsupported type: nothing [json-pointer:/blocks/1/type]"]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {answer['errors'][0]}"]
    assert slack.messages(ADA, SPEECH) == slack.ephemerals(ADA) == []


@pytest.mark.parametrize("blocks", ['{"type": "divider"}', '"[]"', "[{", {"type": "divider"}])
async def test_blocks_that_are_no_list(client: AsyncWebClient, blocks: Any):
    """What is no list, or a list encoded twice, is another error than a faulty block."""
    call = client.api_call("chat.postMessage", json={"channel": SPEECH, "text": "x", "blocks": blocks})
    assert (await refused(call))["error"] == "invalid_blocks_format"


async def test_blocks_that_are_too_long_together(slack: SlackServer, client: AsyncWebClient):
    """Each is short enough, and the message is refused, posted or edited."""
    long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5
    answer = await refused(client.chat_postMessage(channel=SPEECH, text="x", blocks=long))
    assert answer["error"] == "msg_blocks_too_long"
    posted = await client.chat_postMessage(channel=SPEECH, text="x", blocks=long[:4])
    answer = await refused(client.chat_update(channel=SPEECH, ts=posted["ts"], text="x", blocks=long))
    assert answer["error"] == "msg_blocks_too_long"


async def test_another_length(http: aiohttp.ClientSession):
    """How long a message may be is a setting: Slack's own number is not published."""
    async with SlackServer(MANIFEST, longest_message=500) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http, retry_handlers=[])
        long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 500}}]
        answer = await refused(client.chat_postMessage(channel=SPEECH, text="x", blocks=long))
        assert answer["error"] == "msg_blocks_too_long"
        await client.chat_postMessage(channel=SPEECH, text="x", blocks=[SECTION])


async def test_an_archived_channel(slack: SlackServer, client: AsyncWebClient):
    """Takes neither posts nor edits, and has a name of its own for each."""
    posted = await client.chat_postMessage(channel=SPEECH, text="x")
    slack.workspace.channels[SPEECH].archived = True
    assert (await refused(client.chat_postMessage(channel=SPEECH, text="y")))["error"] == "is_archived"
    answer = await refused(client.chat_update(channel=SPEECH, ts=posted["ts"], text="y"))
    assert answer["error"] == "is_inactive"
