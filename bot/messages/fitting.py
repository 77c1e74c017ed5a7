"""Fitting: a message that is too long for Slack loses ends of its longest texts, never a block or a button."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from bot.messages.text import capped
from bot.ports import Block, Message

T = TypeVar("T")

MOST = 10_000
"""Characters of block JSON; Slack refuses messages from about 13,000 on and publishes no number."""

SHORTEST = 80
"""The shortest cut of a text, in characters."""

_OPEN = re.compile(r"(<[^>]*|&[^;\s]*)$")
"""Markup or an escape torn by a cut."""


def size_of(blocks: Sequence[Block]) -> int:
    """The characters of block JSON."""
    return len(json.dumps(blocks, ensure_ascii=False))


def fitted(message: Message) -> Message:
    """The message with texts as long as there is room for; the longest are cut first."""
    if size_of(message.blocks) <= MOST:
        return message
    low, high = SHORTEST, 3000
    while low < high:  # the longest cap under which all of it fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size_of(_capped(message.blocks, middle)) <= MOST else (low, middle - 1)
    return replace(message, blocks=tuple(_capped(message.blocks, low)))


def portion(items: Sequence[T], draw: Callable[[Sequence[T]], Sequence[Block]], most: int, room: int) -> Sequence[T]:
    """The first of *items*, at most so many, that fit into so many characters of block JSON; at least one."""
    low, high = 1, min(most, len(items))
    while low < high:  # the most that fit
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size_of(draw(items[:middle])) <= room else (low, middle - 1)
    return items[:low]


def _capped(blocks: Sequence[Block], limit: int) -> list[Block]:
    return [_block(block, limit) for block in blocks]


def _block(block: Block, limit: int) -> Block:
    """A section or context block with shorter texts; buttons and menus stay as they are."""
    if block.get("type") == "section":
        return {key: _text(value, limit) if key == "text" else value for key, value in block.items()}
    if block.get("type") == "context":
        return {**block, "elements": [_text(element, limit) for element in block["elements"]]}
    if block.get("type") == "rich_text":
        return {**block, "elements": [_rich(part, limit) for part in block["elements"]]}
    return block


def _rich(part: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """A quote with a shorter text. It has no markup, so it may be cut anywhere."""
    return {
        **part,
        "elements": [
            {**each, "text": capped(each["text"], limit)} if each["type"] == "text" else each
            for each in part["elements"]
        ],
    }


def _text(found: Mapping[str, Any], limit: int) -> dict[str, Any]:
    text = found.get("text")
    if found.get("type") != "mrkdwn" or not isinstance(text, str) or len(text) <= limit:
        return dict(found)
    return {**found, "text": cut(text, limit)}


def cut(text: str, limit: int) -> str:
    """Mrkdwn cut at a line or a word; no markup and no escape is torn."""
    kept = text[: limit - 2]
    ends = max(kept.rfind("\n"), kept.rfind(" "))
    kept = _OPEN.sub("", kept[:ends] if ends > limit // 2 else kept)
    if kept.count("`") % 2:
        kept = kept[: kept.rfind("`")]
    return f"{kept.rstrip()} …"
