"""A run in Slack: its card, its progress message, and the replies for what matters. A projection of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals import Policy
from bot.domain.plans import Action, Estimate
from bot.domain.runs import Run, RunState, StepRecord, StepState, is_late
from bot.messages.card import card, title
from bot.messages.kit import actions, button, confirm, context, section
from bot.messages.proof import shows_no_version
from bot.messages.steps import check_button, estimate_text, step_text
from bot.messages.text import code, counted, duration, escape, moment, version
from bot.ports import Block, Message


@dataclass(frozen=True, slots=True)
class Telling:
    """One message that Slack should show. *key* says what it is; *lasting* ones are posted once, never edited."""

    key: str
    message: Message
    threaded: bool
    lasting: bool


def tellings(run: Run, policy: Policy, estimate: Estimate | None, now: datetime) -> list[Telling]:
    """Everything that Slack should show of a run now, in the order in which it is posted."""
    prefix = f"run:{run.id}:"
    told = [Telling(f"{prefix}card", card(run, policy), threaded=False, lasting=False)]
    if run.started_at is not None:
        told.append(Telling(f"{prefix}progress", progress(run, estimate, now), threaded=True, lasting=False))
    for record in run.steps:
        if run.state is RunState.RUNNING and is_late(record, estimate, now):
            told.append(Telling(f"{prefix}late", late(run, record, now), threaded=True, lasting=True))
        if record.step.action is Action.AWAIT_CHANGE and record.state is not StepState.PLANNED:
            told.append(Telling(f"{prefix}ask:{record.number}", ask_for_change(run, record), True, True))
        if record.state is StepState.DONE and record.number < len(run.steps):
            told.append(Telling(f"{prefix}step:{record.number}", step_done(run, record), True, True))
    if run.ended_at is not None:
        told.append(Telling(f"{prefix}end", ending(run), threaded=True, lasting=True))
    return told


def progress(run: Run, estimate: Estimate | None, now: datetime) -> Message:
    """The one message in the thread that is edited while a run goes on."""
    done = sum(1 for record in run.steps if record.state is StepState.DONE)
    total = len(run.steps)
    lines = [_step_line(record, now) for record in run.steps]
    if run.ended_at is None:
        current = run.current
        head = f"Step {min(done + 1, total)} of {total}: {step_text(current.step) if current else ''}"
        foot = estimate_text(estimate)
    else:
        head = f"{run.state.value.capitalize()}: {done} of {counted(total, 'step')}"
        began = run.started_at or run.ended_at
        foot = f"Took {duration(run.ended_at - began)}."
    text = f"{head}. {'; '.join(lines)}"
    return Message(escape_keep(text), (section(f"*{head}*"), section("\n".join(lines)), context(foot)))


def escape_keep(text: str) -> str:
    """Caps a fallback text whose foreign parts are escaped already."""
    return text if len(text) <= 3000 else text[:2999] + "…"


def _step_line(record: StepRecord, now: datetime) -> str:
    what = step_text(record.step)
    if record.state is StepState.PLANNED:
        return f":white_circle: next: {what}"
    if record.state is StepState.DONE:
        took = duration(record.ended_at - record.started_at) if record.ended_at and record.started_at else ""
        return f":white_check_mark: done: {what}{f' ({took})' if took else ''}"
    if record.state is StepState.FAILED:
        return f":x: failed: {what}"
    elapsed = duration(now - record.started_at) if record.started_at else ""
    if record.step.action is Action.AWAIT_CHANGE:
        return f":raised_hand: waits for a person: {what} ({elapsed})"
    if record.state is StepState.STARTING:
        return f":hourglass_flowing_sand: asked for: {what}"
    doing = "the service is working on it" if record.seen_busy else "accepted by the service"
    return f":hourglass_flowing_sand: {what} — {doing}, {elapsed} so far"


def ask_for_change(run: Run, record: StepRecord) -> Message:
    """Tells a person what to change first (improved base model on Cloud Pak for Data)."""
    text = (
        f"<@{run.requester}>: {code(record.step.name)} is upgraded by training, and on this deployment training needs "
        "a change first. Add or change a custom word, a corpus or a grammar of it; any change moves it to `ready`. "
        "Retune sees that by itself and goes on."
    )
    return Message(text, (section(f":raised_hand: {text}"),))


def late(run: Run, record: StepRecord, now: datetime) -> Message:
    """Says that a step takes far longer than estimated, and lets a person decide."""
    elapsed = duration(now - record.started_at) if record.started_at else ""
    support = f" IBM support asks for the transaction id: {escape(record.transaction)}." if record.transaction else ""
    text = (
        f"{step_text(record.step)} takes far longer than estimated: {elapsed} so far. The service still says that it "
        f"is working, and has no call to cancel it. Retune keeps watching.{support}"
    )
    stop = button(
        "Stop watching",
        "stop",
        str(run.id),
        confirm=confirm(
            "Stop watching?",
            "The request ends as failed here. The service may still finish its work; the list would show it.",
            "Stop watching",
            style="danger",
        ),
    )
    return Message(text, (section(f":hourglass: {text}"), actions([stop])))


def step_done(run: Run, record: StepRecord) -> Message:
    """A reply when a step that is not the last one is proven."""
    text = f"Step {record.number} of {len(run.steps)} done: {step_text(record.step)}. {escape(record.result)}"
    return Message(text, (section(f":white_check_mark: {text}"),))


def ending(run: Run) -> Message:
    """The last reply: what happened, what proves it, what it means. People are mentioned here, once."""
    people = [run.requester]
    if run.state in (RunState.DONE, RunState.FAILED):
        people += [voter for voter in run.approved_by if voter != run.requester]
    mentions = " ".join(f"<@{id}>" for id in people)
    model = run.plan.model
    if run.state is RunState.DONE:
        proofs = " ".join(record.result for record in run.steps if record.step.ref == model.ref)
        if shows_no_version(run):
            text = (
                f"{mentions} *done*: {code(model.name)} is trained, and *no newer version is shown*. "
                f"{escape(proofs or run.outcome, 1500)} Nobody can say from this that the upgrade took place; a "
                "warning of recognition would show that it did not."
            )
            return Message(text, (section(f":grey_question: {text}"), actions([check_button(model)])))
        if run.plan.is_training:
            text = f"{mentions} *done*: {code(model.name)} is trained. {escape(proofs or run.outcome, 1500)}"
            return Message(text, (section(f":white_check_mark: {text}"),))
        text = (
            f"{mentions} *done*: {code(model.name)} is upgraded. {escape(proofs or run.outcome, 1500)}\n"
            "Recognition uses the newest version by default. To compare or go back for a while, pass "
            f"`base_model_version={escape(run.plan.have or 'the older version')}`; that works only until IBM removes "
            "the old version, and the older version of the model can no longer be changed or trained."
        )
        if run.plan.drops_weight:
            text += (
                "\nThe model now uses improved customization: a saved `customization_weight` is gone and the default "
                "is 0.1. IBM advises to test with the defaults first."
            )
        buttons = [check_button(model)]
        if run.plan.trains_after:
            text += "\nIts newest data is still untrained; recognition takes it again after the training."
            buttons = [button("Train…", "train", model.ref, label=f"Ask for the training of {model.name}")]
        return Message(text, (section(f":white_check_mark: {text}"), actions(buttons)))
    if run.state is RunState.FAILED:
        text = f"{mentions} *failed*: {code(model.name)}. {escape(run.outcome, 1500)}"
        return Message(text, (section(f":x: {text}"),))
    text = f"{mentions} {title(run)}. {escape(run.outcome, 1500)}".rstrip()
    return Message(text, (section(text),))


def state_line(run: Run, now: datetime) -> str:
    """A run in a list."""
    model = run.plan.model
    when = run.ended_at or run.started_at or run.requested_at
    to = version(run.plan.target, model.base)
    return f"request {run.id}: {code(model.name)} → {to}, *{run.state.value}*, {moment(when)}, by <@{run.requester}>"


def runs(listed: Sequence[Run], ended: Sequence[Run], now: datetime) -> Message:
    """`/stt-runs`: what waits and runs, what ended."""
    if not listed and not ended:
        text = (
            "No upgrade was asked for yet. `/stt-upgrade NAME` asks for one, `/stt-models outdated` shows candidates."
        )
        return Message(text, (section(text),))
    blocks: list[Block] = []
    for heading, group in (("Waiting and running", listed), ("Ended", ended)):
        lines = "\n".join(f"• {state_line(run, now)}" for run in group) or "none"
        blocks.append(section(f"*{heading}*\n{lines}"))
    text = f"{counted(len(listed), 'upgrade')} waiting or running, {len(ended)} ended lately."
    return Message(text, tuple(blocks))
