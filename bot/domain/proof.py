"""Proof: what an observation of a model says about a requested step."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.fleet import IDLE, IN_PROGRESS, Model, is_newer
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.plans import TRAININGS, UPGRADES, Action, Estimate, Step
from bot.domain.runs import Before, StepRecord, StepState


class Progress(StrEnum):
    """The progress of a requested step, judged by an observation."""

    GOING_ON = "going on"
    BEGUN = "begun"
    """No answer came, but the service shows that it took the request."""
    UNCHANGED = "unchanged"
    """One more reading without a trace of an unanswered request."""
    NOT_STARTED = "not started"
    """The request never arrived and may be sent again."""
    UNCLEAR = "unclear"
    """It is unknown whether it began: an approver decides."""
    DONE = "done"
    FAILED = "failed"
    """The service ended it with status `failed`."""
    NO_EFFECT = "no effect"
    """The service accepted the request, but ended it or never began, and nothing changed."""


QUIET = timedelta(minutes=3)
"""An accepted request without a sign of work for this long had no effect (an upgrade may begin a little after the 200;
no document gives a figure).
"""

TIME_OUT = timedelta(seconds=40)
"""A request may still arrive for this long: time to connect and answer."""

READINGS = 4
"""Further readings, one poll interval apart, that must show an idle and unchanged model."""

PUZZLED = timedelta(minutes=10)
"""Readings may contradict each other, or tell nothing, for this long before an approver is asked."""


def observe(record: StepRecord, seen: Model, now: datetime) -> Progress:
    """What *seen*, read at *now*, says about a step in state `starting` or `waiting`.

    "When the upgrade is complete, the model resumes the status that it had before upgrade". The status alone proves
    nothing, so the newer version must be listed too.
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
    """Whether the service shows that it took a request: busy, a new version, or a later change."""
    had = record.before
    return had is not None and bool(seen.status in IN_PROGRESS or gained(had, seen) or _moved(had, seen))


def _unanswered(record: StepRecord, before: Before, seen: Model, since: timedelta) -> Progress:
    """The progress of an unanswered request without a trace. Sent again automatically once, not twice."""
    if since < TIME_OUT or record.unclear_at is not None:
        return Progress.GOING_ON
    if seen.status != before.status:
        return Progress.UNCLEAR if since >= PUZZLED else Progress.GOING_ON
    if record.looks + 1 < READINGS:
        return Progress.UNCHANGED
    # A quick step without a new version shows only in `updated`.
    by_version = record.step.expects_version and record.step.action in UPGRADES
    tells = seen.versions is not None if by_version else seen.updated and before.updated
    return Progress.NOT_STARTED if tells and not record.unanswered else Progress.UNCLEAR


LATE = 3
"""A step is late after this many times its estimate, but not before `LATE_AT_LEAST`."""

LATE_AT_LEAST = timedelta(minutes=30)


def is_late(record: StepRecord, estimate: Estimate | None, now: datetime) -> bool:
    """Whether a step takes far longer than its estimate. Not a failure by itself."""
    if record.state is not StepState.WAITING or record.started_at is None or record.step.action is Action.AWAIT_CHANGE:
        return False
    expected = timedelta(seconds=estimate.high * LATE) if estimate else LATE_AT_LEAST
    return now - record.started_at > max(expected, LATE_AT_LEAST)


def gained(before: Before, seen: Model) -> str | None:
    """The version the model gained since *before*, the newest if several."""
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
    """Whether a step that was not sent yet is no longer needed, because it was done by hand."""
    if target is None or not step.expects_version or step.action not in UPGRADES:
        return False
    have = seen.newest
    return have is not None and (have == target or bool(is_newer(have, target)))


def proven(record: StepRecord, seen: Model) -> Outcome:
    """The outcome of a step that `observe` calls done."""
    step = record.step
    if step.action is Action.AWAIT_CHANGE:
        return Outcome(StepEnd.CHANGED, status=seen.status)
    fresh = gained(record.before, seen) if record.before else None
    if fresh is not None:
        return Outcome(StepEnd.PROVEN, fresh, seen.status)
    if step.action not in TRAININGS:
        return Outcome(StepEnd.WORKED, status=seen.status)
    return Outcome(StepEnd.NO_VERSION if step.expects_version else StepEnd.TRAINED, status=seen.status)
