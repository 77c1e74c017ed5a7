"""Announcement slots: which were taken, and which were really said."""

from __future__ import annotations

from datetime import datetime

from bot.store.connection import Connection, stamp


class Announcements:
    """One row for each (channel, slot): the unique key is what makes a slot be said once."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def any(self, channel: str) -> bool:
        """Whether the channel ever had a slot."""
        return self._c.row("SELECT 1 AS one FROM announcements WHERE channel = ? LIMIT 1", (channel,)) is not None

    def take(self, channel: str, slot: str, now: datetime) -> bool:
        """Takes a slot; true while it is not said yet, also when an earlier attempt took it."""
        self._c.change(
            "INSERT INTO announcements (channel, slot, at) VALUES (?, ?, ?) ON CONFLICT (channel, slot) DO NOTHING",
            (channel, slot, stamp(now)),
        )
        row = self._c.row("SELECT said FROM announcements WHERE channel = ? AND slot = ?", (channel, slot))
        return row is not None and not row["said"]

    def said(self, channel: str, slot: str) -> None:
        """Writes that a slot was said, or is not to be said any more."""
        self._c.change("UPDATE announcements SET said = 1 WHERE channel = ? AND slot = ?", (channel, slot))
