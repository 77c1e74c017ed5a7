"""Polls: how often a service is asked while upgrades run, whenever they began."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.fleet import Holdings, Kind, Listed, Model
from bot.domain.requests import RequestState
from tests.fakes import FakeSpeech
from tests.world import NEW, OLD, World, model

NAMES = ("stt", "stt-eu", "stt-jp")


class Asked(FakeSpeech):
    """Remembers when it was asked for what."""

    def listen(self) -> Asked:
        self.times: list[tuple[datetime, str]] = []
        return self

    async def models(self, kind: Kind) -> Listed[Model]:
        self.times.append((self.clock.now(), f"{kind} list"))
        return await super().models(kind)

    async def model(self, kind: Kind, id: str) -> Model:
        self.times.append((self.clock.now(), f"{kind} model"))
        return await super().model(kind, id)


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[tuple[World, dict[str, Asked]]]:
    """Three instances, each with five outdated language models and three acoustic ones, and what proves it."""
    services = {name: Asked(name, latest={"en-US_NarrowbandModel": NEW}).listen() for name in NAMES}
    world = World(tmp_path / "polls.db", services=dict(services), parallel=50)
    for name, speech in services.items():
        speech.clock = world.clock
        for kind in ("language", "acoustic"):
            speech.add(model(f"newer-{kind}", kind=kind, instance=name, versions=(OLD, NEW)))
        for number in range(5):
            speech.add(model(f"{name}-words-{number}", instance=name))
        for number in range(3):
            sound = model(f"{name}-noise-{number}", kind="acoustic", instance=name)
            speech.add(sound, Holdings(recordings=2, audio_minutes=30))
    await world.inventory.refresh()
    yield world, services
    world.close()


async def begun(world: World, speech: Asked, dice: random.Random) -> None:
    """All of an instance's upgrades, each at another moment."""
    for one in list(speech.kept.values()):
        if one.name.startswith("newer"):
            continue
        if one.kind == "acoustic":
            await world.requests.link(one.ref, None, "UADA")
        await world.approved(one.name)
        for _ in range(dice.randint(1, 9)):
            await world.ring(after=dice.choice((0.4, 1.0, 1.3)))


@pytest.mark.parametrize("seed", range(4))
async def test_one_list_an_interval_whatever_the_phases(fleet: tuple[World, dict[str, Asked]], seed: int):
    """Runs that began at any moments are seen together: one list for each instance, kind and interval."""
    world, services = fleet
    dice = random.Random(seed)
    for speech in services.values():
        await begun(world, speech, dice)
    running = world.store.requests.in_state(RequestState.RUNNING)
    assert len(running) == len(NAMES) * 8
    for _ in range(15):
        await world.ring(after=1)
    for speech in services.values():
        speech.times.clear()
    for _ in range(180):
        await world.ring(after=1)
    for speech in services.values():
        counted = Counter(what for _, what in speech.times)
        assert set(counted) == {"language list", "acoustic list"}, counted
        assert 15 <= counted["language list"] <= 18
        assert 2 <= counted["acoustic list"] <= 3
        listed = [at for at, what in speech.times if what == "language list"]
        assert all((after - at).total_seconds() >= 10 for at, after in pairwise(listed))


async def test_each_run_is_seen_each_interval(fleet: tuple[World, dict[str, Asked]]):
    """Aligned runs wait no longer: one that ends is noticed within an interval and a ring."""
    world, services = fleet
    speech = services["stt"]
    await begun(world, speech, random.Random(7))
    for _ in range(4):
        await world.ring(after=10)
    for id in [one.id for one in speech.kept.values() if one.kind == "language" and one.status == "upgrading"]:
        speech.finish(id)
        for _ in range(11):
            await world.ring(after=1)
        (request,) = world.store.requests.of_model(f"stt/language/{id}")
        assert request.state is RequestState.DONE


async def test_nothing_is_asked_while_none_waits(fleet: tuple[World, dict[str, Asked]]):
    """What is frozen, or over, asks for nothing."""
    world, services = fleet
    speech = services["stt"]
    await begun(world, speech, random.Random(1))
    for one in list(speech.kept.values()):
        if one.status == "upgrading":
            speech.finish(one.id)
    for _ in range(3):
        await world.ring(after=61)
    assert world.store.requests.live() == ()
    for each in services.values():
        each.times.clear()
    for _ in range(100):
        await world.ring(after=1)
    assert all(each.times == [] for each in services.values())


async def test_a_large_instance_is_asked_for_what_runs(fleet: tuple[World, dict[str, Asked]]):
    """Where the list of all has 600 kB, five models are read by themselves; nobody lists for them."""
    world, services = fleet
    speech = services["stt"]
    await begun(world, speech, random.Random(3))
    speech.record = 600
    for number in range(990):
        speech.add(model(f"other-{number}", versions=(OLD, NEW)))
    await world.inventory.refresh()
    speech.times.clear()
    await world.ring(after=61)
    assert Counter(what for _, what in speech.times) == {"language model": 5, "acoustic list": 1}


async def test_what_waits_for_the_end_of_a_freeze_is_not_read(fleet: tuple[World, dict[str, Asked]]):
    """A step that was not sent has nothing at the service to look at."""
    world, services = fleet
    speech = services["stt"]
    await world.requests.link("stt/acoustic/id-stt-noise-0", "id-stt-words-0", "UADA")
    await world.approved("stt-noise-0")
    await world.ring()
    until = world.clock.now().replace(hour=23)
    await world.freezes.freeze("stt", "month end", "UADA", until)
    for one in list(speech.kept.values()):
        if one.status == "upgrading":
            speech.finish(one.id)
    for _ in range(3):
        await world.ring(after=61)
    speech.times.clear()
    for _ in range(20):
        await world.ring(after=10)
    assert [what for _, what in speech.times] == []
