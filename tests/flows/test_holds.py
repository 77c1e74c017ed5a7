"""Holds and what they stop: the start of what is approved, approvals, trying again, and what the cards show."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest

from bot.domain.authority import Reason
from bot.domain.fleet import Holdings
from bot.domain.outcomes import CauseKind
from bot.domain.policies import Policy
from bot.domain.requests import Request, RequestState
from bot.domain.runs import RunState
from bot.domain.snoozes import Ended, Reach, Snooze, SnoozeKind, Wish
from bot.errors import ChatBusy, Denied, InputsRefused
from tests.fakes import FakeSpeech
from tests.flows.acting import AM, LM, booth, through
from tests.world import ADA, GRACE, MEI, NEW, OLD, TOMAS, World, model

US = "stt/language/id-call-center-us"
TERMS = "stt/language/id-terms"


FORMS = count()


async def hold(world: World, ref: str = US, user: str = MEI, days: int = 10) -> Snooze:
    """Somebody puts a model on hold."""
    reason = "regulator tests it"
    until = world.clock.now().date() + timedelta(days=days)
    wish = Wish(SnoozeKind.HOLD, Reach.MODEL, ref, until, by_version=False, reason=reason)
    await world.inventory.refresh()
    return await world.snoozer.snooze(wish, user, f"hold-{next(FORMS)}")


def card(world: World, request: Request) -> str:
    """The card as it is shown."""
    return str(world.chat.keyed(f"request:{request.id}:card").message.blocks)


def thread(world: World, request: Request) -> str:
    """What was said in the thread of a request."""
    said = [one for one in world.chat.said if one.key.startswith(f"request:{request.id}:")]
    return "\n".join(one.text for one in said if one.thread)


async def three(world: World) -> Request:
    """A request for a, b and c; a goes first."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    for number, name in enumerate("abc"):
        world.speech.add(model(name), Holdings(corpora=1, words=number + 1))
    return await world.asked("a", "b", "c")


def states(world: World, request: Request) -> dict[str, str]:
    return {run.plan.model.name: run.state.value for run in world.request(request.id).runs}


async def test_set_while_a_request_waits(world: World):
    """Its card is told again with reason, author and end, and pings nobody; approving is refused."""
    world.fleet()
    request = await world.asked()
    await hold(world)
    await world.ring(after=5)
    assert "is *on hold* until 3 Dec 2026 by UMEI" in card(world, request)
    assert "'Reason for the hold on call-center-us, from UMEI:'" in card(world, request)
    assert "'regulator tests it'" in card(world, request)
    assert f"<@{MEI}>" not in card(world, request)
    decision = await world.approve(request)
    assert decision.reason is Reason.ON_HOLD
    assert [one.hold.author for one in decision.held] == [MEI]
    assert world.request(request.id).state is RequestState.OPEN
    assert world.request(request.id).votes == ()


async def test_who_may_not_approve_hears_that_first(world: World):
    """A hold changes nothing about whose approval counts."""
    world.fleet()
    request = await world.asked()
    await hold(world)
    assert (await world.approve(request, MEI)).reason is Reason.NOT_AN_APPROVER
    assert (await world.reject(request)).state is RequestState.REJECTED


async def test_ended_early_the_card_is_told_again(world: World):
    """The line is gone without anybody clicking on the request, and it can be approved."""
    world.fleet()
    request = await world.asked()
    made = await hold(world)
    await world.ring(after=5)
    assert not (await world.snoozer.end(made.id, MEI)).late
    await world.ring(after=5)
    assert "on hold" not in card(world, request)
    assert (await world.approve(request)).allowed


async def test_over_by_itself_the_card_is_told_again(world: World):
    """Its day came: the same."""
    world.fleet()
    request = await world.asked()
    await hold(world, days=1)
    await world.ring(after=5)
    assert "*on hold* until 24 Nov 2026" in card(world, request)
    assert (await world.approve(request)).reason is Reason.ON_HOLD
    await world.ring(after=15 * 3600)
    await world.ring(after=61)
    assert "on hold" not in card(world, request)
    assert (await world.approve(request)).allowed


async def test_set_between_approval_and_start(world: World):
    """Nothing is sent; the thread and the card say reason, author and who can end it."""
    world.fleet()
    request = await world.approved()
    await hold(world)
    await world.ring(after=5)
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.CHANGED
    cause = world.request(request.id).first.cause
    assert cause is not None
    assert cause.kind is CauseKind.ON_HOLD
    assert world.speech.begun == []
    for shown in (thread(world, request), str(world.chat.keyed(f"request:{request.id}:end").message.blocks)):
        assert f"on hold until 3 Dec 2026 by <@{MEI}>, who can end that, as can an approver of" in shown
        assert "regulator tests it" in shown
    assert "Not started, on hold" in card(world, request)


