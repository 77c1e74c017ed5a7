"""An upgrade from the wish to the proof, on fakes and a real database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.authority import Reason
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.requests import RequestState
from bot.domain.runs import Run, StepRecord
from bot.errors import ChatBusy, ModelBusy, OutcomeUnknown, Refusal, RequestRefused, RetuneError, ServiceUnavailable
from bot.messages.denials import denied
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, NEW, OLD, TOMAS, World, model


async def approved(world: World) -> int:
    """An approved run of the outdated model."""
    world.fleet()
    request = await world.asked()
    assert (await world.approve(request, GRACE)).allowed
    return request.id


async def test_the_whole_way(world: World):
    """Asked, approved, carried out, proven and told: one card, one progress message, one end, each once."""
    request_id = await approved(world)
    card = world.chat.keyed(f"request:{request_id}:card")
    assert card.channel == CHANNEL
    assert "approved" in card.text
    assert card.buttons == []
    await world.ring()
    assert world.speech.begun == [("upgrade", "id-call-center-us", False)]
    assert world.request(request_id).state is RequestState.RUNNING
    await world.ring(after=10)
    assert "the service is working on it" in world.chat.keyed(f"request:{request_id}:progress").text
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request_id).state is RequestState.DONE
    await world.ring(after=10)
    end = world.chat.keyed(f"request:{request_id}:end")
    assert end.thread == card.ts
    assert "*done*" in end.text
    assert NEW in end.text
    assert f"<@{ADA}>" in end.text
    assert [said.key for said in world.chat.said] == [
        f"request:{request_id}:{what}" for what in ("card", "progress", "end")
    ]


async def test_done_is_not_said_before_the_version_is_there(world: World):
    """The status being back proves nothing: without the newer version the run fails, and says what it saw."""
    request_id = await approved(world)
    await world.ring()
    await world.ring(after=10)
    world.speech.finish("id-call-center-us", grow=False)
    await world.ring(after=10)
    request = world.request(request_id)
    assert request.state is RequestState.FAILED
    assert request.first.failure is not None
    assert request.first.failure.end is StepEnd.UNCHANGED


async def test_an_upgrade_that_the_service_fails(world: World):
    """A model that ends in `failed` ends the request, with the advice to repair it."""
    request_id = await approved(world)
    await world.ring()
    world.speech.finish("id-call-center-us", status="failed", grow=False)
    await world.ring(after=10)
    assert world.request(request_id).state is RequestState.FAILED
    await world.ring(after=5)
    end = world.chat.keyed(f"request:{request_id}:end").text
    assert "*failed*" in end
    assert "look for invalid corpora" in end


@pytest.mark.parametrize(
    ("user", "why"),
    [(ADA, Reason.OWN_REQUEST), (MEI, Reason.NOT_AN_APPROVER), (GUS, Reason.NOT_A_MEMBER)],
)
async def test_who_may_not_approve(world: World, user: str, why: Reason):
    """The requester, a member without the role and a guest hear why, and nothing changes but the audit."""
    world.fleet()
    request = await world.asked()
    assert (await world.approve(request, user)).reason is why
    assert world.request(request.id).state is RequestState.OPEN
    assert world.request(request.id).votes == ()
    assert [noted.action for noted in world.store.audit.of_request(request.id)] == ["request", "denied"]


async def test_the_second_click_hears_who_was_first(world: World):
    """Two approvers click: one decides, the other is told by whom and how long ago."""
    request_id = await approved(world)
    world.clock.advance(120)
    request = world.request(request_id)
    acted = await world.decisions.vote(request_id, request.digest, "approve", TOMAS)
    heard = denied(acted.decision, acted.request, world.policies, world.clock.now())
    assert heard == f"Already approved by <@{GRACE}> 2 minutes ago; it waits to start now."
    assert len(world.request(request_id).votes) == 1


async def test_two_approvals(tmp_path):
    """With two needed, the first approval keeps it waiting and the same person counts once."""
    world = World(tmp_path / "two.db", needed=2)
    world.fleet()
    request = await world.asked()
    assert (await world.approve(request, GRACE)).allowed
    assert world.request(request.id).state is RequestState.OPEN
    assert (await world.approve(request, GRACE)).reason is Reason.ALREADY_VOTED
    assert (await world.approve(request, TOMAS)).allowed
    assert world.request(request.id).state is RequestState.SCHEDULED
    world.close()


async def test_an_old_card(world: World):
    """A click that shows another plan's digest decides nothing."""
    world.fleet()
    request = await world.asked()
    acted = await world.decisions.vote(request.id, "0000", "approve", GRACE)
    assert acted.decision.reason is Reason.OLDER_PLAN
    assert world.request(request.id).state is RequestState.OPEN


async def test_rejection_tells_the_requester_why(world: World):
    """Reject ends it: the card loses its buttons and the thread says why."""
    world.fleet()
    request = await world.asked()
    assert (await world.reject(request, why="not in the <!channel> holidays")).allowed
    await world.ring(after=4)
    assert world.request(request.id).state is RequestState.REJECTED
    assert world.chat.keyed(f"request:{request.id}:card").buttons == []
    end = world.chat.keyed(f"request:{request.id}:end").text
    assert "holidays" in end
    assert "<!channel>" not in end
    assert world.store.requests.holding(request.first.plan.model.ref) is None


