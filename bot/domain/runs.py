"""Runs and their steps: which states there are, what may follow what, and what an observation proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from bot.domain.fleet import IDLE, Model, is_newer
from bot.domain.plans import TRAININGS, UPGRADES, Action, Estimate, Plan, Step


class RunState(StrEnum):
    """Where a run is."""

    WAITING = "waiting"
    """Its card waits for approval."""
    APPROVED = "approved"
    """Enough valid votes; the runner takes it next."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CHANGED = "changed"
    """The model is no longer as it was when the plan was approved; nothing was started."""
    CANCELLED = "cancelled"
    """An approver ended it before it started, or between two steps."""


OPEN = frozenset({RunState.WAITING, RunState.APPROVED, RunState.RUNNING})
"""A model has at most one run in one of these."""

FOLLOWS: Mapping[RunState, frozenset[RunState]] = {
    RunState.WAITING: frozenset(
        {
            *(RunState.APPROVED, RunState.REJECTED, RunState.WITHDRAWN, RunState.EXPIRED, RunState.CHANGED),
            RunState.CANCELLED,
        }
    ),
    # Back to waiting: somebody took an approval back that it needs.
    RunState.APPROVED: frozenset(
        {RunState.RUNNING, RunState.CHANGED, RunState.WITHDRAWN, RunState.CANCELLED, RunState.WAITING}
    ),
    RunState.RUNNING: frozenset({RunState.DONE, RunState.FAILED, RunState.CANCELLED}),
    # Tried again from the failed step, with one more approval.
    RunState.FAILED: frozenset({RunState.APPROVED}),
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
    DONE = "done"
    NOT_STARTED = "not started"
    """The request had no effect and may be sent (again)."""
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
    """One step of a run as the journal has it. *seen_busy*: the service was seen working on it."""

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
    result: str = ""


QUIET = timedelta(minutes=3)
"""How long an accepted request may show no sign of work before we say that it had no effect
(an upgrade may begin a little after the 200; no document gives a figure)."""

UNANSWERED = timedelta(seconds=20)
"""How long we look before we believe that a request whose answer was lost never arrived."""

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
    if seen.status in ("upgrading", "training"):
        return Progress.GOING_ON
    if seen.status == "failed":
        return Progress.FAILED
    if seen.status in IDLE and _proven(record, seen):
        return Progress.DONE
    if record.answered_at is None:
        return Progress.NOT_STARTED if now - record.started_at >= UNANSWERED else Progress.GOING_ON
    if seen.status not in IDLE:
        return Progress.GOING_ON
    if record.seen_busy or now - record.answered_at >= QUIET:
        return Progress.NO_EFFECT
    return Progress.GOING_ON


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


def _proven(record: StepRecord, seen: Model) -> bool:
    before = record.before
    assert before is not None
    if record.step.expects_version and record.step.action in UPGRADES:
        return gained(before, seen) is not None
    moved = seen.updated is not None and before.updated is not None and seen.updated > before.updated
    if record.step.action in TRAININGS:
        # IBM does not say that `versions` grows when training upgrades a model: status and date are the proof.
        return seen.status == "available" and (record.seen_busy or moved)
    return record.seen_busy or moved


def already_there(step: Step, seen: Model, target: str | None) -> bool:
    """Whether a step that was not sent yet is not needed any more, because somebody did it by hand."""
    if target is None or not step.expects_version or step.action not in UPGRADES:
        return False
    have = seen.newest
    return have is not None and (have == target or bool(is_newer(have, target)))


@dataclass(frozen=True, slots=True)
class VoteRecord:
    """One person's vote on a run."""

    voter: str
    vote: Literal["approve", "reject"]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One waiting, running or ended execution of a plan, with its journal and votes.

    *outcome* is one sentence about the end where there is more to say than the state. *version* grows with each
    change that people should see.

    *not_before*: it was asked for a later time. *remind_at*: when the thread reminds once, None when it does not.
    *voters*: how many people could approve when it was asked for, None while nobody has looked. *cancelled_by* ends
    it after the step that is under way. *retries*: how often it was taken up again after it had failed.
    """

    id: int
    plan: Plan
    digest: str
    state: RunState
    requester: str
    why: str
    requested_at: datetime
    expires_at: datetime
    channel: str
    decided_by: str | None
    decided_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str
    version: int
    steps: tuple[StepRecord, ...]
    votes: tuple[VoteRecord, ...]
    not_before: datetime | None = None
    remind_at: datetime | None = None
    reminded: bool = False
    voters: int | None = None
    cancelled_by: str | None = None
    retries: int = 0
    campaign: int | None = None

    @property
    def current(self) -> StepRecord | None:
        """The first step that is not done; None when all are."""
        return next((record for record in self.steps if record.state is not StepState.DONE), None)

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Whose approvals count."""
        return tuple(vote.voter for vote in self.votes if vote.vote == "approve")
