"""A run in Slack: its card, its progress message, and the replies for what matters. A projection of the journal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.approvals import Policy
from bot.domain.plans import Action, Estimate
from bot.domain.runs import Run, RunState, StepRecord, StepState, is_late
from bot.domain.timing import Wait
from bot.messages.card import card
from bot.messages.ending import ending, step_done
from bot.messages.kit import actions, button, confirm, section
from bot.messages.progress import elapsed_text, progress
from bot.messages.proof import brought
from bot.messages.refusals import mention
from bot.messages.steps import doing, noun, span_text, step_text
from bot.messages.text import code, counted, escape, moment, spoken, version
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
    """Everything that Slack should show of a run now, in the order in which it is posted.

    *estimate* is for the step that it is at.
    """
    prefix = f"run:{run.id}:"
    again = f":{run.retries}" if run.retries else ""
    told = [Telling(f"{prefix}card", card(run, policy, wait), threaded=False, lasting=False)]
    if run.reminded and run.state is RunState.WAITING:
        told.append(Telling(f"{prefix}remind", reminder(run, policy), threaded=True, lasting=True))
    if run.started_at is not None:
        told.append(Telling(f"{prefix}progress", progress(run, estimate, now, wait), threaded=True, lasting=False))
    for record in run.steps:
        if run.state is RunState.RUNNING and is_late(record, estimate, now):
            said = late(run, record, estimate, now)
            told.append(Telling(f"{prefix}late:{record.number}{again}", said, threaded=True, lasting=True))
        if record.step.action is Action.AWAIT_CHANGE and record.state is not StepState.PLANNED:
            told.append(Telling(f"{prefix}ask:{record.number}{again}", ask_for_change(run, record), True, True))
        if record.state is StepState.DONE and record.number < len(run.steps):
            told.append(Telling(f"{prefix}step:{record.number}", step_done(run, record), True, True))
    if run.retries:
        told.append(Telling(f"{prefix}retry{again}", taken_up_again(run), threaded=True, lasting=True))
    if run.ended_at is not None:
        told.append(Telling(f"{prefix}end{again}", ending(run), threaded=True, lasting=True))
    return [replace(telling, message=_read_aloud(telling.message)) for telling in told]


def _read_aloud(message: Message) -> Message:
    return Message(spoken(message.text).strip(), message.blocks)


def reminder(run: Run, policy: Policy) -> Message:
    """Once, before it expires, to those who can still act."""
    can = [
        mention(name)
        for name in policy.approvers
        if name not in run.approved_by and (policy.self_approval or name != run.requester)
    ]
    missing = counted(max(1, policy.needed - len(run.approved_by)), "approval")
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


def ask_for_change(run: Run, record: StepRecord) -> Message:
    """Tells a person what to change first (improved base model on Cloud Pak for Data)."""
    text = (
        f"<@{run.requester}>: {code(record.step.name)} is upgraded by training, and on this deployment training needs "
        "a change first. Add or change a custom word, a corpus or a grammar of it; any change moves it to `ready`. "
        "Retune sees that by itself and goes on."
    )
    return Message(text, (section(f":raised_hand: {text}"),))


def late(run: Run, record: StepRecord, estimate: Estimate | None, now: datetime) -> Message:
    """Says that a step takes far longer than estimated, and lets a person decide."""
    elapsed = elapsed_text(now - record.started_at) if record.started_at else ""
    support = f" IBM support asks for the transaction id: {escape(record.transaction)}." if record.transaction else ""
    expected = (
        f"The estimate was {span_text(estimate.low, estimate.high)}, {escape(estimate.source)}"
        if estimate
        else "IBM says minutes"
    )
    text = (
        f"Step {record.number} of {len(run.steps)}, {step_text(record.step)}, takes far longer than estimated: "
        f"{elapsed}. {expected}. When Retune looked last: {doing(record)}. The service has no call to cancel it. "
        f"Retune keeps watching.{support}"
    )
    stop = button(
        "Stop watching",
        "wish:stop",
        f"stop {run.id}",
        label=f"Stop watching request {run.id}",
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
