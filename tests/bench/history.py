"""What years of use cost: the same work on a database of a first week and on one of years, in turn."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.domain.request_filter import request_filter
from bot.flows.metrics import Gauges
from bot.ports import Place
from bot.store import Store
from commands.desk import Ask
from commands.requests import requests
from tests.bench.years import Years
from tests.world import ADA, CHANNEL, World

SHORT = Years(100, 600, 4)
"""As many requests for each model as after years."""

FILTERS = ("", "mine", "done", "acoustic", "stt-1", "model-00003", "mine done model")


@dataclass(frozen=True)
class Cost:
    """The median times of one piece of work, in ms."""

    what: str
    short: float
    long: float
    bar: str

    @property
    def ratio(self) -> float:
        """How many times as long it takes after years."""
        return self.long / self.short


async def history(ended: int, notes: int) -> list[Cost]:
    """The costs after that many ended requests and rows of the audit, beside those after 100 and 600."""
    with tempfile.TemporaryDirectory() as folder:
        worlds: list[World] = []
        for years in (SHORT, Years(ended, notes)):
            path = Path(folder) / f"{len(worlds)}.db"
            years.fill(path)
            world = World(path)
            world.fleet()
            await world.asked()
            await world.viewers.opened(ADA)
            for _ in range(4):
                await world.ring(after=10)
            worlds.append(world)
        costs = [await _compared("a ring, App Home is open", worlds, _ring, "1.2", 200)]
        for text in FILTERS:
            listed = _page(text)
            costs.append(await _compared(f"/stt-runs {text}".strip(), worlds, listed, "3", 20))
        gauges = {world: Gauges(world.worker) for world in worlds}
        costs.append(
            await _compared("a scrape of /metrics", worlds, lambda world: _scrape(world, gauges[world]), "1.5", 50)
        )
        costs.append(await _compared("a start: the database is opened", worlds, _open, "1.5", 10))
        held = [await _held(world) for world in worlds]
        costs.append(Cost("an export: the loop is held", held[0], held[1], "50 ms"))
        for world in worlds:
            world.close()
    return costs


async def _compared(
    what: str, worlds: list[World], work: Callable[[World], Awaitable[object]], bar: str, n: int
) -> Cost:
    times: tuple[list[float], ...] = ([], [])
    for _ in range(n):
        for world, own in zip(worlds, times, strict=True):
            began = time.perf_counter()
            await work(world)
            own.append((time.perf_counter() - began) * 1000)
    return Cost(what, statistics.median(times[0]), statistics.median(times[1]), bar)


async def _ring(world: World) -> None:
    world.clock.advance(0.01)
    await world.worker.ring()
    await world.settle()


async def _scrape(world: World, gauges: Gauges) -> None:
    world.clock.advance(2)  # figures serve for a second
    await gauges.figures()


def _page(text: str) -> Callable[[World], Awaitable[object]]:
    return lambda world: requests(Ask("/stt-runs", ADA, Place(ADA, CHANNEL), text), world.desk)


async def _open(world: World) -> None:
    Store(world.path).close()


async def _held(world: World) -> float:
    """The longest time, in ms, that the loop worked before somebody else had a turn during an export of everything."""
    longest, over = 0.0, False

    async def others() -> None:
        nonlocal longest
        last = time.thread_time()
        while not over:
            await asyncio.sleep(0)
            longest, last = max(longest, time.thread_time() - last), time.thread_time()

    going = asyncio.create_task(others())
    await world.desk.exporter.export("UGRACE", request_filter("", ADA), "", "csv")
    over = True
    await going
    return longest * 1000
