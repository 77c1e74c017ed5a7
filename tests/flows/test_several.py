"""Several models in one request, on fakes and a real database: one decision, one model and its proof, then waves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.authority import Reason
from bot.domain.fleet import Holdings
from bot.domain.requests import Request, RequestState
from bot.errors import ChatBusy, Refusal
from tests.flows.acting import on_a_cluster
from tests.world import ADA, CHANNEL, GRACE, MEI, NEW, OLD, TOMAS, World, model


async def proposed(world: World, count: int = 5) -> Request:
    """A request for *count* outdated models; its card is there."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    for number in range(count):
        world.speech.add(model(f"m{number}"), Holdings(corpora=1, words=number + 1))
    await world.inventory.refresh()
    judged = [judgement for judgement in (await world.inventory.judged()).judgements if judgement.outdated]
    found = await world.requests.candidates(judged, ADA)
    request = await world.requests.propose("V1", [plan.key for plan in found.plans], "new base model", ADA)
    await world.requests.show(request)
    return request


def states(world: World, request: Request) -> list[str]:
    return [run.state.value for run in world.request(request.id).runs]


async def under_way(world: World, count: int = 5) -> Request:
    """An approved request whose first model the service works on."""
    request = await proposed(world, count)
    assert (await world.approve(request)).allowed
    await world.ring(after=4)
    await world.ring(after=4)
    return request


async def finish(world: World, *, grow: bool = True, status: str | None = None) -> None:
    """The service ends everything that it works on, and Retune sees it."""
    await world.ring(after=10)
    for one in list(world.speech.kept.values()):
        if one.status == "upgrading":
            world.speech.finish(one.id, grow=grow, status=status)
    await world.ring(after=10)
    await world.ring(after=4)
    await world.ring(after=4)


async def test_one_first_then_waves(world: World):
    """Nothing before the approval; one model and its proof; then two at a time; one card, one thread."""
    request = await proposed(world)
    await world.ring(after=5)
    assert world.speech.begun == []
    assert (await world.approve(request)).allowed
    await world.ring(after=4)
    await world.ring(after=4)
    assert len(world.speech.begun) == 1
    assert states(world, request).count("running") == 1
    await finish(world)
    assert len(world.speech.begun) == 3
    await finish(world)
    assert len(world.speech.begun) == 5
    await finish(world)
    await world.ring(after=4)
    assert states(world, request) == ["done"] * 5
    assert world.request(request.id).state is RequestState.DONE
    prefix = f"request:{request.id}:"
    assert [said.key for said in world.chat.said] == [f"{prefix}{what}" for what in ("card", "first", "end")]
    card = world.chat.keyed(f"{prefix}card")
    assert card.channel == CHANNEL
    assert card.buttons == []
    assert "5 of 5" in card.text
    end = world.chat.keyed(f"{prefix}end")
    assert end.thread == card.ts
    assert "*done*" in end.text
    assert f"<@{ADA}>" in end.text
    for number in range(5):
        assert NEW in (world.speech.kept[f"id-m{number}"].versions or ())


async def test_it_stops_at_the_first_failed_proof_and_resumes(world: World):
    """The first ends without a newer version: nothing new starts, the thread asks; resumed, the others go on."""
    request = await under_way(world)
    await finish(world, grow=False)
    assert world.request(request.id).state is RequestState.PAUSED
    assert len(world.speech.begun) == 1
    (pause,) = [said for said in world.chat.said if ":pause:" in said.key]
    assert pause.buttons == ["Resume", "Drop the rest"]
    failed = world.chat.keyed(f"request:{request.id}:failed:{request.first.id}")
    assert "nothing changed" in failed.text
    assert failed.buttons == ["Try again…"]
    for _ in range(3):
        await world.ring(after=60)
    assert len(world.speech.begun) == 1
    assert (await world.wish("resume", request, MEI)).reason is Reason.NOT_AN_APPROVER
    assert (await world.wish("resume", request, TOMAS)).allowed
    await world.ring(after=4)
    await world.ring(after=4)
    assert len(world.speech.begun) == 3
    for _ in range(3):
        await finish(world)
    assert sorted(states(world, request)) == ["done"] * 4 + ["failed"]
    assert world.request(request.id).state is RequestState.FAILED
    assert "4 of 5" in world.chat.keyed(f"request:{request.id}:end").text


