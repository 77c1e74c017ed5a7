"""Cancelling and trying again, at every moment; what is proven is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.authority import Reason
from bot.domain.fleet import Holdings
from bot.domain.plans import Action
from bot.domain.requests import LIVE, Request, RequestState
from bot.domain.runs import RunState, StepState
from bot.errors import ModelBusy, RequestRefused
from tests.flows.acting import AM, LM, US, approved, booth, on_a_cluster, through, while_preparing, while_sending
from tests.world import ADA, GRACE, TOMAS, World

# Cancelling


async def test_cancelled_while_the_step_is_prepared(world: World, monkeypatch: pytest.MonkeyPatch):
    """An approver cancels between two steps, in the very moment in which the next one is prepared: nothing is sent."""
    request = await booth(world)
    await world.ring()
    await world.ring(after=10)
    world.speech.finish(LM)
    while_preparing(world, monkeypatch, lambda: world.wish("cancel", request, GRACE))
    await world.ring(after=60)
    assert world.request(request.id).state is RequestState.CANCELLED
    assert [id for _, id, _ in world.speech.begun] == [LM]


async def test_cancelled_while_a_request_is_on_its_way(world: World, monkeypatch: pytest.MonkeyPatch):
    """The service was busy and did not take it: what was cancelled meanwhile is not sent again."""
    request = await booth(world)
    world.speech.fail["begin"] = [ModelBusy("busy", instance="stt", status=409)]
    while_sending(world, monkeypatch, lambda: world.wish("cancel", request, GRACE))
    await world.ring()
    assert world.request(request.id).first.cancelled_by == GRACE
    await world.ring(after=100)
    assert world.request(request.id).state is RequestState.CANCELLED
    assert world.speech.begun == []
    assert world.store.requests.holding("stt/language/id-terms") is None


async def test_nothing_is_polled_for_a_run_that_ended(world: World, monkeypatch: pytest.MonkeyPatch):
    """Somebody stops watching while the request is on its way: its late answer starts no polling."""
    request = await approved(world)
    while_sending(world, monkeypatch, lambda: world.wish("stop", request, GRACE))
    await world.ring()
    assert world.request(request.id).state is RequestState.FAILED
    await world.ring(after=20)
    world.speech.calls.clear()
    for _ in range(5):
        await world.ring(after=20)
    assert world.speech.calls == []


async def test_cancelled_between_the_steps(world: World):
    """The step that the service works on goes to its end; what comes after never begins, and the thread says so."""
    request = await booth(world)
    await world.ring()
    assert (await world.wish("cancel", request, GRACE)).allowed
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.RUNNING
    assert "stopped by" in str(world.chat.keyed(f"request:{request.id}:card").message.blocks)
    await through(world, LM)
    await world.ring(after=5)
    assert world.request(request.id).state is RequestState.CANCELLED
    assert [id for _, id, _ in world.speech.begun] == [LM]
    assert "after step 1 of 3" in world.chat.keyed(f"request:{request.id}:end").text
    assert world.store.requests.holding("stt/acoustic/id-booth") is None


# Trying again


async def failed(world: World) -> Request:
    """A request whose only step the service refused."""
    request = await approved(world)
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
    await world.ring()
    assert world.request(request.id).state is RequestState.FAILED
    return world.request(request.id)


async def failed_at(world: World, step: int) -> Request:
    """The three steps, of which one was refused; those before it are proven."""
    request = await booth(world)
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
    assert world.request(request.id).state is RequestState.FAILED
    assert [record.state is StepState.DONE for record in world.request(request.id).first.steps] == [
        n < step for n in (1, 2, 3)
    ]
    return world.request(request.id)


async def test_tried_again_from_the_first_step(world: World):
    """One approval, one more request, the same thread: two ends in it, the second says done."""
    request = await failed(world)
    assert (await world.wish("retry", request, GRACE)).allowed
    await world.ring(after=5)
    assert len(world.speech.begun) == 1
    await world.ring(after=10)
    world.speech.finish(US)
    await world.ring(after=10)
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    assert "*failed*" in world.chat.keyed(f"request:{request.id}:end").text
    retried = world.chat.keyed(f"request:{request.id}:retry:{request.first.id}:1")
    assert "from step 1, approved by Ugrace." in retried.text
    assert "*done*" in world.chat.keyed(f"request:{request.id}:end:1").text
    assert len([said for said in world.chat.said if said.key.endswith(":card")]) == 1


@pytest.mark.parametrize("step", [2, 3])
async def test_tried_again_from_a_later_step(world: World, step: int):
    """What is proven is kept: only the failed step and those after it are sent."""
    request = await failed_at(world, step)
    before = [action for action, _, _ in world.speech.begun]
    assert (await world.wish("retry", request, GRACE)).allowed
    await world.ring(after=20)
    for _ in range(step, 4):
        await through(world, AM)
    await world.ring(after=60)
    assert world.request(request.id).state is RequestState.DONE
    assert before == ["upgrade"] * (step - 1)
    assert [action for action, _, _ in world.speech.begun] == ["upgrade", "upgrade", "upgrade with language model"]


async def test_tried_again_twice(world: World):
    """Each time with an approval, each time told."""
    request = await failed(world)
    for number in (1, 2):
        assert (await world.wish("retry", request, GRACE)).allowed
        world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
        await world.ring(after=5)
        await world.ring(after=5)
        assert world.request(request.id).state is RequestState.FAILED
        assert "*failed*" in world.chat.keyed(f"request:{request.id}:end:{number}").text
    assert world.speech.begun == []
    assert world.request(request.id).first.retries == 2


async def test_a_cancelled_rest_is_not_kept_for_the_next_try(world: World):
    """Cancelled while step 1 was under way, which then failed: who tries again wants all of it."""
    request = await booth(world)
    await world.ring()
    await world.ring(after=10)
    assert (await world.wish("cancel", request, GRACE)).allowed
    world.speech.finish(LM, grow=False)
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.FAILED
    assert (await world.wish("retry", request, GRACE)).allowed
    await world.ring()
    await through(world, LM)
    assert world.request(request.id).state is RequestState.RUNNING
    assert [id for _, id, _ in world.speech.begun] == [LM, LM, AM]


async def test_what_a_cancelled_run_left_undone_can_be_asked_for(world: World):
    """Cancelled before the upgrade with the language model: the model is not called current, the rest is planned."""
    request = await booth(world)
    await world.ring()
    await through(world, LM)
    assert (await world.wish("cancel", request, GRACE)).allowed
    await through(world, AM)
    assert world.request(request.id).state is RequestState.CANCELLED
    again = await world.asked("booth")
    assert [step.action for step in again.first.plan.steps] == [Action.UPGRADE_WITH_LANGUAGE]


async def test_tried_again_after_the_change_that_the_plan_asked_for(world: World):
    """On a cluster a person changes a word first; that this changed the data is no reason not to try again."""
    on_a_cluster(world, "call-center-us")
    request = await world.asked()
    assert [record.step.action for record in request.first.steps] == [Action.AWAIT_CHANGE, Action.TRAIN]
    assert (await world.approve(request, GRACE)).allowed
    await world.ring()
    world.speech.kept[US] = replace(world.speech.kept[US], status="ready")
    world.speech.held[US] = Holdings(words=4)
    world.speech.fail["begin"] = [RequestRefused("not now.", instance="stt", status=400)]
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.FAILED
    assert (await world.wish("retry", request, GRACE)).allowed
    await world.ring(after=20)
    assert world.request(request.id).state is RequestState.RUNNING
    assert [action for action, _, _ in world.speech.begun] == ["train"]


async def test_another_run_has_the_model_meanwhile(world: World):
    """Tried again while a newer request has the model: refused, says which, and no vote is lost."""
    request = await failed(world)
    world.clock.advance(60)
    other = await world.asked()
    assert other.id != request.id
    decision = await world.wish("retry", request, GRACE)
    assert (decision.reason, decision.holder) == (Reason.TAKEN, other.id)
    assert world.request(request.id).state is RequestState.FAILED
    assert world.request(request.id).approved_by == (GRACE,)


async def test_tried_again_and_crashed(world: World):
    """The process dies right after the click: the next one goes on, once."""
    request = await failed(world)
    assert (await world.wish("retry", request, GRACE)).allowed
    world.crash()
    for _ in range(3):
        await world.ring(after=11)
    assert len(world.speech.begun) == 1


async def test_what_is_tried_again_has_begun_once(world: World):
    """It cannot be withdrawn or be open again; an approver who cancels it leaves it failed, to be tried again."""
    request = await failed_at(world, 3)
    begun = len(world.speech.begun)
    assert (await world.wish("retry", request, TOMAS)).allowed
    assert (await world.wish("take back", request, TOMAS)).reason is Reason.STARTED
    assert (await world.wish("withdraw", request, ADA)).reason is Reason.STARTED
    assert (await world.wish("cancel", request, GRACE)).allowed
    await world.ring(after=5)
    now = world.request(request.id)
    assert (now.state, now.first.state) == (RequestState.FAILED, RunState.FAILED)
    assert any("dropped before it was retried" in said.text for said in world.chat.said)
    assert world.store.requests.holding("stt/acoustic/id-booth") is None
    assert len(world.speech.begun) == begun
    assert (await world.wish("retry", request, TOMAS)).allowed
    await world.ring()
    assert world.speech.begun[-1] == ("upgrade with language model", AM, False)


# At any moment


@pytest.mark.parametrize("wish", ["withdraw", "take back", "cancel", "stop"])
@pytest.mark.parametrize("turns", range(24))
async def test_a_click_at_any_moment_of_the_start(world: World, turns: int, wish: Any):
    """However far the start has come: what is ended is never sent, and what was sent is never called ended early."""
    request = await approved(world)
    read, begin, wrong = world.speech.model, world.speech.begin, []

    async def slowly(kind: Any, id: str) -> Any:
        for _ in range(4):
            await asyncio.sleep(0)
        return await read(kind, id)

    async def begun(*args: Any, **named: Any) -> Any:
        if world.request(request.id).state is not RequestState.RUNNING:
            wrong.append(world.request(request.id).state)
        return await begin(*args, **named)

    world.speech.model, world.speech.begin = slowly, begun  # type: ignore[method-assign]  # answers that take a while
    ringing = asyncio.create_task(world.worker.ring())
    for _ in range(turns):
        await asyncio.sleep(0)
    decision = await world.wish(wish, request, ADA if wish == "withdraw" else GRACE)
    await ringing
    await world.settle()
    await world.ring(after=11)
    assert wrong == []
    over = world.request(request.id).state not in LIVE
    if wish != "stop":  # who stops watching leaves what the service may have begun
        assert over is (decision.allowed and wish != "take back")
        assert bool(world.speech.begun) is not decision.allowed
