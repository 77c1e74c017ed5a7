"""The runner: carries approved runs out. Journal, effect, journal; and what is not proven is not done.

Each pass takes up what is due and nothing else, so a pass with nothing due calls nobody and writes nothing. After a
crash the same pass goes on: a step that was `starting` is settled by looking at the model, never by sending again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.fleet import IDLE, IN_PROGRESS, Kind, Model
from bot.domain.plans import Action
from bot.domain.runs import MAX_ATTEMPTS, Progress, Run, RunState, StepRecord, StepState, already_there, observe
from bot.errors import ModelBusy, ModelGone, OutcomeUnknown, Refusal, RequestRefused, ServiceError, ServiceUnavailable
from bot.flows.background import Background
from bot.flows.freezes import Pauses
from bot.flows.inventory import Inventory
from bot.flows.starting import Starter
from bot.flows.telling import Teller
from bot.messages import proof
from bot.ports import Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

NOT_MODIFIED = "No input data modified since last training"
"""The one answer after which the second upgrade of an acoustic model is repeated with `force=true`
("Upgrading a custom acoustic model", note)."""

BROKEN = timedelta(minutes=1)
"""How long a run rests in which something unexpected broke, or whose instance is not configured."""


class Runner:
    """Takes up what is due, one task for each instance."""

    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        starter: Starter,
        pauses: Pauses,
        teller: Teller,
        clock: Clock,
        background: Background,
        *,
        parallel: int,
        polls: Mapping[Kind, float],
    ) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._teller = teller
        self._clock = clock
        self._background = background
        self._parallel = parallel
        self._polls = {kind: timedelta(seconds=seconds) for kind, seconds in polls.items()}
        self._active: set[str] = set()
        self._starter = starter
        self._pauses = pauses

    def pass_on(self) -> None:
        """Starts a task for each instance that has something due and none at work."""
        now = self._clock.now()
        due: dict[str, list[tuple[int, str]]] = {}
        for run_id, model in self._store.journal.due(now):
            due.setdefault(model.split("/", 1)[0], []).append((run_id, model))
        approved: dict[str, list[Run]] = {}
        for run in self._store.runs.in_state(RunState.APPROVED):
            if self._starter.due(run, now):
                approved.setdefault(run.plan.model.instance, []).append(run)
        for instance in {*due, *approved} - self._active:
            self._active.add(instance)
            work = self._work(instance, due.get(instance, []), approved.get(instance, []))
            self._background.spawn(work, f"runs of {instance}")

    async def _work(self, instance: str, due: list[tuple[int, str]], approved: list[Run]) -> None:
        try:
            for run in approved:
                if self._store.runs.running(instance) < self._parallel:
                    await self._start(run)
            seen = await self._look(instance, {model for _, model in due}) if due else {}
            for run_id, model in due:
                if model in seen and seen[model] is None:
                    self._end(run_id, proof.deleted())
                await self._alone(run_id, seen.get(model))
            for run in approved:
                await self._alone(run.id, None)
        except Refusal as error:  # the instance was taken out of the settings: nothing is lost, it may come back
            log.warning("runs of %s wait: %s", instance, error.text)
            for run_id, _ in due:
                self._rest(run_id)
        finally:
            self._active.discard(instance)
            # Apart from this task: however slow Slack is, the next look at the service is on time.
            self._background.spawn(self._teller.tell_all(), "telling")

    async def _start(self, run: Run) -> None:
        """Starts one run; what breaks in it delays it and nobody else."""
        try:
            await self._starter.start(run)
        except Exception:
            log.exception("run %s broke before it started; it is taken up again in %s", run.id, BROKEN)
            self._starter.rest(run, self._clock.now() + BROKEN)

    async def _alone(self, run_id: int, seen: Model | None) -> None:
        """Advances one run; what breaks in it delays it and nobody else."""
        try:
            await self._advance(run_id, seen)
        except Exception:
            log.exception("run %s broke; it is taken up again in %s", run_id, BROKEN)
            self._rest(run_id)

    def _rest(self, run_id: int) -> None:
        run = self._store.runs.get(run_id)
        if run is not None and run.current is not None:
            self._store.journal.schedule(run_id, run.current.number, self._clock.now() + BROKEN)

    async def _look(self, instance: str, refs: set[str]) -> dict[str, Model | None]:
        """Reads the models that are due: one alone by itself, several of a kind with one list call.

        A model that its instance does not know any more is None; one that could not be read is missing.
        """
        service = self._inventory.service(instance)
        seen: dict[str, Model | None] = {}
        for kind in ("language", "acoustic"):
            wanted = {ref for ref in refs if ref.split("/")[1] == kind}
            if not wanted:
                continue
            try:
                if len(wanted) == 1:
                    ref = next(iter(wanted))
                    seen[ref] = await service.model(kind, ref.split("/", 2)[2])
                else:
                    listed = {model.ref: model for model in await service.models(kind)}
                    seen.update({ref: listed.get(ref) for ref in wanted})
            except ModelGone:
                seen.update(dict.fromkeys(wanted))
            except ServiceError as error:
                await self._inventory.lost(instance, error)
        for model in seen.values():
            if model is not None:
                self._store.fleet.see(model, self._clock.now())
        if seen:
            self._inventory.changed()
        return seen

    async def _advance(self, run_id: int, seen: Model | None) -> None:
        """Takes the present step of a run as far as it goes now, then lets people see it."""
        while True:
            run = self._store.runs.get(run_id)
            if run is None or run.state is not RunState.RUNNING or run.current is None:
                break
            record = run.current
            if record.state is StepState.PLANNED:
                if run.cancelled_by is not None:  # its request was not taken, so nothing is with the service any more
                    self._cancelled(run, record.number - 1)
                    break
                freeze = self._pauses.frozen(record.step.ref.split("/", 1)[0], self._clock.now())
                if freeze is not None:
                    self._store.journal.look_again(record, min(freeze.until, self._next(record)), busy=False)
                    break
                if not await self._begin(run, record):
                    break
            elif seen is None or not self._judge(run, record, seen):
                if seen is None and record.state is not StepState.FAILED:
                    self._store.journal.look_again(record, self._next(record), busy=False)
                break
            seen = None
        self._teller.want(run_id)

    def _end(self, run_id: int, text: str) -> None:
        """Ends a running run that cannot go on."""
        run = self._store.runs.get(run_id)
        if run is not None and run.state is RunState.RUNNING and run.current is not None:
            self._fail(run, run.current, text)

    def _judge(self, run: Run, record: StepRecord, seen: Model) -> bool:
        """What an observation means for a step that was asked for; true when there is more to do at once."""
        now = self._clock.now()
        match observe(record, seen, now):
            case Progress.DONE:
                self._done(run, record, proof.proven(record, seen))
                return True
            case Progress.NOT_STARTED:
                if record.attempts >= MAX_ATTEMPTS:
                    self._fail(run, record, proof.gave_up(record.attempts, ""))
                    return False
                self._store.journal.refused(record, now)
                return True
            case Progress.NO_EFFECT if record.step.may_be_refused:
                self._done(run, record, proof.no_effect())
                return True
            case Progress.FAILED | Progress.NO_EFFECT as ended:
                self._fail(run, record, proof.ended(ended, record, seen))
                return False
            case _:
                self._store.journal.look_again(record, self._next(record), busy=seen.status in IN_PROGRESS)
                return False

    async def _begin(self, run: Run, record: StepRecord) -> bool:
        """Reads the model and sends the step's request, unless it is not needed; true when the step is over."""
        step = record.step
        instance, kind, id = step.ref.split("/", 2)
        try:
            service = self._inventory.service(instance)
            seen = await service.model(_kind(kind), id)
        except (ModelGone, Refusal) as error:
            self._fail(run, record, error.text)
            return False
        except ServiceError as error:
            await self._inventory.lost(instance, error)
            self._store.journal.look_again(record, self._next(record), busy=False)
            return False
        if step.only_if_needed and seen.newest != run.plan.have:
            self._done(run, record, proof.done_before(seen))
            return True
        if already_there(step, seen, run.plan.target):
            self._done(run, record, proof.done_before(seen))
            return True
        if step.action is Action.TRAIN and seen.status == "available":
            # An available model must never be trained without force: a refusal can turn it to `failed`.
            self._done(run, record, proof.trained_before())
            return True
        if step.action is Action.AWAIT_CHANGE:
            now = self._clock.now()
            self._store.journal.wait(record, now, now if seen.status == "ready" else self._next(record))
            return False
        if seen.status in IN_PROGRESS:
            self._store.journal.look_again(record, self._next(record), busy=False)
            return False
        if seen.status not in IDLE:
            self._fail(run, record, proof.wrong_status(seen))
            return False
        if self._pauses.frozen(instance, self._clock.now()) is not None:  # begun while the model was read
            self._store.journal.look_again(record, self._next(record), busy=False)
            return False
        await self._send(run, record, seen, forced=step.action is Action.FORCE_TRAIN)
        return False

    async def _send(self, run: Run, record: StepRecord, seen: Model, *, forced: bool) -> None:
        """Intent, request, answer. A lost answer leaves the intent, which the next look settles."""
        step = record.step
        instance, kind, id = step.ref.split("/", 2)
        now = self._clock.now()
        if not self._store.journal.starting(record, seen, now, self._next(record), forced=forced):
            return
        service = self._inventory.service(instance)
        try:
            receipt = await service.begin(
                step.action, _kind(kind), id, language_id=step.language_id, force=forced, lenient=step.lenient
            )
        except OutcomeUnknown as error:
            log.warning("run %s: %s", run.id, error.text)
        except (ModelBusy, ServiceUnavailable) as error:
            self._postpone(run, record, error)
        except RequestRefused as error:
            if step.action is Action.UPGRADE_WITH_LANGUAGE and not forced and NOT_MODIFIED in (error.detail or ""):
                await self._repeat_forced(run, record, seen)
            elif step.may_be_refused:
                self._done(run, record, proof.refused(error.text))
            else:
                self._fail(run, record, error.text)
        except ServiceError as error:
            self._fail(run, record, error.text)
        else:
            self._store.journal.answered(record, receipt.transaction, self._clock.now(), self._next(record))

    async def _repeat_forced(self, run: Run, record: StepRecord, seen: Model) -> None:
        self._store.journal.refused(record, self._clock.now())
        again = self._store.runs.get(run.id)
        if again is not None and again.current is not None:
            await self._send(again, again.current, seen, forced=True)

    def _postpone(self, run: Run, record: StepRecord, error: ServiceError) -> None:
        """The request had no effect: try again by itself, less and less often, and not for ever."""
        attempts = record.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            self._fail(run, record, proof.gave_up(attempts, error.text))
            return
        wait = self._polls[_kind(record.step.ref.split("/")[1])] * attempts
        asked = error.retry_after if isinstance(error, ServiceUnavailable) else None
        pause = max(wait, timedelta(seconds=asked or 0))
        self._store.journal.refused(record, self._clock.now() + pause)

    def _done(self, run: Run, record: StepRecord, result: str) -> None:
        now = self._clock.now()
        with self._store.transaction():
            self._store.journal.step_done(record, result, now)
            fresh = self._store.runs.get(run.id)
            more = record.number < len(run.steps)
            if more and fresh is not None and fresh.cancelled_by is not None:
                self._cancelled(fresh, record.number)
            elif more:
                self._store.journal.schedule(run.id, record.number + 1, now)
            else:
                self._store.runs.move(run.id, RunState.RUNNING, RunState.DONE, now, by="retune", outcome=result)
        self._inventory.changed()

    def _cancelled(self, run: Run, done: int) -> None:
        """Ends a run that somebody cancelled while a step was under way."""
        assert run.cancelled_by is not None
        text = f"Cancelled after step {done} of {len(run.steps)}." if done else ""
        states = (RunState.RUNNING, RunState.CANCELLED)
        self._store.runs.move(run.id, *states, self._clock.now(), by=run.cancelled_by, outcome=text)

    def _fail(self, run: Run, record: StepRecord, text: str) -> None:
        now = self._clock.now()
        with self._store.transaction():
            self._store.journal.step_failed(record, text, now)
            self._store.runs.move(run.id, RunState.RUNNING, RunState.FAILED, now, by="retune", outcome=text)

    def _next(self, record: StepRecord) -> datetime:
        return self._clock.now() + self._polls[_kind(record.step.ref.split("/")[1])]


def _kind(text: str) -> Kind:
    return "acoustic" if text == "acoustic" else "language"
