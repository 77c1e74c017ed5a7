"""Runs and their steps: the carrying out of one model's plan, and its allowed transitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.outcomes import PROOFS, Cause, Outcome
from bot.domain.plans import Action, Plan, Step


class RunState(StrEnum):
    """The state of one model's plan within its request."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LEFT_OUT = "left out"
    """Its plan did not hold any more when its turn came; nothing was started."""
    CANCELLED = "stopped"
    """Ended by a person, or with its request, before it started or between two steps."""


LASTING = frozenset({RunState.QUEUED, RunState.RUNNING})
"""States in which a run locks its models."""

RUN_FOLLOWS: Mapping[RunState, frozenset[RunState]] = {
    # Failed: a retry that turns out to be impossible when its turn comes returns to this state.
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.LEFT_OUT, RunState.CANCELLED, RunState.FAILED}),
    RunState.RUNNING: frozenset({RunState.DONE, RunState.FAILED, RunState.CANCELLED}),
    RunState.FAILED: frozenset({RunState.QUEUED}),
}


class StepState(StrEnum):
    """The state of a step. `starting` is written before its request is sent, `waiting` after the answer."""

    PLANNED = "planned"
    STARTING = "starting"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


MAX_ATTEMPTS = 5
"""Attempts to send one step's request, if the service shows each time that it did not begin."""


@dataclass(frozen=True, slots=True)
class Before:
    """The model as seen right before a step's request."""

    status: str
    versions: tuple[str, ...]
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a run in the journal. *seen_busy*: the service was seen working on it.

    For a request without a conclusive answer: *instead* is what came, *looks* the number of readings without a trace,
    *unclear_at* when an approver was asked. *unanswered* counts such requests that were given up.
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

    *number* is its place in the request, from 1. *cause* is why it was left out. *cancelled_by* ends it after the
    current step. *retries*: how often it was retried after a failure. *excused*: a person saw that it failed, or is
    unproven, and let the others continue.
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
        """The first step that is not done; None if all are."""
        return next((record for record in self.steps if record.state is not StepState.DONE), None)

    @property
    def done(self) -> int:
        """Number of finished steps."""
        return sum(1 for record in self.steps if record.state is StepState.DONE)

    @property
    def brought(self) -> str | None:
        """The version proven on its own model, None if none yet."""
        own = [record.outcome for record in self.steps if record.step.ref == self.plan.model.ref and record.outcome]
        return next((outcome.version for outcome in reversed(own) if outcome.end in PROOFS), None)

    @property
    def unproven(self) -> bool:
        """Whether it is over and should have brought a newer version, but the service shows none."""
        own = [record for record in self.steps if record.step.ref == self.plan.model.ref]
        expecting = [record.outcome for record in own if record.step.expects_version]
        shown = any(outcome is not None and outcome.end in PROOFS for outcome in expecting)
        return self.state is RunState.DONE and bool(expecting) and not shown

    @property
    def bad(self) -> bool:
        """Whether it failed, or nothing proves an upgrade."""
        return self.state is RunState.FAILED or self.unproven

    @property
    def failure(self) -> Outcome | None:
        """The outcome of its last step, if that is why it failed."""
        return next((record.outcome for record in reversed(self.steps) if record.state is StepState.FAILED), None)

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it waits for a change by hand."""
        record = self.current
        waits = record is not None and record.step.action is Action.AWAIT_CHANGE
        return self.state is RunState.RUNNING and waits and record is not None and record.state is StepState.WAITING

    @property
    def unclear(self) -> bool:
        """Whether it is unknown if its current step began; an approver decides."""
        return self.state is RunState.RUNNING and self.current is not None and self.current.unclear_at is not None

    @property
    def between_steps(self) -> bool:
        """Whether the service has no request of it now, so that it can end cleanly."""
        record = self.current
        if self.state is not RunState.RUNNING or record is None:
            return False
        planned = record.state is StepState.PLANNED and not record.unanswered  # otherwise a request may still arrive
        return planned or record.step.action is Action.AWAIT_CHANGE
