"""Sweeping: what is only for the moment goes, and nothing is said twice for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.requests import RequestState
from bot.errors import RequestRefused
from tests.bench.years import Years
from tests.world import ADA, World

MONTHS = timedelta(days=61).total_seconds()


async def done(world: World) -> int:
    """An upgrade that was asked for, approved, carried out and told."""
    world.fleet()
    request = await world.approved()
    await world.ring()
    world.speech.finish("id-call-center-us")
    for _ in range(3):
        await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    return request.id


def keys(world: World) -> set[Any]:
    return {key for (key,) in world.rows("SELECT key FROM messages WHERE key LIKE 'request:%'")}


async def hours(world: World, count: int = 3) -> None:
    """Rings an hour apart."""
    for _ in range(count):
        await world.ring(after=3601)


async def test_a_told_request_is_forgotten_and_not_told_again(world: World):
    """A month after its end its messages are not known any more; whatever asks for it posts nothing."""
    id = await done(world)
    await hours(world)
    known, said = keys(world), len(world.chat.said)
    assert f"request:{id}:card" in known
    world.clock.advance(MONTHS)
    await hours(world)
    assert keys(world) == set()
    world.teller.want(id)
    await hours(world)
    assert await world.teller.tell(id)
    assert len(world.chat.said) == said
    assert world.request(id).state is RequestState.DONE
    assert world.store.audit.of_request(id)


async def test_what_is_not_certain_is_kept(world: World):
    """A message that may show something else, or was never answered for, is settled first."""
    id = await done(world)
    world.db.store.messages._c.change("UPDATE messages SET ts = NULL WHERE key LIKE '%:progress'")
    known = keys(world)
    world.clock.advance(MONTHS)
    store = world.store
    assert store.messages.sweep(world.clock.now(), 50) == 0
    assert keys(world) == known
    assert not store.messages.swept(id)


async def test_a_failure_can_be_tried_again_after_months(world: World):
    """Its card is known as long as there is a button on it: it is edited, and none is posted beside it."""
    world.fleet()
    world.speech.fail["begin"] = [RequestRefused("no", instance="stt", status=400)]
    request = await world.approved()
    await world.ring()
    assert world.request(request.id).state is RequestState.FAILED
    await hours(world)
    world.clock.advance(MONTHS)
    await hours(world)
    cards = [said for said in world.chat.said if said.key == f"request:{request.id}:card"]
    shown = world.chat.keyed(f"request:{request.id}:card").text
    await world.inventory.refresh()
    assert (await world.wish("retry", world.request(request.id))).allowed
    await world.ring(after=10)
    assert world.chat.keyed(f"request:{request.id}:card").text != shown
    assert [said for said in world.chat.said if said.key == f"request:{request.id}:card"] == cards
    assert len(cards) == 1


async def test_shown_plans_and_deliveries_go_by_themselves(world: World):
    """Also when nobody does anything any more, and thousands at a time."""
    world.fleet()
    await world.inventory.refresh()
    await world.planning.prepare("stt/language/id-call-center-us")
    for number in range(1000):
        world.store.deliveries.take(f"Ev{number}", world.clock.now())
    assert world.rows("SELECT count(*) FROM drafts") == [(1,)]
    await hours(world)
    assert world.rows("SELECT count(*) FROM deliveries") == [(1000,)]
    world.clock.advance(timedelta(days=3).total_seconds())
    await hours(world)
    assert world.rows("SELECT (SELECT count(*) FROM drafts), (SELECT count(*) FROM deliveries)") == [(0, 0)]


async def test_nothing_to_sweep_writes_nothing(world: World):
    """An hour of a quiet bot."""
    world.fleet()
    await world.viewers.opened(ADA)
    await world.ring()
    await world.ring(after=400)
    before = world.written()
    world.desk.sweeper._rests.end()
    assert world.desk.sweeper.due()
    await world.desk.sweeper.ring()
    assert world.written() == before


async def test_years_are_swept_at_once(tmp_path: Path):
    """What ended for good goes, a little at a time; what can be tried again stays; requests and the audit are kept."""
    Years(800, 900, 100).fill(tmp_path / "years.db")
    world = World(tmp_path / "years.db")
    tables = ("requests", "runs", "steps", "votes", "audit")
    kept = {table: world.rows(f"SELECT count(*) FROM {table}") for table in tables}
    world.clock.advance(MONTHS)
    await hours(world)
    asked = "SELECT DISTINCT state FROM requests q JOIN messages m ON m.key = 'request:' || q.id || ':card'"
    assert world.rows(asked) == [("failed",)]
    assert {table: world.rows(f"SELECT count(*) FROM {table}") for table in kept} == kept
    world.close()
