"""Sweeping: deletes temporary rows. Requests, their journals and the audit are kept for good."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.flows.rests import Rests
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

EVERY = timedelta(hours=1)

CALM = timedelta(minutes=5)
"""After a start there is more urgent work."""

AT_A_TIME = 50
"""Rows of each kind in one transaction: holds the loop for 2 ms."""


@dataclass(eq=False)
class Sweeper:
    """Deletes shown plans, deliveries that Slack no longer repeats, and messages that are never edited again."""

    db: Database
    clock: Clock
    _rests: Rests = field(default_factory=Rests, init=False)

    def __post_init__(self) -> None:
        self._rests.rest(self.clock.now() + CALM)

    def due(self) -> bool:
        """Whether it is time to sweep."""
        return self._rests.may(self.clock.now())

    async def ring(self) -> None:
        """Delete everything due, a little at a time. Raises `StoreUnavailable`: the rest is deleted the next time."""
        now = self.clock.now()
        self._rests.rest(now + EVERY)
        more = True
        while more:
            more = await self.db.write(lambda store: _some(store, now))
            await asyncio.sleep(0)  # the event loop gets a turn


def _some(store: Store, now: datetime) -> bool:
    """Delete a few; returns whether there may be more."""
    parts = (store.drafts, store.deliveries, store.messages)
    return any([part.sweep(now, AT_A_TIME) == AT_A_TIME for part in parts])
