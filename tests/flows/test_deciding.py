"""Deciding as people live it: votes and their undoing, cancelling, trying again, and what changes in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.fleet import Holdings
from bot.domain.plans import Action
from bot.domain.runs import Run, RunState, StepState
from bot.domain.timing import Freeze, Window
from bot.errors import ChatBusy, ModelBusy, RequestRefused
from tests.world import ADA, GRACE, NEW, OLD, TOMAS, World, model

AM, LM, US = "id-booth", "id-terms", "id-call-center-us"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[World]:
    """A world in which an upgrade needs two approvals."""
    made = World(tmp_path / "two.db", needed=2)
    yield made
    made.store.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two bots on one database, in one workspace, with one service."""
    first = World(tmp_path / "shared.db")
    second = World(tmp_path / "shared.db", clock=first.clock, holder="there:2")
    second.store.close()
    second.chat, second.speech = first.chat, first.speech
    second.start()
    yield first, second
    first.store.close()
    second.store.close()


async def approved(world: World) -> Run:
    """An approved run of the outdated model."""
    world.fleet()
    run = await world.asked()
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    return world.run(run.id)


async def booth(world: World) -> Run:
    """An approved run of three steps: a language model, then twice the acoustic model trained with it."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    world.speech.add(model("terms"))
    world.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
    await world.inventory.refresh()
    await world.requests.link("stt/acoustic/id-booth", LM, ADA)
    run = await world.asked("booth")
    assert len(run.steps) == 3
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    return run


async def through(world: World, id: str, **end: Any) -> None:
    """One step: begun, seen working, ended."""
    await world.ring(after=60)
    await world.ring(after=60)
    world.speech.finish(id, **end)
    await world.ring(after=60)


def while_preparing(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[Any]]) -> None:
    """Somebody acts while the model of the next step is read, right before its request would leave."""
    begin, read = world.runner._begin, world.speech.model

    async def reading(kind: Any, id: str) -> Any:
        monkeypatch.setattr(world.speech, "model", read)
        answer = await read(kind, id)
        await act()
        return answer

    async def beginning(*args: Any) -> bool:
        monkeypatch.setattr(world.runner, "_begin", begin)
        monkeypatch.setattr(world.speech, "model", reading)
        return await begin(*args)

    monkeypatch.setattr(world.runner, "_begin", beginning)


def while_sending(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[Any]]) -> None:
    """Somebody acts while the next request that begins something is on its way."""
    begin = world.speech.begin

    async def slow(*args: Any, **named: Any) -> Any:
        monkeypatch.setattr(world.speech, "begin", begin)
        await act()
        return await begin(*args, **named)

    monkeypatch.setattr(world.speech, "begin", slow)


# Cancelling


async def test_cancelled_while_the_step_is_prepared(world: World, monkeypatch: pytest.MonkeyPatch):
    """An approver cancels between two steps, in the very moment in which the next one is prepared: nothing is sent."""
    run = await booth(world)
    await world.ring()
    await world.ring(after=10)
    world.speech.finish(LM)
    while_preparing(world, monkeypatch, lambda: world.decisions.wish("cancel", run.id, GRACE))
    await world.ring(after=60)
    assert world.run(run.id).state is RunState.CANCELLED
    assert [id for _, id, _ in world.speech.begun] == [LM]


async def test_cancelled_while_a_request_is_on_its_way(world: World, monkeypatch: pytest.MonkeyPatch):
    """The service was busy and did not take it: what was cancelled meanwhile is not sent again."""
    run = await booth(world)
    world.speech.fail["begin"] = [ModelBusy("busy", instance="stt", status=409)]
    while_sending(world, monkeypatch, lambda: world.decisions.wish("cancel", run.id, GRACE))
    await world.ring()
    assert world.run(run.id).cancelled_by == GRACE
    await world.ring(after=100)
    assert world.run(run.id).state is RunState.CANCELLED
    assert world.speech.begun == []
    assert world.store.runs.open_for("stt/language/id-terms") is None


async def test_nothing_is_polled_for_a_run_that_ended(world: World, monkeypatch: pytest.MonkeyPatch):
    """Somebody stops watching while the request is on its way: its late answer starts no polling."""
    run = await approved(world)
    while_sending(world, monkeypatch, lambda: world.decisions.wish("stop", run.id, GRACE))
    await world.ring()
    assert world.run(run.id).state is RunState.FAILED
    await world.ring(after=20)
    world.speech.calls.clear()
    for _ in range(5):
        await world.ring(after=20)
    assert world.speech.calls == []


async def test_cancelled_between_the_steps(world: World):
    """The step that the service works on goes to its end; what comes after never begins, and the thread says so."""
    run = await booth(world)
    await world.ring()
    assert await world.decisions.wish("cancel", run.id, GRACE) is None
    await world.ring(after=5)
    assert world.run(run.id).state is RunState.RUNNING
    assert "cancelled by" in str(world.chat.keyed(f"run:{run.id}:card").message.blocks)
    await through(world, LM)
    await world.ring(after=5)
    assert world.run(run.id).state is RunState.CANCELLED
    assert [id for _, id, _ in world.speech.begun] == [LM]
    assert "after step 1 of 3" in world.chat.keyed(f"run:{run.id}:end").text
    assert world.store.runs.open_for("stt/acoustic/id-booth") is None


# Freezing


async def test_frozen_while_the_step_is_prepared(world: World, monkeypatch: pytest.MonkeyPatch):
    """A freeze that begins while the model is read holds its request back; it is sent when the freeze is over."""
    run = await approved(world)
    now = world.clock.now()

    async def freeze() -> None:
        world.pauses.freeze("stt", "audit", GRACE, now + timedelta(hours=1), now)

    while_preparing(world, monkeypatch, freeze)
    await world.ring()
    assert world.run(run.id).state is RunState.RUNNING
    assert world.speech.begun == []
    await world.ring(after=3601)
    assert len(world.speech.begun) == 1


# Trying again


async def failed(world: World) -> Run:
    """A run whose only step the service refused."""
    run = await approved(world)
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
    await world.ring()
    assert world.run(run.id).state is RunState.FAILED
    return world.run(run.id)


async def failed_at(world: World, step: int) -> Run:
    """The three steps, of which one was refused; those before it are proven."""
    run = await booth(world)
    await world.ring()
    for number, id in enumerate((LM, AM), start=1):
        if number == step - 1:
            world.speech.fail["begin"] = []
            await world.ring(after=60)
            world.speech.fail["begin"] = [RequestRefused("400", instance="stt", status=400, detail="not now")]
            world.speech.finish(id)
            await world.ring(after=60)
            break
        await through(world, id)
    assert world.run(run.id).state is RunState.FAILED
    assert [record.state is StepState.DONE for record in world.run(run.id).steps] == [n < step for n in (1, 2, 3)]
    return world.run(run.id)


async def test_tried_again_from_the_first_step(world: World):
    """One approval, one more request, the same thread: two ends in it, the second says done."""
    run = await failed(world)
    assert await world.decisions.wish("retry", run.id, GRACE) is None
    await world.ring(after=5)
    assert len(world.speech.begun) == 1
    await world.ring(after=10)
    world.speech.finish(US)
    await world.ring(after=10)
    await world.ring(after=10)
    assert world.run(run.id).state is RunState.DONE
    assert "*failed*" in world.chat.keyed(f"run:{run.id}:end").text
    assert f"from step 1 with the approval of <@{GRACE}>" in world.chat.keyed(f"run:{run.id}:retry:1").text
    assert "*done*" in world.chat.keyed(f"run:{run.id}:end:1").text
    assert len([said for said in world.chat.said if said.key.endswith(":card")]) == 1


@pytest.mark.parametrize("step", [2, 3])
async def test_tried_again_from_a_later_step(world: World, step: int):
    """What is proven is kept: only the failed step and those after it are sent."""
    run = await failed_at(world, step)
    before = [action for action, _, _ in world.speech.begun]
    assert await world.decisions.wish("retry", run.id, GRACE) is None
    await world.ring(after=20)
    for _ in range(step, 4):
        await through(world, AM)
    await world.ring(after=60)
    assert world.run(run.id).state is RunState.DONE, world.run(run.id).outcome
    assert before == ["upgrade"] * (step - 1)
    assert [action for action, _, _ in world.speech.begun] == ["upgrade", "upgrade", "upgrade with language model"]


async def test_tried_again_twice(world: World):
    """Each time with an approval, each time told."""
    run = await failed(world)
    for number in (1, 2):
        assert await world.decisions.wish("retry", run.id, GRACE) is None
        world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
        await world.ring(after=5)
        await world.ring(after=5)
        assert world.run(run.id).state is RunState.FAILED
        assert "*failed*" in world.chat.keyed(f"run:{run.id}:end:{number}").text
    assert world.speech.begun == []
    assert world.run(run.id).retries == 2


async def test_a_cancelled_rest_is_not_kept_for_the_next_try(world: World):
    """Cancelled while step 1 was under way, which then failed: who tries again wants all of it."""
    run = await booth(world)
    await world.ring()
    await world.ring(after=10)
    assert await world.decisions.wish("cancel", run.id, GRACE) is None
    world.speech.finish(LM, grow=False)
    await world.ring(after=10)
    assert world.run(run.id).state is RunState.FAILED
    assert await world.decisions.wish("retry", run.id, GRACE) is None
    await world.ring()
    await through(world, LM)
    assert world.run(run.id).state is RunState.RUNNING
    assert [id for _, id, _ in world.speech.begun] == [LM, LM, AM]


async def test_what_a_cancelled_run_left_undone_can_be_asked_for(world: World):
    """Cancelled before the upgrade with the language model: the model is not called current, the rest is planned."""
    run = await booth(world)
    await world.ring()
    await through(world, LM)
    assert await world.decisions.wish("cancel", run.id, GRACE) is None
    await through(world, AM)
    assert world.run(run.id).state is RunState.CANCELLED
    again = await world.asked("booth")
    assert [step.action for step in again.plan.steps] == [Action.UPGRADE_WITH_LANGUAGE]


async def test_tried_again_after_the_change_that_the_plan_asked_for(world: World):
    """On a cluster a person changes a word first; that this changed the data is no reason not to try again."""
    base = "en-US_Telephony"
    old, new = f"{base}.v2022-01-01", f"{base}.v2026-06-01"
    facts: dict[str, Any] = {"base": base, "deployment": "cp4d"}
    world.speech.latest[base] = new
    world.speech.add(model("sibling", versions=(old, new), **facts))
    world.speech.add(model(versions=(old,), **facts), Holdings(words=3))
    run = await world.asked()
    assert [record.step.action for record in run.steps] == [Action.AWAIT_CHANGE, Action.TRAIN]
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    await world.ring()
    world.speech.kept[US] = replace(world.speech.kept[US], status="ready")
    world.speech.held[US] = Holdings(words=4)
    world.speech.fail["begin"] = [RequestRefused("not now.", instance="stt", status=400)]
    await world.ring(after=10)
    assert world.run(run.id).state is RunState.FAILED
    assert await world.decisions.wish("retry", run.id, GRACE) is None
    await world.ring(after=20)
    assert world.run(run.id).state is RunState.RUNNING, world.run(run.id).outcome
    assert [action for action, _, _ in world.speech.begun] == ["train"]


async def test_another_run_has_the_model_meanwhile(world: World):
    """Tried again while a newer request has the model: refused, says which, and no vote is lost."""
    run = await failed(world)
    world.clock.advance(60)
    other = await world.asked()
    assert other.id != run.id
    answer = await world.decisions.wish("retry", run.id, GRACE)
    assert f"request {other.id} meanwhile" in str(answer)
    assert world.run(run.id).state is RunState.FAILED
    assert world.run(run.id).approved_by == (GRACE,)


async def test_tried_again_and_crashed(world: World):
    """The process dies right after the click: the next one goes on, once."""
    run = await failed(world)
    assert await world.decisions.wish("retry", run.id, GRACE) is None
    world.crash()
    for _ in range(3):
        await world.ring(after=11)
    assert len(world.speech.begun) == 1


async def test_the_approval_of_a_retry_taken_back(world: World):
    """It waits again, with time to decide, and goes on from where it was when somebody approves it."""
    run = await failed_at(world, 3)
    world.clock.advance(90000)
    assert await world.decisions.wish("retry", run.id, TOMAS) is None
    assert await world.decisions.wish("take back", run.id, TOMAS) is None
    assert await world.decisions.wish("take back", run.id, GRACE) is None
    await world.ring(after=5)
    now = world.run(run.id)
    assert (now.state, now.decided_by) == (RunState.WAITING, None)
    assert world.chat.keyed(f"run:{run.id}:card").buttons == ["Approve", "Reject"]
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    await world.ring()
    assert world.speech.begun[-1] == ("upgrade with language model", AM, False)


# Votes


async def test_a_vote_taken_back(world: World):
    """Until it starts: the card asks again and names nobody as having approved it; then it expires, undecided."""
    run = await approved(world)
    assert await world.decisions.wish("take back", run.id, GRACE) is None
    await world.ring(after=5)
    card = world.chat.keyed(f"run:{run.id}:card")
    assert card.buttons == ["Approve", "Reject"]
    assert world.speech.begun == []
    assert "no vote" in str(await world.decisions.wish("take back", run.id, GRACE))
    await world.ring(after=86400)
    await world.ring(after=5)
    assert world.run(run.id).state is RunState.EXPIRED
    assert "approved by" not in str(card.message.blocks)


def leaves(world: World, user: str) -> None:
    """Somebody is taken out of the group of approvers."""
    world.chat.people[user] = replace(world.chat.people[user], groups=frozenset())


async def test_who_left_the_group_does_not_count_when_it_is_decided(two: World):
    """Grace approved and was taken out of the group: Tomas' approval is the first of two again."""
    two.fleet()
    run = await two.asked()
    assert await two.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    leaves(two, GRACE)
    assert await two.decisions.vote(run.id, run.digest, "approve", TOMAS) is None
    assert (two.run(run.id).state, two.run(run.id).approved_by) == (RunState.WAITING, (TOMAS,))
    actions = [(row["actor"], row["action"]) for row in two.store.audit.of_run(run.id)]
    assert ("retune", "vote void") in actions


