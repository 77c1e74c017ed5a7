"""A large fleet holds nobody up: reading, judging, telling and showing it go on a little at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.announcements import COOL_DOWN
from bot.domain.observations import Probe, Stage
from bot.domain.owners import OwnerRule, by_rules
from bot.domain.snoozes import Reach, SnoozeKind, Wish
from bot.flows import owned
from commands.home import opened
from tests.fakes import FakeSpeech
from tests.holds import MOST, measured
from tests.world import ADA, GRACE, NEW, OLD, World, model

INSTANCES, MODELS = 4, 1500


@pytest.fixture
def large(tmp_path: Path) -> Iterator[World]:
    """Four instances on one base, a third of each up to date."""
    services = {f"stt{number}": FakeSpeech(name=f"stt{number}") for number in range(INSTANCES)}
    world = World(tmp_path / "retune.db", services=services)
    for name, speech in services.items():
        for number in range(MODELS):
            versions = (OLD, NEW) if number % 3 == 0 else (OLD,)
            id = f"{number:06}-{name}"
            speech.add(model(f"support-{name}-{number:04}", instance=name, id=id, versions=versions))
    yield world
    world.close()


async def held(world: World, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Does it, and everything that follows, as tasks of their own."""
    with measured() as found:
        await asyncio.create_task(work())
        await world.settle()
    assert found.longest < MOST, found.all[:5]


async def test_nothing_holds_the_loop(large: World):
    """The first reading, the next, what changes in it, a new day, an announcement, App Home, a snooze, a new start."""
    large.inventory.catalog()
    await held(large, large.inventory.refresh)
    await held(large, large.inventory.refresh)
    for speech in large.services.values():
        speech.kept = {id: replace(one, versions=(OLD, NEW)) for id, one in speech.kept.items()}
    await held(large, large.inventory.refresh)
    for speech in large.services.values():
        speech.kept = {id: replace(one, versions=(OLD,)) for id, one in list(speech.kept.items())[:900]}
        speech.add(replace(next(iter(speech.kept.values())), id="new", versions=(OLD, NEW)))
    await held(large, large.worker.ring)
    await held(large, lambda: large.announce(after=86400))
    await held(large, lambda: large.announce(after=86400))
    await held(large, lambda: opened(ADA, large.desk))
    wish = Wish(SnoozeKind.SNOOZE, Reach.INSTANCE, "stt1", None, by_version=True, reason="later")
    await held(large, lambda: large.snoozer.snooze(wish, GRACE, "R1"))
    large.clock.advance(COOL_DOWN.total_seconds())
    await held(large, lambda: large.announcer.announce_now("now"))
    large.crash()
    await held(large, large.inventory.judged)
    await held(large, large.worker.ring)


async def test_models_of_an_owner(large: World, monkeypatch: pytest.MonkeyPatch):
    """Who owns nearly all of six thousand by rule sees the worst, and the names are compared once."""
    compared: list[int] = []

    def counting(keys: Sequence[str], rules: Any) -> Any:
        compared.append(len(keys))
        return by_rules(keys, rules)

    monkeypatch.setattr(owned, "by_rules", counting)
    large.viewers.owned.rules = (OwnerRule("*-0001", GRACE), OwnerRule("support-*", ADA))
    await large.inventory.refresh()
    large.store.owners.assign("stt0/language/000002-stt0", GRACE, ADA, large.clock.now())
    await held(large, lambda: opened(ADA, large.desk))
    await held(large, lambda: opened(ADA, large.desk))
    await held(large, lambda: opened(GRACE, large.desk))
    assert compared == [MODELS] * INSTANCES
    mine, hers = [(await large.viewers.seen(user)).mine for user in (ADA, GRACE)]
    assert (mine.counts.total, hers.counts.total) == (INSTANCES * (MODELS - 1) - 1, INSTANCES + 1)
    assert len(mine.worst) < 20


async def test_a_poll_judges_one_model(large: World):
    """Of six thousand; and what another process wrote is taken over from the store, model by model."""
    await large.inventory.refresh()
    judging, ref = large.inventory.fleet.judging, "stt0/language/000001-stt0"
    before = judging.made
    await large.inventory.refresh()
    assert judging.made == before
    speech = large.services["stt0"]
    speech.kept["000001-stt0"] = replace(speech.kept["000001-stt0"], status="upgrading")
    assert (await large.inventory.fresh(ref)).model.status == "upgrading"
    assert judging.made == before + 1
    large.store.fleet.see(replace(speech.kept["000001-stt0"], status="available"), large.clock.now())
    judgement = (await large.inventory.judged()).of(ref)
    assert judgement is not None
    assert judgement.model.status == "available"
    assert judging.made == before + 2


async def test_scheduled_observations_hold_nobody_up(large: World):
    """Whose turn it is to be asked is found among six thousand, most of them asked before."""
    await large.inventory.refresh()
    judged, now = await large.inventory.judged(), large.clock.now()
    for judgement in judged.judgements[10:]:
        large.store.observed.probe(Probe(judgement.model.ref, OLD, Stage.SILENT, now))
    await large.inventory.judged()
    large.prober.probe_every = large.prober.canary_every = timedelta(days=7)
    large.clock.advance(3600)
    asked: list[str] = []
    of = large.store.observed.of
    large.store.observed.of = lambda instance: asked.append(instance) or of(instance)  # type: ignore[method-assign,func-returns-value]
    await held(large, large.prober.ring)
    assert set(asked) == set(large.services), "instance by instance, for others have their turn in between"
    assert len(large.store.observed.every().probes) == len(judged.judgements) - 9
