"""Replies that stay in a request's thread: a proven step, a failure, the end with its proof or reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.failures import left_of, stopped_midway
from bot.domain.requests import Noted, Request, RequestState
from bot.domain.runs import Run, RunState, StepRecord
from bot.messages.buttons import check_button, wish_button
from bot.messages.card import rejection_quotes, so_far, title
from bot.messages.failures import changed_text, failure_lines
from bot.messages.kit import actions, button, paragraph, section, sections
from bot.messages.large import left_to_do
from bot.messages.outcomes import became, cause_of, failure_text, proofs, quotes_of, step_quotes, step_sentence
from bot.messages.people import actor_of, named, person, who_to_mention
from bot.messages.quotes import Quote, aloud, quoted
from bot.messages.refusals import mention
from bot.messages.signs import Sign, of_request, of_step
from bot.messages.steps import step_text, versions
from bot.messages.text import bold, code, counted, some
from bot.ports import Block, Message

BECAME = 20
"""Models whose outcome the end gives."""

NAMED = 10
"""Models named as upgraded where a person stopped the others."""


def step_done(run: Run, record: StepRecord) -> Message:
    """A reply when a step other than the last is over: proven, not needed, or not possible this way."""
    what, place = became(record.outcome), f"Step {record.number} of {len(run.steps)}"
    text = f"{place} {what}: {step_text(record.step)}. {step_sentence(record)}"
    return paragraph(text, of_step(run, record), quotes=step_quotes(record))


def failed(request: Request, run: Run) -> Message:
    """One of several failed: why, whether anything changed, the next step, and the button that tries it again."""
    text = f"*failed*: {bold(run.plan.model.name)}. {failure_lines(run, 'the requester')}"
    return paragraph(text, Sign.FAILED, wish_button("retry", request, run), quotes=quotes_of(run))


def end_of_one(request: Request, names: Mapping[str, str], acts: Sequence[Noted] = ()) -> Message:
    """The last reply: what happened, what proves it, what it means. People are mentioned here, once.

    *names* are what people are called: nobody is mentioned for what they did themselves; *acts* as in `actor_of`.
    """
    actor = actor_of(request, acts)
    run, model, who = request.first, request.first.plan.model, _who(request, actor)
    if request.state is RequestState.DONE:
        return done(run, who)
    rest = [finish_button(request)] if stopped_midway(request) else []
    if request.state is RequestState.FAILED:
        text = f"{who}*failed*: {bold(model.name)}. {failure_lines(run, person(request.requester, actor, names))}"
        return paragraph(text, Sign.FAILED, wish_button("retry", request, run), *rest, quotes=quotes_of(run))
    quotes = _quotes(request)
    changed = f" {changed_text(run)}" if request.state is RequestState.CANCELLED and run.started_at else ""
    text = f"{who}{title(request)}: {bold(model.name)}. {_reason(request, names)}{changed}".rstrip()
    if request.state not in (RequestState.CHANGED, RequestState.EXPIRED):
        return paragraph(text, of_request(request), *rest, quotes=quotes)
    action = "train" if run.plan.is_training else "ask"
    new = button("Look at the new plan…", action, model.ref, label=f"Look at the new plan for {model.name}")
    return paragraph(text, of_request(request), new, quotes=quotes)


def finish_button(request: Request) -> Block:
    """Asks, in a new request, for what a stopped request left undone."""
    what = counted(len(left_of(request)), "model") if request.several else request.first.plan.model.name
    label = f"Ask for the rest of request {request.id}: {what}"
    return button("Finish…", "finish", str(request.id), style="primary", label=label)


def leaves_something(run: Run) -> bool:
    """Whether a finished run of several leaves something to do or to know, beyond its line on the card."""
    return run.state is RunState.DONE and (run.unproven or run.plan.trains_after or run.plan.drops_weight)


def done(run: Run, who: str = "") -> Message:
    """A run is done: what proves it, what it means, what to do next."""
    plan, model = run.plan, run.plan.model
    if run.unproven:
        text = (
            f"{who}*trained*: {bold(model.name)}, and *no newer version is shown*. {proofs(run)} This does not "
            "prove the upgrade; a warning of recognition would show that it did not take place."
        )
        return paragraph(text, Sign.UNPROVEN, check_button(model), quotes=quotes_of(run))
    if plan.is_training:
        return paragraph(f"{who}*done*: {bold(model.name)} is trained. {proofs(run)}", Sign.DONE, quotes=quotes_of(run))
    older = code(f"base_model_version={plan.have or 'the older version'}")
    text = (
        f"{who}*done*: {bold(model.name)} is upgraded, {versions(plan, run.brought)}. {proofs(run)}\n"
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


def end_of_several(request: Request, names: Mapping[str, str], acts: Sequence[Noted] = ()) -> Message:
    """How many are upgraded and proven, and what became of each of the others. *names*, *acts*: as in `end_of_one`."""
    proven = {run.id for run in request.proven}
    others = [run for run in request.runs if run.id not in proven]
    told_each = request.started_at is not None or request.state is RequestState.CHANGED
    text = f"{_who(request, actor_of(request, acts))}{_result(request)}. {_reason(request, names)}".rstrip()
    lines = [f"• {_what_became(run)}" for run in others[:BECAME]]
    lines += [f"and {len(others) - BECAME} more: *Details* and the file have each"] if len(others) > BECAME else []
    left = ["*Not upgraded, or not proven*", *lines] if others and told_each else []
    if request.large and (to_do := left_to_do(request)):
        left += ["*Left to do*", *to_do]
    quotes = [] if told_each else _quotes(request)
    rest = [actions([finish_button(request)])] if stopped_midway(request) else []
    blocks = (section(f"{of_request(request)} {text}"), *sections(left), *quoted(*quotes), *rest)
    return Message(f"{text} {aloud(*quotes)}".rstrip(), blocks)


def _result(request: Request) -> str:
    """The outcome of several in few words; where a person stopped it, which models are upgraded."""
    if request.state is RequestState.DONE and len(request.proven) == len(request.runs):
        return f"*done*: {so_far(request)}"
    if request.state is not RequestState.CANCELLED or not request.proven:
        return title(request)
    upgraded = some([bold(run.plan.model.name, 60) for run in request.proven], NAMED)
    failed = request.count(RunState.FAILED)
    more = f", {failed:,} failed" if failed else ""
    return f"Stopped after {len(request.proven):,} of {len(request.runs):,}: {upgraded} upgraded{more}"


def _after(run: Run) -> str:
    return f" after step {run.done} of {len(run.steps)}" if run.done else ""


def _what_became(run: Run) -> str:
    """How one model ended, the state first, so that no line begins with a model's name."""
    name = bold(run.plan.model.name, 60)
    if run.state is RunState.FAILED:
        return f"failed: {name}. {failure_text(run)} {changed_text(run)}"
    if run.cause is not None:
        return f"left out: {name}. {cause_of(run)}"
    if run.unproven:
        return f"no newer version shown: {name}. {proofs(run)}"
    return f"stopped{_after(run)}: {name}. {changed_text(run)}" if run.started_at is not None else f"not begun: {name}"


def _reason(request: Request, names: Mapping[str, str]) -> str:
    """Why it ended before it began, or midway."""
    run, by = request.first, named([request.decided_by], names) if request.decided_by else ""
    match request.state:
        case RequestState.EXPIRED:
            return "Nobody decided in time. Ask again when somebody is there who may approve."
        case RequestState.REJECTED if request.rejection is not None:
            return f"By {named([request.rejection.voter], names)}."
        case RequestState.CANCELLED if by:
            return f"{f'Stopped{_after(run)} by' if run.done and not request.several else 'By'} {by}."
        case RequestState.CHANGED if not request.several:
            return cause_of(run)
        case _:
            return ""


def _quotes(request: Request) -> list[Quote]:
    """The words of others that ended it."""
    return rejection_quotes(request) if request.state is RequestState.REJECTED else quotes_of(request.first)


def _who(request: Request, actor: str | None) -> str:
    """Whom the end is news to, as mentions before it."""
    ran = request.state in (RequestState.DONE, RequestState.FAILED) or request.started_at is not None
    people = who_to_mention([request.requester, *(request.approved_by if ran else ())], actor)
    return "".join(f"{mention(id)} " for id in people)
