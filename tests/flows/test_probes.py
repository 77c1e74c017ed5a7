"""Observing on purpose: recognition warnings and the versions of new models."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.evidence import EvidenceKind
from bot.domain.fleet import Model
from bot.domain.observations import PREVIOUS, REMOVED, Stage
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.errors import OutcomeUnknown, Refusal, ServiceUnavailable
from bot.flows.probes import DENSEST, spread
from tests.world import ADA, NEW, OLD, World, model


async def judged(world: World, name: str = "call-center-us") -> Judgement:
    return await world.inventory.find(name)


async def alone(world: World) -> str:
    """A model of which nothing tells that it is outdated."""
    world.speech.add(model(versions=(NEW,)))
    await world.inventory.refresh()
    assert (await judged(world)).verdict is Verdict.CURRENT
    return (await judged(world)).model.ref


@pytest.mark.parametrize(
    ("warning", "stage", "verdict", "risk"),
    [
        ((), Stage.SILENT, Verdict.CURRENT, Risk.NONE),
        ((f"{PREVIOUS}, because …",), Stage.PREVIOUS, Verdict.OUTDATED, Risk.WARNED),
        ((f"{REMOVED}, because …",), Stage.IGNORED, Verdict.OUTDATED, Risk.IGNORED),
        (("Unknown arguments: x.",), Stage.SILENT, Verdict.CURRENT, Risk.NONE),
    ],
)
async def test_what_recognition_says(
    world: World, warning: tuple[str, ...], stage: Stage, verdict: Verdict, risk: Risk
):
    """Either warning is proof; silence proves nothing; other warnings are none of ours."""
    ref = await alone(world)
    world.speech.warned["id-call-center-us"] = warning
    assert (await world.prober.check(ref, ADA)).stage is stage
    assert ((await judged(world)).verdict, (await judged(world)).risk) == (verdict, risk)
    assert [row["action"] for row in world.store.audit.all()] == ["probe"]


async def test_a_warning_holds_for_the_version_it_was_seen_with(world: World):
    """After an upgrade an old warning says nothing any more."""
    world.speech.add(model())
    await world.inventory.refresh()
    ref = (await judged(world)).model.ref
    world.speech.warned["id-call-center-us"] = (PREVIOUS,)
    await world.prober.check(ref, ADA)
    assert EvidenceKind.WARNING in [e.kind for e in (await judged(world)).evidence]
    world.speech.kept["id-call-center-us"] = replace(world.speech.kept["id-call-center-us"], versions=(OLD, NEW))
    await world.inventory.refresh()
    assert (await judged(world)).evidence == ()


async def test_only_available_models_can_be_checked(world: World):
    """Recognition refuses the others: nothing is sent, and the person hears what to do."""
    world.speech.add(model(status="ready"))
    await world.inventory.refresh()
    with pytest.raises(Refusal, match="train it first"):
        await world.prober.check((await judged(world)).model.ref, ADA)
    assert "warnings" not in world.speech.calls


async def test_off_unless_turned_on(world: World):
    """Nobody asked for audio that costs money or for models that come and go."""
    world.fleet()
    for _ in range(5):
        await world.ring(after=3600)
    assert not {"warnings", "create"} & set(world.speech.calls)


async def test_scheduled_probes_are_spread(tmp_path: Path):
    """Three models, once a day each: one every eight hours, also over a restart; the seconds are counted."""
    world = World(tmp_path / "p.db", probe_every=timedelta(days=1))
    for number in range(3):
        world.speech.add(model(f"m{number}"))
    await world.inventory.refresh()
    seen = []
    for hour in range(72):
        await world.ring(after=3600)
        if hour == 30:
            world.crash()
        seen.append(world.speech.calls.count("warnings"))
    assert seen[-1] == 9
    asked = [hour for hour, (before, after) in enumerate(itertools.pairwise([0, *seen])) if after > before]
    assert asked == list(range(0, 72, 8))
    assert await world.desk.survey.audio(world.schedule.zone) == 9
    world.clock.advance(14 * 86400)  # in December nothing of November counts
    assert await world.desk.survey.audio(world.schedule.zone) == 0
    world.close()


async def test_a_model_that_cannot_be_asked_keeps_nobody_from_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The first fails for ever; the others are asked all the same."""
    world = World(tmp_path / "p.db", probe_every=timedelta(hours=3))
    for number in range(3):
        world.speech.add(model(f"m{number}"))
    await world.inventory.refresh()
    warnings = world.speech.warnings

    async def failing(model: Model) -> tuple[str, ...]:
        if model.name == "m0":
            raise ServiceUnavailable("down", instance="stt")
        return await warnings(model)

    monkeypatch.setattr(world.speech, "warnings", failing)
    for _ in range(4):
        await world.ring(after=3600)
    assert set(world.store.observed.every().probes) == {"stt/language/id-m1", "stt/language/id-m2"}
    world.close()


