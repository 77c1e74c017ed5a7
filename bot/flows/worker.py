"""The worker: the work that one process at a time does by itself, in this order, at each ring."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.drift import Drift
from bot.domain.freezes import Freeze
from bot.domain.judged import Judged
from bot.domain.requests import Request
from bot.errors import StoreUnavailable
from bot.flows.parts import Flows
from bot.flows.rests import Rests
from bot.flows.runner import Due
from bot.flows.viewers import Publish
from bot.store import Store

log = logging.getLogger(__name__)

LEASE = "worker"
SPAN = timedelta(seconds=10)
"""A crashed process blocks its work for others this long."""

RING = 1.0
"""Seconds between two rings."""

LEAVING = 0.2
"""Seconds that releasing the lease may take: a stopping process has two for everything."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The work to do. *held*: whether this process has the lease, None if it must be written to know."""

    held: bool | None
    viewers: bool
    living: bool
    noticer: bool
    late: bool
    notices: bool
    thawed: tuple[Freeze, ...]
    due: Due
    unwatched: tuple[Request, ...]
    untold: bool
    words: bool


@dataclass(eq=False)
class Worker:
    """Holds the lease and runs all flows. Starting after a crash is just the first ring."""

    flows: Flows
    _: KW_ONLY
    holder: str
    inventory_every: timedelta
    publish: Publish
    """Publishes one person's App Home."""
    _reading: Rests = field(default_factory=Rests, init=False)
    _at_work: bool = field(default=False, init=False)
    _going: dict[str, asyncio.Task[Any]] = field(default_factory=dict, init=False)
    _set_at: float | None = field(default=None, init=False)
    """When the clock was set last, on the monotonic clock."""

    def __post_init__(self) -> None:
        self._outage = self.flows.background.outage
        clock = self.flows.clock
        self._drift = Drift(clock.now().timestamp(), clock.steady())

    async def run(self, woken: asyncio.Event, rung: Callable[[], None]) -> None:
        """Ring every second, and at once when *woken*, until cancelled; call *rung* after each.

        By the monotonic clock, so setting the time delays nothing. A ring begins after the last one has ended, and a
        failing ring does not end the loop.
        """
        broken = ""
        while True:
            woken.clear()
            try:
                await self.ring()
                broken = ""
            except Exception as error:
                if broken != (broken := repr(error)):  # log the same failure only once
                    log.exception("a ring broke; the next one tries again")
            rung()
            try:
                async with asyncio.timeout(RING):
                    await woken.wait()
            except TimeoutError:
                pass

    @property
    def leads(self) -> bool:
        """Whether this process had the lease when it last looked."""
        return self._at_work

    async def ring(self) -> None:
        """Do what is due. Cheap if nothing is: a few reads, no writes, no calls."""
        await self._outage.bear(self._ring())

    async def _ring(self) -> None:
        flows, now = self.flows, self.flows.clock.now()
        await self._follow(now)
        judged = await flows.inventory.judged()
        look = await flows.db.read(lambda store: self._look(store, judged, now))
        if look.viewers:
            self._spawn(flows.viewers.refresh(self.publish), "App Home of those who look")
        if flows.budgets.due():
            self._spawn(flows.budgets.note(), "what was over a budget")
        if not await self._hold(look.held, now):
            return
        if look.late:
            await flows.decisions.end_late()
        for freeze in look.thawed:
            await flows.freezes.end(freeze, "retune")
        flows.runner.take_up(look.due)
        if look.unwatched:
            self._spawn(self._look_for_voters(look.unwatched), "who can approve")
        if look.untold or look.late:
            flows.background.spawn(flows.teller.tell_all(), "telling")  # each takes up what no other has
        for wanted, work, what in (
            (look.notices, flows.notices.freezes, "freezes said"),
            (look.words, flows.words.settle, "words without an answer"),
            (flows.snoozer.due(), flows.snoozer.ring, "the end of snoozes"),
            (look.living, flows.living.ring, "living card"),
        ):
            if wanted:
                self._spawn(work(), what)
        if flows.sweeper.due():
            self._spawn(flows.sweeper.ring(), "sweeping")
        if flows.prober.due():
            self._spawn(flows.prober.ring(), "observation")
        if self._reading.may(now):
            self._reading.rest(now + self.inventory_every)
            self._spawn(self._read(), "inventory")
        elif again := flows.inventory.reader.due(now):
            self._spawn(self._read(again), "instances in trouble")
        elif look.noticer:
            self._spawn(flows.noticer.ring(), "changes")

    def _look(self, store: Store, judged: Judged, now: datetime) -> _Look:
        """Everything a ring needs to know, from one moment."""
        flows = self.flows
        return _Look(
            held=self._held(store, now),
            viewers=flows.viewers.due(store, judged),
            living=flows.living.due(store, judged),
            noticer=flows.noticer.due(store),
            late=flows.decisions.due(store, now),
            notices=flows.notices.due(store),
            thawed=flows.freezes.over(store, now),
            due=flows.runner.due(store),
            unwatched=store.requests.unwatched(),
            untold=flows.teller.due(store),
            words=flows.words.due(store),
        )

    async def _follow(self, now: datetime) -> None:
        """If the clock was set, shift the times of everything in progress, and the lease of the working process."""
        wall, steady = now.timestamp(), self.flows.clock.steady()
        if not (by := self._drift.by(wall, steady)):
            return
        await self.flows.db.write(lambda store: self._time_set(store, now, timedelta(seconds=by)))
        self._drift.noticed(wall, steady)
        self._set_at = steady

    def _time_set(self, store: Store, now: datetime, by: timedelta) -> None:
        if store.leases.holder(LEASE) == self.holder:
            store.leases.hold(LEASE, self.holder, now, SPAN)
            store.journal.time_set(by, now)
            store.messages.time_set(by, now)

    def _held(self, store: Store, now: datetime) -> bool | None:
        """As `Leases.held`, but setting the clock does not end another process's lease."""
        held = store.leases.held(LEASE, self.holder, now, SPAN)
        lately = self._set_at is not None and self.flows.clock.steady() - self._set_at < SPAN.total_seconds()
        if held is None and lately and store.leases.holder(LEASE) not in (None, self.holder):
            return False
        return held

    async def _hold(self, held: bool | None, now: datetime) -> bool:
        """Whether this process does the work. Writes to take the lease, and to notice the end of an outage."""
        if held is None or (held and self._outage.lasts):
            held = await self.flows.db.write(lambda store: self._take(store, now))
            self._outage.ends()
        if held and not self._at_work:
            log.info("this process does the work now")
        self._at_work = held
        return held

    def _take(self, store: Store, now: datetime) -> bool:
        held = store.leases.hold(LEASE, self.holder, now, SPAN)
        if held and not self._at_work:
            store.journal.not_ahead(now)
        return held

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Run it beside the rings; not while the same task is still running, however slow Slack or a service is."""
        going = self._going.get(name)
        if going is not None and not going.done():
            work.close()
        elif task := self.flows.background.spawn(work, name):
            self._going[name] = task

    async def _look_for_voters(self, unwatched: tuple[Request, ...]) -> None:
        for request in unwatched:
            await self.flows.requests.look_for_voters(request)

    async def _read(self, instances: Sequence[str] | None = None) -> None:
        await self.flows.inventory.refresh(instances)
        await self.flows.noticer.ring()

    def announce(self) -> None:
        """Start a due announcement if this process does the work."""
        self._spawn(self._announce(), "announcement")

    async def _announce(self) -> None:
        flows, now = self.flows, self.flows.clock.now()
        await self._follow(now)
        held = await flows.db.read(lambda store: self._held(store, now))
        if await self._hold(held, now):
            await flows.announcer.announce_due()

    async def leave(self) -> None:
        """Release the lease, so that another process continues at once; if that fails, the lease expires."""
        self._at_work = False
        try:
            await self.flows.db.write(lambda store: store.leases.release(LEASE, self.holder), deadline=LEAVING)
        except StoreUnavailable as error:
            log.warning("the work cannot be handed over: %s", error.cause)
