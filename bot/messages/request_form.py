"""The forms for one model or several: the plan, what can't be undone, and the questions before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.domain.forecasts import Forecast
from bot.domain.hours import OwnZone
from bot.domain.outcomes import LeftOut
from bot.domain.owners import Owner
from bot.domain.plans import Plan
from bot.domain.requests import LISTED, MOST, Request
from bot.domain.snoozes import Held
from bot.domain.typed_values import moment_of, number
from bot.domain.verdicts import Judgement
from bot.messages.forecasts import forecast_text
from bot.messages.holds import END, form_blocks
from bot.messages.kit import alert, button, header, input_block, long_text, modal, paragraph, section
from bot.messages.outcomes import first_left_out
from bot.messages.quotes import Quote
from bot.messages.refusals import zone_words
from bot.messages.signs import Sign
from bot.messages.steps import WEIGHT, entailed, estimate_text, noun, numbered, others, versions
from bot.messages.text import bold, code, counted, listed
from bot.messages.verdicts import risk_text, why
from bot.ports import Block

REQUEST, REJECT = "request", "reject"
WHY, LATER, MODELS = "why", "later", "models:"
NOWHERE = "-"
"""Stands in metadata for no channel, and for no later time."""

WHY_LIMIT = 500

IMPOSSIBLE, NOTHING, NOT_NOW = "Can't be upgraded", "Nothing to upgrade", "Can't be upgraded now"
UNTRAINED = "Can't be trained now"
"""Titles of windows that refuse; Slack takes 24 characters."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one step of the form passes to the next: where it was asked, for when, and the *holds* it showed."""

    channel: str
    later: datetime | None = None
    holds: tuple[int, ...] = ()

    def __str__(self) -> str:
        later = int(self.later.timestamp()) if self.later else NOWHERE
        return f"{self.channel or NOWHERE} {later} {','.join(map(str, self.holds)) or NOWHERE}"


def wanted(metadata: str) -> tuple[Wanted, str]:
    """What `Wanted` wrote, and the rest. Anything else means nowhere, at no time, about nothing."""
    channel, _, more = metadata.partition(" ")
    later, _, further = more.partition(" ")
    holds, _, rest = further.partition(" ")
    shown = tuple(id for hold in holds.split(",") if (id := number(hold)))
    return Wanted("" if channel == NOWHERE else channel, moment_of(later), shown), rest


def reading(what: str | int, done: int = 0) -> Mapping[str, Any]:
    """Shown within the three seconds of a trigger, while models are read; *done* of them are."""
    models = counted(min(what, MOST), "model") if isinstance(what, int) else code(what)
    models = f"{done:,} of {models}" if done else models
    return modal("Upgrade", [section(f"{Sign.READING} Reading {models} …")], callback="reading")


def refused(
    text: str, leave_out: str | None = None, quotes: Sequence[Quote] = (), title: str = IMPOSSIBLE
) -> Mapping[str, Any]:
    """Why there is nothing to request, and its quotes; *text* is escaped already.

    *leave_out* is the value of a button that plans a training without the data that prevents it.
    """
    buttons = [] if leave_out is None else [button("Leave it out", "lenient", leave_out)]
    head = [header("This model can't be upgraded")] if title == IMPOSSIBLE else []
    return modal(title, [*head, *paragraph(text, "", *buttons, quotes=quotes).blocks], callback="refused")


def ask_one(
    plan: Plan,
    judgement: Judgement,
    linked: str | None,
    wanted: Wanted,
    hours: str = "",
    hindrance: Sequence[Block] = (),
    *,
    zone: OwnZone | None = None,
    forecast: Forecast | None = None,
    held: Sequence[Held] = (),
    owners: Mapping[str, Owner] = MappingProxyType({}),
) -> Mapping[str, Any]:
    """The plan as approvers will see it, the reason for asking, and when it may start.

    *linked* is the name of the language model it was trained with, "" for none. *hours* is when upgrades of its
    instance may start, *hindrance* shows a freeze, *forecast* when it may be done. *held* are the models on hold whose
    holds this ends, *owners* their owners.
    """
    m = plan.model
    blocks: list[Block] = [
        *form_blocks(held, owners),
        section(
            f"{noun(plan).title()} of {bold(m.name)} {versions(plan)} · {m.kind} model on {code(m.base)} · instance "
            f"{code(m.instance)}"
        ),
        *([] if linked is None else [section(f"Trained with {bold(linked) if linked else 'no language model'}.")]),
        *_alerts(plan),
        section("*Why*\n" + "\n".join(f"• {line}" for line in why(judgement))),
        section(f"*Risk of waiting*\n{risk_text(judgement)}"),
        section("\n".join(["*Steps*", *numbered(plan), *entailed(plan)])),
        section(forecast_text(forecast, when_text(wanted)) if forecast else estimate_text(plan.estimate)),
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
    title = f"Request {noun(plan)}"
    shown = replace(wanted, holds=tuple(one.hold.id for one in held))
    submit = END if held else title
    return modal(title, blocks, callback=REQUEST, submit=submit, metadata=f"{shown} {plan.key}")


def _alerts(plan: Plan) -> list[Block]:
    """What must be noticed: what else changes for good, and what is lost."""
    also = [f"*Also changed for good:* {listed([bold(name, 60) for name in others(plan)])}."] if others(plan) else []
    weight = [f"*A weight is lost:* {WEIGHT[:1].lower()}{WEIGHT[1:]}"] if plan.drops_weight else []
    return [alert(text, "warning") for text in (*also, *weight)]


def nothing(left_out: Sequence[LeftOut]) -> Mapping[str, Any]:
    """None of them can be upgraded now."""
    blocks = [section("None of these models can be upgraded now."), *first_left_out(left_out, LISTED, "")]
    return modal(NOTHING, blocks, callback="refused")


def when_text(wanted: Wanted) -> str:
    """The start that an estimate assumes."""
    return "if approved now" if wanted.later is None else "if approved by then"


def why_input() -> Block:
    """The input for the reason."""
    reason = long_text("For example: callers report misheard product names", WHY_LIMIT)
    return input_block(WHY, "Reason, for those who approve", reason, optional=True)


def later_input(wanted: Wanted, hours: str = "", zone: OwnZone | None = None) -> Block:
    """The inputs for the start; a typed time was read in *zone*. *hours* are its instance's."""
    chosen = {"initial_date_time": int(wanted.later.timestamp())} if wanted.later is not None else {}
    element = {"type": "datetimepicker", **chosen}
    hints = [
        f"What you typed was read in {zone_words(zone)}." if zone is not None and wanted.later is not None else "",
        f"Upgrades of this instance start only {hours}." if hours else "Empty: as soon as it is approved.",
    ]
    return input_block(LATER, "Not before", element, optional=True, hint=" ".join(filter(None, hints)))


def reject(request: Request) -> Mapping[str, Any]:
    """The form behind Reject."""
    word = noun(request.first.plan)
    what = f"The {word} of {code(request.first.plan.model.name)} will not start."
    if request.several:
        what = f"None of the {counted(len(request.runs), 'model')} will be upgraded."
    reason = input_block(WHY, "Why not?", long_text("What should happen before somebody asks again?", WHY_LIMIT))
    blocks, metadata = [section(f"{what} The requester is told why."), reason], f"{request.id}:{request.digest}"
    return modal(f"Reject the {word}", blocks, callback=REJECT, submit="Reject", metadata=metadata)
