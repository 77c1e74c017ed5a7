"""The figures of the metrics: right after an upgrade, cheap after years, bounded in their labels."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.flows.health import NO_DATABASE, Health
from bot.flows.metrics import Gauges
from bot.store.counted import CountedDatabase
from bot.tally import Tally
from tests.metrics import Metrics, scraped
from tests.world import NEW, World


@pytest.fixture
def gauges(world: World) -> Gauges:
    return Gauges(world.worker)


async def later(world: World, gauges: Gauges, tally: Tally | None = None) -> Metrics:
    """The metrics once what just ended is counted."""
    world.clock.advance(5)
    return await scraped(gauges, tally)


async def test_an_upgrade(world: World, gauges: Gauges):
    """A request waits, runs and ends; its run, the readings and the models follow."""
    world.fleet()
    request = await world.asked()
    found = await later(world, gauges)
    assert (found("requests", state="open"), found("approvals_waiting")) == (1, 1)
    assert found("approvals_oldest_age_seconds") == 5
    assert found("runs", state="queued") == 1
    assert found("models", verdict="outdated", risk="warning_expected") == 1
    assert found("leader") == 0

    await world.approve(request)
    await world.ring()
    found = await later(world, gauges)
    assert (found("requests", state="open"), found("requests", state="running")) == (0, 1)
    assert (found("approvals_waiting"), found("approvals_oldest_age_seconds")) == (0, 0)
    assert found("runs", state="running") == 1
    assert found("leader") == 1

    world.speech.finish("id-call-center-us")
    for _ in range(4):
        await world.ring(after=11)
    assert world.request(request.id).state == "done"
    found = await later(world, gauges)
    assert (found("requests", state="running"), found("requests_ended_total", state="done")) == (0, 1)
    assert found("runs_ended_total", instance="stt", state="done") == 1
    assert world.tally.polls["stt", "language"] >= 1
    assert (await later(world, gauges))("requests_ended_total", state="done") == 1, "counted once"
    read_at = found("inventory_last_success_timestamp_seconds", instance="stt")
    assert read_at
    assert read_at <= world.clock.now().timestamp()
    assert found("models", verdict="outdated", risk="warning_expected") is None
    assert NEW in str(world.speech.models)


async def test_endings_count_from_the_start_of_the_process(world: World):
    """What ended before is history; a clock that is set back counts nothing twice."""
    world.fleet()
    request = await world.asked()
    await world.reject(request)
    world.clock.advance(10)
    gauges = Gauges(world.worker)
    assert (await later(world, gauges))("requests_ended_total", state="rejected") == 0
    again = await world.asked()
    await world.reject(again)
    assert (await later(world, gauges))("requests_ended_total", state="rejected") == 1
    world.clock.advance(-3600)
    world.clock.advance(3600 + 60)
    assert (await later(world, gauges))("requests_ended_total", state="rejected") == 1


async def test_announcements(world: World, gauges: Gauges):
    """When the last one was posted, and how long one is late."""
    world.fleet()
    await world.inventory.refresh()
    await world.announce()
    found = await later(world, gauges)
    assert found("announcement_last_timestamp_seconds") == 0
    assert found("announcement_late_seconds") == 0
    world.clock.advance(timedelta(days=4).total_seconds())
    late = (await later(world, gauges))("announcement_late_seconds")
    assert late
    assert late > 0
    await world.announce()
    found = await later(world, gauges)
    assert found("announcement_late_seconds") == 0
    assert (found("announcement_last_timestamp_seconds") or 0) > world.clock.now().timestamp() - 3600


async def test_no_label_has_what_people_or_services_wrote(world: World, gauges: Gauges):
    """Names of models and people, reasons and texts of the service stay out, whatever they are."""
    world.fleet()
    await world.asked(why="secret plans of U0SPY")
    said = await later(world, gauges)
    labels = {str(sample.labels) for family in said.families.values() for sample in family.samples}
    assert not re.search(r"call-center|support|UADA|UGRACE|secret|SPY|CSPEECH", " ".join(labels))


async def test_names_follow_the_conventions(world: World, gauges: Gauges):
    """`retune_` first, counters end in `_total`, base units, and help for each."""
    found = await later(world, gauges)
    for family in found.families.values():
        if family.name.startswith("process_"):
            continue
        assert re.fullmatch(r"retune_[a-z]+(_[a-z]+)*", family.name)
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|milliseconds|minutes|hours|days|kb|mb|percent)$", family.name)
        for sample in family.samples:
            if family.type == "counter":
                assert sample.name.endswith("_total")


async def test_years_cost_nothing(world: World):
    """Every query goes by an index, so ended requests and old audit rows are never read."""
    seen: list[str] = []
    world.store._db.conn.set_trace_callback(seen.append)
    now = world.clock.now()
    with world.store.reading():
        world.store.metrics.standing()
        world.store.metrics.ended(now - timedelta(minutes=1), now, ["stt"])
    world.store._db.conn.set_trace_callback(None)
    plans = [str(row[3]) for sql in seen if sql.startswith("SELECT") for row in world.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert plans
    scans = [plan for plan in plans if plan.startswith("SCAN") and "announced" not in plan]
    assert scans == []


async def test_scrapes_in_a_row_read_once(world: World, gauges: Gauges):
    """Somebody who asks without a pause does not make the bot work without a pause."""
    first = await gauges.figures()
    assert await gauges.figures() is first
    world.clock.advance(2)
    assert await gauges.figures() is not first


async def test_a_database_that_does_not_answer(world: World, gauges: Gauges, tmp_path: Path):
    """Not ready, counted, and the rest of the metrics stays."""
    health, tally = Health(), Tally()
    counted = CountedDatabase(world.db, tally)
    await counted.read(lambda store: store.leases.holder("worker"))
    assert sum(tally.work.counts) == 1
    health.gauges = gauges
    assert NO_DATABASE not in await health.troubles()
    world.path.rename(world.path.with_suffix(".away"))
    world.db._looked_at = 0.0
    with pytest.raises(StoreUnavailable):
        await counted.read(lambda store: store.leases.holder("worker"))
    assert tally.database_errors["lasting"] == 1
    assert tally.waiting == 0
    assert NO_DATABASE in await health.troubles()
    assert await health.figures() is None
    world.path.with_suffix(".away").rename(world.path)
