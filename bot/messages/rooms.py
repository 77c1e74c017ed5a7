"""Channels that are shared with another organization: why something is not shown there, and what to do."""

from __future__ import annotations

from bot.domain.requests import Request
from bot.messages.kit import context
from bot.ports import Message

SHARED = (
    "Only you see this: this channel is shared with another organization. To show it here, your operator can set "
    "`RETUNE_SHARED_CHANNEL=yes`."
)
UNKNOWN = (
    "Only you see this: Slack doesn't say whether this conversation is shared with another organization. Invite the "
    "bot here with `/invite @retune`, then try again."
)


NOT_AT_ONCE = (
    "Only you see this: a mention, and what takes longer, is answered privately. Type `/stt-models public` to show it "
    "here."
)


def alone(message: Message, why: str) -> Message:
    """An answer that was to be public, with the reason why it is not."""
    return Message(f"{why} {message.text}", (context(why), *message.blocks))


def card_is_withheld(request: Request) -> str:
    """The request is written, and its card may not be shown where cards go."""
    return (
        f"Your request {request.id} is kept, but its card is not posted: <#{request.channel}> is shared with another "
        "organization. Remove that organization from the channel, or ask your operator to set "
        f"`RETUNE_SHARED_CHANNEL=yes`; the card follows. Until then `/stt-runs {request.id}` shows it."
    )
