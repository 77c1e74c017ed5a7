"""What `bot.ports` promises of Slack, held by the fake and by the adapter against the local Slack alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import SlackChat
from bot.adapters.slack_calls import session, web_client
from bot.domain.authority import Person
from bot.errors import ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused
from bot.ports import Message, Place, Room
from sandbox.slack.cast import BOT
from sandbox.slack.server import SlackServer
from tests.fakes import FakeChat, FrozenClock

MANIFEST = Path(__file__).parents[2] / "app-manifest.yml"
ADA, GRACE, CHANNEL = "U0ADA", "U0GRACE", "C0SPEECH"
SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
HELLO = Message("hello", (SECTION,))


class Workspace(Protocol):
    """A chat with its other end, as people see it."""

    chat: Any

    def texts(self, thread: str | None = None) -> list[str]: ...

    def whispered(self, user: str) -> list[str]: ...


@dataclass
class Faked:
    """The fake."""

    chat: FakeChat

    def texts(self, thread: str | None = None) -> list[str]:
        return [s.text for s in self.chat.said if s.thread == thread]

    def whispered(self, user: str) -> list[str]:
        return [message.text for place, message in self.chat.whispers if place.user == user]


@dataclass
class Real:
    """The adapter and the local Slack."""

    chat: SlackChat
    slack: SlackServer
    client: AsyncWebClient

    def texts(self, thread: str | None = None) -> list[str]:
        if thread is None:
            return [m["text"] for m in self.slack.messages(ADA, CHANNEL)]
        return [m["text"] for m in self.slack.thread(ADA, CHANNEL, thread)[1:]]

    def whispered(self, user: str) -> list[str]:
        return [m["text"] for m in self.slack.ephemerals(user)]


@pytest.fixture
async def real() -> AsyncIterator[Real]:
    async with SlackServer(MANIFEST) as slack, session() as http:
        slack.workspace.channels["C0PRIVATE"].members.add(BOT)
        client = web_client(slack.bot_token, slack.api_url, http)
        yield Real(SlackChat(client, http, slack.api_url), slack, client)


@pytest.fixture(params=["fake", "adapter"])
def workspace(request: pytest.FixtureRequest, real: Real) -> Workspace:
    if request.param == "adapter":
        return real
    chat = FakeChat(FrozenClock())
    chat.people = {
        ADA: Person(ADA, "Ada", "T0RETUNE", groups=frozenset({CHANNEL, "C0PARTNERS", "C0PRIVATE"})),
        GRACE: Person(GRACE, "Grace", "T0RETUNE", groups=frozenset({"S0APPROVE", "C0PRIVATE"})),
        "U0GUS": Person("U0GUS", "Gus", "T0RETUNE", is_guest=True),
        "U0OLD": Person("U0OLD", "Otto", "T0RETUNE", deactivated=True),
    }
    chat.rooms[CHANNEL] = Room(CHANNEL, "speech-models", member=True)
    chat.rooms["C0PARTNERS"] = Room("C0PARTNERS", "partners", member=True, external=True)
    chat.rooms["C0PRIVATE"] = Room("C0PRIVATE", "speech-leads", member=True, private=True)
    return Faked(chat)


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_a_post_is_found_by_its_key(workspace: Workspace):
    """Posted once, found by its key and by no other; a reply is found in its thread."""
    ts = await workspace.chat.post(CHANNEL, HELLO, key="run:1:card")
    reply = await workspace.chat.post(CHANNEL, Message("reply", (SECTION,)), key="run:1:end", thread=ts)
    assert await workspace.chat.find(CHANNEL, "run:1:card", thread=None, since=LONG_AGO) == (ts,)
    assert await workspace.chat.find(CHANNEL, "run:1:end", thread=ts, since=LONG_AGO) == (reply,)
    assert await workspace.chat.find(CHANNEL, "run:2:card", thread=None, since=LONG_AGO) == ()
    assert workspace.texts() == ["hello"]
    assert workspace.texts(ts) == ["reply"]


async def test_an_edit_replaces(workspace: Workspace):
    """Text and blocks are those of the edit; nothing new appears."""
    ts = await workspace.chat.post(CHANNEL, HELLO, key="k")
    await workspace.chat.edit(CHANNEL, ts, Message("bye", (SECTION,)), key="k")
    assert workspace.texts() == ["bye"]


async def test_a_whisper_reaches_one_person(workspace: Workspace):
    """Nobody else sees it, and the channel stays as it was."""
    await workspace.chat.whisper(Place(ADA, CHANNEL), HELLO)
    assert workspace.whispered(ADA) == ["hello"]
    assert workspace.whispered(GRACE) == []
    assert workspace.texts() == []


async def test_a_pin(workspace: Workspace):
    """Pinned twice is pinned; a message that is not there cannot be linked or pinned by the real one."""
    ts = await workspace.chat.post(CHANNEL, HELLO, key="k")
    await workspace.chat.pin(CHANNEL, ts)
    await workspace.chat.pin(CHANNEL, ts)
    assert (await workspace.chat.link(CHANNEL, ts)).endswith(f"/archives/{CHANNEL}/p{ts.replace('.', '')}")


async def test_rooms(workspace: Workspace):
    """A channel as it is; one that nobody knows is none."""
    found = await workspace.chat.room(CHANNEL)
    assert found == Room(CHANNEL, "speech-models", member=True)
    partners = await workspace.chat.room("C0PARTNERS")
    assert partners == Room("C0PARTNERS", "partners", member=True, external=True)
    leads = await workspace.chat.room("C0PRIVATE")
    assert leads == Room("C0PRIVATE", "speech-leads", member=True, private=True)
    assert await workspace.chat.room("C0NOWHERE") is None


async def test_names(workspace: Workspace):
    """People by their names; what Slack does not know stands for itself."""
    assert (await workspace.chat.name(GRACE)).startswith("Grace")
    assert await workspace.chat.name("S0NOWHERE") == "S0NOWHERE"
    groups = await workspace.chat.groups()
    assert all(group.id.startswith("S") and group.handle and group.name for group in groups)
    assert groups


async def test_an_edit_of_a_deleted_message(workspace: Workspace):
    """It is refused by that name, so that the living card can be posted anew."""
    with pytest.raises(ChatRefused) as caught:
        await workspace.chat.edit(CHANNEL, "1.000001", HELLO, key="k")
    assert caught.value.code == "message_not_found"


async def test_people(workspace: Workspace):
    """Guests and deactivated people are known as such; who is in a group says the group."""
    grace = await workspace.chat.person(GRACE)
    assert (grace.team, grace.groups, grace.is_guest) == ("T0RETUNE", frozenset(), False)
    assert GRACE in await workspace.chat.members("S0APPROVE")
    assert await workspace.chat.members("S0OTHER") == frozenset()
    assert (await workspace.chat.person("U0GUS")).is_guest
    assert (await workspace.chat.person("U0OLD")).deactivated


async def test_a_home(workspace: Workspace):
    """Published again and again for one person."""
    for _ in range(2):
        await workspace.chat.publish_home(ADA, {"type": "home", "blocks": [SECTION]})


async def test_where_a_whisper_goes(real: Real):
    """By response address where there is one; to a direct message where the bot is not in the channel."""
    url = real.slack.urls.give("commands", "C0PRIVATE", ADA)
    await real.chat.whisper(Place(ADA, "C0PRIVATE", response_url=url), HELLO)
    assert real.whispered(ADA) == ["hello"]
    await real.chat.whisper(Place(ADA, "C0GENERAL"), Message("by mail", (SECTION,)))
    assert [m["text"] for m in real.slack.messages(ADA, "D0ADA")] == ["by mail"]
    with pytest.raises(ChatRefused):
        await real.chat.whisper(Place(ADA, CHANNEL, response_url="https://elsewhere.example/x"), HELLO)


async def test_an_answer_that_is_lost_is_not_repeated(real: Real):
    """The post is there, nobody told us: said as such, once in the channel."""
    real.slack.faults.lose("chat.postMessage")
    with pytest.raises(ChatOutcomeUnknown):
        await real.chat.post(CHANNEL, HELLO, key="k")
    assert real.texts() == ["hello"]
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert await real.chat.find(CHANNEL, "k", thread=None, since=since)


@pytest.mark.parametrize(
    ("error", "kind"),
    [("not_in_channel", ChatRefused), ("invalid_auth", ChatRefused), ("service_unavailable", ChatBusy)],
)
async def test_refusals(real: Real, error: str, kind: type[ChatError]):
    """What Slack refuses for good, and what it may take later; the advice is in the text."""
    real.slack.faults.refuse("chat.update", error)
    ts = await real.chat.post(CHANNEL, HELLO, key="k")
    with pytest.raises(kind):
        await real.chat.edit(CHANNEL, ts, HELLO, key="k")


async def test_one_rate_limit_is_waited_out(real: Real):
    """A short wait that Slack asks for is waited out in silence; a gateway's page is an error of ours, not a crash."""
    real.slack.faults.rate_limit("chat.postMessage", 0)
    await real.chat.post(CHANNEL, HELLO, key="k")
    real.slack.faults.status("chat.postMessage", 502, html=True)
    with pytest.raises(ChatError):
        await real.chat.post(CHANNEL, HELLO, key="l")


