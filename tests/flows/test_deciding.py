"""Deciding as people live it: votes, policies that change, reminders, who could approve."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.authority import Person, Reason
from bot.domain.hours import Window
from bot.domain.requests import RequestState
from bot.errors import ChatBusy
from tests.flows.acting import US, approved
from tests.world import ADA, GRACE, NEW, OLD, TOMAS, World, model

# Votes


async def test_a_vote_taken_back(world: World):
    """Until it starts: the card asks again and names nobody as having approved it; then it expires, undecided."""
    request = await approved(world)
    assert (await world.wish("take back", request, GRACE)).allowed
    await world.ring(after=5)
    card = world.chat.keyed(f"request:{request.id}:card")
    assert card.buttons == ["Approve", "Reject"]
    assert world.speech.begun == []
    assert (await world.wish("take back", request, GRACE)).reason is Reason.NO_VOTE
    await world.ring(after=86400)
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.EXPIRED
    assert "approved by" not in str(card.message.blocks)


def leaves(world: World, user: str, after: float = 3) -> None:
    """Somebody is taken out of the group of approvers; after three seconds no click gets Slack's last answer again."""
    world.clock.advance(after)
    world.chat.people[user] = replace(world.chat.people[user], groups=frozenset())


async def test_who_left_the_group_does_not_count_when_it_is_decided(two: World):
    """Grace approved and was taken out of the group: Tomas' approval is the first of two again."""
    two.fleet()
    request = await two.asked()
    assert (await two.approve(request, GRACE)).allowed
    leaves(two, GRACE)
    assert (await two.approve(request, TOMAS)).allowed
    assert (two.request(request.id).state, two.request(request.id).approved_by) == (RequestState.OPEN, (TOMAS,))
    actions = [(noted.actor, noted.action) for noted in two.store.audit.of_request(request.id)]
    assert ("retune", "vote void") in actions


async def test_who_left_the_group_does_not_count_when_it_starts(world: World):
    """Approved, then at once taken out of the group: Slack is asked again, nothing is sent, the thread says why."""
    request = await approved(world)
    leaves(world, GRACE, after=0)
    await world.ring(after=0)
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.CHANGED
    assert world.speech.begun == []
    end = world.chat.keyed(f"request:{request.id}:end")
    assert "no longer meet the policy" in end.text
    assert end.buttons == ["Look at the new plan…"]


async def test_the_policy_asks_for_more_at_the_start(world: World):
    """Approved by one; then the operator asks for two: it does not start."""
    request = await approved(world)
    world.needed = 2
    world.crash()
    await world.ring()
    assert world.request(request.id).state is RequestState.CHANGED
    assert world.speech.begun == []


async def test_the_policy_asks_for_fewer(two: World):
    """One of two approvals; then the operator asks for one: the same person's click is enough, nothing hangs."""
    two.fleet()
    request = await two.asked()
    assert (await two.approve(request, GRACE)).allowed
    assert (await two.approve(request, GRACE)).reason is Reason.ALREADY_VOTED
    two.needed = 1
    two.crash()
    await two.ring(after=5)
    two.store.requests.touch(request.id)
    await two.ring(after=5)
    assert "needs 1 approval " in str(two.chat.keyed(f"request:{request.id}:card").message.blocks)
    assert (await two.approve(request, GRACE)).allowed
    assert two.request(request.id).state is RequestState.SCHEDULED


async def test_two_click_in_the_same_instant(world: World):
    """One decides, the other hears who was first; one vote, one start."""
    world.fleet()
    request = await world.asked()
    decisions = await asyncio.gather(*(world.approve(request, user) for user in (GRACE, TOMAS)))
    assert sorted(decision.reason for decision in decisions) == [Reason.ALREADY_DECIDED, Reason.COUNTS]
    assert len(world.request(request.id).approved_by) == 1
    await world.ring()
    assert len(world.speech.begun) == 1


async def test_two_click_in_the_same_instant_on_two_bots(pair: tuple[World, World]):
    """Each click is answered by another process: the same."""
    first, second = pair
    first.fleet()
    request = await first.asked()
    decisions = await asyncio.gather(first.approve(request, GRACE), second.approve(request, TOMAS))
    assert sorted(decision.allowed for decision in decisions) == [False, True]
    assert len(first.request(request.id).approved_by) == 1
    for world in (first, second):
        await world.ring()
    assert len(first.speech.begun) == 1


async def test_approving_and_withdrawing_in_the_same_instant(world: World):
    """Whatever comes first, both are told the truth, and what was withdrawn never starts."""
    world.fleet()
    request = await world.asked()
    await asyncio.gather(world.approve(request), world.wish("withdraw", request, ADA))
    await world.ring()
    assert world.request(request.id).state is RequestState.WITHDRAWN
    assert world.speech.begun == []


async def test_every_denied_click_is_recorded(world: World):
    """Also one that is answered without asking Slack: too late, or on an old card."""
    request = await approved(world)
    await world.approve(request, TOMAS)
    await world.decisions.vote(request.id, "0000", "reject", TOMAS)
    await world.wish("withdraw", request, TOMAS)
    denied = [noted.detail for noted in world.store.audit.of_request(request.id) if noted.action == "denied"]
    assert denied == ["approve: already decided", "reject: older plan", "withdraw: not the requester"]


async def test_withdrawing(world: World):
    """The requester, until it starts; nobody else; afterwards they hear that it is too late."""
    request = await approved(world)
    assert (await world.wish("withdraw", request, TOMAS)).reason is Reason.NOT_THE_REQUESTER
    await world.ring()
    assert (await world.wish("withdraw", request, ADA)).reason is Reason.STARTED
    world.speech.finish(US)
    await world.ring(after=10)
    assert (await world.wish("withdraw", request, ADA)).reason is Reason.ALREADY_DECIDED


