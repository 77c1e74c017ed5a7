"""The runner: carries out approved requests. Only what is proven is done.

Each pass handles what is due and nothing else; with nothing due it calls no one and writes nothing. After a crash the
same pass continues: a step in state `starting` is checked first, and sent again only if nothing began.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args

from bot.domain.fleet import IN_PROGRESS, Kind, Model, Ref
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.polls import AT_ONCE, Turn, one_by_one
from bot.domain.proof import Progress, began, observe, proven
from bot.domain.requests import Request
from bot.domain.runs import Run, StepRecord, StepState
from bot.errors import Refusal, ServiceError, StoreUnavailable
from bot.flows.background import Background
from bot.flows.freezes import Freezes
from bot.flows.inventory import Inventory
from bot.flows.sending import Sender, running
from bot.flows.starting import Starter
from bot.flows.telling import Teller
from bot.flows.troubles import Troubles
from bot.log_context import about, scoped
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database
from bot.tally import Tally

log = logging.getLogger(__name__)

BROKEN = timedelta(minutes=1)
"""Pause for a run after an unexpected failure, or if its instance is not configured."""

Due = tuple[tuple[Turn, ...], list[tuple[Request, Run]]]
"""What is due now: steps, and queued runs whose turn it is."""


@dataclass(eq=False)
class Runner:
    """Handles what is due, one task for each instance."""

    db: Database
    inventory: Inventory
    starter: Starter
    sender: Sender
    freezes: Freezes
    teller: Teller
    clock: Clock
    background: Background
    tally: Tally
    _active: set[str] = field(default_factory=set, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(log, "runs of %s wait: %s", "runs of %s go on"), init=False
    )

    def due(self, store: Store) -> Due:
        """What is due now. Runs on the store's thread."""
        now = self.clock.now()
        return self._turns(store, now), self.starter.due(store, now)

    def _turns(self, store: Store, now: datetime) -> tuple[Turn, ...]:
        """The due steps, and other steps whose models are in the same readings: these then share the next reading too.

        So each instance and kind is read once per poll interval, whenever its runs began.
        """
        due = store.journal.due(now)
        looks = {_place(turn) for turn in due if turn.look}
        soon = {
            turn for kind in {kind for _, kind in looks} for turn in store.journal.due(now + self.sender.every(kind))
        }
        along = [turn for turn in soon.difference(due) if turn.look and _place(turn) in looks]
        return (*due, *sorted(along, key=lambda turn: turn.run))

    def take_up(self, due: Due) -> None:
        """Start a task for each instance with something due and no task yet."""
        steps: defaultdict[str, list[Turn]] = defaultdict(list)
        for turn in due[0]:
            steps[_place(turn)[0]].append(turn)
        starts: defaultdict[str, list[tuple[Request, Run]]] = defaultdict(list)
        for request, starting in due[1]:
            starts[starting.plan.model.instance].append((request, starting))
        for instance in {*steps, *starts} - self._active:
            self._active.add(instance)
            self.background.spawn(self._work(instance, steps[instance], starts[instance]), f"runs of {instance}")

    async def _work(self, instance: str, due: list[Turn], starts: list[tuple[Request, Run]]) -> None:
        about(instance=instance)
        try:
            begun = [run.id for request, run in starts if await self._start(request, run)]
            seen = await self._look(instance, {turn.model for turn in due if turn.look})
            for turn in due:
                gone = turn.model in seen and seen[turn.model] is None
                await self._advance(turn.run, seen.get(turn.model), gone=gone)
                await asyncio.sleep(0)  # thirty that end together take thirty turns of the loop
            for run in begun:
                await self._advance(run, None)
            self._troubles.end(instance)
        except Refusal as error:  # the instance was removed from the settings: nothing is lost, it may come back
            self._troubles.begin(instance, error.text)
            for turn in due:
                await self._rest(turn.run)
        finally:
            self._active.discard(instance)
            # In a task of its own: if Slack is slow, the next reading of the service is still on time.
            self.background.spawn(self.teller.tell_all(), "telling")

    @scoped
    async def _start(self, request: Request, run: Run) -> bool:
        """Start one run; a failure delays only this run."""
        about(request=request.id, run=run.id)
        try:
            return await self.starter.start(request, run)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("request %s broke before it started; it is taken up again in %s", request.id, BROKEN)
            self.starter.rest(run, self.clock.now() + BROKEN)
            return False

    @scoped
    async def _advance(self, id: int, seen: Model | None, *, gone: bool = False) -> None:
        """Advance the current step of a run as far as possible now; a failure delays only this run."""
        about(run=id)
        try:
            while True:
                run, frozen = await self.db.read(lambda store: self._state(store, id))
                if run is None or run.current is None:
                    break
                about(request=run.request)
                if not await self._step(run, run.current, seen, frozen, gone=gone):
                    break
                seen = None
            if run is not None:
                self.teller.want(run.request)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("run %s broke; it is taken up again in %s", id, BROKEN)
            await self._rest(id)

    async def _rest(self, run: int) -> None:
        until = self.clock.now() + BROKEN

        def write(store: Store) -> None:
            found = running(store, run)
            if found is not None and found.current is not None:
                store.journal.schedule(run, found.current.number, until)

        await self.db.write(write)

    async def _look(self, instance: str, refs: set[str]) -> dict[str, Model | None]:
        """Read the due models: a deleted one is None, one that could not be read is missing."""
        reader = self.inventory.reader
        seen: dict[str, Model | None] = {}
        gate = asyncio.Semaphore(AT_ONCE)

        async def look(ref: str) -> None:
            self.tally.polls[instance, Ref.parse(ref).kind] += 1
            try:
                async with gate:
                    seen[ref] = await reader.look(Ref.parse(ref))
            except ServiceError as error:
                await self.inventory.lost(instance, error)

        for kind in get_args(Kind):
            wanted = {ref for ref in refs if Ref.parse(ref).kind == kind}
            if not one_by_one(len(wanted), reader.sizes.get((instance, kind))):
                self.tally.polls[instance, kind] += 1
                try:
                    listed = await reader.models(instance, kind)
                    seen.update({model.ref: model for model in listed if model.ref in wanted})
                except ServiceError as error:
                    await self.inventory.lost(instance, error)
                    continue
            alone = sorted(wanted - seen.keys())  # and those that the list lacks
            if len(alone) == 1:
                await look(alone[0])
            else:
                await asyncio.gather(*map(look, alone))
        await self.inventory.saw(instance, [model for model in seen.values() if model is not None])
        return seen

    def _state(self, store: Store, id: int) -> tuple[Run | None, datetime | None]:
        """A running run, and until when a freeze delays its next step."""
        run = running(store, id)
        if run is None or run.current is None:
            return run, None
        freeze = self.freezes.of_step(store, run.current.step.ref, self.clock.now())
        return run, freeze.until if freeze else None

    async def _step(
        self, run: Run, record: StepRecord, seen: Model | None, frozen: datetime | None, *, gone: bool
    ) -> bool:
        """Handle the current step once; true if there is more to do at once."""
        if gone:
            return await self.sender.fail(run, record, Outcome(StepEnd.DELETED))
        if record.state is StepState.PLANNED:
            if record.unanswered and seen is not None and began(record, seen):
                return await self.sender.begun(record, seen)  # the request we gave up on arrived after all
            if run.cancelled_by is not None and record.unanswered:  # not sent again, but it may still arrive
                return await self.sender.fail(run, record, Outcome(StepEnd.UNCLEAR))
            if run.cancelled_by is not None:  # its request was not taken, so the service has nothing of it
                return await self.sender.cancelled(run)
            if frozen is not None:
                return await self.sender.look_again(record, min(frozen, self.sender.next(record)))
            return await self.sender.begin(run, record)
        if seen is None:
            return await self.sender.look_again(record)
        now = self.clock.now()
        match observe(record, seen, now):
            case Progress.DONE:
                return await self.sender.done(run, record, proven(record, seen))
            case Progress.BEGUN:
                return await self.sender.begun(record, seen)
            case Progress.UNCHANGED:
                when = self.sender.next(record)
                await self.db.write(lambda store: store.journal.look_once_more(record, when))
                return False
            case Progress.NOT_STARTED:
                await self.db.write(lambda store: store.journal.not_begun(record, now))
                return True
            case Progress.UNCLEAR:
                when = self.sender.next(record)
                await self.db.write(lambda store: store.journal.unclear(record, now, when))
                return False
            case Progress.NO_EFFECT:
                end = self.sender.done if record.step.may_be_refused else self.sender.fail
                return await end(run, record, Outcome(StepEnd.UNCHANGED, status=seen.status))
            case Progress.FAILED:
                broken = Outcome(StepEnd.BROKEN, status=seen.status, detail=seen.error)
                return await self.sender.fail(run, record, broken)
            case _:
                return await self.sender.look_again(record, busy=seen.status in IN_PROGRESS)


def _place(turn: Turn) -> tuple[str, Kind]:
    ref = Ref.parse(turn.model)
    return ref.instance, ref.kind
