"""Drafts: plans that somebody is looking at, and which of them one form offers together."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.domain.plans import Plan
from bot.domain.selections import MANY, Selection
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
        return self._c.value(Plan, "SELECT plan FROM drafts WHERE key = ?", (key,)) if key[:1] != MANY else None

    def keep_all(self, selection: Selection, now: datetime) -> str:
        """Keeps what one form offers together, for as long as its plans; the key, too short to be in a form's way."""
        text = written(selection)
        key = f"{MANY}{hashlib.sha256(text.encode()).hexdigest()[:32]}"
        sql = "INSERT INTO drafts (key, plan, at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at"
        self._c.change(sql, (key, text, now))
        return key

    def all(self, key: str) -> Selection | None:
        """What a form offered together; None if it never did, or too long ago."""
        sql = "SELECT plan FROM drafts WHERE key = ?"
        return self._c.value(Selection, sql, (key,)) if key[:1] == MANY else None

    def sweep(self, now: datetime, most: int) -> int:
        """Forgets up to that many that were shown too long ago; how many it were."""
        sql = "DELETE FROM drafts WHERE key IN (SELECT key FROM drafts WHERE at < ? LIMIT ?)"
        return self._c.change(sql, (now - KEPT, most))
