"""What every command works with, what it is asked, and how it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from bot.errors import ChatRefused, Refusal
from bot.flows.parts import Flows
from bot.messages.refusals import TOO_LATE
from bot.ports import Message, Place
from commands import typed

Desk = Flows
"""What every command works with."""

OPENS = 2.5
"""Seconds in which a trigger can open a window; Slack's limit is three."""

EXPIRED = frozenset({"expired_trigger_id", "trigger_expired", "trigger_exchanged", "exchanged_trigger_id"})


@dataclass(slots=True)
class Opened:
    """The window for the answer; *id* is None while there is none."""

    id: str | None = None
    title: str = "Retune"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a person typed or clicked.

    *text* is what follows the command, or the value of the button. *name* is the command, action or callback. *view* is
    the open modal that a click came from. *at* is when it came, on the monotonic clock. *key* is the same for every
    delivery, "" where Slack gives none. *ts* is the message it came from, if any; *home*: it came from App Home.
    """

    name: str
    user: str
    place: Place
    text: str
    trigger_id: str | None = None
    view: str | None = None
    key: str = ""
    ts: str = ""
    home: bool = False
    at: float = field(default_factory=monotonic)
    window: Opened = field(default_factory=Opened)

    @property
    def trigger(self) -> str | None:
        """Opens a window, as long as Slack takes it. A mention has none."""
        return self.trigger_id if monotonic() - self.at < OPENS else None

    @property
    def readings(self) -> tuple[str, ...]:
        """How *text* can be meant, as typed first."""
        return typed.readings(self.text)

    @property
    def meant(self) -> str:
        """The most probable meaning of *text*: the last of its readings."""
        return typed.meant(self.text)


@dataclass(frozen=True, slots=True)
class Public:
    """An answer that the whole channel sees."""

    message: Message


@dataclass(frozen=True, slots=True)
class Window:
    """An answer in the open window: its new content. *refused* is the reason of a refusal."""

    view: Mapping[str, Any]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """An answer to words that mean nothing here, with what may be meant. *note* is for the audit."""

    message: Message
    note: str


Answer = Message | Public | Window | Unclear | None
"""The answer to a command or a click: within the acknowledgement if it is ready in time, which saves a call."""

Handler = Callable[[Ask, Desk], Awaitable[Answer]]


async def open_window(ask: Ask, desk: Desk, loading: Mapping[str, Any]) -> None:
    """Opens the window for the answer, unless it is open. Raises `Refusal` when it is too late for one."""
    if ask.window.id is not None:
        return
    if (trigger := ask.trigger) is None:
        raise Refusal(TOO_LATE)
    try:
        ask.window.id, ask.window.title = await desk.windows.open(trigger, loading), loading["title"]["text"]
    except ChatRefused as error:
        if error.code not in EXPIRED:
            raise
        raise Refusal(TOO_LATE) from error
