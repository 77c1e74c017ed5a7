"""`kill -9` at any instant of a run: nothing is sent twice, nothing is lost, and the thread ends truthful."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.requests import RequestState
from tests.world import World, model


class Killed(BaseException):
    """The process is gone."""


class Axe:
    """Kills the process at the n-th contact with the world, before or after its effect."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.left = at
        self.after = after

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def struck(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                raise Killed
            answer = await call(*args, **kwargs)
            if self.left == 0:
                raise Killed
            return answer

        return struck


METHODS = {"chat": ("post", "edit"), "speech": ("begin", "model", "holdings")}


def arm(world: World, axe: Axe) -> None:
    """Every contact goes through the axe; the bot is built anew on it."""
    for part, names in METHODS.items():
        target = getattr(world, part)
        for name in names:
            setattr(target, name, axe.wrap(getattr(type(target), name).__get__(target)))


def disarm(world: World) -> None:
    for part, names in METHODS.items():
        for name in names:
            getattr(world, part).__dict__.pop(name, None)


async def killed_by(world: World, work: Any) -> bool:
    """Runs until done or killed; true if the axe fell."""
    try:
        await work
    except Killed:
        return True
    return any(isinstance(result, Killed) for result in await world.settle())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("at", "names"),
    [
        *((at, ("call-center-us",)) for at in range(1, 13)),
        *((at, ("call-center-us", "other")) for at in range(1, 25)),
    ],
)
async def test_killed_at_contact(tmp_path: Path, at: int, names: tuple[str, ...], after: bool):
    """Killed around one contact with Slack or the service, started again: done once, told once; for one and several."""
    world = World(tmp_path / "crash.db")
    world.fleet()
    world.speech.add(model("other"))
    request = await world.asked(*names)
    arm(world, Axe(at, after=after))
    fell = await killed_by(world, world.approve(request))
    for _ in range(4 * len(names)):
        if fell:
            break
        finish(world)
        world.clock.advance(10)
        fell = await killed_by(world, world.worker.ring())
    disarm(world)
    world.crash()
    assert (await world.approve(request)).allowed or world.request(request.id).votes
    for _ in range(12 * len(names)):  # an answer that was lost takes a time-out and four readings
        await world.ring(after=10)
        finish(world)
    for _ in range(4):
        await world.ring(after=31)
    assert world.request(request.id).state is RequestState.DONE
    assert len(world.speech.begun) == len(names)
    keys = [said.key for said in world.chat.said]
    told = ("card", "progress", "end") if len(names) == 1 else ("card", "first", "end")
    assert sorted(keys) == sorted(f"request:{request.id}:{what}" for what in told)
    assert "*done*" in world.chat.keyed(f"request:{request.id}:end").text
    assert world.store.requests.untold() == []
    world.close()


def finish(world: World) -> None:
    """The service ends what it was seen working on."""
    for one in list(world.speech.kept.values()):
        if one.status == "upgrading" and world.speech.calls[-1:] != ["begin"]:
            world.speech.finish(one.id)


async def test_two_processes_on_one_database(pair: tuple[World, World]):
    """Two bots share the file: one does the work, either answers clicks, and everything happens once."""
    first, second = pair
    first.fleet()
    request = await first.asked()
    await first.ring()
    assert (await second.approve(request)).allowed
    for _ in range(4):
        first.clock.advance(5)
        for world in (first, second):
            await world.worker.ring()
        for world in (first, second):
            await world.settle()
    first.speech.finish("id-call-center-us")
    for _ in range(3):
        await second.ring()
        await first.ring(after=10)
    assert first.request(request.id).state is RequestState.DONE
    assert len(first.speech.begun) == 1
    assert len(first.chat.said) == 3
