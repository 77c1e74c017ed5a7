"""The forms: the plan of one model or of several, what cannot be undone, and what must be known before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.domain.fleet import Model
from bot.domain.hours import OwnZone
from bot.domain.outcomes import LeftOut
from bot.domain.owners import Owner
from bot.domain.plans import Plan
from bot.domain.requests import LISTED, MOST, Request
from bot.domain.snoozes import Held
from bot.domain.typed_values import moment_of, number
from bot.domain.verdicts import Judgement
from bot.messages.foreign import Quote
from bot.messages.holds import END, form_blocks, tick_text
from bot.messages.kit import (
    button,
    context,
    input_block,
    long_text,
    modal,
    option,
    paragraph,
    placeholder,
    section,
)
from bot.messages.outcomes import first_left_out
from bot.messages.refusals import zone_words
from bot.messages.steps import estimate_text, noun, others, steps_text, versions
from bot.messages.text import code, counted
from bot.messages.verdicts import risk_text, why
from bot.ports import Block

REQUEST, LINK, REJECT = "request", "link", "reject"
WHY, LANGUAGE, LATER, MODELS = "why", "language", "later", "models:"
NONE = "none"
NOWHERE = "-"
"""Stands in metadata for no channel, and for no later time."""

WHY_LIMIT = 500

GROUP = 10
"""Checkboxes in one group: Slack takes no more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What travels from one step of the form to the next: where it was asked, for when, and the *holds* it showed."""

    channel: str
    later: datetime | None = None
    holds: tuple[int, ...] = ()

    def __str__(self) -> str:
        later = int(self.later.timestamp()) if self.later else NOWHERE
        return f"{self.channel or NOWHERE} {later} {','.join(map(str, self.holds)) or NOWHERE}"


def wanted(metadata: str) -> tuple[Wanted, str]:
    """What `Wanted` wrote, and what followed it. What it did not write is nowhere, at no time, about nothing."""
    channel, _, more = metadata.partition(" ")
    later, _, further = more.partition(" ")
    holds, _, rest = further.partition(" ")
    shown = tuple(id for hold in holds.split(",") if (id := number(hold)))
    return Wanted("" if channel == NOWHERE else channel, moment_of(later), shown), rest


def reading(what: str | int, done: int = 0) -> Mapping[str, Any]:
    """Shown within the three seconds that a trigger lives, while one model or many are read; *done* of them are."""
    models = counted(min(what, MOST), "model") if isinstance(what, int) else code(what)
    models = f"{done:,} of {models}" if done else models
    return modal("Upgrade", [section(f":hourglass_flowing_sand: Reading {models} …")], callback="reading")


def refused(text: str, leave_out: str | None = None, quotes: Sequence[Quote] = ()) -> Mapping[str, Any]:
    """Why there is nothing to ask for, and what it quotes; *text* is escaped already.

    *leave_out* is the value of a button that plans a training without the data that is in its way.
    """
    buttons = [] if leave_out is None else [button("Leave it out", "lenient", leave_out)]
    return modal("Not now", paragraph(text, "", *buttons, quotes=quotes).blocks, callback="refused")


def ask_one(
    plan: Plan,
    judgement: Judgement,
    linked: str | None,
    wanted: Wanted,
    hours: str = "",
    hindrance: Sequence[Block] = (),
    *,
    zone: OwnZone | None = None,
    held: Sequence[Held] = (),
    owners: Mapping[str, Owner] = MappingProxyType({}),
) -> Mapping[str, Any]:
    """The plan as approvers will see it, the reason for asking, and when it may start.

    *linked* is the name of the language model it was trained with, "" for none. *hours* is when upgrades of its
    instance may start, *hindrance* shows a freeze. *held* are the models on hold whose holds this ends, *owners* who
    owns them.
    """
    m = plan.model
    blocks: list[Block] = [
        *form_blocks(held, owners),
        section(f"*{code(m.name)}* · {m.kind} model on {code(m.base)} · instance {code(m.instance)}\n{versions(plan)}"),
        *([] if linked is None else [section(f"Trained with {code(linked) if linked else 'no language model'}.")]),
        section("*Why*\n" + "\n".join(f"• {line}" for line in why(judgement))),
        section(f"*Risk of waiting*\n{risk_text(judgement)}"),
        section(f"*What happens*\n{steps_text(plan)}\n{estimate_text(plan.estimate)}"),
        section(
            "While it runs, the service refuses every change to the model."
            if plan.is_training
            else ":warning: *An upgrade cannot be undone.* While it runs, the service refuses every change to the "
            "model; recognition goes on with the existing version."
        ),
        why_input(),
        later_input(wanted, hours, zone),
        *hindrance,
    ]
    title = "Ask for a training" if plan.is_training else "Ask for an upgrade"
    shown = replace(wanted, holds=tuple(one.hold.id for one in held))
    submit = END if held else "Request upgrade"
    return modal(title, blocks, callback=REQUEST, submit=submit, metadata=f"{shown} {plan.key}")


def ask_several(
    plans: Sequence[Plan],
    left_out: Sequence[LeftOut],
    wanted: Wanted,
    more: int,
    notes: Sequence[Block],
    held: Mapping[str, tuple[Held, ...]] = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
    zone: OwnZone | None = None,
) -> Mapping[str, Any]:
    """At most `LISTED` models with a checkbox each, set for those that are not on hold; and why others are left out.

    *more* is how many fit the filters beyond what one request takes, *notes* show what holds starts back now. *held*
    are the models on hold by the keys of their plans, whose holds this ends; *names* what people are called, by id.
    """
    ends = (
        f"\n:pushpin: {counted(len(held), 'model')} on hold {'is' if len(held) == 1 else 'are'} not ticked. Ticking "
        "one ends its hold when you send this."
    )
    blocks = [
        section(
            f"*{counted(len(plans), 'model')}* can be upgraded. One goes first; when its new version is proven, the "
            "others follow, a few at a time, and the first failure stops everything that has not begun.\n"
            f":warning: *An upgrade cannot be undone.*{ends if held else ''}"
        ),
        *(_group(plans[start : start + GROUP], start, held, names) for start in range(0, len(plans), GROUP)),
        *first_left_out(left_out, LISTED),
        *([context(f"{counted(more, 'model')} more fit; ask for them afterwards.")] if more > 0 else []),
        *notes,
        *(why_input(), later_input(wanted, zone=zone)),
    ]
    shown = replace(wanted, holds=tuple(dict.fromkeys(one.hold.id for on in held.values() for one in on)))
    return modal("Upgrade several models", blocks, callback=REQUEST, submit="Request upgrades", metadata=f"{shown} ")


def _group(plans: Sequence[Plan], start: int, held: Mapping[str, tuple[Held, ...]], names: Mapping[str, str]) -> Block:
    options = []
    for plan in plans:
        on_hold = f"{tick_text(held[plan.key], names)} · " if plan.key in held else ""
        options.append(option(plan.model.name, plan.key, f"{on_hold}{_short(plan)}"))
    free = [each for each, plan in zip(options, plans, strict=True) if plan.key not in held]
    label = "Models" if start == 0 else f"Models {start + 1}–{start + len(plans)}"
    boxes = {"type": "checkboxes", "options": options, **({"initial_options": free} if free else {})}
    return input_block(f"{MODELS}{start}", label, boxes, optional=True)


def _short(plan: Plan) -> str:
    """The versions, and what else it changes; the instance last, because it is what may be cut."""
    base = f"{plan.model.base}."
    have, target = (plan.have or "?").removeprefix(base), (plan.target or "newer").removeprefix(base)
    also = f" · also {', '.join(others(plan))}" if others(plan) else ""
    return f"{have} → {target}{also} · {plan.model.instance}"


def nothing(left_out: Sequence[LeftOut]) -> Mapping[str, Any]:
    """None of them can be upgraded now."""
    blocks = [section("None of these models can be upgraded now."), *first_left_out(left_out, LISTED, "")]
    return modal("Not now", blocks, callback="refused")


def why_input() -> Block:
    """Where the reason is typed."""
    reason = long_text("For example: callers report misheard product names", WHY_LIMIT)
    return input_block(WHY, "Reason, for those who approve", reason, optional=True)


def later_input(wanted: Wanted, hours: str = "", zone: OwnZone | None = None) -> Block:
    """Where somebody picks when it may start; a time that was typed was read in *zone*. *hours* are its instance's."""
    chosen = {"initial_date_time": int(wanted.later.timestamp())} if wanted.later is not None else {}
    element = {"type": "datetimepicker", **chosen}
    hints = [
        f"What you typed was read in {zone_words(zone)}." if zone is not None and wanted.later is not None else "",
        f"Upgrades of this instance start only {hours}." if hours else "Empty: as soon as it is approved.",
    ]
    return input_block(LATER, "Not before", element, optional=True, hint=" ".join(filter(None, hints)))


