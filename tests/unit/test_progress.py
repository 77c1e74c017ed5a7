"""The progress message and the card of a running run: honest, steady, and readable without seeing them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.freezes import Freeze, Wait
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.plans import Action, Estimate, Plan, Step
from bot.domain.policies import Policy
from bot.domain.requests import LIVE, Request, RequestState
from bot.domain.runs import Before, Run, RunState, StepRecord, StepState
from bot.messages.card import Seen
from bot.messages.progress import bar, elapsed_text, progress, ticked
from bot.messages.requests import tellings
from sandbox.slack.blockkit import check_blocks
from tests.unit import made
from tests.unit.made import NOW
from tests.world import ADA, GRACE, NEW, OLD, model

POLICY = Policy((GRACE,), 1, False, 86400)
HALF_AN_HOUR = Estimate(1800, 1800, "like the last 3 of this kind and size")


def run(
    *steps: StepState, state: RunState = RunState.RUNNING, action: Action = Action.UPGRADE, number: int = 1, **over: Any
) -> Run:
    """A run whose steps began at `NOW`."""
    subject = model()
    plan = Plan(subject, tuple(Step(action, subject.ref, subject.name, True) for _ in steps), OLD, NEW, None)
    ends = {StepState.DONE: Outcome(StepEnd.PROVEN, NEW), StepState.FAILED: Outcome(StepEnd.UNCHANGED, status="ready")}
    records = tuple(
        StepRecord(
            *(number, place, plan.steps[0], which, Before("available", (OLD,), NOW)),
            started_at=NOW if which is not StepState.PLANNED else None,
            answered_at=NOW if which is not StepState.PLANNED else None,
            ended_at=NOW + timedelta(minutes=3) if which is StepState.DONE else None,
            seen_busy=True,
            attempts=int(which is not StepState.PLANNED),
            outcome=ends.get(which),
        )
        for place, which in enumerate(steps, start=1)
    )
    return made.run(plan, state, number, steps=records, **over)


def seen(minutes: float = 0, estimate: Estimate | None = HALF_AN_HOUR, wait: Wait | None = None) -> Seen:
    """What is known some time after `NOW`."""
    at = NOW + timedelta(minutes=minutes)
    return Seen(policy=POLICY, now=at, estimates={1: estimate, 2: estimate}, wait=wait)


def running(one: Run) -> Request:
    """A request for one model that runs."""
    return made.request([one], RequestState.RUNNING, started_at=NOW, decided_by=GRACE, decided_at=NOW)


DONE, WAITING, PLANNED = StepState.DONE, StepState.WAITING, StepState.PLANNED


@pytest.mark.parametrize(
    ("done", "steps", "share", "shown"),
    [
        (0, 1, 0.0, "⬜⬜⬜⬜⬜⬜"),
        (0, 1, 0.5, "🟩🟩🟩⬜⬜⬜"),
        (0, 1, 0.999, "🟩🟩🟩🟩🟩⬜"),
        (0, 1, 9.0, "🟩🟩🟩🟩🟩⬜"),
        (1, 1, 0.0, "🟩🟩🟩🟩🟩🟩"),
        (1, 3, 0.4, "🟩🟩⬜⬜⬜⬜"),
        (1, 3, 7.0, "🟩🟩🟩⬜⬜⬜"),
        (2, 4, 7.0, "🟩🟩⬜⬜"),
        (0, 1, -1.0, "⬜⬜⬜⬜⬜⬜"),
    ],
)
def test_bar(done: int, steps: int, share: float, shown: str):
    """Each step has its part; within it the bar follows the time, and stops before the end."""
    assert bar(done, steps, share) == shown


@given(st.integers(1, 9), st.data(), st.floats(0, 1e9), st.floats(0, 1e9))
def test_the_bar_never_promises(steps: int, data: st.DataObject, early: float, later: float):
    """It never goes back, is full only when all is proven, and never shows a step as done that is not."""
    done = data.draw(st.integers(0, steps - 1))
    early, later = sorted((early, later))
    assert bar(done, steps, early).count("🟩") <= bar(done, steps, later).count("🟩") < bar(done + 1, steps).count("🟩")
    assert "⬜" not in bar(steps, steps, later)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "just begun"),
        (19, "10 seconds so far"),
        (119, "110 seconds so far"),
        (120, "2 minutes so far"),
        (899, "14 minutes so far"),
        (1000, "over 15 minutes so far"),
        (7199, "over 1 hour and 55 minutes so far"),
        (7900, "over 2 hours and 10 minutes so far"),
    ],
)
def test_elapsed(seconds: float, said: str):
    """Coarser as it gets longer, and never more than it is."""
    assert elapsed_text(timedelta(seconds=seconds)) == said


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_elapsed_goes_forward(one: float, other: float):
    """What is shown never exceeds the truth and never goes back."""
    early, later = (timedelta(seconds=seconds) for seconds in sorted((one, other)))
    assert timedelta() <= ticked(early) <= ticked(later) <= later


@pytest.mark.parametrize("estimate", [None, HALF_AN_HOUR, Estimate(7200, 14400, "length of the audio")])
def test_four_hours_cost_few_edits(estimate: Estimate | None):
    """Looked at every second for four hours, the message changes at most 60 times."""
    going_on = run(WAITING)
    looks = (seen(second / 60, estimate) for second in range(4 * 3600))
    shown = {(message.text, str(message.blocks)) for message in (progress(going_on, look) for look in looks)}
    assert 40 < len(shown) <= 60


def test_what_it_says():
    """The bar with words beside it, what happens now, the estimate with its source, and what is left."""
    message = progress(run(DONE, WAITING, PLANNED), seen(10))
    head, lines, foot = message.blocks
    end = "<!date^1795429800^{date_short_pretty} {time}|23 Nov 2026 10:30 UTC> (estimate)"
    assert head["text"]["text"] == f"🟩🟩⬜⬜⬜⬜ *Step 2 of 3*, this step done ≈ {end}"
    assert lines["text"]["text"].splitlines() == [
        ":white_check_mark: done: upgrade `call-center-us` (3 minutes)",
        ":arrows_counterclockwise: now: upgrade `call-center-us` · the service is working on it, 10 minutes so far",
        ":white_large_square: next: upgrade `call-center-us`",
    ]
    said = "about 30 minutes (like the last 3 of this kind and size); about 20 minutes left"
    assert foot["elements"][0]["text"] == f"_Estimate for this step: {said}._"
    assert message.text == (
        f"Step 2 of 3, this step done about {end}. Done: upgrade call-center-us (3 minutes). "
        "Now: upgrade call-center-us, the service is working on it, 10 minutes so far. "
        f"Next: upgrade call-center-us. Estimate for this step: {said}."
    )


def test_overdue():
    """Said plainly in the message, before anybody is called."""
    message = progress(run(WAITING), seen(46))
    assert "overdue: 15 minutes longer than estimated" in message.text
    assert keys(running(run(WAITING)), seen(46)) == ["card", "progress"]
    assert keys(running(run(WAITING)), seen(91)) == ["card", "progress", "late:1.1"]


def keys(request: Request, look: Seen) -> list[str]:
    """What is told of a request, without what all keys begin with."""
    return [telling.key.removeprefix(f"request:{request.id}:") for telling in tellings(request, look)]


def test_steps_that_brought_nothing():
    """A step that was refused or not needed is never said to be done."""
    shown = run(DONE, WAITING)
    refused = replace(shown.steps[0], outcome=Outcome(StepEnd.REFUSED))
    shown = replace(shown, steps=(refused, shown.steps[1]))
    message = progress(shown, seen(estimate=None))
    assert "not possible: upgrade `call-center-us`" in str(message.blocks)
    assert "Done:" not in message.text
    step = next(telling for telling in tellings(running(shown), seen()) if telling.key == "request:1:step:1.1")
    assert step.message.text.startswith("Step 1 of 2 not possible: upgrade")


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"state": StepState.STARTING}, "asked for, the service has not answered yet"),
        ({"seen_busy": False}, "accepted; waiting for it to start"),
        ({}, "the service is working on it"),
        ({"state": PLANNED, "started_at": None}, "not begun: the service did not take it, Retune asks again"),
        ({"state": PLANNED, "started_at": None, "attempts": 0}, "not sent yet"),
    ],
)
def test_the_card_of_a_running_run(over: dict[str, Any], said: str):
    """Two lines: the step, and what happens now, since when. Time alone changes nothing in it."""
    shown = run(WAITING, PLANNED)
    shown = replace(shown, steps=(replace(shown.steps[0], **over), shown.steps[1]))
    first, later = (tellings(running(shown), seen(minutes))[0].message for minutes in (0, 600))
    assert first == later
    lines = first.blocks[0]["text"]["text"].splitlines()
    assert lines[0] == ":arrows_counterclockwise: Upgrading: *call-center-us* `v2018-07-31 → v2020-01-16`"
    assert lines[1] == "*Step 1 of 2:* upgrade `call-center-us`"
    assert lines[2].startswith(f"*Now:* {said}")
    assert ("since <!date^" in lines[2]) is (over.get("started_at", NOW) is not None)
    assert len(lines) == 3
    assert first.text.startswith("Upgrading: *call-center-us* v2018-07-31 to v2020-01-16. *Step 1 of 2:* upgrade ")
    assert f"*Now:* {said}" in first.text


READ = re.compile(r":[a-z][a-z0-9_+-]*:|[`🟩⬜▓░→•✓✗⏳≈]")
"""What a screen reader would spell."""


STEPS = ((WAITING,), (DONE, WAITING, PLANNED), (DONE, StepState.FAILED), (StepState.STARTING, PLANNED))


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", list(RequestState))
@pytest.mark.parametrize("other", [None, *RunState])
def test_read_aloud(state: RequestState, action: Action, other: RunState | None):
    """Every message has a text of sentences, without signs, bars or names of emoji; Slack takes the blocks."""
    held = Wait("freeze", NOW, Freeze(1, "stt", "month end", ADA, NOW, NOW))
    facts: dict[str, Any] = {"reminded": True, "voters": 0, "started_at": NOW if state not in QUIET else None}
    for steps in STEPS:
        for retries in (0, 2):
            shown = run(*steps, state=STATES[state], action=action, cancelled_by=GRACE, retries=retries)
            others = [] if other is None else [run(*steps, state=other, action=action, number=2)]
            request = made.request([shown, *others], state, **facts)
            if state not in LIVE:
                request = replace(request, runs=tuple(replace(one, ended_at=NOW) for one in request.runs))
            for telling in tellings(request, seen(180, wait=held)):
                assert check_blocks(list(telling.message.blocks), "message") == []
                # Slack puts a name or a date in the place of what is in angle brackets.
                text = re.sub(r"<[^>]*>", "somebody", telling.message.text)
                assert not READ.search(text), f"{telling.key}: {text}"
                assert text.endswith("."), f"{telling.key}: {text}"


QUIET = (
    *(RequestState.OPEN, RequestState.SCHEDULED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED),
    RequestState.CHANGED,
)
"""In these nothing was started."""

STATES = {
    RequestState.RUNNING: RunState.RUNNING,
    RequestState.PAUSED: RunState.FAILED,
    RequestState.DONE: RunState.DONE,
    RequestState.FAILED: RunState.FAILED,
    RequestState.CANCELLED: RunState.CANCELLED,
    RequestState.CHANGED: RunState.LEFT_OUT,
    RequestState.OPEN: RunState.QUEUED,
    RequestState.SCHEDULED: RunState.QUEUED,
    RequestState.REJECTED: RunState.CANCELLED,
    RequestState.WITHDRAWN: RunState.CANCELLED,
    RequestState.EXPIRED: RunState.CANCELLED,
}
"""The state of the first run by that of its request."""
