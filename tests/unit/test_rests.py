"""Rests: how long something is left alone."""

from __future__ import annotations

from datetime import timedelta

from bot.flows.rests import Rests
from tests.fakes import NOW

MINUTE = timedelta(minutes=1)


def test_a_rest_is_over_by_itself():
    """Each key rests alone, until its moment and not longer."""
    rests = Rests()
    assert rests.may(NOW, 1)
    rests.rest(NOW + MINUTE, 1)
    assert not rests.may(NOW + MINUTE / 2, 1)
    assert rests.may(NOW + MINUTE / 2, 2)
    assert rests.may(NOW + MINUTE, 1)


def test_a_rest_is_ended_and_replaced():
    """The newest word counts."""
    rests = Rests()
    rests.rest(NOW + MINUTE, "a")
    rests.end("a")
    rests.end("never rested")
    assert rests.may(NOW, "a")
    rests.rest(NOW + MINUTE, "a")
    rests.rest(NOW + 3 * MINUTE, "a")
    rests.rest(NOW + 2 * MINUTE, "a")
    assert not rests.may(NOW + MINUTE, "a")
    rests.extend(NOW + MINUTE, "a")
    assert not rests.may(NOW + MINUTE, "a")
    assert rests.may(NOW + 2 * MINUTE, "a")


def test_a_clock_that_is_set_back():
    """A minute of rest does not become a day."""
    rests = Rests()
    rests.rest(NOW + MINUTE, "a")
    assert not rests.may(NOW, "a")
    assert rests.may(NOW - timedelta(days=1), "a")
