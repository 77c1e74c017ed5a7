"""An upgrade from the wish to the proof, on fakes and a real database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.runs import RunState
from bot.errors import ChatBusy, ModelBusy, OutcomeUnknown, RequestRefused, RetuneError, ServiceUnavailable
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, NEW, OLD, TOMAS, World, model


async def approved(world: World) -> int:
    """An approved run of the outdated model."""
    world.fleet()
    run = await world.asked()
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    return run.id


async def test_the_whole_way(world: World):
    """Asked, approved, carried out, proven and told: one card, one progress message, one end, each once."""
    run_id = await approved(world)
    card = world.chat.keyed(f"run:{run_id}:card")
    assert card.channel == CHANNEL
    assert "approved" in card.text
    assert card.buttons == []
    await world.ring()
    assert world.speech.begun == [("upgrade", "id-call-center-us", False)]
    assert world.run(run_id).state is RunState.RUNNING
    await world.ring(after=10)
    assert "the service is working on it" in world.chat.keyed(f"run:{run_id}:progress").text
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.run(run_id).state is RunState.DONE
    await world.ring(after=10)
    end = world.chat.keyed(f"run:{run_id}:end")
    assert end.thread == card.ts
    assert "*done*" in end.text
    assert NEW in end.text
    assert f"<@{ADA}>" in end.text
    assert [said.key for said in world.chat.said] == [f"run:{run_id}:{what}" for what in ("card", "progress", "end")]


async def test_done_is_not_said_before_the_version_is_there(world: World):
    """The status being back proves nothing: without the newer version the run fails, and says what it saw."""
    run_id = await approved(world)
    await world.ring()
    await world.ring(after=10)
    world.speech.finish("id-call-center-us", grow=False)
    await world.ring(after=10)
    run = world.run(run_id)
    assert run.state is RunState.FAILED
    assert "nothing changed" in run.outcome


async def test_an_upgrade_that_the_service_fails(world: World):
    """A model that ends in `failed` ends the run, with the advice to repair it."""
    run_id = await approved(world)
    await world.ring()
    world.speech.finish("id-call-center-us", status="failed", grow=False)
    await world.ring(after=10)
    assert world.run(run_id).state is RunState.FAILED
    assert "repair" in world.run(run_id).outcome
    await world.ring(after=5)
    assert "*failed*" in world.chat.keyed(f"run:{run_id}:end").text


@pytest.mark.parametrize("user", [ADA, MEI, GUS])
async def test_who_may_not_approve(world: World, user: str):
    """The requester, a member without the role and a guest hear why, and nothing changes but the audit."""
    world.fleet()
    run = await world.asked()
    answer = await world.decisions.vote(run.id, run.digest, "approve", user)
    assert answer is not None
    assert world.run(run.id).state is RunState.WAITING
    assert world.run(run.id).votes == ()
    assert [row["action"] for row in world.store.audit.of_run(run.id)] == ["request", "denied"]


async def test_the_second_click_hears_who_was_first(world: World):
    """Two approvers click: one decides, the other is told by whom and how long ago."""
    run_id = await approved(world)
    world.clock.advance(120)
    run = world.run(run_id)
    answer = await world.decisions.vote(run_id, run.digest, "approve", TOMAS)
    assert answer == f"Already approved by <@{GRACE}> 2 minutes ago."
    assert len(world.run(run_id).votes) == 1


async def test_two_approvals(tmp_path):
    """With two needed, the first approval keeps it waiting and the same person counts once."""
    world = World(tmp_path / "two.db", needed=2)
    world.fleet()
    run = await world.asked()
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    assert world.run(run.id).state is RunState.WAITING
    assert "already" in str(await world.decisions.vote(run.id, run.digest, "approve", GRACE))
    assert await world.decisions.vote(run.id, run.digest, "approve", TOMAS) is None
    assert world.run(run.id).state is RunState.APPROVED
    world.store.close()


async def test_an_old_card(world: World):
    """A click that shows another plan's digest decides nothing."""
    world.fleet()
    run = await world.asked()
    assert "older plan" in str(await world.decisions.vote(run.id, "0000", "approve", GRACE))
    assert world.run(run.id).state is RunState.WAITING


async def test_rejection_tells_the_requester_why(world: World):
    """Reject ends it: the card loses its buttons and the thread says why."""
    world.fleet()
    run = await world.asked()
    assert await world.decisions.vote(run.id, run.digest, "reject", GRACE, "not in the <!channel> holidays") is None
    assert world.run(run.id).state is RunState.REJECTED
    assert world.chat.keyed(f"run:{run.id}:card").buttons == []
    end = world.chat.keyed(f"run:{run.id}:end").text
    assert "holidays" in end
    assert "<!channel>" not in end
    assert world.store.runs.open_for(run.plan.model.ref) is None


