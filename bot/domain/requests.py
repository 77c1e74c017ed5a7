"""Requests: what people decide on. One model or several; of several, the first must be proven, then the others follow
in waves.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.outcomes import Cause, CauseKind, LeftOut
from bot.domain.plans import Plan
from bot.domain.runs import LASTING, Run, RunState

MOST = 1_000
"""Models in one request at most."""

LISTED = 50
"""Models that a form and a card show one by one; for more they give counts, and a file has the list."""


class RequestState(StrEnum):
    """The state of a request."""

    OPEN = "open"
    """Its card waits for approval."""
    SCHEDULED = "scheduled"
    """Approved; nothing has started yet."""
    RUNNING = "running"
    PAUSED = "paused"
    """One of several models failed or is unproven; nothing new starts until a person decides."""
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "stopped"
    """Ended by an approver; steps in progress finish."""
    CHANGED = "changed"
    """No plan of it held any more when its turn came; nothing was started."""


LIVE = frozenset({RequestState.OPEN, RequestState.SCHEDULED, RequestState.RUNNING, RequestState.PAUSED})
"""States of requests that have not ended."""

UNSTARTED = frozenset({RequestState.OPEN, RequestState.SCHEDULED})

RETRIABLE = frozenset({RequestState.FAILED, RequestState.CANCELLED})
"""Ends after which a failed run can be retried."""

FINAL = frozenset(RequestState) - LIVE - RETRIABLE
"""Ends after which nothing changes any more."""

_OVER = {RequestState.DONE, RequestState.FAILED, RequestState.CANCELLED}
_GIVEN_UP = {RequestState.WITHDRAWN, RequestState.CANCELLED, RequestState.CHANGED}

FOLLOWS: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.OPEN: frozenset({RequestState.SCHEDULED, RequestState.EXPIRED, RequestState.REJECTED, *_GIVEN_UP}),
    # Open again: an approval that it needs was taken back. Failed: a retry that turned out to be impossible.
    RequestState.SCHEDULED: frozenset({RequestState.OPEN, RequestState.RUNNING, RequestState.FAILED, *_GIVEN_UP}),
    RequestState.RUNNING: frozenset({RequestState.PAUSED, RequestState.CHANGED, *_OVER}),
    RequestState.PAUSED: frozenset({RequestState.RUNNING, *_OVER}),
    **dict.fromkeys(RETRIABLE, frozenset({RequestState.SCHEDULED})),
}


@dataclass(frozen=True, slots=True)
class VoteRecord:
    """One person's vote on a request."""

    voter: str
    vote: Literal["approve", "reject"]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """One decision over one to `MOST` runs, with one card and one thread.

    *digest* changes with any of the plans. *not_before*: it was scheduled for later. *remind_at*: the time of the one
    reminder in the thread, None for none. *voters*: how many people could approve when it was made, None if not checked
    yet. *decided_by* and *decided_at* are the last decision: the vote that completed the approvals, the rejection, the
    cancellation, the retry. *version* grows with each change that people should see.
    """

    id: int
    digest: str
    state: RequestState
    requester: str
    why: str
    requested_at: datetime
    expires_at: datetime
    channel: str
    runs: tuple[Run, ...]
    votes: tuple[VoteRecord, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    version: int = 1
    not_before: datetime | None = None
    remind_at: datetime | None = None
    reminded: bool = False
    voters: int | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def approved_by(self) -> tuple[str, ...]:
        """The people whose approvals count."""
        return tuple(vote.voter for vote in self.votes if vote.vote == "approve")

    @property
    def rejection(self) -> VoteRecord | None:
        """The vote that rejected it."""
        return next((vote for vote in self.votes if vote.vote == "reject"), None)

    @property
    def instances(self) -> tuple[str, ...]:
        """The instances whose policies apply: those of the runs still to be done, or of all when none is left."""
        runs = [run for run in self.runs if run.state in LASTING] or self.runs
        return tuple(sorted({run.plan.model.instance for run in runs}))

    @property
    def meant(self) -> tuple[Run, ...]:
        """The runs that are not left out; all if every one is."""
        return tuple(run for run in self.runs if run.state is not RunState.LEFT_OUT) or self.runs

    @property
    def several(self) -> bool:
        """Whether it was made for more than one model."""
        return len(self.runs) > 1

    @property
    def large(self) -> bool:
        """Whether it has too many models to show them one by one."""
        return len(self.runs) > LISTED

    @property
    def first(self) -> Run:
        """The run that starts first; the only one of a request for one model."""
        return self.runs[0]

    @property
    def is_training(self) -> bool:
        """Whether it only trains on waiting data: no upgrade, nothing irreversible."""
        return all(run.plan.is_training for run in self.runs)

    def run(self, id: int) -> Run | None:
        """The run with that id, None if there is none."""
        return next((run for run in self.runs if run.id == id), None)

    def count(self, *states: RunState) -> int:
        """Number of its runs in these states."""
        return sum(1 for run in self.runs if run.state in states)

    @property
    def proven(self) -> tuple[Run, ...]:
        """Its runs that are done, with the proof their plan asks for."""
        return tuple(run for run in self.runs if run.state is RunState.DONE and not run.unproven)


@dataclass(frozen=True, slots=True)
class Noted:
    """One entry of a request's log: who did what, when. *actor* is a Slack user id or `retune`, *model* a reference."""

    at: datetime
    actor: str
    action: str
    model: str | None = None
    detail: str = ""


RESUME, DROP, STOP_LATER = "resume", "cancel the rest", "cancel after this step"
"""Acts on a request that goes on, in the audit's words."""


def was_steered(request: Request) -> bool:
    """Whether a person may have resumed it, or stopped what had not begun."""
    return any(run.excused or run.cancelled_by or run.state is RunState.CANCELLED for run in request.runs)


def digest_of(digests: Iterable[str]) -> str:
    """What an approval is bound to: changes with anything that matters in one of the plans with these digests."""
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]


