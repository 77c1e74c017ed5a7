"""Snoozes and holds: at most one in force for each subject, each change with its line in the audit."""

from __future__ import annotations

from datetime import date, datetime

from bot.domain.snoozes import RETUNE, Scope, Snooze, SnoozeKind, Wish
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, moment, stamp


class Snoozes:
    """All snoozes. Ending is a conditional update: who changes no row has lost a race."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def add(
        self, request: str, wish: Wish, over_at: datetime | None, known: frozenset[str], author: str, now: datetime
    ) -> Snooze:
        """Writes a snooze and gives it; gives the one that *request* (one modal, one id) made before, if it did.

        End what is in force for the same subject first, in the same transaction.
        """
        with self._c.transaction():
            twin = self.requested(request)
            if twin is not None:
                return twin
            row = self._c.rows(
                """INSERT INTO snoozes
                   (request, scope, subject, kind, until, over_at, until_version, reason, author, at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *""",
                (
                    *(request, wish.scope, wish.subject, wish.kind),
                    *(wish.until.isoformat() if wish.until else None, stamp(over_at)),
                    *(None if wish.until else " ".join(sorted(known)), wish.reason, author, stamp(now)),
                ),
            )[0]
            made = _snooze(row)
            until = f"until {wish.until}" if wish.until else "until the next base version"
            self._note(made, now, author, made.kind.value, f"{until}: {made.reason}")
            return made

    def end(self, id: int, by: str, why: str, now: datetime) -> Snooze | None:
        """Ends one that is in force and gives it as it is then; None if somebody ended it before.

        The end by a person is said already, to that person; one by Retune itself is said by `Snoozer.ring`.
        """
        with self._c.transaction():
            rows = self._c.rows(
                """UPDATE snoozes SET ended_at = ?, ended_by = ?, ended_why = ?, said = ?
                   WHERE id = ? AND ended_at IS NULL RETURNING *""",
                (stamp(now), by, why, int(by != RETUNE), id),
            )
            if not rows:
                return None
            ended = _snooze(rows[0])
            self._note(ended, now, by, f"end of {ended.kind}", why)
            return ended

    def _note(self, snooze: Snooze, now: datetime, actor: str, action: str, detail: str) -> None:
        model = snooze.subject if snooze.scope is Scope.MODEL else None
        instance = snooze.subject if snooze.scope is Scope.INSTANCE else None
        about = "" if model else f"{snooze.scope} {snooze.subject}: "
        self._audit.note(now, actor, action, model=model, instance=instance, detail=f"{about}{detail}")

    def get(self, id: int) -> Snooze | None:
        """One snooze, whether in force or not."""
        row = self._c.row("SELECT * FROM snoozes WHERE id = ?", (id,))
        return _snooze(row) if row else None

    def requested(self, request: str) -> Snooze | None:
        """The snooze that a modal made."""
        row = self._c.row("SELECT * FROM snoozes WHERE request = ?", (request,))
        return _snooze(row) if row else None

    def of(self, scope: Scope, subject: str) -> Snooze | None:
        """The one in force that names exactly that."""
        row = self._c.row(
            "SELECT * FROM snoozes WHERE scope = ? AND subject = ? AND ended_at IS NULL", (scope, subject)
        )
        return _snooze(row) if row else None

    def in_force(self) -> tuple[Snooze, ...]:
        """All that nobody ended, oldest first."""
        return tuple(_snooze(row) for row in self._c.rows("SELECT * FROM snoozes WHERE ended_at IS NULL ORDER BY id"))

    def unsettled(self) -> tuple[Snooze, ...]:
        """All that are in force, and those that Retune ended without having said so."""
        return tuple(_snooze(row) for row in self._c.rows("SELECT * FROM snoozes WHERE said = 0 ORDER BY id"))

    def said(self, id: int) -> None:
        """Writes that the end of a snooze was said, or is not to be said any more."""
        self._c.change("UPDATE snoozes SET said = 1 WHERE id = ? AND ended_at IS NOT NULL", (id,))

    def history(self, scope: Scope, subject: str, limit: int = 20) -> tuple[Snooze, ...]:
        """The last ones that name exactly that, newest first, ended or not."""
        rows = self._c.rows(
            "SELECT * FROM snoozes WHERE scope = ? AND subject = ? ORDER BY id DESC LIMIT ?", (scope, subject, limit)
        )
        return tuple(_snooze(row) for row in rows)


def _snooze(row: Row) -> Snooze:
    at = moment(row["at"])
    assert at is not None
    return Snooze(
        id=row["id"],
        kind=SnoozeKind(row["kind"]),
        scope=Scope(row["scope"]),
        subject=row["subject"],
        until=date.fromisoformat(row["until"]) if row["until"] else None,
        over_at=moment(row["over_at"]),
        known=frozenset((row["until_version"] or "").split()),
        reason=row["reason"],
        author=row["author"],
        at=at,
        ended_at=moment(row["ended_at"]),
        ended_by=row["ended_by"],
        ended_why=row["ended_why"],
    )
