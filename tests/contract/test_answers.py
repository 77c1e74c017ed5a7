"""What each answer of Slack means to the adapter: done, to be looked for, refused, to wait for, or gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack import SlackChat
from bot.adapters.slack_calls import call, session, web_client
from bot.errors import (
    BlocksRefused,
    ChannelClosed,
    ChatBusy,
    ChatError,
    ChatOutcomeUnknown,
    ChatRefused,
    MessageGone,
)
from bot.ports import Message, Place
from sandbox.slack.server import SlackServer

MANIFEST = Path(__file__).parents[2] / "app-manifest.yml"
ADA, CHANNEL = "U0ADA", "C0SPEECH"
SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
BUTTON: dict[str, Any] = {"type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "approve"}
ROW: dict[str, Any] = {"type": "actions", "elements": [{**BUTTON, "value": "1"}]}
HELLO = Message("hello", (SECTION, ROW))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

MEANING: tuple[tuple[type[ChatError], str], ...] = (
    (MessageGone, "gone"),
    (ChannelClosed, "closed"),
    (BlocksRefused, "content"),
    (ChatRefused, "refused"),
    (ChatOutcomeUnknown, "look"),
    (ChatBusy, "wait"),
)


@dataclass
class Stage:
    """The adapter and the local Slack."""

    slack: SlackServer
    chat: SlackChat

    async def meaning(self, method: str, answer: Any, *, thread: str | None = None) -> str:
        """What the adapter makes of an answer to a method."""
        self.slack.faults.answer(method, answer, times=None)
        try:
            await self._call(method, thread)
        except ChatError as error:
            return next(word for kind, word in MEANING if isinstance(error, kind))
        finally:
            self.slack.faults.clear()
        return "done"

    def _call(self, method: str, thread: str | None) -> Awaitable[Any]:
        chat = self.chat
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "chat.postMessage": lambda: chat.post(CHANNEL, HELLO, key="k", thread=thread),
            "chat.update": lambda: chat.edit(CHANNEL, "1.2", HELLO, key="k"),
            "chat.postEphemeral": lambda: chat.whisper(Place(ADA, CHANNEL), HELLO),
            "chat.delete": lambda: chat.delete(CHANNEL, "1.2"),
            "chat.getPermalink": lambda: chat.link(CHANNEL, "1.2"),
            "conversations.history": lambda: chat.shows(CHANNEL, "1.2", thread=None),
            "conversations.replies": lambda: chat.find(CHANNEL, "k", thread="1.1", since=LONG_AGO),
            "conversations.open": lambda: chat.post(ADA, HELLO, key="k"),
            "conversations.info": lambda: chat.room(CHANNEL),
            "conversations.members": lambda: chat.members("C0PRIVATE"),
            "files.getUploadURLExternal": lambda: chat.upload(CHANNEL, "x.csv", b"x", title="x"),
            "pins.add": lambda: chat.pin(CHANNEL, "1.2"),
            "usergroups.list": lambda: chat.name("S0APPROVE"),
            "usergroups.users.list": lambda: chat.members("S0APPROVE"),
            "users.info": lambda: chat.person(ADA),
            "views.open": lambda: chat.open("trigger", {"type": "modal"}),
            "views.publish": lambda: chat.publish_home(ADA, {"type": "home"}),
        }
        return calls[method]()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with SlackServer(MANIFEST) as slack, session() as http:
        slack.workspace.channels["C0PRIVATE"].members.add("U0RETUNE")
        client = web_client(slack.bot_token, slack.api_url, http)
        yield Stage(slack, SlackChat(client, http, slack.api_url))


POST, EDIT = "chat.postMessage", "chat.update"


def no(error: Any, **more: Any) -> dict[str, Any]:
    return {"ok": False, "error": error, **more}


@pytest.mark.parametrize(
    ("method", "answer", "means"),
    [
        (POST, {"ok": True}, "look"),
        (POST, {"ok": True, "ts": 7, "channel": None}, "look"),
        (POST, {"ok": True, "ts": "soon"}, "look"),
        (POST, {"ok": "false", "ts": "1.2"}, "look"),
        (POST, {"ok": 1, "ts": "1.2"}, "look"),
        (POST, [], "look"),
        (POST, [1], "look"),
        (POST, None, "look"),
        (POST, "ok", "look"),
        (POST, 5, "look"),
        (POST, {}, "look"),
        (POST, no(None), "look"),
        (POST, no({"a": 1}), "look"),
        (POST, no("internal_error"), "look"),
        (POST, no("fatal_error"), "look"),
        (POST, no("is_archived"), "closed"),
        (POST, no("not_in_channel"), "closed"),
        (POST, no("channel_not_found"), "closed"),
        (POST, no("msg_blocks_too_long"), "content"),
        (POST, no("invalid_blocks"), "content"),
        (POST, no("invalid_arguments", response_metadata={"messages": ["x [json-pointer:/blocks/0]"]}), "content"),
        (POST, no("invalid_arguments", response_metadata=["x"]), "refused"),
        (POST, no("invalid_arguments", response_metadata={"messages": {"a": 1}}), "refused"),
        (POST, no("missing_scope", needed=["x"]), "refused"),
        (POST, no("restricted_action"), "refused"),
        (POST, no("rate_limited"), "wait"),
        (POST, no("service_unavailable"), "wait"),
        (POST, {"ok": True, "ts": "1.2"}, "done"),
        (EDIT, no("message_not_found"), "gone"),
        (EDIT, no("is_inactive"), "closed"),
        (EDIT, no("cant_update_message"), "refused"),
        (EDIT, no("internal_error"), "look"),
        (EDIT, {"ok": True}, "look"),
        (EDIT, {"ok": True, "ts": []}, "look"),
        (EDIT, [], "look"),
        (EDIT, {"ok": True, "ts": "1.2"}, "done"),
        ("chat.delete", no("message_not_found"), "done"),
        ("chat.delete", [], "wait"),
        ("users.info", {"ok": True, "user": []}, "wait"),
        ("users.info", {"ok": True, "user": "ada"}, "wait"),
        ("users.info", [], "wait"),
        ("users.info", no("user_not_found"), "done"),
        ("users.info", no("invalid_user_id"), "done"),
        ("users.info", no("invalid_auth"), "refused"),
        ("usergroups.users.list", no("subteam_not_found"), "done"),
        ("usergroups.users.list", no("anything_else"), "done"),
        ("usergroups.users.list", no("missing_scope"), "refused"),
        ("usergroups.users.list", {"ok": True, "users": {"a": 1}}, "wait"),
        ("usergroups.list", [], "wait"),
        ("conversations.members", {"ok": True, "members": "U0ADA"}, "wait"),
        ("conversations.info", {"ok": True, "channel": []}, "wait"),
        ("conversations.info", {"ok": True}, "wait"),
        ("conversations.history", {"ok": True, "messages": {"a": 1}}, "wait"),
        ("conversations.history", {"ok": True, "messages": [5, {"ts": 5}]}, "done"),
        ("conversations.replies", no("thread_not_found"), "gone"),
        ("conversations.replies", {"ok": True}, "wait"),
        ("conversations.open", {"ok": True, "channel": "D1"}, "wait"),
        ("conversations.open", {"ok": True, "channel": {"id": 5}}, "wait"),
        ("files.getUploadURLExternal", {"ok": True, "upload_url": 5, "file_id": "F1"}, "wait"),
        ("files.getUploadURLExternal", {"ok": True}, "wait"),
        ("chat.getPermalink", {"ok": True, "permalink": 5}, "wait"),
        ("chat.postEphemeral", [], "wait"),
        ("pins.add", "yes", "wait"),
        ("views.open", no("expired_trigger_id"), "refused"),
        ("views.open", {"ok": True, "view": []}, "wait"),
        ("views.publish", [], "wait"),
    ],
)
async def test_what_an_answer_means(stage: Stage, method: str, answer: Any, means: str):
    """Never a crash, and never more certain than the answer."""
    assert await stage.meaning(method, answer) == means


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (no("thread_not_found"), "gone"),
        (no("cannot_reply_to_message"), "gone"),
        ({"ok": True, "ts": "1.2", "message": {"ts": "1.2"}}, "gone"),
        ({"ok": True, "ts": "1.2", "message": {"ts": "1.2", "thread_ts": 5}}, "look"),
        ({"ok": True, "ts": "1.2", "message": []}, "look"),
        ({"ok": True, "ts": "1.2"}, "look"),
        ({"ok": True, "ts": "1.2", "message": {"ts": "1.2", "thread_ts": "1.1"}}, "done"),
    ],
)
async def test_what_an_answer_to_a_reply_means(stage: Stage, answer: Any, means: str):
    """A reply counts only where it hangs in a thread."""
    assert await stage.meaning(POST, answer, thread="1.1") == means


async def test_a_reply_outside_its_thread(stage: Stage):
    """Slack took it without an error: the adapter says where it landed, and deletes it when asked, once or twice."""
    ts = await stage.chat.post(CHANNEL, HELLO, key="card")
    stage.slack.workspace.vanish(CHANNEL, ts)
    with pytest.raises(MessageGone) as caught:
        await stage.chat.post(CHANNEL, HELLO, key="end", thread=ts)
    [stray] = [m["ts"] for m in stage.slack.messages(ADA, CHANNEL)]
    assert caught.value.stray == stray
    for _ in range(2):
        await stage.chat.delete(CHANNEL, stray)
    assert stage.slack.messages(ADA, CHANNEL) == []


async def test_what_a_message_shows(stage: Stage):
    """Its digest, after a post, an edit and an edit that was late; none once it is gone or a tombstone."""
    chat, slack = stage.chat, stage.slack
    card = await chat.post(CHANNEL, HELLO, key="card")
    reply = await chat.post(CHANNEL, HELLO, key="end", thread=card)
    assert await chat.shows(CHANNEL, card, thread=None) == HELLO.digest
    assert await chat.shows(CHANNEL, reply, thread=card) == HELLO.digest
    old, new = Message("old", (SECTION,)), Message("new", (SECTION,))
    late = slack.faults.late("chat.update")
    with pytest.raises(ChatOutcomeUnknown):
        await chat.edit(CHANNEL, card, old, key="card")
    await chat.edit(CHANNEL, card, new, key="card")
    assert await chat.shows(CHANNEL, card, thread=None) == new.digest
    late.release.set()
    await slack.until(lambda: slack.messages(ADA, CHANNEL)[0]["text"] == "old")
    assert await chat.shows(CHANNEL, card, thread=None) == old.digest
    assert await chat.find(CHANNEL, "card", thread=None, since=LONG_AGO) == (card,)
    await chat.delete(CHANNEL, card)
    assert await chat.shows(CHANNEL, card, thread=None) is None
    assert await chat.shows(CHANNEL, reply, thread=card) == HELLO.digest
    assert await chat.shows(CHANNEL, "1.2", thread="1.1") is None


async def test_a_post_that_arrives_late(stage: Stage):
    """Both are found by the one key, the older one first."""
    late = stage.slack.faults.late("chat.postMessage")
    with pytest.raises(ChatOutcomeUnknown):
        await stage.chat.post(CHANNEL, HELLO, key="k")
    assert await stage.chat.find(CHANNEL, "k", thread=None, since=LONG_AGO) == ()
    ts = await stage.chat.post(CHANNEL, HELLO, key="k")
    late.release.set()
    await stage.slack.until(lambda: len(stage.slack.messages(ADA, CHANNEL)) == 2)
    first, second = await stage.chat.find(CHANNEL, "k", thread=None, since=LONG_AGO)
    assert (first, second > first) == (ts, True)


async def test_a_direct_message(stage: Stage):
    """A person's id is the direct message with them: posted, found and edited there."""
    ts = await stage.chat.post(ADA, HELLO, key="k")
    assert await stage.chat.find(ADA, "k", thread=None, since=LONG_AGO) == (ts,)
    await stage.chat.edit(ADA, ts, Message("bye", (SECTION,)), key="k")
    assert [m["text"] for m in stage.slack.messages(ADA, "D0ADA")] == ["bye"]


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long"])
@pytest.mark.parametrize(("times", "buttons"), [(1, True), (2, False)])
async def test_blocks_that_slack_does_not_take(
    stage: Stage, caplog: pytest.LogCaptureFixture, error: str, times: int, buttons: bool
):
    """Posted and edited in a shorter form, with the buttons if it takes those; logged; and nothing is told twice."""
    chat, slack = stage.chat, stage.slack
    slack.faults.refuse("chat.postMessage", error, times=times)
    ts = await chat.post(CHANNEL, HELLO, key="k")
    slack.faults.refuse("chat.update", error, times=times)
    await chat.edit(CHANNEL, ts, HELLO, key="k")
    [shown] = slack.messages(ADA, CHANNEL)
    assert shown["text"] == "hello"
    assert ("approve" in str(shown["blocks"])) is buttons
    assert caplog.text.count(f"k is sent shorter: Slack refuses: {error}") == 2 * times
    assert await chat.shows(CHANNEL, ts, thread=None) == HELLO.digest
    slack.faults.refuse("chat.postEphemeral", error, times=times)
    await chat.whisper(Place(ADA, CHANNEL), HELLO)
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["hello"]


