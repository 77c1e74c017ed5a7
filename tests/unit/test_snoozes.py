"""Snoozes: which one covers a model, what breaks through, when one is over and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.snoozes import (
    End,
    Ended,
    Fault,
    Over,
    Reach,
    Snooze,
    SnoozeKind,
    Wish,
    covering,
    ending,
    faults,
    in_force,
    indexed,
    known_targets,
    over,
    standing,
)
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages import fleet, snooze_form, snoozes
from sandbox.slack.blockkit import check_view
from tests.unit.test_messages import HOSTILE, LONG, accepted
from tests.world import NEW, OLD, model

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
NEXT = "en-US_NarrowbandModel.v2027-03-01"
BASE = "en-US_NarrowbandModel"


def judgement(name: str = "call-center-us", **over: object) -> Judgement:
    facts: dict = {"verdict": Verdict.OUTDATED, "risk": Risk.EXPECTED, "target": NEW, **over}
    return Judgement(model(name), **facts)


def made(scope: Reach = Reach.MODEL, subject: str = "stt/language/id-call-center-us", **over: object) -> Snooze:
    """A snooze until the day after tomorrow."""
    facts: dict = {
        **{"id": 1, "kind": SnoozeKind.SNOOZE, "until": date(2026, 11, 25), "over_at": NOW + timedelta(days=2)},
        **{"known": frozenset(), "reason": "retired soon", "author": "UADA", "at": NOW},
    }
    return Snooze(scope=scope, subject=subject, **{**facts, **over})


def by_version(scope: Reach = Reach.MODEL, subject: str = "stt/language/id-call-center-us", *known: str) -> Snooze:
    return made(scope, subject, by_version=True, known=frozenset(known))


@pytest.mark.parametrize(
    ("scope", "subject", "covered"),
    [
        (Reach.MODEL, "stt/language/id-call-center-us", True),
        (Reach.MODEL, "stt/language/id-other", False),
        (Reach.BASE, BASE, True),
        (Reach.BASE, "en-GB_NarrowbandModel", False),
        (Reach.INSTANCE, "stt", True),
        (Reach.INSTANCE, "other", False),
    ],
)
def test_what_a_snooze_speaks_of(scope: Reach, subject: str, covered: bool):
    """A model, a base on all instances, or a whole instance."""
    assert (covering(judgement(), indexed([made(scope, subject)]), NOW) is not None) is covered


@pytest.mark.parametrize("scope", list(Reach))
@pytest.mark.parametrize("kind", list(SnoozeKind))
def test_a_customization_that_is_ignored_breaks_through(scope: Reach, kind: SnoozeKind):
    """Nobody agreed to serve callers with the plain base model: no snooze silences that."""
    ignored = judgement(risk=Risk.IGNORED)
    subjects = {Reach.MODEL: ignored.model.ref, Reach.BASE: BASE, Reach.INSTANCE: "stt"}
    one = made(scope, subjects[scope], kind=kind)
    assert covering(ignored, indexed([one]), NOW) is None
    assert standing(ignored, indexed([one]), NOW) is one


@pytest.mark.parametrize("risk", [risk for risk in Risk if risk is not Risk.IGNORED])
def test_every_other_risk_can_be_snoozed(risk: Risk):
    """Waiting is what a snooze is for."""
    assert covering(judgement(risk=risk), indexed([made()]), NOW) is not None


def test_the_most_specific_covers():
    """The model's own, then the base's, then the instance's; one that is over gives way to the next."""
    instance, base = made(Reach.INSTANCE, "stt", id=3), made(Reach.BASE, BASE, id=2)
    own = made(over_at=NOW + timedelta(hours=1))
    every = indexed([instance, base, own])
    found = [covering(judgement(), every, NOW + timedelta(hours=hours)) for hours in (0, 1, 48)]
    assert found == [own, base, None]
    assert covering(judgement(), indexed([instance]), NOW) is instance


