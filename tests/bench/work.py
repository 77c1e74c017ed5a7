"""What runs in flight cost: requests to the service, calls to Slack, rows written, and the time of one pass."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.domain.runs import RunState
from tests.world import GRACE, NEW, OLD, World, model


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
        run = await world.asked(f"m{number:04}")
        await world.decisions.vote(run.id, run.digest, "approve", GRACE)
    await world.ring()
    await world.ring(after=10)
    assert len(world.store.runs.in_state(RunState.RUNNING)) == count


async def tick(count: int) -> Tick:
    """One poll with that many running upgrades, after the first ones."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "bench.db", parallel=count)
        await started(world, count)
        world.clock.advance(10)
        world.speech.calls.clear()
        world.chat.calls.clear()
        world.worker.ring()
        await world.settle()
        found = Tick(count, Counter(world.speech.calls), Counter(world.chat.calls))
        world.store.close()
        return found


@dataclass(frozen=True)
class Pass:
    """One pass over runs in flight with nothing due: its time, rows written, calls made."""

    milliseconds: float
    rows: int
    calls: int


async def unchanged_pass(count: int) -> Pass:
    """The median of 20 passes."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "bench.db", parallel=count)
        await started(world, count)
        for _ in range(3):
            await world.ring()
        world.speech.calls.clear()
        world.chat.calls.clear()
        rows = world.store._db.conn.total_changes
        times = []
        for _ in range(20):
            began = time.perf_counter()
            world.worker.ring()
            times.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0)
        await world.settle()
        written = world.store._db.conn.total_changes - rows
        calls = len(world.speech.calls) + len(world.chat.calls)
        world.store.close()
        return Pass(sorted(times)[len(times) // 2], written, calls)
