"""Pausing: maintenance windows and freezes. They hold back what has not started; what the service does goes on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.runs import Run
from bot.domain.timing import Freeze, Wait, Window, frozen, waits
from bot.errors import Refusal
from bot.store.database import Database

LONGEST = timedelta(days=90)
"""A freeze always ends: one that everybody forgot would be the silence that lets models rot."""


class Pauses:
    """What holds runs back now. Reads the store each time, so that a freeze counts at once in every process."""

    def __init__(self, db: Database, windows: Mapping[str, Window | None]) -> None:
        self._db = db
        self._store = db.store
        self._windows = windows

    def window(self, instance: str) -> Window | None:
        """The hours in which upgrades of an instance may start; None: at any time."""
        return self._windows.get(instance)

    def wait(self, run: Run, now: datetime) -> Wait | None:
        """What holds the start of a run back; None when it may start. What has begun only a freeze holds back."""
        instance = run.plan.model.instance
        freezes = self._store.freezes.holding()
        if run.started_at is not None:
            return waits(instance, None, None, freezes, now)
        return waits(instance, run.not_before, self.window(instance), freezes, now)

    def frozen(self, instance: str, now: datetime) -> Freeze | None:
        """The freeze that holds for an instance."""
        return frozen(self._store.freezes.holding(), instance, now)

    def freeze(self, instance: str, reason: str, user: str, until: datetime, now: datetime) -> Freeze:
        """Begins a freeze of one instance, or of all (empty); every card says so. Raises `Refusal`."""
        if until <= now:
            raise Refusal("That moment is over already. Choose one to come.")
        if until - now > LONGEST:
            raise Refusal(f"A freeze lasts at most {LONGEST.days} days. Choose an earlier end, and freeze again then.")
        if instance and instance not in self._windows:
            raise Refusal(f"There is no instance {instance}. Choose one of {', '.join(sorted(self._windows))}.")
        with self._store.transaction():
            for held in self._store.freezes.holding():
                if (held.instance, held.reason, held.author, held.until) == (instance, reason, user, until):
                    return held  # the same form, sent twice
            begun = self._store.freezes.add(instance, reason, user, until, now)
            self._store.runs.touch_unstarted(instance)
        return begun

    def end(self, freeze: int, user: str, now: datetime) -> bool:
        """Ends a freeze; false if somebody was first."""
        held = next((held for held in self._store.freezes.holding() if held.id == freeze), None)
        if held is None:
            return False
        with self._store.transaction():
            ended = self._store.freezes.end(freeze, user, now)
            self._store.runs.touch_unstarted(held.instance)
        return ended

    def holding(self, now: datetime) -> tuple[Freeze, ...]:
        """The freezes that hold now."""
        return tuple(freeze for freeze in self._store.freezes.holding() if now < freeze.until)

    def ring(self, now: datetime) -> None:
        """Ends the freezes whose time is over."""
        for freeze in self._store.freezes.holding():
            if freeze.until <= now:
                self.end(freeze.id, "retune", now)