async def test_expiry(world: World):
    """A request that nobody decides expires by itself, and a later click hears so."""
    world.fleet()
    request = await world.asked()
    await world.ring(after=86401)
    assert world.request(request.id).state is RequestState.EXPIRED
    assert (await world.approve(request, GRACE)).reason is Reason.ALREADY_DECIDED


async def test_one_run_for_a_model(world: World):
    """A model that is in a live request cannot be asked for again; the same form sent twice makes one request."""
    world.fleet()
    request = await world.asked()
    drafts = [request.first.plan.key]
    with pytest.raises(Refusal, match=f"request {request.id}"):
        await world.requests.propose("V2", drafts, "", ADA)


async def test_the_model_changed_after_the_approval(world: World):
    """Somebody upgraded it by hand meanwhile: nothing is sent, and the thread says so."""
    request_id = await approved(world)
    world.speech.kept["id-call-center-us"] = replace(world.speech.kept["id-call-center-us"], versions=(OLD, NEW))
    await world.ring()
    assert world.request(request_id).state is RequestState.CHANGED
    assert world.speech.begun == []
    await world.ring(after=5)
    assert "already on the newest known version" in world.chat.keyed(f"request:{request_id}:end").text


@pytest.mark.parametrize("fault", [ServiceUnavailable("503", instance="stt"), ModelBusy("409", instance="stt")])
async def test_a_request_that_had_no_effect_is_sent_again(world: World, fault: RetuneError):
    """Busy and unavailable mean: not begun. Retune waits and tries again by itself."""
    request_id = await approved(world)
    world.speech.fail["begin"] = [fault]
    await world.ring()
    assert world.speech.begun == []
    await world.ring(after=11)
    assert len(world.speech.begun) == 1
    assert world.request(request_id).state is RequestState.RUNNING


async def test_a_service_that_is_never_free_ends_the_run(world: World):
    """Trying again by itself is bounded."""
    request_id = await approved(world)
    world.speech.fail["begin"] = [ModelBusy("busy", instance="stt", status=409) for _ in range(9)]
    for _ in range(9):
        await world.ring(after=100)
    assert world.request(request_id).state is RequestState.FAILED
    assert world.speech.begun == []


async def test_a_refused_request_fails_with_the_services_words(world: World):
    """A 400 is final for this run; the service's own text is in the thread, escaped."""
    request_id = await approved(world)
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400, detail="no <data>")]
    await world.ring()
    assert world.request(request_id).state is RequestState.FAILED
    await world.ring(after=5)
    assert "no &lt;data&gt;" in world.chat.keyed(f"request:{request_id}:end").text


async def test_a_lost_answer_is_settled_by_looking(world: World):
    """The request arrived, its answer did not: the status shows it, and nothing is sent twice."""
    request_id = await approved(world)
    world.speech.lose_answers = 1
    await world.ring()
    assert len(world.speech.begun) == 1
    await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request_id).state is RequestState.DONE
    assert len(world.speech.begun) == 1


async def test_a_request_that_never_arrived_is_sent_after_looking(world: World):
    """Neither the effect nor the answer is there: after its time-out and four readings it is sent again, once."""
    request_id = await approved(world)
    world.speech.fail["begin"] = [OutcomeUnknown("lost", instance="stt")]
    await world.ring()
    for _ in range(6):
        await world.ring(after=10)
        assert world.speech.begun == []
    await world.ring(after=10)
    assert len(world.speech.begun) == 1
    assert world.request(request_id).state is RequestState.RUNNING


async def test_a_model_that_is_deleted_meanwhile(world: World):
    """The run fails and says that the model is gone."""
    request_id = await approved(world)
    await world.ring()
    del world.speech.kept["id-call-center-us"]
    await world.ring(after=10)
    assert world.request(request_id).state is RequestState.FAILED
    failure = world.request(request_id).first.failure
    assert failure is not None
    assert failure.end is StepEnd.DELETED


async def test_a_lost_instance_delays_but_does_not_end_a_run(world: World):
    """While the instance does not answer the run goes on waiting, and ends truthfully later."""
    request_id = await approved(world)
    await world.ring()
    world.speech.fail["model"] = [ServiceUnavailable("down", instance="stt")] * 3
    for _ in range(3):
        await world.ring(after=10)
    assert world.request(request_id).state is RequestState.RUNNING
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request_id).state is RequestState.DONE


async def test_slack_trouble_is_made_up_later(world: World):
    """While Slack takes nothing the run goes on; later the thread shows all of it, once."""
    request_id = await approved(world)
    world.chat.fail["post"] = [ChatBusy("429")] * 2
    await world.ring()
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request_id).state is RequestState.DONE
    for _ in range(4):
        await world.ring(after=31)
    assert [said.key.rsplit(":", 1)[1] for said in world.chat.said] == ["card", "progress", "end"]
    assert world.store.requests.untold() == []