async def test_who_left_the_group_does_not_count_when_it_starts(world: World):
    """Approved, then taken out of the group before it starts: nothing is sent, and the thread says why."""
    run = await approved(world)
    leaves(world, GRACE)
    await world.ring()
    await world.ring(after=5)
    assert world.run(run.id).state is RunState.CHANGED
    assert world.speech.begun == []
    end = world.chat.keyed(f"run:{run.id}:end")
    assert "do not meet the policy any more" in end.text
    assert end.buttons == ["Look at the new plan…"]


async def test_the_policy_asks_for_more_at_the_start(world: World):
    """Approved by one; then the operator asks for two: it does not start."""
    run = await approved(world)
    world.needed = 2
    world.crash()
    await world.ring()
    assert world.run(run.id).state is RunState.CHANGED
    assert world.speech.begun == []


async def test_the_policy_asks_for_fewer(two: World):
    """One of two approvals; then the operator asks for one: the same person's click is enough, nothing hangs."""
    two.fleet()
    run = await two.asked()
    assert await two.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    assert "counts already" in str(await two.decisions.vote(run.id, run.digest, "approve", GRACE))
    two.needed = 1
    two.crash()
    await two.ring(after=5)
    two.store.runs.touch(run.id)
    await two.ring(after=5)
    assert "needs 1 approval " in str(two.chat.keyed(f"run:{run.id}:card").message.blocks)
    assert await two.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    assert two.run(run.id).state is RunState.APPROVED


