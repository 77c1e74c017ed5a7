"""Decisions on a request: the effect of a vote or of another action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from bot.domain.authority import Act, Authority, Decision, Person, Reason, Scope
from bot.domain.policies import Policy, policy_of
from bot.domain.requests import LIVE, RETRIABLE, UNSTARTED, Request, RequestState
from bot.domain.runs import Run, RunState
from bot.domain.snoozes import Held

Vote = Literal["approve", "reject"]

Wish = Literal["withdraw", "take back", "cancel", "resume", "retry", "stop", "send again", "mark as failed"]
"""Actions on a request after it was made, other than votes."""

OF_RUN: frozenset[Wish] = frozenset({"retry", "stop", "send again", "mark as failed"})
"""Actions on one run."""

Possible = tuple[Vote | Wish, int | None]
"""A vote or an action that a person may take now; an action on one run comes with that run."""


def scope_of(request: Request, run: Run | None = None) -> Scope:
    """The scope of an action on a request, or on one *run* of it."""
    instances = request.instances if run is None else (run.plan.model.instance,)
    return Scope(instances, request.requester, request.approved_by)


def decide(
    vote: Vote,
    person: Person,
    authority: Authority,
    request: Request,
    *,
    now: datetime,
    held: tuple[Held, ...] = (),
) -> Decision:
    """The effect of this vote on a request. Only votes that still count may be in the request.

    *held* are the models whose holds stop the whole request: it can't be approved, since it couldn't start.

    An approval must meet the policy of every instance in the request. Requesters may always vote to reject: that only
    withdraws their own request.
    """
    member = authority.takes_part(person)
    if member is not Reason.COUNTS:
        return Decision(member)
    if request.state is not RequestState.OPEN:
        return Decision(Reason.ALREADY_DECIDED)
    if now >= request.expires_at:
        return Decision(Reason.EXPIRED)
    may = authority.may(person, Act(vote), scope_of(request))
    if not may.allowed:
        return may
    if vote == "reject":
        own = person.id == request.requester
        return Decision(Reason.COUNTS, RequestState.WITHDRAWN if own else RequestState.REJECTED)
    if held:
        return Decision(Reason.ON_HOLD, held=held)
    enough = len({*request.approved_by, person.id}) >= required(authority.policies, request).needed
    # Enough already: the policy needs fewer votes than when they voted.
    if person.id in request.approved_by and not enough:
        return Decision(Reason.ALREADY_VOTED)
    return Decision(Reason.COUNTS, RequestState.SCHEDULED if enough else RequestState.OPEN)


def settle(wish: Wish, person: Person, authority: Authority, request: Request, run: Run | None = None) -> Decision:
    """The effect of an action on a request; *run* is the run it is about, for the actions in `OF_RUN`.

    Refuses whenever in doubt, as for votes. Resuming, retrying and sending again are approvals, so the rule on one's
    own request applies.
    """
    member = authority.takes_part(person)
    if member is not Reason.COUNTS:
        return Decision(member)
    late = _late(request)
    if wish == "take back" and late is not None:  # "too late" is more useful to know than "not your vote"
        return late
    may = authority.may(person, act_of(wish, request), scope_of(request, run))
    if not may.allowed:
        return may
    match wish:
        case "withdraw":
            return late or Decision(Reason.COUNTS, RequestState.WITHDRAWN)
        case "take back":
            enough = len(set(request.approved_by) - {person.id}) >= required(authority.policies, request).needed
            return Decision(Reason.COUNTS, request.state if enough else RequestState.OPEN)
        case "cancel":
            return _cancel(request)
        case "resume":
            paused = request.state is RequestState.PAUSED
            return Decision(Reason.COUNTS, RequestState.RUNNING) if paused else Decision(Reason.NOT_PAUSED)
        case "retry":
            if run is None or run.state is not RunState.FAILED or request.state not in (*LIVE, *RETRIABLE):
                return Decision(Reason.NOT_FAILED)
            return Decision(Reason.COUNTS, RequestState.SCHEDULED if request.state in RETRIABLE else request.state)
        case "stop":
            if run is None or run.state is not RunState.RUNNING or run.current is None:
                return Decision(Reason.NOT_RUNNING)
            return Decision(Reason.COUNTS, request.state)
        case "send again" | "mark as failed":
            unclear = run is not None and run.unclear
            return Decision(Reason.COUNTS, request.state) if unclear else Decision(Reason.NOT_UNCLEAR)


def act_of(wish: Wish, request: Request) -> Act:
    """The authority's name for an action; cancelling a request for several that has begun is *drop*."""
    return Act.DROP if wish == "cancel" and request.several and request.state not in UNSTARTED else Act(wish)


def _late(request: Request) -> Decision | None:
    """Why it is too late for an action that must come before a request starts."""
    if request.state not in UNSTARTED or request.started_at is not None:  # a retried request has already begun once
        return Decision(Reason.STARTED if request.state in LIVE else Reason.ALREADY_DECIDED)
    return None


def _cancel(request: Request) -> Decision:
    """Of several models, those that have begun finish; of one model, the steps after the current one do not start."""
    if request.state in UNSTARTED:
        # A run that is no longer retried goes back to its earlier state.
        again = any(run.retries for run in request.runs)
        return Decision(Reason.COUNTS, RequestState.FAILED if again else RequestState.CANCELLED)
    if request.state not in LIVE:
        return Decision(Reason.ALREADY_DECIDED)
    if request.count(RunState.QUEUED):
        running = bool(request.count(RunState.RUNNING))
        return Decision(Reason.COUNTS, RequestState.RUNNING if running else RequestState.CANCELLED)
    if request.several:
        return Decision(Reason.NOTHING_LEFT)
    run = request.first
    if run.between_steps:
        return Decision(Reason.COUNTS, RequestState.CANCELLED)
    if run.current is not None and run.current.number == len(run.steps):
        return Decision(Reason.LAST_STEP)
    return Decision(Reason.COUNTS, RequestState.RUNNING)


def required(policies: Mapping[str, Policy], request: Request) -> Policy:
    """One policy for a request that meets those of all its instances; *approvers* are named by every one of them."""
    found = [policy_of(policies, instance) for instance in request.instances]
    return Policy(
        tuple(name for name in found[0].approvers if all(name in policy.approvers for policy in found)),
        needed=max(policy.needed for policy in found),
        self_approval=all(policy.self_approval for policy in found),
        ttl=min(policy.ttl for policy in found),
    )


def could_approve(authority: Authority, people: Iterable[Person], scope: Scope) -> frozenset[str]:
    """The *people* who may approve this. If they are fewer than needed, the policies cannot be satisfied."""
    return frozenset(person.id for person in people if authority.may(person, Act.APPROVE, scope).allowed)


def enough_votes(authority: Authority, voters: Iterable[Person], request: Request) -> bool:
    """Whether these voters are enough, by their current Slack profile and the current policies."""
    valid = could_approve(authority, voters, scope_of(request))
    return len(valid) >= required(authority.policies, request).needed