def ask_link(model: Model, candidates: Sequence[Model], wanted: Wanted) -> Mapping[str, Any]:
    """Asks with which language model an acoustic model was trained; the service does not tell."""
    options = [option("None: it was trained alone", NONE)]
    options += [option(other.name, other.id, other.newest) for other in candidates[:99]]
    chooser = {"type": "static_select", "placeholder": placeholder("Choose one, or None"), "options": options}
    text = (
        f"With which language model was {code(model.name)} trained? The service does not tell, and the order of the "
        "upgrade depends on it. Retune remembers the answer."
    )
    blocks = [section(text), input_block(LANGUAGE, "Language model", chooser)]
    return modal("Trained with?", blocks, callback=LINK, submit="Next", metadata=f"{wanted} {model.ref}")


def reject(request: Request) -> Mapping[str, Any]:
    """The form behind Reject."""
    word = noun(request.first.plan)
    what = f"The {word} of {code(request.first.plan.model.name)} will not start."
    if request.several:
        what = f"None of the {counted(len(request.runs), 'model')} will be upgraded."
    reason = input_block(WHY, "Why not?", long_text("What should happen before somebody asks again?", WHY_LIMIT))
    blocks, metadata = [section(f"{what} The requester is told why."), reason], f"{request.id}:{request.digest}"
    return modal(f"Reject the {word}", blocks, callback=REJECT, submit="Reject", metadata=metadata)