async def test_a_lost_post_is_found_not_repeated(world: World):
    """Slack took the card but its answer was lost: Retune finds it by its key instead of posting again."""
    world.fleet()
    world.chat.lose_answers = 1
    request = await world.asked()
    assert await world.teller.tell(request.id) is False
    await world.ring(after=20)
    assert len(world.chat.said) == 1
    assert world.store.requests.untold() == []


async def test_nothing_due_calls_nobody(world: World):
    """A ring with nothing to do asks neither the service nor Slack, and changes no row."""
    world.fleet()
    await world.ring()
    world.speech.calls.clear()
    world.chat.calls.clear()
    written = world.written()
    await world.ring(after=1)
    await world.ring(after=1)
    assert world.speech.calls == []
    assert world.chat.calls == []
    assert world.written() == written


async def test_a_partial_upgrade_by_hand_after_the_approval(world: World):
    """The model is still outdated but not as it was approved: it does not start, and asks for a new decision."""
    request_id = await approved(world)
    between = "en-US_NarrowbandModel.v2019-03-01"
    world.speech.kept["id-call-center-us"] = replace(world.speech.kept["id-call-center-us"], versions=(OLD, between))
    await world.ring()
    assert world.request(request_id).state is RequestState.CHANGED
    assert world.speech.begun == []
    await world.ring(after=4)
    assert f"its versions are now {OLD} and {between}" in world.chat.keyed(f"request:{request_id}:end").text
    assert world.chat.keyed(f"request:{request_id}:end").buttons == ["Look at the new plan…"]


async def test_only_one_process_does_the_work(pair: tuple[World, World]):
    """The second process does nothing by itself while the first holds the lease, and takes over when it is gone."""
    first, second = pair
    first.fleet()
    await first.ring()
    first.speech.calls.clear()
    await second.ring(after=5)
    assert first.speech.calls == []
    await second.ring(after=11)
    assert "models" in first.speech.calls


def doubtful(world: World, base: str) -> None:
    """An outdated model of which nobody knows how the service upgrades it."""
    world.speech.latest[base] = f"{base}.v2026-06-01"
    world.speech.add(model(base=base, versions=(f"{base}.v2025-01-01",), language=base[:5]))
    world.speech.add(model("peer", base=base, versions=(f"{base}.v2026-06-01",), language=base[:5]))


@pytest.mark.parametrize("base", ["en-US", "fr-CA_Telephony"])
async def test_how_nobody_knows(world: World, base: str):
    """Large models, and bases on which IBM's pages disagree: upgrade_model, and only after a refusal a training."""
    doubtful(world, base)
    request = await world.asked()
    assert (await world.approve(request, GRACE)).allowed
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
    await world.ring()
    await world.ring(after=1)
    assert world.speech.begun == [("train with force", "id-call-center-us", True)]
    await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    assert [record.outcome.end for record in world.request(request.id).first.steps if record.outcome] == [
        *(StepEnd.REFUSED, StepEnd.PROVEN),
    ]


async def test_no_training_where_the_upgrade_was_enough(world: World):
    """The second step is for a refusal only."""
    doubtful(world, "en-US")
    request = await world.asked()
    await world.approve(request, GRACE)
    await world.ring()
    await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    assert [action for action, _, _ in world.speech.begun] == ["upgrade"]
    outcome = world.request(request.id).first.steps[1].outcome
    assert outcome is not None
    assert outcome.end is StepEnd.ALREADY_THERE


async def test_one_broken_run_stops_nobody(world: World, monkeypatch: pytest.MonkeyPatch, caplog):
    """A bug in one run delays that run; the others of the same instance go on."""
    world.speech.add(model("support-desk-us", versions=(OLD, NEW)))
    for name in ("first", "second"):
        world.speech.add(model(name))
        request = await world.asked(name)
        await world.approve(request, GRACE)
    await world.ring()
    done = world.sender.done

    async def broken(run: Run, record: StepRecord, outcome: Outcome) -> bool:
        if run.id == 1:
            raise ZeroDivisionError
        return await done(run, record, outcome)

    monkeypatch.setattr(world.sender, "done", broken)
    world.speech.finish("id-first")
    world.speech.finish("id-second")
    await world.ring(after=10)
    assert [world.request(number).state for number in (1, 2)] == [RequestState.RUNNING, RequestState.DONE]
    assert "run 1 broke" in caplog.text
    monkeypatch.undo()
    await world.ring(after=61)
    assert world.request(1).state is RequestState.DONE


async def test_an_instance_that_is_taken_out_and_put_back(world: World, caplog):
    """Its running runs wait for it, without a loop; nothing is lost and nothing is called failed."""
    request_id = await approved(world)
    await world.ring()
    world.rebuild(services={"other": world.speech})
    await world.ring(after=10)
    await world.ring(after=10)
    assert world.request(request_id).state is RequestState.RUNNING
    assert caplog.text.count("RETUNE_INSTANCES") == 1
    world.rebuild(services={"stt": world.speech})
    world.speech.finish("id-call-center-us")
    await world.ring(after=61)
    assert world.request(request_id).state is RequestState.DONE
