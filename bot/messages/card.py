"""The card: the message in the channel that asks for approval and later shows the outcome."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.approvals import Policy
from bot.domain.plans import Plan
from bot.domain.runs import Run, RunState
from bot.domain.timing import Wait
from bot.messages.kit import actions, button, confirm, context, section
from bot.messages.proof import shows_no_version
from bot.messages.refusals import approvers
from bot.messages.steps import doing, noun, step_text
from bot.messages.text import code, counted, escape, listed, moment, spoken, version
from bot.messages.verdicts import evidence_line
from bot.ports import Block, Message

APPROVE, REJECT = "approve", "reject"


def card(run: Run, policy: Policy, wait: Wait | None = None) -> Message:
    """The message in the channel: asks for approval in three lines, later shows the outcome. Details are a click away.

    *wait* is what holds its start back now.
    """
    plan, model = run.plan, run.plan.model
    arrow = "" if plan.is_training else f" → {version(plan.target, model.base)}"
    lines = [
        f"*{headline(run)}: {code(model.name)}* {version(plan.have, model.base)}{arrow} · {model.kind} model · "
        f"instance {code(model.instance)}",
    ]
    if run.state is RunState.RUNNING:
        lines += _running(run)
    elif why := _why(run):
        lines.append(why)
    if run.ended_at is None and run.state is not RunState.RUNNING:
        lines.append(_for_good(plan))
    details = button("Details", "details", str(run.id), label=f"Details of request {run.id}, {model.name}")
    blocks: list[Block] = [section("\n".join(lines), details), context(*_small_print(run, policy))]
    if hindrance := [*_shortage(run, policy), *_waits(run, wait)]:
        blocks.append(context(*hindrance))
    if run.state is RunState.WAITING:
        blocks.append(actions(decision_buttons(run), block_id=f"decide:{run.id}"))
    return Message(f"{title(run)}: {escape(model.name)}. {_plain_state(run)}", tuple(blocks))


def decision_buttons(run: Run) -> list[Block]:
    """Approve and Reject, as on the card and in App Home."""
    plan, name, value = run.plan, run.plan.model.name, f"{run.id}:{run.digest}"
    return [
        button(
            "Approve",
            APPROVE,
            value,
            style="primary",
            label=f"Approve the {noun(plan)} of {name}",
            confirm=_confirm(plan),
        ),
        button("Reject", REJECT, value, style="danger", label=f"Reject the {noun(plan)} of {name}"),
    ]


def _running(run: Run) -> list[str]:
    """The present truth in two lines: the step, and what happens now, since when. It does not tick."""
    record = run.current
    if record is None:
        return []
    since = f", since {moment(record.started_at)}" if record.started_at else ""
    return [
        f"*Step {record.number} of {len(run.steps)}:* {step_text(record.step)}",
        f"*Now:* {doing(record)}{since}",
    ]


def _why(run: Run) -> str:
    if run.why:
        return f"Why: {escape(run.why)}"
    evidence = run.plan.evidence[:1]
    return f"Why: {evidence_line(evidence[0], run.plan.model.base)}" if evidence else ""


def _for_good(plan: Plan) -> str:
    if plan.is_training:
        return "While it is trained, the service refuses every change to the model."
    weight = " A saved customization weight is dropped." if plan.drops_weight else ""
    trial = " Experimental: IBM documents no upgrade for this base." if plan.experimental else ""
    return f":warning: *An upgrade cannot be undone.* {counted(len(plan.steps), 'step')}.{weight}{trial}"


def _shortage(run: Run, policy: Policy) -> list[str]:
    if run.state is not RunState.WAITING or run.voters is None or run.voters >= policy.needed:
        return []
    could = "Nobody could approve this" if run.voters == 0 else f"Only {run.voters} could approve this"
    return [
        f":warning: {could}, and it needs {counted(policy.needed, 'approval')}. An operator must name more people in "
        "RETUNE_APPROVERS."
    ]


def _waits(run: Run, wait: Wait | None) -> list[str]:
    """What holds it back, for those who decide and those who wait."""
    if wait is None or run.ended_at is not None:
        return []
    if wait.why == "window" and run.state is RunState.WAITING:
        # Nobody knows when it is approved, and the card is not edited when the hours begin and end.
        return [f":alarm_clock: Once approved, it starts only in these hours: {escape(wait.hours)}."]
    return [wait_text(wait)]


def wait_text(wait: Wait) -> str:
    """Why something does not start yet."""
    return f"{':snowflake:' if wait.freeze is not None else ':alarm_clock:'} {wait_words(wait)}"


def wait_words(wait: Wait) -> str:
    """The same as it is read aloud, without a sign."""
    if wait.freeze is not None:
        where = f"{code(wait.freeze.instance)} is" if wait.freeze.instance else "All instances are"
        return (
            f"{where} frozen until {moment(wait.until)} by <@{wait.freeze.author}>: {escape(wait.freeze.reason)}. "
            "Nothing new starts before."
        )
    if wait.why == "time":
        return f"It was asked for a later time: it starts {moment(wait.until)} at the earliest."
    return f"Outside the hours in which upgrades may start; they begin {moment(wait.until)}."


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
    RunState.CHANGED: (":arrows_counterclockwise:", "Not started, something changed"),
    RunState.CANCELLED: (":octagonal_sign:", "{Noun} cancelled"),
}


def title(run: Run) -> str:
    if run.state is RunState.DONE and shows_no_version(run):
        return "Trained, no newer version shown"
    word = noun(run.plan)
    article = "an" if word == "upgrade" else "a"
    return _HEADLINES[run.state][1].format(a=article, noun=word, Noun=word.capitalize())


def headline(run: Run) -> str:
    """The state of a run, for the first line of its card."""
    return f"{_HEADLINES[run.state][0]} {title(run)}"


def _plain_state(run: Run) -> str:
    if run.state is RunState.WAITING:
        for_good = "" if run.plan.is_training else " It cannot be undone."
        return f"Asked by <@{run.requester}>, waits for approval.{for_good}"
    if run.state is RunState.RUNNING and run.current is not None:
        record = run.current
        return spoken(f"Step {record.number} of {len(run.steps)}, {step_text(record.step)}: {doing(record)}.")
    return escape(run.outcome) if run.outcome else f"The request is {run.state.value}."


def _small_print(run: Run, policy: Policy) -> list[str]:
    lines = [f"Request {run.id} by <@{run.requester}>, {moment(run.requested_at)}"]
    if run.state is RunState.WAITING:
        missing = max(1, policy.needed - len(run.approved_by))
        by = f" of {approvers(policy)}" if policy.approvers else ""
        votes = f"; approved so far by {people(run.approved_by)}" if run.approved_by else ""
        lines.append(f"needs {counted(missing, 'approval')}{by} until {moment(run.expires_at)}{votes}")
    elif run.decided_by and run.decided_at:
        verb = _VERBS.get(run.state, "approved")
        who = run.approved_by if verb == "approved" and run.approved_by else (run.decided_by,)
        lines.append(f"{verb} by {people(who)}, {moment(run.decided_at)}")
    if run.cancelled_by and run.state is RunState.RUNNING:
        lines.append(f"ends after the present step, cancelled by <@{run.cancelled_by}>")
    if run.ended_at and run.state in (RunState.DONE, RunState.FAILED):
        lines.append(f"{run.state.value} {moment(run.ended_at)}")
    return lines


_VERBS = {
    RunState.REJECTED: "rejected",
    RunState.WITHDRAWN: "withdrawn",
    RunState.CANCELLED: "cancelled",
}


def people(ids: Iterable[str]) -> str:
    """Users by their mentions; an edited message notifies nobody."""
    return listed([f"<@{id}>" for id in ids])
