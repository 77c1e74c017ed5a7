"""How steps ended, what that proves, and why models were left out. Sentences are made when shown, and escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.domain.fleet import Ref
from bot.domain.outcomes import NOT_SENT, PASSED_OVER, Cause, CauseKind, LeftOut, Outcome, StepEnd
from bot.domain.plans import Difference, Plan, differences
from bot.domain.runs import Run, RunState, StepRecord, StepState
from bot.messages.changes import outcome as outcome_elsewhere
from bot.messages.holds import SHOWN, hold_quotes, stopped
from bot.messages.kit import context, sections
from bot.messages.quotes import Quote, quoted
from bot.messages.refusals import answer_of, no_plan, no_plan_quotes
from bot.messages.text import bold, code, counted, escape, listed, sentence
from bot.ports import Block

SHORT = 200
"""Characters of each quote where each of many models may have one."""

_DONE = {
    StepEnd.PROVEN: "Proof: the service now lists {version} among its versions, and {now}.",
    StepEnd.WORKED: "The service worked on it, and {now}.",
    StepEnd.NO_VERSION: "Trained: {now}. The service lists no newer version; IBM does not say that it would.",
    StepEnd.CHANGED: "A change was made: {now}.",
    StepEnd.ALREADY_THERE: "{nothing} was sent: the service already lists {version} among its versions.",
    StepEnd.NOT_NEEDED: "{nothing} was sent: it is available, so no data waits for training.",
    StepEnd.REFUSED: "The service does not upgrade it this way, so the next step follows.",
    StepEnd.UNCHANGED: "The service accepted it and nothing changed, so the next step follows.",
}
"""A step that is over; the next one follows."""

_FAILED = {
    StepEnd.REFUSED: "{fault}",
    StepEnd.UNCHANGED: (
        "The service accepted the request, but nothing changed: versions {had}, status {status}. It may have been on "
        "the newest version already."
    ),
    StepEnd.BROKEN: "The service ended it with the status failed.",
    StepEnd.WRONG_STATUS: (
        "Its status is {status}; the service upgrades only ready and available models. {nothing} was sent."
    ),
    StepEnd.DELETED: "The instance no longer knows this model; somebody deleted it meanwhile.",
    StepEnd.NOT_CONFIGURED: "Its instance is no longer configured.",
    StepEnd.NOT_TAKEN: "The service did not take the request in {attempts} attempts. {fault}",
    StepEnd.UNCLEAR: (
        "Marked as failed by {who}: no answer to the request proves anything, and the service did not show that it "
        "began. It may still do it."
    ),
    StepEnd.UNWATCHED: "No longer watched: {who} stopped watching it. The service may still be working on it.",
}
"""Why a step ended its run; what to do then is in `failures`."""


def step_sentence(record: StepRecord) -> str:
    """The proof of a step, or what ended it and what to do; "" while it is not over."""
    outcome, before = record.outcome, record.before
    if outcome is None:
        return ""
    if record.state is StepState.FAILED:
        said = f"{_FAILED.get(outcome.end, '{fault}')}{{support}}"
    else:
        said = _DONE.get(outcome.end, "Trained: {now}.")
    again = " again" if before and before.status == outcome.status else ""
    return said.format(
        version=code(outcome.version or ""),
        now=f"its status is {escape(outcome.status)}{again}",
        status=escape(outcome.status),
        who=escape(outcome.detail, 60) or "Retune",
        had=listed([code(version) for version in before.versions] if before else []) or "none",
        attempts=record.attempts,
        nothing="Nothing more" if record.attempts else "Nothing",
        fault=sentence(outcome.fault.text) if outcome.fault else "The service refused the request.",
        support=support_text(record),
    ).rstrip()


def step_quotes(record: StepRecord) -> list[Quote]:
    """The service's answer to a step that is over."""
    outcome = record.outcome
    if outcome is None or outcome.end in (StepEnd.UNCLEAR, StepEnd.UNWATCHED):  # its detail is who ended it
        return []
    return [answer_of(Ref.parse(record.step.ref).instance, outcome.detail)]


def support_text(record: StepRecord) -> str:
    """The ids that IBM support needs to find a request; "" where the service gave none."""
    fault = record.outcome.fault if record.outcome else None
    transaction = (fault.transaction if fault else None) or record.transaction
    return f" Transaction {code(transaction)}." if transaction else ""


def became(outcome: Outcome | None) -> Literal["done", "not needed", "not possible"]:
    """How a step ended."""
    if outcome is not None and outcome.end in NOT_SENT:
        return "not needed"
    return "not possible" if outcome is not None and outcome.end in PASSED_OVER else "done"


def failure_text(run: Run) -> str:
    """Why a run failed; "" where it did not."""
    if run.state is not RunState.FAILED:
        return ""
    failed = [step_sentence(record) for record in run.steps if record.state is StepState.FAILED]
    return cause_of(run) or next(iter(failed), "")


def quotes_of(run: Run) -> list[Quote]:
    """The words of others about the end of a run: the service's, or those of a hold's author."""
    if run.cause is not None:
        return cause_quotes(run.cause, run.plan.model.name, run.plan.model.instance)
    failed = run.state is RunState.FAILED
    own = [record for record in run.steps if record.step.ref == run.plan.model.ref]
    return [
        quote
        for record in (run.steps if failed else own)
        if not failed or record.state is StepState.FAILED
        for quote in step_quotes(record)
    ]


