"""Starting: what was approved must still be what would be done, or nothing is started."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.domain.plans import NoPlan, WhyNot, differences
from bot.domain.runs import Run, RunState, StepState
from bot.errors import ChatError, Refusal, ServiceError
from bot.flows.deciding import Decisions
from bot.flows.freezes import Pauses
from bot.flows.inventory import Inventory
from bot.flows.requests import Requests
from bot.messages.refusals import no_plan, not_as_approved
from bot.messages.text import unescaped
from bot.ports import Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

LATER = timedelta(seconds=15)
"""When an approved run is taken up again whose model is busy or whose instance does not answer."""


class Starter:
    """Takes approved runs to their first step."""

    def __init__(
        self, db: Database, inventory: Inventory, requests: Requests, decisions: Decisions, pauses: Pauses, clock: Clock
    ) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._requests = requests
        self._decisions = decisions
        self._pauses = pauses
        self._clock = clock
        self._later: dict[int, datetime] = {}

    def due(self, run: Run, now: datetime) -> bool:
        """Whether an approved run is to be taken up now: no freeze, window or later time holds it back."""
        return self._later.get(run.id, now) <= now and self._pauses.wait(run, now) is None

    def rest(self, run: Run, until: datetime) -> None:
        """Leaves an approved run alone for a while."""
        self._later[run.id] = until

    async def start(self, run: Run) -> None:
        """Reads the model again: what was approved, and by whom, must still be what would be done."""
        now = self._clock.now()
        done = sum(1 for record in run.steps if record.state is StepState.DONE)
        try:
            if not await self._decisions.still_enough(run):
                self._move(run, RunState.CHANGED, not_as_approved(run.plan, None))
                return
            prepared = await self._requests.prepare_again(run.plan)
        except ServiceError as error:
            await self._inventory.lost(run.plan.model.instance, error)
            self._later[run.id] = now + LATER
            return
        except ChatError as error:
            log.warning("request %s waits until Slack says who approved it: %s", run.id, error.text)
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
            self._move(run, RunState.CHANGED, unescaped(no_plan(outlook)))
            return
        if differences(run.plan, outlook, done):
            self._move(run, RunState.CHANGED, not_as_approved(run.plan, outlook))
            return
        with self._store.transaction():
            if self._store.runs.move(run.id, RunState.APPROVED, RunState.RUNNING, now, by="retune"):
                self._store.journal.schedule(run.id, done + 1, now)
        self._later.pop(run.id, None)

    def _move(self, run: Run, state: RunState, outcome: str) -> None:
        self._store.runs.move(run.id, run.state, state, self._clock.now(), by="retune", outcome=outcome)
        self._later.pop(run.id, None)
