"""Freezes and other waits in words: the form that begins a freeze, the line that shows it, the list that ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

from bot.domain.freezes import Freeze, Wait
from bot.messages.kit import (
    actions,
    alert,
    button,
    confirm,
    divider,
    input_block,
    menu,
    modal,
    option,
    paragraph,
    section,
)
from bot.messages.quotes import Quote, quoted
from bot.messages.refusals import called, mention
from bot.messages.request_form import WHY, WHY_LIMIT
from bot.messages.signs import Sign
from bot.messages.text import code, counted, listed, moment, plain
from bot.ports import Block, Message

FREEZE, SCOPE, UNTIL = "freeze", "scope", "until"
ALL, MINE = "*", "*mine"
"""Values of the menu other than an instance: all instances, and all that the person decides on."""

ENDED_ALREADY = "That freeze has already ended. `/stt-upgrade freeze` shows what is frozen."
OVER_ALREADY = "That time has passed. Choose a later one."
SAY_WHY = "Give a reason: every card shows it."
SAY_UNTIL = "Choose when it ends."


def too_long(days: int) -> str:
    """A freeze lasts too long. Plain text."""
    return f"A freeze lasts at most {days} days. Choose an earlier end, and freeze again then."


def unknown_instance(instance: str, known: Iterable[str]) -> str:
    """There is no such instance. Plain text."""
    return f"There is no instance {plain(instance)}. Choose one of {', '.join(map(plain, sorted(known)))}."


def for_approvers(ids: Iterable[str]) -> str:
    """The answer to people who decide on no instance; *ids* are those who do."""
    return f"Only approvers can freeze upgrades. Ask {listed([mention(id) for id in ids], 'or')}."


def freeze_line(freeze: Freeze) -> str:
    """A freeze: what, until when, by whom."""
    what = code(freeze.instance) if freeze.instance else "all instances"
    return f"{Sign.FROZEN} *{what} frozen* until {moment(freeze.until)} by <@{freeze.author}>"


def freeze_quote(freeze: Freeze, names: Mapping[str, str] = MappingProxyType({})) -> Quote:
    """Its reason, by the author's name, or with a mention where no name is given."""
    if name := names.get(freeze.author):
        return Quote(f"Reason for the freeze, from {plain(name, 60)}", freeze.reason)
    return Quote("Reason for the freeze, from", freeze.reason, freeze.author)


def freeze_blocks(freezes: Iterable[Freeze], *accessories: Block) -> list[Block]:
    """Freezes with their reasons; *accessories* stand beside each of the first."""
    return [
        block
        for freeze, beside in zip_longest(freezes, accessories)
        if freeze is not None
        for block in (section(freeze_line(freeze), beside), *quoted(freeze_quote(freeze)))
    ]


def told(freezes: Sequence[Freeze]) -> Message:
    """The answer to the person who began these."""
    text = "\n".join(map(freeze_line, freezes))
    return paragraph(text, quotes=[freeze_quote(freeze) for freeze in freezes])


def begun(freezes: Sequence[Freeze], names: Mapping[str, str]) -> Message:
    """The one message to the channel: what is frozen, until when, by whom, and why."""
    first = freezes[0]
    what = listed([code(freeze.instance) if freeze.instance else "all instances" for freeze in freezes])
    text = (
        f"*Frozen:* {what} until {moment(first.until)} by {called(first.author, names)}.\n"
        "Nothing new starts there until then; what runs continues. `/stt-upgrade freeze` shows it."
    )
    return paragraph(text, Sign.FROZEN, quotes=[freeze_quote(first, {first.author: first.author, **names})])


def ended(freeze: Freeze, names: Mapping[str, str]) -> Message:
    """The one message to the channel when a person ends a freeze early."""
    what = code(freeze.instance) if freeze.instance else "all instances"
    text = (
        f"*Freeze ended early:* {what}, by {called(freeze.ended_by or '', names)}. It was until "
        f"{moment(freeze.until)} by {called(freeze.author, names)}.\n"
        "Approved upgrades start now."
    )
    return paragraph(text, Sign.UNFROZEN, quotes=[freeze_quote(freeze, {freeze.author: freeze.author, **names})])


def wait_text(wait: Wait) -> str:
    """Why something does not start yet."""
    return f"{Sign.FROZEN if wait.freeze is not None else Sign.SCHEDULED} {wait_words(wait)}"


def wait_words(wait: Wait) -> str:
    """The same as it is read aloud, without a sign."""
    if wait.freeze is not None:
        where = f"{code(wait.freeze.instance)} is" if wait.freeze.instance else "All instances are"
        return f"{where} frozen until {moment(wait.until)} by <@{wait.freeze.author}>. Nothing new starts until then."
    if wait.why == "time":
        return f"Scheduled: {moment(wait.until)} or later."
    return f"Outside upgrade hours; they begin {moment(wait.until)}."


def wait_quotes(wait: Wait | None) -> list[Quote]:
    """The reason of the freeze that holds something back."""
    return [] if wait is None or wait.freeze is None else [freeze_quote(wait.freeze)]


def freezes(holding: Sequence[Freeze]) -> Message:
    """What is frozen, with a button that ends each freeze, and one that begins another."""
    blocks: list[Block] = []
    ask = confirm("End the freeze?", "Approved upgrades start at once.", "End it")
    for freeze in holding[:20]:
        label = f"End the freeze of {freeze.instance or 'all instances'}"
        end = button("End freeze", "unfreeze", str(freeze.id), label=label, confirm=ask)
        blocks += freeze_blocks([freeze], end)
    text = f"{len(holding)} frozen." if holding else "Nothing is frozen."
    if not blocks:
        blocks.append(section(f"{text} A freeze stops every step that has not started; what runs continues."))
    blocks.append(actions([button("Freeze…", "freeze", "new", style="danger", label="Begin a freeze")]))
    return Message(text, tuple(blocks))


def form(
    instances: Sequence[str], holding: Sequence[Freeze], suggested: datetime, channel: str, *, everywhere: bool
) -> Mapping[str, Any]:
    """The form that begins a freeze; *suggested* is the end it offers first.

    *instances* are those this person decides on; *everywhere*: these are all there are.
    """
    several = [option("All instances", ALL)] if everywhere else [option("All that I approve for", MINE)]
    options = [*(several if everywhere or len(instances) > 1 else []), *(option(each, each) for each in instances[:99])]
    hint = "" if everywhere else "Only instances that you approve for are listed."
    blocks: list[Block] = [
        section(
            "While frozen, no upgrade, training or next step starts, approved or not. What the service is working on "
            "continues. Every card says who froze it and why."
        ),
        input_block(SCOPE, "What", menu(options), hint=hint),
        input_block(UNTIL, "Until", {"type": "datetimepicker", "initial_date_time": int(suggested.timestamp())}),
        input_block(WHY, "Reason", {"type": "plain_text_input", "max_length": WHY_LIMIT}),
    ]
    if holding:
        blocks.insert(1, alert(f"{counted(len(holding), 'freeze')} in force already, listed below.", "info"))
        blocks += [divider(), *freeze_blocks(holding[:10])]
    return modal("Freeze", blocks, callback=FREEZE, submit="Freeze", metadata=channel)
