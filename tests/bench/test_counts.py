"""What is counted, not timed: requests and commits while upgrades run."""

from __future__ import annotations

import pytest

from tests.bench.far import Far
from tests.bench.reading import read_all
from tests.bench.work import tick, unchanged_pass


@pytest.mark.parametrize(("runs", "asked"), [(1, {"model": 1}), (2, {"models": 1}), (10, {"models": 1})])
async def test_one_request_for_all_runs_of_an_instance(runs: int, asked: dict[str, int]):
    """One waiting run is read by itself, from two on one list call serves all."""
    found = await tick(runs)
    assert found.service == asked
    assert set(found.slack) <= {"edit"}


async def test_an_unchanged_pass_costs_nothing():
    """With 50 runs in flight and nothing due: no commit, no call."""
    found = await unchanged_pass(50)
    assert (found.wrote, found.calls) == (0, 0)


async def test_instances_are_read_side_by_side():
    """A token and three lists for each of 20; no answer comes before all 20 were asked."""
    far = Far(models=1, together=20)
    async with far.serving() as url:
        await read_all(url, 20)
    assert far.asked == {"token": 20, "customizations": 20, "acoustic_customizations": 20, "models": 20}
