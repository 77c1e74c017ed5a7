"""Runs and their steps: one model's plan being carried out, and what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.outcomes import PROOFS, Cause, Outcome
from bot.domain.plans import Action, Plan, Step


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


MAX_ATTEMPTS = 5
"""How often one step's request is sent when the service shows each time that it did not begin."""


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
