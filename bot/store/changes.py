"""Changes made elsewhere: each noted once, and which message of ours says it."""

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
"""Who the audit says did it: nobody that Retune knows."""


class Changes(Audited):
    """What was changed outside Retune. *message* numbers the message that says it, None while none does."""

    def note(self, changes: Iterable[Change]) -> None:
        """Writes changes that were noticed, in the transaction that keeps the reading they were noticed in."""
        for change in changes:
            facts = {name: getattr(change, name) for name in ("key", "at", "kind", "instance", "ref", "base")}
            if self._c.add_once("changes", "key", facts=written(change), said=change.kind in QUIET, **facts):
                detail = " → ".join(part for part in (change.old, change.new) if part) or change.base
                ref = change.ref or None
                self._audit.note(change.at, ACTOR, change.kind, model=ref, instance=change.instance, detail=detail)

    def lost(self, instance: str, since: datetime) -> Row | None:
        """The note that an instance does not answer since then, if there is one."""
        return self._noted(_lost(instance, since, since))

    def _noted(self, change: Change) -> Row | None:
        return self._c.row("SELECT id, message FROM changes WHERE key = ?", (change.key,))

    def note_lost(self, instance: str, since: datetime, now: datetime) -> None:
        """Notes that an instance has not answered since then."""
        self.note([_lost(instance, since, now)])

    def answers_again(self, instance: str, since: datetime, now: datetime) -> None:
        """Notes that an instance that failed since then answers again, if people heard of it or just will."""
        self._over(_lost(instance, since, since), Change(ChangeKind.FOUND, instance, now, old=since.isoformat()))

    def note_doubt(self, instance: str, doubt: Doubt, now: datetime) -> None:
        """Notes that people are asked whether an instance is still the right one."""
        self.note([_doubted(instance, doubt, now)])

    def doubt_over(self, instance: str, doubt: Doubt, now: datetime, *, as_before: bool) -> None:
        """Notes that a doubt is over: it lists *as_before*, or somebody said that the new list is right."""
        end = Change(ChangeKind.TRUSTED, instance, now, old=doubt.since.isoformat()) if as_before else None
        self._over(_doubted(instance, doubt, now), end)

    def _over(self, begun: Change, end: Change | None) -> None:
        """What began is over: said to those who heard or just will hear of it, and to nobody else."""
        row = self._noted(begun)
        if row is not None and row["message"] is None:
            self._c.change("UPDATE changes SET said = 1 WHERE id = ?", (row["id"],))
        elif row is not None and end is not None:
            self.note([end])

    def due(self, now: datetime, pause: timedelta) -> bool:
        """Whether there is something to say now: no new message sooner than *pause* after the last one."""
        waiting = self._waiting()
        return waiting["first"] is not None and (waiting["begun"] is not None or self._rested(now, pause))

    def take(self, now: datetime, pause: timedelta) -> tuple[int, tuple[Change, ...]] | None:
        """The message to send now, with its number: one that was begun before, or a new one of all that is unsaid.

        Which changes belong to a message is written before it is sent, so that it is the same one after a crash.
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
        """Writes that people were told a message."""
        self._c.change("UPDATE changes SET said = 1 WHERE message = ?", (number,))

    def touched(self, since: datetime) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
        """The models of which something was noticed since then; and the instances that lost a base model, with it."""
        rows = self._c.rows("SELECT DISTINCT ref, kind, instance, base FROM changes WHERE at >= ?", (since,))
        gone = frozenset((row["instance"], row["base"]) for row in rows if row["kind"] == ChangeKind.BASE_GONE)
        return frozenset(row["ref"] for row in rows), gone

    def about(self, plan: Plan, since: datetime) -> tuple[Change, ...]:
        """What was noticed since then of the models that a plan is about."""
        refs = sorted(subjects(plan))
        where = f"at >= ? AND (ref IN ({marks(refs)}) OR (kind = ? AND instance = ? AND base = ?)) ORDER BY id"
        return self._those(where, since, *refs, ChangeKind.BASE_GONE, plan.model.instance, plan.model.base)

    def of_model(self, model: Model, limit: int = 5) -> tuple[Change, ...]:
        """What was noticed of one model or its base model, newest first."""
        where = "ref = ? OR (kind = ? AND instance = ? AND base = ?) ORDER BY id DESC LIMIT ?"
        return self._those(where, model.ref, ChangeKind.BASE_GONE, model.instance, model.base, limit)

    def since(self, moment: datetime) -> tuple[Change, ...]:
        """Everything that was noticed since then, oldest first, also what no message said."""
        return self._those("at >= ? ORDER BY id", moment)

    def _those(self, where: str, *parameters: object) -> tuple[Change, ...]:
        return self._c.values(Change, f"SELECT facts FROM changes WHERE {where}", parameters)


def _doubted(instance: str, doubt: Doubt, now: datetime) -> Change:
    return Change(ChangeKind.DOUBTED, instance, now, old=doubt.since.isoformat(), doubt=doubt)


def _lost(instance: str, since: datetime, now: datetime) -> Change:
    return Change(ChangeKind.LOST, instance, now, old=since.isoformat())
