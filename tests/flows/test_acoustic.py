"""Acoustic models that were trained with a language model: the order, and when `force` may be sent."""

from __future__ import annotations

from bot.domain.outcomes import StepEnd
from bot.domain.plans import Action
from bot.domain.requests import RequestState
from bot.errors import RequestRefused
from bot.flows.sending import NOT_MODIFIED
from tests.flows.acting import AM, LM, booth, through
from tests.world import GRACE, NEW, World


async def test_the_language_model_comes_first(world: World):
    """Its proof comes before anything is sent for the acoustic model."""
    request = await booth(world)
    await world.ring()
    assert [id for _, id, _ in world.speech.begun] == [LM]
    await through(world, LM)
    assert [id for _, id, _ in world.speech.begun] == [LM, AM]
    outcome = world.request(request.id).first.steps[0].outcome
    assert outcome is not None
    assert (outcome.end, outcome.version) == (StepEnd.PROVEN, NEW)


async def test_force_only_after_the_documented_refusal(world: World):
    """The second upgrade with the language model: 400 of that one kind, then the same with force, recorded."""
    request = await booth(world)
    await world.ring()
    await through(world, LM)
    world.speech.fail["begin"] = []
    await world.ring(after=60)
    world.speech.fail["begin"] = [RequestRefused("400", instance="stt", status=400, detail=NOT_MODIFIED)]
    world.speech.finish(AM)
    await world.ring(after=60)
    assert world.speech.begun[-1] == (Action.UPGRADE_WITH_LANGUAGE.value, AM, True)
    assert world.request(request.id).first.steps[-1].forced
    await through(world, AM)
    assert world.request(request.id).state is RequestState.DONE
    assert [force for _, _, force in world.speech.begun] == [False, False, True]


async def test_no_force_after_another_refusal(world: World):
    """Any other 400 ends the run with the service's words."""
    request = await booth(world)
    await world.ring()
    await through(world, LM)
    await world.ring(after=60)
    world.speech.fail["begin"] = [RequestRefused("400", instance="stt", status=400, detail="different versions")]
    world.speech.finish(AM)
    await world.ring(after=60)
    assert world.request(request.id).state is RequestState.FAILED
    assert all(not force for _, _, force in world.speech.begun)


async def test_polled_once_a_minute(world: World):
    """An acoustic model is looked at every 60 seconds, as IBM advises; the language model every 10."""
    await booth(world)
    await world.ring()
    world.speech.calls.clear()
    for _ in range(6):
        await world.ring(after=10)
    assert world.speech.calls.count("model") == 6
    world.speech.finish(LM)
    await world.ring(after=10)
    world.speech.calls.clear()
    for _ in range(12):
        await world.ring(after=10)
    assert world.speech.calls.count("model") == 2


async def test_both_models_are_locked_together(world: World):
    """Nobody can ask for the language model while it is part of the acoustic model's request."""
    request = await booth(world)
    held = world.store.requests.holding("stt/language/id-terms")
    assert held is not None
    assert held.id == request.id


async def test_only_what_an_earlier_attempt_left_undone(world: World):
    """The last step failed: asked again, only the upgrade with the language model is done."""
    request = await booth(world)
    await world.ring()
    await through(world, LM)
    await world.ring(after=60)
    world.speech.fail["begin"] = [RequestRefused("400", instance="stt", status=400, detail="not now")]
    world.speech.finish(AM)
    await world.ring(after=60)
    assert world.request(request.id).state is RequestState.FAILED
    again = await world.asked("booth")
    assert [step.action for step in again.first.plan.steps] == [Action.UPGRADE_WITH_LANGUAGE]
    assert (await world.approve(again, GRACE)).allowed
    await world.ring()
    await through(world, AM)
    assert world.request(again.id).state is RequestState.DONE
    assert [action for action, _, _ in world.speech.begun] == ["upgrade", "upgrade", "upgrade with language model"]
