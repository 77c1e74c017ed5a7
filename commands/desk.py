"""What every command works with, and what it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.flows.parts import Flows
from bot.ports import Chat, Files, Message, Place, Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Flows):
    """The flows, and the world as far as answers need it. *bot_user* is our own user id."""

    chat: Chat
    windows: Windows
    files: Files
    bot_user: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody typed or clicked.

    *text* is what follows the command, or the value of the button. *trigger* opens a modal within 3 s; a mention
    has none. *name* is the command, action or callback that it came as.
    """

    name: str
    user: str
    place: Place
    text: str
    trigger: str | None = None
    view: str | None = None
    """The open modal that a click came from."""


@dataclass(frozen=True, slots=True)
class Public:
    """An answer that the whole channel sees."""

    message: Message


Work = Callable[[], Awaitable[Message | None]]
"""What needs the world: done after the acknowledgement; a message it returns is said privately."""

Answer = Message | Public | Work | None
"""An answer from what is known already goes into the acknowledgement itself, which saves a call."""
