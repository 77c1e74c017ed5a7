"""Changes made elsewhere: each noted once, and which message of ours says it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from bot.domain.changes import QUIET, Change, ChangeKind, subjects
from bot.domain.fleet import Model
from bot.domain.plans import Plan
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, stamp

_encode = msgspec.json.Encoder().encode
_change = msgspec.json.Decoder(Change).decode

ACTOR = "elsewhere"
"""Who the audit says did it: nobody that Retune knows."""


class Changes:
    """What was changed outside Retune. *message* numbers the message that says it, None while none does."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def note(self, changes: Iterable[Change]) -> None:
        """Writes changes that were noticed, in the transaction that keeps the reading they were noticed in."""
        for change in changes:
            with self._c.transaction():
                self._note(change)

    def _note(self, change: Change) -> None:
        added = self._c.change(
            """INSERT INTO changes (key, at, kind, instance, ref, base, facts, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (key) DO NOTHING""",
            (
                *(change.key, stamp(change.at), change.kind, change.instance, change.ref, change.base),
                *(_encode(change).decode(), change.kind in QUIET),
            ),
        )
        if added:
            detail = " → ".join(part for part in (change.old, change.new) if part) or change.base
            about = change.ref or None
            self._audit.note(change.at, ACTOR, change.kind, model=about, instance=change.instance, detail=detail)

    def lost(self, instance: str, since: datetime) -> Row | None:
        """The note that an instance does not answer since then, if there is one."""
        return self._c.row("SELECT id, message FROM changes WHERE key = ?", (_lost(instance, since, since).key,))

    def note_lost(self, instance: str, since: datetime, now: datetime) -> None:
        """Notes that an instance has not answered since then."""
        self.note([_lost(instance, since, now)])

    def answers_again(self, instance: str, since: datetime, now: datetime) -> None:
        """Notes that an instance that failed since then answers again, if people heard of it or just will."""
        row = self.lost(instance, since)
        if row is None:
            return
        if row["message"] is None:
            self._c.change("UPDATE changes SET said = 1 WHERE id = ?", (row["id"],))
            return
        self.note([Change(ChangeKind.FOUND, instance, now, old=since.isoformat())])

    def due(self, now: datetime, pause: timedelta) -> bool:
        """Whether there is something to say now: no new message sooner than *pause* after the last one."""
        waiting = self._c.row("SELECT max(message) AS begun, count(*) AS n FROM changes WHERE said = 0")
        if waiting is None or not waiting["n"]:
            return False
        return waiting["begun"] is not None or self._rested(now, pause)

    def take(self, now: datetime, pause: timedelta) -> tuple[int, list[Change]] | None:
        """The message to send now, with its number: one that was begun before, or a new one of all that is unsaid.

        Which changes belong to a message is written before it is sent, so that it is the same one after a crash.
        """
        with self._c.transaction():
            row = self._c.row("SELECT min(id) AS first, min(message) AS begun FROM changes WHERE said = 0")
            if row is None or row["first"] is None:
                return None
            number = row["begun"]
            if number is None:
                if not self._rested(now, pause):
                    return None
                number = row["first"]
                self._c.change("UPDATE changes SET message = ?, taken_at = ? WHERE said = 0", (number, stamp(now)))
            rows = self._c.rows("SELECT facts FROM changes WHERE message = ? ORDER BY id", (number,))
            return number, [_change(row["facts"]) for row in rows]

    def _rested(self, now: datetime, pause: timedelta) -> bool:
        row = self._c.row("SELECT max(taken_at) AS at FROM changes WHERE taken_at IS NOT NULL")
        last = row["at"] if row else None
        return last is None or not 0 <= now.timestamp() - last < pause.total_seconds()

    def said(self, number: int) -> None:
        """Writes that people were told a message."""
        self._c.change("UPDATE changes SET said = 1 WHERE message = ?", (number,))

    def about(self, plan: Plan, since: datetime) -> list[Change]:
        """What was noticed since then of the models that a plan is about."""
        refs = sorted(subjects(plan))
        rows = self._c.rows(
            f"""SELECT facts FROM changes WHERE at >= ? AND (ref IN ({", ".join("?" * len(refs))})
                OR (kind = ? AND instance = ? AND base = ?)) ORDER BY id""",
            (stamp(since), *refs, ChangeKind.BASE_GONE, plan.model.instance, plan.model.base),
        )
        return [_change(row["facts"]) for row in rows]

    def of_model(self, model: Model, limit: int = 5) -> tuple[Change, ...]:
        """What was noticed of one model or its base model, newest first."""
        rows = self._c.rows(
            """SELECT facts FROM changes WHERE ref = ? OR (kind = ? AND instance = ? AND base = ?)
               ORDER BY id DESC LIMIT ?""",
            (model.ref, ChangeKind.BASE_GONE, model.instance, model.base, limit),
        )
        return tuple(_change(row["facts"]) for row in rows)

    def since(self, moment: datetime) -> tuple[Change, ...]:
        """Everything that was noticed since then, oldest first, also what no message said."""
        rows = self._c.rows("SELECT facts FROM changes WHERE at >= ? ORDER BY id", (stamp(moment),))
        return tuple(_change(row["facts"]) for row in rows)


def _lost(instance: str, since: datetime, now: datetime) -> Change:
    return Change(ChangeKind.LOST, instance, now, old=since.isoformat())
