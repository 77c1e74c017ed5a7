"""The few Block Kit shapes that all messages are built from, with Slack's limits applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.messages.text import plain
from bot.ports import Block

SECTION = 3000

VALUE = "v"
"""The action id of every input: a block has one, and is found by its own id."""


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph of mrkdwn, capped at Slack's 3,000 characters. Foreign parts must be escaped already."""
    capped = text if len(text) <= SECTION else text[: SECTION - 1] + "…"
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": capped, "verbatim": True}}
    if accessory is not None:
        block["accessory"] = accessory
    return block


def sections(lines: Iterable[str]) -> list[Block]:
    """Lines in as few paragraphs as Slack's limit allows."""
    parts = [""]
    for line in lines:
        if parts[-1] and len(parts[-1]) + len(line) + 1 > SECTION:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n{line}".lstrip("\n")
    return [section(part) for part in parts if part]


def context(*texts: str) -> Block:
    """A line of small print."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": text[:SECTION], "verbatim": True} for text in texts if text],
    }


def header(text: str) -> Block:
    """A headline."""
    return {"type": "header", "text": {"type": "plain_text", "text": plain(text, 150), "emoji": True}}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def actions(buttons: Iterable[Block], block_id: str | None = None) -> Block:
    """A row of buttons."""
    block: Block = {"type": "actions", "elements": list(buttons)}
    if block_id:
        block["block_id"] = block_id
    return block


def button(
    text: str,
    action: str,
    value: str,
    *,
    style: str | None = None,
    confirm: Block | None = None,
    label: str | None = None,
) -> Block:
    """A button. *label* tells a screen reader apart what several buttons with the same text are for."""
    block: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": plain(text), "emoji": True},
        "action_id": action,
        "value": value,
    }
    if style:
        block["style"] = style
    if confirm:
        block["confirm"] = confirm
    if label:
        block["accessibility_label"] = plain(label)
    return block


def confirm(title: str, text: str, yes: str, no: str = "Not now", *, style: str = "primary") -> Block:
    """What Slack asks before it sends the click."""
    return {
        "title": {"type": "plain_text", "text": plain(title, 100)},
        "text": {"type": "plain_text", "text": plain(text, 300)},
        "confirm": {"type": "plain_text", "text": plain(yes, 30)},
        "deny": {"type": "plain_text", "text": plain(no, 30)},
        "style": style,
    }


def option(text: str, value: str, description: str | None = None) -> Block:
    """One choice of a menu; *value* at most 150 characters."""
    block: Block = {"text": {"type": "plain_text", "text": plain(text), "emoji": True}, "value": value}
    if description:
        block["description"] = {"type": "plain_text", "text": plain(description), "emoji": True}
    return block


def input_block(block_id: str, label: str, element: Block, *, optional: bool = False, hint: str = "") -> Block:
    """An input of a form: what *element* is given is sent under *block_id*."""
    made: Block = {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": plain(label, 2000)},
        "element": {**element, "action_id": VALUE},
    }
    if optional:
        made["optional"] = True
    if hint:
        made["hint"] = {"type": "plain_text", "text": plain(hint, 2000)}
    return made


def placeholder(text: str) -> Block:
    """What stands in an empty input."""
    return {"type": "plain_text", "text": plain(text, 150)}


def modal(
    title: str,
    blocks: Iterable[Block],
    *,
    callback: str,
    submit: str | None = None,
    close: str = "Close",
    metadata: str = "",
) -> Mapping[str, Any]:
    """A modal window."""
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": plain(title, 24), "emoji": True},
        "close": {"type": "plain_text", "text": plain(close, 24), "emoji": True},
        "blocks": list(blocks),
        "private_metadata": metadata,
    }
    if submit:
        view["submit"] = {"type": "plain_text", "text": plain(submit, 24), "emoji": True}
    return view
