"""Freezes in words: the form that begins one, the line that shows it, the list that ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.timing import Freeze
from bot.messages.kit import actions, button, confirm, divider, modal, option, section
from bot.messages.request import VALUE, WHY, WHY_LIMIT
from bot.messages.text import code, escape, moment
from bot.ports import Block, Message

FREEZE, SCOPE, UNTIL = "freeze", "scope", "until"
ALL = "*"


def freeze_line(freeze: Freeze) -> str:
    """A freeze: what, until when, by whom, why."""
    what = code(freeze.instance) if freeze.instance else "all instances"
    reason = escape(freeze.reason)
    return f":snowflake: *{what} frozen* until {moment(freeze.until)} by <@{freeze.author}>: {reason}"


def freezes(holding: Sequence[Freeze]) -> Message:
    """What is frozen, each with a button that ends it, and a button that begins another."""
    blocks: list[Block] = []
    for freeze in holding[:20]:
        end = button(
            "End it",
            "unfreeze",
            str(freeze.id),
            label=f"End the freeze of {freeze.instance or 'all instances'}",
            confirm=confirm("End the freeze?", "What is approved and waits starts at once.", "End it"),
        )
        blocks.append(section(freeze_line(freeze), end))
    text = f"{len(holding)} frozen." if holding else "Nothing is frozen."
    if not blocks:
        blocks.append(section(f"{text} A freeze holds back every step that has not begun; what runs goes on."))
    blocks.append(actions([button("Freeze…", "freeze", "new", style="danger", label="Begin a freeze")]))
    return Message(text, tuple(blocks))


def form(instances: Iterable[str], holding: Sequence[Freeze], suggested: datetime, channel: str) -> Mapping[str, Any]:
    """The form that begins a freeze; *suggested* is the end it offers first."""
    options = [option("All instances", ALL), *(option(name, name) for name in list(instances)[:99])]
    blocks: list[Block] = [
        section(
            "While frozen, no upgrade and no training starts, approved or not, and no next step of one that runs. What "
            "the service works on goes on. Every card says who froze it and why."
        ),
        _input(SCOPE, "What", {"type": "static_select", "initial_option": options[0], "options": options}),
        _input(UNTIL, "Until", {"type": "datetimepicker", "initial_date_time": int(suggested.timestamp())}),
        _input(WHY, "Reason", {"type": "plain_text_input", "max_length": WHY_LIMIT}),
    ]
    if holding:
        blocks += [divider(), *(section(freeze_line(freeze)) for freeze in holding[:10])]
    return modal("Freeze", blocks, callback=FREEZE, submit="Freeze", close="Cancel", metadata=channel)


def _input(block: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": block,
        "label": {"type": "plain_text", "text": label},
        "element": {"action_id": VALUE, **element},
    }
