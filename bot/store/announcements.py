"""Announcements: which slots were taken and said, what was found then, who heard of it, and what people chose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from bot.domain.announcements import Published
from bot.store.audit import Audit
from bot.store.connection import Connection, moment, stamp

_found = msgspec.json.Decoder(dict[str, str]).decode


class Announcements:
    """One row for each (channel, slot): the unique key is what makes a slot be said once."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

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

    def last(self, channel: str) -> Published | None:
        """The last announcement that was posted in a channel."""
        row = self._c.row("SELECT * FROM announced WHERE channel = ?", (channel,))
        if row is None:
            return None
        at = moment(row["at"])
        assert at is not None
        return Published(row["slot"], at, _found(row["found"]))

    def published(
        self, channel: str, slot: str, found: Mapping[str, str], mentioned: Mapping[str, int], now: datetime
    ) -> None:
        """Writes in one transaction that a slot was said, what it found, and which owners heard of what.

        *mentioned* are the levels of all models that it spoke of; what is not spoken of any more is forgotten, so
        that it is news when it comes back.
        """
        with self._c.transaction():
            self.said(channel, slot)
            self._c.change(
                """INSERT INTO announced (channel, slot, at, found) VALUES (?, ?, ?, ?) ON CONFLICT (channel)
                   DO UPDATE SET slot = excluded.slot, at = excluded.at, found = excluded.found""",
                (channel, slot, stamp(now), msgspec.json.encode(dict(found)).decode()),
            )
            for row in self._c.rows("SELECT ref FROM mentioned WHERE channel = ?", (channel,)):
                if row["ref"] not in mentioned:
                    self._c.change("DELETE FROM mentioned WHERE channel = ? AND ref = ?", (channel, row["ref"]))
            for ref, level in mentioned.items():
                self._c.change(
                    """INSERT INTO mentioned (channel, ref, level) VALUES (?, ?, ?) ON CONFLICT (channel, ref)
                       DO UPDATE SET level = excluded.level""",
                    (channel, ref, level),
                )

    def mentioned(self, channel: str) -> dict[str, int]:
        """The level at which each model's owner heard of it."""
        rows = self._c.rows("SELECT ref, level FROM mentioned WHERE channel = ?", (channel,))
        return {row["ref"]: row["level"] for row in rows}

    def choice(self, name: str) -> str | None:
        """What people chose instead of the operator's setting."""
        row = self._c.row("SELECT value FROM choices WHERE name = ?", (name,))
        return row["value"] if row else None

    def choose(self, name: str, value: str | None, by: str, now: datetime) -> None:
        """Writes a choice; None goes back to the operator's setting."""
        with self._c.transaction():
            if value is None:
                self._c.change("DELETE FROM choices WHERE name = ?", (name,))
            else:
                self._c.change(
                    """INSERT INTO choices (name, value, by, at) VALUES (?, ?, ?, ?) ON CONFLICT (name)
                       DO UPDATE SET value = excluded.value, by = excluded.by, at = excluded.at""",
                    (name, value, by, stamp(now)),
                )
            self._audit.note(now, by, "announcement setting", detail=f"{name}: {value or 'the default'}")
