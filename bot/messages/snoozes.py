"""Snoozes and holds: the line that shows one, the list with an End button each, and the messages to the team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bot.domain.fleet import Ref
from bot.domain.hours import LONGEST
from bot.domain.snoozes import RETUNE, End, Ended, Reach, Snooze, SnoozeKind
from bot.domain.verdicts import Judgement, Risk
from bot.messages.fitting import MOST, portion
from bot.messages.holds import reason_of
from bot.messages.kit import (
    button,
    confirm,
    context,
    modal,
    paragraph,
    section,
)
from bot.messages.quotes import Quote, quoted
from bot.messages.refusals import called
from bot.messages.signs import Sign
from bot.messages.text import bold, code, counted, day, escape
from bot.messages.verdicts import risk_text
from bot.ports import Block, Message

WHY_LIMIT = 300
SHOWN = 22
"""Entries of the list: each has its reason below it, and a message takes 50 blocks."""


def done(snooze: Snooze, name: str | None) -> Mapping[str, Any]:
    """The form once the snooze is in force."""
    small = context("`/stt-announce snoozes` lists what is snoozed and ends it early.")
    blocks = [section(summary(snooze, name)), *quoted(reason(snooze)), small]
    return modal("On hold" if snooze.kind is SnoozeKind.HOLD else "Snoozed", blocks, callback="snoozed")


def mark(snooze: Snooze) -> str:
    """The shortest form, for a line in a list. It names nobody, so it can stand in a channel."""
    sign = f"{Sign.HELD} on hold" if snooze.kind is SnoozeKind.HOLD else f"{Sign.SNOOZED} snoozed"
    return f"{sign} {_until(snooze)}"


def line(snooze: Snooze) -> str:
    """snoozed until 3 Dec 2026 by @Ada."""
    return f"{mark(snooze)} by <@{snooze.author}>"


def reason(snooze: Snooze, names: Mapping[str, str] = MappingProxyType({})) -> Quote:
    """The reason, by its author's name, or with a mention where no name is given."""
    return reason_of("Reason", snooze, names, WHY_LIMIT)


def summary(snooze: Snooze, name: str | None) -> str:
    """What is snoozed, until when and by whom. It names its author: for private messages only."""
    return f"{_first(_subject(snooze, name))}: {line(snooze)}"


def _until(snooze: Snooze) -> str:
    until = f"until {day(snooze.until)}"
    return f"until the next base version, at most {until}" if snooze.by_version else until


def _first(text: str) -> str:
    """With a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"


def _subject(snooze: Snooze, name: str | None) -> str:
    match snooze.scope:
        case Reach.MODEL:
            ref = Ref.parse(snooze.subject)
            return f"{ref.kind} model {bold(name) if name else code(ref.id)} on {code(ref.instance)}"
        case Reach.BASE:
            return f"everything on the base {code(snooze.subject)}"
        case Reach.INSTANCE:
            return f"everything on {code(snooze.subject)}"


def of_model(snooze: Snooze, judgement: Judgement) -> list[Block]:
    """`/stt-model` about the snooze in force for a model, with the button that ends it."""
    where = "" if snooze.scope is Reach.MODEL else f"{_first(_subject(snooze, None))}: "
    text = f"{where}{line(snooze)}"
    if snooze.kind is SnoozeKind.HOLD:
        text += f"\n*Risk of holding:* {risk_text(judgement)}"
    elif judgement.risk is Risk.IGNORED:
        text += "\n:rotating_light: Still announced: its customization is already ignored."
    return [section(text, _end(snooze, judgement.model.name)), *quoted(reason(snooze))]


def _end(snooze: Snooze, name: str) -> Block:
    shown = name if snooze.scope is Reach.MODEL else f"the {snooze.scope} {snooze.subject}"
    again = "It is announced again and can be upgraded." if snooze.kind is SnoozeKind.HOLD else ""
    ask = confirm(f"End this {snooze.kind}?", again or f"Announcements include {shown} again.", "End it")
    label = f"End the {snooze.kind} of {shown}"
    return button(f"End {snooze.kind}", f"unsnooze:{snooze.id}", str(snooze.id), label=label, confirm=ask)


def listed(snoozes: Sequence[Snooze], names: Mapping[str, str]) -> Message:
    """Everything that is snoozed or on hold. *names* are the models' names by reference, as far as known."""
    if not snoozes:
        return paragraph("Nothing is snoozed or on hold. The buttons *Snooze…* and *Hold…* are on `/stt-model`.")
    text = f"{counted(len(snoozes), 'snooze')} in force, the oldest first."

    def draw(some: Sequence[Snooze]) -> list[Block]:
        named = [(snooze, names.get(snooze.subject)) for snooze in some]
        return [
            block
            for one, name in named
            for block in (
                section(f"{_first(_subject(one, name))}\n{line(one)}", _end(one, name or one.subject)),
                *quoted(reason(one)),
            )
        ]

    shown = portion(snoozes, draw, SHOWN, MOST - 1000)
    blocks = [section(f"*{text}*"), *draw(shown)]
    if left := len(snoozes) - len(shown):
        blocks.append(context(f"and {left} more; end some of these to see them"))
    plain = "; ".join(f"{escape(names.get(s.subject) or s.subject, 60)} {_until(s)}" for s in shown)
    return Message(f"{text} {plain}", tuple(blocks))


