"""The form in which a message is sent: whole, or shorter if Slack does not accept it. Never nothing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from bot.errors import BlocksRefused
from bot.messages.fitting import MOST, fitted, size_of
from bot.ports import Message

log = logging.getLogger(__name__)

BLOCKS = 50
"""Blocks of one message."""

POSTED, EDITED = 39_000, 3_900
"""Characters of text: Slack cuts posts at 40,000 and refuses edits from 4,000 on."""

PLAIN = 2_900
"""Characters of the text that replaces blocks."""

LEFT_OUT = "(Slack did not take the whole message. `/stt-runs` and `/stt-models` show the rest.)"


def forms(message: Message, text: int = POSTED) -> Iterator[dict[str, Any]]:
    """The message, its longest texts cut if too long; then its text with buttons; then only its text.

    *text* is the most characters of text.
    """
    blocks = fitted(message).blocks
    if len(blocks) <= BLOCKS and size_of(blocks) <= MOST:
        yield {"text": message.text[:text], "blocks": list(blocks)}
    short = {"type": "mrkdwn", "text": f"{message.text[:PLAIN]}\n{LEFT_OUT}", "verbatim": True}
    buttons = [block for block in message.blocks if block.get("type") == "actions"][-2:]
    yield {"text": message.text[:text], "blocks": [{"type": "section", "text": short}, *buttons]}
    yield {"text": message.text[: min(text, PLAIN)], "blocks": []}


async def in_some_form(
    message: Message, send: Callable[[Mapping[str, Any]], Awaitable[Any]], what: str, *, text: int = POSTED
) -> Any:
    """Send the longest form that Slack accepts; logs if it is not the whole. Raises what *send* raises."""
    if len(message.blocks) > BLOCKS or size_of(message.blocks) > MOST:
        log.warning("%s is too long for Slack and is sent shorter: %d characters", what, size_of(message.blocks))
    refused: BlocksRefused | None = None
    for content in forms(message, text):
        try:
            return await send(content)
        except BlocksRefused as error:
            log.warning("%s is sent shorter: %s", what, error.text)
            refused = error
    assert refused is not None
    raise refused
