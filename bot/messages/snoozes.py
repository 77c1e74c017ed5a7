"""Snoozes and holds: the form that asks for one, the line that shows one, and the list with an End button each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from bot.domain.fleet import Ref
from bot.domain.hours import LONGEST
from bot.domain.snoozes import RETUNE, End, Ended, Fault, Reach, Snooze, SnoozeKind, latest
from bot.domain.verdicts import Judgement, Risk
from bot.messages.fitting import MOST, portion
from bot.messages.foreign import Quote, quoted
from bot.messages.holds import reason_of
from bot.messages.kit import button, confirm, context, input_block, long_text, menu, modal, option, paragraph, section
from bot.messages.refusals import called
from bot.messages.signs import Sign
from bot.messages.text import code, counted, day, escape
from bot.messages.verdicts import risk_text
from bot.ports import Block, Message

CALLBACK = "snooze"
SCOPE, UNTIL, DATE, WHY = "scope", "until", "date", "why"
BY_DATE, BY_VERSION = "date", "version"
WHY_LIMIT = 300
SHOWN = 22
"""With the reason of each below it, and Slack's 50 blocks in a message."""
A_WEEK = timedelta(days=7)
CHOOSE = "Choose what to snooze."


FAULTS = {
    Fault.NO_REASON: (WHY, "Say why: the team reads it for as long as this lasts."),
    Fault.NO_DATE: (DATE, "Choose the day on which it ends."),
    Fault.PAST_DATE: (DATE, "Choose a day after today, {today}."),
    Fault.TOO_FAR: (DATE, f"Choose a day up to {{latest}}: this lasts at most {LONGEST.days} days. Set it again then."),
    Fault.NO_NEXT_VERSION: (UNTIL, "No next version will come for it, so nothing would end this. Choose a date."),
    Fault.UNKNOWN: (WHY, "That is no longer known; somebody deleted it. /stt-models lists all models."),
    Fault.CURRENT: (WHY, "The model is on the newest known version: there is nothing to wait for."),
}


def fault_texts(faults: Iterable[Fault], today: date) -> dict[str, str]:
    """A text for each input of the form that is wrong."""
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
    """The form. *standing* is what is in force for exactly this model: a new one replaces it.

    *reaches* are those that this person may choose of for a snooze.
    """
    model, hold = judgement.model, kind is SnoozeKind.HOLD
    blocks = [section(_means(judgement, kind))]
    if standing is not None:
        blocks += [context(f"Replaces for this model: {line(standing)}"), *quoted(reason(standing))]
    if not hold:
        what = {
            Reach.MODEL: "This model",
            Reach.BASE: f"Its base {model.base}, on all instances",
            Reach.INSTANCE: f"Everything on {model.instance}",
        }
        scopes = [option(text, reach) for reach, text in what.items() if reach in reaches]
        missing = [word for reach, word in _FOR_APPROVERS.items() if reach not in reaches]
        only = f"To snooze its {' or '.join(missing)} you must be an approver of every instance that it touches."
        ends = [option("Until a date", BY_DATE), option("Until the next base version", BY_VERSION)]
        choice: Block = {"type": "radio_buttons", "options": ends, "initial_option": ends[0]}
        blocks += [
            input_block(SCOPE, "What", menu(scopes), hint=only if missing else ""),
            input_block(UNTIL, "Until when", choice),
        ]
    picker = {"type": "datepicker"} | ({} if hold else {"initial_date": (today + A_WEEK).isoformat()})
    example = "For example: the customer tests the new version in March" if hold else "For example: retired in March"
    blocks.append(input_block(DATE, "End date", picker, optional=not hold))
    blocks.append(input_block(WHY, "Reason, for the team", long_text(example, WHY_LIMIT)))
    verb = "Hold" if hold else "Snooze"
    return modal(verb, blocks, callback=CALLBACK, submit=verb, metadata=f"{kind} {model.ref}")


_FOR_APPROVERS = {Reach.BASE: "base", Reach.INSTANCE: "instance"}


def _means(judgement: Judgement, kind: SnoozeKind) -> str:
    name = code(judgement.model.name)
    if kind is SnoozeKind.HOLD:
        return (
            f"Hold {name} on its old version *on purpose*: until the day you choose it is not announced, and nobody "
            "upgrades it without ending the hold. You or an approver can end it early.\n"
            f"*Risk of holding:* {risk_text(judgement)}"
        )
    return (
        f"Announcements leave {name} out until then. A model whose customization recognition ignores already is "
        "announced all the same."
    )


def done(snooze: Snooze, name: str | None) -> Mapping[str, Any]:
    """What the form becomes once the snooze is in force."""
    small = context("`/stt-announce snoozes` lists what is snoozed and ends it early.")
    blocks = [section(summary(snooze, name)), *quoted(reason(snooze)), small]
    return modal("On hold" if snooze.kind is SnoozeKind.HOLD else "Snoozed", blocks, callback="snoozed")


def mark(snooze: Snooze) -> str:
    """The shortest that tells it, for a line in a list: it names nobody, so it can stand in a channel."""
    sign = f"{Sign.HELD} on hold" if snooze.kind is SnoozeKind.HOLD else f"{Sign.SNOOZED} snoozed"
    return f"{sign} {_until(snooze)}"


def line(snooze: Snooze) -> str:
    """snoozed until 3 Dec 2026 by @Ada."""
    return f"{mark(snooze)} by <@{snooze.author}>"


def reason(snooze: Snooze, names: Mapping[str, str] = MappingProxyType({})) -> Quote:
    """Why; by the name of its author, or with a mention where that is not given."""
    return reason_of("Reason", snooze, names, WHY_LIMIT)


