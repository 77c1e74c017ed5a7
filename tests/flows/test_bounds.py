"""Whatever people or services send: what is kept in memory, and what goes on at a time, has a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Sized
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.authority import Act
from bot.errors import RetuneError
from bot.flows.background import MOST, Background
from bot.flows.budgets import Cost
from bot.ports import Room
from tests.world import CHANNEL, World, model

PEOPLE = 2000


def kept(part: object, seen: set[int]) -> int:
    """How much a part of the bot has in its collections, and in those of its own parts."""
    if id(part) in seen or not type(part).__module__.startswith("bot.flows"):
        return 0
    seen.add(id(part))
    values = [getattr(part, name, None) for name in (*vars(part), *getattr(type(part), "__slots__", ()))]
    own = sum(len(value) for value in values if isinstance(value, dict | set | list) and isinstance(value, Sized))
    return own + sum(kept(value, seen) for value in values)


def all_kept(world: World) -> int:
    """The same for everything that the bot is made of."""
    seen: set[int] = set()
    return sum(kept(part, seen) for part in (*vars(world.desk).values(), world.worker))


async def test_what_people_do_is_forgotten(world: World):
    """Thousands of them look, ask, are refused and open App Home; two hours later nothing of it is in memory."""
    world.fleet()
    await world.inventory.refresh()
    await world.ring()
    before = all_kept(world)
    desk = world.desk
    for number in range(PEOPLE):
        user = f"U{number}"
        await desk.electorate.visitor(user)
        for cost in Cost:
            desk.budgets.take(user, cost)
        await desk.viewers.opened(user)
        if number % 10 == 0:
            world.chat.rooms[f"C{number}"] = Room(f"C{number}", "room", member=True)
            await desk.rooms.room(f"C{number}")
            with pytest.raises(RetuneError):
                await desk.electorate.may(user, Act.FREEZE)
    assert all_kept(world) > PEOPLE
    world.chat.homes.clear()
    world.clock.advance(7200)
    await desk.electorate.visitor("U1")
    await desk.rooms.room(CHANNEL)
    for _ in range(3):
        await world.ring(after=10)
    assert all_kept(world) <= before + 10


async def test_what_services_send_is_forgotten(world: World):
    """A fleet that is renamed, and has versions that nobody knows, at each reading."""
    for reading in range(30):
        world.speech.kept.clear()
        for number in range(40):
            version = f"en-US_NarrowbandModel.v20{30 + reading}-{number % 12 + 1:02}-{number % 28 + 1:02}"
            world.speech.add(model(f"m{reading}-{number}", versions=(version,)))
        await world.ring(after=901)
    before = all_kept(world)
    assert before < 700


async def test_a_slack_that_hangs(world: World, monkeypatch: pytest.MonkeyPatch):
    """Ring after ring, while no call ends: nothing piles up behind it."""
    world.fleet()
    await world.announce()
    world.clock.advance(86400)
    await world.announce()
    await world.asked()
    for_ever = asyncio.Event()

    async def hangs(*_: Any, **__: Any) -> str:
        await for_ever.wait()
        return "1.1"

    for method in ("post", "edit", "find", "members", "person", "publish_home", "room", "pin"):
        monkeypatch.setattr(world.chat, method, hangs)
    counts = []
    for number in range(60):
        world.speech.add(model(f"m{number}"))
        world.clock.advance(901)
        await world.worker.ring()
        world.worker.announce()
        for _ in range(30):
            await asyncio.sleep(0)
        counts.append(len(asyncio.all_tasks()))
    assert max(counts) < 15, counts
    assert counts[-1] == counts[-20], counts
    for_ever.set()
    await world.settle()


async def test_nobody_more_is_let_in_than_there_is_room_for():
    """Beyond that people hear from Slack that we do not answer; what is under way ends, and then there is room."""
    background, end = Background(), asyncio.Event()
    for number in range(MOST):
        assert not background.full
        background.spawn(asyncio.wait_for(end.wait(), None), f"{number}")
    assert background.full
    end.set()
    assert await background.idle() == []
    assert not background.full


async def test_the_budget_of_the_deliveries(tmp_path: Path):
    """What was delivered is forgotten when Slack would not deliver it again."""
    world = World(tmp_path / "deliveries.db")
    for number in range(300):
        world.store.deliveries.take(f"Ev{number}", world.clock.now() + timedelta(hours=number))
    assert world.rows("SELECT count(*) FROM deliveries")[0][0] < 60
    world.close()
