"""Deciding on a request: what a vote, or another wish, does to it."""

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
"""What people may want of a request after it was asked for, beside a vote."""

OF_RUN: frozenset[Wish] = frozenset({"retry", "stop", "send again", "mark as failed"})
"""Those that are about one run."""


def scope_of(request: Request, run: Run | None = None) -> Scope:
    """What an act on a request touches, or on one *run* of it."""
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
    """What this vote does to a request, whose votes are those that count now.

    *held* are the models whose holds stop all of it: nobody approves what cannot start.

    It must meet the policy of every instance that the request touches. The requester may always take part in
    rejecting: that only withdraws what they asked for.
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
    if person.id in request.approved_by and not enough:  # enough already: it needs fewer than when they voted
        return Decision(Reason.ALREADY_VOTED)
    return Decision(Reason.COUNTS, RequestState.SCHEDULED if enough else RequestState.OPEN)


def settle(wish: Wish, person: Person, authority: Authority, request: Request, run: Run | None = None) -> Decision:
    """What a wish does to a request; *run* is the one that it is about, for those of `OF_RUN`.

    Fails closed like a vote. Going on after a failure, trying again and sending again are approvals, so they follow the
    rule on one's own request.
    """
    member = authority.takes_part(person)
    if member is not Reason.COUNTS:
        return Decision(member)
    late = _late(request)
    if wish == "take back" and late is not None:  # that it is too late matters more than whose vote it was
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
    """What a wish is to the authority: of several that have begun, *cancel* drops the rest."""
    return Act.DROP if wish == "cancel" and request.several and request.state not in UNSTARTED else Act(wish)


def _late(request: Request) -> Decision | None:
    """Why it is too late for what can be done only before a request starts."""
    if request.state not in UNSTARTED or request.started_at is not None:  # what is tried again has begun once
        return Decision(Reason.STARTED if request.state in LIVE else Reason.ALREADY_DECIDED)
    return None


def _cancel(request: Request) -> Decision:
    """Of several, what has begun goes to its end; of one, what comes after its present step does not begin."""
    if request.state in UNSTARTED:
        again = any(run.retries for run in request.runs)  # what is not tried again after all is what it was
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
    """What a request needs that must meet the policies of all its instances; *approvers*: whom each of them names."""
    found = [policy_of(policies, instance) for instance in request.instances]
    return Policy(
        tuple(name for name in found[0].approvers if all(name in policy.approvers for policy in found)),
        needed=max(policy.needed for policy in found),
        self_approval=all(policy.self_approval for policy in found),
        ttl=min(policy.ttl for policy in found),
    )


def could_approve(authority: Authority, people: Iterable[Person], scope: Scope) -> frozenset[str]:
    """Which of *people* may approve what is asked for there; fewer than needed: nobody can satisfy the policies."""
    return frozenset(person.id for person in people if authority.may(person, Act.APPROVE, scope).allowed)


def enough_votes(authority: Authority, voters: Iterable[Person], request: Request) -> bool:
    """Whether these voters, as Slack describes them now, are enough for the policies as they are now."""
    valid = could_approve(authority, voters, scope_of(request))
    return len(valid) >= required(authority.policies, request).needed
