"""Changes made outside Retune: each recorded once, with the message that reports it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.changes import QUIET, Change, ChangeKind, subjects
from bot.domain.doubts import Doubt
from bot.domain.fleet import Model
from bot.domain.plans import Plan
from bot.store.audit import Audited
from bot.store.connection import Row, marks, written

ACTOR = "elsewhere"
"""The actor in the audit: not known to Retune."""


class Changes(Audited):
    """Changes made outside Retune. *message* numbers the message that reports a change, None if none does yet."""

    def note(self, changes: Iterable[Change]) -> None:
        """Record changes, in the transaction that keeps the reading they were found in."""
        for change in changes:
            facts = {name: getattr(change, name) for name in ("key", "at", "kind", "instance", "ref", "base")}
            if self._c.add_once("changes", "key", facts=written(change), said=change.kind in QUIET, **facts):
                detail = " → ".join(part for part in (change.old, change.new) if part) or change.base
                ref = change.ref or None
                self._audit.note(change.at, ACTOR, change.kind, model=ref, instance=change.instance, detail=detail)

    def lost(self, instance: str, since: datetime) -> Row | None:
        """The record that an instance has not answered since then, if any."""
        return self._noted(_lost(instance, since, since))

    def _noted(self, change: Change) -> Row | None:
        return self._c.row("SELECT id, message FROM changes WHERE key = ?", (change.key,))

    def note_lost(self, instance: str, since: datetime, now: datetime) -> None:
        """Record that an instance has not answered since then."""
        self.note([_lost(instance, since, now)])

    def answers_again(self, instance: str, since: datetime, now: datetime) -> None:
        """Record that a failing instance answers again, if its failure was or is about to be reported."""
        self._over(_lost(instance, since, since), Change(ChangeKind.FOUND, instance, now, old=since.isoformat()))

    def note_doubt(self, instance: str, doubt: Doubt, now: datetime) -> None:
        """Record that people are asked whether an instance is still the right one."""
        self.note([_doubted(instance, doubt, now)])

    def doubt_over(self, instance: str, doubt: Doubt, now: datetime, *, as_before: bool) -> None:
        """Record that a doubt is over: the instance lists *as_before*, or a person accepted the new list."""
        end = Change(ChangeKind.TRUSTED, instance, now, old=doubt.since.isoformat()) if as_before else None
        self._over(_doubted(instance, doubt, now), end)

    def _over(self, begun: Change, end: Change | None) -> None:
        """Record an end: reported only if its beginning was, or is about to be."""
        row = self._noted(begun)
        if row is not None and row["message"] is None:
            self._c.change("UPDATE changes SET said = 1 WHERE id = ?", (row["id"],))
        elif row is not None and end is not None:
            self.note([end])

    def due(self, now: datetime, pause: timedelta) -> bool:
        """Whether there is something to report, at least *pause* after the last message."""
        waiting = self._waiting()
        return waiting["first"] is not None and (waiting["begun"] is not None or self._rested(now, pause))

    def take(self, now: datetime, pause: timedelta) -> tuple[int, tuple[Change, ...]] | None:
        """The message to send now, with its number: an interrupted one, or a new one with all unreported changes.

        The changes in a message are stored before it is sent, so it is the same after a crash.
        """
        if not self.due(now, pause):
            return None
        waiting = self._waiting()
        number = waiting["begun"]
        if number is None:
            number = waiting["first"]
            self._c.change("UPDATE changes SET message = ?, taken_at = ? WHERE said = 0", (number, now))
        return number, self._those("message = ? ORDER BY id", number)

    def _waiting(self) -> Row:
        (row,) = self._c.rows("SELECT min(id) AS first, min(message) AS begun FROM changes WHERE said = 0")
        return row

    def _rested(self, now: datetime, pause: timedelta) -> bool:
        last = self._c.value(datetime, "SELECT max(taken_at) FROM changes WHERE taken_at IS NOT NULL")
        return last is None or not timedelta() <= now - last < pause

    def said(self, number: int) -> None:
        """Record that a message was posted."""
        self._c.change("UPDATE changes SET said = 1 WHERE message = ?", (number,))

    def touched(self, since: datetime) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
        """The models with changes since then, and the base models lost since then by instance."""
        rows = self._c.rows("SELECT DISTINCT ref, kind, instance, base FROM changes WHERE at >= ?", (since,))
        gone = frozenset((row["instance"], row["base"]) for row in rows if row["kind"] == ChangeKind.BASE_GONE)
        return frozenset(row["ref"] for row in rows), gone

    def about(self, plan: Plan, since: datetime) -> tuple[Change, ...]:
        """The changes since then to the models of a plan."""
        refs = sorted(subjects(plan))
        where = f"at >= ? AND (ref IN ({marks(refs)}) OR (kind = ? AND instance = ? AND base = ?)) ORDER BY id"
        return self._those(where, since, *refs, ChangeKind.BASE_GONE, plan.model.instance, plan.model.base)

    def of_model(self, model: Model, limit: int = 5) -> tuple[Change, ...]:
        """The latest changes of one model or its base model, newest first."""
        where = "ref = ? OR (kind = ? AND instance = ? AND base = ?) ORDER BY id DESC LIMIT ?"
        return self._those(where, model.ref, ChangeKind.BASE_GONE, model.instance, model.base, limit)

    def since(self, moment: datetime) -> tuple[Change, ...]:
        """All changes since then, oldest first, reported or not."""
        return self._those("at >= ? ORDER BY id", moment)

    def _those(self, where: str, *parameters: object) -> tuple[Change, ...]:
        return self._c.values(Change, f"SELECT facts FROM changes WHERE {where}", parameters)


def _doubted(instance: str, doubt: Doubt, now: datetime) -> Change:
    return Change(ChangeKind.DOUBTED, instance, now, old=doubt.since.isoformat(), doubt=doubt)


def _lost(instance: str, since: datetime, now: datetime) -> Change:
    return Change(ChangeKind.LOST, instance, now, old=since.isoformat())
