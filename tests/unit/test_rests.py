"""Rests: how long something is left alone."""

from __future__ import annotations

from datetime import timedelta

from bot.flows.rests import Rests
from tests.fakes import NOW

MINUTE = timedelta(minutes=1)


def test_a_rest_is_over_by_itself():
    """Each key rests alone, until its moment and not longer."""
    rests: Rests[int] = Rests()
    assert rests.may(1, NOW)
    rests.rest(1, NOW + MINUTE)
    assert not rests.may(1, NOW + MINUTE / 2)
    assert rests.may(2, NOW + MINUTE / 2)
    assert rests.may(1, NOW + MINUTE)


def test_a_rest_is_ended_and_replaced():
    """The newest word counts."""
    rests: Rests[str] = Rests()
    rests.rest("a", NOW + MINUTE)
    rests.end("a")
    rests.end("never rested")
    assert rests.may("a", NOW)
    rests.rest("a", NOW + MINUTE)
    rests.rest("a", NOW + 2 * MINUTE)
    assert not rests.may("a", NOW + MINUTE)


def test_a_clock_that_is_set_back():
    """A minute of rest does not become a day."""
    rests: Rests[str] = Rests()
    rests.rest("a", NOW + MINUTE)
    assert not rests.may("a", NOW)
    assert rests.may("a", NOW - timedelta(days=1))