async def test_the_failed_one_is_tried_again(world: World):
    """An approver tries the failed model again; until it is proven the others wait, then they go on by themselves."""
    request = await under_way(world)
    await finish(world, grow=False)
    assert (await world.wish("retry", request, TOMAS)).allowed
    await world.ring(after=4)
    await world.ring(after=4)
    assert world.request(request.id).state is RequestState.PAUSED
    assert states(world, request).count("running") == 1
    await finish(world)
    assert world.request(request.id).state is RequestState.RUNNING
    assert sum(1 for said in world.chat.said if ":pause:" in said.key) == 1
    for _ in range(4):
        await finish(world)
    assert states(world, request) == ["done"] * 5
    assert world.request(request.id).state is RequestState.DONE


async def test_every_pause_is_said(world: World):
    """The first fails, is resumed, and one of the wave fails as well: the thread asks again, by another message."""
    request = await under_way(world)
    await finish(world, grow=False)
    await world.wish("resume", request, TOMAS)
    await world.ring(after=4)
    await world.ring(after=4)
    await finish(world, grow=False)
    assert world.request(request.id).state is RequestState.PAUSED
    assert sum(1 for said in world.chat.said if ":pause:" in said.key) == 2


async def test_a_failure_with_nothing_left_ends_it(world: World):
    """The last one fails: there is nothing to resume, so it ends and says what is not upgraded."""
    request = await under_way(world, 2)
    await finish(world)
    await finish(world, grow=False)
    assert states(world, request) == ["done", "failed"]
    assert world.request(request.id).state is RequestState.FAILED
    end = world.chat.keyed(f"request:{request.id}:end")
    assert "1 of 2" in end.text
    assert not [said for said in world.chat.said if ":pause:" in said.key]


async def test_dropping_the_rest(world: World):
    """After a pause somebody leaves the rest: it ends, and nothing of it starts any more."""
    request = await under_way(world)
    await finish(world, status="failed", grow=False)
    assert (await world.wish("cancel", request, GRACE)).allowed
    await world.ring(after=4)
    assert world.request(request.id).state is RequestState.CANCELLED
    assert states(world, request) == ["failed"] + ["stopped"] * 4
    assert (await world.wish("resume", request, GRACE)).reason is Reason.NOT_PAUSED
    assert world.store.requests.holding("stt/language/id-m3") is None
    assert "not begun: *m3*" in str(world.chat.keyed(f"request:{request.id}:end").message.blocks)


async def test_a_failure_in_a_wave_keeps_what_runs(world: World):
    """Two run when one fails: the other goes to its end, and the third does not start."""
    request = await under_way(world)
    await finish(world)
    running = [one.id for one in world.speech.kept.values() if one.status == "upgrading"]
    assert len(running) == 2
    world.speech.finish(running[0], status="failed", grow=False)
    await world.ring(after=10)
    await world.ring(after=4)
    assert world.request(request.id).state is RequestState.PAUSED
    world.speech.finish(running[1])
    await world.ring(after=10)
    assert sorted(states(world, request)) == ["done", "done", "failed", "queued", "queued"]


async def test_a_model_that_changed_is_left_out_and_stops_nothing(world: World):
    """Upgraded by hand meanwhile: that one is not started, the others are."""
    request = await proposed(world, 3)
    first = request.runs[0].plan.model
    world.speech.kept[first.id] = replace(world.speech.kept[first.id], versions=(OLD, NEW))
    await world.approve(request)
    for _ in range(4):
        await finish(world)
    assert states(world, request) == ["left out", "done", "done"]
    assert len(world.speech.begun) == 2


