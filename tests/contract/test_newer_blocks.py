"""Newer blocks where Slack takes them, and their plain ones where it does not: on every surface, learnt once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.adapters.slack import SlackChat
from bot.adapters.slack_calls import session, web_client
from bot.errors import BlocksRefused, ChatRefused
from bot.messages import tables
from bot.messages.kit import alert, modal, section
from bot.ports import Message, Newer, Place, plainly
from sandbox.slack.server import SlackServer
from tests.contract.test_chat import ADA, CHANNEL, MANIFEST

PLAIN = section("a1 is outdated")
TABLE = tables.table("Models", [tables.Column("Model")], [[tables.words("a1")]], [PLAIN])
LIST = Message("a1 is outdated", (section("*1 model*"), TABLE))
FORM = modal("Hold", [alert("a1 is on hold")], callback="hold")
HOME = {"type": "home", "blocks": [TABLE]}


@dataclass
class Stage:
    """The adapter and the local Slack."""

    chat: SlackChat
    slack: SlackServer
    http: aiohttp.ClientSession

    def restart(self) -> None:
        """Another process: what the one before it knew is forgotten."""
        self.chat = SlackChat(self.chat._client, self.http, self.slack.api_url)

    def place(self) -> Place:
        """Where somebody typed a command."""
        return Place(ADA, CHANNEL, None, self.slack.urls.give("commands", CHANNEL, ADA))

    def refused(self) -> list[str]:
        """The methods that Slack refused."""
        return [call.method for call in self.slack.calls if call.answer.get("error", "ratelimited") != "ratelimited"]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with SlackServer(MANIFEST) as slack, session() as http:
        chat = SlackChat(web_client(slack.bot_token, slack.api_url, http), http, slack.api_url)
        yield Stage(chat, slack, http)


def kinds(shown: Mapping[str, Any] | None) -> list[str]:
    """The types of the blocks that somebody sees."""
    assert shown is not None
    return [block["type"] for block in shown["blocks"]]


async def _post(stage: Stage) -> list[str]:
    ts = await stage.chat.post(CHANNEL, LIST, key="k")
    return kinds(next(m for m in stage.slack.messages(ADA, CHANNEL) if m["ts"] == ts))


async def _edit(stage: Stage) -> list[str]:
    ts = await stage.chat.post(CHANNEL, Message("a1", (PLAIN,)), key="k")
    await stage.chat.edit(CHANNEL, ts, LIST, key="k")
    return kinds(next(m for m in stage.slack.messages(ADA, CHANNEL) if m["ts"] == ts))


async def _whisper(stage: Stage) -> list[str]:
    await stage.chat.whisper(Place(ADA, CHANNEL), LIST)
    return kinds(stage.slack.ephemerals(ADA)[-1])


async def _respond(stage: Stage) -> list[str]:
    await stage.chat.whisper(stage.place(), LIST)
    return kinds(stage.slack.ephemerals(ADA)[-1])


async def _respond_aloud(stage: Stage) -> list[str]:
    url = stage.place().response_url
    assert url is not None
    await stage.chat.respond(url, LIST)
    return kinds(stage.slack.messages(ADA, CHANNEL)[-1])


async def _open(stage: Stage) -> list[str]:
    await stage.chat.open(stage.slack.triggers.give(ADA), FORM)
    return kinds(stage.slack.modal(ADA))


async def _update(stage: Stage) -> list[str]:
    opened = await stage.chat.open(stage.slack.triggers.give(ADA), modal("Hold", [PLAIN], callback="hold"))
    await stage.chat.update(opened, FORM)
    return kinds(stage.slack.modal(ADA))


async def _home(stage: Stage) -> list[str]:
    await stage.chat.publish_home(ADA, HOME)
    return kinds(stage.slack.home(ADA))


Show = Callable[[Stage], Awaitable[list[str]]]
WAYS: Mapping[Show, tuple[list[str], list[str], str]] = {
    _post: (["section", "data_table"], ["section", "section"], "chat.postMessage"),
    _edit: (["section", "data_table"], ["section", "section"], "chat.update"),
    _whisper: (["section", "data_table"], ["section", "section"], "chat.postEphemeral"),
    _respond: (["section", "data_table"], ["section", "section"], ""),
    _respond_aloud: (["section", "data_table"], ["section", "section"], ""),
    _open: (["alert"], ["section"], "views.open"),
    _update: (["alert"], ["section"], "views.update"),
    _home: (["data_table"], ["section"], "views.publish"),
}
"""What is shown where Slack takes it, and where not; and the method that Slack refuses once."""

each_way = pytest.mark.parametrize("show", list(WAYS))


@each_way
async def test_where_slack_takes_it(stage: Stage, show: Show):
    """It is shown as it is, and nothing is asked twice."""
    assert await show(stage) == WAYS[show][0]
    assert not stage.refused()


@each_way
async def test_where_slack_lacks_it(stage: Stage, show: Show, caplog: pytest.LogCaptureFixture):
    """The plain blocks say the same; Slack is asked once in a process, and the log says so once."""
    stage.slack.workspace.lacks |= {"data_table", "alert"}
    _, plain, method = WAYS[show]
    for _ in range(3):
        assert await show(stage) == plain
    assert stage.refused() == [method] * bool(method)
    assert caplog.text.count("plain blocks from now on") == 1
    stage.restart()
    assert await show(stage) == plain
    assert stage.refused() == [method] * 2 * bool(method)
    stage.slack.workspace.lacks.clear()
    stage.restart()
    assert await show(stage) == WAYS[show][0]


async def test_each_surface_is_learnt_by_itself(stage: Stage):
    """That messages lack tables says nothing of App Home; and a modal, which has none, is never asked."""
    stage.slack.workspace.lacks.add("data_table")
    await stage.chat.post(CHANNEL, LIST, key="k")
    stage.slack.workspace.lacks.clear()
    assert await _home(stage) == ["data_table"]
    assert await _post(stage) == ["section", "section"]
    opened = await stage.chat.open(stage.slack.triggers.give(ADA), modal("Models", [TABLE], callback="said"))
    await stage.chat.update(opened, modal("Models", [TABLE], callback="said"))
    assert kinds(stage.slack.modal(ADA)) == ["section"]
    assert stage.refused() == ["chat.postMessage"]


async def test_a_workspace_that_loses_a_type(stage: Stage):
    """What was taken once may be refused later: that is learnt as well."""
    assert stage.chat.acknowledging(LIST) is None
    await _post(stage)
    assert stage.chat.acknowledging(LIST) == LIST
    stage.slack.workspace.lacks.add("data_table")
    assert await _post(stage) == ["section", "section"]
    carried = stage.chat.acknowledging(LIST)
    assert carried is not None
    assert carried.blocks == plainly(LIST.blocks)


async def test_an_acknowledgement_never_has_what_may_be_refused(stage: Stage):
    """Slack would tell the person that the command failed, and us nothing; messages without newer blocks may go."""
    said = Message("hello", (PLAIN,))
    assert stage.chat.acknowledging(said) == said
    assert stage.chat.acknowledging(LIST) is None
    stage.slack.workspace.lacks.add("data_table")
    await stage.chat.whisper(stage.place(), LIST)
    carried = stage.chat.acknowledging(LIST)
    assert carried is not None
    assert carried.blocks == plainly(LIST.blocks)
    assert carried.text == LIST.text


async def test_the_answer_to_a_form(stage: Stage):
    """It has the alert once Slack took one in a modal, else the plain line; Slack tells nobody why it refuses."""
    assert stage.chat.answering(FORM)["blocks"] == list(plainly(FORM["blocks"]))
    await _open(stage)
    assert stage.chat.answering(FORM) == FORM
    stage.restart()
    stage.slack.workspace.lacks.add("alert")
    await _open(stage)
    assert stage.chat.answering(FORM)["blocks"] == list(plainly(FORM["blocks"]))


async def test_both_forms_are_refused(stage: Stage, caplog: pytest.LogCaptureFixture):
    """Then it was not the type: nothing is learnt, the shorter forms are tried as ever, and the error is Slack's."""
    stage.slack.faults.refuse("chat.postMessage", "invalid_blocks", times=2)
    ts = await stage.chat.post(CHANNEL, LIST, key="k")
    assert "/stt-models" in str(next(m for m in stage.slack.messages(ADA, CHANNEL) if m["ts"] == ts)["blocks"])
    assert "plain blocks from now on" not in caplog.text
    assert await _post(stage) == ["section", "data_table"]
    stage.slack.faults.refuse("chat.postMessage", "invalid_blocks", times=None)
    with pytest.raises(BlocksRefused):
        await stage.chat.post(CHANNEL, LIST, key="k")
    stage.slack.faults.clear()
    stage.slack.faults.refuse("views.publish", "invalid_arguments", times=2)
    with pytest.raises(ChatRefused):
        await stage.chat.publish_home(ADA, HOME)
    assert await _home(stage) == ["data_table"]


