"""The card: the message in the channel that asks for approval and later shows the outcome."""

from __future__ import annotations

from bot.domain.approvals import Policy
from bot.domain.plans import Plan
from bot.domain.runs import Run, RunState
from bot.messages.kit import actions, button, confirm, context, section
from bot.messages.proof import shows_no_version
from bot.messages.steps import estimate_text, noun, steps_text
from bot.messages.text import code, counted, escape, moment, version
from bot.messages.verdict import evidence_line
from bot.ports import Block, Message

APPROVE, REJECT = "approve", "reject"


def card(run: Run, policy: Policy) -> Message:
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
