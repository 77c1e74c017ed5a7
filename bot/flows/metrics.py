"""The figures behind the metrics: read when somebody asks, from memory and by indexes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.verdicts import Risk, Verdict
from bot.flows.worker import LEASE, Worker
from bot.store import Store
from bot.store.metrics import Ended, Standing

LAG = timedelta(seconds=3)
"""An ending is counted so much later: it is dated before it is written, and a write may wait two seconds."""

PATIENCE = 1.0
"""Seconds that the database has for an answer to a probe."""

FRESH = 1.0
"""Seconds for which figures are used again."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is true of requests, models and announcements. Times in UTC.

    *read_at*: the last good reading of each instance. *late*: since when an announcement is due.
    """

    at: datetime
    standing: Standing
    ended: Ended
    models: Mapping[tuple[Verdict, Risk], int]
    read_at: Mapping[str, datetime | None]
    late: datetime | None
    leads: bool


@dataclass(eq=False)
class Gauges:
    """Reads the figures of one bot. What ended is counted from its start on."""

    worker: Worker
    _ended: Ended = field(default_factory=Ended, init=False)
    _last: Figures | None = field(default=None, init=False)
    _last_at: float = field(default=0.0, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self._clock = self.worker.flows.clock
        self._until = self._clock.now() - LAG

    async def probe(self) -> None:
        """Ask the database anything. Raises `StoreUnavailable` if it does not answer."""
        await self.worker.flows.db.read(lambda store: store.leases.holder(LEASE), deadline=PATIENCE)

    async def figures(self) -> Figures:
        """The figures of now, or of a second ago. Raises `StoreUnavailable`."""
        async with self._turn:
            now = self._clock.steady()
            if self._last is None or now - self._last_at > FRESH:
                self._last, self._last_at = await self._read(), now
            return self._last

    async def _read(self) -> Figures:
        flows, now = self.worker.flows, self._clock.now()
        judged = await flows.inventory.judged()
        since, until = self._until, now - LAG

        def work(store: Store) -> tuple[Standing, Ended, datetime | None]:
            new = store.metrics.ended(since, until, judged.readings) if until > since else Ended()
            return store.metrics.standing(), new, flows.announcer.late(store, now)

        standing, new, late = await flows.db.read(work)
        self._until = until  # also when the clock was set back: nothing counts twice
        self._ended.requests.update(new.requests)
        self._ended.runs.update(new.runs)
        return Figures(
            at=now,
            standing=standing,
            ended=Ended(Counter(self._ended.requests), Counter(self._ended.runs)),
            models=dict(judged.counts),
            read_at={name: reading.read_at for name, reading in judged.readings.items()},
            late=late,
            leads=self.worker.leads,
        )
