"""Doubts in words: an instance that may be another one now, and unreadable records."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.doubts import Doubt, DoubtKind
from bot.domain.fleet import InstanceReading, Unreadable
from bot.messages.kit import button, confirm, section
from bot.messages.signs import Sign
from bot.messages.text import code, counted, escape, moment
from bot.ports import Block, Message

NAMED = 5
"""Ids of unreadable records named in one line."""


def now_and_before(doubt: Doubt) -> str:
    """What an instance lists now, and what it listed before."""
    if doubt.kind is DoubtKind.NO_BASES:
        return f"serves no base models since {moment(doubt.since)}; before: {doubt.had}"
    known = f"{doubt.kept} of the {doubt.had} that it listed before"
    return f"lists {counted(doubt.has, 'custom model')} since {moment(doubt.since)}, {known}"


def question(instance: str, doubt: Doubt) -> str:
    """What is odd, what was done about it, and who acts next."""
    return (
        f"*Is this still the right instance?* It {now_and_before(doubt)}, in {doubt.looks} readings. Its key or URL "
        "may belong to another instance by now. Nothing was changed: what was read before is kept, with its cards. "
        f"An approver of {code(instance)} checks its key and URL with `python -m bot check`, or presses *It is right*."
    )


def right_button(instance: str, doubt: Doubt) -> Block:
    """Accepts what an instance lists now."""
    what = "base models count as no longer offered" if doubt.kind is DoubtKind.NO_BASES else "models are forgotten"
    text = f"{doubt.had - doubt.kept} {what}, and cards that this makes pointless are closed."
    ask = confirm("Is it right?", text, "It is right")
    label = f"What {instance} lists is right"
    return button("It is right", "accept", f"{doubt.shape} {instance}"[:2000], label=label, confirm=ask)


def not_believed(reading: InstanceReading) -> str:
    """The same in one line of a list; "" where nothing is in doubt."""
    if reading.doubt is None:
        return ""
    return f":warning: {code(reading.name)} {now_and_before(reading.doubt)}. What was read before is shown."


def unreadable(reading: InstanceReading) -> str:
    """The unreadable records of an instance; "" where there are none."""
    odd = reading.unreadable
    if not odd:
        return ""
    named = ", ".join(_named(one) for one in odd[:NAMED])
    more = f" and {len(odd) - NAMED} more" if len(odd) > NAMED else ""
    records = counted(len(odd), "record")
    verb = "makes" if len(odd) == 1 else "make"
    return (
        f":warning: {code(reading.name)}: {records} unreadable, because what it sends {verb} no sense: {named}{more}."
    )


def _named(one: Unreadable) -> str:
    return f"{escape(one.what)} {code(one.id, 60) if one.id else 'without an id'}"


def accepted(instance: str) -> Message:
    """The list is accepted."""
    return _said(f"{Sign.BACK} {code(instance)} is shown as it is now. What that ended is told in the channel.")


def over(instance: str) -> Message:
    """There is nothing to accept."""
    return _said(f"{code(instance)} lists what it listed before. Nothing was changed, and nothing is to be decided.")


def unread(instance: str) -> Message:
    """The instance did not answer."""
    return _said(
        f":warning: {code(instance)} does not answer just now. Nothing was changed; press it again in a moment."
    )


def another(instance: str, doubt: Doubt) -> Message:
    """The list changed again since it was shown."""
    text = f":warning: {code(instance)} lists something else by now: it {now_and_before(doubt)}. Nothing was changed."
    return _said(text, right_button(instance, doubt))


def _said(text: str, *buttons: Block) -> Message:
    blocks: Sequence[Block] = [{"type": "actions", "elements": list(buttons)}] if buttons else []
    return Message(text, (section(text), *blocks))