# Reminding and expiring


def at_home(world: World, zone: str) -> None:
    """Both approvers live there."""
    for user in (GRACE, TOMAS):
        world.chat.people[user] = replace(world.chat.people[user], zone=zone)


def reminders(world: World) -> list[Any]:
    return [said for said in world.chat.said if said.key.endswith(":remind")]


async def test_reminded_once_and_by_day(world: World):
    """Asked at 19:00 in Berlin for a day: reminded by day there, once, in the thread, naming who can act."""
    at_home(world, "Europe/Berlin")
    world.clock.advance(8 * 3600)
    world.fleet()
    request = await world.asked()
    for _ in range(47):
        await world.ring(after=1800)
    assert world.request(request.id).state is RequestState.OPEN
    (reminder,) = reminders(world)
    card = world.chat.keyed(f"request:{request.id}:card")
    assert reminder.thread == card.ts
    assert "<!subteam^SAPPROVE>" in reminder.text
    hour = datetime.fromtimestamp(float(reminder.ts), ZoneInfo("Europe/Berlin")).hour
    assert 8 <= hour < 20


async def test_a_reminder_whose_hour_was_missed(world: World):
    """No process ran at its hour, and now it is night: it waits for the morning instead."""
    at_home(world, "Europe/Berlin")
    world.fleet()
    await world.asked()  # 11:00 in Berlin, until 11:00 the next day; its hour is 19:45
    world.clock.advance(13 * 3600)
    for _ in range(6):
        await world.ring(after=60)
    assert reminders(world) == []
    for _ in range(160):
        await world.ring(after=225)
    (reminder,) = reminders(world)
    assert 8 <= datetime.fromtimestamp(float(reminder.ts), ZoneInfo("Europe/Berlin")).hour < 11


async def test_no_reminder_for_what_is_decided(world: World):
    """Approved and waiting for its hour: nobody is reminded."""
    world.window = Window(time(3), time(4), ZoneInfo("UTC"))
    world.start()
    await approved(world)
    for _ in range(30):
        await world.ring(after=1800)
    assert reminders(world) == []


async def test_expiry_is_told(world: World):
    """The card loses its buttons, the thread tells the requester and offers the way on."""
    world.fleet()
    request = await world.asked()
    await world.ring(after=86400)
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.EXPIRED
    assert world.chat.keyed(f"request:{request.id}:card").buttons == []
    end = world.chat.keyed(f"request:{request.id}:end")
    assert f"<@{ADA}>" in end.text
    assert end.buttons == ["Look at the new plan…"]
    assert world.store.requests.holding(request.first.plan.model.ref) is None


# Who could approve


async def test_who_could_approve_is_asked_sparingly(world: World):
    """Each group once, each person once; a Slack that does not answer is not asked every second."""
    world.fleet()
    await world.asked()
    assert world.chat.calls.count("members") == 1
    assert world.chat.calls.count("person") <= 3
    world.speech.add(model("other"))
    world.clock.advance(3600)
    world.chat.fail["members"] = [ChatBusy("slow")] * 9
    await world.asked("other")
    for _ in range(20):
        await world.ring(after=1)
    assert world.chat.calls.count("members") == 2


async def test_a_policy_that_nobody_can_satisfy(two: World, caplog: pytest.LogCaptureFixture):
    """Two approvals of a group of one: the card says so, and the log at the start."""
    leaves(two, TOMAS)
    two.fleet()
    request = await two.asked()
    assert "Only 1 could approve this, and it needs 2 approvals" in str(
        two.chat.keyed(f"request:{request.id}:card").message.blocks
    )
    two.crash()
    await two.electorate.warn()
    assert "nobody can satisfy the policy of stt: 2 approvals needed, 1 people may approve" in caplog.text


# What breaks


async def test_a_start_that_breaks_stops_nobody(world: World, monkeypatch: pytest.MonkeyPatch):
    """A bug in one start delays that run; what runs on the same instance goes on."""
    request = await approved(world)
    await world.ring()
    world.speech.add(model("other"))
    other = await world.asked("other")
    await world.approve(other, GRACE)

    async def broken(run: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(world.planning, "still_holds", broken)
    world.speech.finish(US)
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    assert world.request(other.id).state is RequestState.SCHEDULED
    monkeypatch.undo()
    await world.ring(after=61)
    assert world.request(other.id).state is RequestState.RUNNING


async def test_a_name_is_shown_as_it_is(world: World):
    """Why a request did not start names the model; what is escaped is escaped once."""
    world.speech.add(model("support-desk-us", versions=(OLD, NEW)))
    world.speech.add(model("R&D <3"))
    request = await world.asked("R&D <3")
    await world.approve(request, GRACE)
    world.speech.kept["id-R&D <3"] = replace(world.speech.kept["id-R&D <3"], status="failed")
    await world.ring()
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.CHANGED
    assert "of R&amp;D &lt;3 failed" in world.chat.keyed(f"request:{request.id}:end").text


async def test_a_large_group_of_guests(world: World):
    """The first forty members may not decide, the two after them may: the card does not say that nobody could."""
    for number in range(40):
        user = f"UA{number:02}"
        world.chat.people[user] = Person(user, user, "T1", is_guest=True, groups=frozenset({"SAPPROVE"}))
    world.fleet()
    request = await world.asked()
    assert world.request(request.id).voters == 2
