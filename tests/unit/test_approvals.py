"""The policy as tables, and as properties that hold for whatever people click."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals import (
    Decision,
    Person,
    Policy,
    Reason,
    Vote,
    can_approve,
    decide,
    enough_votes,
    is_approver,
    settle,
)
from bot.domain.plans import Action, Plan, Step
from bot.domain.runs import FOLLOWS, OPEN, Run, RunState, StepRecord, StepState, VoteRecord
from tests.world import NEW, OLD, model

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEAM = "T1"
ONE = Policy(("SAPPROVE", "UNAMED", "CDECIDERS"), 1, False, 86400)
TWO, OWN = replace(ONE, needed=2), replace(ONE, self_approval=True)


def person(id: str, *groups: str, **over: object) -> Person:
    return replace(Person(id, id.title(), TEAM, groups=frozenset(groups)), **over)  # type: ignore[arg-type]  # fields by name


ADA = person("UADA", "SAPPROVE")
GRACE, TOMAS, NAMED = person("UGRACE", "SAPPROVE"), person("UTOMAS", "CDECIDERS"), person("UNAMED")
MEI = person("UMEI")


def choose(vote: Vote, who: Person, policy: Policy = ONE, **over: object) -> Decision:
    facts = {
        "team": TEAM,
        "state": RunState.WAITING,
        "requester": "UADA",
        "approved_by": (),
        "expires_at": NOW + timedelta(hours=1),
        "now": NOW,
    }
    return decide(vote, who, policy, **{**facts, **over})  # type: ignore[arg-type]  # keywords by name


@pytest.mark.parametrize(
    ("who", "policy", "over", "reason"),
    [
        (GRACE, ONE, {}, Reason.COUNTS),
        (TOMAS, ONE, {}, Reason.COUNTS),
        (NAMED, ONE, {}, Reason.COUNTS),
        (MEI, ONE, {}, Reason.NOT_AN_APPROVER),
        (ADA, ONE, {}, Reason.OWN_REQUEST),
        (ADA, OWN, {}, Reason.COUNTS),
        (replace(GRACE, is_guest=True), ONE, {}, Reason.NOT_A_MEMBER),
        (replace(GRACE, is_bot=True), ONE, {}, Reason.NOT_A_MEMBER),
        (replace(GRACE, deactivated=True), ONE, {}, Reason.NOT_A_MEMBER),
        (replace(GRACE, team="T2"), ONE, {}, Reason.OTHER_WORKSPACE),
        (GRACE, TWO, {"approved_by": ("UGRACE",)}, Reason.ALREADY_VOTED),
        (GRACE, ONE, {"state": RunState.APPROVED}, Reason.ALREADY_DECIDED),
        (GRACE, ONE, {"now": NOW + timedelta(hours=1)}, Reason.EXPIRED),
        (GRACE, replace(ONE, approvers=()), {}, Reason.NOT_AN_APPROVER),
    ],
)
def test_who_may_approve(who: Person, policy: Policy, over: dict[str, object], reason: Reason):
    """Each way in which a click counts or not; everything unknown fails closed."""
    assert choose("approve", who, policy, **over).reason is reason


@pytest.mark.parametrize(
    ("approved", "policy", "state"),
    [
        ((), ONE, RunState.APPROVED),
        ((), TWO, RunState.WAITING),
        (("UTOMAS",), TWO, RunState.APPROVED),
        (("UTOMAS",), replace(ONE, needed=3), RunState.WAITING),
    ],
)
def test_how_many(approved: tuple[str, ...], policy: Policy, state: RunState):
    """The vote that makes it enough decides, and none before."""
    assert choose("approve", GRACE, policy, approved_by=approved).state is state


def test_rejecting():
    """Approvers reject; the requester's own rejection withdraws; nobody else can."""
    assert choose("reject", GRACE).state is RunState.REJECTED
    assert choose("reject", ADA).state is RunState.WITHDRAWN
    assert choose("reject", MEI).reason is Reason.NOT_AN_APPROVER


PEOPLE = st.builds(
    person,
    st.sampled_from(["UADA", "UGRACE", "UTOMAS", "UNAMED", "UMEI"]),
    st.sampled_from(["SAPPROVE", "CDECIDERS", "SOTHER"]),
    is_guest=st.booleans(),
    deactivated=st.booleans(),
    team=st.sampled_from([TEAM, TEAM, TEAM, "T2"]),
)


@given(st.lists(PEOPLE, max_size=12), st.integers(1, 4), st.booleans())
def test_no_way_to_approved_without_enough_valid_votes(clicks: list[Person], needed: int, own: bool):
    """Whatever is clicked in whatever order: approved means that enough different, allowed people approved."""
    policy = replace(ONE, needed=needed, self_approval=own)
    state, valid = RunState.WAITING, list[Person]()
    for who in clicks:
        decision = choose("approve", who, policy, state=state, approved_by=[voter.id for voter in valid])
        if decision.allowed:
            valid.append(who)
            state = decision.state or state
    assert (state is RunState.APPROVED) == (len(valid) >= needed)
    assert len({voter.id for voter in valid}) == len(valid)
    for voter in valid:
        assert is_approver(voter, policy)
        assert (voter.team, voter.is_guest, voter.deactivated) == (TEAM, False, False)
        assert own or voter.id != "UADA"
    assert enough_votes(policy, valid, team=TEAM, requester="UADA") == (state is RunState.APPROVED)