async def test_expiry(world: World):
    """A request that nobody decides expires by itself, and a later click hears so."""
    world.fleet()
    run = await world.asked()
    await world.ring(after=86401)
    assert world.run(run.id).state is RunState.EXPIRED
    assert "expired" in str(await world.decisions.vote(run.id, run.digest, "approve", GRACE))


async def test_one_run_for_a_model(world: World):
    """A model that is in an open run cannot be asked for again; the same form sent twice makes one run."""
    world.fleet()
    run = await world.asked()
    again = await world.asked()
    assert again.id == run.id


async def test_the_model_changed_after_the_approval(world: World):
    """Somebody upgraded it by hand meanwhile: nothing is sent, and the thread says so."""
    run_id = await approved(world)
    world.speech.kept["id-call-center-us"] = replace(world.speech.kept["id-call-center-us"], versions=(OLD, NEW))
    await world.ring()
    assert world.run(run_id).state is RunState.CHANGED
    assert world.speech.begun == []
    await world.ring(after=5)
    assert "already on the newest version" in world.chat.keyed(f"run:{run_id}:end").text


@pytest.mark.parametrize("fault", [ServiceUnavailable("503", instance="stt"), ModelBusy("409", instance="stt")])
async def test_a_request_that_had_no_effect_is_sent_again(world: World, fault: RetuneError):
    """Busy and unavailable mean: not begun. Retune waits and tries again by itself."""
    run_id = await approved(world)
    world.speech.fail["begin"] = [fault]
    await world.ring()
    assert world.speech.begun == []
    await world.ring(after=11)
    assert len(world.speech.begun) == 1
    assert world.run(run_id).state is RunState.RUNNING


async def test_a_service_that_is_never_free_ends_the_run(world: World):
    """Trying again by itself is bounded."""
    run_id = await approved(world)
    world.speech.fail["begin"] = [ModelBusy("busy", instance="stt", status=409) for _ in range(9)]
    for _ in range(9):
        await world.ring(after=100)
    assert world.run(run_id).state is RunState.FAILED
    assert world.speech.begun == []


async def test_a_refused_request_fails_with_the_services_words(world: World):
    """A 400 is final for this run; the service's own text is in the thread, escaped."""
    run_id = await approved(world)
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400, detail="no <data>")]
    await world.ring()
    assert world.run(run_id).state is RunState.FAILED
    await world.ring(after=5)
    assert "no &lt;data&gt;" in world.chat.keyed(f"run:{run_id}:end").text


async def test_a_lost_answer_is_settled_by_looking(world: World):
    """The request arrived, its answer did not: the status shows it, and nothing is sent twice."""
    run_id = await approved(world)
    world.speech.lose_answers = 1
    await world.ring()
    assert len(world.speech.begun) == 1
    await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.run(run_id).state is RunState.DONE
    assert len(world.speech.begun) == 1


async def test_a_request_that_never_arrived_is_sent_after_looking(world: World):
    """Neither the effect nor the answer is there: after looking for a while it is sent again, once."""
    run_id = await approved(world)
    world.speech.fail["begin"] = [OutcomeUnknown("lost", instance="stt")]
    await world.ring()
    await world.ring(after=10)
    assert world.speech.begun == []
    await world.ring(after=11)
    assert len(world.speech.begun) == 1
    assert world.run(run_id).state is RunState.RUNNING


async def test_a_model_that_is_deleted_meanwhile(world: World):
    """The run fails and says that the model is gone."""
    run_id = await approved(world)
    await world.ring()
    del world.speech.kept["id-call-center-us"]
    await world.ring(after=10)
    assert world.run(run_id).state is RunState.FAILED
    assert "deleted" in world.run(run_id).outcome


async def test_a_lost_instance_delays_but_does_not_end_a_run(world: World):
    """While the instance does not answer the run goes on waiting, and ends truthfully later."""
    run_id = await approved(world)
    await world.ring()
    world.speech.fail["model"] = [ServiceUnavailable("down", instance="stt")] * 3
    for _ in range(3):
        await world.ring(after=10)
    assert world.run(run_id).state is RunState.RUNNING
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.run(run_id).state is RunState.DONE


async def test_slack_trouble_is_made_up_later(world: World):
    """While Slack takes nothing the run goes on; later the thread shows all of it, once."""
    run_id = await approved(world)
    world.chat.fail["post"] = [ChatBusy("429")] * 2
    await world.ring()
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.run(run_id).state is RunState.DONE
    for _ in range(4):
        await world.ring(after=31)
    assert [said.key.rsplit(":", 1)[1] for said in world.chat.said] == ["card", "progress", "end"]
    assert world.store.runs.untold() == []


async def test_a_lost_post_is_found_not_repeated(world: World):
    """Slack took the card but its answer was lost: Retune finds it by its key instead of posting again."""
    world.fleet()
    world.chat.lose_answers = 1
    run = await world.asked()
    assert await world.teller.tell(run.id) is False
    await world.ring(after=20)
    assert len(world.chat.said) == 1
    assert world.store.runs.untold() == []


