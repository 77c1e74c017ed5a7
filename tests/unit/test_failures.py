"""Failures: each says its cause, whether anything changed, one next step, and who takes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.failures import OF_CAUSE as CAUSE_TAKERS
from bot.domain.failures import OF_END as END_TAKERS
from bot.domain.failures import OF_FAULT as FAULT_TAKERS
from bot.domain.failures import left_of, stopped_midway
from bot.domain.outcomes import Cause, CauseKind, Fault, FaultKind, Outcome, StepEnd, fault_of
from bot.domain.plans import Action, Step
from bot.domain.requests import RequestState
from bot.domain.runs import Run, RunState, StepRecord, StepState
from bot.errors import (
    AnswerUnreadable,
    CredentialsRefused,
    ModelBusy,
    ModelDenied,
    ModelGone,
    OutcomeUnknown,
    PlanRefused,
    RecordUnreadable,
    Refusal,
    RequestRefused,
    RetuneError,
    ServiceError,
    ServiceUnavailable,
    StoreUnavailable,
)
from bot.messages import refusals
from bot.messages.ending import end_of_one, end_of_several, failed
from bot.messages.failures import changed_text, failure_lines
from tests.unit.made import NOW, approvals, plan, request, run

FAILING = sorted(END_TAKERS)
"""Every end with which a step can fail."""

WHO = {
    "requester": "<@UADA>",
    "approver": "an approver",
    "operator": "Retune's operator",
    "IBM support": "with IBM support",
}


def ended(end: StepEnd, fault: Fault | None = None, *, done: StepEnd | None = None) -> Run:
    """A run of a language and an acoustic model whose second step ended so; *done* is how the first one did."""
    planned = plan("booth", "lm", kind="acoustic")
    first, second = planned.steps
    before = StepRecord(
        1, 1, first, StepState.DONE if done else StepState.PLANNED, outcome=Outcome(done, "v") if done else None
    )
    last = StepRecord(1, 2, second, StepState.FAILED, attempts=2, outcome=Outcome(end, None, "ready", "Grace", fault))
    return replace(run(planned, RunState.FAILED), steps=(before, last))


def test_every_end_is_in_the_tables():
    """Of the ends that are no failure none is; of the causes and faults all are."""
    good = {StepEnd.PROVEN, StepEnd.WORKED, StepEnd.TRAINED, StepEnd.NO_VERSION, StepEnd.CHANGED, StepEnd.ALREADY_THERE}
    assert set(END_TAKERS) == set(StepEnd) - good - {StepEnd.NOT_NEEDED}
    assert set(CAUSE_TAKERS) == set(CauseKind)
    assert set(FAULT_TAKERS) == set(FaultKind)


@pytest.mark.parametrize("end", FAILING)
def test_every_failing_end(end: StepEnd):
    """Three lines: the cause, what changed, and the next step with who takes it; none of them is a body."""
    cause, changed, next_ = failure_lines(ended(end), "<@UADA>").split("\n")
    assert cause.endswith(".")
    assert changed
    taker = END_TAKERS[end]
    assert next_.startswith("*Next:*" if taker == "nobody" else f"*Next, {WHO[taker]}:*")
    assert next_.endswith(".")
    assert "{" not in cause + changed + next_


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault(kind: FaultKind):
    """The sentence with the status, the transaction, and whoever can do something about it."""
    fault = Fault(kind, "stt refused the request (400).", "tx-1")
    cause, changed, next_ = failure_lines(ended(StepEnd.REFUSED, fault), "<@UADA>").split("\n")
    assert cause == "stt refused the request (400). Transaction `tx-1`."
    assert changed == "Nothing was changed."
    taker = FAULT_TAKERS[kind]
    assert next_.startswith("*Next:*" if taker == "nobody" else f"*Next, {WHO[taker]}:*")


@pytest.mark.parametrize("kind", list(CauseKind))
def test_every_cause(kind: CauseKind):
    """Why it was left out, that nothing was changed, and the next step."""
    left = replace(run(plan("m1"), RunState.FAILED), steps=(), cause=Cause(kind, other="m2", request=7, detail="why"))
    cause, changed, next_ = failure_lines(left, "<@UADA>").split("\n")
    assert cause
    assert changed == "Nothing was changed."
    taker = CAUSE_TAKERS[kind]
    assert next_.startswith("*Next:*" if taker == "nobody" else f"*Next, {WHO[taker]}:*")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CredentialsRefused("no", instance="stt", status=401), FaultKind.CREDENTIALS),
        (ModelGone("no", instance="stt"), FaultKind.GONE),
        (ModelBusy("no", instance="stt", status=409), FaultKind.BUSY),
        (ModelDenied("no", instance="stt"), FaultKind.DENIED),
        (PlanRefused("no", instance="stt", status=400), FaultKind.PLAN),
        (RequestRefused("no", instance="stt", status=400), FaultKind.REFUSED),
        (RequestRefused("no", instance="stt", status=404), FaultKind.ADDRESS),
        (RequestRefused("no", instance="stt", status=302), FaultKind.ADDRESS),
        (ServiceUnavailable("no", instance="stt", status=503), FaultKind.UNAVAILABLE),
        (OutcomeUnknown("no", instance="stt"), FaultKind.UNAVAILABLE),
        (AnswerUnreadable("no", instance="stt"), FaultKind.UNAVAILABLE),
        (RecordUnreadable("no", instance="stt"), FaultKind.UNAVAILABLE),
    ],
)
def test_what_an_error_is(error: ServiceError, kind: FaultKind):
    """Every error of the service has a kind, and so somebody who takes the next step."""
    assert fault_of(error).kind is kind


@pytest.mark.parametrize(
    ("end", "done", "said"),
    [
        (StepEnd.REFUSED, None, "Nothing was changed."),
        (
            StepEnd.REFUSED,
            StepEnd.PROVEN,
            "The language model *lm* is upgraded; the acoustic model *booth* is not.",
        ),
        (
            StepEnd.UNCLEAR,
            StepEnd.PROVEN,
            "The language model *lm* is upgraded; it is unclear whether the acoustic model *booth* was changed.",
        ),
        (
            StepEnd.UNWATCHED,
            None,
            "It is unclear whether the acoustic model *booth* was changed; the language model *lm* is unchanged.",
        ),
        (
            StepEnd.BROKEN,
            StepEnd.CHANGED,
            "The language model *lm* was changed by a person; the acoustic model *booth* now has the status `failed`.",
        ),
        (StepEnd.NOT_TAKEN, StepEnd.REFUSED, "Nothing was changed."),
    ],
)
def test_what_changed(end: StepEnd, done: StepEnd | None, said: str):
    """Model by model, the upgraded ones first."""
    assert changed_text(ended(end, done=done)) == said


def test_an_acoustic_model_between_its_two_upgrades():
    """It is upgraded, and its language model is not in it yet."""
    own = plan("booth", kind="acoustic")
    ref = own.model.ref
    steps = (own.steps[0], Step(Action.UPGRADE_WITH_LANGUAGE, ref, "booth", False, "id-lm"))
    records = (
        StepRecord(1, 1, steps[0], StepState.DONE, outcome=Outcome(StepEnd.PROVEN, "v")),
        StepRecord(1, 2, steps[1], StepState.FAILED, outcome=Outcome(StepEnd.REFUSED)),
    )
    half = replace(run(replace(own, steps=steps), RunState.FAILED), steps=records)
    assert changed_text(half) == "The acoustic model *booth* is upgraded, but not yet with its language model."
    assert stopped_midway(request([half], RequestState.FAILED))


NAMES = {"UADA": "Ada", "UGRACE": "Grace"}


def test_stopped_midway():
    """Of three, two are upgraded and somebody dropped the rest: which ones, by whom, and a button for the others."""
    runs = [run(plan("a"), RunState.DONE, 1), run(plan("b"), RunState.DONE, 2), run(plan("c"), RunState.CANCELLED, 3)]
    runs[2] = replace(runs[2], started_at=None)
    made = request(runs, RequestState.CANCELLED, decided_by="UGRACE", started_at=NOW)
    said = end_of_several(made, NAMES)
    assert said.text.startswith("<@UADA> Stopped after 2 of 3: *a* and *b* upgraded. By Grace.")
    assert "<@UGRACE>" not in said.text
    assert [one.plan.model.name for one in left_of(made)] == ["c"]
    assert "'finish'" in str(said.blocks)
    assert "not begun: *c*" in str(said.blocks)


def test_nobody_is_pinged_about_their_own_act():
    """Grace approved it and stopped it: Ada hears of it, and Grace is named."""
    runs = [run(plan("a"), RunState.DONE, 1), run(plan("b"), RunState.CANCELLED, 2)]
    over = {"votes": approvals("UGRACE"), "started_at": NOW}
    several = end_of_several(request(runs, RequestState.CANCELLED, decided_by="UGRACE", **over), NAMES)
    assert several.text.startswith("<@UADA> Stopped after 1 of 2")
    one = end_of_one(request(runs[1:], RequestState.CANCELLED, decided_by="UADA", **over), NAMES)
    assert one.text.startswith("<@UGRACE> ")
    for said, actor in ((several, "UGRACE"), (one, "UADA")):
        assert f"<@{actor}>" not in said.text + str(said.blocks)


@pytest.mark.parametrize(
    ("states", "state", "offered"),
    [
        ((RunState.DONE, RunState.FAILED), RequestState.FAILED, True),
        ((RunState.DONE, RunState.LEFT_OUT), RequestState.DONE, True),
        ((RunState.DONE, RunState.DONE), RequestState.DONE, False),
        ((RunState.FAILED, RunState.CANCELLED), RequestState.CANCELLED, False),
    ],
)
def test_finish_is_offered_where_some_are_done(states: tuple[RunState, ...], state: RequestState, offered: bool):
    """And something is left."""
    runs = [run(plan(f"m{number}"), one, number) for number, one in enumerate(states, start=1)]
    assert ("'finish'" in str(end_of_several(request(runs, state, started_at=NOW), NAMES).blocks)) is offered


def test_a_plan_of_one_that_stopped_after_a_step():
    """Failed or cancelled: what is upgraded and what not, with *Finish…*."""
    half = ended(StepEnd.REFUSED, Fault(FaultKind.REFUSED, "stt refused the request (400)."), done=StepEnd.PROVEN)
    said = end_of_one(request([half], RequestState.FAILED, started_at=NOW), NAMES)
    assert "*failed*: *booth*. stt refused the request (400)." in said.text
    assert "The language model *lm* is upgraded; the acoustic model *booth* is not." in said.text
    assert "'finish'" in str(said.blocks)
    planned = tuple(
        replace(one, state=StepState.PLANNED, outcome=None) if one.number == 2 else one for one in half.steps
    )
    stopped = replace(half, state=RunState.CANCELLED, steps=planned)
    made = request([stopped], RequestState.CANCELLED, decided_by="UGRACE", started_at=NOW)
    said = end_of_one(made, NAMES)
    assert "Stopped after step 1 of 2 by Grace. The language model *lm* is upgraded; the acoustic" in said.text
    assert "'finish'" in str(said.blocks)
    nothing = end_of_one(request([ended(StepEnd.REFUSED)], RequestState.FAILED, started_at=NOW), NAMES)
    assert "'finish'" not in str(nothing.blocks)
    assert "Nothing was changed." in nothing.text


def test_one_of_several_that_failed():
    """Its reply says the same, and pings nobody."""
    runs = [ended(StepEnd.NOT_CONFIGURED), run(plan("m2"), RunState.RUNNING, 2)]
    said = failed(request(runs, RequestState.RUNNING), runs[0])
    assert "*Next, Retune's operator:* add stt to RETUNE_INSTANCES again" in said.text
    assert "<@" not in said.text


def every_error() -> list[type[RetuneError]]:
    """The whole tree."""
    found, todo = [], [RetuneError]
    while todo:
        kind = todo.pop()
        found.append(kind)
        todo += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == "bot.errors"]


@pytest.mark.parametrize("kind", every_error())
def test_every_error_of_the_tree(kind: type[RetuneError]):
    """Whoever meets one reads the cause, whether anything was changed, and what to do or who can."""
    error = kind.__new__(kind)
    error.text = "The cause."
    if isinstance(error, ServiceError):
        error.ours, error.status, error.detail, error.transaction, error.instance = "The cause.", 400, "no", "tx", "stt"
    if isinstance(error, Refusal):
        error.markup = False
    said = refusals.error(error).text
    assert "The cause." in said
    if isinstance(error, Refusal | StoreUnavailable):
        assert said.strip() == "The cause."  # their texts say all of it
        return
    assert "Nothing was changed." in said or "It is unclear whether" in said
    assert any(
        words in said for words in ("ry again", "Retune's operator", "Look", "`/stt-models`", "/stt-models lists")
    )


def test_a_language_model_of_the_same_name_that_is_gone():
    """The acoustic model is there, so it can be asked for again."""
    both = ended(StepEnd.REFUSED)
    first, second = (replace(one, step=replace(one.step, name="booth")) for one in both.steps)
    gone = replace(first, state=StepState.FAILED, outcome=Outcome(StepEnd.DELETED))
    planned = replace(second, state=StepState.PLANNED, outcome=None)
    left = replace(both, steps=(gone, planned), plan=plan("booth", "booth", kind="acoustic"))
    assert "language model *booth* no longer exists" in changed_text(left)
    assert left_of(request([left], RequestState.FAILED)) == (left,)
