"""The policy as tables, and as properties that hold for whatever people click."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals import Vote, Wish, could_approve, decide, enough_votes, settle
from bot.domain.authority import Authority, Decision, Person, Reason, Scope, is_approver
from bot.domain.plans import Action
from bot.domain.policies import Policy
from bot.domain.requests import FOLLOWS, LIVE, Request, RequestState
from bot.domain.runs import RunState, StepState
from tests.unit.made import approvals, asked, plan, request, run

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEAM = "T1"
ONE = Policy(("SAPPROVE", "UNAMED", "CDECIDERS"), 1, False, 86400)
TWO, OWN = replace(ONE, needed=2), replace(ONE, self_approval=True)


def person(id: str, *groups: str, **over: object) -> Person:
    return replace(Person(id, id.title(), TEAM, groups=frozenset(groups)), **over)  # type: ignore[arg-type]  # fields by name


ADA = person("UADA", "SAPPROVE")
GRACE, TOMAS, NAMED = person("UGRACE", "SAPPROVE"), person("UTOMAS", "CDECIDERS"), person("UNAMED")
MEI = person("UMEI")


def choose(
    vote: Vote,
    who: Person,
    policy: Policy = ONE,
    *,
    state: RequestState = RequestState.OPEN,
    now: datetime = NOW,
    voted: tuple[str, ...] = (),
) -> Decision:
    one = asked(state, expires_at=NOW + timedelta(hours=1), votes=approvals(*voted))
    return decide(vote, who, Authority(TEAM, {"stt": policy}), one, now=now)


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
        (GRACE, TWO, {"voted": ("UGRACE",)}, Reason.ALREADY_VOTED),
        (GRACE, ONE, {"state": RequestState.SCHEDULED}, Reason.ALREADY_DECIDED),
        (GRACE, ONE, {"now": NOW + timedelta(hours=1)}, Reason.EXPIRED),
        (GRACE, replace(ONE, approvers=()), {}, Reason.NOT_AN_APPROVER),
    ],
)
def test_who_may_approve(who: Person, policy: Policy, over: dict[str, Any], reason: Reason):
    """Each way in which a click counts or not; everything unknown fails closed."""
    assert choose("approve", who, policy, **over).reason is reason


@pytest.mark.parametrize(
    ("approved", "policy", "state"),
    [
        ((), ONE, RequestState.SCHEDULED),
        ((), TWO, RequestState.OPEN),
        (("UTOMAS",), TWO, RequestState.SCHEDULED),
        (("UTOMAS",), replace(ONE, needed=3), RequestState.OPEN),
    ],
)
def test_how_many(approved: tuple[str, ...], policy: Policy, state: RequestState):
    """The vote that makes it enough decides, and none before."""
    assert choose("approve", GRACE, policy, voted=approved).state is state


def test_rejecting():
    """Approvers reject; the requester's own rejection withdraws; nobody else can."""
    assert choose("reject", GRACE).state is RequestState.REJECTED
    assert choose("reject", ADA).state is RequestState.WITHDRAWN
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
    state, valid = RequestState.OPEN, list[Person]()
    for who in clicks:
        decision = choose("approve", who, policy, state=state, voted=tuple(voter.id for voter in valid))
        if decision.allowed:
            valid.append(who)
            state = decision.state or state
    assert (state is RequestState.SCHEDULED) == (len(valid) >= needed)
    assert len({voter.id for voter in valid}) == len(valid)
    for voter in valid:
        assert is_approver(voter, policy)
        assert (voter.team, voter.is_guest, voter.deactivated) == (TEAM, False, False)
        assert own or voter.id != "UADA"
    assert enough_votes(Authority(TEAM, {"stt": policy}), valid, asked()) == (state is RequestState.SCHEDULED)


