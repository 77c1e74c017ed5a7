"""Deciding as people live it: votes and their undoing, cancelling, trying again, and what changes in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.fleet import Holdings
from bot.domain.runs import Run, RunState
from bot.errors import ModelBusy
from tests.world import ADA, GRACE, NEW, OLD, World, model

AM, LM, US = "id-booth", "id-terms", "id-call-center-us"


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