def ended(end: End, name: str | None) -> str:
    """The answer to the person who pressed End."""
    snooze = end.snooze
    if snooze is None:
        return "It is no longer there. `/stt-announce snoozes` lists what is in force."
    if end.late and snooze.ended_by not in (None, RETUNE):
        return f"<@{snooze.ended_by}> has already ended it."
    if end.late:
        return f"It has already ended: {over_text(snooze)}."
    return f"{snooze.kind.value.capitalize()} of {_subject(snooze, name)} ended; it was by <@{snooze.author}>."


def lapsed(snooze: Snooze, name: str | None = None) -> Message:
    """The message to the team when one ends by itself: what was snoozed, why it is over, and its reason."""
    what = f"{snooze.kind.value.capitalize()} of {_subject(snooze, name)}"
    text = f"{what} ended: {over_text(snooze)}. It was by <@{snooze.author}>."
    return paragraph(text, quotes=[reason(snooze)])


_OVER = {
    Ended.EARLY: "ended early",
    Ended.REPLACED: "a newer one replaced it",
    Ended.REQUESTED: "ended to request an upgrade",
    Ended.DATE: "end date reached",
    Ended.LONGEST: f"{LONGEST.days} days have passed",
    Ended.CURRENT: "the model is on the newest known version",
    Ended.NEXT: "version {version} is known",
    Ended.OTHER: "the newest known version is now {version}",
}


def over_text(snooze: Snooze) -> str:
    """Why a snooze is over, in words that follow its name; "" while it lasts."""
    return _OVER[snooze.ended_why].format(version=code(snooze.ended_version)) if snooze.ended_why else ""


def begun(snooze: Snooze, names: Mapping[str, str]) -> Message:
    """The one message to the channel when a base or an instance is snoozed."""
    text = (
        f"*Snoozed:* {_several(snooze)} {_until(snooze)} by {called(snooze.author, names)}.\n"
        "Announcements leave it out; `/stt-announce snoozes` can end it early."
    )
    return paragraph(text, Sign.SNOOZED, quotes=[reason(snooze, {snooze.author: snooze.author, **names})])


def ended_early(snooze: Snooze, names: Mapping[str, str]) -> Message:
    """The one message to the channel when a person ends such a snooze early."""
    text = (
        f"*Snooze ended early:* {_several(snooze)}, by {called(snooze.ended_by or '', names)}. It was "
        f"{_until(snooze)} by {called(snooze.author, names)}.\n"
        "It is announced again."
    )
    return paragraph(text, Sign.REMINDS, quotes=[reason(snooze, {snooze.author: snooze.author, **names})])


def _several(snooze: Snooze) -> str:
    if snooze.scope is Reach.BASE:
        return f"everything on the base {code(snooze.subject)}, on all instances"
    return f"everything on {code(snooze.subject)}"


def taken(old: Snooze) -> str:
    """Why a new one can't replace the one in force."""
    word = "on hold" if old.kind is SnoozeKind.HOLD else "snoozed"
    return f"It is already {word} {_until(old)}. Only its author or an approver can change that."
