"""The authority: who may do what, and where. One rule for every action."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.outcomes import Cause
from bot.domain.policies import NOBODY, Policy
from bot.domain.requests import RequestState
from bot.domain.snoozes import Held


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user, as Slack describes them at the moment of the click.

    *team* is the workspace Slack names; *teams* are all workspaces of an Enterprise Grid that the person is in.
    """

    id: str
    name: str
    team: str
    is_guest: bool = False
    is_bot: bool = False
    deactivated: bool = False
    groups: frozenset[str] = frozenset()
    """The person's groups, of those in policies and of those that own models."""
    zone: str = ""
    """Their IANA time zone, empty if Slack does not tell."""
    teams: frozenset[str] = frozenset()
    is_stranger: bool = False
    """From another organization, in a shared channel."""


class Act(StrEnum):
    """Everything that people can do."""

    READ = "read"
    REQUEST = "request"
    LINK = "link"
    OWN = "own"
    PROBE = "probe"
    SNOOZE = "snooze"
    HOLD = "hold"
    SNOOZE_ALL = "snooze all"
    """A base model or a whole instance."""
    END = "end"
    """End a snooze or hold early."""
    PREVIEW = "preview"
    ANNOUNCE = "announce"
    CHART = "chart"
    CHANGE = "change"
    """Change when and where announcements go."""
    EXPORT = "export"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take back"
    CANCEL = "cancel"
    DROP = "drop"
    RESUME = "resume"
    RETRY = "retry"
    STOP = "stop"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    SEND_AGAIN = "send again"
    MARK_AS_FAILED = "mark as failed"
    ACCEPT = "accept"
    """What an instance suddenly lists."""
    ADD_WORD = "add word"
    """To a model of a request that waits for a change by hand."""


class Role(StrEnum):
    """A person's role in an action."""

    READER = "reader"
    MEMBER = "member"
    REQUESTER = "requester"
    VOTER = "voter"
    AUTHOR = "author"
    OWNER = "owner"
    """The owner of the model, also as a member of the owning group."""
    APPROVER = "approver"
    OTHER_APPROVER = "other approver"
    """An approver other than the requester, unless every policy allows requesters to approve their own."""


RULES: Mapping[Act, tuple[Role, ...]] = {
    Act.READ: (Role.READER,),
    **dict.fromkeys((Act.REQUEST, Act.LINK, Act.OWN, Act.PROBE, Act.SNOOZE, Act.HOLD), (Role.MEMBER,)),
    **dict.fromkeys((Act.PREVIEW, Act.ANNOUNCE, Act.CHART, Act.EXPORT), (Role.MEMBER,)),
    Act.WITHDRAW: (Role.REQUESTER,),
    Act.TAKE_BACK: (Role.VOTER,),
    Act.REJECT: (Role.REQUESTER, Role.OTHER_APPROVER),
    **dict.fromkeys((Act.APPROVE, Act.RESUME, Act.RETRY, Act.SEND_AGAIN), (Role.OTHER_APPROVER,)),
    Act.END: (Role.AUTHOR, Role.APPROVER),
    Act.ADD_WORD: (Role.REQUESTER, Role.OWNER, Role.APPROVER),
    **dict.fromkeys((Act.CANCEL, Act.DROP, Act.STOP, Act.FREEZE, Act.UNFREEZE), (Role.APPROVER,)),
    **dict.fromkeys((Act.SNOOZE_ALL, Act.CHANGE, Act.MARK_AS_FAILED, Act.ACCEPT), (Role.APPROVER,)),
}
"""The roles that may do an act; one of them is enough."""


