"""Plans: the right steps in the right order, or the reason why there are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fleet import Holdings
from bot.domain.planning import plan
from bot.domain.plans import Action, Link, NoPlan, Plan, WhyNot, differences
from bot.domain.verdicts import Judgement, Risk, Verdict
from tests.world import NEW, OLD, model, shipped

DATA = Holdings(corpora=1)
SOUND = Holdings(recordings=3, audio_minutes=95)


def judgement(verdict: Verdict = Verdict.OUTDATED, **over: object) -> Judgement:
    """A judgement with evidence where the verdict implies it."""
    outdated = verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)
    from tests.unit.test_verdicts import judged

    if outdated:
        found = judged(
            model("m", **over), model("peer", base=over.get("base", "en-US_NarrowbandModel"), versions=(NEW,))
        )
        return found["m"]
    return Judgement(model("m", **over), verdict, Risk.NONE)


def actions(found: Plan | NoPlan) -> list[Action]:
    assert isinstance(found, Plan), found
    return [step.action for step in found.steps]


def test_language_model():
    """One upgrade; what is `ready` is trained afterwards, not before."""
    found = plan(judgement(), DATA, shipped())
    assert actions(found) == [Action.UPGRADE]
    ready = plan(judgement(status="ready"), DATA, shipped())
    assert isinstance(ready, Plan)
    assert actions(ready) == [Action.UPGRADE]
    assert ready.trains_after


@pytest.mark.parametrize(
    ("deployment", "status", "steps"),
    [
        ("cloud", "available", [Action.FORCE_TRAIN]),
        ("cloud", "ready", [Action.FORCE_TRAIN]),
        ("cp4d", "ready", [Action.TRAIN]),
        ("cp4d", "available", [Action.AWAIT_CHANGE, Action.TRAIN]),
    ],
)
def test_improved_base(deployment: str, status: str, steps: list[Action]):
    """Upgraded by training: with force on IBM Cloud, after somebody's change on a cluster; never by upgrade_model."""
    base = "en-US_Telephony"
    old = f"{base}.v2022-01-01"
    found = plan(
        judgement(base=base, versions=(old,), deployment=deployment, status=status, language="en-US"), DATA, shipped()
    )
    assert actions(found) == steps
    assert isinstance(found, Plan)
    assert found.drops_weight


def test_improved_base_with_invalid_data():
    """A training that would be refused is never sent: a refusal turns the model to `failed`."""
    base = "en-US_Telephony"
    found = plan(
        judgement(base=base, versions=(f"{base}.v2022-01-01",)), Holdings(corpora=1, invalid=("c1",)), shipped()
    )
    assert isinstance(found, NoPlan)
    assert (found.reason, found.about) == (WhyNot.INVALID, ("c1",))


def test_acoustic_model_asks_for_its_language_model():
    """The service does not tell with which language model it was trained."""
    found = plan(judgement(kind="acoustic"), SOUND, shipped())
    assert isinstance(found, NoPlan)
    assert found.reason is WhyNot.LINK_UNKNOWN


def test_acoustic_model_alone():
    """One pass; the estimate is the length of the audio, once to twice."""
    found = plan(judgement(kind="acoustic"), SOUND, shipped(), link=Link(None))
    assert isinstance(found, Plan)
    assert actions(found) == [Action.UPGRADE]
    assert found.estimate is not None
    assert (found.estimate.low, found.estimate.high) == (95 * 60, 95 * 120)