async def test_a_message_that_is_too_long(stage: Stage, caplog: pytest.LogCaptureFixture):
    """It is not even tried whole: its longest texts are cut, its buttons stay, and the log says how long it was."""
    many = tuple({"type": "section", "text": {"type": "mrkdwn", "text": "x " * 900}} for _ in range(12))
    ts = await stage.chat.post(CHANNEL, Message("y" * 5000, (*many, ROW)), key="k")
    await stage.chat.edit(CHANNEL, ts, Message("y" * 5000, (*many[:11], ROW)), key="k")
    [shown] = stage.slack.messages(ADA, CHANNEL)
    assert len(shown["blocks"]) == 12
    assert "approve" in str(shown["blocks"])
    assert caplog.text.count("k is too long for Slack") == 2


async def test_a_message_of_too_many_blocks(stage: Stage):
    """Its text stands in for them, with its last rows of buttons."""
    await stage.chat.post(CHANNEL, Message("hello", (SECTION,) * 60 + (ROW,)), key="k")
    [shown] = stage.slack.messages(ADA, CHANNEL)
    assert [block["type"] for block in shown["blocks"]] == ["section", "actions"]


async def test_nothing_is_taken(stage: Stage):
    """Not even the shortest form: that is said."""
    stage.slack.faults.refuse("chat.postMessage", "invalid_blocks", times=None)
    with pytest.raises(BlocksRefused):
        await stage.chat.post(CHANNEL, HELLO, key="k")
    await asyncio.sleep(0)


async def test_an_answer_that_is_nested_too_deep():
    """It is lost, like one that is no JSON."""

    async def answer() -> Any:
        return json.loads("[" * 100_000)

    with pytest.raises(ChatOutcomeUnknown):
        await call(answer(), writes=True)