@pytest.mark.parametrize(
    ("one", "target", "why"),
    [
        (by_version(Reach.MODEL, "stt/language/id-call-center-us", NEW), NEW, None),
        (by_version(Reach.MODEL, "stt/language/id-call-center-us", NEW), NEXT, Over(Ended.NEXT, NEXT)),
        (by_version(Reach.MODEL, "stt/language/id-call-center-us", NEW), None, None),
        (by_version(Reach.MODEL, "stt/language/id-call-center-us", NEXT), NEW, Over(Ended.OTHER, NEW)),
        (by_version(), None, None),
        (by_version(), NEW, Over(Ended.NEXT, NEW)),
        (by_version(Reach.BASE, BASE, NEW), NEXT, Over(Ended.NEXT, NEXT)),
        (by_version(Reach.INSTANCE, "stt", NEW, "another.v2020-01-01"), NEW, None),
        (by_version(Reach.INSTANCE, "stt", NEW), NEXT, Over(Ended.NEXT, NEXT)),
        (by_version(Reach.INSTANCE, "other", NEW), NEXT, None),
        (made(), NEXT, None),
    ],
)
def test_until_the_next_version(one: Snooze, target: str | None, why: Over | None):
    """Over when the target is one that was not known then; a date does not care."""
    assert over(one, [judgement(target=target)], NOW) == why


def test_the_next_version_never_comes():
    """Then it is over when nothing may last longer, and the team reads another reason."""
    one = replace(by_version(), over_at=NOW)
    assert over(one, [judgement(target=None)], NOW) == Over(Ended.LONGEST)
    ended = replace(one, ended_at=NOW, ended_by="retune", ended_why=Ended.LONGEST)
    assert "90 days have passed" in snoozes.lapsed(ended).text
    assert "until the next base version, at most until 25 Nov 2026" in snoozes.line(one)


@pytest.mark.parametrize(("hours", "why"), [(0, None), (47.99, None), (48, Ended.DATE), (900, Ended.DATE)])
def test_until_a_date(hours: float, why: Ended | None):
    """Over when its day begins."""
    later = NOW + timedelta(hours=hours)
    ends = Over(why) if why else None
    assert over(made(), [judgement()], later) == ends
    assert covering(judgement(), indexed([made()]), later) == (made() if why is None else None)
    assert in_force([made()], [judgement()], later) == ((made(),) if why is None else ())
    assert ending([made()], [judgement()], later) == ({1: ends} if ends else {})


def test_what_else_ends():
    """A model that got where it should is waited for no more; one that is gone may only be unread."""
    current = judgement(verdict=Verdict.CURRENT, target=None)
    assert over(made(), [current], NOW) == Over(Ended.CURRENT, OLD)
    assert over(made(Reach.BASE, BASE), [current], NOW) is None
    assert over(made(), [], NOW) is None
    assert covering(judgement(), indexed([replace(made(), ended_at=NOW)]), NOW) is None


