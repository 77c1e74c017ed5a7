"""Changes made outside Retune: closes the cards they make pointless, and reports them once in the channel."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.domain.changes import SILENCE, subjects, worst_effect
from bot.domain.outcomes import Cause, CauseKind
from bot.domain.runs import Run, RunState
from bot.errors import ChannelClosed, ChannelShared, ChatError
from bot.flows.inventory import Inventory
from bot.flows.posting import Poster
from bot.flows.rests import Rests
from bot.flows.troubles import Troubles
from bot.messages.changes import changed_elsewhere
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=15)
"""Shortest time between two messages; changes on a busy day are collected."""

PART = 100
"""Runs left out in one transaction: each has its row in the audit."""

REST = timedelta(minutes=2)
"""Pause after Slack did not accept a message."""


@dataclass(eq=False)
class Noticer:
    """Works from what the store recorded, so it may be called at any time, by several processes."""

    db: Database
    inventory: Inventory
    poster: Poster
    clock: Clock
    channel: str
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _rests: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(
            log,
            "what was changed elsewhere cannot be posted in %s: %s",
            "what was changed elsewhere is posted in %s again",
        ),
        init=False,
    )

    def due(self, store: Store) -> bool:
        """Whether there are changes to report, or an instance that has failed long enough to be read again."""
        now = self.clock.now()
        awake = not self._lock.locked() and self._rests.may(now)
        return awake and (store.changes.due(now, PAUSE) or bool(_long_lost(store, now)))

    async def ring(self) -> None:
        """Close cards, read again instances that seem lost, report changes. Raises `StoreUnavailable`."""
        await self.close_cards()
        if not self._lock.locked():
            async with self._lock:
                await self._look_again()
                await self._say()

    async def close_cards(self) -> None:
        """Leave out runs whose plan no longer holds because of a change, before they start."""
        for id in await self.db.read(lambda store: store.requests.live_ids()):
            more = bool(await self.db.read(partial(_affected, id)))
            while more:
                more = await self.db.write(partial(_close, id, self.clock.now()))
                await asyncio.sleep(0)

    async def _look_again(self) -> None:
        """Read an instance once more before it is reported lost: an old failure may be over."""
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
                self._troubles.end(self.channel)
                return
        except (ChannelShared, ChannelClosed):
            pass  # `Rooms` has logged it
        except ChatError as error:
            self._troubles.begin(self.channel, error.text)
        self._rests.rest(self.clock.now() + REST)


def _long_lost(store: Store, now: datetime) -> list[tuple[str, datetime]]:
    """The instances that have failed for longer than `SILENCE` and are not recorded as lost."""
    failing = store.fleet.failing(now - SILENCE)
    return [(name, since) for name, since in failing if store.changes.lost(name, since) is None]


def _affected(id: int, store: Store) -> list[tuple[Run, Cause]]:
    """The waiting runs of a request whose plan no longer holds. Runs on the store's thread."""
    request = store.requests.get(id)
    if request is None:
        return []
    refs, gone = store.changes.touched(request.requested_at)
    found = []
    for run in request.runs:
        plan = run.plan
        if run.state is not RunState.QUEUED or run.started_at is not None:
            continue
        if refs.isdisjoint(subjects(plan)) and (plan.model.instance, plan.model.base) not in gone:
            continue  # nearly all: skip reading their changes
        if worst := worst_effect(store.changes.about(plan, request.requested_at), plan):
            found.append((run, Cause(CauseKind.ELSEWHERE, change=worst[0], effect=worst[1])))
    return found


def _close(id: int, now: datetime, store: Store) -> bool:
    """Leave out some of them; true if there are more. Runs on the store's thread."""
    request, found = store.requests.get(id), _affected(id, store)
    if request is not None:
        some = [(run, RunState.LEFT_OUT, cause) for run, cause in found[:PART]]
        store.requests.move_runs(request, some, now, by="retune")
    return len(found) > PART
