"""Verdicts: what is said of a model, on which evidence."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.domain.evidence import EvidenceKind, Strength
from bot.domain.fleet import InstanceReading, Model, Snapshot
from bot.domain.lag import beyond
from bot.domain.observations import Observations
from bot.domain.verdicts import Judgement, Risk, Verdict, judge
from bot.messages.verdicts import dates, verdict_word, why
from tests.fleets import judged_of
from tests.world import NEW, OLD, model, shipped

TODAY = date(2026, 11, 23)
READ = datetime(2026, 11, 23, 9, tzinfo=UTC)


def judged(*models: Model, bases: set[str] | None = None) -> dict[str, Judgement]:
    """The judgements by name, each instance read as far as its models tell."""
    instances = {}
    for one in models:
        mine = tuple(m for m in models if m.instance == one.instance)
        served = frozenset(bases) if bases is not None else frozenset(m.base for m in mine)
        instances[one.instance] = InstanceReading(one.instance, one.deployment, mine, served, READ)
    return {j.model.name: j for j in judge(Snapshot(instances), shipped(), TODAY)}


def test_a_sibling_in_the_same_instance_is_proof():
    """Another model on the same base has a newer version: outdated, and by which version."""
    found = judged(model("old"), model("new", versions=(OLD, NEW)))
    assert found["old"].verdict is Verdict.OUTDATED
    assert found["old"].target == NEW
    proof = found["old"].evidence[0]
    assert (proof.kind, proof.strength, proof.source) == (EvidenceKind.SIBLING, Strength.PROOF, "new")
    assert found["new"].verdict is Verdict.CURRENT


def test_an_acoustic_sibling_counts_for_a_language_model():
    """Both kinds share the versions of their base."""
    found = judged(model("old"), model("new", kind="acoustic", versions=(OLD, NEW)))
    assert found["old"].verdict is Verdict.OUTDATED


def test_another_cloud_instance_makes_it_likely_only():
    """Versions agree between regions as far as anybody knows; nobody promises it."""
    base = "en-US_ShortForm_NarrowbandModel"
    old, new = f"{base}.v2020-09-01", f"{base}.v2021-01-01"
    found = judged(model("old", base=base, versions=(old,)), model("new", base=base, versions=(new,), instance="other"))
    assert found["old"].verdict is Verdict.LIKELY_OUTDATED
    assert found["old"].evidence[0].strength is Strength.LIKELY


@pytest.mark.parametrize(("mine", "theirs"), [("cp4d", "cp4d"), ("cloud", "cp4d"), ("cp4d", "cloud")])
def test_nothing_is_carried_to_or_from_a_cluster(mine: str, theirs: str):
    """A cluster has what its release brought."""
    base = "xx-XX_Telephony"
    found = judged(
        model("old", base=base, versions=(f"{base}.v2020-01-01",), deployment=mine),
        model("new", base=base, versions=(f"{base}.v2021-01-01",), deployment=theirs, instance="other"),
    )
    assert found["old"].evidence == ()


def test_a_release_note_makes_it_likely():
    """The note requires an upgrade and the model's version is older than any that it can mean."""
    found = judged(model("alone", versions=("en-US_NarrowbandModel.v2017-11-15",)))
    assert found["alone"].verdict is Verdict.LIKELY_OUTDATED
    assert found["alone"].evidence[0].kind is EvidenceKind.CATALOG
    assert found["alone"].since == date(2019, 6, 24)


def test_a_date_shortly_before_the_note_may_be_that_update():
    """Embedded dates precede their note by up to 16 weeks: no false alarm."""
    found = judged(model("alone", versions=("en-US_NarrowbandModel.v2019-03-10",)))
    assert found["alone"].verdict is Verdict.CURRENT


def test_a_model_made_after_the_note_is_on_it():
    """Only models that existed before an update stay behind."""
    found = judged(
        model("young", versions=("en-US_NarrowbandModel.v2018-07-31",), created=datetime(2022, 1, 1, tzinfo=UTC))
    )
    assert found["young"].verdict is Verdict.CURRENT


def test_a_base_that_is_not_served_any_more():
    """No upgrade helps; the successor is named."""
    found = judged(model("lost", base="de-DE_BroadbandModel", versions=None), bases={"en-US"})
    assert found["lost"].verdict is Verdict.RETIRED
    assert found["lost"].discontinued == date(2023, 8, 1)
    assert found["lost"].successor == "de-DE"


@pytest.mark.parametrize(
    ("version", "created", "verdict"),
    [
        ("en-GB_Telephony.v2021-06-17", datetime(2021, 7, 20, tzinfo=UTC), Verdict.RECREATE),
        ("en-GB_Telephony.v2021-10-04", datetime(2021, 11, 1, tzinfo=UTC), Verdict.RECREATE),
        ("en-GB_Telephony.v2021-10-04", datetime(2022, 2, 1, tzinfo=UTC), Verdict.LIKELY_OUTDATED),
    ],
)
def test_ranges_that_must_be_created_again(version: str, created: datetime, verdict: Verdict):
    """IBM says so for versions up to a date; one made anew after the note is not meant."""
    found = judged(model("ivr", base="en-GB_Telephony", versions=(version,), created=created))
    assert found["ivr"].verdict is verdict


@pytest.mark.parametrize(
    ("over", "verdict"),
    [
        ({"status": "training"}, Verdict.BUSY),
        ({"status": "upgrading"}, Verdict.BUSY),
        ({"status": "failed"}, Verdict.FAILED),
        ({"status": "pending"}, Verdict.EMPTY),
        ({"versions": None, "base": "xx-XX_Telephony"}, Verdict.UNKNOWN),
        ({"versions": ("odd",), "base": "no such base"}, Verdict.UNKNOWN),
    ],
)
def test_what_the_status_says(over: dict[str, object], verdict: Verdict):
    """Busy, failed, empty and unknown are said as such."""
    assert judged(model("one", **over))["one"].verdict is verdict


