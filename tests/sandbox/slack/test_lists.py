"""Lists by cursor, from their first portion to the last: history, threads, channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, BOT, GENERAL, PRIVATE, SPEECH, refused

Ask = Callable[..., Awaitable[Any]]


async def pages(key: str, ask: Ask, **arguments: Any) -> list[list[Any]]:
    """Every portion of a list, following the cursor to its end."""
    found: list[list[Any]] = []
    cursor = ""
    while not found or cursor:
        answer = await ask(**arguments, **({"cursor": cursor} if cursor else {}))
        found.append(answer[key])
        cursor = answer["response_metadata"]["next_cursor"]
        if "has_more" in answer.data:
            assert answer["has_more"] == bool(cursor)
    return found


def texts(portions: list[list[Any]]) -> list[list[str]]:
    return [[message["text"] for message in portion] for portion in portions]


async def post(client: AsyncWebClient, *said: str, **more: Any) -> list[str]:
    return [(await client.chat_postMessage(channel=SPEECH, text=text, **more))["ts"] for text in said]


async def test_history_by_cursor(client: AsyncWebClient):
    """Newest first, every message once, replies not at all."""
    stamps = await post(client, "1", "2", "3", "4", "5")
    await post(client, "reply", thread_ts=stamps[0])
    assert texts(await pages("messages", client.conversations_history, channel=SPEECH, limit=2)) == [
        ["5", "4"],
        ["3", "2"],
        ["1"],
    ]


async def test_threads_by_cursor(client: AsyncWebClient):
    """Oldest first with the parent; the ts of a message that is not there is no thread."""
    (parent,) = await post(client, "parent")
    await post(client, "1", "2", "3", thread_ts=parent)
    await post(client, "not in the thread")
    found = await pages("messages", client.conversations_replies, channel=SPEECH, ts=parent, limit=3)
    assert texts(found) == [["parent", "1", "2"], ["3"]]
    gone = client.conversations_replies(channel=SPEECH, ts="1.000002")
    assert (await refused(gone))["error"] == "thread_not_found"


@pytest.mark.parametrize(("channel", "error"), [("C0NOWHERE", "channel_not_found"), (PRIVATE, "channel_not_found")])
async def test_history_that_the_bot_cannot_read(client: AsyncWebClient, channel: str, error: str):
    """The same words as for posting."""
    for call in (
        client.conversations_history(channel=channel),
        client.conversations_replies(channel=channel, ts="1.000002"),
    ):
        assert (await refused(call))["error"] == error


async def test_metadata_only_when_asked_for(client: AsyncWebClient):
    """In history and in threads alike: the word is `include_all_metadata`."""
    about = {"event_type": "run", "event_payload": {"id": "r1"}}
    (ts,) = await post(client, "x", metadata=about)
    for ask in (client.conversations_history, client.conversations_replies):
        plain = await ask(channel=SPEECH, ts=ts)
        asked = await ask(channel=SPEECH, ts=ts, include_all_metadata=True)
        assert "metadata" not in plain["messages"][0]
        assert asked["messages"][0]["metadata"] == about


async def test_the_most_at_once(slack: SlackServer, client: AsyncWebClient):
    """Without a limit a portion has 100 messages, with any limit at most 999."""
    for n in range(1000):
        slack.workspace.post(SPEECH, ADA, {"text": str(n)})
    assert len((await client.conversations_history(channel=SPEECH))["messages"]) == 100
    assert len((await client.conversations_history(channel=SPEECH, limit=1000))["messages"]) == 999


async def test_lists_of_channels(slack: SlackServer, client: AsyncWebClient):
    """By cursor; private ones only where the bot is; archived ones unless they are excluded."""
    found = await pages("channels", client.conversations_list, limit=1)
    assert [[channel["id"] for channel in portion] for portion in found] == [[SPEECH], [GENERAL], ["C0PARTNERS"]]
    both: dict[str, Any] = {"types": "public_channel,private_channel"}
    assert PRIVATE not in {c["id"] for c in (await client.conversations_list(**both))["channels"]}
    slack.workspace.channels[PRIVATE].members.add(BOT)
    assert PRIVATE in {c["id"] for c in (await client.conversations_list(**both))["channels"]}
    slack.workspace.channels[GENERAL].archived = True
    assert GENERAL not in {c["id"] for c in (await client.conversations_list(exclude_archived=True))["channels"]}
