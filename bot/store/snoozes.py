"""Snoozes, holds and freezes: what people put off for a while, each change with its line in the audit."""

from __future__ import annotations

from datetime import datetime

from bot.domain.snoozes import RETUNE, Reach, Snooze, Wish
from bot.store.audit import Audited
from bot.store.connection import written


class Snoozes(Audited):
    """All snoozes, at most one in force for each subject. Who ends one and changes no row has lost a race."""

    def add(
        self, request: str, wish: Wish, over_at: datetime | None, known: frozenset[str], author: str, now: datetime
    ) -> Snooze:
        """Writes a snooze and gives it; gives the one that *request* (one modal, one id) made before, if it did.

        End what is in force for the same subject first, in the same transaction.
        """
        twin = self.requested(request)
        if twin is not None:
            return twin
        facts = {name: getattr(wish, name) for name in ("scope", "subject", "kind", "until", "reason")}
        seen = written([] if wish.until else sorted(known))
        id = self._c.add("snoozes", request=request, over_at=over_at, known=seen, author=author, at=now, **facts)
        made = self.get(id)
        assert made is not None
        until = f"until {wish.until}" if wish.until else "until the next base version"
        self._note(made, now, author, made.kind.value, f"{until}: {made.reason}")
        return made

    def end(self, id: int, by: str, why: str, now: datetime) -> Snooze | None:
        """Ends one that is in force and gives it as it is then; None if somebody ended it before.

        The end by a person is said already, to that person; one by Retune itself is said by `Snoozer.ring`.
        """
        ended = self._c.one(
            Snooze,
            """UPDATE snoozes SET ended_at = ?, ended_by = ?, ended_why = ?, said = ?
               WHERE id = ? AND ended_at IS NULL RETURNING *""",
            (now, by, why, by != RETUNE, id),
        )
        if ended is not None:
            self._note(ended, now, by, f"end of {ended.kind}", why)
        return ended

    def _note(self, snooze: Snooze, now: datetime, actor: str, action: str, detail: str) -> None:
        model = snooze.subject if snooze.scope is Reach.MODEL else None
        instance = snooze.subject if snooze.scope is Reach.INSTANCE else None
        about = "" if model else f"{snooze.scope} {snooze.subject}: "
        self._audit.note(now, actor, action, model=model, instance=instance, detail=f"{about}{detail}")

    def get(self, id: int) -> Snooze | None:
        """One snooze, whether in force or not."""
        return self._c.one(Snooze, "SELECT * FROM snoozes WHERE id = ?", (id,))

    def requested(self, request: str) -> Snooze | None:
        """The snooze that a modal made."""
        return self._c.one(Snooze, "SELECT * FROM snoozes WHERE request = ?", (request,))

    def of(self, scope: Reach, subject: str) -> Snooze | None:
        """The one in force that names exactly that."""
        sql = "SELECT * FROM snoozes WHERE scope = ? AND subject = ? AND ended_at IS NULL"
        return self._c.one(Snooze, sql, (scope, subject))

    def in_force(self) -> tuple[Snooze, ...]:
        """All that nobody ended, oldest first."""
        return self._c.all(Snooze, "SELECT * FROM snoozes WHERE ended_at IS NULL ORDER BY id")

    def unsettled(self) -> tuple[Snooze, ...]:
        """All that are in force, and those that Retune ended without having said so."""
        return self._c.all(Snooze, "SELECT * FROM snoozes WHERE said = 0 ORDER BY id")

    def said(self, id: int) -> None:
        """Writes that the end of a snooze was said, or is not to be said any more."""
        self._c.change("UPDATE snoozes SET said = 1 WHERE id = ? AND ended_at IS NOT NULL", (id,))
