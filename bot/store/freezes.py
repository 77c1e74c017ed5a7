"""Freezes: until when nothing new may start, who said so, and why."""

from __future__ import annotations

from datetime import datetime

from bot.domain.timing import Freeze
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, moment, stamp


class Freezes:
    """Freezes that hold, and how they ended. Whoever changes no row in `end` was not the first."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def add(self, instance: str, reason: str, author: str, until: datetime, now: datetime) -> Freeze:
        """Begins a freeze of one instance, or of all (empty)."""
        with self._c.transaction():
            row = self._c.rows(
                "INSERT INTO freezes (instance, reason, author, at, until) VALUES (?, ?, ?, ?, ?) RETURNING *",
                (instance, reason, author, stamp(now), stamp(until)),
            )[0]
            detail = f"{instance or 'all instances'} until {until:%F %R %Z}: {reason}"
            self._audit.note(now, author, "freeze", instance=instance or None, detail=detail)
        return _freeze(row)

    def end(self, freeze: int, by: str, now: datetime) -> bool:
        """Ends a freeze; false if it had ended already."""
        with self._c.transaction():
            ended = self._c.rows(
                "UPDATE freezes SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL RETURNING instance",
                (stamp(now), by, freeze),
            )
            for row in ended:
                self._audit.note(now, by, "freeze ended", instance=row["instance"] or None, detail=f"freeze {freeze}")
        return bool(ended)

    def holding(self) -> tuple[Freeze, ...]:
        """The freezes that nobody ended, oldest first."""
        return tuple(_freeze(row) for row in self._c.rows("SELECT * FROM freezes WHERE ended_at IS NULL ORDER BY id"))


def _freeze(row: Row) -> Freeze:
    at, until = moment(row["at"]), moment(row["until"])
    assert at is not None
    assert until is not None
    return Freeze(
        *(row["id"], row["instance"], row["reason"], row["author"], at, until),
        ended_at=moment(row["ended_at"]),
        ended_by=row["ended_by"],
    )