async def test_two_click_in_the_same_instant(world: World):
    """One decides, the other hears who was first; one vote, one start."""
    world.fleet()
    run = await world.asked()
    votes = [world.decisions.vote(run.id, run.digest, "approve", user) for user in (GRACE, TOMAS)]
    answers = await asyncio.gather(*votes)
    assert sorted(answer is None for answer in answers) == [False, True]
    assert "Already approved by" in "".join(answer or "" for answer in answers)
    assert len(world.run(run.id).approved_by) == 1
    await world.ring()
    assert len(world.speech.begun) == 1


async def test_two_click_in_the_same_instant_on_two_bots(pair: tuple[World, World]):
    """Each click is answered by another process: the same."""
    first, second = pair
    first.fleet()
    run = await first.asked()
    answers = await asyncio.gather(
        first.decisions.vote(run.id, run.digest, "approve", GRACE),
        second.decisions.vote(run.id, run.digest, "approve", TOMAS),
    )
    assert sorted(answer is None for answer in answers) == [False, True]
    assert len(first.run(run.id).approved_by) == 1
    for world in (first, second):
        await world.ring()
    assert len(first.speech.begun) == 1


async def test_approving_and_withdrawing_in_the_same_instant(world: World):
    """Whatever comes first, both are told the truth, and what was withdrawn never starts."""
    world.fleet()
    run = await world.asked()
    await asyncio.gather(
        world.decisions.vote(run.id, run.digest, "approve", GRACE), world.decisions.wish("withdraw", run.id, ADA)
    )
    await world.ring()
    assert world.run(run.id).state is RunState.WITHDRAWN
    assert world.speech.begun == []


