"""Verdicts: what is said of a model, on which evidence."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.domain.fleet import InstanceReading, Model, Snapshot
from bot.domain.lag import beyond
from bot.domain.observations import Observations
from bot.domain.verdicts import EvidenceKind, Judgement, Risk, Strength, Verdict, judge
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