def test_busy_and_outdated():
    """A model that is being trained can be outdated all the same."""
    found = judged(model("old", status="training"), model("new", versions=(OLD, NEW)))
    assert found["old"].verdict is Verdict.BUSY
    assert found["old"].outdated


def test_worst_first():
    """What cannot be helped by an upgrade comes first, then what waits longest."""
    found = judged(
        model("old"), model("new", versions=(OLD, NEW)), model("bad", status="failed"), model("ready", status="ready")
    )
    assert [j.model.name for j in judged_of(found.values()).acting()] == ["old", "ready", "bad"]


def test_a_pair_on_different_versions():
    """Recognition with both silently uses the older: said of both halves, whatever else is said of them."""
    language, acoustic = model("lm", versions=(OLD, NEW)), model("am", kind="acoustic")
    instances = {"stt": InstanceReading("stt", "cloud", (language, acoustic), None, READ)}
    links = Observations(links={acoustic.ref: language.ref})
    found = {j.model.name: j for j in judge(Snapshot(instances), shipped(), TODAY, links)}
    assert found["am"].partner == language
    assert found["lm"].partner == acoustic
    assert (found["lm"].verdict, found["lm"].risk) == (Verdict.CURRENT, Risk.PAIR)
    assert all(j.partner is None for j in judge(Snapshot(instances), shipped(), TODAY))


def test_a_version_newer_than_the_catalog():
    """Not an alarm for the model, but a word to the operator."""
    young = model("young", base="en-US", versions=("en-US.v2026-09-01",))
    fleet = judged_of(judged(young, model("old")).values())
    assert beyond(fleet.instances.values(), shipped()) == {"en-US.v2026-09-01"}


LATER = datetime(2026, 11, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("over", "since", "newer", "said"),
    [
        ({}, date(2019, 6, 24), date(2019, 6, 24), ["newer base since 24 Jun 2019 (2,709 days)"]),
        (
            {"status": "training"},
            LATER.date(),
            date(2019, 6, 24),
            ["busy since 3 Nov 2026 (20 days)", "newer base since"],
        ),
        (
            {"status": "failed"},
            LATER.date(),
            date(2019, 6, 24),
            ["failed since 3 Nov 2026 (20 days)", "newer base since"],
        ),
        ({"status": "failed", "updated": None}, None, date(2019, 6, 24), ["newer base since"]),
        ({"status": "failed", "versions": (OLD, NEW)}, LATER.date(), None, ["failed since 3 Nov 2026 (20 days)"]),
        ({"versions": (OLD, NEW)}, None, None, []),
        ({"status": "pending"}, None, date(2019, 6, 24), []),
        ({"base": "xx-XX_Telephony", "versions": None}, None, None, []),
    ],
)
def test_a_date_is_that_of_what_it_stands_beside(
    over: dict[str, object], since: date | None, newer: date | None, said: list[str]
):
    """A busy model says since when it is busy, a failed one since when it failed, and both when the newer base came."""
    found = judged(model("one", **{"updated": LATER, **over}), model("new", versions=(OLD, NEW)))["one"]
    assert (found.since, found.newer_since) == (since, newer)
    lines = dates(found, TODAY)
    assert len(lines) == len(said)
    assert all(line.startswith(words) for line, words in zip(lines, said, strict=True))


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (
            [model("one", versions=(OLD, NEW)), model("two", versions=(NEW,))],
            ["*two* in the same instance is on the same"],
        ),
        (
            [model("two", versions=(NEW,)), model("one", versions=(OLD, NEW))],
            ["*two* in the same instance is on the same"],
        ),
        (
            [model("one", versions=(OLD, NEW)), model("two")],
            ["every other model on this base in its instance is on an older version", "24 June 2019"],
        ),
        ([model("one", versions=(OLD, NEW))], ["it is not older than the last release note that requires"]),
        ([model("one", base="en-US", versions=("en-US.v2021-01-01",))], ["no release note up to"]),
    ],
)
def test_what_makes_a_model_current(models: list[Model], words: list[str]):
    """Which version, and what shows that none newer is known; never that there is no other model beside one."""
    found = judged(*models)["one"]
    assert found.verdict is Verdict.CURRENT
    first, *lines = why(found)
    assert first == f"`{(found.model.newest or '').removeprefix(f'{found.model.base}.')}` is the newest known version"
    assert all(any(said in line for line in lines) for said in words)
    assert not any("no other model" in line for line in lines)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ([model("one", status="pending"), model("two", versions=(OLD, NEW))], "holds no valid data yet"),
        ([model("one", status="training")], "the service is working on it: status `training`"),
        ([model("one", status="failed")], "its last training failed"),
        ([model("one", base="odd", versions=None)], "did not say which versions"),
        ([model("one", base="odd", versions=())], "lists no version for it"),
        ([model("one", base="odd", versions=("odd.v1",))], "its instance has no other model with data on this base"),
    ],
)
def test_every_verdict_says_why(models: list[Model], words: str):
    """Also one without evidence, and one of which a newer version is known that does not matter now."""
    assert words in why(judged(*models)["one"])[0]


def test_the_word_says_how_it_is_counted():
    """A busy or failed model of which a newer version is known is among the outdated ones of every count."""
    found = judged(
        model("busy", status="training"), model("failed", status="failed"), model("new", versions=(OLD, NEW))
    )
    words = {name: verdict_word(one) for name, one in found.items()}
    assert words == {"busy": "busy, outdated", "failed": "failed, outdated", "new": "current"}