async def test_every_denied_click_is_recorded(world: World):
    """Also one that is answered without asking Slack: too late, or on an old card."""
    run = await approved(world)
    await world.decisions.vote(run.id, run.digest, "approve", TOMAS)
    await world.decisions.vote(run.id, "0000", "reject", TOMAS)
    await world.decisions.wish("withdraw", run.id, TOMAS)
    denied = [row["detail"] for row in world.store.audit.of_run(run.id) if row["action"] == "denied"]
    assert denied == ["approve: already decided", "reject: older plan", "withdraw: not the requester"]


async def test_withdrawing(world: World):
    """The requester, until it starts; nobody else; afterwards they hear that it is too late."""
    run = await approved(world)
    assert f"Only <@{ADA}>" in str(await world.decisions.wish("withdraw", run.id, TOMAS))
    await world.ring()
    assert "too late" in str(await world.decisions.wish("withdraw", run.id, ADA))
    world.speech.finish(US)
    await world.ring(after=10)
    assert "and done since" in str(await world.decisions.wish("withdraw", run.id, ADA))


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
    run = await world.asked()
    for _ in range(47):
        await world.ring(after=1800)
    assert world.run(run.id).state is RunState.WAITING
    (reminder,) = reminders(world)
    card = world.chat.keyed(f"run:{run.id}:card")
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
    for _ in range(20):
        await world.ring(after=1800)
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
    run = await world.asked()
    await world.ring(after=86400)
    await world.ring(after=5)
    assert world.run(run.id).state is RunState.EXPIRED
    assert world.chat.keyed(f"run:{run.id}:card").buttons == []
    end = world.chat.keyed(f"run:{run.id}:end")
    assert f"<@{ADA}>" in end.text
    assert end.buttons == ["Look at the new plan…"]
    assert world.store.runs.open_for(run.plan.model.ref) is None


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
    run = await two.asked()
    assert "Only 1 could approve this, and it needs 2 approvals" in str(
        two.chat.keyed(f"run:{run.id}:card").message.blocks
    )
    two.crash()
    await two.electorate.warn(two.policies)
    assert "nobody can satisfy the policy of stt: 2 approvals needed, 1 people may approve" in caplog.text


