"""`kill -9` at any instant of a run: nothing is sent twice, nothing is lost, and the thread ends truthful."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.runs import RunState
from tests.world import GRACE, World


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
    while tasks := world.background._tasks:
        ended, _ = await asyncio.wait(tasks)
        if any(isinstance(task.exception(), Killed) for task in ended):
            return True
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 13))
async def test_killed_at_contact(tmp_path: Path, at: int, after: bool, caplog: pytest.LogCaptureFixture):
    """Killed around one contact with Slack or the service, started again: done once, told once."""
    world = World(tmp_path / "crash.db")
    world.fleet()
    run = await world.asked()
    arm(world, Axe(at, after=after))
    fell = await killed_by(world, world.decisions.vote(run.id, run.digest, "approve", GRACE))
    for turn in range(4):
        if fell:
            break
        if turn == 2:
            world.speech.finish("id-call-center-us")
        world.clock.advance(10)
        world.worker.ring()
        fell = await killed_by(world, asyncio.sleep(0))
    disarm(world)
    world.crash()
    assert await world.decisions.vote(run.id, run.digest, "approve", GRACE) is None or world.run(run.id).votes
    for _ in range(6):
        await world.ring(after=10)
        if world.speech.kept["id-call-center-us"].status == "upgrading":
            world.speech.finish("id-call-center-us")
    for _ in range(4):
        await world.ring(after=31)
    assert world.run(run.id).state is RunState.DONE
    assert len(world.speech.begun) == 1
    keys = [said.key for said in world.chat.said]
    assert sorted(keys) == sorted(f"run:{run.id}:{what}" for what in ("card", "progress", "end"))
    assert "*done*" in world.chat.keyed(f"run:{run.id}:end").text
    assert "Done" in world.chat.keyed(f"run:{run.id}:progress").text
    assert "done" in world.chat.keyed(f"run:{run.id}:card").text
    assert world.store.runs.untold() == []
    world.store.close()


async def test_two_processes_on_one_database(tmp_path: Path):
    """Two bots share the file: one does the work, either answers clicks, and everything happens once."""
    first = World(tmp_path / "shared.db")
    second = World(tmp_path / "shared.db", clock=first.clock, holder="there:2")
    second.chat, second.speech = first.chat, first.speech
    second.start()
    first.fleet()
    run = await first.asked()
    await first.ring()
    assert await second.decisions.vote(run.id, run.digest, "approve", GRACE) is None
    for _ in range(4):
        first.clock.advance(5)
        for world in (first, second):
            world.worker.ring()
        for world in (first, second):
            await world.settle()
    first.speech.finish("id-call-center-us")
    for _ in range(3):
        await second.ring()
        await first.ring(after=10)
    assert first.run(run.id).state is RunState.DONE
    assert len(first.speech.begun) == 1
    assert len(first.chat.said) == 3
    first.store.close()
    second.store.close()
