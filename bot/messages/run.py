"""A run in Slack: its card, its progress message, and the replies for what matters. A projection of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals import Policy
from bot.domain.plans import Action, Estimate, Plan, Step
from bot.domain.runs import Run, RunState, StepRecord, StepState, is_late
from bot.messages.kit import actions, button, confirm, context, section
from bot.messages.text import code, counted, duration, escape, moment, version
from bot.messages.verdict import evidence_line
from bot.ports import Block, Message

APPROVE, REJECT = "approve", "reject"


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
    told = [Telling(f"{prefix}card", card(run, policy, now), threaded=False, lasting=False)]
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


def card(run: Run, policy: Policy, now: datetime) -> Message:
    """The message in the channel: asks for approval, later shows the outcome."""
    plan, model = run.plan, run.plan.model
    title = f"{headline(run)}: {code(model.name)}"
    arrow = "" if plan.is_training else f" → {version(plan.target, model.base)}"
    for_good = " · *An upgrade cannot be undone.*" if run.ended_at is None and not plan.is_training else ""
    what = (
        f"*{title}*\n{model.kind} model on {code(model.base)} · instance {code(model.instance)}\n"
        f"{version(plan.have, model.base)}{arrow}{for_good}"
    )
    reason = f"\n>{escape(run.why)}" if run.why else ""
    blocks: list[Block] = [section(what + reason)]
    if run.state is RunState.WAITING:
        why = "".join(f"Because: {evidence_line(item, model.base)}\n" for item in plan.evidence[:1])
        blocks.append(section(f"{why}{steps_text(plan)}\n{estimate_text(plan.estimate)}"))
    blocks.append(context(*_small_print(run, policy)))
    if run.state is RunState.WAITING:
        value = f"{run.id}:{run.digest}"
        blocks.append(
            actions(
                [
                    button(
                        "Approve",
                        APPROVE,
                        value,
                        style="primary",
                        label=f"Approve the {noun(plan)} of {model.name}",
                        confirm=_confirm(plan),
                    ),
                    button("Reject", REJECT, value, style="danger", label=f"Reject the {noun(plan)} of {model.name}"),
                ],
                block_id=f"decide:{run.id}",
            )
        )
    return Message(f"{headline(run)}: {escape(model.name)}. {_plain_state(run)}", tuple(blocks))


def _confirm(plan: Plan) -> Block:
    name = plan.model.name
    if plan.is_training:
        return confirm(f"Train {name}?", f"{name} will be trained on the data that waits in it.", "Approve")
    target = plan.target or "a newer version of its base model"
    return confirm(f"Upgrade {name}?", f"{name} will be upgraded to {target}. This cannot be undone.", "Approve")


_HEADLINES = {
    RunState.WAITING: (":ballot_box_with_check:", "Approve {a} {noun}"),
    RunState.APPROVED: (":white_check_mark:", "{Noun} approved"),
    RunState.RUNNING: (":hourglass_flowing_sand:", "{Noun} runs"),
    RunState.DONE: (":white_check_mark:", "{Noun} done"),
    RunState.FAILED: (":x:", "{Noun} failed"),
    RunState.REJECTED: (":no_entry_sign:", "{Noun} rejected"),
    RunState.WITHDRAWN: (":leftwards_arrow_with_hook:", "Request withdrawn"),
    RunState.EXPIRED: (":alarm_clock:", "Request expired"),
    RunState.CHANGED: (":arrows_counterclockwise:", "Not started, the model changed"),
}


def noun(plan: Plan) -> str:
    """What a plan is: an upgrade, or a training that only takes in data."""
    return "training" if plan.is_training else "upgrade"


def _title(run: Run) -> str:
    word = noun(run.plan)
    article = "an" if word == "upgrade" else "a"
    return _HEADLINES[run.state][1].format(a=article, noun=word, Noun=word.capitalize())


def headline(run: Run) -> str:
    """The state of a run, for the first line of its card."""
    return f"{_HEADLINES[run.state][0]} {_title(run)}"


def _plain_state(run: Run) -> str:
    if run.state is RunState.WAITING:
        return f"Asked by <@{run.requester}>, waits for approval. It cannot be undone."
    return escape(run.outcome) if run.outcome else f"The request is {run.state.value}."


def _small_print(run: Run, policy: Policy) -> list[str]:
    lines = [f"Request {run.id} by <@{run.requester}>, {moment(run.requested_at)}"]
    if run.state is RunState.WAITING:
        missing = policy.needed - len(run.approved_by)
        votes = f"; approved so far by {', '.join(f'<@{v}>' for v in run.approved_by)}" if run.approved_by else ""
        lines.append(f"needs {counted(missing, 'approval')} until {moment(run.expires_at)}{votes}")
    elif run.decided_by and run.decided_at:
        verb = {RunState.REJECTED: "rejected", RunState.WITHDRAWN: "withdrawn"}.get(run.state, "approved")
        who = run.approved_by if verb == "approved" and run.approved_by else (run.decided_by,)
        lines.append(f"{verb} by {', '.join(f'<@{v}>' for v in who)}, {moment(run.decided_at)}")
    if run.ended_at and run.state in (RunState.DONE, RunState.FAILED):
        lines.append(f"{run.state.value} {moment(run.ended_at)}")
    return lines


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


def step_text(step: Step) -> str:
    """What one step does."""
    name = code(step.name)
    only = " (only if the step before was refused)" if step.only_if_needed else ""
    left_out = ", without the data that is not valid" if step.lenient else ""
    return {
        Action.UPGRADE: f"upgrade {name}",
        Action.UPGRADE_WITH_LANGUAGE: f"upgrade {name} again, with its language model",
        Action.TRAIN: f"train {name}{left_out}",
        Action.FORCE_TRAIN: f"train {name} with `force`, which upgrades it{left_out}{only}",
        Action.AWAIT_CHANGE: f"somebody changes a word, corpus or grammar of {name}",
    }[step.action]


def steps_text(plan: Plan) -> str:
    """The steps of a plan, and what it entails."""
    lines = [f"{number}. {step_text(step)}" for number, step in enumerate(plan.steps, start=1)]
    if plan.drops_weight:
        lines.append(
            ":warning: A saved customization weight that is not the default is dropped; the default becomes 0.1."
        )
    if plan.trains_after:
        lines.append("Untrained data stays untrained: train the model afterwards.")
    if plan.uncertain:
        lines.append("IBM's pages disagree whether models on this base are upgraded by training.")
    if plan.experimental:
        lines.append(
            ":test_tube: Experimental: no page of IBM says how models on a large speech model are upgraded, and none "
            "needed it so far."
        )
    return "\n".join(lines)


def estimate_text(estimate: Estimate | None) -> str:
    """How long it may take, said as an estimate with its source."""
    if estimate is None:
        return "_Estimate: minutes, IBM's documentation says; no run of this kind to compare with yet._"
    if round(estimate.low) == round(estimate.high):
        span = duration(estimate.low)
    else:
        span = f"{duration(estimate.low)} to {duration(estimate.high)}"
    return f"_Estimate: {span} ({escape(estimate.source)})._"


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
        last = run.steps[-1].result if run.steps else ""
        if run.plan.is_training:
            text = f"{mentions} *done*: {code(model.name)} is trained. {escape(run.outcome or last)}"
            return Message(text, (section(f":white_check_mark: {text}"),))
        text = (
            f"{mentions} *done*: {code(model.name)} is upgraded. {escape(run.outcome or last)}\n"
            "Recognition uses the newest version by default. To compare or go back for a while, pass "
            f"`base_model_version={escape(run.plan.have or 'the older version')}`; that works only until IBM removes "
            "the old version, and the older version of the model can no longer be changed or trained."
        )
        blocks = [section(f":white_check_mark: {text}")]
        if run.plan.trains_after:
            text += "\nIts newest data is still untrained."
            blocks = [
                section(f":white_check_mark: {text}"),
                actions([button("Train…", "train", model.ref, label=f"Ask for the training of {model.name}")]),
            ]
        return Message(text, tuple(blocks))
    if run.state is RunState.FAILED:
        text = f"{mentions} *failed*: {code(model.name)}. {escape(run.outcome, 1500)}"
        return Message(text, (section(f":x: {text}"),))
    text = f"{mentions} {_title(run)}. {escape(run.outcome, 1500)}".rstrip()
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
    for title, group in (("Waiting and running", listed), ("Ended", ended)):
        lines = "\n".join(f"• {state_line(run, now)}" for run in group) or "none"
        blocks.append(section(f"*{title}*\n{lines}"))
    text = f"{counted(len(listed), 'upgrade')} waiting or running, {len(ended)} ended lately."
    return Message(text, tuple(blocks))
