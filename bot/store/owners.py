"""Owners that were said by hand."""

from __future__ import annotations

from datetime import datetime

from bot.domain.owners import Assigned
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, moment, stamp


class Owners:
    """One owner for each model, each change with its line in the audit."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def assign(self, ref: str, owner: str, by: str, now: datetime) -> bool:
        """Makes a model belong to a user or user group; false if it does already."""
        with self._c.transaction():
            changed = self._c.change(
                """INSERT INTO owners (ref, owner, by, at) VALUES (?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE
                   SET owner = excluded.owner, by = excluded.by, at = excluded.at WHERE owner <> excluded.owner""",
                (ref, owner, by, stamp(now)),
            )
            if changed:
                self._audit.note(now, by, "owner", model=ref, detail=owner)
            return changed == 1

    def clear(self, ref: str, by: str, now: datetime) -> bool:
        """Forgets what was said of a model, so that the rules count; false if nothing was."""
        with self._c.transaction():
            rows = self._c.rows("DELETE FROM owners WHERE ref = ? RETURNING owner", (ref,))
            if rows:
                self._audit.note(now, by, "owner", model=ref, detail=f"none; was {rows[0]['owner']}")
            return bool(rows)

    def of(self, ref: str) -> Assigned | None:
        """What was said of one model."""
        row = self._c.row("SELECT * FROM owners WHERE ref = ?", (ref,))
        return _assigned(row) if row else None

    def every(self) -> dict[str, Assigned]:
        """What was said, by the models' references."""
        return {row["ref"]: _assigned(row) for row in self._c.rows("SELECT * FROM owners ORDER BY ref")}


def _assigned(row: Row) -> Assigned:
    at = moment(row["at"])
    assert at is not None
    return Assigned(row["ref"], row["owner"], row["by"], at)
