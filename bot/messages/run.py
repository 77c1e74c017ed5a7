"""A run in Slack: its card, its progress message, and the replies for what matters. A projection of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals import Policy
from bot.domain.plans import Action, Estimate
from bot.domain.runs import Run, RunState, StepRecord, StepState, is_late
from bot.domain.timing import Wait
from bot.messages.card import card, wait_text
from bot.messages.ending import ending, step_done
from bot.messages.kit import actions, button, confirm, context, section
from bot.messages.proof import brought
from bot.messages.refusals import mention
from bot.messages.steps import estimate_text, noun, step_text
from bot.messages.text import code, counted, duration, escape, moment, version
from bot.ports import Message


@dataclass(frozen=True, slots=True)
class Telling:
    """One message that Slack should show. *key* says what it is; *lasting* ones are posted once, never edited."""

    key: str
    message: Message
    threaded: bool
    lasting: bool


def tellings(
    run: Run, policy: Policy, estimate: Estimate | None, now: datetime, wait: Wait | None = None
) -> list[Telling]:
    """Everything that Slack should show of a run now, in the order in which it is posted."""
    prefix = f"run:{run.id}:"
    again = f":{run.retries}" if run.retries else ""
    told = [Telling(f"{prefix}card", card(run, policy, wait), threaded=False, lasting=False)]
    if run.reminded and run.state is RunState.WAITING:
        told.append(Telling(f"{prefix}remind", reminder(run, policy), threaded=True, lasting=True))
    if run.started_at is not None:
        told.append(Telling(f"{prefix}progress", progress(run, estimate, now, wait), threaded=True, lasting=False))
    for record in run.steps:
        if run.state is RunState.RUNNING and is_late(record, estimate, now):
            told.append(Telling(f"{prefix}late{again}", late(run, record, now), threaded=True, lasting=True))
        if record.step.action is Action.AWAIT_CHANGE and record.state is not StepState.PLANNED:
            told.append(Telling(f"{prefix}ask:{record.number}{again}", ask_for_change(run, record), True, True))
        if record.state is StepState.DONE and record.number < len(run.steps):
            told.append(Telling(f"{prefix}step:{record.number}", step_done(run, record), True, True))
    if run.retries:
        told.append(Telling(f"{prefix}retry{again}", taken_up_again(run), threaded=True, lasting=True))
    if run.ended_at is not None:
        told.append(Telling(f"{prefix}end{again}", ending(run), threaded=True, lasting=True))
    return told


def reminder(run: Run, policy: Policy) -> Message:
    """Once, before it expires, to those who can still act."""
    can = [
        mention(name)
        for name in policy.approvers
        if name not in run.approved_by and (policy.self_approval or name != run.requester)
    ]
    missing = counted(policy.needed - len(run.approved_by), "approval")
    text = (
        f"{' '.join(can)}: request {run.id}, the {noun(run.plan)} of {code(run.plan.model.name)}, still needs "
        f"{missing}. "
        f"It expires {moment(run.expires_at)}."
    )
    return Message(text, (section(f":alarm_clock: {text}"),))


def taken_up_again(run: Run) -> Message:
    """A failed run goes on from its failed step."""
    first = next((record.number for record in run.steps if record.state is not StepState.DONE), len(run.steps))
    kept = f" What was done before step {first} is kept." if first > 1 else ""
    text = f"Taken up again from step {first} with the approval of <@{run.decided_by}>.{kept}"
    return Message(text, (section(f":repeat: {text}"),))


def progress(run: Run, estimate: Estimate | None, now: datetime, wait: Wait | None = None) -> Message:
    """The one message in the thread that is edited while a run goes on."""
    done = sum(1 for record in run.steps if record.state is StepState.DONE)
    total = len(run.steps)
    lines = [_step_line(record, now) for record in run.steps]
    if run.ended_at is None:
        current = run.current
        head = f"Step {min(done + 1, total)} of {total}: {step_text(current.step) if current else ''}"
        foot = estimate_text(estimate)
        if run.cancelled_by:
            foot = f"Ends after this step: <@{run.cancelled_by}> cancelled the rest."
        elif wait is not None and wait.freeze is not None:
            foot = wait_text(wait)
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
        "wish:stop",
        f"stop {run.id}",
        confirm=confirm(
            "Stop watching?",
            "The request ends as failed here. The service may still finish its work; the list would show it.",
            "Stop watching",
            style="danger",
        ),
    )
    return Message(text, (section(f":hourglass: {text}"), actions([stop])))


def state_line(run: Run, now: datetime) -> str:
    """A run in a list."""
    model = run.plan.model
    when = run.ended_at or run.started_at or run.requested_at
    to = "training" if run.plan.is_training else f"→ {version(brought(run) or run.plan.target, model.base)}"
    return f"request {run.id}: {code(model.name)} {to}, *{run.state.value}*, {moment(when)}, by <@{run.requester}>"
