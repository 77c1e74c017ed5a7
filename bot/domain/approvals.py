"""Who may decide on a request, and what a decision changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.outcomes import Cause
from bot.domain.requests import LIVE, RETRIABLE, UNSTARTED, Request, RequestState
from bot.domain.runs import Run, RunState

Vote = Literal["approve", "reject"]

Wish = Literal["withdraw", "take back", "cancel", "resume", "retry", "stop"]
"""What people may want of a request after it was asked for, beside a vote; *retry* and *stop* are about one run."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an instance asks for: *needed* is the number of approvals.

    *approvers* are ids of users, of user groups (`S…`) and, for workspaces whose plan has no groups, of channels
    (`C…`, `G…`) whose members may decide.
    """

    approvers: tuple[str, ...]
    needed: int
    self_approval: bool
    ttl: float
    """Seconds after which a waiting request expires."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Those of the approvers that stand for several people."""
        return tuple(name for name in self.approvers if name[:1] in GROUPS)


NOBODY = Policy((), 1, False, 0.0)
"""The policy of an instance that is not configured any more: it lets nobody decide."""


def policy_of(policies: Mapping[str, Policy], instance: str) -> Policy:
    """The instance's policy, `NOBODY` where it has none."""
    return policies.get(instance, NOBODY)


GROUPS = frozenset("SCG")
"""With what the ids of user groups and channels begin."""


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user as Slack describes it at the moment of the click."""

    id: str
    name: str
    team: str
    is_guest: bool = False
    is_bot: bool = False
    deactivated: bool = False
    groups: frozenset[str] = frozenset()
    """Those of the policy's groups that the person is a member of."""
    zone: str = ""
    """Their IANA time zone, empty where Slack does not tell."""


class Reason(StrEnum):
    """Why a click counts or not; `messages` phrases each."""

    COUNTS = "counts"
    OTHER_WORKSPACE = "other workspace"
    NOT_A_MEMBER = "not a member"
    NOT_AN_APPROVER = "not an approver"
    OWN_REQUEST = "own request"
    ALREADY_VOTED = "already voted"
    ALREADY_DECIDED = "already decided"
    EXPIRED = "expired"
    NOT_THE_REQUESTER = "not the requester"
    NO_VOTE = "no vote"
    OLDER_PLAN = "older plan"
    STARTED = "started"
    LAST_STEP = "last step"
    NOTHING_LEFT = "nothing left to cancel"
    NOT_FAILED = "not failed"
    NOT_RUNNING = "not running"
    NOT_PAUSED = "not paused"
    NOT_POSSIBLE = "model cannot take it"
    TAKEN = "in another request"
    UNKNOWN = "unknown"
    """No such request, or no such run of it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one click does. *state* is the state of the request after it, None where the click does not count.

    *instance* is the one whose policy refuses it. *holder* is the request that has one of the models meanwhile, *cause*
    why the model could not take it. A cancelled request whose step is under way stays running: it ends when that step
    does.
    """

    reason: Reason
    state: RequestState | None = None
    instance: str = ""
    holder: int | None = None
    cause: Cause | None = None

    @property
    def allowed(self) -> bool:
        """Whether the click counts."""
        return self.reason is Reason.COUNTS


def is_approver(person: Person, policy: Policy) -> bool:
    """Whether the policy names the person, or a user group of theirs."""
    return any(name == person.id or name in person.groups for name in policy.approvers)


def may_take_part(person: Person, team: str) -> Reason:
    """Whether Slack vouches for a full, present member of our own workspace. Fails closed."""
    if person.team != team:
        return Reason.OTHER_WORKSPACE
    if person.is_guest or person.is_bot or person.deactivated:
        return Reason.NOT_A_MEMBER
    return Reason.COUNTS


def decide(
    vote: Vote, person: Person, policies: Mapping[str, Policy], request: Request, *, team: str, now: datetime
) -> Decision:
    """What this vote does to a request, whose votes are those that count now.

    It must meet the policy of every instance that the request touches. The requester may always take part in
    rejecting: that only withdraws what they asked for.
    """
    member = may_take_part(person, team)
    if member is not Reason.COUNTS:
        return Decision(member)
    if request.state is not RequestState.OPEN:
        return Decision(Reason.ALREADY_DECIDED)
    if now >= request.expires_at:
        return Decision(Reason.EXPIRED)
    own = person.id == request.requester
    if own and vote == "reject":
        return Decision(Reason.COUNTS, RequestState.WITHDRAWN)
    for instance in request.instances:
        policy = policy_of(policies, instance)
        if own and not policy.self_approval:
            return Decision(Reason.OWN_REQUEST, instance=instance)
        if not is_approver(person, policy):
            return Decision(Reason.NOT_AN_APPROVER, instance=instance)
    if vote == "reject":
        return Decision(Reason.COUNTS, RequestState.REJECTED)
    enough = len({*request.approved_by, person.id}) >= required(policies, request).needed
    if person.id in request.approved_by and not enough:  # enough already: it needs fewer than when they voted
        return Decision(Reason.ALREADY_VOTED)
    return Decision(Reason.COUNTS, RequestState.SCHEDULED if enough else RequestState.OPEN)