@pytest.mark.parametrize(("user", "why"), [(ADA, Reason.OWN_REQUEST), (MEI, Reason.NOT_AN_APPROVER)])
async def test_who_may_not_approve(world: World, user: str, why: Reason):
    """The requester and members without the role hear why; it is recorded, and nothing else changes."""
    request = await proposed(world, 2)
    assert (await world.approve(request, user)).reason is why
    now = world.request(request.id)
    assert (now.state, now.votes) == (RequestState.OPEN, ())
    assert world.store.audit.of_request(request.id)[-1].detail == f"approve: {why}"


async def test_a_click_on_an_old_card_is_recorded(world: World):
    """Decided already, or of another plan: the person hears it, the audit has it."""
    request = await proposed(world, 2)
    await world.approve(request)
    await world.approve(request, TOMAS)
    await world.decisions.vote(request.id, "0000", "reject", TOMAS)
    denied = [noted.detail for noted in world.store.audit.of_request(request.id) if noted.action == "denied"]
    assert denied == ["approve: already decided", "reject: older plan"]


@pytest.mark.parametrize("needed", [1, 2])
async def test_two_approvers_in_the_same_instant(tmp_path: Path, needed: int):
    """Both clicks are judged; one decides, the other hears who was first; with two needed, both count."""
    world = World(tmp_path / "two.db", needed=needed)
    request = await proposed(world, 2)
    decisions = await asyncio.gather(world.approve(request, GRACE), world.approve(request, TOMAS))
    assert world.request(request.id).state is RequestState.SCHEDULED
    assert len(world.request(request.id).votes) == needed
    assert sum(1 for decision in decisions if decision.allowed) == needed
    world.close()


async def test_the_same_form_twice_is_one_request(world: World):
    """A second submit of the same form changes nothing; another form finds every model taken."""
    request = await proposed(world, 2)
    drafts = [run.plan.key for run in request.runs]
    assert (await world.requests.propose("V1", drafts, "", ADA)).id == request.id
    with pytest.raises(Refusal, match=f"request {request.id}"):
        await world.requests.propose("V2", drafts, "", ADA)


async def test_expiry_and_reminder(world: World):
    """It reminds once, and ends with all its runs when nobody decides."""
    request = await proposed(world, 2)
    for _ in range(300):
        await world.ring(after=240)
    assert world.chat.keyed(f"request:{request.id}:remind").thread is not None
    await world.ring(after=4 * 3600)
    await world.ring(after=4)
    assert world.request(request.id).state is RequestState.EXPIRED
    assert states(world, request) == ["stopped", "stopped"]
    assert world.store.requests.holding("stt/language/id-m0") is None
    assert "obody decided" in world.chat.keyed(f"request:{request.id}:end").text


async def test_rejected_and_taken_back(tmp_path: Path):
    """A vote taken back leaves it waiting; a rejection ends it for all its models."""
    world = World(tmp_path / "r.db", needed=2)
    request = await proposed(world, 2)
    assert (await world.approve(request)).allowed
    assert (await world.wish("take back", request, GRACE)).allowed
    assert world.request(request.id).votes == ()
    assert (await world.wish("take back", request, GRACE)).reason is Reason.NO_VOTE
    assert (await world.reject(request, TOMAS)).allowed
    assert world.request(request.id).state is RequestState.REJECTED
    assert states(world, request) == ["stopped", "stopped"]
    await world.ring(after=4)
    assert "not now" in world.chat.keyed(f"request:{request.id}:end").text
    world.close()


async def test_withdrawn(world: World):
    """Only the requester can, and only before it starts."""
    request = await proposed(world, 2)
    assert (await world.wish("withdraw", request, GRACE)).reason is Reason.NOT_THE_REQUESTER
    assert (await world.wish("withdraw", request, ADA)).allowed
    assert world.request(request.id).state is RequestState.WITHDRAWN


