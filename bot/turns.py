"""Turns: long work runs in small pieces, so that nothing waits long for the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

Work = Generator[None, None, T]
"""Work that may pause at each `yield`; its return value is the result."""

SLICE, BEHIND = 0.004, 0.001
"""Seconds that work runs at a time: while a person waits for it, and in the background.

An answer passes through the loop about five times, and may meet a piece of work each time. A switch costs about 30 µs
(measured).
"""

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_slice: ContextVar[float] = ContextVar("slice", default=SLICE)


def at_once(work: Work[T]) -> T:
    """Run *work* without pauses: for little work, or if nothing else waits."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result


async def in_turns(work: Work[T]) -> T:
    """Run *work* with turns for others of the loop in between."""
    while True:
        until = perf_counter() + _slice.get()
        try:
            next(work)
            while perf_counter() < until:
                next(work)
        except StopIteration as done:
            result: T = done.value
            return result
        await asyncio.sleep(0)


@asynccontextmanager
async def behind() -> AsyncIterator[None]:
    """Queue for background work: one piece after the other, so that a hundred answers arriving together delay people no
    more than one.
    """
    async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        before = _slice.set(BEHIND)
        try:
            yield
        finally:
            _slice.reset(before)
