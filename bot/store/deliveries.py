"""Deliveries: what Slack delivered and a process took, so that nothing is handled twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.connection import Part

KEPT = timedelta(days=2)
"""Slack repeats an unacknowledged event for up to a day."""


FEW = 10
"""Old keys deleted with each new one: more than arrive, and few enough to cost no noticeable time."""


class Deliveries(Part):
    """Keys of events, commands, clicks and forms. Slack sends the same key with each repetition."""

    def take(self, key: str, now: datetime) -> bool:
        """Whether this is the first delivery with *key*, in any process."""
        self.sweep(now, FEW)
        sql = "INSERT INTO deliveries (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"
        return self._c.change(sql, (key, now)) == 1

    def sweep(self, now: datetime, most: int) -> int:
        """Delete up to *most* deliveries that Slack no longer repeats; returns how many."""
        sql = "DELETE FROM deliveries WHERE key IN (SELECT key FROM deliveries WHERE at < ? LIMIT ?)"
        return self._c.change(sql, (now - KEPT, most))
