"""The replies that stay in a request's thread: a step that is proven, a failure, the end with its proof or reason."""

from __future__ import annotations

from bot.domain.requests import Request, RequestState
from bot.domain.runs import Run, RunState, StepRecord
from bot.messages.card import CONFIRM, fitting, people, so_far, title
from bot.messages.causes import cause_text
from bot.messages.kit import actions, button, confirm, section, sections
from bot.messages.outcomes import became, failure_text, proofs, step_sentence
from bot.messages.states import SIGNS
from bot.messages.steps import check_button, noun, step_text
from bot.messages.text import code, counted, escape
from bot.ports import Block, Message


def step_done(run: Run, record: StepRecord) -> Message:
    """A reply when a step that is not the last one is over: proven, not needed, or not possible this way."""
    what = became(record.outcome) if record.outcome else "done"
    sign = ":white_check_mark:" if what == "done" else ":heavy_minus_sign:"
    text = f"Step {record.number} of {len(run.steps)} {what}: {step_text(record.step)}. {step_sentence(record)}"
    return Message(text, (section(f"{sign} {text}"),))


def failed(request: Request, run: Run) -> Message:
    """One of several failed: why, whether anything changed, and the button that tries it again."""
    done = f" {counted(run.done, 'step')} of it {'is' if run.done == 1 else 'are'} done and kept." if run.done else ""
    text = f"*failed*: {code(run.plan.model.name)}. {failure_text(run)}{done}"
    return Message(text, (section(f":x: {text}"), actions([retry_button(request, run)])))


def end_of_one(request: Request) -> Message:
    """The last reply: what happened, what proves it, what it means. People are mentioned here, once."""
    run, model = request.first, request.first.plan.model
    who = _who(request)
    match request.state:
        case RequestState.DONE if run.unproven:
            text = (
                f"{who} *done*: {code(model.name)} is trained, and *no newer version is shown*. {proofs(run)} This "
                "does not prove the upgrade; a warning of recognition would show that it did not take place."
            )
            return Message(text, (section(f":grey_question: {text}"), actions([check_button(model)])))
        case RequestState.DONE if run.plan.is_training:
            text = f"{who} *done*: {code(model.name)} is trained. {proofs(run)}"
            return Message(text, (section(f":white_check_mark: {text}"),))
        case RequestState.DONE:
            return _upgraded(run, who)
        case RequestState.FAILED:
            text = f"{who} *failed*: {code(model.name)}. {failure_text(run)}"
            return Message(text, (section(f":x: {text}"), actions([retry_button(request, run)])))
    text = f"{who} {title(request)}. {_reason(request)}".rstrip()
    if request.state in (RequestState.CHANGED, RequestState.EXPIRED):
        action = "train" if run.plan.is_training else "ask"
        new = button("Look at the new plan…", action, model.ref, label=f"Look at the new plan for {model.name}")
        return Message(text, (section(text), actions([new])))
    return Message(text, (section(text),))


def _upgraded(run: Run, who: str) -> Message:
    plan, model = run.plan, run.plan.model
    text = (
        f"{who} *done*: {code(model.name)} is upgraded. {proofs(run)}\n"
        "Recognition uses the newest version by default. To compare or go back for a while, pass "
        f"`base_model_version={escape(plan.have or 'the older version')}`; that works only until IBM removes the old "
        "version, and the older version of the model can no longer be changed or trained."
    )
    if plan.drops_weight:
        text += (
            "\nThe model now uses improved customization: a saved `customization_weight` is gone and the default is "
            "0.1. IBM advises to test with the defaults first."
        )
    buttons = [check_button(model)]
    if plan.trains_after:
        text += "\nIts newest data is still untrained. Train it to use the new data."
        buttons = [button("Train…", "train", model.ref, label=f"Ask for the training of {model.name}")]
    return Message(text, (section(f":white_check_mark: {text}"), actions(buttons)))


def end_of_several(request: Request) -> Message:
    """How many are upgraded and proven, and what became of each of the others."""
    done = request.proven
    others = [run for run in request.runs if run not in done]
    told_each = request.started_at is not None or request.state is RequestState.CHANGED
    said = f"*done*: {so_far(request)}" if not others else title(request)
    text = f"{_who(request)} {said}. {'' if told_each else _reason(request)}".rstrip()
    lines = [f"• {code(run.plan.model.name, 60)}: {_what_became(run)}" for run in others[:20]]
    left = ["*Not upgraded*", *lines] if others and told_each else []
    return Message(text, (section(f"{SIGNS[request.state]} {text}"), *sections(left)))


def _what_became(run: Run) -> str:
    if run.state is RunState.FAILED:
        return f"failed. {failure_text(run)}"
    if run.cause is not None:
        return cause_text(run.cause, run.plan.model.name, run)
    if run.unproven:
        return f"no newer version is shown. {proofs(run)}"
    after = f" after step {run.done} of {len(run.steps)}" if run.done else ""
    return f"cancelled{after}" if run.started_at is not None else "not begun"


def _reason(request: Request) -> str:
    """Why it ended without being carried out, or before its end."""
    run = request.first
    match request.state:
        case RequestState.EXPIRED:
            return "Nobody decided in time. Ask again when somebody is there who may approve."
        case RequestState.REJECTED if request.rejection is not None:
            why = f": {escape(request.rejection.reason, 600)}" if request.rejection.reason else "."
            return f"By <@{request.rejection.voter}>{why}"
        case RequestState.CANCELLED:
            after = f" after step {run.done} of {len(run.steps)}" if run.done else ""
            return f"Cancelled{after} by <@{request.decided_by}>." if request.decided_by else f"Cancelled{after}."
        case RequestState.CHANGED if run.cause is not None:
            return cause_text(run.cause, run.plan.model.name, run)
        case _:
            return ""


def _who(request: Request) -> str:
    ran = request.state in (RequestState.DONE, RequestState.FAILED) or request.started_at is not None
    return people(dict.fromkeys([request.requester, *(request.approved_by if ran else ())])).replace(" and ", " ")


def retry_button(request: Request, run: Run) -> Block:
    """Takes a failed run up again; the click of an approver is the one approval that this needs."""
    first = min(run.done + 1, len(run.steps))
    kept = f" Steps before {first} are kept." if first > 1 else ""
    for_good = "Model: " if run.plan.is_training else "An upgrade cannot be undone. Changed for good: "
    text = f"With your approval, from step {first} of {len(run.steps)}.{kept} {for_good}"
    return button(
        "Try again…",
        "wish:retry",
        f"retry {request.id}.{run.id}",
        label=f"Try the {noun(run.plan)} of {run.plan.model.name} again",
        confirm=confirm(
            "Try again?",
            f"{text}{fitting(list(run.plan.changes.values()), CONFIRM - len(text))}",
            "Approve and try",
        ),
    )