async def test_nothing_due_calls_nobody(world: World):
    """A ring with nothing to do asks neither the service nor Slack, and changes no row."""
    world.fleet()
    await world.ring()
    world.speech.calls.clear()
    world.chat.calls.clear()
    changes = world.store._db.conn.total_changes
    await world.ring(after=1)
    await world.ring(after=1)
    assert world.speech.calls == []
    assert world.chat.calls == []
    assert world.store._db.conn.total_changes == changes


async def test_a_partial_upgrade_by_hand_after_the_approval(world: World):
    """The model is still outdated but not as it was approved: it does not start, and asks for a new decision."""
    run_id = await approved(world)
    between = "en-US_NarrowbandModel.v2019-03-01"
    world.speech.kept["id-call-center-us"] = replace(world.speech.kept["id-call-center-us"], versions=(OLD, between))
    await world.ring()
    assert world.run(run_id).state is RunState.CHANGED
    assert world.speech.begun == []
    assert f"its versions are now {OLD} and {between}" in world.run(run_id).outcome
    assert world.chat.keyed(f"run:{run_id}:end").buttons == ["Look at the new plan…"]


async def test_only_one_process_does_the_work(tmp_path):
    """The second process does nothing by itself while the first holds the lease, and takes over when it is gone."""
    first = World(tmp_path / "lease.db")
    second = World(tmp_path / "lease.db", clock=first.clock, holder="there:2")
    first.fleet()
    second.chat, second.speech = first.chat, first.speech
    second.start()
    await first.ring()
    first.speech.calls.clear()
    await second.ring(after=5)
    assert first.speech.calls == []
    await second.ring(after=11)
    assert "models" in first.speech.calls
    first.store.close()
    second.store.close()


def doubtful(world: World, base: str) -> None:
    """An outdated model of which nobody knows how the service upgrades it."""
    world.speech.latest[base] = f"{base}.v2026-06-01"
    world.speech.add(model(base=base, versions=(f"{base}.v2025-01-01",), language=base[:5]))
    world.speech.add(model("peer", base=base, versions=(f"{base}.v2026-06-01",), language=base[:5]))


@pytest.mark.parametrize("base", ["en-US", "fr-CA_Telephony"])
async def test_how_nobody_knows(world: World, base: str):
    """Large models, and bases on which IBM's pages disagree: upgrade_model, and only after a refusal a training."""
    doubtful(world, base)
    run = await world.asked()
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
    await world.ring()
    await world.ring(after=1)
    assert world.speech.begun == [("train with force", "id-call-center-us", True)]
    await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.run(run.id).state is RunState.DONE
    assert "does not upgrade it this way" in world.run(run.id).steps[0].result


async def test_no_training_where_the_upgrade_was_enough(world: World):
    """The second step is for a refusal only."""
    doubtful(world, "en-US")
    run = await world.asked()
    await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    await world.ring()
    await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.run(run.id).state is RunState.DONE
    assert [action for action, _, _ in world.speech.begun] == ["upgrade"]
    assert "Nothing was sent" in world.run(run.id).steps[1].result


async def test_one_broken_run_stops_nobody(world: World, monkeypatch: pytest.MonkeyPatch, caplog):
    """A bug in one run delays that run; the others of the same instance go on."""
    world.speech.add(model("support-desk-us", versions=(OLD, NEW)))
    for name in ("first", "second"):
        world.speech.add(model(name))
        run = await world.asked(name)
        await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    await world.ring()
    advance = world.runner._advance

    async def broken(run_id: int, seen: object) -> None:
        if run_id == 1:
            raise ZeroDivisionError
        await advance(run_id, seen)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(world.runner, "_advance", broken)
    world.speech.finish("id-first")
    world.speech.finish("id-second")
    await world.ring(after=10)
    assert [world.run(number).state for number in (1, 2)] == [RunState.RUNNING, RunState.DONE]
    assert "run 1 broke" in caplog.text
    monkeypatch.undo()
    await world.ring(after=61)
    assert world.run(1).state is RunState.DONE


async def test_an_instance_that_is_taken_out_and_put_back(world: World, caplog):
    """Its running runs wait for it, without a loop; nothing is lost and nothing is called failed."""
    run_id = await approved(world)
    await world.ring()
    services = world.inventory._services
    world.inventory._services = {"other": world.speech}
    await world.ring(after=10)
    await world.ring(after=10)
    assert world.run(run_id).state is RunState.RUNNING
    assert caplog.text.count("RETUNE_INSTANCES") == 1
    world.inventory._services = services
    world.speech.finish("id-call-center-us")
    await world.ring(after=61)
    assert world.run(run_id).state is RunState.DONE
