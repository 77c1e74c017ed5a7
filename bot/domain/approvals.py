"""Who may decide on a run, and what a decision changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.runs import RunState

Vote = Literal["approve", "reject"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What an instance asks for: *approvers* are user and user-group ids, *needed* the number of approvals."""

    approvers: tuple[str, ...]
    needed: int
    self_approval: bool
    ttl: float
    """Seconds after which a waiting run expires."""


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
    """Those of the policy's user groups that the person is a member of."""


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


@dataclass(frozen=True, slots=True)
class Decision:
    """What one click does. *state* is the state of the run after it, None where the click does not count."""

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
    if person.id in approved_by:
        return Decision(Reason.ALREADY_VOTED)
    enough = len(set(approved_by) | {person.id}) >= policy.needed
    return Decision(Reason.COUNTS, RunState.APPROVED if enough else RunState.WAITING)