def test_several_instances():
    """A request that touches two needs the right on both, and as many approvals as the stricter one asks for."""
    both = request([run(plan("a", instance="one")), run(plan("b", instance="two"), number=2)])
    policies = {"one": ONE, "two": replace(TWO, approvers=("UNAMED", "UGRACE", "UADA"), self_approval=True)}

    def voting(who: Person, *voted: str) -> Decision:
        return decide("approve", who, Authority(TEAM, policies), replace(both, votes=approvals(*voted)), now=NOW)

    assert voting(GRACE).state is RequestState.OPEN
    assert voting(GRACE, "UNAMED").state is RequestState.SCHEDULED
    assert (voting(TOMAS).reason, voting(TOMAS).instance) == (Reason.NOT_AN_APPROVER, "two")
    assert (voting(ADA).reason, voting(ADA).instance) == (Reason.OWN_REQUEST, "one")


def case(state: RequestState, steps: str = "planned planned", votes: str = "UGRACE", **over: object) -> Request:
    """A request for one model in a state, with two steps and approvals."""
    runs = {
        RequestState.RUNNING: RunState.RUNNING,
        RequestState.DONE: RunState.DONE,
        RequestState.FAILED: RunState.FAILED,
    }
    made = run(plan("m", "m", **over), runs.get(state, RunState.QUEUED))  # type: ignore[arg-type]  # by the name of a field
    states = [StepState(word) for word in steps.split()]
    records = tuple(replace(record, state=at) for record, at in zip(made.steps, states, strict=True))
    return request([replace(made, steps=records)], state, votes=approvals(*votes.split()))


def many(state: RequestState, *states: RunState) -> Request:
    return asked(state, *states, votes=approvals("UGRACE"))


OPEN, SCHEDULED, RUNNING, PAUSED, FAILED, OVER = (
    *(RequestState.OPEN, RequestState.SCHEDULED, RequestState.RUNNING, RequestState.PAUSED),
    *(RequestState.FAILED, RequestState.DONE),
)
WITHDRAWN, CANCELLED = RequestState.WITHDRAWN, RequestState.CANCELLED
BUSY, BETWEEN, LAST, BROKEN = "waiting planned", "done planned", "done waiting", "done failed"
Q, R, D, F = RunState.QUEUED, RunState.RUNNING, RunState.DONE, RunState.FAILED


