"""Who may decide on a run, and what a decision changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.plans import Action
from bot.domain.runs import Run, RunState, StepState

Vote = Literal["approve", "reject"]

Wish = Literal["withdraw", "take back", "cancel", "retry", "stop"]
"""What people may want of a run after it was asked for, beside a vote."""


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
    """Seconds after which a waiting run expires."""

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
    CAMPAIGN = "part of a campaign"
    STARTED = "started"
    LAST_STEP = "last step"
    NOT_FAILED = "not failed"
    NOT_RUNNING = "not running"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one click does. *state* is the state of the run after it, None where the click does not count.

    A cancelled run whose step is under way stays running: it ends when that step does.
    """

    reason: Reason
    state: RunState | None = None

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
    vote: Vote,
    person: Person,
    policy: Policy,
    *,
    team: str,
    state: RunState,
    requester: str,
    approved_by: Sequence[str],
    expires_at: datetime,
    now: datetime,
) -> Decision:
    """What this vote does to a run in *state* that *requester* asked for.

    *approved_by* are the people whose approval of the present plan already counts. The requester may always
    take part in rejecting: that only withdraws what they asked for.
    """
    member = may_take_part(person, team)
    if member is not Reason.COUNTS:
        return Decision(member)
    if state is not RunState.WAITING:
        return Decision(Reason.ALREADY_DECIDED)
    if now >= expires_at:
        return Decision(Reason.EXPIRED)
    own = person.id == requester
    if vote == "reject":
        if not (own or is_approver(person, policy)):
            return Decision(Reason.NOT_AN_APPROVER)
        return Decision(Reason.COUNTS, RunState.WITHDRAWN if own else RunState.REJECTED)
    if own and not policy.self_approval:
        return Decision(Reason.OWN_REQUEST)
    if not is_approver(person, policy):
        return Decision(Reason.NOT_AN_APPROVER)
    enough = len(set(approved_by) | {person.id}) >= policy.needed
    if person.id in approved_by and not enough:  # enough already: the policy asks for fewer than when they voted
        return Decision(Reason.ALREADY_VOTED)
    return Decision(Reason.COUNTS, RunState.APPROVED if enough else RunState.WAITING)


def settle(wish: Wish, person: Person, policy: Policy, run: Run, *, team: str) -> Decision:
    """What a wish does to a run: withdrawing, taking a vote back, cancelling, trying again, no longer watching.

    Fails closed like a vote. Trying again is an approval by one person, so it follows the rule on one's own request.
    """
    member = may_take_part(person, team)
    if member is not Reason.COUNTS:
        return Decision(member)
    match wish:
        case "withdraw":
            return _withdraw(person, run)
        case "take back":
            return _take_back(person, policy, run)
    if not is_approver(person, policy):
        return Decision(Reason.NOT_AN_APPROVER)
    match wish:
        case "cancel":
            return _cancel(run)
        case "retry":
            if run.state is not RunState.FAILED:
                return Decision(Reason.NOT_FAILED)
            if person.id == run.requester and not policy.self_approval:
                return Decision(Reason.OWN_REQUEST)
            return Decision(Reason.COUNTS, RunState.APPROVED)
        case "stop":
            if run.state is not RunState.RUNNING or run.current is None:
                return Decision(Reason.NOT_RUNNING)
            return Decision(Reason.COUNTS, RunState.FAILED)


def _withdraw(person: Person, run: Run) -> Decision:
    if person.id != run.requester:
        return Decision(Reason.NOT_THE_REQUESTER)
    if run.state is RunState.RUNNING:
        return Decision(Reason.STARTED)
    if run.state not in (RunState.WAITING, RunState.APPROVED):
        return Decision(Reason.ALREADY_DECIDED)
    return Decision(Reason.COUNTS, RunState.WITHDRAWN)


def _take_back(person: Person, policy: Policy, run: Run) -> Decision:
    if run.state is RunState.RUNNING:
        return Decision(Reason.STARTED)
    if run.state not in (RunState.WAITING, RunState.APPROVED):
        return Decision(Reason.ALREADY_DECIDED)
    if person.id not in run.approved_by:
        return Decision(Reason.NO_VOTE)
    if run.campaign is not None:  # its votes are those of the campaign, which would give them to it again
        return Decision(Reason.CAMPAIGN)
    enough = len(set(run.approved_by) - {person.id}) >= policy.needed
    return Decision(Reason.COUNTS, run.state if enough else RunState.WAITING)


def _cancel(run: Run) -> Decision:
    if run.state is RunState.APPROVED:
        return Decision(Reason.COUNTS, RunState.CANCELLED)
    if run.state is RunState.WAITING:
        return Decision(Reason.COUNTS, RunState.CANCELLED)
    if run.state is not RunState.RUNNING or run.current is None:
        return Decision(Reason.ALREADY_DECIDED)
    if between_steps(run):
        return Decision(Reason.COUNTS, RunState.CANCELLED)
    if run.current.number == len(run.steps):
        return Decision(Reason.LAST_STEP)
    return Decision(Reason.COUNTS, RunState.RUNNING)


def between_steps(run: Run) -> bool:
    """Whether nothing of a running run is with the service now, so that it can end without leaving anything behind."""
    current = run.current
    if current is None:
        return False
    waits_for_a_person = current.step.action is Action.AWAIT_CHANGE
    return current.state is StepState.PLANNED or waits_for_a_person


def may_approve(person: Person, policy: Policy, *, team: str, requester: str) -> bool:
    """Whether somebody may approve what *requester* asked for, whatever its state."""
    full = may_take_part(person, team) is Reason.COUNTS
    return full and is_approver(person, policy) and (policy.self_approval or person.id != requester)


def can_approve(policy: Policy, people: Iterable[Person], *, team: str, requester: str = "") -> int:
    """How many of *people* could approve a request of *requester*; fewer than needed: nobody can satisfy the policy."""
    return len({person.id for person in people if may_approve(person, policy, team=team, requester=requester)})


def enough_votes(policy: Policy, voters: Iterable[Person], *, team: str, requester: str) -> bool:
    """Whether these voters, as Slack describes them now, are enough for a policy as it is now."""
    return can_approve(policy, voters, team=team, requester=requester) >= policy.needed
