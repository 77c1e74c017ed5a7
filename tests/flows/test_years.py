"""After years of use: what Retune does each second, and what people ask for, costs what it cost in the first week."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.request_filter import request_filter
from bot.domain.requests import RequestState
from bot.flows.listing import PART
from bot.messages.request_list import PAGE, requests
from bot.store.search import MOST
from tests.bench.years import Years, watched
from tests.world import ADA, GRACE, World, model

SHORT, LONG = Years(100, 600, 30), Years(4000, 8000, 1000)

PARTIAL = re.compile(r"USING (COVERING )?INDEX (\w+)")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[Years, Path]:
    """Both databases, filled once."""
    folder = tmp_path_factory.mktemp("years")
    for years in (SHORT, LONG):
        years.fill(folder / f"{years.requests}.db")
    return {years: folder / f"{years.requests}.db" for years in (SHORT, LONG)}


@pytest.fixture
def both(filled: dict[Years, Path], tmp_path: Path) -> Iterator[tuple[World, World]]:
    """A bot a week after its first start, and one after years."""
    worlds = []
    for years in (SHORT, LONG):
        path = tmp_path / f"{years.requests}.db"
        path.write_bytes(filled[years].read_bytes())
        worlds.append(World(path))
    yield worlds[0], worlds[1]
    for world in worlds:
        world.close()


def connection(world: World) -> sqlite3.Connection:
    return world.store._db.conn  # the only way to see how SQLite works


async def at_work(world: World) -> None:
    """Something waits, something runs, and somebody looks at App Home."""
    world.fleet()
    world.speech.add(model("billing-us"))
    await world.approved("call-center-us")
    await world.asked("billing-us")
    await world.viewers.opened(ADA)
    for _ in range(4):
        await world.ring(after=10)
    await world.announce(after=3600 * 24)
    await world.ring(after=10)


async def test_a_ring_costs_the_same(both: tuple[World, World]):
    """While somebody looks at App Home, an upgrade runs and a request waits: the same steps, exactly."""
    steps = []
    for world in both:
        await at_work(world)
        world.clock.advance(1)
        with watched(connection(world)) as found:
            await world.worker.ring()
            await world.settle()
        steps.append(found.steps)
    assert steps[1] <= steps[0] * 1.05


async def test_app_home_costs_the_same(both: tuple[World, World]):
    """For an approver who owns models, while an upgrade runs: nothing that ended is gone through."""
    steps = []
    for world in both:
        await at_work(world)
        world.store.owners.assign("stt/language/id-billing-us", GRACE, ADA, world.clock.now())
        await world.viewers.seen(GRACE)
        with watched(connection(world)) as found:
            seen = await world.viewers.seen(GRACE)
        assert (len(seen.live), seen.mine.counts.total) == (1, 2)
        steps.append(found.steps)
    assert steps[1] <= steps[0] * 1.2


async def test_no_ring_goes_through_a_table_that_grows(both: tuple[World, World]):
    """Neither a quiet ring nor one that polls, draws App Home and tells: each statement is asked for its plan."""
    world = both[1]
    await at_work(world)
    with watched(connection(world)) as found:
        for seconds in (1, 9, 60, 1):
            world.speech.kept["id-support-desk-us"] = replace(model("support-desk-us"), name=f"renamed {seconds}")
            await world.ring(after=seconds)
    scans = found.scans(connection(world))
    partial = {
        name for (name,) in world.rows("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'")
    } - {"requests_ended", "requests_ended_by_state", "requests_ended_by_requester"}
    of_all = []
    for plan in scans:
        index = PARTIAL.search(plan)
        table = plan.split()[1]
        if table in GROWING and not (index and index.group(2) in partial):
            of_all.append(plan)
    assert of_all == []
    assert len(found.statements) > 50


GROWING = {
    *("requests", "runs", "steps", "votes", "messages", "audit", "changes", "deliveries", "drafts", "snoozes"),
    *("q", "r", "s", "m", "l"),
}
"""Tables that grow with the years, and what queries call them."""

FILTERS = (
    *("", "ended", "open", "mine", "done", "rejected", "failed expired", "language", "acoustic", "stt-1"),
    *("model-00007", "model", "zzz", "mine done acoustic", "model rejected", "7", "mine model-000", "stt-1 model-0"),
)


@pytest.mark.parametrize("text", FILTERS)
async def test_lists_cost_the_same(both: tuple[World, World], text: str):
    """Each filter, first page: the work does not grow with the requests, but for names, that are compared each."""
    steps = []
    for world in both:
        with watched(connection(world)) as found:
            await world.desk.listing.page(request_filter(text, ADA), 0, PAGE)
        steps.append(found.steps)
    assert steps[1] <= max(3 * steps[0], 35_000 * max(1, len(text.split())))


def plainly(world: World, text: str, user: str = ADA) -> list[int]:
    """The ended requests that fit, newest first, found the slow way."""
    wanted, found = request_filter(text, user), []
    rows = world.rows(
        "SELECT q.id, q.state, q.requester, r.instance, r.model, json_extract(r.plan, '$.model.name') FROM requests q "
        "JOIN runs r ON r.request = q.id WHERE q.ended_at IS NOT NULL ORDER BY q.ended_at DESC, q.id DESC"
    )
    for id, state, requester, instance, ref, name in rows:
        fits = not wanted.states or RequestState(state) in wanted.states
        fits = fits and (not wanted.kinds or ref.split("/")[1] in wanted.kinds)
        fits = fits and wanted.requester in (None, requester)
        if fits and wanted.names(id, ((instance, name),)):
            found.append(id)
    return found


@pytest.mark.parametrize("text", FILTERS)
async def test_lists_are_right(both: tuple[World, World], text: str):
    """Pages and counts are those of the slow way; where more fit than are counted, it says so."""
    for world in both:
        slow = plainly(world, text)
        listing = world.desk.listing
        found = await listing.page(request_filter(text, ADA), 0, PAGE)
        exact = text in ("", "ended") or len(slow) <= MOST
        assert (found.ended, found.more) == ((len(slow), False) if exact else (MOST, True))
        shown = []
        for number in range(4):
            page = await listing.page(request_filter(text, ADA), number, PAGE)
            shown += [one.id for one in page.shown if page.page == number]
        assert shown == slow[: 4 * PAGE]
        last = await listing.page(request_filter(text, ADA), 10**6, PAGE)
        counted = slow if exact else slow[:MOST]
        assert [one.id for one in last.shown] == counted[last.page * PAGE :]
        store = world.store.search
        assert list(store.ended(request_filter(text, ADA), None, 10**6)[0]) == slow


async def test_live_ones_come_first(both: tuple[World, World]):
    """Those that have not ended, then the ended ones, over the edge of a page."""
    world = both[1]
    await at_work(world)
    live = [request.id for request in world.store.requests.live()]
    slow = plainly(world, "")
    listing = world.desk.listing
    first, second = [await listing.page(request_filter("", ADA), number, PAGE) for number in (0, 1)]
    assert [one.id for one in (*first.shown, *second.shown)] == [*live, *slow][: 2 * PAGE]
    assert (first.live, first.ended) == (len(live), len(slow))


async def test_a_long_list_says_so(both: tuple[World, World]):
    """The number that is counted is no lie, and what to do instead is said."""
    world = both[1]
    found = await world.desk.listing.page(request_filter("model", ADA), 0, PAGE)
    said = requests(
        found.shown, found.live, found.ended, world.clock.now(), page=0, filters="model", more=found.more
    ).text
    assert said.startswith(f"More than {MOST} requests match “model”: 0 waiting or running, more than {MOST} ended.")
    assert "export" in said


async def test_an_export_gives_others_their_turn(both: tuple[World, World]):
    """Everything is in the file, once, newest first; between any few requests others go on."""
    world = both[1]
    turns, over = 0, False

    async def others() -> None:
        nonlocal turns
        while not over:
            turns += 1
            await asyncio.sleep(0)

    going = asyncio.create_task(others())
    made = await world.desk.exporter.export(GRACE, request_filter("", GRACE), "", "csv")
    over = True
    await going
    rows = list(csv.DictReader(io.StringIO(made.content.decode())))
    assert made.requests == len(rows) == LONG.requests
    assert [int(row["request"]) for row in rows] == plainly(world, "")
    assert turns >= LONG.requests / PART


async def test_an_export_while_requests_end(both: tuple[World, World], monkeypatch: pytest.MonkeyPatch):
    """One that ends meanwhile is there once, and none is missing."""
    world = both[0]
    world.fleet()
    asked = await world.asked()
    exporter = world.desk.exporter
    those = exporter._those

    async def meanwhile(ids: list[int]) -> object:
        found = await those(ids)
        if asked.id in ids:
            await world.reject(asked)
        return found

    monkeypatch.setattr(exporter, "_those", meanwhile)
    made = await exporter.export(GRACE, request_filter("", GRACE), "", "json")
    ids = [row["request"] for row in json.loads(made.content)]
    assert sorted(ids) == list(range(1, SHORT.requests + 2))


async def test_estimates_of_rare_kinds(both: tuple[World, World]):
    """Past steps of acoustic models are found without going through all others."""
    steps = []
    for world in both:
        with watched(connection(world)) as found:
            past = world.store.journal.past("upgrade", "acoustic")
        assert past
        steps.append(found.steps)
    assert steps[1] <= 2 * steps[0]


async def test_a_start_costs_the_same(both: tuple[World, World]):
    """Opening the database and the first ring."""
    steps = []
    for world in both:
        world.start()
        with watched(connection(world)) as found:
            await world.worker.ring()
        await world.settle()
        steps.append(found.steps)
    assert steps[1] <= steps[0] * 1.2


async def test_what_waits_costs_a_ring_nothing(tmp_path: Path):
    """A request of forty models that waits for its turn is read once, as one of two is."""
    steps = []
    for count in (2, 40):
        world = World(tmp_path / f"{count}.db")
        world.fleet()
        names = [f"m{number:02}" for number in range(count)]
        for name in names:
            world.speech.add(model(name))
        request = await world.asked(*names)
        world.store.requests.touch(request.id, not_before=world.clock.now() + timedelta(hours=5))
        await world.approve(world.request(request.id))
        for _ in range(3):
            await world.ring(after=10)
        with watched(connection(world)) as found:
            await world.ring(after=1)
        steps.append(found.steps)
        world.clock.advance(5 * 3600)
        await world.ring()
        assert world.request(request.id).state is RequestState.RUNNING
        world.close()
    assert steps[0] == steps[1]
