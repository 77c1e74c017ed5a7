"""How long the event loop is held at a time: in CPU time of its thread, beside how fast the machine is just then."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

UNIT = 20_000
"""Rounds of the loop that is the measure: 0.4 ms on the machine that the bars were set on."""

MOST = 110.0
"""Units in 50 ms on that machine."""


def unit() -> float:
    """CPU seconds of a fixed piece of Python, the median of several."""
    times = []
    for _ in range(9):
        began, total = time.thread_time(), 0
        for number in range(UNIT):
            total += number
        times.append(time.thread_time() - began)
    return sorted(times)[len(times) // 2]


@dataclass
class Holds:
    """What was measured: the longest callbacks and steps of tasks, in units."""

    longest: float = 0.0
    what: str = ""
    all: list[tuple[float, str]] = field(default_factory=list)


@contextmanager
def measured() -> Iterator[Holds]:
    """Measures every callback and every step of a task that the loop runs meanwhile."""
    gc.collect()
    gc.freeze()  # what the tests hold themselves is nothing that a bot has
    found, before, run = Holds(), unit(), asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> Any:
        began = time.thread_time()
        try:
            return run(handle)
        finally:
            if (took := time.thread_time() - began) > before:
                found.all.append((took, _name(handle)))

    asyncio.Handle._run = timed  # type: ignore[method-assign, assignment]  # no other way shows each step
    try:
        yield found
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
        gc.unfreeze()
        slower = max(before, unit())
        found.all = sorted(((took / slower, what) for took, what in found.all), reverse=True)
        if found.all:
            found.longest, found.what = found.all[0]


def _name(handle: asyncio.Handle) -> str:
    task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]  # only to say which it was
    return task.get_name() if isinstance(task, asyncio.Task) else repr(handle)