def together(plans: Iterable[Plan], after: Iterable[Plan] = ()) -> tuple[tuple[Plan, ...], tuple[LeftOut, ...]]:
    """The plans that fit in one request, in starting order, and those that don't.

    Plans of *after* fit if they share no model with the others.

    The quickest starts first: the others wait for its proof. A model that another plan upgrades on its way is not
    upgraded twice. Of two acoustic models with the same outdated language model, the second waits for another request.
    """
    wanted = [*sorted(plans, key=_acoustic_first), *sorted(after, key=_acoustic_first)]
    taken: dict[str, Plan] = {}
    chosen: list[Plan] = []
    left_out: list[LeftOut] = []
    for plan in wanted:
        holder = next((taken[ref] for ref in sorted(plan.models) if ref in taken), None)
        if holder is None:
            chosen.append(plan)
            taken.update(dict.fromkeys(plan.models, plan))
        else:
            kind = CauseKind.TOGETHER if plan.model.ref in taken else CauseKind.SHARES
            left_out.append(LeftOut(plan.model.name, Cause(kind, other=holder.model.name)))
    chosen.sort(key=lambda plan: (len(plan.steps), plan.estimate.low if plan.estimate else 0.0, plan.model.name))
    return tuple(chosen), tuple(left_out)


def _acoustic_first(plan: Plan) -> tuple[bool, str]:
    """Sort key: an acoustic model before the language model that is upgraded with it."""
    return plan.model.kind == "language", plan.model.name.casefold()


def startable(request: Request, parallel: int) -> tuple[Run, ...]:
    """The queued runs that may start now.

    Until one is proven only one runs, then at most *parallel* on each instance; after an open failure only retries
    start.
    """
    queued = [run for run in request.runs if run.state is RunState.QUEUED]
    if request.state is RequestState.PAUSED:
        return tuple(run for run in queued if run.retries)
    if request.state not in (RequestState.SCHEDULED, RequestState.RUNNING) or _unseen(request.runs):
        return ()
    under_way = [run for run in request.runs if run.state is RunState.RUNNING]
    if not request.proven and not any(run.excused for run in request.runs):
        return () if under_way else tuple(queued[:1])
    busy = Counter(run.plan.model.instance for run in under_way)
    found = []
    for run in queued:
        if busy[run.plan.model.instance] < parallel:
            busy[run.plan.model.instance] += 1
            found.append(run)
    return tuple(found)


def following(request: Request) -> RequestState | None:
    """The state that follows from the states of the runs; None if it stays.

    A failure does not pause a request with nothing left to start: there is nothing to decide. A paused request resumes
    by itself when the failed runs were retried and are proven.
    """
    if request.state is RequestState.OPEN:
        return None if request.count(*LASTING) else RequestState.CHANGED
    if request.state not in LIVE:
        return None
    wanted = _wanted(request)
    return wanted if wanted is not request.state else None


def _wanted(request: Request) -> RequestState:
    if not request.count(*LASTING):
        return _end(request)
    if request.count(RunState.QUEUED) and request.state is not RequestState.SCHEDULED:
        paused = request.state is RequestState.PAUSED
        tried_again = any(run.retries and run.state in LASTING for run in request.runs)
        return RequestState.PAUSED if _unseen(request.runs) or (paused and tried_again) else RequestState.RUNNING
    if request.state is RequestState.SCHEDULED:
        return RequestState.RUNNING if request.count(RunState.RUNNING) else RequestState.SCHEDULED
    return RequestState.RUNNING


def _end(request: Request) -> RequestState:
    if request.count(RunState.CANCELLED):
        return RequestState.CANCELLED
    if request.count(RunState.FAILED):
        return RequestState.FAILED
    return RequestState.DONE if request.count(RunState.DONE) else RequestState.CHANGED


def _unseen(runs: Sequence[Run]) -> bool:
    """Whether a run failed or is unproven, and no person has decided to continue after it."""
    return any(run.bad and not run.excused for run in runs)
