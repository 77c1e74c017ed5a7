"""Who somebody is, and who is in a channel, from Slack's own answers: what they do not say gives no right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack import SlackChat
from bot.adapters.slack_calls import session, web_client
from bot.adapters.slack_people import ids_in, no_approvers, person_in, room_in
from bot.domain.authority import Act, Authority, Person, Scope
from bot.domain.policies import Policy
from bot.errors import ChatBusy, ChatRefused
from bot.flows.electorate import Electorate
from bot.ports import Room
from sandbox.slack.cast import BOT
from sandbox.slack.server import SlackServer
from tests.contract.test_chat import CHANNEL, MANIFEST
from tests.fakes import FrozenClock

X: dict[str, Any] = {"id": "U222", "name": "x", "real_name": "X"}
OURS: dict[str, Any] = {**X, "team_id": "T111"}
NOBODY = (False, False, False)


def grid(*teams: Any, **further: Any) -> dict[str, Any]:
    """Somebody of an Enterprise Grid, in these workspaces."""
    return {**X, "enterprise_user": {"id": "W222", "enterprise_id": "E1", "teams": list(teams)}, **further}


def rights(found: Any, *, guests_read: bool = False) -> tuple[bool, bool, bool]:
    """Whether the person of an answer may read, ask and approve, when every policy names them."""
    try:
        person = person_in("U222", found)
    except ChatBusy:
        return NOBODY
    authority = Authority("T111", {"stt": Policy(("U222",), 1, False, 60.0)}, guests_read)
    there = Scope(("stt",), requester="U1")
    acts = (Act.READ, Act.REQUEST, Act.APPROVE)
    return cast("tuple[bool, bool, bool]", tuple(authority.may(person, act, there).allowed for act in acts))


@pytest.mark.parametrize(
    "found",
    [
        OURS,
        grid("T111", "T222"),
        grid("T222", "T111", team_id="T222"),
        grid("T111", team_id="T111"),
        grid("T111", team_id=None),
        grid("T111", 7, None, team_id=7),
        {**OURS, "enterprise_user": None},
        {**OURS, "enterprise_user": {}},
        {**OURS, "enterprise_user": []},  # how Slack's own language writes an empty object
        {**OURS, "enterprise_user": {"id": "W222", "teams": None}},
        {**OURS, "is_bot": False, "is_stranger": None, "is_app_user": True, "is_admin": True},
        {**OURS, "real_name": 7, "name": None, "tz": ["UTC"]},
        {"team_id": "T111"},
    ],
)
def test_colleagues(found: dict[str, Any]):
    """A full member of our workspace, on Enterprise Grid of several, may do all three."""
    assert rights(found) == (True, True, True)


@pytest.mark.parametrize(
    "found",
    [
        grid("T222", team_id="T222"),
        grid("T222", team_id="T111"),  # the list of workspaces counts where there is one
        grid(team_id="T111"),
        grid("T111", is_stranger=True),
        {**X, "team_id": "T999", "is_stranger": True},
        {**X, "team_id": "T999"},
        {**OURS, "is_stranger": True},
        {**OURS, "is_stranger": "false"},
        {**OURS, "deleted": True},
        {**OURS, "deleted": "yes"},
        {**OURS, "is_bot": True},
        {**OURS, "is_bot": 1},
        {**OURS, "is_workflow_bot": True},
        {**OURS, "is_connector_bot": True},
        {**OURS, "id": "USLACKBOT", "is_bot": False},
        {**OURS, "is_restricted": True},
        {**OURS, "is_restricted": True, "is_ultra_restricted": True},
        {**OURS, "is_ultra_restricted": "yes"},
        grid("T111", is_restricted=True),
        grid("T111", deleted=True),
        {**X, "team_id": 7},
        {**X, "team_id": ["T111"]},
        {**X, "team_id": ""},
        {**OURS, "enterprise_user": "x"},
        {**OURS, "enterprise_user": ["T111"]},
        {**OURS, "enterprise_user": {"teams": "T111"}},
        {**OURS, "enterprise_user": {"teams": {"T111": True}}},
        {**OURS, "enterprise_user": {"teams": [["T111"], 7]}},
        X,
        {},
        [],
        None,
        "U222",
        [OURS],
    ],
)
def test_everybody_else(found: Any):
    """Nothing, whatever is wrong, missing or of another type."""
    assert rights(found) == NOBODY


@pytest.mark.parametrize("kind", ["is_restricted", "is_ultra_restricted"])
def test_guests_who_may_read(kind: str):
    """That is all that the setting gives them, and nobody else."""
    assert rights({**OURS, kind: True}, guests_read=True) == (True, False, False)
    assert rights({**OURS, kind: True, "deleted": True}, guests_read=True) == NOBODY
    assert rights({**X, "team_id": "T999", kind: True}, guests_read=True) == NOBODY


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["T111", "yes"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FLAGS = ("is_stranger", "deleted", "is_bot", "is_workflow_bot", "is_restricted", "is_ultra_restricted")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*X, *FLAGS, "team_id", "tz", "enterprise_user"), JSON)))
def test_any_answer_about_a_person(found: dict[str, Any]):
    """It is read, and whoever it lets in is plainly of our workspace, with no flag set."""
    person = person_in("U222", found)
    assert isinstance(person.name, str)
    assert isinstance(person.zone, str)
    if rights(found)[0]:
        assert found.get("team_id") == "T111"
        assert all(found.get(flag) in (None, False) for flag in FLAGS)


@given(JSON)
def test_no_answer_at_all(found: Any):
    """It is read or counts as lost; nothing else is raised."""
    for read in (lambda: person_in("U2", found), lambda: room_in("C1", found), lambda: ids_in(found)):
        with suppress(ChatBusy):
            read()


PRIVATE: dict[str, Any] = {"id": "C1", "name": "leads", "is_private": True, "is_member": True}


@pytest.mark.parametrize(
    ("found", "closed"),
    [
        (PRIVATE, True),
        ({**PRIVATE, "is_shared": True, "is_org_shared": True}, True),  # with other workspaces of the same Grid
        ({**PRIVATE, "is_ext_shared": False, "pending_shared": [], "pending_connected_team_ids": []}, True),
        ({**PRIVATE, "is_private": False}, False),
        ({**PRIVATE, "is_private": "yes"}, False),
        ({**PRIVATE, "is_private": None}, False),
        ({**PRIVATE, "is_ext_shared": True}, False),
        ({**PRIVATE, "is_ext_shared": "no"}, False),
        ({**PRIVATE, "is_ext_shared": True, "is_shared": True, "is_org_shared": True}, False),
        ({**PRIVATE, "is_shared": True}, False),
        ({**PRIVATE, "is_shared": True, "is_org_shared": "yes"}, False),
        ({**PRIVATE, "pending_connected_team_ids": ["T9"]}, False),
        ({**PRIVATE, "pending_shared": ["T9"]}, False),
        ({**PRIVATE, "pending_shared": "T9"}, False),
        ({**PRIVATE, "is_pending_ext_shared": True}, False),
        ({}, False),
    ],
)
def test_which_channels_may_name_approvers(found: dict[str, Any], closed: bool):
    """Private ones that no other organization is in, or was invited to; otherwise there is a word what to do."""
    room = room_in("C1", found)
    assert room.closed is closed
    assert ("name a private channel" in (no_approvers(room) or "")) is not closed


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys((*PRIVATE, "is_ext_shared", "is_shared", "is_org_shared"), JSON))
)
def test_any_answer_about_a_channel(found: dict[str, Any]):
    """Only a plain *private*, and nothing that could mean *shared*, closes a channel."""
    if room_in("C1", found).closed:
        assert found["is_private"] is True
        assert found.get("is_ext_shared") in (None, False)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(MANIFEST) as running:
        yield running


@pytest.fixture
async def chat(slack: SlackServer) -> AsyncIterator[SlackChat]:
    async with session() as http:
        yield SlackChat(web_client(slack.bot_token, slack.api_url, http), http, slack.api_url)


async def test_the_members_of_a_channel(slack: SlackServer, chat: SlackChat, caplog: pytest.LogCaptureFixture):
    """All of a private one, however many pages; none where it is public, shared or unknown, or the bot is not in it."""
    leads = slack.workspace.channels["C0PRIVATE"]
    assert await chat.members("C0PRIVATE") == frozenset()
    assert "invite it with /invite @retune" in caplog.text
    crowd = {f"U1{number:04}" for number in range(450)}
    leads.members |= {BOT, *crowd}
    assert await chat.members("C0PRIVATE") == leads.members
    assert await chat.members("C0NOWHERE") == frozenset()
    assert await chat.members(CHANNEL) == frozenset()
    assert "anyone can join" in caplog.text


async def test_a_channel_that_gets_shared(slack: SlackServer, chat: SlackChat, caplog: pytest.LogCaptureFixture):
    """It is empty at once, for as long as it is shared or about to be, and said once; then it counts again."""
    leads = slack.workspace.channels["C0PRIVATE"]
    leads.members.add(BOT)
    before = await chat.members("C0PRIVATE")
    leads.pending = ["T0OTHER"]
    assert await chat.members("C0PRIVATE") == frozenset()
    leads.pending = []
    leads.members.add("U0EXT")
    for _ in range(2):
        assert await chat.members("C0PRIVATE") == frozenset()
    assert caplog.text.count("shared with another organization") == 1
    leads.members.remove("U0EXT")
    assert await chat.members("C0PRIVATE") == before


async def test_people_of_the_local_slack(chat: SlackChat):
    """Each of the cast as the adapter sees them, judged for the workspace of the bot."""
    authority = Authority("T0RETUNE", {})
    takes_part = {
        user: authority.takes_part(await chat.person(user)).value
        for user in ("U0ADA", "U0NIA", "U0GUS", "U0OLD", "U0EXT", BOT, "USLACKBOT", "U0NOBODY")
    }
    assert takes_part == {
        "U0ADA": "counts",
        "U0NIA": "counts",
        "U0GUS": "not a member",
        "U0OLD": "not a member",
        "U0EXT": "other workspace",
        BOT: "not a member",
        "USLACKBOT": "not a member",
        "U0NOBODY": "other workspace",
    }


@pytest.mark.parametrize("error", ["user_not_found", "user_not_visible"])
async def test_people_whom_slack_does_not_show(slack: SlackServer, chat: SlackChat, error: str):
    """They are of no workspace."""
    slack.faults.refuse("users.info", error)
    assert await chat.person("U0ADA") == Person("U0ADA", "U0ADA", "")


async def test_a_room(slack: SlackServer, chat: SlackChat):
    """Shared as Slack says it."""
    assert await chat.room("C0PARTNERS") == Room("C0PARTNERS", "partners", member=True, external=True)
    slack.workspace.channels["C0PRIVATE"].members.add(BOT)
    assert await chat.room("C0PRIVATE") == Room("C0PRIVATE", "speech-leads", member=True, private=True)


async def test_one_wrong_id_among_approvers(slack: SlackServer, chat: SlackChat, caplog: pytest.LogCaptureFixture):
    """A group, a channel and a person that are not there, each named once: the others count, and hear reminders."""
    policy = Policy(("S0TYPO", "C0NOWHERE", "U0TYPO", "S0APPROVE"), 1, False, 60.0)
    clock = FrozenClock()
    electorate = Electorate(chat, Authority("T0RETUNE", {"stt": policy}), clock)
    for _ in range(3):
        assert {person.id for person in await electorate.approvers(policy)} == {"U0GRACE", "U0TOMAS"}
        assert len(await electorate.zones(policy, ZoneInfo("UTC"))) == 2
        assert await electorate.decides_on("U0GRACE") == {"stt"}
        clock.advance(600)
    for id in ("S0TYPO", "C0NOWHERE", "U0TYPO"):
        assert caplog.text.count(id) == 1, id


@pytest.mark.parametrize("error", ["invalid_arguments", "an_error_of_next_year"])
async def test_a_group_that_slack_refuses_oddly(slack: SlackServer, chat: SlackChat, error: str):
    """It counts as empty; a refusal of the whole app does not."""
    policy = Policy(("S0OTHER", "U0GRACE"), 1, False, 60.0)
    electorate = Electorate(chat, Authority("T0RETUNE", {"stt": policy}), FrozenClock())
    slack.faults.refuse("usergroups.users.list", error, times=None)
    assert [person.id for person in await electorate.approvers(policy)] == ["U0GRACE"]
    slack.faults.clear()
    slack.faults.refuse("usergroups.users.list", "token_revoked", times=None)
    with pytest.raises(ChatRefused):
        await chat.members("S0OTHER")


async def test_the_time_zone_in_which_somebody_types(slack: SlackServer, chat: SlackChat):
    """As `users.info` tells it; the operator's where it tells none, where nobody knows it, and of nobody."""
    electorate, operators = Electorate(chat, Authority("T0RETUNE", {}), FrozenClock()), ZoneInfo("Europe/Berlin")
    slack.workspace.people["U0MEI"].tz = "Mars/Olympus"
    for user, name, told in (
        ("U0TOMAS", "America/Mexico_City", True),
        ("U0ADA", "Europe/London", True),
        ("U0MEI", "Europe/Berlin", False),
        ("U0NOBODY", "Europe/Berlin", False),
    ):
        zone = await electorate.zone_of(user, operators)
        assert (zone.info.key, zone.told) == (name, told)