# Hours, later starts, freezes

BERLIN = ZoneInfo("Europe/Berlin")


def in_hours(world: World, begins: time, ends: time, zone: ZoneInfo = BERLIN) -> None:
    """Upgrades may start only then; the bot is built anew."""
    world.window = Window(begins, ends, zone)
    world.store.close()
    world.start()


async def starts(world: World, run: Run, *, within: int = 40, every: float = 1800) -> datetime:
    """When the run starts, while the alarm rings every half hour."""
    for _ in range(within):
        if world.run(run.id).state is RunState.RUNNING:
            return world.clock.now()
        await world.ring(after=every)
    raise AssertionError("it never started")


async def test_it_starts_when_its_hours_begin(world: World):
    """Approved at 11:00 in Berlin, hours from 22:00 across midnight: the card says so, and nothing is sent before."""
    in_hours(world, time(22), time(5))
    world.fleet()
    run = await world.asked()
    card = world.chat.keyed(f"run:{run.id}:card")
    assert "only in these hours: 22:00–05:00 Europe/Berlin" in str(card.message.blocks)
    await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    assert "they begin" in str(card.message.blocks)
    assert (await starts(world, run)).astimezone(BERLIN).hour == 22
    assert "hours" not in str(card.message.blocks)


async def test_after_midnight_the_hours_still_last(world: World):
    """Approved at 02:00 in hours that began the evening before: at once."""
    in_hours(world, time(22), time(5))
    world.clock.advance(15 * 3600)  # 02:00 in Berlin
    run = await approved(world)
    await world.ring()
    assert world.run(run.id).state is RunState.RUNNING


