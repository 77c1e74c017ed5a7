"""Failures: what a run that ended badly has changed all the same, and who can take the next step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.fleet import Kind, Ref
from bot.domain.outcomes import CauseKind, FaultKind, StepEnd
from bot.domain.plans import Action
from bot.domain.requests import Request
from bot.domain.runs import LASTING, Run, RunState, StepRecord, StepState


class Taker(StrEnum):
    """Who takes the next step after a failure."""

    REQUESTER = "requester"
    APPROVER = "approver"
    OPERATOR = "operator"
    """The operator of Retune."""
    SUPPORT = "IBM support"
    NOBODY = "nobody"
    """Nothing is left to do."""


class Effect(StrEnum):
    """What became of one model that a run was to change."""

    UPGRADED = "upgraded"
    HALF = "upgraded without its language model"
    """An acoustic model after the first of its two upgrades."""
    TRAINED = "trained"
    CHANGED = "changed by a person"
    UNCHANGED = "unchanged"
    UNCLEAR = "unclear"
    BROKEN = "broken"
    """The service ended the step and left the model with the status `failed`."""
    GONE = "gone"


_BY_END: Mapping[StepEnd, Effect] = {
    StepEnd.PROVEN: Effect.UPGRADED,
    StepEnd.ALREADY_THERE: Effect.UPGRADED,
    StepEnd.WORKED: Effect.UPGRADED,
    StepEnd.TRAINED: Effect.TRAINED,
    StepEnd.NO_VERSION: Effect.TRAINED,
    StepEnd.NOT_NEEDED: Effect.UNCHANGED,
    StepEnd.CHANGED: Effect.CHANGED,
}
"""What a step that is done did to its model."""

_FAILED_AS: Mapping[StepEnd, Effect] = {
    StepEnd.UNCLEAR: Effect.UNCLEAR,
    StepEnd.UNWATCHED: Effect.UNCLEAR,
    StepEnd.BROKEN: Effect.BROKEN,
    StepEnd.DELETED: Effect.GONE,
}
"""What a step that failed did to its model, where that is not nothing."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One model that a run was to change, and what became of it."""

    kind: Kind
    name: str
    effect: Effect


def effects(run: Run) -> tuple[Affected, ...]:
    """What became of each model that a run was to change, in the order of its steps."""
    found: dict[str, Effect] = {}
    names = {**{record.step.ref: record.step.name for record in run.steps}, **run.plan.changes}
    for record in run.steps:
        before = found.setdefault(record.step.ref, Effect.UNCHANGED)
        found[record.step.ref] = _after(record, before)
    return tuple(Affected(Ref.parse(ref).kind, name, found.get(ref, Effect.UNCHANGED)) for ref, name in names.items())


def _after(record: StepRecord, before: Effect) -> Effect:
    """What a step leaves behind of a model that was as *before*."""
    end = record.outcome.end if record.outcome else None
    if record.state is StepState.DONE:
        now = Effect.UNCHANGED if end is None else _BY_END.get(end, Effect.UNCHANGED)
        return before if now is Effect.UNCHANGED or before is Effect.UPGRADED else now
    now = Effect.UNCHANGED if end is None else _FAILED_AS.get(end, Effect.UNCHANGED)
    if now in (Effect.BROKEN, Effect.GONE) or before is Effect.UNCHANGED:
        return now
    half = record.step.action is Action.UPGRADE_WITH_LANGUAGE and before is Effect.UPGRADED
    return Effect.HALF if half else before


OF_FAULT: Mapping[FaultKind, Taker] = {
    FaultKind.REFUSED: Taker.REQUESTER,
    FaultKind.CREDENTIALS: Taker.OPERATOR,
    FaultKind.ADDRESS: Taker.OPERATOR,
    FaultKind.PLAN: Taker.OPERATOR,
    FaultKind.DENIED: Taker.SUPPORT,
    FaultKind.GONE: Taker.NOBODY,
    FaultKind.BUSY: Taker.APPROVER,
    FaultKind.UNAVAILABLE: Taker.APPROVER,
}

OF_END: Mapping[StepEnd, Taker] = {
    StepEnd.REFUSED: Taker.REQUESTER,
    StepEnd.UNCHANGED: Taker.SUPPORT,
    StepEnd.BROKEN: Taker.REQUESTER,
    StepEnd.WRONG_STATUS: Taker.REQUESTER,
    StepEnd.DELETED: Taker.NOBODY,
    StepEnd.NOT_CONFIGURED: Taker.OPERATOR,
    StepEnd.NOT_TAKEN: Taker.APPROVER,
    StepEnd.UNCLEAR: Taker.REQUESTER,
    StepEnd.UNWATCHED: Taker.REQUESTER,
}
"""Of the ends with which a step can fail; with a fault of the service, `OF_FAULT` decides."""

OF_CAUSE: Mapping[CauseKind, Taker] = {
    CauseKind.POLICY: Taker.REQUESTER,
    CauseKind.DIFFERS: Taker.REQUESTER,
    CauseKind.NO_PLAN: Taker.REQUESTER,
    CauseKind.ELSEWHERE: Taker.REQUESTER,
    CauseKind.DELETED: Taker.NOBODY,
    CauseKind.NOT_CONFIGURED: Taker.OPERATOR,
    CauseKind.TOGETHER: Taker.NOBODY,
    CauseKind.SHARES: Taker.REQUESTER,
    CauseKind.IN_REQUEST: Taker.NOBODY,
    CauseKind.NOT_TRIED_AGAIN: Taker.REQUESTER,
    CauseKind.UNREAD: Taker.OPERATOR,
    CauseKind.ON_HOLD: Taker.APPROVER,
}


def taker_of(run: Run) -> Taker:
    """Who takes the next step after a run that failed or was left out."""
    if run.cause is not None:
        return OF_CAUSE[run.cause.kind]
    outcome = run.failure
    if outcome is None:
        return Taker.REQUESTER
    return OF_FAULT[outcome.fault.kind] if outcome.fault else OF_END.get(outcome.end, Taker.REQUESTER)


MARK = ("mark as failed", "stop watching")
"""Acts that end a run as failed, by the words of the audit."""


def marked(run: Run) -> bool:
    """Whether it failed because a person said so."""
    ended = run.failure
    return run.state is RunState.FAILED and ended is not None and ended.end in (StepEnd.UNCLEAR, StepEnd.UNWATCHED)


def left_of(request: Request) -> tuple[Run, ...]:
    """The runs of a request that ended of which there may be something left to ask for; none where all is done."""
    if request.ended_at is None or request.count(*LASTING):
        return ()
    return tuple(run for run in request.runs if run.state in _LEFT and not _is_gone(run))


_LEFT = frozenset({RunState.FAILED, RunState.CANCELLED, RunState.LEFT_OUT})


def _is_gone(run: Run) -> bool:
    deleted = run.cause is not None and run.cause.kind in (CauseKind.DELETED, CauseKind.NOT_CONFIGURED)
    own = (one.effect for one in effects(run) if (one.kind, one.name) == (run.plan.model.kind, run.plan.model.name))
    return deleted or Effect.GONE in own


def stopped_midway(request: Request) -> bool:
    """Whether it ended with some of its models, or of the steps of its one, done and others not."""
    if not left_of(request):
        return False
    if request.several:
        return bool(request.proven)
    return any(one.effect in (Effect.UPGRADED, Effect.HALF, Effect.TRAINED) for one in effects(request.first))