async def test_who_waits_for_a_rate_limit(real: Real):
    """A long wait is told to the caller, and so is any for an edit: by then there is something newer to show."""
    ts = await real.chat.post(CHANNEL, HELLO, key="k")
    real.slack.faults.rate_limit("chat.postMessage", 600)
    with pytest.raises(ChatBusy) as busy:
        await real.chat.post(CHANNEL, HELLO, key="l")
    assert busy.value.retry_after == 600
    for seconds in (0, 600):
        real.slack.faults.rate_limit("chat.update", seconds)
        with pytest.raises(ChatBusy) as busy:
            await real.chat.edit(CHANNEL, ts, Message("bye", (SECTION,)), key="k")
        assert busy.value.retry_after == seconds
    assert real.texts() == ["hello"]


async def test_a_closed_modal_is_nobodys_fault(real: Real):
    """The person closed it before the answer came."""
    trigger = real.slack.triggers.give(ADA)
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [SECTION]}
    view = await real.chat.open(trigger, modal)
    await real.slack.close_view(ADA)
    await real.chat.update(view, modal)
    with pytest.raises(ChatRefused):
        await real.chat.open(trigger, modal)


async def test_members(workspace: Workspace):
    """Of a user group; an unknown one has none, so that nobody may decide by it."""
    assert GRACE in await workspace.chat.members("S0APPROVE")
    assert ADA not in await workspace.chat.members("S0APPROVE")
    assert await workspace.chat.members("S0NONE") == frozenset()


