"""The worker: what one process at a time does by itself, in this order, whenever the alarm rings."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.flows.announcements import Announcer
from bot.flows.background import Background
from bot.flows.deciding import Decisions
from bot.flows.inventory import Inventory
from bot.flows.noticing import Noticer
from bot.flows.pausing import Pauses
from bot.flows.probing import Prober
from bot.flows.requests import Requests
from bot.flows.runner import Runner
from bot.flows.snoozing import Snoozer
from bot.flows.telling import Teller
from bot.flows.viewers import Viewers
from bot.ports import Clock
from bot.store import Store

log = logging.getLogger(__name__)

LEASE = "worker"
SPAN = timedelta(seconds=10)
"""How long a crashed process keeps its work from another one."""


class Worker:
    """Holds the lease and rings everybody awake. Starting after a crash is just the first ring."""

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        requests: Requests,
        decisions: Decisions,
        pauses: Pauses,
        runner: Runner,
        teller: Teller,
        announcer: Announcer,
        prober: Prober,
        viewers: Viewers,
        noticer: Noticer,
        snoozer: Snoozer,
        clock: Clock,
        background: Background,
        *,
        holder: str,
        inventory_every: timedelta,
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._requests = requests
        self._decisions = decisions
        self._pauses = pauses
        self._runner = runner
        self._teller = teller
        self._announcer = announcer
        self._prober = prober
        self._viewers = viewers
        self._noticer = noticer
        self._clock = clock
        self._background = background
        self._holder = holder
        self._every = inventory_every
        self._snoozer = snoozer
        self._read_at: datetime | None = None
        self._at_work = False

    def ring(self) -> None:
        """Takes up what is due. Cheap when nothing is: a few reads, no writes, nobody called."""
        now = self._clock.now()
        if self._viewers.changed():
            self._background.spawn(self._viewers.refresh(), "App Home of those who look")
        if not self._store.leases.hold(LEASE, self._holder, now, SPAN):
            self._at_work = False
            return
        if not self._at_work:
            self._at_work = True
            log.info("this process does the work now")
            self.catch_up()
        self._decisions.ring()
        self._pauses.ring(now)
        self._runner.pass_on()
        if unwatched := self._store.runs.unwatched():
            self._background.spawn(self._look_for_voters(unwatched), "who can approve")
        if self._store.runs.untold():
            self._background.spawn(self._teller.tell_all(), "telling")
        if lapsed := self._snoozer.lapse():
            self._background.spawn(self._snoozer.say(lapsed), "the end of snoozes")
        if self._announcer.due():
            self._background.spawn(self.announce(), "announcement")
        if self._announcer.living.due():
            self._background.spawn(self._announcer.living.ring(), "living card")
        if self._prober.due():
            self._background.spawn(self._prober.ring(), "observation")
        if self._read_at is None or now - self._read_at >= self._every:
            self._read_at = now
            self._background.spawn(self._read(), "inventory")
        elif self._noticer.due():
            self._background.spawn(self._noticer.ring(), "changes")

    async def _read(self) -> None:
        await self._inventory.refresh()
        await self._noticer.ring()

    async def _look_for_voters(self, runs: list[int]) -> None:
        for run_id in runs:
            run = self._store.runs.get(run_id)
            if run is not None:
                await self._requests.look_for_voters(run)

    async def announce(self) -> None:
        """Publishes the slot that is due, if this process does the work."""
        if self._store.leases.hold(LEASE, self._holder, self._clock.now(), SPAN):
            await self._announcer.publish_due()

    def catch_up(self) -> None:
        """Says late, once, what was due while no process did the work."""
        self._background.spawn(self.announce(), "missed announcement")

    def leave(self) -> None:
        """Gives the lease back, so that another process goes on at once."""
        self._store.leases.release(LEASE, self._holder)
