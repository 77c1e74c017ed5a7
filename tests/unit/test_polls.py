"""Polls: one by one, or the list of all."""

from __future__ import annotations

import pytest

from bot.domain.polls import Size, one_by_one


@pytest.mark.parametrize(
    ("wanted", "models", "single"),
    [
        (1, 5000, True),
        (2, 10, False),
        (5, 20, False),
        (20, 40, False),
        (2, 60, False),
        (2, 100, True),
        (2, 200, True),
        (5, 1000, True),
        (20, 1000, True),
        (200, 1000, False),
        (60, 64, False),
        (32, 100, False),
    ],
)
def test_fewer_bytes_win(wanted: int, models: int, single: bool):
    """A list of 1,000 models, 600 kB, is not read for five of them; a small one always is, from two on."""
    assert one_by_one(wanted, Size(600 * models, models)) is single


def test_what_was_not_measured_is_listed():
    """The list then tells how large it is; an empty one divides nothing."""
    assert not one_by_one(2, None)
    assert not one_by_one(2, Size(0, 0))
    assert one_by_one(2, Size(1_000_000, 0)) is False


def test_packed_lists_are_small():
    """What counts is what comes over the wire: 200 models in 11 kB are listed."""
    assert not one_by_one(2, Size(11_000, 200))
