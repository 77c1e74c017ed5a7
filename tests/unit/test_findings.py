"""Findings: what is news to a channel, and for what an owner is mentioned."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import Findings, compose
from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.findings import Level, News, Told, level_of, levels, news, parse_level, unmentioned, week_of
from bot.domain.fleet import InstanceReading, Model, Snapshot
from bot.domain.lag import Lag, lags
from bot.domain.observations import Observations, Probe, Stage
from bot.domain.snoozes import Reach, Snooze, SnoozeKind
from bot.domain.verdicts import Judgement, Risk, Verdict, judge
from bot.turns import at_once
from tests.fleets import judged_of
from tests.world import NEW, OLD, model, shipped

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
EXPECTED = Level(Risk.EXPECTED, Verdict.OUTDATED)
WARNED = Level(Risk.WARNED, Verdict.OUTDATED)
PROOF = Evidence(EvidenceKind.SIBLING, Strength.PROOF, NEW, "sibling", NOW.date())
LIKELY = Evidence(EvidenceKind.CATALOG, Strength.LIKELY, NEW, "note", NOW.date())


def judged(name: str = "a", level: Level = EXPECTED, **over: object) -> Judgement:
    facts = {"evidence": (PROOF,), "target": NEW, **over}
    return Judgement(model(name), level.verdict, level.risk, **facts)  # type: ignore[arg-type]  # a table of facts


def snoozed(name: str) -> Snooze:
    facts = (SnoozeKind.SNOOZE, Reach.MODEL, model(name).ref, date(2027, 1, 1), datetime(2027, 1, 1, tzinfo=UTC))
    return Snooze(1, *facts, frozenset(), "later", "UADA", NOW)


def announced(*judgements: Judgement, snoozes: tuple[Snooze, ...] = (), unread: tuple[str, ...] = ()) -> Findings:
    return at_once(compose(judged_of(judgements), NOW, snoozes=snoozes, unread=unread))


def told_by(told: Told, found: Findings, week: str) -> News:
    return at_once(news(told, found, at_once(levels(chain.from_iterable(found.lists))), week))


A, B = model("a").ref, model("b").ref
CURRENT = Judgement(model("c", versions=(NEW,)), Verdict.CURRENT, Risk.NONE)
SILENT = Told({A: EXPECTED}, week="2026-W48", at=NOW)


@pytest.mark.parametrize(
    ("told", "found", "week", "speaks"),
    [
        (Told(), announced(judged()), "2026-W48", True),  # the first one
        (SILENT, announced(judged()), "2026-W48", False),
        (SILENT, announced(judged()), "2026-W49", True),  # the week's first slot
        (SILENT, announced(judged(level=WARNED)), "2026-W48", True),
        (SILENT, announced(judged(level=Level(Risk.EXPECTED, Verdict.FAILED))), "2026-W48", True),
        (SILENT, announced(judged(), judged("b")), "2026-W48", True),
        (SILENT, announced(CURRENT), "2026-W48", True),  # all done
        (SILENT, announced(judged(), snoozes=(snoozed("a"),)), "2026-W48", False),
        (SILENT, announced(judged(), snoozes=(snoozed("a"),)), "2026-W49", False),
        (SILENT, announced(judged(), judged("b"), snoozes=(snoozed("b"),)), "2026-W48", False),
        (Told(), announced(CURRENT), "2026-W48", True),
        (Told(all_current=True), announced(CURRENT), "2026-W49", False),
        (Told(), announced(CURRENT, unread=("stt",)), "2026-W48", False),
        (Told(), announced(), "2026-W48", True),  # no model at all, said once
    ],
)
def test_when_it_speaks(told: Told, found: Findings, week: str, speaks: bool):
    """The set, a risk or a verdict changed; the week is new; or everything is current for the first time."""
    assert told_by(told, found, week).speaks is speaks


def test_what_is_new():
    """New, worse, otherwise changed and gone are told apart."""
    heard = Told({A: EXPECTED, B: WARNED, "x": EXPECTED, "y": EXPECTED}, week="2026-W48")
    said = announced(judged("a", WARNED), judged("b", EXPECTED), judged("new"))
    found = told_by(heard, said, "2026-W48")
    assert (set(found.worse), set(found.otherwise)) == ({A}, {B})
    assert (set(found.new), set(found.gone)) == ({model("new").ref}, {"x", "y"})


@given(st.sampled_from(list(Risk)), st.sampled_from(list(Verdict)), st.sampled_from(list(Risk)))
def test_levels(risk: Risk, verdict: Verdict, other: Risk):
    """What is written can be read; of two levels at most one is worse, and the worse risk is."""
    level, against = Level(risk, verdict), Level(other, verdict)
    assert parse_level(str(level)) == level
    assert not (level.worse_than(against) and against.worse_than(level))
    assert level.worse_than(against) == (list(Risk).index(risk) < list(Risk).index(other))


def test_a_level_of_another_retune():
    """A database that knows more than this version: such a level is none, not a crash."""
    assert parse_level("on fire|outdated") is None


@pytest.mark.parametrize(
    ("evidence", "verdict"), [((PROOF,), Verdict.OUTDATED), ((LIKELY,), Verdict.LIKELY_OUTDATED), ((), Verdict.BUSY)]
)
def test_a_busy_model_keeps_its_verdict(evidence: tuple[Evidence, ...], verdict: Verdict):
    """Being upgraded or trained is no news."""
    busy = judged(level=Level(Risk.EXPECTED, Verdict.BUSY), evidence=evidence)
    assert level_of(busy).verdict is verdict


@pytest.mark.parametrize(
    ("mentioned", "level", "asked"),
    [
        ({}, EXPECTED, True),
        ({(A, OLD): EXPECTED}, EXPECTED, False),
        ({(A, OLD): WARNED}, EXPECTED, False),
        ({(A, OLD): EXPECTED}, WARNED, True),
        ({(A, "en-US_NarrowbandModel.v2017-01-01"): EXPECTED}, EXPECTED, True),
        ({(B, OLD): EXPECTED}, EXPECTED, True),
    ],
)
def test_for_what_an_owner_is_mentioned(mentioned: dict[tuple[str, str], Level], level: Level, asked: bool):
    """A new finding or a worse one; the same one never again."""
    assert bool(unmentioned([judged(level=level)], mentioned)) is asked


def test_weeks():
    """ISO weeks: the last days of a year can belong to the first week of the next one."""
    assert week_of(datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"
    assert week_of(datetime(2027, 1, 4, tzinfo=UTC)) == "2027-W01"


V15, V17, V18, V20 = (
    f"en-US_BroadbandModel.v{day}" for day in ("2015-01-01", "2017-11-15", "2018-07-31", "2020-01-16")
)


def far(*models: Model) -> dict[str, Lag]:
    """How far behind the models are, by name."""
    readings = {
        name: InstanceReading(name, m.deployment, tuple(x for x in models if x.instance == name), None, NOW)
        for m in models
        for name in [m.instance]
    }
    judgements = judge(Snapshot(readings), shipped(), NOW.date())
    found = lags(judgements, judged_of(judgements), shipped())
    return {m.name: found[m.ref] for m in models if m.ref in found}


def wide(name: str, *versions: str, **over: object) -> Model:
    return model(name, base="en-US_BroadbandModel", versions=versions or None, **over)


def test_how_far_behind():
    """The catalog's and the fleet's versions count once each; a cluster has only what its own models show."""
    assert far(wide("old", V17), wide("new", V20)) == {"old": Lag(2, exact=True)}
    assert far(wide("old", V18), wide("new", V18, V20)) == {"old": Lag(1, exact=True)}
    assert far(wide("older", V15), wide("old", V17), wide("new", V20))["older"] == Lag(4, exact=True)  # and one of 2016
    cluster = [wide("old", V17, deployment="cp4d"), wide("new", V20, deployment="cp4d")]
    assert far(*cluster)["old"] == Lag(1, exact=True)


def test_an_unknown_version():
    """A warning proves that a newer one exists and does not name it: at least one."""
    one = wide("old", V20)
    probe = Probe(one.ref, V20, Stage.PREVIOUS, NOW)
    snapshot = Snapshot({"stt": InstanceReading("stt", "cloud", (one,), None, NOW)})
    judgements = judge(snapshot, shipped(), NOW.date(), Observations(probes={one.ref: probe}))
    assert lags(judgements, judged_of(judgements), shipped()) == {one.ref: Lag(1, exact=False)}


def test_levels_by_reference():
    """What the store keeps."""
    assert at_once(levels([judged()])) == {A: EXPECTED}


def test_the_order():
    """What is worth saying comes worst first, and what is snoozed apart from it."""
    found = announced(judged("d"), judged("a", WARNED), judged("c"), judged("b"), snoozes=(snoozed("c"),))
    assert [j.model.name for j in found.worth] == ["a", "b", "d"]
    assert [silenced.judgement.model.name for silenced in found.silenced] == ["c"]
