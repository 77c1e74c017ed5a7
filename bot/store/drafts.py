"""Drafts: plans that somebody is looking at."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.plans import Plan
from bot.store.connection import Part, written

KEPT = timedelta(days=2)
"""How long a plan that was shown can be asked for."""


FEW = 10
"""Plans that each new one takes along."""


class Drafts(Part):
    """Plans that somebody is looking at, so that what they ask for is exactly what they saw."""

    def keep(self, plan: Plan, now: datetime) -> None:
        """Keeps a plan for `KEPT`."""
        self.sweep(now, FEW)
        sql = "INSERT INTO drafts (key, plan, at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at"
        self._c.change(sql, (plan.key, written(plan), now))

    def get(self, key: str) -> Plan | None:
        """The plan with that `Plan.key`; None if it was never shown, or too long ago."""
        return self._c.value(Plan, "SELECT plan FROM drafts WHERE key = ?", (key,))

    def sweep(self, now: datetime, most: int) -> int:
        """Forgets up to that many that were shown too long ago; how many it were."""
        sql = "DELETE FROM drafts WHERE key IN (SELECT key FROM drafts WHERE at < ? LIMIT ?)"
        return self._c.change(sql, (now - KEPT, most))
