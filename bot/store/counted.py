"""The same database, counted: how long its work takes, what waits for it, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

from bot.errors import StoreUnavailable
from bot.store import Store
from bot.store.database import DEADLINE, Database
from bot.tally import Tally

T = TypeVar("T")


class CountedDatabase(Database):
    """Passes all work on to *inner*."""

    def __init__(self, inner: Database, tally: Tally) -> None:
        self._inner, self._tally = inner, tally

    async def read(self, work: Callable[[Store], T], *, deadline: float = DEADLINE) -> T:
        with self._counting():
            return await self._inner.read(work, deadline=deadline)

    async def write(
        self, work: Callable[[Store], T], *, deadline: float = DEADLINE, durable: bool = False, done: bool = False
    ) -> T:
        with self._counting():
            return await self._inner.write(work, deadline=deadline, durable=durable, done=done)

    def close(self) -> None:
        self._inner.close()

    @contextmanager
    def _counting(self) -> Iterator[None]:
        tally, began = self._tally, perf_counter()
        tally.waiting += 1
        try:
            yield
        except StoreUnavailable as error:
            tally.database_errors["passing" if error.passing else "lasting"] += 1
            raise
        finally:
            tally.waiting -= 1
            tally.work.add(perf_counter() - began)
