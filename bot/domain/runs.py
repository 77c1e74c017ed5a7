"""Runs and their steps: one model's plan being carried out, what may follow what, and what an observation proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.fleet import IDLE, IN_PROGRESS, Model, is_newer
from bot.domain.outcomes import PROOFS, Cause, Outcome, StepEnd
from bot.domain.plans import TRAININGS, UPGRADES, Action, Estimate, Plan, Step


class RunState(StrEnum):
    """Where the plan of one model is, within its request."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LEFT_OUT = "left out"
    """Its plan did not hold any more when its turn came; nothing was started."""
    CANCELLED = "cancelled"
    """Ended by a person, or by the end of its request, before it started or between two steps."""


LASTING = frozenset({RunState.QUEUED, RunState.RUNNING})
"""A run in one of these has its models locked."""

RUN_FOLLOWS: Mapping[RunState, frozenset[RunState]] = {
    # Failed: a run that is tried again, and cannot be when its turn comes, is what it was.
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.LEFT_OUT, RunState.CANCELLED, RunState.FAILED}),
    RunState.RUNNING: frozenset({RunState.DONE, RunState.FAILED, RunState.CANCELLED}),
    RunState.FAILED: frozenset({RunState.QUEUED}),
}


class StepState(StrEnum):
    """Where a step is. `starting` is written before its request leaves, `waiting` after the answer."""

    PLANNED = "planned"
    STARTING = "starting"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Progress(StrEnum):
    """What an observation of the model says about a step that was requested."""

    GOING_ON = "going on"
    BEGUN = "begun"
    """No answer proved it, but the service shows that it took the request."""
    UNCHANGED = "unchanged"
    """One more reading that shows nothing of a request without an answer."""
    NOT_STARTED = "not started"
    """The request never arrived and may be sent again."""
    UNCLEAR = "unclear"
    """Nobody can say whether it began: an approver decides."""
    DONE = "done"
    FAILED = "failed"
    """The service ended it in the status `failed`."""
    NO_EFFECT = "no effect"
    """The service accepted the request and ended it, or never began, and nothing changed."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was seen of the model right before a step's request left."""

    status: str
    versions: tuple[str, ...]
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a run as the journal has it. *seen_busy*: the service was seen working on it.

    Of a request without an answer that proves anything: *instead* is what came, *looks* how many readings showed
    nothing of it, *unclear_at* when an approver was asked. *unanswered* counts those of them that were given up.
    """

    run: int
    number: int
    step: Step
    state: StepState
    before: Before | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    seen_busy: bool = False
    attempts: int = 0
    forced: bool = False
    transaction: str | None = None
    instead: str = ""
    looks: int = 0
    unclear_at: datetime | None = None
    unanswered: int = 0
    outcome: Outcome | None = None


QUIET = timedelta(minutes=3)
"""How long an accepted request may show no sign of work before we say that it had no effect
(an upgrade may begin a little after the 200; no document gives a figure)."""

TIME_OUT = timedelta(seconds=40)
"""How long a request may still be on its way: what connecting and answering may take."""

READINGS = 4
"""How many readings after that, a poll interval apart, must show an idle and unchanged model."""

PUZZLED = timedelta(minutes=10)
"""How long readings may contradict each other, or tell nothing, before an approver is asked."""

MAX_ATTEMPTS = 5
"""How often one step's request is sent when the service shows each time that it did not begin."""


def observe(record: StepRecord, seen: Model, now: datetime) -> Progress:
    """What *seen*, read at *now*, says about a step in state `starting` or `waiting`.

    "When the upgrade is complete, the model resumes the status that it had before upgrade"; the status alone
    proves nothing, so the newer version must be there too.
    """
    if record.step.action is Action.AWAIT_CHANGE:
        return Progress.DONE if seen.status == "ready" else Progress.GOING_ON
    if record.before is None or record.started_at is None:
        return Progress.NOT_STARTED
    if record.answered_at is None and began(record, seen) and not (seen.status in IDLE and _shown(record, seen)):
        return Progress.BEGUN
    if seen.status in IN_PROGRESS:
        return Progress.GOING_ON
    if seen.status == "failed":
        return Progress.FAILED
    if seen.status in IDLE and _shown(record, seen):
        return Progress.DONE
    if record.answered_at is None:
        return _unanswered(record, record.before, seen, now - record.started_at)
    if seen.status not in IDLE:
        return Progress.GOING_ON
    if record.seen_busy or now - record.answered_at >= QUIET:
        return Progress.NO_EFFECT
    return Progress.GOING_ON


def began(record: StepRecord, seen: Model) -> bool:
    """Whether the service shows that it took a request: busy, a new version, or changed since."""
    had = record.before
    return had is not None and bool(seen.status in IN_PROGRESS or gained(had, seen) or _moved(had, seen))


def _unanswered(record: StepRecord, before: Before, seen: Model, since: timedelta) -> Progress:
    """What a reading says that shows nothing of a request without an answer. Sent again by itself once, not twice."""
    if since < TIME_OUT or record.unclear_at is not None:
        return Progress.GOING_ON
    if seen.status != before.status:
        return Progress.UNCLEAR if since >= PUZZLED else Progress.GOING_ON
    if record.looks + 1 < READINGS:
        return Progress.UNCHANGED
    # What brings no version shows in `updated` alone where it was too quick to be seen.
    by_version = record.step.expects_version and record.step.action in UPGRADES
    tells = seen.versions is not None if by_version else seen.updated and before.updated
    return Progress.NOT_STARTED if tells and not record.unanswered else Progress.UNCLEAR


