"""Sending: one step's request to the service. Journal, effect, journal; and it is never sent twice blindly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain.fleet import IDLE, IN_PROGRESS, Kind, Model, Ref
from bot.domain.outcomes import Outcome, StepEnd, fault_of
from bot.domain.plans import Action
from bot.domain.proof import already_there, began
from bot.domain.runs import MAX_ATTEMPTS, Run, RunState, StepRecord, StepState
from bot.errors import (
    AnswerUnreadable,
    CredentialsRefused,
    ModelBusy,
    ModelDenied,
    ModelGone,
    OutcomeUnknown,
    PlanRefused,
    Refusal,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
    StoreUnavailable,
)
from bot.flows.freezes import Freezes
from bot.flows.inventory import Inventory
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE = 0.5
"""Seconds between two tries to write what an answer said."""

NOT_MODIFIED = "No input data modified since last training"
"""The one answer after which the second upgrade of an acoustic model is repeated with `force=true`
("Upgrading a custom acoustic model", note)."""

CONTRADICTIONS = (CredentialsRefused, PlanRefused, ModelDenied, ModelGone)
"""Refusals that contradict the reading of the same model a moment before."""

BELIEVED = 3
"""How often such a refusal must come before it is believed."""


@dataclass(eq=False)
class Sender:
    """Begins steps, and ends them: with their proof, as not needed, or as failed."""

    db: Database
    inventory: Inventory
    freezes: Freezes
    clock: Clock
    polls: Mapping[Kind, float]
    """Seconds between two looks at a model that the service works on."""

    def next(self, record: StepRecord) -> datetime:
        """When to look at a step's model again."""
        return self.clock.now() + self._poll(record)

    def every(self, kind: Kind) -> timedelta:
        """The time between two looks at a model of that kind."""
        return timedelta(seconds=self.polls[kind])

    def _poll(self, record: StepRecord) -> timedelta:
        return self.every(Ref.parse(record.step.ref).kind)

    async def look_again(self, record: StepRecord, at: datetime | None = None, *, busy: bool = False) -> bool:
        """Writes when to look next, and that the service was seen working. Always false: nothing more to do now."""
        when = at or self.next(record)
        await self.db.write(lambda store: store.journal.look_again(record, when, busy=busy))
        return False

    async def begin(self, run: Run, record: StepRecord) -> bool:
        """Reads the model and sends the step's request, unless it is not needed; true when the step is over."""
        step, ref = record.step, Ref.parse(record.step.ref)
        try:
            seen = await self.inventory.look(ref)
        except Refusal:
            return await self.fail(run, record, Outcome(StepEnd.NOT_CONFIGURED))
        except ServiceError as error:
            await self.inventory.lost(ref.instance, error)
            return await self.look_again(record)
        if seen is None:
            return await self.fail(run, record, Outcome(StepEnd.DELETED))
        if record.unanswered and began(record, seen):  # the request that was given up arrived after all
            return await self.begun(record, seen)
        if (step.only_if_needed and seen.newest != run.plan.have) or already_there(step, seen, run.plan.target):
            return await self.done(run, record, Outcome(StepEnd.ALREADY_THERE, seen.newest, seen.status))
        if step.action is Action.TRAIN and seen.status == "available":
            # An available model must never be trained without force: a refusal can turn it to `failed`.
            return await self.done(run, record, Outcome(StepEnd.NOT_NEEDED, status=seen.status))
        if step.action is Action.AWAIT_CHANGE:
            now = self.clock.now()
            when = now if seen.status == "ready" else self.next(record)
            await self.db.write(lambda store: store.journal.wait(record, now, when))
            return False
        if seen.status in IN_PROGRESS:
            return await self.look_again(record)
        if seen.status not in IDLE:
            return await self.fail(run, record, Outcome(StepEnd.WRONG_STATUS, status=seen.status))
        await self._send(run, record, seen, forced=step.action is Action.FORCE_TRAIN)
        return False

    async def begun(self, record: StepRecord, seen: Model) -> bool:
        """The service shows that it took a request whose answer proved nothing. Always false: look again later."""
        now, when, busy = self.clock.now(), self.next(record), seen.status in IN_PROGRESS
        await self.db.write(lambda store: store.journal.begun(record, now, when, busy=busy))
        return False

    async def _send(self, run: Run, record: StepRecord, seen: Model, *, forced: bool) -> None:
        """Intent, request, answer. Where no answer proves anything the intent stays, and the next looks settle it."""
        step, ref, now, when = record.step, Ref.parse(record.step.ref), self.clock.now(), self.next(record)

        def intend(store: Store) -> bool:
            """Also false when a freeze began, or somebody cancelled the rest, while the model was read."""
            found = running(store, run.id)
            if found is None:
                return False
            if found.cancelled_by is not None or self.freezes.of_step(store, step.ref, now) is not None:
                store.journal.look_again(record, when, busy=False)
                return False
            return store.journal.starting(record, seen, now, when, forced=forced)

        if not await self.db.write(intend, durable=True):
            return
        record = replace(record, state=StepState.STARTING, attempts=record.attempts + 1)
        service = self.inventory.service(ref.instance)
        try:
            receipt = await service.begin(
                step.action, ref.kind, ref.id, language_id=step.language_id, force=forced, lenient=step.lenient
            )
        except (OutcomeUnknown, AnswerUnreadable) as error:
            log.warning("request %s: %s", run.request, error.text)
            await self._unanswered(record, error)
        except ServiceError as error:
            if record.unanswered:
                # That this one was not taken says nothing of the earlier one: what the service shows decides.
                log.warning("request %s, sent again: %s", run.request, error.text)
                await self._unanswered(record, error)
            else:
                await self._not_taken(run, record, seen, error, forced=forced)
        else:
            answered, later = self.clock.now(), self.next(record)
            await self._noted(lambda store: store.journal.answered(record, receipt.transaction, answered, later))

    async def _not_taken(self, run: Run, record: StepRecord, seen: Model, error: ServiceError, *, forced: bool) -> None:
        """The request certainly had no effect, and none before it did."""
        action, detail = record.step.action, error.detail or ""
        if isinstance(error, ModelBusy | ServiceUnavailable) or (
            isinstance(error, CONTRADICTIONS) and record.attempts < BELIEVED
        ):
            await self._postpone(run, record, error)
        elif isinstance(error, ModelGone):
            await self.fail(run, record, _ended(StepEnd.DELETED, error))
        elif not isinstance(error, RequestRefused) or isinstance(error, CONTRADICTIONS):
            await self.fail(run, record, _ended(StepEnd.REFUSED, error))
        elif action is Action.UPGRADE_WITH_LANGUAGE and not forced and NOT_MODIFIED in detail:
            await self._repeat_forced(run, record, seen, error)
        else:
            end = self.done if record.step.may_be_refused else self.fail
            await end(run, record, _ended(StepEnd.REFUSED, error))

    async def _noted(self, work: Callable[[Store], T]) -> T:
        """Writes what an answer says, however long another process keeps the database locked.

        It is known only here: if it were forgotten, the looks might send the request once more.
        """
        while True:
            try:
                return await self.db.write(work, done=True)
            except StoreUnavailable as error:
                if not error.passing:
                    raise
            await asyncio.sleep(PAUSE)

    async def _unanswered(self, record: StepRecord, error: ServiceError) -> None:
        """Nothing is known: the next looks tell, and not before the service wants to be asked again."""
        now = self.clock.now()
        when = now + max(self._poll(record), timedelta(seconds=error.retry_after or 0))
        said = f"{error.status}" if error.status is not None else "no answer"
        await self._noted(lambda store: store.journal.unanswered(record, said, error.transaction, now, when))

    async def _repeat_forced(self, run: Run, record: StepRecord, seen: Model, error: ServiceError) -> None:
        now = self.clock.now()

        def refused(store: Store) -> Run | None:
            store.journal.not_taken(record, error.text, now, now)
            return running(store, run.id)

        again = await self._noted(refused)
        if again is not None and again.current is not None:
            await self._send(again, again.current, seen, forced=True)

    async def _postpone(self, run: Run, record: StepRecord, error: ServiceError) -> None:
        """The request had no effect: try again by itself, less and less often, and not for ever."""
        attempts = record.attempts
        if attempts >= MAX_ATTEMPTS:
            await self.fail(run, record, _ended(StepEnd.NOT_TAKEN, error))
            return
        asked = error.retry_after if isinstance(error, ServiceUnavailable) else None
        now = self.clock.now()
        when = now + max(self._poll(record) * attempts, timedelta(seconds=asked or 0))
        await self._noted(lambda store: store.journal.not_taken(record, error.text, now, when))

    async def done(self, run: Run, record: StepRecord, outcome: Outcome) -> bool:
        """Ends a step and goes on: to the next one, or to the end of the run. Always true."""
        now = self.clock.now()

        def write(store: Store) -> None:
            if (fresh := running(store, run.id)) is None:
                return
            if not store.journal.over(record, StepState.DONE, outcome, now):
                return  # another process sent it anew meanwhile, or somebody ended it
            if record.number == len(run.steps):
                store.requests.end_run(fresh, RunState.DONE, now, by="retune")
            elif fresh.cancelled_by is not None:
                store.requests.end_run(fresh, RunState.CANCELLED, now, by=fresh.cancelled_by)
            else:
                store.journal.schedule(run.id, record.number + 1, now)

        await self._noted(write)
        return True

    async def cancelled(self, run: Run) -> bool:
        """Ends a run that somebody cancelled, and of which nothing is with the service any more. Always false."""
        now = self.clock.now()

        def write(store: Store) -> None:
            if found := running(store, run.id):
                by = found.cancelled_by or "retune"
                store.requests.end_run(found, RunState.CANCELLED, now, by=by)

        await self.db.write(write)
        return False

    async def fail(self, run: Run, record: StepRecord, outcome: Outcome) -> bool:
        """Ends a step and its run as failed. Always false."""
        now = self.clock.now()

        def write(store: Store) -> None:
            if (found := running(store, run.id)) and store.journal.over(record, StepState.FAILED, outcome, now):
                store.requests.end_run(found, RunState.FAILED, now, by="retune")

        await self._noted(write)
        return False


def _ended(end: StepEnd, error: ServiceError) -> Outcome:
    return Outcome(end, detail=error.detail or "", fault=fault_of(error))


def running(store: Store, id: int) -> Run | None:
    """A run that is running now. Work for the store."""
    run = store.requests.run(id)
    return run if run is not None and run.state is RunState.RUNNING else None
