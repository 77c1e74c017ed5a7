"""Viewers: the people who have App Home open. It is published again when something changed, for them alone."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.errors import RetuneError
from bot.flows.inventory import Inventory, Judged
from bot.ports import Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

LOOKING = timedelta(hours=1)
"""Slack never tells that somebody left App Home: after this time without opening it again nobody is looking."""

PACE = timedelta(seconds=5)
"""The shortest time between two refreshes."""


class Viewers:
    """Who looked lately, and what they were shown. In memory only: opening App Home always publishes it."""

    def __init__(self, db: Database, inventory: Inventory, clock: Clock) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._clock = clock
        self._opened: dict[str, datetime] = {}
        self._shown: tuple[int, Judged] | None = None
        self._at = clock.now()
        self.publish: Callable[[str], Awaitable[None]] | None = None
        """Publishes one person's App Home; set by who can draw it."""

    def opened(self, user: str) -> None:
        """Somebody looks at App Home now, and sees the present state."""
        if not self._opened:
            self._shown = self._state()
        self._opened[user] = self._clock.now()

    def changed(self) -> bool:
        """Whether somebody looks and would see something new. Cheap when nobody does."""
        now = self._clock.now()
        self._opened = {user: at for user, at in self._opened.items() if now - at < LOOKING}
        if not self._opened or now - self._at < PACE:
            return False
        before, self._shown = self._shown, self._state()
        if before is None or before[0] != self._shown[0]:
            return True
        return before[1] is not self._shown[1] and _verdicts(before[1]) != _verdicts(self._shown[1])

    async def refresh(self) -> None:
        """Publishes App Home for everybody who looks."""
        self._at = self._clock.now()
        for user in list(self._opened):
            if self.publish is None:
                return
            try:
                await self.publish(user)
            except RetuneError as error:
                log.warning("App Home of %s is not refreshed: %s", user, error.text)

    def _state(self) -> tuple[int, Judged]:
        return self._store.runs.changes(), self._inventory.judged_now()


def _verdicts(judged: Judged) -> list[tuple[str, str]]:
    return [(judgement.model.ref, judgement.verdict.value) for judgement in judged.judgements]