@dataclass
class Case:
    """A run in a state, for wishes."""

    state: RunState
    steps: tuple[StepState, ...] = (StepState.PLANNED, StepState.PLANNED)
    votes: tuple[str, ...] = ("UGRACE",)
    action: Action = Action.UPGRADE
    over: dict[str, object] = field(default_factory=dict)

    def run(self) -> Run:
        step = Step(self.action, "stt/language/1", "m", True)
        plan = Plan(model(), (step, step), OLD, NEW, None)
        records = tuple(StepRecord(1, n, step, state) for n, state in enumerate(self.steps, start=1))
        return Run(
            *(1, plan, plan.digest, self.state, "UADA", "", NOW, NOW, "C1", None, None, None, None, "", 1, records),
            tuple(VoteRecord(voter, "approve", "", NOW) for voter in self.votes),
        )


DONE, BUSY, LEFT, BROKEN = StepState.DONE, StepState.WAITING, StepState.PLANNED, StepState.FAILED
WAITING, APPROVED, RUNNING, FAILED = RunState.WAITING, RunState.APPROVED, RunState.RUNNING, RunState.FAILED


@pytest.mark.parametrize(
    ("wish", "who", "case", "reason", "state"),
    [
        ("withdraw", ADA, Case(WAITING), Reason.COUNTS, RunState.WITHDRAWN),
        ("withdraw", ADA, Case(APPROVED), Reason.COUNTS, RunState.WITHDRAWN),
        ("withdraw", ADA, Case(RUNNING), Reason.STARTED, None),
        ("withdraw", ADA, Case(FAILED), Reason.ALREADY_DECIDED, None),
        ("withdraw", GRACE, Case(WAITING), Reason.NOT_THE_REQUESTER, None),
        ("take back", GRACE, Case(WAITING), Reason.COUNTS, WAITING),
        ("take back", GRACE, Case(APPROVED), Reason.COUNTS, WAITING),
        ("take back", GRACE, Case(APPROVED, votes=("UGRACE", "UTOMAS")), Reason.COUNTS, APPROVED),
        ("take back", TOMAS, Case(APPROVED), Reason.NO_VOTE, None),
        ("take back", GRACE, Case(RUNNING), Reason.STARTED, None),
        ("cancel", GRACE, Case(WAITING), Reason.COUNTS, RunState.CANCELLED),
        ("cancel", GRACE, Case(APPROVED), Reason.COUNTS, RunState.CANCELLED),
        ("cancel", GRACE, Case(RUNNING, (BUSY, LEFT)), Reason.COUNTS, RUNNING),
        ("cancel", GRACE, Case(RUNNING, (DONE, LEFT)), Reason.COUNTS, RunState.CANCELLED),
        ("cancel", GRACE, Case(RUNNING, (DONE, BUSY)), Reason.LAST_STEP, None),
        ("cancel", GRACE, Case(RUNNING, (BUSY, LEFT), action=Action.AWAIT_CHANGE), Reason.COUNTS, RunState.CANCELLED),
        ("cancel", GRACE, Case(RunState.DONE, (DONE, DONE)), Reason.ALREADY_DECIDED, None),
        ("cancel", ADA, Case(APPROVED), Reason.COUNTS, RunState.CANCELLED),
        ("cancel", MEI, Case(APPROVED), Reason.NOT_AN_APPROVER, None),
        ("retry", GRACE, Case(FAILED, (DONE, BROKEN)), Reason.COUNTS, APPROVED),
        ("retry", ADA, Case(FAILED, (DONE, BROKEN)), Reason.OWN_REQUEST, None),
        ("retry", MEI, Case(FAILED, (DONE, BROKEN)), Reason.NOT_AN_APPROVER, None),
        ("retry", GRACE, Case(RUNNING, (DONE, BUSY)), Reason.NOT_FAILED, None),
        ("retry", replace(GRACE, is_guest=True), Case(FAILED), Reason.NOT_A_MEMBER, None),
        ("stop", GRACE, Case(RUNNING, (BUSY, LEFT)), Reason.COUNTS, FAILED),
        ("stop", GRACE, Case(RunState.DONE, (DONE, DONE)), Reason.NOT_RUNNING, None),
    ],
)
def test_wishes(wish: str, who: Person, case: Case, reason: Reason, state: RunState | None):
    """Who may withdraw, take back, cancel, try again or stop watching, and where the run is after it."""
    decision = settle(wish, who, ONE, case.run(), team=TEAM)  # type: ignore[arg-type]  # a literal by its text
    assert (decision.reason, decision.state) == (reason, state)


@given(
    st.sampled_from(["withdraw", "take back", "cancel", "retry", "stop"]),
    PEOPLE,
    st.sampled_from(list(RunState)),
    st.lists(st.sampled_from(list(StepState)), min_size=2, max_size=2),
)
def test_a_wish_never_makes_a_step_of_its_own(wish: str, who: Person, state: RunState, steps: list[StepState]):
    """Every state that a wish leads to is one that may follow, and a run that is over starts only by a retry."""
    run = Case(state, (steps[0], steps[1])).run()
    decision = settle(wish, who, ONE, run, team=TEAM)  # type: ignore[arg-type]  # a literal by its text
    if decision.state is not None and decision.state is not state:
        assert decision.state in FOLLOWS[state]
        assert state in OPEN or wish == "retry"
        assert decision.state is not RunState.RUNNING


@pytest.mark.parametrize(
    ("policy", "requester", "count"),
    [(ONE, "UADA", 3), (ONE, "UMEI", 4), (OWN, "UADA", 4), (replace(ONE, approvers=("SNONE",)), "UMEI", 0)],
)
def test_how_many_could_approve(policy: Policy, requester: str, count: int):
    """The requester counts only where they may approve their own."""
    assert can_approve(policy, [ADA, GRACE, TOMAS, NAMED, MEI], team=TEAM, requester=requester) == count
