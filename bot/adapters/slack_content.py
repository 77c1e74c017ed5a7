"""The form in which a message is sent: whole, or shorter if Slack does not accept it. Never nothing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.adapters.slack_newer import NewerBlocks
from bot.errors import BlocksRefused
from bot.messages.fitting import MOST, fitted, size_of
from bot.ports import Block, Message

log = logging.getLogger(__name__)

BLOCKS = 50
"""Blocks of one message."""

POSTED, EDITED = 39_000, 3_900
"""Characters of text: Slack cuts posts at 40,000 and refuses edits from 4,000 on."""

PLAIN = 2_900
"""Characters of the text that replaces blocks."""

LEFT_OUT = "(Slack did not take the whole message. `/stt-runs` and `/stt-models` show the rest.)"


def whole(message: Message) -> Message | None:
    """The message with its longest texts cut where it is too long; None where that is not enough."""
    blocks = fitted(message).blocks
    return replace(message, blocks=blocks) if len(blocks) <= BLOCKS and size_of(blocks) <= MOST else None


def shorter(message: Message, text: int = POSTED) -> Iterator[dict[str, Any]]:
    """The text of a message with its buttons, then its text alone. *text*: how many characters of text Slack takes."""
    short = {"type": "mrkdwn", "text": f"{message.text[:PLAIN]}\n{LEFT_OUT}", "verbatim": True}
    buttons = [block for block in message.blocks if block.get("type") == "actions"][-2:]
    yield {"text": message.text[:text], "blocks": [{"type": "section", "text": short}, *buttons]}
    yield {"text": message.text[: min(text, PLAIN)], "blocks": []}


async def in_some_form(
    message: Message,
    send: Callable[[Mapping[str, Any]], Awaitable[Any]],
    what: str,
    newer: NewerBlocks,
    *,
    text: int = POSTED,
) -> Any:
    """Sends the longest form that Slack takes, and logs if that is not all of it. Raises what *send* raises.

    The longest has newer blocks where Slack takes them in messages, else plain ones.
    """

    async def in_full(blocks: Sequence[Block]) -> Any:
        size, fit = size_of(blocks), whole(replace(message, blocks=tuple(blocks)))
        if fit is None:
            raise BlocksRefused(f"it has {size} characters and {len(blocks)} blocks", code="msg_blocks_too_long")
        if size > MOST:
            log.warning("%s is too long for Slack and loses ends of its texts: %d characters", what, size)
        return await send({"text": message.text[:text], "blocks": list(fit.blocks)})

    refused: BlocksRefused
    try:
        return await newer.send("message", message.blocks, in_full)
    except BlocksRefused as error:
        log.warning("%s is sent shorter: %s", what, error.text)
        refused = error
    for content in shorter(message, text):
        try:
            return await send(content)
        except BlocksRefused as error:
            log.warning("%s is sent shorter: %s", what, error.text)
            refused = error
    raise refused
