"""Judging a fleet that changes: the same verdicts as from scratch, and no more judgements than a change can touch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Deployment
from bot.domain.fleet import InstanceReading, Model, Snapshot
from bot.domain.judging import Judging
from bot.domain.observations import NOTHING, Canary, Observations, Probe, Stage
from bot.domain.verdicts import Judgement, Verdict, judge
from bot.turns import at_once
from tests.world import NEW, OLD, model, shipped

TODAY = date(2026, 11, 23)
READ = datetime(2026, 11, 23, 9, tzinfo=UTC)
BASES = ("en-US_NarrowbandModel", "en-US_BroadbandModel", "xx-XX_Strange")
VERSIONS = (None, (), ("v1",), ("v1", "v2"), *((f"{BASES[0]}.v{day}",) for day in ("2018-07-31", "2020-01-16")))
INSTANCES: dict[str, Deployment] = {"frankfurt": "cloud", "dallas": "cloud", "tokyo": "cloud", "cluster": "cp4d"}


def judged(judging: Judging) -> tuple[Judgement, ...]:
    return judging.judged.judgements


def put(judging: Judging, reading: InstanceReading, observed: Observations = NOTHING) -> None:
    """Takes a reading, and settles what that touches elsewhere."""
    at_once(judging.put(reading, observed, TODAY))
    while judging.unsettled:
        at_once(judging.settle())


@st.composite
def models(draw: st.DrawFn, instance: str) -> tuple[Model, ...]:
    """A few models that meet in names, bases and versions."""
    made = []
    for number in draw(st.sets(st.integers(0, 5), max_size=5)):
        made.append(
            model(
                draw(st.sampled_from("ab")),
                instance=instance,
                deployment=INSTANCES[instance],
                id=f"id-{number}",
                kind="acoustic" if number % 2 else "language",
                base=draw(st.sampled_from(BASES)),
                status=draw(st.sampled_from(("available", "pending", "failed", "upgrading"))),
                versions=draw(st.sampled_from(VERSIONS)),
                created=draw(st.sampled_from((None, READ, READ - timedelta(days=3000)))),
            )
        )
    return tuple(made)


@st.composite
def steps(draw: st.DrawFn) -> tuple[InstanceReading, Observations, bool]:
    """A new reading of one instance and what is observed of it; whether the instance is forgotten instead."""
    name = draw(st.sampled_from(sorted(INSTANCES)))
    found = draw(models(name))
    refs = st.sampled_from([f"{name}/{'acoustic' if number % 2 else 'language'}/id-{number}" for number in range(6)])
    probes = draw(st.dictionaries(refs, st.sampled_from(list(Stage)), max_size=2))
    links = draw(st.dictionaries(refs.filter(lambda ref: "acoustic" in ref), refs, max_size=2))
    canaries = draw(st.sets(st.sampled_from(BASES), max_size=1))
    observed = Observations(
        {ref: Probe(ref, draw(st.sampled_from((None, OLD))), stage, READ) for ref, stage in probes.items()},
        {(name, base): Canary(name, base, NEW, READ) for base in canaries},
        {acoustic: language for acoustic, language in links.items() if "language" in language},
    )
    served = draw(st.sampled_from((None, frozenset(BASES), frozenset(BASES[:1]))))
    read = draw(st.sampled_from((None, READ, READ + timedelta(days=1))))
    return InstanceReading(name, INSTANCES[name], found, served, read), observed, draw(st.integers(0, 9)) == 0


@given(st.lists(steps(), max_size=8), st.booleans())
def test_it_judges_as_from_scratch(taken: list[tuple[InstanceReading, Observations, bool]], settled: bool):
    """Whatever comes in whatever order, also where several readings come before anything is settled."""
    judging = Judging(shipped)
    readings: dict[str, InstanceReading] = {}
    observed: dict[str, Observations] = {}
    for reading, seen, forgotten in taken:
        if forgotten:
            judging.drop([reading.name])
            readings.pop(reading.name, None)
            continue
        before = {each.key: each for each in readings[reading.name].models} if reading.name in readings else {}
        # What is read again as it was is the same object, as the adapter gives it.
        same = tuple(before[each.key] if before.get(each.key) == each else each for each in reading.models)
        readings[reading.name], observed[reading.name] = replace(reading, models=same), seen
        at_once(judging.put(readings[reading.name], seen, TODAY))
        while settled and judging.unsettled:
            at_once(judging.settle())
    while judging.unsettled:
        at_once(judging.settle())
    every = Observations(
        {ref: probe for name in readings for ref, probe in observed[name].probes.items()},
        {place: canary for name in readings for place, canary in observed[name].canaries.items()},
        {acoustic: language for name in readings for acoustic, language in observed[name].links.items()},
    )
    assert judged(judging) == judge(Snapshot(readings), shipped(), TODAY, every)


@given(st.lists(steps(), max_size=5), steps())
def test_who_is_cut_off_leaves_nothing_unjudged(
    taken: list[tuple[InstanceReading, Observations, bool]], last: tuple[InstanceReading, Observations, bool]
):
    """Work that was begun and never ended, and then begun again."""
    judging = Judging(shipped)
    readings: dict[str, InstanceReading] = {}
    for reading, _, _ in taken:
        readings[reading.name] = reading
        put(judging, reading)
    reading = last[0]
    readings[reading.name] = reading
    for work in (judging.put(reading, NOTHING, TODAY), judging.put(reading, NOTHING, TODAY)):
        next(work, None)
    put(judging, reading)
    assert judged(judging) == judge(Snapshot(readings), shipped(), TODAY)


def test_an_empty_model_alone_hears_of_newer_ones():
    """An instance whose only model of a base has no data tells nothing of the base, and is told all the same."""
    judging = Judging(shipped)
    empty = model("a", instance="dallas", status="pending")
    readings = {
        "dallas": InstanceReading("dallas", "cloud", (empty,), None, READ),
        "frankfurt": InstanceReading(
            "frankfurt", "cloud", (model("b", instance="frankfurt", versions=(NEW,)),), None, READ
        ),
    }
    for reading in readings.values():
        put(judging, reading)
    assert judged(judging) == judge(Snapshot(readings), shipped(), TODAY)


def fleet(instances: int, each: int) -> dict[str, InstanceReading]:
    """Instances on one base, all models old."""
    return {
        f"i{number:02}": InstanceReading(
            f"i{number:02}",
            "cloud",
            tuple(model(f"m{one:03}", instance=f"i{number:02}") for one in range(each)),
            None,
            READ,
        )
        for number in range(instances)
    }


def test_only_what_changed_is_judged():
    """An unchanged reading: nothing. One model: that one. The first newer version: the models of its base."""
    judging, readings = Judging(shipped), fleet(10, 30)
    for reading in readings.values():
        put(judging, reading)
    assert judging.made == 300
    before = judging.made
    first = readings["i00"]
    for reading in readings.values():
        put(judging, replace(reading, read_at=READ + timedelta(minutes=5)))
    assert judging.made == before
    upgrading = replace(first, models=(replace(first.models[0], status="upgrading"), *first.models[1:]))
    put(judging, upgrading)
    assert judging.made == before + 1
    put(judging, replace(upgrading, models=(replace(first.models[0], versions=(OLD, NEW)), *first.models[1:])))
    assert judging.made == before + 1 + 300
    assert {j.verdict for j in judged(judging) if j.model.instance == "i00"} == {Verdict.OUTDATED, Verdict.CURRENT}
    assert {j.verdict for j in judged(judging) if j.model.instance != "i00"} == {Verdict.LIKELY_OUTDATED}


def test_one_line_for_all_other_instances():
    """A model's evidence does not grow with the number of instances."""
    judging, readings = Judging(shipped), fleet(14, 2)
    for name, reading in readings.items():
        new = replace(reading.models[1], versions=(OLD, NEW))
        put(judging, replace(reading, models=(reading.models[0], new)) if name != "i00" else reading)
    found = next(j for j in judged(judging) if j.model.instance == "i00")
    siblings = [item for item in found.evidence if item.kind == "sibling"]
    assert [(item.version, item.further) for item in siblings] == [(NEW, 12)]
