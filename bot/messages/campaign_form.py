"""The windows of a campaign: the form that lists the models, and its details."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.domain.campaigns import MOST, Campaign, CampaignState, LeftOut
from bot.domain.plans import Plan
from bot.messages.campaign import headline, left_out_text, pause_buttons
from bot.messages.kit import actions, button, confirm, context, modal, option, section
from bot.messages.request import LATER, VALUE, WHY, WHY_LIMIT, Wanted
from bot.messages.steps import estimate_text, step_text
from bot.messages.text import code, counted, escape, moment, version
from bot.ports import Block

CAMPAIGN, REJECT = "campaign", "campaign-reject"
MODELS = "models:"
GROUP = 10
"""Checkboxes in one group: Slack takes no more."""


def reading(count: int) -> Mapping[str, Any]:
    """Shown while the models are read and planned."""
    text = f":hourglass_flowing_sand: Reading {counted(min(count, MOST), 'model')} and planning each …"
    return modal("Upgrade several", [section(text)], callback="reading")


def nothing(cannot: Sequence[LeftOut]) -> Mapping[str, Any]:
    """None of them can be upgraded now."""
    blocks = [section("None of these models can be upgraded now.")]
    if cannot:
        blocks.append(section(left_out_text(cannot)))
    return modal("Not now", blocks, callback="refused")


def form(plans: Sequence[Plan], cannot: Sequence[LeftOut], wanted: Wanted, more: int, notes: str) -> Mapping[str, Any]:
    """The models with a mark each, all set; those that cannot, with the reason.

    *more* is how many fit the filters beyond what one campaign takes, *notes* what holds starts back now.
    """
    blocks: list[Block] = [
        section(
            f"*{counted(len(plans), 'model')}* can be upgraded. One goes first; when its new version is proven, the "
            "others follow, a few at a time, and the first failure stops everything that has not begun.\n"
            ":warning: *An upgrade cannot be undone.*"
        )
    ]
    for start in range(0, len(plans), GROUP):
        blocks.append(_group(plans[start : start + GROUP], start))
    if cannot:
        blocks.append(section(f"*Not in it*\n{left_out_text(cannot)}"))
    if more > 0:
        blocks.append(context(f"{counted(more, 'model')} more fit; ask for them afterwards."))
    if notes:
        blocks.append(section(notes))
    blocks.append(_why())
    blocks.append(_later(wanted))
    return modal("Upgrade several", blocks, callback=CAMPAIGN, submit="Ask", close="Cancel", metadata=str(wanted))


def _group(plans: Sequence[Plan], start: int) -> Block:
    options = [option(plan.model.name, f"{plan.model.ref} {plan.digest}", _short(plan)) for plan in plans]
    return {
        "type": "input",
        "block_id": f"{MODELS}{start}",
        "optional": True,
        "label": {"type": "plain_text", "text": "Models" if start == 0 else f"Models {start + 1}–{start + len(plans)}"},
        "element": {"type": "checkboxes", "action_id": VALUE, "options": options, "initial_options": options},
    }


def _short(plan: Plan) -> str:
    base = f"{plan.model.base}."
    have = (plan.have or "?").removeprefix(base)
    target = (plan.target or "newer").removeprefix(base)
    return f"{have} → {target} · {counted(len(plan.steps), 'step')} · {plan.model.instance}"


def _why() -> Block:
    return {
        "type": "input",
        "block_id": WHY,
        "optional": True,
        "label": {"type": "plain_text", "text": "Reason, for those who approve"},
        "element": {"type": "plain_text_input", "action_id": VALUE, "multiline": True, "max_length": WHY_LIMIT},
    }


def _later(wanted: Wanted) -> Block:
    element: Block = {"type": "datetimepicker", "action_id": VALUE}
    if wanted.later is not None:
        element["initial_date_time"] = int(wanted.later.timestamp())
    return {
        "type": "input",
        "block_id": LATER,
        "optional": True,
        "label": {"type": "plain_text", "text": "Not before"},
        "hint": {"type": "plain_text", "text": "Empty: as soon as it is approved."},
        "element": element,
    }


def reject(value: str, campaign: Campaign) -> Mapping[str, Any]:
    """The window behind Reject; *value* is the card button's."""
    return modal(
        "Reject the campaign",
        [
            section(f"None of the {counted(len(campaign.runs), 'model')} will be upgraded. The requester is told why."),
            {
                "type": "input",
                "block_id": WHY,
                "label": {"type": "plain_text", "text": "Why not?"},
                "element": {"type": "plain_text_input", "action_id": VALUE, "multiline": True, "max_length": WHY_LIMIT},
            },
        ],
        callback=REJECT,
        submit="Reject",
        close="Cancel",
        metadata=value,
    )


def details(campaign: Campaign, offers: Collection[str], answer: str = "") -> Mapping[str, Any]:
    """What the card leaves out: each model's steps and estimate, votes, what was left out and why."""
    blocks: list[Block] = [section(f":warning: {answer}")] if answer else []
    blocks.append(section(f"*{headline(campaign)}*"))
    if campaign.outcome:
        blocks.append(section(escape(campaign.outcome, 1500)))
    for run in campaign.runs:
        plan, model = run.plan, run.plan.model
        steps = "; ".join(step_text(step) for step in plan.steps)
        text = (
            f"{code(model.name, 80)} {version(plan.have, model.base)} → {version(plan.target, model.base)}, request "
            f"{run.id}, *{run.state.value}*\n{steps}\n{estimate_text(plan.estimate)}"
        )
        blocks.append(section(text))
    votes = [f"<@{vote.voter}> {vote.vote}: {moment(vote.at)}" for vote in campaign.votes]
    if votes:
        blocks.append(context(*votes[:10]))
    if campaign.left_out:
        blocks.append(section(f"*Left out*\n{left_out_text(campaign.left_out)}"))
    buttons = [*pause_buttons(campaign)] if {"resume", "drop"} <= set(offers) else []
    if "drop" in offers and not buttons and campaign.state is CampaignState.RUNNING:
        buttons = pause_buttons(campaign)[1:]
    if "withdraw" in offers:
        ask = confirm("Withdraw?", "The whole campaign ends. You can ask again.", "Withdraw")
        label = f"Withdraw campaign {campaign.id}"
        buttons.append(
            button("Withdraw", "campaign-wish:withdraw", f"withdraw {campaign.id}", label=label, confirm=ask)
        )
    if "back" in offers:
        ask = confirm("Take it back?", "Until it starts, your approval can be taken back and given again.", "Take back")
        label = f"Take my approval of campaign {campaign.id} back"
        buttons.append(
            button("Take my approval back", "campaign-wish:back", f"back {campaign.id}", label=label, confirm=ask)
        )
    if buttons:
        blocks.append(actions(buttons))
    return modal("Campaign", blocks[:100], callback="campaign-details", metadata=str(campaign.id))
