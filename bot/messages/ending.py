"""The replies that stay in a request's thread: a step that is proven, a failure, the end with its proof or reason."""

from __future__ import annotations

from bot.domain.requests import Request, RequestState
from bot.domain.runs import Run, RunState, StepRecord
from bot.messages.buttons import check_button, wish_button
from bot.messages.card import people, rejection_quotes, so_far, title
from bot.messages.foreign import Quote, aloud, quoted
from bot.messages.kit import button, paragraph, section, sections
from bot.messages.large import left_to_do
from bot.messages.outcomes import became, cause_of, failure_text, proofs, quotes_of, step_quotes, step_sentence
from bot.messages.signs import Sign, of_request, of_step
from bot.messages.steps import step_text
from bot.messages.text import code, counted
from bot.ports import Message

BECAME = 20
"""Models of which the end says what became of them."""


def step_done(run: Run, record: StepRecord) -> Message:
    """A reply when a step that is not the last one is over: proven, not needed, or not possible this way."""
    what, place = became(record.outcome), f"Step {record.number} of {len(run.steps)}"
    text = f"{place} {what}: {step_text(record.step)}. {step_sentence(record)}"
    return paragraph(text, of_step(run, record), quotes=step_quotes(record))


def failed(request: Request, run: Run) -> Message:
    """One of several failed: why, whether anything changed, and the button that tries it again."""
    done = f" {counted(run.done, 'step')} of it {'is' if run.done == 1 else 'are'} done and kept." if run.done else ""
    text = f"*failed*: {code(run.plan.model.name)}. {failure_text(run)}{done}"
    return paragraph(text, Sign.FAILED, wish_button("retry", request, run), quotes=quotes_of(run))


def end_of_one(request: Request) -> Message:
    """The last reply: what happened, what proves it, what it means. People are mentioned here, once."""
    run, model, who = request.first, request.first.plan.model, _who(request)
    if request.state is RequestState.DONE:
        return done(run, f"{who} ")
    if request.state is RequestState.FAILED:
        text = f"{who} *failed*: {code(model.name)}. {failure_text(run)}"
        return paragraph(text, Sign.FAILED, wish_button("retry", request, run), quotes=quotes_of(run))
    quotes = _quotes(request)
    text = f"{who} {title(request)}. {_reason(request)}".rstrip()
    if request.state not in (RequestState.CHANGED, RequestState.EXPIRED):
        return paragraph(text, quotes=quotes)
    action = "train" if run.plan.is_training else "ask"
    new = button("Look at the new plan…", action, model.ref, label=f"Look at the new plan for {model.name}")
    return paragraph(text, "", new, quotes=quotes)


def leaves_something(run: Run) -> bool:
    """Whether a run of several is done and leaves something to do or to know, beside the line on the card."""
    return run.state is RunState.DONE and (run.unproven or run.plan.trains_after or run.plan.drops_weight)


def done(run: Run, who: str = "") -> Message:
    """A run is done: what proves it, what it means, what to do next."""
    plan, model = run.plan, run.plan.model
    if run.unproven:
        text = (
            f"{who}*trained*: {code(model.name)}, and *no newer version is shown*. {proofs(run)} This does not "
            "prove the upgrade; a warning of recognition would show that it did not take place."
        )
        return paragraph(text, Sign.UNPROVEN, check_button(model), quotes=quotes_of(run))
    if plan.is_training:
        return paragraph(f"{who}*done*: {code(model.name)} is trained. {proofs(run)}", Sign.DONE, quotes=quotes_of(run))
    older = code(f"base_model_version={plan.have or 'the older version'}")
    text = (
        f"{who}*done*: {code(model.name)} is upgraded. {proofs(run)}\n"
        "Recognition uses the newest version by default. To compare or go back for a while, pass "
        f"{older}; that works only until IBM removes the old version, "
        "and the older version of the model can no longer be changed or trained."
    )
    if plan.drops_weight:
        text += (
            "\nThe model now uses improved customization: a saved `customization_weight` is gone and the default is "
            "0.1. IBM advises to test with the defaults first."
        )
    next_ = check_button(model)
    if plan.trains_after:
        text += "\nIts newest data is still untrained. Train it to use the new data."
        next_ = button("Train…", "train", model.ref, label=f"Ask for the training of {model.name}")
    return paragraph(text, Sign.DONE, next_, quotes=quotes_of(run))


def end_of_several(request: Request) -> Message:
    """How many are upgraded and proven, and what became of each of the others."""
    proven = {run.id for run in request.proven}
    others = [run for run in request.runs if run.id not in proven]
    told_each = request.started_at is not None or request.state is RequestState.CHANGED
    said = title(request) if others else f"*done*: {so_far(request)}"
    text = f"{_who(request)} {said}. {'' if told_each else _reason(request)}".rstrip()
    lines = [f"• {code(run.plan.model.name, 60)}: {_what_became(run)}" for run in others[:BECAME]]
    lines += [f"and {len(others) - BECAME} more: *Details* and the file have each"] if len(others) > BECAME else []
    left = ["*Not upgraded, or not proven*", *lines] if others and told_each else []
    if request.large and (to_do := left_to_do(request)):
        left += ["*Left to do*", *to_do]
    quotes = [] if told_each else _quotes(request)
    blocks = (section(f"{of_request(request)} {text}"), *sections(left), *quoted(*quotes))
    return Message(f"{text} {aloud(*quotes)}".rstrip(), blocks)


def _after(run: Run) -> str:
    return f" after step {run.done} of {len(run.steps)}" if run.done else ""


def _what_became(run: Run) -> str:
    if run.state is RunState.FAILED:
        return f"failed. {failure_text(run)}"
    if run.cause is not None:
        return cause_of(run)
    if run.unproven:
        return f"no newer version is shown. {proofs(run)}"
    return f"cancelled{_after(run)}" if run.started_at is not None else "not begun"


def _reason(request: Request) -> str:
    """Why it ended without being carried out, or before its end."""
    run = request.first
    match request.state:
        case RequestState.EXPIRED:
            return "Nobody decided in time. Ask again when somebody is there who may approve."
        case RequestState.REJECTED if request.rejection is not None:
            return f"By <@{request.rejection.voter}>."
        case RequestState.CANCELLED:
            begun = f"Ended{_after(run)} by" if run.done else "By"
            return f"{begun} <@{request.decided_by}>." if request.decided_by else ""
        case RequestState.CHANGED:
            return cause_of(run)
        case _:
            return ""


def _quotes(request: Request) -> list[Quote]:
    """What others said that ended it."""
    return rejection_quotes(request) if request.state is RequestState.REJECTED else quotes_of(request.first)


def _who(request: Request) -> str:
    ran = request.state in (RequestState.DONE, RequestState.FAILED) or request.started_at is not None
    return people(dict.fromkeys([request.requester, *(request.approved_by if ran else ())])).replace(" and ", " ")
