"""Failures in words: the cause, whether anything changed, one next step, and who takes it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.failures import Effect, Taker, effects, taker_of
from bot.domain.outcomes import CauseKind, FaultKind, StepEnd
from bot.domain.runs import Run
from bot.messages.outcomes import failure_text
from bot.messages.text import bold, code, escape

RETRY = "an approver presses *Try again*"

OF_FAULT: Mapping[FaultKind, str] = {
    FaultKind.REFUSED: f"fix what the answer names; then {RETRY}.",
    FaultKind.CREDENTIALS: f"check the key and URL of {{instance}} with `python -m bot check`; then {RETRY}.",
    FaultKind.ADDRESS: f"correct the URL of {{instance}}, `python -m bot check` tests it; then {RETRY}.",
    FaultKind.PLAN: f"give {{instance}} a plan with customization (Plus, Standard or Premium); then {RETRY}.",
    FaultKind.DENIED: "find out why {instance} lists this model and says that it does not know it.",
    FaultKind.GONE: "nothing is left to upgrade. Ask for the model that took its place, if there is one.",
    FaultKind.BUSY: "press *Try again* when the service has ended the other request for this model.",
    FaultKind.UNAVAILABLE: "press *Try again* when {instance} answers again; `/stt-models` tells when it was read.",
}

OF_END: Mapping[StepEnd, str] = {
    StepEnd.REFUSED: f"look at the model with {{typed}} and fix what the answer names; then {RETRY}.",
    StepEnd.UNCHANGED: (
        "find out why nothing changed, if *Check for warning* on {typed} shows that the model is still outdated."
    ),
    StepEnd.BROKEN: "look for invalid corpora, words or audio, fix them and train the model; then ask again.",
    StepEnd.WRONG_STATUS: f"add valid data, or train it, until its status is ready or available; then {RETRY}.",
    StepEnd.DELETED: "nothing is left to upgrade. Ask for the model that took its place, if there is one.",
    StepEnd.NOT_CONFIGURED: f"add {{instance}} to RETUNE_INSTANCES again; then {RETRY}.",
    StepEnd.NOT_TAKEN: "press *Try again* when {instance} answers again; `/stt-models` tells when it was read.",
    StepEnd.UNCLEAR: "look at the model with {typed} before you ask again.",
    StepEnd.UNWATCHED: "look at the model with {typed}: its versions tell whether it was upgraded.",
}

OF_CAUSE: Mapping[CauseKind, str] = {
    CauseKind.POLICY: "ask again for a new decision.",
    CauseKind.DIFFERS: "look at the new plan and ask again.",
    CauseKind.NO_PLAN: "look at the model with {typed}, and ask again when it can be upgraded.",
    CauseKind.ELSEWHERE: "look at the model with {typed}, and ask again if it is still outdated.",
    CauseKind.DELETED: "nothing is left to do.",
    CauseKind.NOT_CONFIGURED: "add {instance} to RETUNE_INSTANCES again; then ask again.",
    CauseKind.TOGETHER: "nothing is left to do.",
    CauseKind.SHARES: "ask for it afterwards.",
    CauseKind.IN_REQUEST: "nothing is left to do here.",
    CauseKind.NOT_TRIED_AGAIN: "ask again.",
    CauseKind.UNREAD: "`python -m bot check` tells why {instance} can't be read; then ask again.",
    CauseKind.ON_HOLD: "end the hold, or ask again when it is over.",
}

_WHO = {
    Taker.APPROVER: "an approver",
    Taker.OPERATOR: "Retune's operator",
    Taker.SUPPORT: "with IBM support",
}


def failure_lines(run: Run, requester: str) -> str:
    """A failure in three lines; *requester* is the requester's name there, escaped."""
    return "\n".join((failure_text(run), changed_text(run), next_text(run, requester)))


def changed_text(run: Run) -> str:
    """Whether a run that ended early changed anything; model by model where it did."""
    found = effects(run)
    if all(one.effect is Effect.UNCHANGED for one in found):
        return "Nothing was changed."
    # upgraded models first, the others after them
    ordered = sorted(found, key=lambda one: one.effect is Effect.UNCHANGED)
    not_ = "{name} is not" if any(one.effect is Effect.UPGRADED for one in found) else "{name} is unchanged"
    words = {**_BECAME, Effect.UNCHANGED: not_}
    said = "; ".join(words[one.effect].format(name=f"the {one.kind} model {bold(one.name, 60)}") for one in ordered)
    return f"{said[:1].upper()}{said[1:]}."


_BECAME = {
    Effect.UPGRADED: "{name} is upgraded",
    Effect.HALF: "{name} is upgraded, but not yet with its language model",
    Effect.TRAINED: "{name} is trained",
    Effect.CHANGED: "{name} was changed by a person",
    Effect.UNCLEAR: "it is unclear whether {name} was changed",
    Effect.BROKEN: "{name} now has the status `failed`",
    Effect.GONE: "{name} no longer exists",
}


def next_text(run: Run, requester: str) -> str:
    """The one next step, and who takes it."""
    model, taker = run.plan.model, taker_of(run)
    facts = {"instance": escape(model.instance, 60), "typed": code(f"/stt-model {model.name}")}
    what = _what(run).format(**facts)
    if taker is Taker.NOBODY:
        return f"*Next:* {what}"
    return f"*Next, {_WHO.get(taker, requester)}:* {what}"


def _what(run: Run) -> str:
    if run.cause is not None:
        return OF_CAUSE[run.cause.kind]
    outcome = run.failure
    if outcome is None:
        return OF_END[StepEnd.REFUSED]
    return OF_FAULT[outcome.fault.kind] if outcome.fault else OF_END.get(outcome.end, OF_END[StepEnd.REFUSED])
