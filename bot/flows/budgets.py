"""Budgets: how much one person may use in a while of what costs others. In memory only: a restart begins anew."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.errors import OverBudget, StoreUnavailable
from bot.messages.refusals import over_budget
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)


class Cost(StrEnum):
    """What costs others; the words follow a number."""

    CLICKS = "clicks, forms and mentions"
    """Each is looked up in Slack."""
    READINGS = "readings of Speech to Text"
    PROBES = "checks for warnings"
    CHARTS = "charts"
    EXPORTS = "exports"
    REFUSALS = "refusals"
    """Rows of the audit about one person, each for itself; what is more is counted."""


LIMITS: Mapping[Cost, tuple[int, timedelta]] = {
    Cost.CLICKS: (60, timedelta(minutes=1)),
    Cost.READINGS: (30, timedelta(minutes=1)),
    Cost.PROBES: (20, timedelta(hours=1)),
    Cost.CHARTS: (5, timedelta(minutes=10)),
    Cost.EXPORTS: (10, timedelta(minutes=10)),
    Cost.REFUSALS: (30, timedelta(minutes=10)),
}
"""How many, in how long: far above what somebody needs who works, far below what would slow others."""


@dataclass(slots=True)
class _Spent:
    since: datetime
    used: int = 0
    refused: int = 0


@dataclass(eq=False)
class Budgets:
    """What each person used since when. What was refused leaves one counted row in the audit."""

    db: Database
    clock: Clock
    _spent: dict[tuple[str, Cost], _Spent] = field(default_factory=dict, init=False)
    _over: list[tuple[str, Cost, int]] = field(default_factory=list, init=False)

    def spend(self, user: str, cost: Cost) -> None:
        """Takes one from the budget. Raises `OverBudget` where nothing is left."""
        if not self.take(user, cost):
            most, span = LIMITS[cost]
            raise OverBudget(over_budget(most, cost, self._spent[user, cost].since + span), markup=True)

    def take(self, user: str, cost: Cost) -> bool:
        """Takes one from the budget, if one is left."""
        now, (most, span) = self.clock.now(), LIMITS[cost]
        spent = self._spent.get((user, cost))
        if spent is None or abs(now - spent.since) >= span:
            self._end(user, cost)
            spent = self._spent[user, cost] = _Spent(now)
        if spent.used < most:
            spent.used += 1
            return True
        spent.refused += 1
        return False

    def due(self) -> bool:
        """Whether something was refused in a time that is over, and is not noted yet."""
        now = self.clock.now()
        for (user, cost), spent in list(self._spent.items()):
            if abs(now - spent.since) >= LIMITS[cost][1]:
                self._end(user, cost)
        return bool(self._over)

    async def note(self) -> None:
        """Notes what was refused: one row for each person and cost. Raises `StoreUnavailable`; nothing is lost."""
        over, now = self._over, self.clock.now()
        self._over = []

        def write(store: Store) -> None:
            for user, cost, refused in over:
                store.audit.note(now, user, "denied", detail=f"over budget: {cost}, {refused} times")

        try:
            await self.db.write(write)
        except StoreUnavailable:
            self._over = [*over, *self._over]
            raise

    async def close(self) -> None:
        """Notes everything, before the process ends."""
        for user, cost in list(self._spent):
            self._end(user, cost)
        try:
            if self._over:
                await self.note()
        except StoreUnavailable as error:
            log.warning("what was over a budget cannot be noted: %s", error.cause)

    def _end(self, user: str, cost: Cost) -> None:
        spent = self._spent.pop((user, cost), None)
        if spent is not None and spent.refused:
            self._over.append((user, cost, spent.refused))
