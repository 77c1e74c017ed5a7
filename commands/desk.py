"""What every command works with, and what it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.flows.announcements import Announcer
from bot.flows.background import Background
from bot.flows.deciding import Decisions
from bot.flows.inventory import Inventory
from bot.flows.owning import Owning
from bot.flows.pausing import Pauses
from bot.flows.probing import Prober
from bot.flows.requests import Requests
from bot.flows.runner import Runner
from bot.flows.snoozing import Snoozer
from bot.flows.telling import Teller
from bot.flows.viewers import Viewers
from bot.ports import Chat, Clock, Message, Place, Windows
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The flows, and the world as far as answers need it. *bot_user* is our own user id."""

    store: Store
    inventory: Inventory
    requests: Requests
    decisions: Decisions
    pauses: Pauses
    teller: Teller
    runner: Runner
    announcer: Announcer
    prober: Prober
    viewers: Viewers
    snoozer: Snoozer
    owning: Owning
    chat: Chat
    windows: Windows
    clock: Clock
    background: Background
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
