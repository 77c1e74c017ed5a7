"""Signs: each means one thing, wherever it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.outcomes import Cause, CauseKind, Outcome, StepEnd
from bot.domain.plans import Action, Step
from bot.domain.requests import RequestState
from bot.domain.runs import RunState, StepRecord, StepState
from bot.domain.verdicts import Verdict
from bot.messages.signs import (
    OF_REQUEST_STATE,
    OF_RUN_STATE,
    OF_STEP_STATE,
    OF_VERDICT,
    Sign,
    of_request,
    of_run,
    of_step,
)
from tests.unit import made
from tests.unit.made import NOW

ROOT = Path(__file__).parents[2]
SHORTCODE = re.compile(r":[a-z][a-z_+]+:")
ANYWHERE = {Sign.ATTENTION, Sign.URGENT}
"""They are no states: any sentence may begin with them."""


def literals() -> Iterator[tuple[str, str]]:
    """Every emoji that is written out in a text of ours, with its file."""
    files = [*(ROOT / "bot/messages").glob("*.py"), *(ROOT / "commands").glob("*.py")]
    for path in files:
        if path.name == "signs.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from ((path.name, found) for found in SHORTCODE.findall(node.value))


def test_every_sign_is_of_the_table():
    """No text has a sign of its own, so none can mean a second thing."""
    assert [(file, sign) for file, sign in literals() if sign not in ANYWHERE] == []


def test_every_state_has_a_sign():
    """In each table every state has one, and no two of a table share it; a verdict shares none with a state."""
    assert set(OF_REQUEST_STATE) == set(RequestState)
    assert set(OF_RUN_STATE) == set(RunState)
    assert set(OF_STEP_STATE) == set(StepState)
    assert set(OF_VERDICT) == set(Verdict)
    going_on = {StepState.STARTING: StepState.WAITING}
    steps = {going_on.get(state, state): sign for state, sign in OF_STEP_STATE.items()}
    for table in (OF_REQUEST_STATE, OF_RUN_STATE, steps, OF_VERDICT):
        assert len(set(table.values())) == len(table)
    states = {*OF_REQUEST_STATE.values(), *OF_RUN_STATE.values(), *OF_STEP_STATE.values()}
    assert states.isdisjoint(OF_VERDICT.values())


def test_what_is_shared_means_the_same():
    """States of a request, a run and a step share a sign where their word is the same, and nowhere else."""
    same = [{"done"}, {"failed"}, {"running", "starting", "waiting"}, {"queued", "planned"}]
    same += [{"changed", "left out"}, {"stopped"}]
    words: dict[Sign, set[str]] = {}
    for table in (OF_REQUEST_STATE, OF_RUN_STATE, OF_STEP_STATE):
        for state, sign in table.items():
            words.setdefault(sign, set()).add(state.value)
    assert all(len(shared) == 1 or shared in same for shared in words.values()), words


def test_the_page_knows_every_sign():
    """The local Slack shows each of them."""
    known = set(re.findall(r'"?([a-z0-9_+]+)"?: "', (ROOT / "sandbox/slack/page/emoji.js").read_text()))
    assert {sign.strip(":") for sign in Sign} <= known


def record(state: StepState, end: StepEnd | None = None, action: Action = Action.UPGRADE) -> StepRecord:
    return StepRecord(1, 1, Step(action, "stt/x", "x", True), state, outcome=Outcome(end) if end else None)


@pytest.mark.parametrize(
    ("record", "sign"),
    [
        (record(StepState.PLANNED), Sign.TO_COME),
        (record(StepState.WAITING), Sign.RUNNING),
        (record(StepState.DONE, StepEnd.PROVEN), Sign.DONE),
        (record(StepState.DONE, StepEnd.NOT_NEEDED), Sign.NOT_NEEDED),
        (record(StepState.DONE, StepEnd.REFUSED), Sign.PASSED_OVER),
        (record(StepState.FAILED, StepEnd.BROKEN), Sign.FAILED),
        (record(StepState.WAITING, action=Action.AWAIT_CHANGE), Sign.PERSON),
        (replace(record(StepState.STARTING), unclear_at=NOW), Sign.UNCLEAR),
    ],
)
def test_of_a_step(record: StepRecord, sign: Sign):
    """A step that was not needed, or not possible, does not look like one that is done."""
    run = made.run(made.plan(), RunState.RUNNING, 1, steps=(record,))
    assert of_step(run, record) is sign
    expected = sign if sign in (Sign.PERSON, Sign.UNCLEAR) else Sign.RUNNING if run.current else None
    assert expected in (None, of_run(run))


def test_of_a_run_and_its_request():
    """What the state alone does not tell: on hold, late, unproven; a start at a time is not a start next."""
    queued, running = made.run(made.plan(), RunState.QUEUED), made.run(made.plan(), RunState.RUNNING)
    held = made.run(made.plan(), RunState.LEFT_OUT, cause=Cause(CauseKind.ON_HOLD))
    shown = record(StepState.DONE, StepEnd.NO_VERSION)
    shown = replace(shown, step=replace(shown.step, ref=made.plan().model.ref))
    unproven = made.run(made.plan(), RunState.DONE, 1, steps=(shown,))
    assert of_run(queued, held=True) is of_run(held) is Sign.HELD
    assert of_run(running, late=True) is Sign.LATE
    assert of_run(unproven) is Sign.UNPROVEN
    assert of_request(made.request([unproven], RequestState.DONE)) is Sign.UNPROVEN
    assert of_request(made.request([held], RequestState.CHANGED)) is Sign.HELD
    assert of_request(made.request([queued], RequestState.SCHEDULED)) is Sign.APPROVED
    assert of_request(made.request([queued], RequestState.SCHEDULED, not_before=NOW)) is Sign.SCHEDULED