async def test_hours_that_summer_time_leaves_out(world: World):
    """On 28 March 2027 Berlin has no 02:30; hours from 02:30 to 04:00 begin when the clock has passed over it."""
    world.clock.at = datetime(2027, 3, 27, 23, 0, tzinfo=UTC)
    in_hours(world, time(2, 30), time(4))
    run = await approved(world)
    begun = await starts(world, run, every=300)
    assert begun == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


async def test_what_has_begun_goes_on_outside_its_hours(world: World):
    """Three steps, hours of one: the second and the third do not wait for tomorrow."""
    in_hours(world, time(11), time(12))
    run = await booth(world)
    await world.ring()
    await through(world, LM)
    world.clock.advance(3600)
    await through(world, AM)
    await through(world, AM)
    assert world.run(run.id).state is RunState.DONE


async def test_a_later_start(world: World):
    """Asked for 22:00: approved before, it starts then; approved after, it starts at once."""
    world.fleet()
    run = await asked_for(world, hours=12)
    await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    assert "asked for a later time" in str(world.chat.keyed(f"run:{run.id}:card").message.blocks)
    assert await starts(world, run) == run.not_before
    world.speech.add(model("other"))
    other = await asked_for(world, "other", hours=1)
    world.clock.advance(7200)
    await world.decisions.vote(other.id, other.digest, "approve", GRACE)
    await world.ring()
    assert world.run(other.id).state is RunState.RUNNING


async def asked_for(world: World, name: str = "call-center-us", *, hours: float) -> Run:
    """Somebody asked for a later start."""
    await world.inventory.refresh()
    ref = world.inventory.find(name).model.ref
    prepared = await world.requests.prepare(ref)
    draft = f"{ref} {prepared.outlook.digest}"  # type: ignore[union-attr]  # it can be planned
    later = world.clock.now() + timedelta(hours=hours)
    run, _ = world.requests.propose(f"V-{name}", draft, "", ADA, later)
    await world.requests.show(run)
    return run


async def test_a_later_start_outside_the_hours(world: World):
    """Both hold it back: the time that was asked for first, then the hours."""
    in_hours(world, time(22), time(5))
    world.fleet()
    run = await asked_for(world, hours=2)
    await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    assert (await starts(world, run)).astimezone(BERLIN).hour == 22


async def test_changed_while_it_waited_for_its_time(world: World):
    """Approved for tonight; in the afternoon somebody upgraded the model by hand: tonight nothing is sent."""
    world.fleet()
    run = await asked_for(world, hours=12)
    await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    world.speech.kept[US] = replace(world.speech.kept[US], versions=(OLD, NEW))
    for _ in range(26):
        await world.ring(after=1800)
    assert world.run(run.id).state is RunState.CHANGED
    assert world.speech.begun == []


def freeze(world: World, hours: float = 3, instance: str = "") -> Freeze:
    now = world.clock.now()
    return world.pauses.freeze(instance, "audit", GRACE, now + timedelta(hours=hours), now)