class Reason(StrEnum):
    """Why a click counts or not; `messages` has the sentence for each."""

    COUNTS = "counts"
    OTHER_WORKSPACE = "other workspace"
    NOT_A_MEMBER = "not a member"
    NOT_AN_APPROVER = "not an approver"
    OWN_REQUEST = "own request"
    ALREADY_VOTED = "already voted"
    ALREADY_DECIDED = "already decided"
    EXPIRED = "expired"
    ON_HOLD = "on hold"
    NOT_THE_REQUESTER = "not the requester"
    NO_VOTE = "no vote"
    OLDER_PLAN = "older plan"
    STARTED = "started"
    LAST_STEP = "last step"
    NOTHING_LEFT = "nothing left to cancel"
    NOT_FAILED = "not failed"
    NOT_RUNNING = "not running"
    NOT_PAUSED = "not paused"
    NOT_UNCLEAR = "not unclear"
    NOT_POSSIBLE = "model cannot take it"
    TAKEN = "in another request"
    UNKNOWN = "unknown"
    """No such request, or no such run in it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a click counts, and its effect.

    *state* is the state of the request afterwards, None if the click does not count or is not about a request.
    *instance* is the one whose policy refuses. *holder* is the request that has locked one of the models, *cause* why
    the model can't be upgraded, *held* the models on hold. A cancelled request with a step in progress stays running
    until that step ends.
    """

    reason: Reason
    state: RequestState | None = None
    instance: str = ""
    holder: int | None = None
    cause: Cause | None = None
    held: tuple[Held, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the click counts."""
        return self.reason is Reason.COUNTS


COUNTS = Decision(Reason.COUNTS)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an act touches.

    *instances* are all those whose policies it must meet; *requester* and *approved_by* belong to a request, *author*
    to a snooze or hold, *owner* (a person or a group) to a model.
    """

    instances: tuple[str, ...] = ()
    requester: str = ""
    approved_by: Collection[str] = ()
    author: str = ""
    owner: str = ""


NOWHERE = Scope()
"""The scope of an act that touches no instance."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The rule in one deployment: our workspace, the policy of each instance, and whether guests may read."""

    team: str
    policies: Mapping[str, Policy]
    guests_read: bool = False

    @property
    def everywhere(self) -> Scope:
        """All instances."""
        return Scope(tuple(self.policies))

    def may(self, person: Person, act: Act, scope: Scope = NOWHERE) -> Decision:
        """Whether a person may do something. Refuses whenever Slack does not confirm who they are."""
        member = self.takes_part(person)
        reads = act is Act.READ and self.guests_read and self.is_ours(person) and not _gone(person)
        if member is not Reason.COUNTS:
            return COUNTS if reads else Decision(member)
        decision = COUNTS
        for role in RULES[act]:
            decision = self._is(role, person, scope)
            if decision.allowed:
                break
        return decision

    def is_ours(self, person: Person) -> bool:
        """Whether a person belongs to our workspace; on Enterprise Grid, also if Slack names another of their
        workspaces.
        """
        return not person.is_stranger and bool(self.team) and self.team in {person.team, *person.teams}

    def takes_part(self, person: Person) -> Reason:
        """Whether Slack confirms a full, active member of our own workspace."""
        if not self.is_ours(person):
            return Reason.OTHER_WORKSPACE
        return Reason.NOT_A_MEMBER if person.is_guest or _gone(person) else Reason.COUNTS

    def policies_of(self, instances: Iterable[str]) -> tuple[Policy, ...]:
        """The policies for an act on *instances*; all policies if one of these is no longer configured."""
        named = set(instances)
        known = named <= self.policies.keys()
        return tuple(dict.fromkeys(p for name, p in self.policies.items() if not known or name in named))

    def decides_on(self, person: Person) -> frozenset[str]:
        """The instances on which a person is an approver."""
        if self.takes_part(person) is not Reason.COUNTS:
            return frozenset()
        return frozenset(name for name, policy in self.policies.items() if is_approver(person, policy))

    def _is(self, role: Role, person: Person, scope: Scope) -> Decision:
        match role:
            case Role.READER | Role.MEMBER:
                return COUNTS
            case Role.REQUESTER:
                return COUNTS if person.id == scope.requester else Decision(Reason.NOT_THE_REQUESTER)
            case Role.VOTER:
                return COUNTS if person.id in scope.approved_by else Decision(Reason.NO_VOTE)
            case Role.AUTHOR:
                return COUNTS if person.id == scope.author else Decision(Reason.NOT_AN_APPROVER)
            case Role.OWNER:
                owns = bool(scope.owner) and scope.owner in (person.id, *person.groups)
                return COUNTS if owns else Decision(Reason.NOT_AN_APPROVER)
            case Role.APPROVER:
                return self._approves(person, scope)
            case Role.OTHER_APPROVER:
                return self._approves(person, scope, other=True)

    def _approves(self, person: Person, scope: Scope, *, other: bool = False) -> Decision:
        """Whether a person is an approver of every instance; *other*: and not the requester.

        Nobody can approve on an instance that is no longer configured. Any other approver may end what is left there;
        its models would stay locked otherwise.
        """
        own = person.id == scope.requester
        for instance in scope.instances:
            policy = self.policies.get(instance)
            if other and own and not (policy or NOBODY).self_approval:
                return Decision(Reason.OWN_REQUEST, instance=instance)
            asked = [policy] if policy else [] if other else self.policies.values()
            if not any(is_approver(person, each) for each in asked):
                return Decision(Reason.NOT_AN_APPROVER, instance=instance)
        return COUNTS if scope.instances else Decision(Reason.NOT_AN_APPROVER)


def is_approver(person: Person, policy: Policy) -> bool:
    """Whether the policy names the person or one of their user groups."""
    return any(name == person.id or name in person.groups for name in policy.approvers)


def _gone(person: Person) -> bool:
    return person.is_bot or person.deactivated
