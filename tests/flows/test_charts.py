"""The history that readings leave, and the chart that is posted from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.domain.history import KEPT, Entry, Series
from bot.domain.verdicts import Risk, Verdict
from bot.errors import ChartError, ChatRefused, RetuneError, ServiceUnavailable
from bot.flows.charts import Charter
from bot.store import Store
from tests.fakes import FakeSpeech
from tests.world import NEW, OLD, World, model

DAY = 86400.0
OUTDATED = (Verdict.OUTDATED, Risk.EXPECTED)
CURRENT = (Verdict.CURRENT, Risk.NONE)


@dataclass
class Uploads:
    """`Files` in memory."""

    sent: list[tuple[str, str, bytes, str, str, str | None]] = field(default_factory=list)
    fail: RetuneError | None = None

    async def upload(
        self, channel: str, name: str, content: bytes, *, title: str, alt_text: str = "", thread: str | None = None
    ) -> None:
        if self.fail is not None:
            raise self.fail
        self.sent.append((channel, name, content, title, alt_text, thread))


@dataclass
class Drawn:
    """`Charts` that remembers what it was to draw."""

    asked: list[Series] = field(default_factory=list)
    fail: RetuneError | None = None

    async def fleet(self, series: Series) -> bytes:
        self.asked.append(series)
        if self.fail is not None:
            raise self.fail
        return b"picture"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "history.db") as opened:
        yield opened


def kept(world: World) -> tuple[Entry, ...]:
    return world.store.history.since(date.min)


async def test_a_reading_is_kept_once_a_day(world: World):
    """The last reading of a day counts; the next day is another one."""
    world.fleet()
    await world.inventory.refresh()
    world.speech.add(model("call-center-us", versions=(OLD, NEW)))
    await world.inventory.refresh()
    assert kept(world) == (Entry(date(2026, 11, 23), "stt", {CURRENT: 2}),)
    world.clock.advance(DAY)
    world.speech.add(model("another"))
    await world.inventory.refresh()
    assert kept(world)[1:] == (Entry(date(2026, 11, 24), "stt", {CURRENT: 2, OUTDATED: 1}),)


async def test_an_unchanged_reading_writes_no_history(world: World):
    """Read again with the same result, a minute later: of the whole database only the time of the reading changes."""
    world.fleet()
    await world.inventory.refresh()
    before = everything(world)
    world.clock.advance(60)
    await world.inventory.refresh()
    after = everything(world)
    assert {table for table in after if after[table] != before[table]} == {"instances"}
    assert len(set(after["instances"]) - set(before["instances"])) == 1


def everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    tables = [name for (name,) in world.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {name: world.rows(f"SELECT * FROM {name}") for name in tables}


async def test_only_complete_readings_are_kept(tmp_path: Path):
    """An instance that cannot be read leaves no row for the day, the other one does."""
    world = World(tmp_path / "two.db", services={"a": FakeSpeech("a"), "b": FakeSpeech("b")})
    world.services["a"].add(model(instance="a"))
    world.services["b"].fail["models"] = [ServiceUnavailable("down", instance="b")] * 2
    await world.inventory.refresh()
    assert [row.instance for row in kept(world)] == ["a"]
    world.close()


def test_an_instance_without_models_was_read(store: Store):
    """The last model is gone: that is known, not a gap."""
    day = date(2026, 11, 23)
    assert store.history.keep(day, "stt", {OUTDATED: 1})
    assert store.history.keep(day, "stt", {})
    assert not store.history.keep(day, "stt", {})
    (row,) = store.history.since(day)
    assert sum(row.counts.values()) == 0


def test_old_days_go(store: Store):
    """A day is remembered for 400 days, no longer."""
    first = date(2026, 1, 1)
    store.history.keep(first, "stt", {OUTDATED: 1})
    store.history.keep(first + KEPT, "stt", {OUTDATED: 2})
    assert len(store.history.since(first)) == 2
    store.history.keep(first + KEPT + timedelta(days=1), "stt", {OUTDATED: 3})
    assert [row.counts[OUTDATED] for row in store.history.since(first)] == [2, 3]


def test_each_instance_brings_its_last_day_before(store: Store):
    """What a chart begins with is known from before it begins."""
    for ago, name in ((50, "a"), (40, "a"), (30, "b"), (5, "a")):
        store.history.keep(date(2026, 11, 23) - timedelta(days=ago), name, {OUTDATED: ago})
    found = [(row.instance, row.counts[OUTDATED]) for row in store.history.since(date(2026, 11, 13))]
    assert found == [("a", 40), ("b", 30), ("a", 5)]


def charter(world: World, charts: Drawn, files: Uploads) -> Charter:
    return Charter(charts, files, world.db, world.clock, world.rooms)


async def two_days(world: World) -> None:
    """One outdated model yesterday, none today."""
    world.fleet()
    await world.inventory.refresh()
    world.clock.advance(DAY)
    world.speech.add(model("call-center-us", versions=(OLD, NEW)))
    await world.inventory.refresh()


async def test_the_chart_is_posted(world: World):
    """With the finding as its title and the whole of it in words, in the thread that was meant."""
    charts, files = Drawn(), Uploads()
    await two_days(world)
    await charter(world, charts, files).post("CSPEECH", "1.2")
    ((channel, name, content, title, alt_text, thread),) = files.sent
    assert (channel, name, content, thread) == ("CSPEECH", "custom-models-2026-11-24.png", b"picture", "1.2")
    assert title == "Outdated models: 1 yesterday, none today"
    assert "on 23 Nov 1 of 2 outdated, on 24 Nov 0 of 2 outdated" in alt_text
    assert [day.outdated for day in charts.asked[0].days] == [1, 0]


async def test_an_instance_that_is_not_configured_any_more(world: World):
    """Its models are not carried on for ever."""
    charts = Drawn()
    world.store.history.keep(date(2026, 11, 22), "gone", {OUTDATED: 7})
    world.fleet()
    await world.inventory.refresh()
    await charter(world, charts, Uploads()).post("CSPEECH")
    assert [day.outdated for day in charts.asked[0].days] == [7, 1]


async def test_a_chart_that_was_asked_for_says_why_it_fails(world: World):
    """Whoever asked hears it, of drawing and of uploading."""
    await two_days(world)
    with pytest.raises(ChartError):
        await charter(world, Drawn(fail=ChartError("slow")), Uploads()).post("CSPEECH")
    with pytest.raises(ChatRefused):
        await charter(world, Drawn(), Uploads(fail=ChatRefused("no"))).post("CSPEECH")


async def test_a_chart_beside_something_never_breaks_it(world: World, caplog: pytest.LogCaptureFixture):
    """A fault is logged; a chart of a single day is nobody's news; otherwise it is there."""
    world.fleet()
    await world.inventory.refresh()
    files = Uploads()
    assert not await charter(world, Drawn(), files).accompany("CSPEECH")
    await two_days(world)
    for charts, broken in ((Drawn(fail=ChartError("slow")), files), (Drawn(), Uploads(fail=ChatRefused("no")))):
        assert not await charter(world, charts, broken).accompany("CSPEECH")
    assert "the chart is left out: slow" in caplog.text
    assert files.sent == []
    assert await charter(world, Drawn(), files).accompany("CSPEECH", "1.2")
    assert len(files.sent) == 1