async def test_a_crash_in_the_middle(world: World):
    """Killed after the first model was asked for: no second request, and the waves go on."""
    request = await under_way(world)
    world.crash()
    await world.ring()
    assert len(world.speech.begun) == 1
    for _ in range(4):
        await finish(world)
    assert states(world, request) == ["done"] * 5
    assert len(world.speech.begun) == 5
    assert len([said for said in world.chat.said if said.key.endswith(":card")]) == 1


async def test_a_freeze_holds_the_next_wave(world: World):
    """What runs goes on; the next wave waits, the card says why, and it goes on when the freeze ends."""
    request = await under_way(world)
    freeze = await world.freezes.freeze("", "audit week", GRACE, world.clock.now().replace(hour=20))
    await finish(world)
    assert len(world.speech.begun) == 1
    assert states(world, request).count("done") == 1
    assert "audit week" in str(world.chat.keyed(f"request:{request.id}:card").message.blocks)
    await world.freezes.end(freeze, GRACE)
    await world.ring(after=4)
    await world.ring(after=4)
    assert len(world.speech.begun) == 3


async def test_a_reminder_whose_hour_was_missed(world: World):
    """No process ran at its hour, and now it is night: it waits for the morning, and pings only who can still act."""
    for user in (GRACE, TOMAS):
        world.chat.people[user] = replace(world.chat.people[user], zone="Europe/Berlin")
    await proposed(world, 2)  # 11:00 in Berlin, until 11:00 the next day; its hour is 19:45
    world.clock.advance(13 * 3600)
    for _ in range(6):
        await world.ring(after=60)
    assert not [said for said in world.chat.said if said.key.endswith(":remind")]
    for _ in range(160):
        await world.ring(after=225)
    (reminder,) = [said for said in world.chat.said if said.key.endswith(":remind")]
    assert f"<@{ADA}>" not in reminder.text


async def test_a_slack_that_is_busy_once_costs_no_reminder(world: World):
    """Who could approve is looked up again half a minute later."""
    world.chat.fail["members"] = [ChatBusy("slow")]
    request = await proposed(world, 2)
    assert world.request(request.id).remind_at is None
    await world.ring(after=31)
    await world.ring(after=1)
    assert world.request(request.id).remind_at is not None


async def test_a_change_by_hand_is_asked_for(world: World):
    """On a cluster a person must change a word first: the thread asks, the card says who is waited for."""
    on_a_cluster(world, "a", "b")
    request = await world.approved("a", "b")
    await world.ring(after=4)
    await world.ring(after=4)
    first = request.first
    asked = world.chat.keyed(f"request:{request.id}:ask:{first.id}.1")
    assert f"<@{ADA}>" in asked.text
    assert asked.thread == world.chat.keyed(f"request:{request.id}:card").ts
    assert "waits for a person" in str(world.chat.keyed(f"request:{request.id}:card").message.blocks)


async def test_a_late_step_is_said(world: World):
    """The service works on it for hours: the thread says so, once, and offers to stop watching; the card says it."""
    request = await under_way(world)
    for _ in range(30):
        await world.ring(after=600)
    (late,) = [said for said in world.chat.said if ":late:" in said.key]
    assert late.buttons == ["Mark as failed and stop watching"]
    assert "longer than estimated" in str(world.chat.keyed(f"request:{request.id}:card").message.blocks)


async def test_an_acoustic_model_names_its_language_model(world: World):
    """Everything that is changed for good stands on the card and in its confirm dialog, and in both histories."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    for name in ("terms", "other"):
        world.speech.add(model(name))
    world.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
    await world.inventory.refresh()
    await world.requests.link("stt/acoustic/id-booth", "id-terms", ADA)
    request = await world.asked("booth", "other")
    card = world.chat.keyed(f"request:{request.id}:card")
    shown = str(card.message.blocks)
    buttons = next(block for block in card.message.blocks if block["type"] == "actions")
    confirm = str(buttons["elements"][0]["confirm"])
    for name in ("booth", "terms", "other"):
        assert name in shown
        assert name in confirm
        ref = next(one.ref for one in world.speech.kept.values() if one.name == name)
        assert [found.id for found in world.store.requests.of_model(ref)] == [request.id]