def summary(snooze: Snooze, name: str | None) -> str:
    """What is snoozed, until when and by whom. It names its author: for private messages only."""
    return f"{_subject(snooze, name)}: {line(snooze)}"


def _until(snooze: Snooze) -> str:
    until = f"until {day(snooze.until)}"
    return f"until the next base version, at most {until}" if snooze.by_version else until


def _subject(snooze: Snooze, name: str | None) -> str:
    match snooze.scope:
        case Reach.MODEL:
            ref = Ref.parse(snooze.subject)
            return f"{code(name or ref.id)} ({ref.kind} model, instance {code(ref.instance)})"
        case Reach.BASE:
            return f"All on the base {code(snooze.subject)}"
        case Reach.INSTANCE:
            return f"The whole instance {code(snooze.subject)}"


def of_model(snooze: Snooze, judgement: Judgement) -> list[Block]:
    """What `/stt-model` says of the snooze that is in force for a model, with the button that ends it."""
    where = "" if snooze.scope is Reach.MODEL else f"{_subject(snooze, None)}: "
    text = f"{where}{line(snooze)}"
    if snooze.kind is SnoozeKind.HOLD:
        text += f"\n*Risk of holding:* {risk_text(judgement)}"
    elif judgement.risk is Risk.IGNORED:
        text += "\n:rotating_light: It is announced all the same: its customization is ignored already."
    return [section(text, _end(snooze, judgement.model.name)), *quoted(reason(snooze))]


def _end(snooze: Snooze, name: str) -> Block:
    shown = name if snooze.scope is Reach.MODEL else f"the {snooze.scope} {snooze.subject}"
    again = "Announcements speak of it again, and it can be upgraded." if snooze.kind is SnoozeKind.HOLD else ""
    ask = confirm(f"End this {snooze.kind}?", again or f"Announcements speak of {shown} again.", "End it")
    label = f"End the {snooze.kind} of {shown}"
    return button(f"End {snooze.kind}", f"unsnooze:{snooze.id}", str(snooze.id), label=label, confirm=ask)


def listed(snoozes: Sequence[Snooze], names: Mapping[str, str]) -> Message:
    """Everything that is snoozed or on hold. *names* are the models' by reference, as far as they are known."""
    if not snoozes:
        return paragraph("Nothing is snoozed or on hold. The buttons *Snooze…* and *Hold…* are on `/stt-model`.")
    text = f"{counted(len(snoozes), 'snooze')} in force, the oldest first."

    def draw(some: Sequence[Snooze]) -> list[Block]:
        named = [(snooze, names.get(snooze.subject)) for snooze in some]
        return [
            block
            for one, name in named
            for block in (
                section(f"{_subject(one, name)}\n{line(one)}", _end(one, name or one.subject)),
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
    """What somebody is told who pressed End."""
    snooze = end.snooze
    if snooze is None:
        return "That is no longer known. `/stt-announce snoozes` lists what is in force."
    if end.late and snooze.ended_by not in (None, RETUNE):
        return f"<@{snooze.ended_by}> ended that already."
    if end.late:
        return f"That is over already: {over_text(snooze)}."
    what = f"the {snooze.kind} by <@{snooze.author}> is ended"
    return f"{_subject(snooze, name)}: {what}. Announcements speak of it again."


def lapsed(snooze: Snooze, name: str | None = None) -> Message:
    """The word for the team when one is over by itself: what was snoozed, why it is over, and why it was."""
    text = f"The {snooze.kind} of {_subject(snooze, name)} is over: {over_text(snooze)}. It was by <@{snooze.author}>."
    return paragraph(text, quotes=[reason(snooze)])


_OVER = {
    Ended.EARLY: "somebody ended it early",
    Ended.REPLACED: "a newer one replaced it",
    Ended.REQUESTED: "somebody ended it to request an upgrade",
    Ended.DATE: "its date came",
    Ended.LONGEST: f"{LONGEST.days} days are over",
    Ended.CURRENT: "the model is on the newest known version",
    Ended.NEXT: "the next version {version} is known",
    Ended.OTHER: "the newest known version is {version} now",
}


def over_text(snooze: Snooze) -> str:
    """Why a snooze is over, in words that follow its name; "" while it lasts."""
    return _OVER[snooze.ended_why].format(version=code(snooze.ended_version)) if snooze.ended_why else ""


def begun(snooze: Snooze, names: Mapping[str, str]) -> Message:
    """What the channel hears once when a base or an instance is snoozed."""
    text = (
        f"*Snoozed:* {_several(snooze)} {_until(snooze)} by {called(snooze.author, names)}.\n"
        "Announcements leave it out. `/stt-announce snoozes` lists it and ends it early."
    )
    return paragraph(text, Sign.SNOOZED, quotes=[reason(snooze, {snooze.author: snooze.author, **names})])


def ended_early(snooze: Snooze, names: Mapping[str, str]) -> Message:
    """What the channel hears once when somebody ends such a snooze early."""
    text = (
        f"*Snooze ended early:* {_several(snooze)}, by {called(snooze.ended_by or '', names)}. It was "
        f"{_until(snooze)} by {called(snooze.author, names)}.\n"
        "Announcements speak of it again."
    )
    return paragraph(text, Sign.REMINDS, quotes=[reason(snooze, {snooze.author: snooze.author, **names})])


def _several(snooze: Snooze) -> str:
    if snooze.scope is Reach.BASE:
        return f"everything on the base {code(snooze.subject)}, on all instances"
    return f"everything on {code(snooze.subject)}"


def taken(old: Snooze) -> str:
    """Why a new one cannot replace what is in force."""
    word = "on hold" if old.kind is SnoozeKind.HOLD else "snoozed"
    return f"It is {word} already {_until(old)}. Only its author or an approver can change that."