def proofs(run: Run) -> str:
    """All that was proven on a run's own model."""
    own = (record for record in run.steps if record.step.ref == run.plan.model.ref)
    return " ".join(sentence for record in own if (sentence := step_sentence(record)))


_CAUSES = {
    CauseKind.POLICY: (
        "The approvals no longer meet the policy: it asks for more of them now, or somebody who approved no longer "
        "may. {nothing} was sent. Ask again for a new decision."
    ),
    CauseKind.DELETED: "Its instance no longer knows it; somebody deleted it. Nothing is left to do.",
    CauseKind.NOT_CONFIGURED: "Its instance is no longer configured. Add it to RETUNE_INSTANCES again, then ask again.",
    CauseKind.TOGETHER: "It is upgraded together with {other}.",
    CauseKind.SHARES: "It shares a language model with {other}. Ask for it afterwards.",
    CauseKind.IN_REQUEST: "It is already in request {request}. `/stt-runs {request}` shows it.",
    CauseKind.NOT_TRIED_AGAIN: "It had failed, and was dropped before it was retried. Nothing more was sent.",
    CauseKind.UNREAD: "It could not be read. `/stt-model` tells when it can; then ask again.",
}
_CHANGED = "Something changed since it was approved. {nothing} was sent. Ask again to see the new plan."


def cause_text(cause: Cause, name: str, run: Run | None = None) -> str:
    """Why the model *name* was left out; *run* is its run, where there is one."""
    match cause.kind:
        case CauseKind.DIFFERS if cause.fresh is not None and run is not None:
            return _differs(run, cause.fresh)
        case CauseKind.NO_PLAN if cause.link_is_missing:
            return f"Say first what it was trained with: press *Trained with…* on {code(f'/stt-model {name}')}."
        case CauseKind.NO_PLAN if cause.no_plan is not None:
            return no_plan(cause.no_plan)
        case CauseKind.ELSEWHERE if cause.change is not None and cause.effect is not None and run is not None:
            return outcome_elsewhere(cause.change, cause.effect, run.plan)
        case CauseKind.ON_HOLD if cause.held:
            return stopped(cause.held, name, began=run is not None)
    said = _CAUSES.get(cause.kind, _CHANGED)
    return said.format(nothing=_nothing(run), other=bold(cause.other), request=cause.request)


def cause_quotes(cause: Cause, name: str, instance: str = "") -> list[Quote]:
    """The words of others that left a model out; *name* and *instance* are the model's."""
    quotes = hold_quotes(cause.held[:SHOWN], {}) if cause.kind is CauseKind.ON_HOLD else []
    if cause.kind is CauseKind.UNREAD:
        quotes.append(Quote(f"Why {name} could not be read", cause.detail))
    if cause.no_plan is not None:
        quotes += no_plan_quotes(cause.no_plan)
    return quotes


def _nothing(run: Run | None) -> str:
    """What was sent for a run that is not started: nothing, or nothing more for one that is tried again."""
    return "Nothing" if run is None or run.started_at is None else "Nothing more"


def _differs(run: Run, fresh: Plan) -> str:
    have = listed([code(version) for version in fresh.model.versions or ()]) or "none"
    waits = "has data that waits for training" if fresh.trains_after else "no longer has data that waits"
    words = {
        Difference.VERSIONS: f"its versions are now {have}",
        Difference.TARGET: f"the newest version is now {code(fresh.target) if fresh.target else 'not known by name'}",
        Difference.STEPS: f"it now takes {counted(len(fresh.steps), 'step')} that are not those that were approved",
        Difference.STATUS: f"it {waits}",
        Difference.DATA: "it holds other data than when it was approved",
    }
    said = [words[difference] for difference in differences(run.plan, fresh, run.done)]
    return f"Since it was approved, {listed(said)}. {_nothing(run)} was sent. Look at the new plan to decide on it."


def left_out_blocks(left_out: Sequence[LeftOut], heading: str = "*Left out*") -> list[Block]:
    """Models that are not in a request, each with its reason, below a heading; nothing where all are in it."""
    lines = [f"• {code(item.name, 60)}: {cause_text(item.cause, item.name)}" for item in left_out]
    quotes = [replace(quote, limit=SHORT) for item in left_out for quote in cause_quotes(item.cause, item.name)]
    return [*sections([heading, *lines]), *quoted(*quotes)] if lines else []


def first_left_out(left_out: Sequence[LeftOut], most: int, heading: str = "*Left out*") -> list[Block]:
    """The same for the first of them, and the number of the rest."""
    unsaid = len(left_out) - most
    rest = [context(f"and {unsaid} more: `/stt-model` tells the reason of each.")] if unsaid > 0 else []
    return [*left_out_blocks(left_out[:most], heading), *rest]


def cause_of(run: Run) -> str:
    """Why a run was not carried out; "" where nothing prevented it."""
    return cause_text(run.cause, run.plan.model.name, run) if run.cause else ""
