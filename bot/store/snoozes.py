"""Snoozes and holds; each change is recorded in the audit."""

from __future__ import annotations

from datetime import date, datetime

from bot.domain.snoozes import RETUNE, Ended, Over, Reach, Snooze, SnoozeKind, Wish
from bot.store.audit import Audited
from bot.store.connection import written


class Snoozes(Audited):
    """All snoozes, at most one in force for each subject. If an end changes no row, another end came first."""

    def add(
        self,
        request: str,
        wish: Wish,
        until: date,
        over_at: datetime,
        known: frozenset[str],
        author: str,
        now: datetime,
    ) -> Snooze:
        """Store and return a snooze, or return the one that *request* (one modal, one id) already made.

        End the one in force for the same subject first, in the same transaction. The channel is told of those that
        silence more than one model.
        """
        twin = self.requested(request)
        if twin is not None:
            return twin
        facts = {name: getattr(wish, name) for name in ("scope", "subject", "kind", "by_version", "reason")}
        facts |= {"request": request, "until": until, "over_at": over_at, "author": author, "at": now}
        facts |= {"known": written(sorted(known) if wish.by_version else []), "begun_said": wish.scope is Reach.MODEL}
        id = self._c.add("snoozes", **facts)
        made = self.get(id)
        assert made is not None
        lasts = f"until the next base version, at most until {until}" if wish.by_version else f"until {until}"
        self._note(made, now, author, made.kind.value, f"{lasts}: {made.reason}")
        return made

    def end(self, id: int, by: str, over: Over, now: datetime, *, request: int | None = None) -> Snooze | None:
        """End a snooze in force and return it; None if it had already ended.

        *request* is the one that a person ended a hold for. Ends by Retune, and early ends of snoozes for more than one
        model, are still to be posted: `Snoozer.ring`.
        """
        ended = self._c.one(
            Snooze,
            """UPDATE snoozes SET ended_at = :now, ended_by = :by, ended_why = :why, ended_version = :version,
               ended_for = :request, said = NOT (:by = :retune OR (:why = :early AND scope <> :model))
               WHERE id = :id AND ended_at IS NULL RETURNING *""",
            {
                **{"id": id, "now": now, "by": by, "why": over.why, "version": over.version, "request": request},
                **{"retune": RETUNE, "early": Ended.EARLY, "model": Reach.MODEL},
            },
        )
        if ended is not None:
            about = f"request {request}" if request else over.version
            detail = f"{over.why}: {about}" if about else over.why.value
            self._note(ended, now, by, f"end of {ended.kind}", detail)
        return ended

    def _note(self, snooze: Snooze, now: datetime, actor: str, action: str, detail: str) -> None:
        model = snooze.subject if snooze.scope is Reach.MODEL else None
        instance = snooze.subject if snooze.scope is Reach.INSTANCE else None
        about = "" if model else f"{snooze.scope} {snooze.subject}: "
        self._audit.note(now, actor, action, model=model, instance=instance, detail=f"{about}{detail}")

    def get(self, id: int) -> Snooze | None:
        """One snooze, in force or not."""
        return self._c.one(Snooze, "SELECT * FROM snoozes WHERE id = ?", (id,))

    def requested(self, request: str) -> Snooze | None:
        """The snooze made by a modal."""
        return self._c.one(Snooze, "SELECT * FROM snoozes WHERE request = ?", (request,))

    def of(self, scope: Reach, subject: str) -> Snooze | None:
        """The one in force for exactly that subject."""
        sql = "SELECT * FROM snoozes WHERE scope = ? AND subject = ? AND ended_at IS NULL"
        return self._c.one(Snooze, sql, (scope, subject))

    def in_force(self) -> tuple[Snooze, ...]:
        """All that were not ended, oldest first."""
        return self._c.all(Snooze, "SELECT * FROM snoozes WHERE ended_at IS NULL ORDER BY id")

    def holds(self) -> tuple[Snooze, ...]:
        """The holds that were not ended, oldest first."""
        sql = "SELECT * FROM snoozes WHERE scope = ? AND kind = ? AND ended_at IS NULL ORDER BY id"
        return self._c.all(Snooze, sql, (Reach.MODEL, SnoozeKind.HOLD))

    def ended_for(self, request: int) -> tuple[Snooze, ...]:
        """The holds that were ended for a request, oldest first."""
        return self._c.all(Snooze, "SELECT * FROM snoozes WHERE ended_for = ? ORDER BY id", (request,))

    def unsaid(self) -> frozenset[int]:
        """Snoozes in force whose beginning the channel was not told yet."""
        sql = "SELECT id FROM snoozes WHERE said = 0 AND begun_said = 0 AND ended_at IS NULL"
        return frozenset(self._c.values(int, sql))

    def unsettled(self) -> tuple[Snooze, ...]:
        """All in force, and those whose end is still to be posted."""
        return self._c.all(Snooze, "SELECT * FROM snoozes WHERE said = 0 ORDER BY id")

    def begun(self, id: int) -> None:
        """Record that the channel was told of the beginning."""
        self._c.change("UPDATE snoozes SET begun_said = 1 WHERE id = ?", (id,))

    def said(self, id: int) -> None:
        """Record that the end was posted, or need not be any more."""
        self._c.change("UPDATE snoozes SET said = 1 WHERE id = ? AND ended_at IS NOT NULL", (id,))