def settle(
    wish: Wish, person: Person, policies: Mapping[str, Policy], request: Request, run: Run | None = None, *, team: str
) -> Decision:
    """What a wish does to a request; *run* is the one that trying again, or no longer watching, is about.

    Fails closed like a vote. Trying again is an approval by one person, so it follows the rule on one's own request.
    """
    member = may_take_part(person, team)
    if member is not Reason.COUNTS:
        return Decision(member)
    if wish == "withdraw" or wish == "take back":
        return _before_it_starts(wish, person, policies, request)
    for instance in request.instances if run is None else (run.plan.model.instance,):
        policy = policies.get(instance)
        if policy is None and wish in ("cancel", "stop"):  # nobody can decide there: what it holds would stay locked
            may = any(is_approver(person, policy) for policy in policies.values())
        else:
            may = is_approver(person, policy or NOBODY)
        if not may:
            return Decision(Reason.NOT_AN_APPROVER, instance=instance)
    match wish:
        case "cancel":
            return _cancel(request)
        case "resume":
            paused = request.state is RequestState.PAUSED
            return Decision(Reason.COUNTS, RequestState.RUNNING) if paused else Decision(Reason.NOT_PAUSED)
        case "retry":
            return _retry(person, policies, request, run)
        case "stop":
            if run is None or run.state is not RunState.RUNNING or run.current is None:
                return Decision(Reason.NOT_RUNNING)
            return Decision(Reason.COUNTS, request.state)


def _before_it_starts(wish: Wish, person: Person, policies: Mapping[str, Policy], request: Request) -> Decision:
    if wish == "withdraw" and person.id != request.requester:
        return Decision(Reason.NOT_THE_REQUESTER)
    if request.state not in UNSTARTED or request.started_at is not None:  # what is tried again has begun once
        return Decision(Reason.STARTED if request.state in LIVE else Reason.ALREADY_DECIDED)
    if wish == "withdraw":
        return Decision(Reason.COUNTS, RequestState.WITHDRAWN)
    if person.id not in request.approved_by:
        return Decision(Reason.NO_VOTE)
    enough = len(set(request.approved_by) - {person.id}) >= required(policies, request).needed
    return Decision(Reason.COUNTS, request.state if enough else RequestState.OPEN)


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


def _retry(person: Person, policies: Mapping[str, Policy], request: Request, run: Run | None) -> Decision:
    if run is None or run.state is not RunState.FAILED or request.state not in (*LIVE, *RETRIABLE):
        return Decision(Reason.NOT_FAILED)
    if person.id == request.requester and not policy_of(policies, run.plan.model.instance).self_approval:
        return Decision(Reason.OWN_REQUEST, instance=run.plan.model.instance)
    return Decision(Reason.COUNTS, RequestState.SCHEDULED if request.state in RETRIABLE else request.state)


def required(policies: Mapping[str, Policy], request: Request) -> Policy:
    """What a request needs that must meet the policies of all its instances; *approvers*: whom each of them names."""
    found = [policy_of(policies, instance) for instance in request.instances]
    return Policy(
        tuple(name for name in found[0].approvers if all(name in policy.approvers for policy in found)),
        needed=max(policy.needed for policy in found),
        self_approval=all(policy.self_approval for policy in found),
        ttl=min(policy.ttl for policy in found),
    )


def may_approve(person: Person, policy: Policy, *, team: str, requester: str) -> bool:
    """Whether somebody may approve what *requester* asked for, whatever its state."""
    full = may_take_part(person, team) is Reason.COUNTS
    return full and is_approver(person, policy) and (policy.self_approval or person.id != requester)


def may_approve_all(person: Person, policies: Mapping[str, Policy], request: Request, *, team: str) -> bool:
    """Whether somebody may approve a request on every instance that it touches, whatever its state."""
    return all(
        may_approve(person, policy_of(policies, instance), team=team, requester=request.requester)
        for instance in request.instances
    )


def can_approve(policy: Policy, people: Iterable[Person], *, team: str, requester: str = "") -> int:
    """How many of *people* could approve a request of *requester*; fewer than needed: nobody can satisfy the policy."""
    return len({person.id for person in people if may_approve(person, policy, team=team, requester=requester)})


def enough_votes(policies: Mapping[str, Policy], voters: Iterable[Person], request: Request, *, team: str) -> bool:
    """Whether these voters, as Slack describes them now, are enough for the policies as they are now."""
    valid = {person.id for person in voters if may_approve_all(person, policies, request, team=team)}
    return len(valid) >= required(policies, request).needed
