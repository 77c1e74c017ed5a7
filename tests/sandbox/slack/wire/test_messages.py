"""Messages over the Web API: threads, marks, edits and what is not covered, seen by Slack's SDK and by people."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import ADA, GENERAL, GRACE, PRIVATE, SPEECH, refused

SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


async def test_stamps_are_unique_and_grow(slack: SlackServer):
    """Thousands of messages within one tick of the clock have different `ts` that sort as text."""
    stamps = [slack.workspace.stamp() for _ in range(5000)]
    assert len(set(stamps)) == 5000
    assert stamps == sorted(stamps)


async def test_what_a_post_answers(client: AsyncWebClient):
    """The channel, the ts, and the message as Slack keeps it, with the ids and defaults that it adds."""
    answer = await client.chat_postMessage(channel=SPEECH, text="hello", blocks=[SECTION])
    message = answer["message"]
    assert (answer["channel"], answer["ts"]) == (SPEECH, message["ts"])
    assert (message["user"], message["bot_id"], message["app_id"]) == ("U0RETUNE", "B0RETUNE", "A0RETUNE")
    assert message["bot_profile"]["name"] == "retune"
    assert message["blocks"][0]["block_id"]
    assert message["blocks"][0]["text"]["verbatim"] is False


async def test_a_thread(slack: SlackServer, client: AsyncWebClient):
    """Replies hang on their parent, also when they name another reply; the parent counts them."""
    parent = (await client.chat_postMessage(channel=SPEECH, text="parent"))["ts"]
    first = await client.chat_postMessage(channel=SPEECH, text="one", thread_ts=parent)
    assert (first["message"]["thread_ts"], first["message"]["parent_user_id"]) == (parent, "U0RETUNE")
    second = await client.chat_postMessage(channel=SPEECH, text="two", thread_ts=first["ts"])
    assert second["message"]["thread_ts"] == parent
    assert [m["text"] for m in slack.messages(ADA, SPEECH)] == ["parent"]
    assert [m["text"] for m in slack.thread(ADA, SPEECH, parent)] == ["parent", "one", "two"]
    seen = (await client.conversations_history(channel=SPEECH))["messages"][0]
    assert (seen["thread_ts"], seen["reply_count"], seen["latest_reply"]) == (parent, 2, second["ts"])
    await client.chat_delete(channel=SPEECH, ts=second["ts"])
    seen = (await client.conversations_history(channel=SPEECH))["messages"][0]
    assert (seen["reply_count"], seen["latest_reply"]) == (1, first["ts"])
    nowhere = client.chat_postMessage(channel=SPEECH, text="x", thread_ts="1.000001")
    assert (await refused(nowhere))["error"] == "thread_not_found"


async def test_a_person_as_channel(client: AsyncWebClient):
    """The direct message with somebody who is there; nobody who is not."""
    assert (await client.chat_postMessage(channel=ADA, text="x"))["channel"] == "D0ADA"
    for absent in ("U0OLD", "U0EXT", "USLACKBOT", "U0NOBODY"):
        assert (await refused(client.chat_postMessage(channel=absent, text="x")))["error"] == "channel_not_found"


async def test_an_edit_keeps_metadata_and_takes_buttons_away(slack: SlackServer, client: AsyncWebClient):
    """Metadata that an edit leaves out stays; blocks are what the edit brings."""
    about = {"event_type": "t", "event_payload": {"key": "k"}}
    press = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    blocks = [SECTION, {"type": "actions", "elements": [press]}]
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=blocks, metadata=about))["ts"]
    await client.chat_update(channel=SPEECH, ts=ts, text="y", blocks=[SECTION])
    found = await client.conversations_history(channel=SPEECH, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == about
    assert [block["type"] for block in slack.messages(ADA, SPEECH)[0]["blocks"]] == ["section"]
    assert slack.messages(ADA, SPEECH)[0]["edited"]["user"] == "U0RETUNE"


async def test_long_text(slack: SlackServer, client: AsyncWebClient):
    """Over 40,000 characters are cut, with a warning."""
    answer = await client.chat_postMessage(channel=SPEECH, text="x" * 40_001)
    assert answer["warning"] == "message_truncated"
    assert len(slack.messages(ADA, SPEECH)[0]["text"]) == 40_000


@pytest.mark.parametrize("extra", [{"attachments": [{"text": "x"}]}, {"reply_broadcast": True}, {"username": "x"}])
async def test_what_is_not_covered_is_refused(client: AsyncWebClient, extra: dict[str, Any]):
    """An argument that would change what people see is never dropped in silence."""
    answer = await refused(client.chat_postMessage(channel=SPEECH, text="x", **extra))
    assert answer["error"] == "invalid_arguments"
    assert next(iter(extra)) in answer["response_metadata"]["messages"][0]


@pytest.mark.parametrize(
    ("metadata", "error"), [({"event_type": "t"}, "invalid_metadata_format"), ("{", "invalid_arguments")]
)
async def test_metadata_has_a_form(client: AsyncWebClient, metadata: object, error: str):
    """Both keys, in an object."""
    call = client.api_call("chat.postMessage", json={"channel": SPEECH, "text": "x", "metadata": metadata})
    assert (await refused(call))["error"] == error


async def test_ephemeral_messages(slack: SlackServer, client: AsyncWebClient):
    """Their reader must be in the channel, and nobody else has them, history neither."""
    await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="psst")
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["psst"]
    assert slack.ephemerals(GRACE) == []
    assert (await client.conversations_history(channel=SPEECH))["messages"] == []
    stranger = client.chat_postEphemeral(channel=SPEECH, user="U0EXT", text="x")
    assert (await refused(stranger))["error"] == "user_not_in_channel"
    assert (await refused(client.chat_postEphemeral(channel=GENERAL, user=ADA, text="x")))["error"] == "not_in_channel"


async def test_pins_and_reactions(slack: SlackServer, client: AsyncWebClient):
    """Once each; a name has no colons; what is not there cannot be taken away."""
    ts = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    at: dict[str, Any] = {"channel": SPEECH, "timestamp": ts}
    await client.pins_add(**at)
    assert (await refused(client.pins_add(**at)))["error"] == "already_pinned"
    await client.pins_remove(**at)
    assert (await refused(client.pins_remove(**at)))["error"] == "no_pin"
    await client.reactions_add(name="white_check_mark", **at)
    assert slack.messages(ADA, SPEECH)[0]["reactions"][0]["users"] == ["U0RETUNE"]
    assert (await refused(client.reactions_add(name="white_check_mark", **at)))["error"] == "already_reacted"
    assert (await refused(client.reactions_add(name=":eyes:", **at)))["error"] == "invalid_name"
    await client.reactions_remove(name="white_check_mark", **at)
    assert slack.messages(ADA, SPEECH)[0]["reactions"] == []
    gone = client.reactions_remove(name="white_check_mark", **at)
    assert (await refused(gone))["error"] == "no_reaction"
    nowhere = client.pins_add(channel=SPEECH, timestamp="1.000001")
    assert (await refused(nowhere))["error"] == "message_not_found"


async def test_permalinks(slack: SlackServer, client: AsyncWebClient):
    """In a thread with its parent; none into a private channel that the bot is not in."""
    parent = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    reply = (await client.chat_postMessage(channel=SPEECH, text="y", thread_ts=parent))["ts"]
    link = (await client.chat_getPermalink(channel=SPEECH, message_ts=reply))["permalink"]
    assert link.endswith(f"/archives/{SPEECH}/p{reply.replace('.', '')}?thread_ts={parent}&cid={SPEECH}")
    await slack.send(ADA, PRIVATE, "among us")
    hidden = slack.messages(ADA, PRIVATE)[0]["ts"]
    asked = client.chat_getPermalink(channel=PRIVATE, message_ts=hidden)
    assert (await refused(asked))["error"] == "channel_not_found"


async def test_deleting(slack: SlackServer, client: AsyncWebClient):
    """Own messages only, and once."""
    await slack.send(ADA, SPEECH, "mine")
    theirs = slack.messages(ADA, SPEECH)[0]["ts"]
    assert (await refused(client.chat_delete(channel=SPEECH, ts=theirs)))["error"] == "cant_delete_message"
    own = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    await client.chat_delete(channel=SPEECH, ts=own)
    assert (await refused(client.chat_delete(channel=SPEECH, ts=own)))["error"] == "message_not_found"