async def test_set_while_the_model_is_read(world: World, monkeypatch: pytest.MonkeyPatch):
    """The last transaction before the start looks again."""
    world.fleet()
    request = await world.approved()
    holds = world.planning.still_holds

    async def slow(run):
        found = await holds(run)
        await hold(world)
        return found

    monkeypatch.setattr(world.planning, "still_holds", slow)
    await world.ring(after=5)
    await world.ring(after=5)
    assert world.speech.begun == []
    assert world.request(request.id).first.state is RunState.LEFT_OUT


async def test_one_of_several(world: World):
    """It is left out and said at once; the others go on."""
    request = await three(world)
    await hold(world, "stt/language/id-b")
    await world.ring(after=5)
    assert "*b* `v2018-07-31 → v2020-01-16` · on hold until 3 Dec 2026 by UMEI" in card(world, request)
    assert (await world.approve(request)).allowed
    for _ in range(12):
        await world.ring(after=10)
        for one in list(world.speech.kept.values()):
            if one.status == "upgrading":
                world.speech.finish(one.id)
    assert states(world, request) == {"a": "done", "b": "left out", "c": "done"}
    assert "id-b" not in [id for _, id, _ in world.speech.begun]
    held = next(one for one in world.chat.said if one.key.startswith(f"request:{request.id}:held:"))
    assert "regulator tests it" in held.text
    assert f"<@{MEI}>" in held.text


async def test_every_one_of_several(world: World):
    """Then nobody can approve it."""
    request = await three(world)
    for name in "abc":
        await hold(world, f"stt/language/id-{name}")
    decision = await world.approve(request)
    assert decision.reason is Reason.ON_HOLD
    assert [one.name for one in decision.held] == ["a", "b", "c"]


async def test_the_language_model_of_an_acoustic_model(world: World):
    """It is changed for good too: nothing of the run starts, and the hold is named."""
    request = await booth(world)
    await hold(world, TERMS)
    await world.ring(after=5)
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.CHANGED
    assert world.speech.begun == []
    assert "terms is on hold until" in thread(world, request)


async def test_what_runs_goes_on(world: World):
    """A hold that comes after the start ends nothing that has begun."""
    request = await booth(world)
    await world.ring()
    await hold(world, "stt/acoustic/id-booth")
    await through(world, LM)
    await through(world, AM)
    await through(world, AM)
    assert world.request(request.id).state is RequestState.DONE


async def test_a_snooze_holds_nothing_back(world: World):
    """It is silence only."""
    world.fleet()
    await world.inventory.refresh()
    wish = Wish(SnoozeKind.SNOOZE, Reach.MODEL, US, date(2026, 12, 3), by_version=False, reason="later")
    await world.snoozer.snooze(wish, MEI, "V1")
    request = await world.approved()
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.RUNNING


async def test_trying_again_is_refused(world: World):
    """What failed stays failed while it is on hold; one that was to be tried again is what it was."""
    world.fleet()
    request = await world.approved()
    await through(world, "id-call-center-us", status="failed", grow=False)
    assert world.request(request.id).state is RequestState.FAILED
    world.speech.kept["id-call-center-us"] = model()
    made = await hold(world)
    decision = await world.wish("retry", request)
    assert decision.reason is Reason.NOT_POSSIBLE
    assert decision.cause is not None
    assert decision.cause.kind is CauseKind.ON_HOLD
    await world.snoozer.end(made.id, MEI)
    assert (await world.wish("retry", request)).allowed
    await hold(world)
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.FAILED
    assert len(world.speech.begun) == 1


async def draft(world: World, name: str = "call-center-us") -> str:
    """The key of the plan of a model."""
    await world.inventory.refresh()
    prepared = await world.planning.prepare((await world.inventory.find(name)).model.ref)
    return f"{prepared.judgement.model.ref} {getattr(prepared.outlook, 'digest', '')}"


async def test_ended_for_a_request(world: World):
    """In the transaction that writes it: noted, on the card, once; a second submit changes nothing."""
    world.fleet()
    made = await hold(world)
    key = await draft(world)
    request = await world.requests.propose("V1", [key], "they are done", MEI, shown=[made.id])
    await world.requests.show(request)
    ended = world.store.snoozes.get(made.id)
    assert ended is not None
    assert (ended.ended_by, ended.ended_why, ended.ended_for) == (MEI, Ended.REQUESTED, request.id)
    said = "Hold by UMEI until 3 Dec 2026. Ended by UMEI for this request."
    assert said in card(world, request)
    noted = [(row["actor"], row["action"], row["detail"]) for row in world.store.audit.all()]
    assert (MEI, "end of hold", f"ended for a request: request {request.id}") in noted
    again = await hold(world)
    assert (await world.requests.propose("V1", [key], "they are done", MEI, shown=[made.id])).id == request.id
    assert [one.id for one in world.store.snoozes.holds()] == [again.id]


