"""The forms that ask for a snooze or a hold: of one model, or of one of several."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from bot.domain.fleet import Model
from bot.domain.hours import LONGEST
from bot.domain.snoozes import Fault, Reach, Snooze, SnoozeKind, latest
from bot.domain.verdicts import Judgement, Risk
from bot.messages.kit import alert, context, input_block, long_text, menu, modal, option, placeholder, section
from bot.messages.quotes import quoted
from bot.messages.refusals import labels
from bot.messages.snoozes import WHY_LIMIT, line, reason
from bot.messages.text import bold, day
from bot.ports import Block

CALLBACK = "snooze"
MODEL, SCOPE, UNTIL, DATE, WHY = "model", "scope", "until", "date", "why"
BY_DATE, BY_VERSION = "date", "version"
A_WEEK = timedelta(days=7)
CHOOSE = "Choose what to snooze."
CHOOSE_MODEL = "Choose a model."
NOTHING = "Every model of that announcement is current, snoozed or on hold by now. /stt-announce snoozes lists those."
OFFERED = 100
"""Models in a menu."""


FAULTS = {
    Fault.NO_REASON: (WHY, "Give a reason: the team reads it."),
    Fault.NO_DATE: (DATE, "Choose an end date."),
    Fault.PAST_DATE: (DATE, "Choose a day after today, {today}."),
    Fault.TOO_FAR: (DATE, f"Choose a day up to {{latest}}, {LONGEST.days} days at most. You can set it again then."),
    Fault.NO_NEXT_VERSION: (UNTIL, "No newer version will come for it. Choose a date."),
    Fault.UNKNOWN: (WHY, "It was deleted. /stt-models lists all models."),
    Fault.CURRENT: (WHY, "The model is on the newest known version: nothing to snooze or hold."),
}


def fault_texts(faults: Iterable[Fault], today: date) -> dict[str, str]:
    """The errors, by input."""
    texts: dict[str, str] = {}
    for fault in faults:
        block, text = FAULTS[fault]
        said = text.format(today=day(today), latest=day(latest(today)))
        texts[block] = f"{texts[block]} {said}" if block in texts else said
    return texts


def ask(
    judgement: Judgement,
    kind: SnoozeKind,
    today: date,
    standing: Snooze | None,
    reaches: Collection[Reach] = (Reach.MODEL,),
) -> Mapping[str, Any]:
    """The form.

    *standing* is in force for exactly this model: a new one replaces it. *reaches* are this person's choices for a
    snooze.
    """
    model, hold = judgement.model, kind is SnoozeKind.HOLD
    blocks = [section(_means(judgement, kind)), *_warning(judgement.risk, hold)]
    if standing is not None:
        blocks += [context(f"Replaces for this model: {line(standing)}"), *quoted(reason(standing))]
    if not hold:
        blocks += _how_far(f"Its base {model.base}, on all instances", f"Everything on {model.instance}", reaches)
    blocks += _how_long(kind, today)
    verb = "Hold" if hold else "Snooze"
    return modal(verb, blocks, callback=CALLBACK, submit=verb, metadata=f"{kind} {model.ref}")


def ask_which(
    models: Sequence[Model], left: int, today: date, reaches: Collection[Reach] = (Reach.MODEL,)
) -> Mapping[str, Any]:
    """The form of a snooze that asks for one of several models; *left* more are not offered."""
    offered = [option(name, model.ref) for model, name in zip(models, labels(models), strict=True)]
    hint = f"The worst {len(models)}. {left:,} more: *Snooze…* on /stt-model." if left else ""
    menu_of_models = {"type": "static_select", "options": offered, "placeholder": placeholder("Choose a model")}
    blocks = [
        section(f"Announcements leave it out until then. {_BREAKS_THROUGH}"),
        input_block(MODEL, "Model", menu_of_models, hint=hint),
        *_how_far("Its base, on all instances", "Everything on its instance", reaches),
        *_how_long(SnoozeKind.SNOOZE, today),
    ]
    return modal("Snooze", blocks, callback=CALLBACK, submit="Snooze", metadata=f"{SnoozeKind.SNOOZE} ")


_BREAKS_THROUGH = "Models whose customization is already ignored are still announced."


def _how_far(base: str, instance: str, reaches: Collection[Reach]) -> list[Block]:
    """The subject of a snooze: the model, or more where this person may choose more."""
    what = {Reach.MODEL: "This model", Reach.BASE: base, Reach.INSTANCE: instance}
    missing = [word for reach, word in _FOR_APPROVERS.items() if reach not in reaches]
    only = f"Only an approver of every instance that it touches can snooze its {' or '.join(missing)}."
    scopes = [option(text, reach) for reach, text in what.items() if reach in reaches]
    return [input_block(SCOPE, "What", menu(scopes), hint=only if missing else "")]


def _how_long(kind: SnoozeKind, today: date) -> list[Block]:
    """Until when, and why."""
    hold = kind is SnoozeKind.HOLD
    ends = [option("Until a date", BY_DATE), option("Until the next base version", BY_VERSION)]
    choice: Block = {"type": "radio_buttons", "options": ends, "initial_option": ends[0]}
    picker = {"type": "datepicker"} | ({} if hold else {"initial_date": (today + A_WEEK).isoformat()})
    example = "For example: customer tests the new version in March" if hold else "For example: retired in March"
    return [
        *([] if hold else [input_block(UNTIL, "Until when", choice)]),
        input_block(DATE, "End date", picker, optional=not hold),
        input_block(WHY, "Reason, for the team", long_text(example, WHY_LIMIT)),
    ]


_FOR_APPROVERS = {Reach.BASE: "base", Reach.INSTANCE: "instance"}


def _means(judgement: Judgement, kind: SnoozeKind) -> str:
    name = bold(judgement.model.name)
    if kind is SnoozeKind.HOLD:
        return (
            f"Keep {name} on its old version *on purpose*. Until the end date it is not announced, and nobody upgrades "
            "it without ending the hold. You or an approver can end it early."
        )
    return f"Announcements leave {name} out until then. {_BREAKS_THROUGH}"


_GOES = "When the old version goes, its customization is silently ignored."

_HOLDING: Mapping[Risk, str] = {
    Risk.IGNORED: "*Its customization is already ignored*: requests get the plain base model.",
    Risk.RETIRED: "*Its base is retired*: requests can fail or lose the customization at any time.",
    Risk.REFUSED: "*Requests with it fail* until it is created again.",
    Risk.WARNED: f"Requests using it return a warning today. {_GOES}",
    Risk.EXPECTED: f"Requests using it probably return a warning. {_GOES}",
}
"""The risk of a hold, in a sentence for an alert; nothing where waiting harms nobody."""

_LOSES = frozenset({Risk.IGNORED, Risk.RETIRED, Risk.REFUSED})
"""What callers lose today already."""


def _warning(risk: Risk, hold: bool) -> list[Block]:
    """What to know before the form is sent."""
    if hold:
        return [alert(_HOLDING[risk], "error" if risk in _LOSES else "warning")] if risk in _HOLDING else []
    return [alert("Its customization is already ignored, so it is still announced.")] if risk is Risk.IGNORED else []
