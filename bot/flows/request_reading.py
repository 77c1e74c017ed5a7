"""Reads requests a few runs at a time: one request may have a thousand, and a list shows many requests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from bot.domain.requests import Request
from bot.store import Store
from bot.store.database import Database

RUNS = 300
"""Runs read before the event loop gets a turn; a request is never read in parts."""


async def read_those(db: Database, ids: Sequence[int]) -> tuple[Request, ...]:
    """These requests in order, each as of its own reading; unknown ids are left out."""
    sizes = await db.read(lambda store: store.requests.sizes(ids))
    found: list[Request] = []
    for some in _portions(ids, sizes):
        found += await db.read(partial(_those, some))
        await asyncio.sleep(0)
    return tuple(found)


def _those(ids: Sequence[int], store: Store) -> tuple[Request, ...]:
    return store.requests.those(ids)


def _portions(ids: Sequence[int], sizes: Mapping[int, int]) -> Iterator[Sequence[int]]:
    """The ids in order, in groups with few runs each."""
    some: list[int] = []
    runs = 0
    for id in ids:
        if some and runs + sizes.get(id, 0) > RUNS:
            yield some
            some, runs = [], 0
        some.append(id)
        runs += sizes.get(id, 0)
    if some:
        yield some
