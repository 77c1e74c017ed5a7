"""Noticing: what was changed outside Retune closes the cards it makes pointless, and is said once in the channel."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.domain.changes import SILENCE, worst_effect
from bot.domain.runs import RunState
from bot.errors import ChatError
from bot.flows.inventory import Inventory
from bot.flows.telling import Teller
from bot.messages.changes import changed_elsewhere, outcome
from bot.ports import Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=15)
"""The shortest time between two messages: a busy day collects."""

REST = timedelta(minutes=2)
"""How long we wait after Slack did not take a message."""


class Noticer:
    """Everything is derived from what the store noted, so it may be called at any time, by several processes."""

    def __init__(self, db: Database, inventory: Inventory, teller: Teller, clock: Clock, channel: str) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._teller = teller
        self._clock = clock
        self._channel = channel
        self._at_work = False
        self._rests_until: datetime | None = None

    def due(self) -> bool:
        """Whether there is something to say, or an instance has failed long enough to be looked at again."""
        now = self._clock.now()
        if self._at_work or (self._rests_until is not None and now < self._rests_until):
            return False
        return self._store.changes.due(now, PAUSE) or bool(self._long_lost(now))

    async def ring(self) -> None:
        """Closes cards, looks again at instances that seem lost, says what is unsaid."""
        self.close_cards()
        if self._at_work:
            return
        self._at_work = True
        try:
            await self._look_again()
            await self._say()
        finally:
            self._at_work = False

    def close_cards(self) -> None:
        """Ends the runs whose plan does not hold any more because of a change; a running one is left to the runner."""
        now = self._clock.now()
        for run in self._store.runs.in_state(RunState.WAITING, RunState.APPROVED):
            found = worst_effect(self._store.changes.about(run.plan, run.requested_at), run.plan)
            if found is not None:
                text = outcome(*found, run.plan)
                self._store.runs.move(run.id, run.state, RunState.CHANGED, now, by="retune", outcome=text)

    def _long_lost(self, now: datetime) -> list[tuple[str, datetime]]:
        """The instances that failed more than `SILENCE` ago and of which that is not noted."""
        failing = self._store.fleet.failing(now - SILENCE)
        return [(name, since) for name, since in failing if self._store.changes.lost(name, since) is None]

    async def _look_again(self) -> None:
        """An old failure proves nothing of now: reads the instance once more before people hear that it is lost."""
        names = [name for name, _ in self._long_lost(self._clock.now())]
        if not names:
            return
        await self._inventory.refresh(names)
        now = self._clock.now()
        with self._store.transaction():
            for name, since in self._long_lost(now):
                if name in names:
                    self._store.changes.note_lost(name, since, now)

    async def _say(self) -> None:
        taken = self._store.changes.take(self._clock.now(), PAUSE)
        if taken is None:
            return
        number, changes = taken
        try:
            ts = await self._teller.post(f"changes:{number}", self._channel, changed_elsewhere(changes))
        except ChatError as error:
            log.warning("what was changed elsewhere cannot be posted: %s", error.text)
            ts = None
        if ts is None:
            self._rests_until = self._clock.now() + REST
            return
        self._store.changes.said(number)
