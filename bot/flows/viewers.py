"""Viewers: people with App Home open. It is published again, for them alone, when something changed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from bot.domain.authority import Act
from bot.domain.counts import count, count_those
from bot.domain.freezes import Freeze
from bot.domain.home import changing, doubted, needed
from bot.domain.judged import Judged
from bot.domain.owners import Owner
from bot.domain.snoozes import Snooze, in_force, indexed
from bot.errors import RetuneError, StoreUnavailable
from bot.flows.electorate import Electorate
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.flows.names import Names
from bot.flows.owned import Owned
from bot.flows.owners import Owning
from bot.flows.request_reading import read_those
from bot.flows.rests import Rests
from bot.flows.troubles import Troubles
from bot.messages.holds import Around
from bot.messages.home import MODELS, Mine, Seen
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database
from bot.turns import in_turns

log = logging.getLogger(__name__)

LOOKING = timedelta(hours=1)
"""Slack does not tell when a person leaves App Home; this long after opening it they count as gone."""

PACE = timedelta(seconds=5)
"""The shortest time between two refreshes."""

LAST = 5
"""Ended requests shown in App Home, latest first."""

Publish = Callable[[str], Awaitable[None]]
"""Publishes one person's App Home. Raises a `RetuneError`."""


@dataclass(eq=False)
class Viewers:
    """Recent viewers, and what they were shown. In memory only: opening App Home always publishes it."""

    db: Database
    inventory: Inventory
    holds: HoldBook
    owning: Owning
    owned: Owned
    electorate: Electorate
    names: Names
    clock: Clock
    _opened: dict[str, datetime] = field(default_factory=dict, init=False)
    _shown: tuple[tuple[int, int], int] | None = field(default=None, init=False)
    _rests: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(
            log, "App Home of %s is not refreshed: %s", "App Home of %s is refreshed again"
        ),
        init=False,
    )

    async def opened(self, user: str) -> None:
        """A person opened App Home and will see the current state. Call it before drawing that."""
        if not self._opened:
            self._shown = await self._state()
        self._opened[user] = self.clock.now()

    def awake(self) -> bool:
        """Whether there are viewers, and it is not too soon for a refresh."""
        now = self.clock.now()
        self._opened = {user: at for user, at in self._opened.items() if abs(now - at) < LOOKING}
        return bool(self._opened) and self._rests.may(now)

    def due(self, store: Store, judged: Judged) -> bool:
        """Whether a refresh is due and would show something new."""
        if not self.awake():
            return False
        if self._shown is None or self._shown[0] != store.requests.changes():
            return True
        return self._shown[1] != judged.state

    async def seen(self, user: str) -> Seen:
        """One person's App Home, from what is known; their groups may be a minute old. Raises a `ChatError`."""
        judged, now, holding = await self.inventory.judged(), self.clock.now(), await self.holds.reader()
        person, authority = await self.electorate.seems(user, await self.owned.groups()), self.electorate.authority
        ids = await self.db.read(lambda store: (store.requests.live_ids(), store.requests.recent_ids(LAST)))
        live, ended = [await read_those(self.db, some) for some in ids]
        waiting = await in_turns(changing(live))

        def read(store: Store) -> tuple[Around, tuple[Freeze, ...], tuple[Snooze, ...]]:
            holds = holding(store)
            owners = {
                ref: owner for ref in {*holds, *waiting} if (owner := self._owner(store, judged, ref)) is not None
            }
            freezes = tuple(freeze for freeze in store.freezes.holding() if now < freeze.until)
            return Around(holds, owners), freezes, store.snoozes.in_force()

        around, freezes, snoozed = await self.db.read(read)
        snoozes = indexed(in_force(snoozed, judged.spoken_of(snoozed), now))
        mine = await self.owned.of({person.id, *person.groups}, judged)
        readings = judged.snapshot.instances
        return Seen(
            user=user,
            asks=authority.may(person, Act.REQUEST).allowed,
            needed=await in_turns(needed(person, authority, live, around.owners, now)),
            doubted=doubted(person, authority, readings.values(), now),
            live=live,
            ended=ended,
            mine=Mine(tuple(islice(mine.worst_first(), MODELS)), await in_turns(count_those(mine.parts, snoozes, now))),
            worst=tuple(islice(judged.acting(), MODELS)),
            counts=await in_turns(count(judged, snoozes, now)),
            snapshot=judged.snapshot,
            freezes=freezes,
            around=replace(around, names=await self.names.of(around.people)),
        )

    def _owner(self, store: Store, judged: Judged, ref: str) -> Owner | None:
        judgement = judged.of(ref)
        return self.owning.owner_in(store, judgement.model) if judgement else None

    async def refresh(self, publish: Publish) -> None:
        """Publish App Home for all viewers."""
        self._rests.rest(self.clock.now() + PACE)
        self._shown = await self._state()
        for user in list(self._opened):
            try:
                await publish(user)
                self._troubles.end(user)
            except RetuneError as error:
                self._troubles.begin(user, error.text)

    async def _state(self) -> tuple[tuple[int, int], int] | None:
        """Everything App Home is drawn from; None if unknown: then it is drawn again."""
        try:
            return await self.db.read(lambda store: store.requests.changes()), (await self.inventory.judged()).state
        except StoreUnavailable:
            return None
