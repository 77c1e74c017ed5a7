"""A short set of the soak; `make soak` plays more. A seed that breaks is played again with `--seeds 1 --first SEED`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.soak.__main__ import one, report
from tests.soak.faults import MOST, OFF, PLACES, Fault, Schedule
from tests.soak.play import play

SEEDS = range(1, 25)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed(seed: int, tmp_path: Path):
    """Whatever breaks: nothing is sent twice or unapproved, nothing is lost, every last word is true."""
    played = play(seed, tmp_path)
    assert not played.wrong, report(played)


def test_a_seed_plays_the_same_again():
    """What broke once can be looked at."""
    assert one(7).trace == one(7).trace


def test_every_kind_of_fault_strikes_somewhere():
    """No kind is forgotten, and those that are off say why."""
    placed = Counter(fault for kinds in PLACES.values() for fault in kinds)
    assert set(placed) == set(Fault)
    assert PLACES.keys() == MOST.keys()
    assert all(OFF.values())


def test_a_schedule_ends():
    """It strikes a few times and no more, and not at all once it was ended."""
    from random import Random

    schedule = Schedule(Random(3))
    for _ in range(1000):
        for place in PLACES:
            schedule.at(place)
    assert 0 < sum(schedule.struck.values()) <= sum(MOST.values())
    schedule.end()
    assert not any(schedule.at(place) for place in PLACES for _ in range(100))
