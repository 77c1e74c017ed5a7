"""Deliveries: what Slack delivered and some process took, so that the same is not done twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.connection import Part

KEPT = timedelta(days=2)
"""Slack delivers an event again for up to a day when nobody acknowledged it."""


FEW = 10
"""Keys that each new one takes along: more than come, and so few that nobody waits for it."""


class Deliveries(Part):
    """Keys of events, commands, clicks and forms. Slack sends the same key however often it delivers one."""

    def take(self, key: str, now: datetime) -> bool:
        """Whether this is the first delivery with *key*, in whichever process."""
        self.sweep(now, FEW)
        sql = "INSERT INTO deliveries (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"
        return self._c.change(sql, (key, now)) == 1

    def sweep(self, now: datetime, most: int) -> int:
        """Forgets up to that many that Slack does not deliver again; how many it were."""
        sql = "DELETE FROM deliveries WHERE key IN (SELECT key FROM deliveries WHERE at < ? LIMIT ?)"
        return self._c.change(sql, (now - KEPT, most))
