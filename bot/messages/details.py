"""The details of a run: what its card leaves out, and what the person who looks can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot.domain.approvals import Policy, Wish
from bot.domain.plans import Estimate
from bot.domain.runs import Run
from bot.domain.timing import Wait, Window
from bot.domain.verdicts import Judgement
from bot.errors import RetuneError
from bot.messages.card import headline, people, wait_text
from bot.messages.ending import retry_button
from bot.messages.kit import actions, button, confirm, context, divider, modal, section
from bot.messages.refusals import approvers
from bot.messages.steps import estimate_text, noun, steps_text
from bot.messages.text import code, counted, escape, moment, version
from bot.messages.verdicts import evidence_line, risk_text
from bot.ports import Block


def reading() -> Mapping[str, Any]:
    """Shown within the three seconds that a trigger lives."""
    return modal("Details", [section(":hourglass_flowing_sand: Looking …")], callback="reading")


def unread(error: RetuneError) -> Mapping[str, Any]:
    """Shown when Slack does not say who looks, so that nothing stays at *Looking*."""
    text = f":warning: {escape(error.text)} Close this and press Details again in a moment."
    return modal("Details", [section(text)], callback="details")


def details(
    run: Run,
    policy: Policy,
    estimate: Estimate | None,
    judgement: Judgement | None,
    wait: Wait | None,
    window: Window | None,
    offers: Collection[Wish],
    answer: str = "",
) -> Mapping[str, Any]:
    """The modal behind *Details*. *offers* is what this person may do now, *answer* what became of their last click."""
    plan, model = run.plan, run.plan.model
    blocks: list[Block] = [section(f":warning: {answer}"), divider()] if answer else []
    arrow = "" if plan.is_training else f" → {version(plan.target, model.base)}"
    blocks.append(
        section(
            f"*{headline(run)}: {code(model.name)}*\n{version(plan.have, model.base)}{arrow} · {model.kind} model on "
            f"{code(model.base)} · instance {code(model.instance)}"
        )
    )
    if run.why:
        blocks.append(section(f"*Reason given*\n>{escape(run.why, 600)}"))
    if run.outcome:
        blocks.append(section(f"*What became of it*\n{escape(run.outcome, 1500)}"))
    blocks.append(section(f"*What happens*\n{steps_text(plan)}\n{estimate_text(estimate)}"))
    if plan.evidence:
        lines = "\n".join(f"• {evidence_line(item, model.base)}" for item in plan.evidence)
        blocks.append(section(f"*Why it is believed to be outdated*\n{lines}"))
    blocks.append(section(f"*Risk of doing it*\n{risk_of_doing(run)}"))
    if judgement is not None and not plan.is_training:
        blocks.append(section(f"*Risk of not doing it*\n{risk_text(judgement)}"))
    blocks.append(section(f"*Who decides*\n{_who(run, policy)}"))
    if times := _times(run, wait, window):
        blocks.append(context(*times))
    if buttons := [_BUTTONS[wish](run) for wish in _BUTTONS if wish in offers]:
        blocks.append(actions(buttons))
    return modal("Details", blocks, callback="details", metadata=str(run.id))


def risk_of_doing(run: Run) -> str:
    """What those who approve take on."""
    if run.plan.is_training:
        return "While it is trained, the service refuses every change to the model. A training replaces the one before."
    weight = (
        " A saved customization weight that is not the default is dropped; the default becomes 0.1."
        if run.plan.drops_weight
        else ""
    )
    return (
        "It cannot be undone. While it runs, the service refuses every change to the model; recognition goes on with "
        "the existing version. Afterwards recognition uses the new version by default: compare on your own audio. "
        "Requests can name the older version for as long as IBM keeps it, but the model can no longer be changed or "
        f"trained there.{weight}"
    )


def _who(run: Run, policy: Policy) -> str:
    rule = f"{counted(policy.needed, 'approval')} of {approvers(policy)}" if policy.approvers else "nobody is named"
    own = "requesters may approve their own" if policy.self_approval else "not the requester's own"
    votes = [
        f"<@{vote.voter}> {'approved' if vote.vote == 'approve' else 'rejected'} {moment(vote.at)}"
        for vote in run.votes
    ]
    lines = [f"Needs {rule}; {own}.", *votes]
    if run.decided_by and run.decided_by not in [vote.voter for vote in run.votes]:
        lines.append(f"{run.state.value} by {people([run.decided_by])}")
    return "\n".join(lines)


def _times(run: Run, wait: Wait | None, window: Window | None) -> list[str]:
    lines = []
    if run.ended_at is None and wait is not None:
        lines.append(wait_text(wait))
    if window is not None and run.started_at is None and run.ended_at is None:
        lines.append(f"Upgrades of {code(run.plan.model.instance)} start only {escape(str(window))}.")
    return lines


def _withdraw(run: Run) -> Block:
    name = run.plan.model.name
    ask = confirm("Withdraw?", f"Your request for {name} ends. You can ask again.", "Withdraw")
    return button("Withdraw", "wish:withdraw", f"withdraw {run.id}", label=f"Withdraw request {run.id}", confirm=ask)


def _take_back(run: Run) -> Block:
    return button(
        "Take my approval back",
        "wish:back",
        f"take-back {run.id}",
        label=f"Take my approval of request {run.id} back",
        confirm=confirm(
            "Take it back?", "Until it starts, your approval can be taken back and given again.", "Take back"
        ),
    )


def _cancel(run: Run) -> Block:
    return button(
        "Cancel",
        "wish:cancel",
        f"cancel {run.id}",
        style="danger",
        label=f"Cancel the {noun(run.plan)} of {run.plan.model.name}",
        confirm=confirm(
            f"Cancel {run.plan.model.name}?",
            "What has not started will not start. A step that the service works on cannot be stopped and goes to its "
            "end.",
            "Cancel it",
            "Leave it",
            style="danger",
        ),
    )


def _stop(run: Run) -> Block:
    return button(
        "Stop watching",
        "wish:stop",
        f"stop {run.id}",
        label=f"Stop watching request {run.id}",
        confirm=confirm(
            "Stop watching?",
            "The request ends as failed. The service may go on; nothing can cancel it there.",
            "Stop watching",
            style="danger",
        ),
    )


_BUTTONS = {"withdraw": _withdraw, "take back": _take_back, "cancel": _cancel, "retry": retry_button, "stop": _stop}
