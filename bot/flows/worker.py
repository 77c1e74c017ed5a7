"""The worker: what one process at a time does by itself, in this order, whenever the alarm rings."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.flows.parts import Flows

log = logging.getLogger(__name__)

LEASE = "worker"
SPAN = timedelta(seconds=10)
"""How long a crashed process keeps its work from another one."""


class Worker:
    """Holds the lease and rings everybody awake. Starting after a crash is just the first ring."""

    def __init__(self, flows: Flows, *, holder: str, inventory_every: timedelta) -> None:
        self._flows = flows
        self._holder = holder
        self._every = inventory_every
        self._read_at: datetime | None = None
        self._at_work = False

    def ring(self) -> None:
        """Takes up what is due. Cheap when nothing is: a few reads, no writes, nobody called."""
        flows = self._flows
        now = flows.clock.now()
        if flows.viewers.changed():
            flows.background.spawn(flows.viewers.refresh(), "App Home of those who look")
        if not flows.store.leases.hold(LEASE, self._holder, now, SPAN):
            self._at_work = False
            return
        if not self._at_work:
            self._at_work = True
            log.info("this process does the work now")
            self.catch_up()
        flows.decisions.ring()
        flows.pauses.ring(now)
        flows.campaigns.ring()
        flows.runner.pass_on()
        if unwatched := flows.store.votes.unwatched():
            flows.background.spawn(self._look_for_voters(unwatched), "who can approve")
        if flows.teller.due():
            flows.background.spawn(flows.teller.tell_all(), "telling")
        if flows.snoozer.due():
            flows.background.spawn(flows.snoozer.ring(), "the end of snoozes")
        if flows.store.campaigns.untold():
            flows.background.spawn(flows.campaign_teller.tell_all(), "telling campaigns")
        if flows.announcer.due():
            flows.background.spawn(self.announce(), "announcement")
        if flows.announcer.living.due():
            flows.background.spawn(flows.announcer.living.ring(), "living card")
        if flows.prober.due():
            flows.background.spawn(flows.prober.ring(), "observation")
        if self._read_at is None or now - self._read_at >= self._every:
            self._read_at = now
            flows.background.spawn(self._read(), "inventory")
        elif flows.noticer.due():
            flows.background.spawn(flows.noticer.ring(), "changes")

    async def _read(self) -> None:
        flows = self._flows
        await flows.inventory.refresh()
        await flows.noticer.ring()

    async def _look_for_voters(self, runs: list[int]) -> None:
        flows = self._flows
        for run_id in runs:
            run = flows.store.runs.get(run_id)
            if run is not None:
                await flows.requests.look_for_voters(run)

    async def announce(self) -> None:
        """Publishes the slot that is due, if this process does the work."""
        flows = self._flows
        if flows.store.leases.hold(LEASE, self._holder, flows.clock.now(), SPAN):
            await flows.announcer.publish_due()

    def catch_up(self) -> None:
        """Says late, once, what was due while no process did the work."""
        flows = self._flows
        flows.background.spawn(self.announce(), "missed announcement")

    def leave(self) -> None:
        """Gives the lease back, so that another process goes on at once."""
        flows = self._flows
        flows.store.leases.release(LEASE, self._holder)
