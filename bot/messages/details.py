"""The details of a request: what its card leaves out, and what the person who looks can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot.domain.approvals import Wish
from bot.domain.hours import Window
from bot.domain.plans import Plan
from bot.domain.requests import LIVE, UNSTARTED, Request
from bot.domain.verdicts import Judgement
from bot.errors import RetuneError
from bot.messages.card import Seen, drop_button, headline, pause_buttons, people, wait_text
from bot.messages.causes import cause_text, left_out_lines
from bot.messages.ending import retry_button
from bot.messages.kit import actions, button, confirm, context, divider, modal, section, sections
from bot.messages.outcomes import failure_text, proofs
from bot.messages.refusals import approvers
from bot.messages.requests import stop_button
from bot.messages.states import state_word
from bot.messages.steps import estimate_text, step_text, steps_text
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
    request: Request,
    seen: Seen,
    judgement: Judgement | None,
    window: Window | None,
    offers: Collection[tuple[Wish, int | None]],
    answer: str = "",
) -> Mapping[str, Any]:
    """The window behind *Details*.

    *judgement* is of the model where there is one, *window* the hours in which its upgrade may start. *offers* is what
    this person may do now, *answer* what became of their last click.
    """
    blocks: list[Block] = [section(f":warning: {answer}"), divider()] if answer else []
    blocks += _many(request) if request.several else _one(request, judgement)
    blocks.append(section(f"*Who decides*\n{_who(request, seen)}"))
    if times := _times(request, seen, window):
        blocks.append(context(*times))
    if buttons := _buttons(request, offers):
        blocks.append(actions(buttons))
    return modal("Details", blocks[:100], callback="details", metadata=str(request.id))


def _one(request: Request, judgement: Judgement | None) -> list[Block]:
    run, plan, model = request.first, request.first.plan, request.first.plan.model
    arrow = "" if plan.is_training else f" → {version(run.brought or plan.target, model.base)}"
    blocks = [
        section(
            f"*{headline(request)}: {code(model.name)}*\n{version(plan.have, model.base)}{arrow} · {model.kind} model "
            f"on {code(model.base)} · instance {code(model.instance)}"
        )
    ]
    if request.why:
        blocks.append(section(f"*Reason given*\n>{escape(request.why, 600)}"))
    if became := _became(request):
        blocks.append(section(f"*What became of it*\n{became}"))
    blocks.append(section(f"*What happens*\n{steps_text(plan)}\n{estimate_text(plan.estimate)}"))
    if plan.evidence:
        lines = "\n".join(f"• {evidence_line(item, model.base)}" for item in plan.evidence)
        blocks.append(section(f"*Why it is believed to be outdated*\n{lines}"))
    blocks.append(section(f"*Risk of doing it*\n{risk_of_doing(plan)}"))
    if judgement is not None and not plan.is_training:
        blocks.append(section(f"*Risk of not doing it*\n{risk_text(judgement)}"))
    return blocks


def _became(request: Request) -> str:
    if request.rejection is not None and request.rejection.reason:
        return f"<@{request.rejection.voter}>: {escape(request.rejection.reason, 1000)}"
    run = request.first
    return failure_text(run) or (cause_text(run.cause, run.plan.model.name, run) if run.cause else proofs(run))


def _many(request: Request) -> list[Block]:
    blocks = [section(f"*{headline(request)}*")]
    if request.why:
        blocks.append(section(f"*Reason given*\n>{escape(request.why, 600)}"))
    if request.rejection is not None and request.rejection.reason:
        blocks.append(section(f"*Why not*\n>{escape(request.rejection.reason, 600)}"))
    for run in request.runs:
        plan, model = run.plan, run.plan.model
        steps = "; ".join(step_text(step) for step in plan.steps)
        why = failure_text(run) or (cause_text(run.cause, model.name, run) if run.cause else "")
        weight = "\n:warning: A saved customization weight is dropped." if plan.drops_weight else ""
        text = (
            f"{code(model.name, 80)} {version(plan.have, model.base)} → "
            f"{version(run.brought or plan.target, model.base)}, *{run.state.value}*\n{steps}{weight}\n"
            f"{estimate_text(plan.estimate)}"
        )
        blocks.append(section(f"{text}\n{why}" if why else text))
    if request.left_out:
        blocks += sections(["*Left out*", *left_out_lines(request.left_out)])
    return blocks


def risk_of_doing(plan: Plan) -> str:
    """What those who approve take on."""
    if plan.is_training:
        return "While it is trained, the service refuses every change to the model. A training replaces the one before."
    weight = (
        " A saved customization weight that is not the default is dropped; the default becomes 0.1."
        if plan.drops_weight
        else ""
    )
    return (
        "It cannot be undone. While it runs, the service refuses every change to the model; recognition goes on with "
        "the existing version. Afterwards recognition uses the new version by default: compare on your own audio. "
        "Requests can name the older version for as long as IBM keeps it, but the model can no longer be changed or "
        f"trained there.{weight}"
    )


def _who(request: Request, seen: Seen) -> str:
    policy = seen.policy
    rule = f"{counted(policy.needed, 'approval')} from {approvers(policy)}" if policy.approvers else "nobody is named"
    own = "requesters may approve their own" if policy.self_approval else "not the requester's own"
    votes = [
        f"<@{vote.voter}> {'approved' if vote.vote == 'approve' else 'rejected'} {moment(vote.at)}"
        for vote in request.votes[:10]
    ]
    lines = [f"Needs {rule}; {own}.", *votes]
    if request.decided_by and request.decided_by not in [vote.voter for vote in request.votes]:
        lines.append(f"{state_word(request)} by {people([request.decided_by])}")
    return "\n".join(lines)


def _times(request: Request, seen: Seen, window: Window | None) -> list[str]:
    lines = []
    if request.state in LIVE and seen.wait is not None:
        lines.append(wait_text(seen.wait))
    if window is not None and request.state in UNSTARTED:
        lines.append(f"Upgrades of {code(request.first.plan.model.instance)} start only {escape(str(window))}.")
    return lines


EACH = 5
"""Buttons for trying again, and for no longer watching: a window is no list."""


def _buttons(request: Request, offers: Collection[tuple[Wish, int | None]]) -> list[Block]:
    wishes = {wish for wish, _ in offers}
    found = [pause_buttons(request)[0]] if "resume" in wishes else []
    found += [_withdraw(request)] if "withdraw" in wishes else []
    found += [_take_back(request)] if "take back" in wishes else []
    if "cancel" in wishes:
        several = request.several and request.state not in UNSTARTED
        found.append(drop_button(request) if several else _cancel(request))
    for wish, made in (("retry", retry_button), ("stop", stop_button)):
        runs = [run for run in request.runs if (wish, run.id) in offers]
        for number, run in enumerate(runs[:EACH]):
            block = made(request, run)
            # Several buttons of one sort need an id each within one message.
            found.append({**block, "action_id": f"{block['action_id']}:{number}"} if number else block)
    return found


def _withdraw(request: Request) -> Block:
    ask = confirm("Withdraw?", "The request ends. You can ask again.", "Withdraw")
    label = f"Withdraw request {request.id}"
    return button("Withdraw", "wish:withdraw", f"withdraw {request.id}", label=label, confirm=ask)


def _take_back(request: Request) -> Block:
    return button(
        "Take my approval back",
        "wish:take-back",
        f"take-back {request.id}",
        label=f"Take my approval of request {request.id} back",
        confirm=confirm(
            "Take it back?", "Until it starts, your approval can be taken back and given again.", "Take back"
        ),
    )


def _cancel(request: Request) -> Block:
    return button(
        "Cancel",
        "wish:cancel",
        f"cancel {request.id}",
        style="danger",
        label=f"Cancel request {request.id}",
        confirm=confirm(
            "Cancel the request?",
            "What has not started will not start. A step that the service works on cannot be stopped and goes to its "
            "end.",
            "Cancel it",
            "Leave it",
            style="danger",
        ),
    )
