"""Channels that are shared, closed, or lost a message: why something is not shown there, and what to do."""

from __future__ import annotations

from bot.domain.requests import Request
from bot.messages.card import title
from bot.messages.kit import context, paragraph
from bot.messages.signs import Sign
from bot.messages.steps import changed
from bot.messages.text import bold, some
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
    """A public answer that is shown in private, with the reason."""
    return Message(f"{why} {message.text}", (context(why), *message.blocks))


def card_is_withheld(request: Request) -> str:
    """The request is stored, but its card may not be shown in the channel for cards."""
    return (
        f"Your request {request.id} is kept, but its card is not posted: <#{request.channel}> is shared with another "
        "organization. Remove that organization from the channel, or ask your operator to set "
        f"`RETUNE_SHARED_CHANNEL=yes`; the card follows. Until then `/stt-runs {request.id}` shows it."
    )


def continued(message: Message) -> Message:
    """A message posted again because the one before it, or its thread, is gone."""
    note = "Continued: the message before this one is gone."
    return Message(f"{message.text} {note}", (*message.blocks, context(f"{Sign.CONTINUED} {note}")))


def channel_is_closed(request: Request, code_of_slack: str | None) -> Message:
    """To the requester alone: nothing can be posted in the channel of the card."""
    archived = code_of_slack in ("is_archived", "is_inactive")
    where = f"<#{request.channel}>"
    why = f"{where} is archived" if archived else f"I'm no longer in {where}"
    mend = "Take it out of the archive" if archived else f"Invite me with `/invite @retune` in {where}"
    names = some([bold(name, 60) for name in changed(request)], 10)
    text = (
        f"Request {request.id} ({title(request)}: {names}) can't be shown: {why}. It goes on, and you get its outcome "
        f"here. {mend}, or ask your operator to choose another channel; then everything that is missing follows. "
        f"Until then `/stt-runs {request.id}` shows it."
    )
    return paragraph(text, Sign.NO_CHANNEL)
