"""Deliveries: what Slack delivered and some process took, so that the same is not done twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.connection import Part

KEPT = timedelta(days=2)
"""Slack delivers an event again for up to a day when nobody acknowledged it."""


class Deliveries(Part):
    """Keys of events, commands, clicks and forms. Slack sends the same key however often it delivers one."""

    def take(self, key: str, now: datetime) -> bool:
        """Whether this is the first delivery with *key*, in whichever process."""
        self._c.change("DELETE FROM deliveries WHERE at < ?", (now - KEPT,))
        sql = "INSERT INTO deliveries (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"
        return self._c.change(sql, (key, now)) == 1