@pytest.mark.parametrize(
    ("every", "count", "pace"),
    [
        (timedelta(days=1), 1, timedelta(days=1)),
        (timedelta(days=1), 24, timedelta(hours=1)),
        (timedelta(days=7), 0, timedelta(days=7)),
        (timedelta(minutes=1), 1000, DENSEST),
    ],
)
def test_spread(every: timedelta, count: int, pace: timedelta):
    """Evenly over the interval, never denser than that."""
    assert spread(every, count) == pace


async def test_a_canary(tmp_path: Path):
    """An empty model shows the newest version, is deleted, and is never seen as part of the fleet."""
    world = World(tmp_path / "c.db", canary_every=timedelta(days=7))
    base = "xx-XX_Telephony"
    world.speech.latest[base] = f"{base}.v2026-01-01"
    world.speech.add(model(base=base, versions=(f"{base}.v2025-01-01",)))
    await world.ring()
    await world.ring(after=61)
    found = await judged(world)
    assert [e.kind for e in found.evidence] == [EvidenceKind.CANARY]
    assert (found.verdict, found.target) == (Verdict.OUTDATED, f"{base}.v2026-01-01")
    assert list(world.speech.kept) == ["id-call-center-us"]
    world.close()


@pytest.mark.parametrize("lost", ["create", "delete"])
async def test_a_lost_answer_leaves_nothing_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str):
    """Names may be equal, so the next one would stand beside it: what was left is deleted before that."""
    world = World(tmp_path / "c.db", canary_every=timedelta(minutes=5))
    base = "xx-XX_Telephony"
    world.speech.add(model(base=base, versions=(f"{base}.v2025-01-01",)))
    await world.ring()
    create = world.speech.create

    async def unheard(*asked: Any) -> str:
        await create(*asked)
        raise OutcomeUnknown("lost", instance="stt")

    with monkeypatch.context() as patch:
        if lost == "create":
            patch.setattr(world.speech, "create", unheard)
        else:
            world.speech.fail["delete"] = [ServiceUnavailable("down", instance="stt")]
        await world.ring(after=61)
    assert len(world.speech.kept) == 2
    await world.ring(after=301)
    assert list(world.speech.kept) == ["id-call-center-us"]
    world.close()


async def test_a_canary_is_deleted_even_on_errors(tmp_path: Path):
    """Reading it fails: it is deleted all the same; a leftover of a crash goes at the next start."""
    world = World(tmp_path / "c.db", canary_every=timedelta(days=7))
    base = "xx-XX_Telephony"
    world.speech.add(model(base=base, versions=(f"{base}.v2025-01-01",)))
    await world.ring()
    world.speech.fail["model"] = [ServiceUnavailable("down", instance="stt")]
    await world.ring(after=61)
    assert list(world.speech.kept) == ["id-call-center-us"]
    await world.speech.create("language", f"retune-canary-{base}", base)
    await world.inventory.refresh()
    assert len((await world.inventory.judged()).judgements) == 1
    world.crash()
    await world.ring()
    await world.ring(after=61)
    assert list(world.speech.kept) == ["id-call-center-us"]
    world.close()
