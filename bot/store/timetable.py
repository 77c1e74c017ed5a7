"""What people chose for announcements instead of the operator's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.store.audit import Audit
from bot.store.connection import Connection, moment, stamp


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choices in force, by name; who made the last one, and when."""

    values: Mapping[str, str]
    by: str = ""
    at: datetime | None = None


class Choices:
    """A few named values; a value that nobody chose is the operator's."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def all(self) -> Chosen:
        """Everything that was chosen."""
        rows = self._c.rows("SELECT * FROM announcer_settings ORDER BY at DESC")
        if not rows:
            return Chosen({})
        return Chosen({row["key"]: row["value"] for row in rows}, rows[0]["by"], moment(rows[0]["at"]))

    def choose(self, values: Mapping[str, str], by: str, now: datetime, detail: str) -> None:
        """Puts choices in force. *detail* is for the audit."""
        with self._c.transaction():
            for key, value in values.items():
                self._c.change(
                    """INSERT INTO announcer_settings (key, value, by, at) VALUES (?, ?, ?, ?)
                       ON CONFLICT (key) DO UPDATE SET value = excluded.value, by = excluded.by, at = excluded.at""",
                    (key, value, by, stamp(now)),
                )
            self._audit.note(now, by, "announce", detail=detail)

    def clear(self, by: str, now: datetime) -> None:
        """Takes everything back: the operator's settings count again."""
        with self._c.transaction():
            self._c.change("DELETE FROM announcer_settings")
            self._audit.note(now, by, "announce", detail="default")