async def test_frozen_before_it_is_approved(world: World):
    """It can be approved, and starts when the freeze ends by itself; the card said who froze it and why."""
    world.fleet()
    freeze(world)
    run = await world.asked()
    card = world.chat.keyed(f"run:{run.id}:card")
    assert f"by <@{GRACE}>: audit" in str(card.message.blocks)
    await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    assert await starts(world, run) == run.requested_at + timedelta(hours=3)
    assert "frozen" not in str(card.message.blocks)


async def test_frozen_after_it_was_approved(world: World):
    """The card says so without anybody clicking; ended early, it starts at once."""
    run = await approved(world)
    held = freeze(world, instance="stt")
    await world.ring(after=10)
    assert "`stt` is frozen" in str(world.chat.keyed(f"run:{run.id}:card").message.blocks)
    assert world.run(run.id).state is RunState.APPROVED
    assert world.pauses.end(held.id, TOMAS, world.clock.now())
    await world.ring(after=10)
    assert len(world.speech.begun) == 1


async def test_another_instance_is_frozen(world: World):
    """It holds nobody else back."""
    world.policies["prod"] = world.policies["stt"]
    world.pauses._windows["prod"] = None  # type: ignore[index]  # a second instance
    run = await approved(world)
    freeze(world, instance="prod")
    await world.ring()
    assert world.run(run.id).state is RunState.RUNNING


async def test_frozen_between_the_steps(world: World):
    """What the service works on is watched to its end and proven; the next step waits until the freeze is over."""
    run = await booth(world)
    await world.ring()
    freeze(world)
    await through(world, LM)
    await world.ring(after=60)
    assert world.run(run.id).steps[0].state is StepState.DONE
    assert [id for _, id, _ in world.speech.begun] == [LM]
    assert "frozen" in str(world.chat.keyed(f"run:{run.id}:progress").message.blocks)
    await world.ring(after=3 * 3600)
    await world.ring(after=60)
    assert [id for _, id, _ in world.speech.begun] == [LM, AM]


async def test_a_freeze_counts_in_both_processes(pair: tuple[World, World]):
    """Begun by a click that one bot answered, kept by the other that does the work; and after a restart."""
    first, second = pair
    first.fleet()
    await first.ring()
    run = await first.asked()
    await first.decisions.vote(run.id, run.digest, "approve", GRACE)
    freeze(second)
    await first.ring(after=1)
    assert first.run(run.id).state is RunState.APPROVED
    first.crash()
    await first.ring(after=11)
    assert first.speech.begun == []
    await first.ring(after=3 * 3600)
    assert len(first.speech.begun) == 1


# What breaks


async def test_a_start_that_breaks_stops_nobody(world: World, monkeypatch: pytest.MonkeyPatch):
    """A bug in one start delays that run; what runs on the same instance goes on."""
    run = await approved(world)
    await world.ring()
    world.speech.add(model("other"))
    other = await world.asked("other")
    await world.decisions.vote(other.id, other.digest, "approve", GRACE)

    async def broken(plan: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(world.requests, "prepare_again", broken)
    world.speech.finish(US)
    await world.ring(after=10)
    assert world.run(run.id).state is RunState.DONE
    assert world.run(other.id).state is RunState.APPROVED
    monkeypatch.undo()
    await world.ring(after=61)
    assert world.run(other.id).state is RunState.RUNNING


async def test_a_name_is_shown_as_it_is(world: World):
    """Why a run did not start names the model; what is escaped is escaped once."""
    world.speech.add(model("support-desk-us", versions=(OLD, NEW)))
    world.speech.add(model("R&D <3"))
    run = await world.asked("R&D <3")
    await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    world.speech.kept["id-R&D <3"] = replace(world.speech.kept["id-R&D <3"], status="failed")
    await world.ring()
    await world.ring(after=5)
    assert world.run(run.id).state is RunState.CHANGED
    assert "of R&amp;D &lt;3 failed" in world.chat.keyed(f"run:{run.id}:end").text
