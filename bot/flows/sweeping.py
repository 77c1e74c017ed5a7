"""Sweeping: what was only for the moment is forgotten. Requests, their journals and the audit are kept for good."""

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
"""Of each sort in one transaction: the loop is held for 2 ms."""


@dataclass(eq=False)
class Sweeper:
    """Forgets shown plans, deliveries that Slack does not repeat any more, and messages that are never edited again."""

    db: Database
    clock: Clock
    _rests: Rests = field(default_factory=Rests, init=False)

    def __post_init__(self) -> None:
        self._rests.rest(self.clock.now() + CALM)

    def due(self) -> bool:
        """Whether it is time for it."""
        return self._rests.may(self.clock.now())

    async def ring(self) -> None:
        """Forgets all of it, a little at a time. Raises `StoreUnavailable`: the rest goes the next time."""
        now = self.clock.now()
        self._rests.rest(now + EVERY)
        more = True
        while more:
            more = await self.db.write(lambda store: _some(store, now))
            await asyncio.sleep(0)  # others have their turn


def _some(store: Store, now: datetime) -> bool:
    """Forgets a little; whether there may be more."""
    parts = (store.drafts, store.deliveries, store.messages)
    return any([part.sweep(now, AT_A_TIME) == AT_A_TIME for part in parts])
