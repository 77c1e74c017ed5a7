"""The clocks: whether the wall clock was set."""

from __future__ import annotations

import pytest

from bot.domain.drift import Drift

HOUR, DAY = 3600.0, 86400.0
START = 1_700_000_000.0


@pytest.mark.parametrize("jump", [HOUR, -HOUR, DAY, -DAY, 5.0, -5.0])
def test_a_clock_that_is_set_is_noticed_once(jump: float):
    """Whichever way; then it counts from there, and setting it right again is noticed, too."""
    drift = Drift(START, 100.0)
    assert not drift.noticed(START + 1, 101.0)
    assert drift.noticed(START + 2 + jump, 102.0)
    assert not drift.noticed(START + 3 + jump, 103.0)
    assert drift.noticed(START + 4, 104.0)


def test_time_that_goes_on_is_no_drift():
    """A day without a look, or seconds that are corrected little by little."""
    drift = Drift(START, 100.0)
    assert not drift.noticed(START + DAY, 100.0 + DAY)
    assert not drift.noticed(START + 2 * DAY + 0.5, 100.0 + 2 * DAY)


def test_a_machine_that_slept():
    """The monotonic clock stands still meanwhile: that is the same as a clock that was set."""
    assert Drift(START, 100.0).noticed(START + HOUR, 101.0)
