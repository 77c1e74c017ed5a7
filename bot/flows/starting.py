"""Starting: what was approved must still be what would be done, or nothing is started."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.plans import NoPlan, WhyNot, still_holds
from bot.domain.runs import Run, RunState
from bot.errors import Refusal, ServiceError
from bot.flows.inventory import Inventory
from bot.flows.requests import Requests
from bot.messages.refusals import no_plan
from bot.ports import Clock
from bot.store import Store

LATER = timedelta(seconds=15)
"""When an approved run is taken up again whose model is busy or whose instance does not answer."""


class Starter:
    """Takes approved runs to their first step."""

    def __init__(self, store: Store, inventory: Inventory, requests: Requests, clock: Clock) -> None:
        self._store = store
        self._inventory = inventory
        self._requests = requests
        self._clock = clock
        self._later: dict[int, datetime] = {}

    def due(self, run: Run, now: datetime) -> bool:
        """Whether an approved run is to be taken up now."""
        return self._later.get(run.id, now) <= now

    async def start(self, run: Run) -> None:
        """Reads the model again: what was approved must still be what would be done."""
        now = self._clock.now()
        try:
            prepared = await self._requests.prepare_again(run.plan)
        except ServiceError as error:
            self._inventory.lost(run.plan.model.instance, error)
            self._later[run.id] = now + LATER
            return
        except Refusal as error:
            self._move(run, RunState.CHANGED, error.text)
            return
        outlook = prepared.outlook
        if isinstance(outlook, NoPlan):
            if outlook.reason in (WhyNot.BUSY, WhyNot.PROCESSING):
                self._later[run.id] = now + LATER
                return
            self._move(run, RunState.CHANGED, no_plan(outlook))
            return
        if not still_holds(run.plan, outlook):
            text = "Its versions or steps are not those that were approved. Ask again to decide on the new plan."
            self._move(run, RunState.CHANGED, text)
            return
        with self._store.transaction():
            if self._store.runs.move(run.id, RunState.APPROVED, RunState.RUNNING, now, by="retune"):
                self._store.runs.schedule(run.id, 1, now)
        self._later.pop(run.id, None)

    def _move(self, run: Run, state: RunState, outcome: str) -> None:
        self._store.runs.move(run.id, run.state, state, self._clock.now(), by="retune", outcome=outcome)
        self._later.pop(run.id, None)
