"""Noticing: what was changed outside Retune closes the cards it makes pointless, and is said once in the channel."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.changes import SILENCE, worst_effect
from bot.domain.outcomes import Cause, CauseKind
from bot.domain.runs import RunState
from bot.errors import ChannelClosed, ChannelShared, ChatError
from bot.flows.inventory import Inventory
from bot.flows.posting import Poster
from bot.flows.rests import Rests
from bot.messages.changes import changed_elsewhere
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=15)
"""The shortest time between two messages: a busy day collects."""

REST = timedelta(minutes=2)
"""How long we wait after Slack did not take a message."""


@dataclass(eq=False)
class Noticer:
    """Everything is derived from what the store noted, so it may be called at any time, by several processes."""

    db: Database
    inventory: Inventory
    poster: Poster
    clock: Clock
    channel: str
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _rests: Rests = field(default_factory=Rests, init=False)

    def due(self, store: Store) -> bool:
        """Whether there is something to say, or an instance has failed long enough to be looked at again."""
        now = self.clock.now()
        awake = not self._lock.locked() and self._rests.may(now)
        return awake and (store.changes.due(now, PAUSE) or bool(_long_lost(store, now)))

    async def ring(self) -> None:
        """Closes cards, looks again at instances that seem lost, says what is unsaid. Raises `StoreUnavailable`."""
        await self.close_cards()
        if not self._lock.locked():
            async with self._lock:
                await self._look_again()
                await self._say()

    async def close_cards(self) -> None:
        """Leaves out the runs whose plan does not hold any more because of a change, before they start."""
        now = self.clock.now()

        def close(store: Store) -> None:
            for request in store.requests.live():
                for run in request.runs:
                    if run.state is not RunState.QUEUED or run.started_at is not None:
                        continue
                    if found := worst_effect(store.changes.about(run.plan, request.requested_at), run.plan):
                        cause = Cause(CauseKind.ELSEWHERE, change=found[0], effect=found[1])
                        store.requests.move_run(request, run, RunState.LEFT_OUT, now, by="retune", cause=cause)

        await self.db.write(close)

    async def _look_again(self) -> None:
        """An old failure proves nothing of now: reads the instance once more before people hear that it is lost."""
        asked = self.clock.now()
        names = [name for name, _ in await self.db.read(lambda store: _long_lost(store, asked))]
        if not names:
            return
        await self.inventory.refresh(names)
        now = self.clock.now()

        def note(store: Store) -> None:
            for name, since in _long_lost(store, now):
                if name in names:
                    store.changes.note_lost(name, since, now)

        await self.db.write(note)

    async def _say(self) -> None:
        now = self.clock.now()
        taken = await self.db.write(lambda store: store.changes.take(now, PAUSE))
        if taken is None:
            return
        number, changes = taken
        try:
            if await self.poster.post(f"changes:{number}", self.channel, changed_elsewhere(changes)) is not None:
                await self.db.write(lambda store: store.changes.said(number))
                return
        except (ChannelShared, ChannelClosed):
            pass  # `Rooms` has said it
        except ChatError as error:
            log.warning("what was changed elsewhere cannot be posted: %s", error.text)
        self._rests.rest(self.clock.now() + REST)


def _long_lost(store: Store, now: datetime) -> list[tuple[str, datetime]]:
    """The instances that failed more than `SILENCE` ago and of which that is not noted."""
    failing = store.fleet.failing(now - SILENCE)
    return [(name, since) for name, since in failing if store.changes.lost(name, since) is None]
