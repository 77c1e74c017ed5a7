"""The worker: rings that go on whatever happens, and an alarm clock that does not sleep on when the time is set."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import AlarmClock
from bot.store import Store
from tests.fakes import FrozenClock
from tests.world import CHANNEL, GRACE, World, model

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A bot that was installed on a Monday at eight; it waits for nobody's lock on its loop."""
    monkeypatch.setattr(Store, "BUSY", 0.02)
    made = World(tmp_path / "worker.db", clock=FrozenClock(MONDAY))
    made.fleet()
    await made.announce()
    yield made
    made.close()


def slots(world: World) -> list[str]:
    """The slots that were said, in that order; their names begin with the day."""
    prefix = f"announcement:{CHANNEL}:"
    said = [said.key for said in world.chat.said if said.key.startswith(prefix) and said.thread is None]
    return [key.removeprefix(prefix)[:10] for key in said]


@pytest.mark.parametrize(
    "jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1)], ids=str
)
@pytest.mark.parametrize("minutes", [20, 80, 24 * 60 + 20, 24 * 60 + 80])
async def test_the_clock_is_set(world: World, jump: timedelta, minutes: int):
    """Before or after a slot, by an hour or a day: none is said twice, and none is left out."""
    jumped = False
    while world.clock.at < MONDAY + timedelta(days=2, hours=2):
        world.clock.advance(1200)
        if not jumped and world.clock.at - MONDAY == timedelta(minutes=minutes):
            world.clock.at += jump
            jumped = True
        world.speech.add(model(f"after-{len(slots(world))}"))
        await world.announce()
    assert slots(world) == ["2026-11-23", "2026-11-24", "2026-11-25"]


async def test_the_fleet_is_read_after_the_clock_was_set_back(world: World):
    """Its quarter of an hour does not become a day."""
    await world.ring()
    world.clock.advance(-86400)
    world.speech.calls.clear()
    await world.ring()
    assert "models" in world.speech.calls


async def test_the_lease_after_the_clock_was_set_back(world: World):
    """It is renewed, so that it runs out ten seconds after its holder died, not a day later."""
    world.clock.advance(-86400)
    await world.ring()
    world.crash()
    await world.ring()
    assert world.store.leases.held("worker", world.holder, world.clock.now(), timedelta(seconds=10))


async def test_app_home_is_drawn_at_most_every_five_seconds(world: World):
    """Changes meanwhile are drawn together, and nothing is drawn when nothing changed."""
    await world.inventory.refresh()
    await world.viewers.opened(GRACE)
    for number in range(5):
        world.speech.add(model(f"m{number}"))
        await world.inventory.refresh()
        await world.ring(after=1)
    assert world.chat.calls.count("publish_home") == 1
    await world.ring(after=1)
    assert world.chat.calls.count("publish_home") == 2
    await world.ring(after=6)
    assert world.chat.calls.count("publish_home") == 2


async def test_somebody_else_holds_the_database(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Rings and an announcement fail meanwhile, which the log says once; then all goes on, which it says, too."""
    world.clock.at = MONDAY.replace(hour=9)
    with closing(sqlite3.connect(tmp_path / "worker.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await asyncio.gather(world.ring(), world.announce(), world.ring())
        await asyncio.wait_for(world.worker.leave(), 1)
        assert world.chat.said == []
        other.execute("ROLLBACK")
    await world.ring()
    await world.announce()
    assert slots(world) == ["2026-11-23"]
    await world.ring()
    told = [record.getMessage() for record in caplog.records if record.name == "bot.flows.background"]
    assert told == [
        "the database does not answer, because another process keeps it locked; work goes on when it does",
        "the database answers again",
    ]


@pytest.mark.parametrize(
    ("break_", "mend", "why"),
    [
        ("query_only = ON", "query_only = OFF", "the disk or the file is read-only"),
        ("max_page_count = 1", "max_page_count = 1000000", "the disk is full"),
    ],
)
async def test_a_disk_that_takes_nothing(
    world: World,
    break_: str,
    mend: str,
    why: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    """The log names the cause once, also where a small write passes now and then; work goes on by itself."""
    world.store.pragma("wal_checkpoint(TRUNCATE)")
    world.clock.at = MONDAY.replace(hour=9)
    world.store.pragma(break_)
    for _ in range(200):  # until the pages are used up that the file has free
        world.speech.add(model(f"more-{len(world.speech.kept)}", description="x" * 900))
        await world.ring(after=901)
        if world.background.outage.lasts:
            break
    for _ in range(3):
        await world.ring()
        await world.announce()
    world.store.pragma(mend)
    monkeypatch.setattr(world.background.outage, "_calm_at", 0.0)  # half a minute later
    for _ in range(2):
        await world.ring(after=6)
    told = [record.getMessage() for record in caplog.records if record.name == "bot.flows.background"]
    assert told == [
        f"the database does not answer, because {why}; work goes on when it does",
        "the database answers again",
    ]
    await world.announce()
    assert slots(world) == ["2026-11-23"]


async def test_an_outage_that_only_an_announcement_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The ring that had nothing to write finds out that it is over."""
    monkeypatch.setattr(Store, "BUSY", 0.02)
    world = World(tmp_path / "worker.db")
    await world.ring()
    with closing(sqlite3.connect(tmp_path / "worker.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await world.announce()
        other.execute("ROLLBACK")
    for _ in range(2):
        await world.ring()
    told = [record.getMessage() for record in caplog.records if record.name == "bot.flows.background"]
    assert len(told) == 2
    assert told[1] == "the database answers again"
    world.close()


async def test_a_ring_that_breaks_is_not_the_last(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The same fault is told once however often it comes; each ring tells that it was, being woken rings at once."""
    woken, rung, ring, under_way, most = asyncio.Event(), 0, world.worker.ring, 0, 0

    async def breaks():
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        woken.set()
        await asyncio.sleep(0)
        under_way -= 1
        if rung not in (0, 5):
            raise ZeroDivisionError
        await ring()

    def count() -> None:
        nonlocal rung
        rung += 1
        if rung == 8:
            running.cancel()

    monkeypatch.setattr(world.worker, "ring", breaks)
    running = asyncio.create_task(world.worker.run(woken, count))
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(running, 5)
    assert (rung, most) == (8, 1)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "a ring broke; the next one tries again"
    ] * 2
    await world.settle()


async def test_the_alarm_clock_is_woken():
    """It rings at once when it starts, and when it is woken though its next time is far away."""
    rung = asyncio.Event()
    alarms = AlarmClock()
    alarms.every(86400, "announce", rung.set)
    alarms.start()
    for _ in range(3):
        await asyncio.wait_for(rung.wait(), 5)
        rung.clear()
        alarms.wake()
    alarms.stop()
