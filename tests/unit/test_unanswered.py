"""What readings say of a request whose answer proved nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.watson_routes import TIMEOUT
from bot.domain.plans import Action, Step
from bot.domain.proof import PUZZLED, READINGS, TIME_OUT, Progress, began, observe
from bot.domain.runs import Before, StepRecord, StepState
from tests.fakes import NOW
from tests.world import NEW, OLD, model

UPGRADE = Step(Action.UPGRADE, model().ref, "call-center-us", expects_version=True)
AGAIN = Step(Action.UPGRADE_WITH_LANGUAGE, model().ref, "call-center-us", expects_version=False)
FORCED = Step(Action.FORCE_TRAIN, model().ref, "call-center-us", expects_version=True)
SENT = StepRecord(
    *(1, 1, UPGRADE, StepState.STARTING),
    before=Before("available", (OLD,), model().updated),
    started_at=NOW,
    attempts=1,
)
LATER = NOW + TIME_OUT
MOVED: dict[str, Any] = {"updated": NOW}
SEEN = READINGS - 1


@pytest.mark.parametrize("step", [UPGRADE, AGAIN, FORCED])
@pytest.mark.parametrize(
    ("facts", "about", "at", "says"),
    [
        ({"status": "upgrading"}, {}, NOW, Progress.BEGUN),
        ({"status": "training"}, {"looks": SEEN, "unanswered": 1}, LATER, Progress.BEGUN),
        ({"status": "upgrading"}, {"unclear_at": NOW}, LATER, Progress.BEGUN),
        ({"status": "failed"}, {}, NOW, Progress.FAILED),
        ({}, {}, NOW, Progress.GOING_ON),
        ({}, {"looks": SEEN}, LATER - timedelta(seconds=1), Progress.GOING_ON),
        ({}, {}, LATER, Progress.UNCHANGED),
        ({}, {"looks": SEEN - 1}, LATER, Progress.UNCHANGED),
        ({}, {"looks": SEEN}, LATER, Progress.NOT_STARTED),
        ({}, {"looks": SEEN, "unanswered": 1}, LATER, Progress.UNCLEAR),
        ({}, {"looks": SEEN, "unclear_at": NOW}, LATER, Progress.GOING_ON),
        ({"status": "pending"}, {"looks": SEEN}, LATER, Progress.GOING_ON),
        ({"status": "hibernating"}, {}, NOW + PUZZLED, Progress.UNCLEAR),
    ],
)
def test_what_a_reading_says(step: Step, facts: dict[str, Any], about: dict[str, Any], at: Any, says: Progress):
    """Busy has begun; four idle and unchanged readings after the time-out have not, once; then a person decides."""
    assert observe(replace(SENT, step=step, **about), model(**facts), at) is says


@pytest.mark.parametrize(
    ("step", "facts", "says"),
    [
        (UPGRADE, {"versions": (OLD, NEW)}, Progress.DONE),
        (UPGRADE, MOVED, Progress.BEGUN),
        (AGAIN, MOVED, Progress.DONE),
        (FORCED, MOVED, Progress.DONE),
        (FORCED, {"versions": (OLD, NEW)}, Progress.BEGUN),
        (FORCED, {"status": "ready", **MOVED}, Progress.BEGUN),
    ],
)
def test_what_shows_that_it_began(step: Step, facts: dict[str, Any], says: Progress):
    """A new version, or a moved `updated`; whether that is the end of it depends on the step."""
    seen = model(**facts)
    assert began(SENT, seen)
    assert observe(replace(SENT, step=step), seen, LATER) is says


@pytest.mark.parametrize("step", [UPGRADE, AGAIN, FORCED])
def test_where_nothing_tells(step: Step):
    """Without a date, nothing is sent again that could have been done between two readings."""
    before = Before("available", (OLD,), None)
    record = replace(SENT, step=step, before=before, looks=SEEN)
    says = observe(record, model(updated=None), LATER)
    assert says is (Progress.NOT_STARTED if step is UPGRADE else Progress.UNCLEAR)
    assert observe(record, model(updated=None, versions=None), LATER) is Progress.UNCLEAR


def test_what_was_seen_busy_has_begun():
    """A step that is known to have begun is never said not to have: it ended without effect."""
    begun = replace(SENT, state=StepState.WAITING, answered_at=NOW, seen_busy=True)
    assert observe(begun, model(), LATER + timedelta(hours=1)) is Progress.NO_EFFECT


def test_the_time_out_is_the_adapters():
    """No request can still be on its way when readings begin to count."""
    assert TIMEOUT.connect is not None
    assert TIMEOUT.read is not None
    assert timedelta(seconds=TIMEOUT.connect + TIMEOUT.read) <= TIME_OUT
