"""What runs in flight cost: requests to the service, calls to Slack, commits, and the time of one pass."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bot.domain.requests import RequestState
from tests.world import NEW, OLD, World, model


@dataclass(frozen=True)
class Tick:
    """What one poll of *runs* running upgrades asked of the service and of Slack."""

    runs: int
    service: Counter[str]
    slack: Counter[str]


async def started(world: World, count: int) -> None:
    """That many approved and running upgrades on one instance."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    for number in range(count):
        world.speech.add(model(f"m{number:04}"))
    await world.inventory.refresh()
    for number in range(count):
        await world.approved(f"m{number:04}")
    await world.ring()
    await world.ring(after=10)
    assert len(world.store.requests.in_state(RequestState.RUNNING)) == count


async def tick(count: int) -> Tick:
    """One poll with that many running upgrades, after the first ones."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "bench.db", parallel=count)
        await started(world, count)
        world.clock.advance(10)
        world.speech.calls.clear()
        world.chat.calls.clear()
        await world.worker.ring()
        await world.settle()
        found = Tick(count, Counter(world.speech.calls), Counter(world.chat.calls))
        world.close()
        return found


@dataclass(frozen=True)
class Pass:
    """20 passes over runs in flight with nothing due: their median time, how many wrote, the calls they made."""

    milliseconds: float
    wrote: int
    calls: int


async def unchanged_pass(count: int) -> Pass:
    """20 passes with that many runs in flight."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "bench.db", parallel=count)
        await started(world, count)
        for _ in range(3):
            await world.ring()
        world.speech.calls.clear()
        world.chat.calls.clear()
        times, commits = [], [world.written()]
        for _ in range(20):
            began = time.perf_counter()
            await world.worker.ring()
            times.append((time.perf_counter() - began) * 1000)
            await world.settle()
            commits.append(world.written())
        wrote = sum(before != after for before, after in pairwise(commits))
        calls = len(world.speech.calls) + len(world.chat.calls)
        world.close()
        return Pass(statistics.median(times), wrote, calls)