@pytest.mark.parametrize("channel", [CHANNEL, "C0PARTNERS", "C0NOWHERE"])
async def test_channels_that_make_nobody_an_approver(workspace: Workspace, channel: str):
    """Anybody can join a public one, and of a shared one another organization decides who is in it."""
    assert await workspace.chat.members(channel) == frozenset()


async def test_a_private_channel_of_approvers(workspace: Workspace):
    """Whoever is in it."""
    assert {ADA, GRACE} <= await workspace.chat.members("C0PRIVATE")


async def test_a_person(real: Real):
    """What a decision and a reminder need to know of somebody; whom Slack does not know is of no workspace."""
    tomas = await real.chat.person("U0TOMAS")
    assert (tomas.id, tomas.team, tomas.zone) == ("U0TOMAS", "T0RETUNE", "America/Mexico_City")
    assert (await real.chat.person("U0NOBODY")).team == ""


@pytest.mark.parametrize("error", ["plan_upgrade_required", "no_such_subteam"])
async def test_a_plan_without_groups(real: Real, error: str, caplog: pytest.LogCaptureFixture):
    """Slack has no groups on this plan: nobody is in one, and the log says what to name instead."""
    real.slack.faults.refuse("usergroups.users.list", error, times=None)
    assert await real.chat.members("S0APPROVE") == frozenset()
    assert "approvers S0APPROVE" in caplog.text


@pytest.mark.parametrize("method", ["usergroups.users.list", "conversations.members", "conversations.info"])
async def test_trouble_is_not_an_empty_group(real: Real, method: str):
    """Slack does not answer: that is said, so that a click can be made again; it does not mean that nobody may."""
    group = "S0APPROVE" if method.startswith("user") else "C0PRIVATE"
    real.slack.faults.status(method, 500, times=None)
    with pytest.raises(ChatError):
        await real.chat.members(group)


async def test_eyes(real: Real):
    """A sign on somebody's message; what Slack refuses is nobody's business."""
    ts = await real.chat.post(CHANNEL, HELLO, key="k")
    await real.chat.receive(CHANNEL, ts)
    assert "eyes" in str(real.slack.messages(ADA, CHANNEL))
    await real.chat.receive(CHANNEL, ts)
    await real.chat.receive("C0NOWHERE", "1.1")