def test_known_targets():
    """All that is known of what a snooze speaks of, and nothing else."""
    other = replace(judgement(target="x.v2020-01-01"), model=model("x", base="x", instance="other"))
    everything = [judgement(), judgement("new", target=None), other]
    assert known_targets(Reach.BASE, BASE, everything) == {NEW}
    assert known_targets(Reach.INSTANCE, "other", everything) == {"x.v2020-01-01"}


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({}, ()),
        ({"reason": " "}, (Fault.NO_REASON,)),
        ({"until": TODAY}, (Fault.PAST_DATE,)),
        ({"until": TODAY - timedelta(days=1), "reason": ""}, (Fault.NO_REASON, Fault.PAST_DATE)),
        ({"until": TODAY + timedelta(days=90)}, ()),
        ({"until": TODAY + timedelta(days=91)}, (Fault.TOO_FAR,)),
        ({"until": date(2099, 1, 1), "kind": SnoozeKind.HOLD}, (Fault.TOO_FAR,)),
        ({"until": None}, (Fault.NO_DATE,)),
        ({"until": None, "by_version": True}, ()),
        ({"until": None, "by_version": True, "kind": SnoozeKind.HOLD}, (Fault.NO_DATE,)),
        ({"subject": "stt/language/gone"}, (Fault.UNKNOWN,)),
        ({"scope": Reach.BASE, "subject": BASE}, ()),
        ({"subject": "stt/language/id-current"}, (Fault.CURRENT,)),
        ({"subject": "stt/language/id-retired"}, ()),
        ({"subject": "stt/language/id-retired", "until": None, "by_version": True}, (Fault.NO_NEXT_VERSION,)),
    ],
)
def test_what_is_wrong_with_a_wish(wish: dict, found: tuple[Fault, ...]):
    """All of it at once."""
    known = [
        judgement(),
        judgement("current", verdict=Verdict.CURRENT, target=None),
        judgement("retired", verdict=Verdict.RETIRED, target=None),
    ]
    facts: dict = {
        **{"kind": SnoozeKind.SNOOZE, "scope": Reach.MODEL, "subject": judgement().model.ref},
        **{"until": TODAY + timedelta(days=1), "by_version": False, "reason": "later", **wish},
    }
    assert faults(Wish(**facts), known, TODAY) == found


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_says_what_to_do(fault: Fault):
    """At an input that the form has, short enough for Slack."""
    ((block, text),) = snooze_form.fault_texts([fault], TODAY).items()
    assert block in (snooze_form.WHY, snooze_form.DATE, snooze_form.UNTIL)
    assert text.endswith(".")
    assert "{" not in text
    assert len(text) <= 150


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
@pytest.mark.parametrize("kind", list(SnoozeKind))
def test_messages(name: str, kind: SnoozeKind):
    """Slack takes every form, list and line, whatever the model is called and the reason says."""
    one = replace(judgement(risk=Risk.IGNORED), model=replace(model(), name=name))
    every = [
        made(kind=kind, reason=HOSTILE),
        made(Reach.BASE, BASE, reason=HOSTILE * 10),
        made(Reach.INSTANCE, "stt", by_version=True),
    ]
    for each in every:
        for view in (
            snooze_form.ask(one, kind, TODAY, each),
            snooze_form.ask(one, kind, TODAY, None, tuple(Reach)),
            snooze_form.ask_which([replace(model(str(id)), name=name) for id in range(100)], 1900, TODAY, tuple(Reach)),
            snoozes.done(each, name),
        ):
            assert check_view(dict(view)) == []
        accepted(fleet.model(one, None, None, fleet.Dossier(snooze=each), NOW))
        over_ = replace(each, ended_at=NOW, ended_by="retune", ended_why=Ended.NEXT, ended_version=HOSTILE)
        ends = (End(None), End(each), End(over_, late=True))
        for text in (*(snoozes.ended(end, name) for end in ends), snoozes.lapsed(over_, name).text):
            assert "<!channel>" not in text
        accepted(snoozes.begun(each, {"UADA": name}))
        accepted(snoozes.ended_early(replace(over_, ended_by="UADA"), {"UADA": name}))
    accepted(snoozes.listed(every, {every[0].subject: name}))
    accepted(snoozes.listed(every * 30, {}))
    accepted(snoozes.listed([], {}))


def test_a_line():
    """What it says, and of whom."""
    assert snoozes.line(made()) == ":zzz: snoozed until 25 Nov 2026 by <@UADA>"
    assert snoozes.reason(made()).text == "retired soon"
    held = made(kind=SnoozeKind.HOLD)
    assert snoozes.mark(held) == ":pushpin: on hold until 25 Nov 2026"
    shown = str(snoozes.of_model(held, judgement()))
    assert "silently ignored" in shown
    assert OLD not in shown


@pytest.mark.parametrize("risk", Risk)
@pytest.mark.parametrize("kind", SnoozeKind)
def test_what_a_form_warns_of(kind: SnoozeKind, risk: Risk):
    """A hold says what it risks, loudest what callers lose today; a snooze only that it changes nothing of it."""
    own = Judgement(model(), Verdict.OUTDATED, risk)
    alerts = [block for block in snooze_form.ask(own, kind, TODAY, None)["blocks"] if block["type"] == "alert"]
    levels = [(block["level"], "ignored" in block["text"]["text"]) for block in alerts]
    if kind is SnoozeKind.SNOOZE:
        assert levels == ([("warning", True)] if risk is Risk.IGNORED else [])
    elif risk in (Risk.PAIR, Risk.NONE):
        assert not levels
    else:
        loud = risk in (Risk.IGNORED, Risk.RETIRED, Risk.REFUSED)
        assert [level for level, _ in levels] == ["error" if loud else "warning"]
