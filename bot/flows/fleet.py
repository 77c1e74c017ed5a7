"""The fleet in memory: judged, and kept equal to the store, which several processes write."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from bot.domain.catalog import Catalog
from bot.domain.fleet import InstanceReading
from bot.domain.judged import Judged
from bot.domain.judging import Judging
from bot.domain.observations import NOTHING, Observations
from bot.flows.background import Background
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.fleet import Kept, Known, Stored
from bot.turns import behind, in_turns

SPARED = 500
"""Judgements made before the garbage collector is told again; fewer cost it little."""


@dataclass(eq=False)
class Fleet:
    """Follows the store instance by instance. Everything here raises `StoreUnavailable`.

    This process's own writes are applied directly; those of other processes are read from the store. Instances change
    one at a time; readers see the earlier state meanwhile.
    """

    db: Database
    catalog: Callable[[], Catalog]
    clock: Clock
    background: Background
    judging: Judging = field(init=False)
    _known: dict[str, Known] = field(default_factory=dict, init=False)
    _observed: dict[str, Observations] = field(default_factory=dict, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _settling: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _taking: str | None = field(default=None, init=False)
    """The instance being applied now."""
    _spared: int = field(default=0, init=False)
    """Number of judgements made at the last `_spare`."""

    def __post_init__(self) -> None:
        self.judging = Judging(self.catalog)

    async def judged(self) -> Judged:
        """The fleet as it is in the store."""
        revisions = await self.db.read(lambda store: store.fleet.revisions())
        if self._is_behind(revisions):
            await self._follow()
        return self.judging.judged

    def _is_behind(self, revisions: dict[str, int]) -> bool:
        known = {name: known.revision for name, known in self._known.items()}
        return known != revisions and any(
            name != self._taking and known.get(name) != revisions.get(name) for name in known.keys() | revisions.keys()
        )

    async def _follow(self) -> None:
        """Apply the writes of other processes; at the start, everything."""
        first = not self._known
        async with self._turn:
            revisions = await self.db.read(lambda store: store.fleet.revisions())
            if gone := self._known.keys() - revisions.keys():
                self.judging.drop(gone)
                for name in gone:
                    del self._known[name]
            for name, revision in sorted(revisions.items()):
                if name not in self._known or self._known[name].revision != revision:
                    await self._load(name)
        if first:
            await self.settle()
        else:
            self._settle_soon()

    async def _load(self, name: str) -> None:
        def read(store: Store) -> tuple[Stored, Observations]:
            return store.fleet.stored(name), store.observed.of(name)

        stored, observed = await self.db.read(read)
        known = await in_turns(stored.known(self._known.get(name)))
        if self._observed.get(name) != observed:
            self._observed[name] = observed
        await self._take(known)

    async def _take(self, known: Known) -> None:
        observed = self._observed.get(known.reading.name, NOTHING)
        await in_turns(self.judging.put(known.reading, observed, self.clock.now().date()))
        self._known[known.reading.name] = known
        self._spare()

    async def settle(self) -> None:
        """Wait until changes in some instances are judged in all others."""
        async with self._settling:
            while self.judging.unsettled:
                async with behind(), self._turn:
                    if self.judging.unsettled:
                        await in_turns(self.judging.settle())
                        self._spare()

    def _settle_soon(self) -> None:
        """Judge the other instances in the background: a question about one instance does not wait for them."""
        if self.judging.unsettled and not self._settling.locked():
            self.background.spawn(self.settle(), "judging what other instances show")

    def _spare(self) -> None:
        """Exclude the fleet from garbage collection: it has no cycles, and scanning 100,000 models holds the loop 0.4
        s.
        """
        if self.judging.made - self._spared > SPARED:
            self._spared = self.judging.made
            gc.collect(1)
            gc.freeze()

    async def reading(self, name: str) -> InstanceReading:
        """The last reading of one instance."""
        return (await self.judged()).readings.get(name) or InstanceReading(name, "cloud")

    async def keep(self, name: str, work: Callable[[Store, Known], Sequence[Kept]], *, waits: bool = True) -> bool:
        """Write a change of one instance and apply it. *work* gets what was known before.

        *waits*: a person waits for it. Returns whether anything was kept.
        """
        async with nullcontext() if waits else behind(), self._turn:
            self._taking = name
            try:
                known = self._known.get(name) or Known(InstanceReading(name, "cloud"))
                kept = await self.db.write(lambda store: work(store, known))
                if not kept:
                    return False
                if (now := kept[-1].known) is None:
                    await self._load(name)
                elif now.revision != known.revision:
                    await self._take(now)
            finally:
                self._taking = None
        self._settle_soon()
        return True
