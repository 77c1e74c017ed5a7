"""Turns: long work is done a little at a time, so that whoever waits for the event loop is never kept waiting long."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from time import perf_counter
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

Work = Generator[None, None, T]
"""Work that can rest wherever it yields; what it returns is its result."""

SLICE = 0.002
"""Seconds that work goes on at a time: an answer passes through the loop some five times, and may meet one each time.

Handing over costs some 30 µs (measured), so hardly more than one in a hundred of its time.
"""

_behind: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def at_once(work: Work[T]) -> T:
    """Does *work* without a rest: where there is little of it, or nobody waits."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result


async def in_turns(work: Work[T]) -> T:
    """Does *work*, and lets others of the loop have their turn in between."""
    while True:
        until = perf_counter() + SLICE
        try:
            next(work)
            while perf_counter() < until:
                next(work)
        except StopIteration as done:
            result: T = done.value
            return result
        await asyncio.sleep(0)


def behind() -> asyncio.Lock:
    """What work holds that nobody waits for: one after the other, so that a hundred answers that come at once are no
    more in the way of a person than one.
    """
    return _behind.setdefault(asyncio.get_running_loop(), asyncio.Lock())