LATE = 3
"""A step is late after this many times its estimate, and never before `LATE_AT_LEAST`."""

LATE_AT_LEAST = timedelta(minutes=30)


def is_late(record: StepRecord, estimate: Estimate | None, now: datetime) -> bool:
    """Whether the service works on a step far longer than was estimated. That is no failure by itself."""
    if record.state is not StepState.WAITING or record.started_at is None or record.step.action is Action.AWAIT_CHANGE:
        return False
    expected = timedelta(seconds=estimate.high * LATE) if estimate else LATE_AT_LEAST
    return now - record.started_at > max(expected, LATE_AT_LEAST)


def gained(before: Before, seen: Model) -> str | None:
    """The version that the model has now and had not before, the newest if there are several."""
    fresh = [version for version in seen.versions or () if version not in before.versions]
    return fresh[-1] if fresh else None


def _shown(record: StepRecord, seen: Model) -> bool:
    before = record.before
    assert before is not None
    if record.step.expects_version and record.step.action in UPGRADES:
        return gained(before, seen) is not None
    moved = _moved(before, seen)
    if record.step.action in TRAININGS:
        # IBM does not say that `versions` grows when training upgrades a model: status and date are the proof.
        return seen.status == "available" and (record.seen_busy or moved)
    return record.seen_busy or moved


def _moved(before: Before, seen: Model) -> bool:
    return seen.updated is not None and before.updated is not None and seen.updated > before.updated


def already_there(step: Step, seen: Model, target: str | None) -> bool:
    """Whether a step that was not sent yet is not needed any more, because somebody did it by hand."""
    if target is None or not step.expects_version or step.action not in UPGRADES:
        return False
    have = seen.newest
    return have is not None and (have == target or bool(is_newer(have, target)))


def proven(record: StepRecord, seen: Model) -> Outcome:
    """What a step proved that `observe` calls done."""
    step = record.step
    if step.action is Action.AWAIT_CHANGE:
        return Outcome(StepEnd.CHANGED, status=seen.status)
    fresh = gained(record.before, seen) if record.before else None
    if fresh is not None:
        return Outcome(StepEnd.PROVEN, fresh, seen.status)
    if step.action not in TRAININGS:
        return Outcome(StepEnd.WORKED, status=seen.status)
    return Outcome(StepEnd.NO_VERSION if step.expects_version else StepEnd.TRAINED, status=seen.status)


@dataclass(frozen=True, slots=True)
class Run:
    """One model's plan being carried out, with its journal.

    *number* is its place in the request, from 1. *cause* is why it was left out. *cancelled_by* ends it after the step
    that is under way. *retries*: how often it was taken up again after it had failed. *excused*: somebody saw that it
    failed, or is not proven, and let the others go on.
    """

    id: int
    request: int
    number: int
    plan: Plan
    digest: str
    state: RunState
    steps: tuple[StepRecord, ...]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause | None = None
    cancelled_by: str | None = None
    retries: int = 0
    excused: bool = False

    @property
    def current(self) -> StepRecord | None:
        """The first step that is not done; None when all are."""
        return next((record for record in self.steps if record.state is not StepState.DONE), None)

    @property
    def done(self) -> int:
        """How many steps are over."""
        return sum(1 for record in self.steps if record.state is StepState.DONE)

    @property
    def brought(self) -> str | None:
        """The version that was proven on its own model, None where none was, or not yet."""
        own = [record.outcome for record in self.steps if record.step.ref == self.plan.model.ref and record.outcome]
        return next((outcome.version for outcome in reversed(own) if outcome.end in PROOFS), None)

    @property
    def unproven(self) -> bool:
        """Whether it is over, was to bring a newer version, and the service shows none."""
        own = [record for record in self.steps if record.step.ref == self.plan.model.ref]
        expecting = [record.outcome for record in own if record.step.expects_version]
        shown = any(outcome is not None and outcome.end in PROOFS for outcome in expecting)
        return self.state is RunState.DONE and bool(expecting) and not shown

    @property
    def bad(self) -> bool:
        """Whether it failed, or nothing proves that it upgraded anything."""
        return self.state is RunState.FAILED or self.unproven

    @property
    def failure(self) -> Outcome | None:
        """How its last step ended, where that is why it failed."""
        return next((record.outcome for record in reversed(self.steps) if record.state is StepState.FAILED), None)

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it goes on only when somebody made a change by hand."""
        record = self.current
        waits = record is not None and record.step.action is Action.AWAIT_CHANGE
        return self.state is RunState.RUNNING and waits and record is not None and record.state is StepState.WAITING

    @property
    def unclear(self) -> bool:
        """Whether nobody can say if its present step began, so that an approver decides."""
        return self.state is RunState.RUNNING and self.current is not None and self.current.unclear_at is not None

    @property
    def between_steps(self) -> bool:
        """Whether nothing of it is with the service now, so that it can end without leaving anything behind."""
        record = self.current
        if self.state is not RunState.RUNNING or record is None:
            return False
        planned = record.state is StepState.PLANNED and not record.unanswered  # else a request may still arrive
        return planned or record.step.action is Action.AWAIT_CHANGE
