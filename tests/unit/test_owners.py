"""Owners: rules on names, what was said by hand, and how both are shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.owners import Assigned, Owner, OwnerRule, owner_id, owner_of, parse
from bot.messages import fleet, owners
from sandbox.slack.blockkit import check_view
from tests.unit.test_messages import HOSTILE, LONG, accepted
from tests.unit.test_snoozes import judgement
from tests.world import model

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULES = parse(["call-center-*=U0ADA", "call-*=U0MEI", "support-?s=S0APPROVE", "a=b=U0X"])
SAID = Assigned("stt/language/1", "U0GRACE", "U0TOMAS", NOW)


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("call-center-us", "U0ADA"),
        ("Call-Center-US", "U0ADA"),
        ("call-center-", "U0ADA"),
        ("call-us", "U0MEI"),
        ("support-us", "S0APPROVE"),
        ("support-desk-us", None),
        ("my-call-center-us", None),
        ("a=b", "U0X"),
        ("", None),
    ],
)
def test_rules(name: str, owner: str | None):
    """The first that fits the whole name; case does not matter."""
    found = owner_of(name, None, RULES)
    assert (found.id if found else None) == owner


def test_by_hand_beats_the_rules():
    """And tells who said so."""
    assert owner_of("call-center-us", SAID, RULES) == Owner("U0GRACE", by="U0TOMAS")
    assert owner_of("call-center-us", None, RULES) == Owner("U0ADA", pattern="call-center-*")
    assert owner_of("call-center-us", None, ()) is None


@pytest.mark.parametrize(
    "item", ["call-*", "=U0ADA", "call-*=", "call-*=ada", "call-*=@ada", "call-*=C0123", "x=u0ada"]
)
def test_what_is_no_rule(item: str):
    """Named, and said how to write one or what an id is."""
    with pytest.raises(ValueError, match=r"support-\*=U0123456789|is not the id of a user") as caught:
        parse(["good-*=U0ADA", item])
    assert item in str(caught.value)


def test_all_that_is_wrong_at_once():
    """Not only the first."""
    with pytest.raises(ValueError, match=r"“one”.*“two”"):
        parse(["one", "ok=U1", "two"])


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        (" S0123 ", "S0123"),
        ("<!subteam^S0123|@speech>", "S0123"),
        ("<!subteam^S0123>", "S0123"),
        ("<@U0ADA>", "U0ADA"),
        ("speech", None),
        ("@speech", None),
        ("<!channel>", None),
        ("C0123", None),
        ("", None),
    ],
)
def test_ids(typed: str, id: str | None):
    """A handle is none, and is never taken for one."""
    assert owner_id(typed) == id


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
def test_messages(name: str):
    """Slack takes every form; an owner that a rule gives says which."""
    rule = Owner("U0ADA", pattern=HOSTILE)
    for one in (None, rule, Owner("S0APPROVE", by="U0ADA"), Owner("U0ADA", by="U0MEI")):
        for view in (owners.ask(model(name), one, rule), owners.ask(model(name), one, None), owners.done(name, one)):
            assert check_view(dict(view)) == []
        accepted(fleet.model(judgement(name), None, None, fleet.Dossier(owner=one), NOW))
    assert owners.line(Owner("S0APPROVE", by="U0ADA")) == "Owner: <!subteam^S0APPROVE> (set by <@U0ADA>)"
    assert owners.line(OWNED_BY_RULE) == "Owner: <@U0ADA> (by the rule `call-*`)"


OWNED_BY_RULE = owner_of("call-us", None, (OwnerRule("call-*", "U0ADA"),))
