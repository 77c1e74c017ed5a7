"""Drafts: plans shown to people, and the selections of their forms."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.domain.plans import Plan
from bot.domain.selections import MANY, Selection
from bot.store.connection import Part, written

KEPT = timedelta(days=2)
"""How long a shown plan can be requested."""


FEW = 10
"""Old plans deleted with each new one."""


class Drafts(Part):
    """Plans shown to people, so that a request is exactly what they saw."""

    def keep(self, plan: Plan, now: datetime) -> None:
        """Keep a plan for `KEPT`."""
        self.sweep(now, FEW)
        sql = "INSERT INTO drafts (key, plan, at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at"
        self._c.change(sql, (plan.key, written(plan), now))

    def get(self, key: str) -> Plan | None:
        """The plan with that `Plan.key`; None if it was never shown, or too long ago."""
        return self._c.value(Plan, "SELECT plan FROM drafts WHERE key = ?", (key,)) if key[:1] != MANY else None

    def keep_all(self, selection: Selection, now: datetime) -> str:
        """Keep the selection of one form, for as long as its plans; returns its key, short enough for any form."""
        text = written(selection)
        key = f"{MANY}{hashlib.sha256(text.encode()).hexdigest()[:32]}"
        sql = "INSERT INTO drafts (key, plan, at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at"
        self._c.change(sql, (key, text, now))
        return key

    def all(self, key: str) -> Selection | None:
        """The selection of a form; None if there is none, or it is too old."""
        sql = "SELECT plan FROM drafts WHERE key = ?"
        return self._c.value(Selection, sql, (key,)) if key[:1] == MANY else None

    def sweep(self, now: datetime, most: int) -> int:
        """Delete up to *most* plans that were shown too long ago; returns how many."""
        sql = "DELETE FROM drafts WHERE key IN (SELECT key FROM drafts WHERE at < ? LIMIT ?)"
        return self._c.change(sql, (now - KEPT, most))
