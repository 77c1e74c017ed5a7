"""Starting: an approved plan must still be the right one, or nothing is started."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta

from bot.domain.holds import Holds, held
from bot.domain.outcomes import Cause, CauseKind
from bot.domain.requests import Request, startable
from bot.domain.runs import Run, RunState
from bot.errors import ChatError, ServiceError
from bot.flows.deciding import Decisions
from bot.flows.freezes import Freezes
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.flows.planning import Planning, Validity
from bot.flows.rests import Rests
from bot.flows.troubles import Troubles
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)

PART = 100
"""Runs left out in one transaction."""

LATER = timedelta(seconds=15)
"""Pause before an approved run is tried again whose model is busy or whose instance does not answer."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One version of a request, and the runs whose turn it was."""

    version: int
    request: Request
    runs: tuple[Run, ...]


@dataclass(eq=False)
class Starter:
    """Takes queued runs to their first step, one after the other, at most *parallel* on each instance."""

    db: Database
    inventory: Inventory
    planning: Planning
    decisions: Decisions
    freezes: Freezes
    holds: HoldBook
    clock: Clock
    _: KW_ONLY
    parallel: int
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(
            log, "request %s waits until Slack says who approved it: %s", "request %s waits for Slack no more"
        ),
        init=False,
    )
    _later: Rests = field(default_factory=Rests, init=False)
    _turns: dict[int, _Turn] = field(default_factory=dict, init=False)
    """By request: whose turn it was at the last reading."""

    def due(self, store: Store, now: datetime) -> list[tuple[Request, Run]]:
        """The queued runs that may start now: it is their turn and nothing delays them. Runs on the store's thread."""
        queued = store.requests.queued()
        self._turns = {id: turn for id, turn in self._turns.items() if turn.version == queued.get(id)}
        for id in queued.keys() - self._turns.keys():
            # A waiting request is read once: later rings cost nothing, however many runs it has.
            request = store.requests.get(id)
            assert request is not None
            self._turns[id] = _Turn(request.version, request, startable(request, self.parallel))
        return [
            (turn.request, run)
            for turn in map(self._turns.__getitem__, queued)
            for run in turn.runs
            if self._later.may(now, run.id) and self.freezes.wait(store, turn.request, run, now) is None
        ]

    def rest(self, run: Run, until: datetime) -> None:
        """Pause a queued run."""
        self._later.rest(until, run.id)

    async def start(self, request: Request, run: Run) -> bool:
        """Read the model again: the approved plan and its approvals must still hold. False if nothing was started."""
        instance, now = run.plan.model.instance, self.clock.now()
        if await self.db.read(lambda store: store.runs.running(instance)) >= self.parallel:
            return False
        try:
            found = await self.planning.still_holds(run)
            # Slack is asked last: nothing slow comes between this answer and the start.
            if not (found.later or found.cause or await self.decisions.still_enough(request)):
                await self._leave_out(request, Cause(CauseKind.POLICY))
                return False
        except ServiceError as error:
            await self.inventory.lost(instance, error)
            found = Validity(later=True)
        except ChatError as error:
            self._troubles.begin(str(request.id), error.text)
            found = Validity(later=True)
        else:
            self._troubles.end(str(request.id))
        if found.later:
            self.rest(run, now + LATER)
            return False
        if found.cause is not None:
            await self._leave_out(request, found.cause, run)
            return False
        begun, holding = self.clock.now(), await self.holds.reader()
        return await self.db.write(lambda store: self._begin(store, request.id, run.id, holding(store), begun))

    def _begin(self, store: Store, request: int, run: int, holds: Holds, now: datetime) -> bool:
        """The last check before it runs, whatever happened while the model was read."""
        fresh = store.requests.get(request)
        turn = startable(fresh, self.parallel) if fresh else ()
        mine = next((one for one in turn if one.id == run), None)
        if fresh is None or mine is None or self.freezes.wait(store, fresh, mine, now) is not None:
            return False
        if stopped := held(mine.plan, holds):
            _leave_out(store, fresh, [mine], Cause(CauseKind.ON_HOLD, held=stopped), now)
            return False
        if not store.requests.move_run(fresh, mine, RunState.RUNNING, now, by="retune"):
            return False
        store.journal.schedule(run, mine.done + 1, now)
        return True

    async def _leave_out(self, request: Request, cause: Cause, run: Run | None = None) -> None:
        """Leave out one run, or all queued ones: a few at a time, because each has its row in the audit."""
        now = self.clock.now()

        def write(store: Store) -> bool:
            fresh = store.requests.get(request.id)
            queued = [one for one in fresh.runs if one.state is RunState.QUEUED] if fresh else []
            wanted = [one for one in queued if run is None or one.id == run.id]
            if fresh is not None and wanted:
                _leave_out(store, fresh, wanted[:PART], cause, now)
            return len(wanted) > PART

        more = True
        while more:
            more = await self.db.write(write)
            await asyncio.sleep(0)


def _leave_out(store: Store, request: Request, runs: Sequence[Run], cause: Cause, now: datetime) -> None:
    """A retried run goes back to failed."""
    states = [(run, RunState.FAILED if run.retries else RunState.LEFT_OUT, cause) for run in runs]
    store.requests.move_runs(request, states, now, by="retune")