@pytest.mark.parametrize(
    ("wish", "who", "about", "reason", "state"),
    [
        ("withdraw", ADA, case(OPEN), Reason.COUNTS, WITHDRAWN),
        ("withdraw", ADA, case(SCHEDULED), Reason.COUNTS, WITHDRAWN),
        ("withdraw", ADA, case(RUNNING), Reason.STARTED, None),
        ("withdraw", ADA, case(FAILED), Reason.ALREADY_DECIDED, None),
        ("withdraw", GRACE, case(OPEN), Reason.NOT_THE_REQUESTER, None),
        ("withdraw", ADA, many(SCHEDULED, Q, Q), Reason.COUNTS, WITHDRAWN),
        ("withdraw", ADA, many(PAUSED, F, Q), Reason.STARTED, None),
        ("take back", GRACE, case(OPEN), Reason.COUNTS, OPEN),
        ("take back", GRACE, case(SCHEDULED), Reason.COUNTS, OPEN),
        ("take back", GRACE, case(SCHEDULED, votes="UGRACE UTOMAS"), Reason.COUNTS, SCHEDULED),
        ("take back", GRACE, many(SCHEDULED, Q, Q), Reason.COUNTS, OPEN),
        ("take back", TOMAS, case(SCHEDULED), Reason.NO_VOTE, None),
        ("take back", GRACE, case(RUNNING), Reason.STARTED, None),
        ("cancel", GRACE, case(OPEN), Reason.COUNTS, CANCELLED),
        ("cancel", GRACE, case(SCHEDULED), Reason.COUNTS, CANCELLED),
        ("cancel", GRACE, case(RUNNING, BUSY), Reason.COUNTS, RUNNING),
        ("cancel", GRACE, case(RUNNING, BETWEEN), Reason.COUNTS, CANCELLED),
        ("cancel", GRACE, case(RUNNING, LAST), Reason.LAST_STEP, None),
        ("cancel", GRACE, case(RUNNING, BUSY, action=Action.AWAIT_CHANGE), Reason.COUNTS, CANCELLED),
        ("cancel", GRACE, case(OVER, "done done"), Reason.ALREADY_DECIDED, None),
        ("cancel", ADA, case(SCHEDULED), Reason.COUNTS, CANCELLED),
        ("cancel", MEI, case(SCHEDULED), Reason.NOT_AN_APPROVER, None),
        ("cancel", GRACE, many(RUNNING, D, R, Q), Reason.COUNTS, RUNNING),
        ("cancel", GRACE, many(PAUSED, F, Q), Reason.COUNTS, CANCELLED),
        ("cancel", GRACE, many(PAUSED, F, R, Q), Reason.COUNTS, RUNNING),
        ("cancel", GRACE, many(RUNNING, D, R), Reason.NOTHING_LEFT, None),
        ("resume", GRACE, many(PAUSED, F, Q), Reason.COUNTS, RUNNING),
        ("resume", MEI, many(PAUSED, F, Q), Reason.NOT_AN_APPROVER, None),
        ("resume", GRACE, many(RUNNING, D, R, Q), Reason.NOT_PAUSED, None),
        ("retry", GRACE, case(FAILED, BROKEN), Reason.COUNTS, SCHEDULED),
        ("retry", ADA, case(FAILED, BROKEN), Reason.OWN_REQUEST, None),
        ("retry", MEI, case(FAILED, BROKEN), Reason.NOT_AN_APPROVER, None),
        ("retry", GRACE, case(RUNNING, LAST), Reason.NOT_FAILED, None),
        ("retry", replace(GRACE, is_guest=True), case(FAILED, BROKEN), Reason.NOT_A_MEMBER, None),
        ("retry", GRACE, many(PAUSED, F, Q), Reason.COUNTS, PAUSED),
        ("retry", GRACE, many(FAILED, F, D), Reason.COUNTS, SCHEDULED),
        ("retry", GRACE, many(CANCELLED, F, D), Reason.COUNTS, SCHEDULED),
        ("stop", GRACE, case(RUNNING, BUSY), Reason.COUNTS, RUNNING),
        ("stop", GRACE, many(RUNNING, R, Q), Reason.COUNTS, RUNNING),
        ("stop", GRACE, case(OVER, "done done"), Reason.NOT_RUNNING, None),
        ("send again", GRACE, case(RUNNING, BUSY), Reason.NOT_UNCLEAR, None),
        ("send again", ADA, case(RUNNING, BUSY), Reason.OWN_REQUEST, None),
        ("mark as failed", GRACE, case(RUNNING, BUSY), Reason.NOT_UNCLEAR, None),
        ("mark as failed", MEI, case(RUNNING, BUSY), Reason.NOT_AN_APPROVER, None),
    ],
)
def test_wishes(wish: Wish, who: Person, about: Request, reason: Reason, state: RequestState | None):
    """Who may withdraw, take back, cancel, resume, try again or stop watching, and where the request is after it."""
    decision = settle(wish, who, Authority(TEAM, {"stt": ONE}), about, about.first)
    assert (decision.reason, decision.state) == (reason, state)


@given(
    st.sampled_from(get_args(Wish)),
    PEOPLE,
    st.sampled_from(list(RequestState)),
    st.lists(st.sampled_from(list(RunState)), min_size=1, max_size=3),
)
def test_a_wish_never_makes_a_step_of_its_own(wish: Wish, who: Person, state: RequestState, states: list[RunState]):
    """Every state that a wish leads to is one that may follow, and what is over starts only by trying again."""
    about = many(state, *states)
    decision = settle(wish, who, Authority(TEAM, {"stt": ONE}), about, about.first)
    if decision.state is not None and decision.state is not state:
        assert decision.state in FOLLOWS[state]
        assert state in LIVE or wish == "retry"


@pytest.mark.parametrize(
    ("policy", "requester", "count"),
    [(ONE, "UADA", 3), (ONE, "UMEI", 4), (OWN, "UADA", 4), (replace(ONE, approvers=("SNONE",)), "UMEI", 0)],
)
def test_how_many_could_approve(policy: Policy, requester: str, count: int):
    """The requester counts only where they may approve their own."""
    people = [ADA, GRACE, TOMAS, NAMED, MEI]
    could = could_approve(Authority(TEAM, {"stt": policy}), people, Scope(("stt",), requester))
    assert len(could) == count