@pytest.mark.parametrize(("user", "shown"), [(ADA, True), (MEI, False), (GRACE, False)])
async def test_not_ended_for_a_request(world: World, user: str, shown: bool):
    """Not by somebody who may not, nor where the form did not show it: it was set meanwhile."""
    world.fleet()
    key = await draft(world)
    made = await hold(world)
    with pytest.raises(InputsRefused, match="call-center-us is on hold until 3 Dec 2026"):
        await world.requests.propose("V1", [key], "", user, shown=[made.id] if shown else [])
    assert [one.id for one in world.store.snoozes.holds()] == [made.id]
    assert world.store.requests.live() == ()


async def test_a_request_that_cannot_be_written_ends_no_hold(world: World, monkeypatch: pytest.MonkeyPatch):
    """All or nothing."""
    world.fleet()
    made = await hold(world)
    key = await draft(world)

    def broken(*args, **named):
        raise ZeroDivisionError

    monkeypatch.setattr(world.store.snoozes, "end", broken)
    with pytest.raises(ZeroDivisionError):
        await world.requests.propose("V1", [key], "", MEI, shown=[made.id])
    assert world.store.requests.live() == ()
    assert [one.id for one in world.store.snoozes.holds()] == [made.id]


async def test_two_people_with_crossed_rights(world: World):
    """An approver of one instance ends no hold on the other, unless it is theirs."""
    prod = FakeSpeech("prod", world.clock, latest={"en-US_NarrowbandModel": NEW})
    world.rebuild(services={"stt": world.speech, "prod": prod})
    world.policies["stt"] = Policy((GRACE,), 1, False, 86400.0)
    world.policies["prod"] = Policy((TOMAS,), 1, False, 86400.0)
    for speech, instance in ((world.speech, "stt"), (prod, "prod")):
        speech.add(model("sibling", instance=instance, id=f"s-{instance}", versions=(OLD, NEW)))
        speech.add(model("wanted", instance=instance, id=f"w-{instance}"))
    held = {name: await hold(world, f"{name}/language/w-{name}") for name in ("stt", "prod")}
    with pytest.raises(Denied):
        await world.snoozer.end(held["prod"].id, GRACE)
    found = (await world.inventory.judged()).judgements
    outdated = [one for one in found if one.outdated]
    for user, free, left in ((GRACE, "stt", "prod"), (TOMAS, "prod", "stt")):
        candidates = await world.requests.candidates(outdated, user)
        assert [plan.model.instance for plan in candidates.plans] == [free]
        assert [one.hold.id for on in candidates.held.values() for one in on] == [held[free].id]
        (left_out,) = candidates.left_out
        assert left_out.cause.kind is CauseKind.ON_HOLD
        assert left_out.cause.held[0].hold.id == held[left].id


async def test_a_language_model_whose_acoustic_model_is_held(world: World):
    """It stays a candidate of its own: what is on hold takes nothing else with it."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    world.speech.add(model("terms"))
    world.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
    await world.inventory.refresh()
    await world.requests.link("stt/acoustic/id-booth", LM, ADA)
    await hold(world, "stt/acoustic/id-booth")
    found = [one for one in (await world.inventory.judged()).judgements if one.outdated]
    for user in (ADA, MEI):
        candidates = await world.requests.candidates(found, user)
        assert [plan.model.name for plan in candidates.plans] == ["terms"]
        assert [one.name for one in candidates.left_out] == ["booth"]


async def test_a_crash_after_the_hold_was_written(world: World):
    """The card shows it all the same: the next process tells what is untold."""
    world.fleet()
    request = await world.asked()
    await hold(world)
    world.crash()
    await world.ring()
    assert "on hold" in card(world, request)


async def test_an_owner_who_is_set_meanwhile(world: World):
    """The card of what waits names them, hold or not, and pings nobody."""
    world.fleet()
    request = await world.asked()
    assert "owner" not in card(world, request)
    await world.owning.assign(US, GRACE, "", ADA)
    await world.ring(after=5)
    assert "instance `stt` · owner Ugrace" in card(world, request)
    assert f"<@{GRACE}>" not in card(world, request)


async def test_a_name_that_slack_does_not_tell(world: World):
    """The card is shown all the same, and named with the next change."""
    world.fleet()
    await world.inventory.refresh()
    await world.owning.assign(US, GRACE, "", ADA)
    world.chat.fail["name"] = [ChatBusy("busy", retry_after=1)] * 3
    request = await world.asked()
    assert "owner UGRACE" in card(world, request)
    await hold(world)
    await world.ring(after=5)
    assert "owner Ugrace" in card(world, request)
