"""The modal that asks for an upgrade: the plan, what cannot be undone, and what must be known first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.fleet import Model
from bot.domain.plans import Plan
from bot.domain.verdicts import Judgement
from bot.messages.kit import actions, button, modal, option, section
from bot.messages.steps import estimate_text, steps_text
from bot.messages.text import code, escape, version
from bot.messages.verdicts import risk_text, why
from bot.ports import Block

REQUEST, LINK = "request", "link"
WHY, LANGUAGE, LATER, VALUE = "why", "language", "later", "v"
NONE = "none"
NOWHERE = "-"
"""Stands in metadata for no channel, and for no later time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What travels from one step of the form to the next: where it was asked, and for when."""

    channel: str
    later: datetime | None = None

    def __str__(self) -> str:
        return f"{self.channel or NOWHERE} {int(self.later.timestamp()) if self.later else NOWHERE}"


def wanted(metadata: str) -> tuple[Wanted, str]:
    """What `Wanted` wrote, and what followed it."""
    channel, later, rest = metadata.split(" ", 2)
    at = datetime.fromtimestamp(int(later), UTC) if later.isdigit() else None
    return Wanted("" if channel == NOWHERE else channel, at), rest


WHY_LIMIT = 500


def reading(name: str) -> Mapping[str, Any]:
    """Shown within the three seconds that a trigger lives, while the model is read."""
    return modal(
        "Ask for an upgrade", [section(f":hourglass_flowing_sand: Reading {code(name)} …")], callback="reading"
    )


def refused(text: str, leave_out: str | None = None) -> Mapping[str, Any]:
    """Why there is nothing to ask for; *text* is escaped already.

    *leave_out* is the value of a button that plans a training without the data that is in its way.
    """
    blocks = [section(text)]
    if leave_out is not None:
        blocks.append(actions([button("Leave it out", "lenient", leave_out)]))
    return modal("Not now", blocks, callback="refused")


def ask(
    plan: Plan, judgement: Judgement, linked: str | None, wanted: Wanted, hours: str = "", hindrance: str = ""
) -> Mapping[str, Any]:
    """The plan as approvers will see it, the reason for asking, and when it may start.

    *linked* is the name of the linked model, *hours* when upgrades of its instance may start, *hindrance* a freeze.
    """
    m = plan.model
    blocks: list[Block] = [
        section(
            f"*{code(m.name)}* · {m.kind} model on {code(m.base)} · instance {code(m.instance)}\n"
            f"{version(plan.have, m.base)}{'' if plan.is_training else f' → {version(plan.target, m.base)}'}"
        ),
        section("*Why*\n" + "\n".join(f"• {line}" for line in why(judgement))),
        section(f"*Risk of waiting*\n{risk_text(judgement)}"),
        section(f"*What happens*\n{steps_text(plan)}\n{estimate_text(plan.estimate)}"),
        section(
            "While it runs, the service refuses every change to the model."
            if plan.is_training
            else ":warning: *An upgrade cannot be undone.* While it runs, the service refuses every change to the "
            "model; recognition goes on with the existing version."
        ),
    ]
    if linked is not None:
        blocks.insert(1, section(f"Trained with {escape(linked)}."))
    blocks.append(
        {
            "type": "input",
            "block_id": WHY,
            "optional": True,
            "label": {"type": "plain_text", "text": "Reason, for those who approve"},
            "element": {
                "type": "plain_text_input",
                "action_id": VALUE,
                "multiline": True,
                "max_length": WHY_LIMIT,
                "placeholder": {"type": "plain_text", "text": "For example: callers report misheard product names"},
            },
        }
    )
    blocks.append(_later(wanted, hours))
    if hindrance:
        blocks.append(section(hindrance))
    return modal(
        "Ask for a training" if plan.is_training else "Ask for an upgrade",
        blocks,
        callback=REQUEST,
        submit="Ask",
        close="Cancel",
        metadata=f"{wanted} {m.ref} {plan.digest}",
    )


def _later(wanted: Wanted, hours: str) -> Block:
    element: Block = {"type": "datetimepicker", "action_id": VALUE}
    if wanted.later is not None:
        element["initial_date_time"] = int(wanted.later.timestamp())
    hint = f"Upgrades of this instance start only {hours}." if hours else "Empty: as soon as it is approved."
    return {
        "type": "input",
        "block_id": LATER,
        "optional": True,
        "label": {"type": "plain_text", "text": "Not before"},
        "hint": {"type": "plain_text", "text": hint[:150]},
        "element": element,
    }


def ask_link(model: Model, candidates: Sequence[Model], wanted: Wanted) -> Mapping[str, Any]:
    """Asks with which language model an acoustic model was trained; the service does not tell."""
    options = [option("None: it was trained alone", NONE)]
    options += [option(other.name, other.id, other.newest) for other in candidates[:99]]
    return modal(
        "Trained with?",
        [
            section(
                f"With which language model was {code(model.name)} trained? The service does not tell, and the order "
                "of the upgrade depends on it. Retune remembers the answer."
            ),
            {
                "type": "input",
                "block_id": LANGUAGE,
                "label": {"type": "plain_text", "text": "Language model"},
                "element": {
                    "type": "static_select",
                    "action_id": VALUE,
                    "placeholder": {"type": "plain_text", "text": "Choose one, or None"},
                    "options": options,
                },
            },
        ],
        callback=LINK,
        submit="Next",
        close="Cancel",
        metadata=f"{wanted} {model.ref}",
    )


def ask_why_not() -> Mapping[str, Any]:
    """Asks why a request is rejected; the run's id travels in the callback's metadata."""
    return {
        "type": "input",
        "block_id": WHY,
        "label": {"type": "plain_text", "text": "Why not?"},
        "element": {
            "type": "plain_text_input",
            "action_id": VALUE,
            "multiline": True,
            "max_length": WHY_LIMIT,
            "placeholder": {"type": "plain_text", "text": "What should happen before somebody asks again?"},
        },
    }


def reject(value: str, name: str) -> Mapping[str, Any]:
    """The modal behind Reject; *value* is the card button's."""
    return modal(
        "Reject the upgrade",
        [section(f"The upgrade of {code(name)} will not start. The requester is told why."), dict(ask_why_not())],
        callback="reject",
        submit="Reject",
        close="Cancel",
        metadata=value,
    )
