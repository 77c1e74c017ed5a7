"""Counts: each model is counted once, and what the outdated ones wait for adds up, too."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import compose
from bot.domain.counts import Counts, Group, count, count_those, group, group_of
from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.history import Entry, series
from bot.domain.model_filter import passing
from bot.domain.snoozes import Reach, Snooze, SnoozeKind, indexed
from bot.domain.verdicts import Judgement, Risk, Verdict, calls_for_action
from bot.messages import model_sheet
from bot.messages.counts import fleet_text, groups_text, outdated_text, stuck_text
from bot.turns import at_once
from tests.fleets import judged_of
from tests.world import ADA, NEW, model

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()

NEWER = Evidence(EvidenceKind.SIBLING, Strength.PROOF, NEW, "other", TODAY)

KINDS = {
    "outdated": (Verdict.OUTDATED, Risk.EXPECTED),
    "likely outdated": (Verdict.LIKELY_OUTDATED, Risk.WARNED),
    "ignored": (Verdict.OUTDATED, Risk.IGNORED),
    "busy and outdated": (Verdict.BUSY, Risk.EXPECTED),
    "failed and outdated": (Verdict.FAILED, Risk.EXPECTED),
    "busy": (Verdict.BUSY, Risk.NONE),
    "failed": (Verdict.FAILED, Risk.NONE),
    "retired": (Verdict.RETIRED, Risk.RETIRED),
    "recreate": (Verdict.RECREATE, Risk.REFUSED),
    "unknown": (Verdict.UNKNOWN, Risk.NONE),
    "empty": (Verdict.EMPTY, Risk.NONE),
    "current": (Verdict.CURRENT, Risk.NONE),
    "pair": (Verdict.CURRENT, Risk.PAIR),
}


def judgement(name: str, kind: str, instance: str = "stt") -> Judgement:
    """A model of a kind."""
    verdict, risk = KINDS[kind]
    newer = risk in (Risk.EXPECTED, Risk.WARNED, Risk.IGNORED)
    return Judgement(model(name, instance=instance), verdict, risk, (NEWER,) if newer else (), NEW if newer else None)


def snooze(id: int, scope: Reach, subject: str, kind: SnoozeKind = SnoozeKind.SNOOZE) -> Snooze:
    """One that lasts."""
    later = NOW + timedelta(days=9)
    return Snooze(id, kind, scope, subject, later.date(), later, frozenset(), "why", ADA, NOW)


@pytest.mark.parametrize(("verdict", "risk"), list(product(Verdict, Risk)))
def test_every_model_is_in_one_group(verdict: Verdict, risk: Risk):
    """Whatever is said of it."""
    assert group(verdict, risk) in Group


FLEETS = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(["stt", "eu"])), max_size=30)
SNOOZED = st.lists(st.tuples(st.sampled_from(Reach), st.integers(0, 29), st.sampled_from(SnoozeKind)), max_size=8)


@given(FLEETS, SNOOZED)
def test_numbers_add_up(fleet: Sequence[tuple[str, str]], wanted: Sequence[tuple[Reach, int, SnoozeKind]]):
    """All groups are all models; what the outdated wait for is all of them; lists, announcement and chart agree."""
    made = [judgement(f"m{number}", kind, instance) for number, (kind, instance) in enumerate(fleet)]
    judged = judged_of(made)
    subjects = {Reach.BASE: "en-US_NarrowbandModel", Reach.INSTANCE: "stt"}
    snoozes = [
        snooze(
            *(id, scope, made[at].model.ref if scope is Reach.MODEL else subjects[scope]),
            kind if scope is Reach.MODEL else SnoozeKind.SNOOZE,
        )
        for id, (scope, at, kind) in enumerate(wanted)
        if at < len(made)
    ]
    index = indexed(snoozes)
    found = at_once(count(judged, index, NOW))
    assert sum(found.groups.values()) == found.total == len(made)
    assert found.groups == {k: v for k, v in Counter(map(group_of, made)).items() if v}
    waits = found.upgradable + found.on_hold + found.outdated_busy + found.outdated_failed
    assert waits == found.outdated == sum(j.outdated for j in made)
    assert found.retired + found.recreate == found.of(Group.STUCK)
    said = at_once(compose(judged, NOW, snoozes=snoozes))
    assert (said.counts, said.outdated, said.total) == (found, found.outdated, found.total)
    held = sum(each.snooze.kind is SnoozeKind.HOLD for each in said.silenced)
    assert found.snoozed == len(said.silenced) - held
    listing = at_once(passing(judged, [], lambda _: False))
    assert at_once(count_those(listing.parts, index, NOW)) == found
    outdated = at_once(passing(judged, ["outdated"], lambda _: False))
    assert outdated.count == at_once(count_those(outdated.parts, index, NOW)).outdated == found.outdated
    file = csv.DictReader(io.StringIO(model_sheet.part(made, headline=True).decode()))
    assert Counter(row["counted_as"] for row in file) == {each.value: n for each, n in found.groups.items()}
    if made:
        rows = [Entry(TODAY, name, part.counts) for name, part in judged.instances.items()]
        (day,) = series(rows, 1, TODAY).days
        assert (day.outdated, day.total) == (found.outdated, found.total)


def test_an_empty_model_calls_for_nothing():
    """A model without data needs no upgrade, however much newer its base is."""
    empty = Judgement(model(status="pending"), Verdict.EMPTY, Risk.NONE, (NEWER,), NEW)
    assert not empty.outdated
    assert not calls_for_action(empty)
    assert group_of(empty) is Group.EMPTY


def kinds(**over: int) -> Counts:
    """Counts of so many of each kind."""
    return Counts({KINDS[kind.replace("_", " ")]: models for kind, models in over.items()})


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (kinds(), ("0 custom models", "", "", "")),
        (kinds(current=1), ("1 custom model: 1 current", "1 current", "", "")),
        (
            kinds(outdated=3, busy_and_outdated=1, retired=1, recreate=1, current=9),
            (
                "15 custom models: 4 outdated, 2 can't be upgraded, 9 current",
                "4 outdated, 2 can't be upgraded, 9 current",
                "Of the 4 outdated, 3 can be upgraded now and 1 is busy",
                "1 on a retired base, 1 must be created again",
            ),
        ),
        (
            kinds(failed_and_outdated=1, failed=1, busy=1, unknown=1, empty=1200),
            (
                "1,204 custom models: 1 outdated, 1 failed, 1 busy, 1 unknown, 1,200 empty",
                "1 outdated, 1 failed, 1 busy, 1 unknown, 1,200 empty",
                "The outdated one failed its last training",
                "",
            ),
        ),
        (kinds(outdated=2), ("2 custom models: 2 outdated", "2 outdated", "", "")),
    ],
)
def test_words(counts: Counts, said: tuple[str, ...]):
    """No sum is left to the reader."""
    assert (fleet_text(counts), groups_text(counts), outdated_text(counts), stuck_text(counts)) == said


def test_what_a_hold_keeps_is_not_upgradable():
    """A hold counts also where the model breaks through its silence; what is snoozed can be upgraded all the same."""
    made = [judgement("a", "ignored"), judgement("b", "outdated"), judgement("c", "outdated")]
    on = [
        snooze(1, Reach.MODEL, made[0].model.ref, SnoozeKind.HOLD),
        snooze(2, Reach.MODEL, made[1].model.ref, SnoozeKind.HOLD),
        snooze(3, Reach.MODEL, made[2].model.ref),
    ]
    found = at_once(count(judged_of(made), indexed(on), NOW))
    assert (found.outdated, found.upgradable, found.on_hold, found.snoozed) == (3, 1, 2, 1)
    assert outdated_text(found) == "Of the 3 outdated, 1 can be upgraded now and 2 are on hold"
    assert found.unread == ()