async def test_other_refusals_are_not_about_blocks(stage: Stage):
    """An archived channel, a closed modal or a used trigger is no reason to send it again."""
    stage.slack.faults.refuse("chat.postMessage", "is_archived")
    with pytest.raises(ChatRefused):
        await stage.chat.post(CHANNEL, LIST, key="k")
    stage.slack.faults.refuse("views.open", "expired_trigger_id")
    with pytest.raises(ChatRefused):
        await stage.chat.open(stage.slack.triggers.give(ADA), FORM)
    assert stage.refused() == ["chat.postMessage", "views.open"]
    await stage.chat.update("V0GONE", FORM)
    assert stage.chat.answering(FORM)["blocks"] == list(plainly(FORM["blocks"]))  # nobody saw it: nothing is known


async def test_too_long_as_a_table_alone(stage: Stage):
    """The plain form is sent where only it fits, and tables go on elsewhere."""
    rows = [[tables.words("x" * 60), tables.words("y" * 60)] for _ in range(60)]
    columns = [tables.Column("a"), tables.Column("b")]
    long = Message("long", (tables.table("Long", columns, rows, [PLAIN], room=20_000),))
    await stage.chat.post(CHANNEL, long, key="k")
    assert kinds(stage.slack.messages(ADA, CHANNEL)[-1]) == ["section"]
    assert not stage.refused()
    assert await _post(stage) == ["section", "data_table"]


async def test_what_a_message_is_known_by(stage: Stage):
    """The same digest whichever form was sent, so that it is not edited for nothing; both forms count."""
    stage.slack.workspace.lacks.add("data_table")
    ts = await stage.chat.post(CHANNEL, LIST, key="k")
    assert await stage.chat.shows(CHANNEL, ts, thread=None) == LIST.digest
    other = Message(LIST.text, (LIST.blocks[0], Newer(TABLE, [section("a1 is current")])))
    assert other.digest != LIST.digest
    assert Message(LIST.text, (LIST.blocks[0], Newer(TABLE, [PLAIN]))).digest == LIST.digest
