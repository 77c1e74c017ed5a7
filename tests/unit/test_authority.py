"""Who may do what: the people whom Slack describes, and the instances that an act touches."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.authority import RULES, Act, Authority, Person, Reason, Role, Scope
from bot.domain.policies import Policy

ONE = Policy(("UONE", "SBOTH"), 1, False, 60.0)
TWO = Policy(("UTWO", "SBOTH"), 1, False, 60.0)
RULE = Authority("T1", {"one": ONE, "two": TWO})
ADA = Person("UADA", "Ada", "T1")
FIRST, SECOND = replace(ADA, id="UONE"), replace(ADA, id="UTWO")
EACH = replace(ADA, id="UEACH", groups=frozenset({"SBOTH"}))


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (ADA, Reason.COUNTS),
        (replace(ADA, team="T2"), Reason.OTHER_WORKSPACE),
        (replace(ADA, team=""), Reason.OTHER_WORKSPACE),
        (replace(ADA, team="", teams=frozenset({"T1", "T2"})), Reason.COUNTS),
        (replace(ADA, team="T2", teams=frozenset({"T1", "T2"})), Reason.COUNTS),
        (replace(ADA, team="T2", teams=frozenset({"T2"})), Reason.OTHER_WORKSPACE),
        (replace(ADA, is_stranger=True), Reason.OTHER_WORKSPACE),
        (replace(ADA, is_guest=True), Reason.NOT_A_MEMBER),
        (replace(ADA, is_bot=True), Reason.NOT_A_MEMBER),
        (replace(ADA, deactivated=True), Reason.NOT_A_MEMBER),
    ],
)
def test_membership(person: Person, reason: Reason):
    """A full, present member of our workspace, on Enterprise Grid by all of their workspaces."""
    assert RULE.may(person, Act.READ).reason is reason
    assert RULE.may(person, Act.REQUEST).reason is reason


def test_guests_read_where_they_are_let():
    """They do nothing else, and bots and deactivated people not even that."""
    open_rule, guest = replace(RULE, guests_read=True), replace(EACH, is_guest=True)
    assert [act for act in Act if open_rule.may(guest, act, Scope(("one",))).allowed] == [Act.READ]
    for other in (replace(guest, is_bot=True), replace(guest, deactivated=True), replace(guest, team="T2")):
        assert not open_rule.may(other, Act.READ).allowed


def test_no_workspace_is_nobodys():
    """Where we do not know our own workspace, nobody belongs to it."""
    assert Authority("", {"one": ONE}).may(replace(ADA, team=""), Act.READ).reason is Reason.OTHER_WORKSPACE


@pytest.mark.parametrize("act", [act for act, roles in RULES.items() if roles == (Role.APPROVER,)])
def test_the_right_on_each(act: Act):
    """What touches several instances needs an approver of each; what touches none is for nobody."""
    assert RULE.may(FIRST, act, Scope(("one",))).allowed
    refused = RULE.may(FIRST, act, Scope(("one", "two")))
    assert (refused.reason, refused.instance) == (Reason.NOT_AN_APPROVER, "two")
    assert RULE.may(EACH, act, RULE.everywhere).allowed
    assert RULE.may(EACH, act).reason is Reason.NOT_AN_APPROVER


@pytest.mark.parametrize("act", [Act.APPROVE, Act.RESUME, Act.RETRY])
def test_not_ones_own(act: Act):
    """An approver does not decide on what they asked for, unless every policy lets them."""
    own = Scope(("one", "two"), requester="UEACH")
    assert RULE.may(EACH, act, own).reason is Reason.OWN_REQUEST
    lenient = replace(ONE, self_approval=True)
    assert RULE.may(EACH, act, replace(own, requester="UADA")).allowed
    half = replace(RULE, policies={"one": lenient, "two": TWO}).may(EACH, act, own)
    assert (half.reason, half.instance) == (Reason.OWN_REQUEST, "two")
    assert replace(RULE, policies={"one": lenient, "two": replace(TWO, self_approval=True)}).may(EACH, act, own).allowed


def test_an_instance_that_is_not_configured_any_more():
    """Nobody approves there; an approver of another ends what would stay locked."""
    gone = Scope(("gone",), requester="UADA")
    for act in (Act.CANCEL, Act.DROP, Act.STOP, Act.UNFREEZE, Act.END):
        assert RULE.may(FIRST, act, gone).allowed
        assert not RULE.may(ADA, act, gone).allowed
    for act in (Act.APPROVE, Act.RESUME, Act.RETRY):
        assert not RULE.may(EACH, act, gone).allowed


def test_which_policies_are_asked():
    """Those of the instances; all of them where one is gone."""
    assert RULE.policies_of(["two"]) == (TWO,)
    assert RULE.policies_of(["two", "gone"]) == (ONE, TWO)
    assert RULE.policies_of([]) == ()


@given(
    st.sampled_from(list(Act)),
    st.builds(
        Person,
        st.sampled_from(["UADA", "UONE", "UTWO", "UEACH"]),
        st.just("x"),
        st.sampled_from(["T1", "T2", ""]),
        is_guest=st.booleans(),
        is_bot=st.booleans(),
        deactivated=st.booleans(),
        groups=st.sampled_from([frozenset(), frozenset({"SBOTH"})]),
        teams=st.sampled_from([frozenset(), frozenset({"T1"}), frozenset({"T2"})]),
        is_stranger=st.booleans(),
    ),
    st.sampled_from([(), ("one",), ("two",), ("one", "two"), ("gone",)]),
)
def test_nobody_gets_in(act: Act, person: Person, instances: tuple[str, ...]):
    """Whatever is wanted: people who are not vouched for may do nothing, and rights never come from nowhere."""
    decision = RULE.may(person, act, Scope(instances, "UADA", ("UONE",), "UTWO"))
    vouched = "T1" in {person.team, *person.teams} and not person.is_stranger
    if not vouched or person.is_guest or person.is_bot or person.deactivated:
        assert not decision.allowed
    elif RULES[act] in ((Role.READER,), (Role.MEMBER,)):
        assert decision.allowed
    elif decision.allowed and RULES[act] == (Role.OTHER_APPROVER,):
        assert person.id != "UADA"
        for instance, named in product(instances, [{"one": "UONE", "two": "UTWO"}]):
            assert person.id == named[instance] or "SBOTH" in person.groups
