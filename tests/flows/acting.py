"""Requests for tests of deciding, and people who act in the middle of something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.fleet import Holdings
from bot.domain.requests import Request
from tests.world import ADA, NEW, OLD, World, model

AM, LM, US = "id-booth", "id-terms", "id-call-center-us"


async def approved(world: World) -> Request:
    """An approved request for the outdated model."""
    world.fleet()
    return await world.approved()


async def booth(world: World) -> Request:
    """An approved request of three steps: a language model, then twice the acoustic model trained with it."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    world.speech.add(model("terms"))
    world.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
    await world.inventory.refresh()
    await world.requests.link("stt/acoustic/id-booth", LM, ADA)
    request = await world.approved("booth")
    assert len(request.first.steps) == 3
    return request


def on_a_cluster(world: World, *names: str) -> None:
    """Outdated models of those names on a cluster, where a person changes a word first, and a sibling as the proof."""
    base = "en-US_Telephony"
    old, new = f"{base}.v2022-01-01", f"{base}.v2026-06-01"
    facts: dict[str, Any] = {"base": base, "deployment": "cp4d"}
    world.speech.latest[base] = new
    world.speech.add(model("sibling", versions=(old, new), **facts))
    for name in names:
        world.speech.add(model(name, versions=(old,), **facts), Holdings(words=3))


async def through(world: World, id: str, **end: Any) -> None:
    """One step: begun, seen working, ended."""
    await world.ring(after=60)
    await world.ring(after=60)
    world.speech.finish(id, **end)
    await world.ring(after=60)


def while_preparing(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[Any]]) -> None:
    """Somebody acts while the model of the next step is read, right before its request would leave."""
    begin, read = world.sender.begin, world.speech.model

    async def reading(kind: Any, id: str) -> Any:
        monkeypatch.setattr(world.speech, "model", read)
        answer = await read(kind, id)
        await act()
        return answer

    async def beginning(*args: Any) -> bool:
        monkeypatch.setattr(world.sender, "begin", begin)
        monkeypatch.setattr(world.speech, "model", reading)
        return await begin(*args)

    monkeypatch.setattr(world.sender, "begin", beginning)


def while_sending(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[Any]]) -> None:
    """Somebody acts while the next request that begins something is on its way."""
    begin = world.speech.begin

    async def slow(*args: Any, **named: Any) -> Any:
        monkeypatch.setattr(world.speech, "begin", begin)
        await act()
        return await begin(*args, **named)

    monkeypatch.setattr(world.speech, "begin", slow)