@pytest.mark.parametrize(
    ("language", "steps"),
    [
        (judgement(), [Action.UPGRADE, Action.UPGRADE, Action.UPGRADE_WITH_LANGUAGE]),
        (judgement(status="ready"), [Action.UPGRADE, Action.TRAIN, Action.UPGRADE, Action.UPGRADE_WITH_LANGUAGE]),
        (judgement(Verdict.CURRENT, versions=(OLD, NEW)), [Action.UPGRADE, Action.UPGRADE_WITH_LANGUAGE]),
    ],
)
def test_acoustic_model_trained_with_a_language_model(language: Judgement, steps: list[Action]):
    """Language model first, trained where it ended `ready`, then acoustic alone, then with the language model."""
    found = plan(judgement(kind="acoustic"), SOUND, shipped(), link=Link(language, DATA))
    assert actions(found) == steps


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict.CURRENT, WhyNot.CURRENT),
        (Verdict.RETIRED, WhyNot.RETIRED),
        (Verdict.RECREATE, WhyNot.RECREATE),
        (Verdict.BUSY, WhyNot.BUSY),
        (Verdict.FAILED, WhyNot.FAILED),
        (Verdict.EMPTY, WhyNot.EMPTY),
        (Verdict.UNKNOWN, WhyNot.UNKNOWN),
    ],
)
def test_no_plan(verdict: Verdict, reason: WhyNot):
    """Each verdict that allows no upgrade has its reason."""
    found = plan(judgement(verdict), DATA, shipped())
    assert isinstance(found, NoPlan)
    assert found.reason is reason


@pytest.mark.parametrize(
    ("holdings", "reason"),
    [(Holdings(), WhyNot.EMPTY), (Holdings(corpora=1, processing=("c",)), WhyNot.PROCESSING)],
)
def test_data_in_the_way(holdings: Holdings, reason: WhyNot):
    """No data, or data in analysis: the service would refuse ("Upgrade failures")."""
    found = plan(judgement(), holdings, shipped())
    assert isinstance(found, NoPlan)
    assert found.reason is reason


def test_a_failed_model_without_data():
    """A training of nothing fails: the way out is data, and there is nothing to repair."""
    found = plan(judgement(Verdict.FAILED), Holdings(), shipped())
    assert isinstance(found, NoPlan)
    assert found.reason is WhyNot.EMPTY


statuses = st.sampled_from(["pending", "ready", "training", "available", "upgrading", "failed", "surprise"])
bases = st.sampled_from(
    ["en-US_NarrowbandModel", "en-US_Telephony", "zh-CN_Telephony", "en-US", "de-DE_Telephony", "xx-YY_Telephony"]
)


@given(st.sampled_from(list(Verdict)), statuses, bases, st.sampled_from(["cloud", "cp4d"]), st.booleans(), statuses)
def test_properties(verdict: Verdict, status: str, base: str, deployment: str, acoustic: bool, linked: str):
    """Never an acoustic model before its language model; never upgrade_model for a certainly improved base;
    never a training of an available model without force; never a plan for a current model."""
    over = {"status": status, "base": base, "deployment": deployment, "kind": "acoustic" if acoustic else "language"}
    subject = Judgement(model("m", **over), verdict, Risk.NONE)
    language = Judgement(model("lm", status=linked, base=base), Verdict.CURRENT, Risk.NONE)
    found = plan(subject, Holdings(corpora=1, recordings=1), shipped(), link=Link(language, DATA))
    if isinstance(found, NoPlan):
        return
    assert verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)
    improved = shipped().improved(base, deployment)  # type: ignore[arg-type]  # one of the two deployments
    first_acoustic = next((n for n, s in enumerate(found.steps) if "/acoustic/" in s.ref), len(found.steps))
    last_language = max((n for n, s in enumerate(found.steps) if "/language/" in s.ref), default=-1)
    assert last_language < first_acoustic or not acoustic
    for number, step in enumerate(found.steps):
        if improved is not None and improved.certainty != "note_only" and "/language/" in step.ref:
            assert step.action is not Action.UPGRADE
        if step.action is Action.TRAIN:
            earlier = [s.action for s in found.steps[:number]]
            assert Action.AWAIT_CHANGE in earlier or "ready" in (status, linked)


def test_what_an_approval_is_bound_to():
    """Other versions or other steps are another plan; a target that got its name is not."""
    approved = plan(judgement(), DATA, shipped())
    assert isinstance(approved, Plan)
    other = plan(judgement(versions=(OLD, "en-US_NarrowbandModel.v2019-01-01")), DATA, shipped())
    assert isinstance(other, Plan)
    assert not differences(approved, approved)
    assert differences(approved, other)
    assert approved.digest != other.digest
