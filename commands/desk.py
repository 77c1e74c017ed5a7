"""What every command works with, and what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from bot.errors import Refusal
from bot.flows.parts import Flows
from bot.messages.refusals import TOO_LATE
from bot.ports import Message, Place
from commands import typed

Desk = Flows
"""What every command works with."""

OPENS = 2.5
"""Seconds in which a trigger can open a window: Slack takes it for three."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody typed or clicked.

    *text* is what follows the command, or the value of the button. *name* is the command, action or callback that it
    came as. *view* is the open modal that a click came from. *at* is when it came, on the monotonic clock.
    """

    name: str
    user: str
    place: Place
    text: str
    trigger_id: str | None = None
    view: str | None = None
    at: float = field(default_factory=monotonic)

    @property
    def trigger(self) -> str | None:
        """What opens a window, as long as Slack takes it. A mention has none."""
        return self.trigger_id if monotonic() - self.at < OPENS else None

    @property
    def readings(self) -> tuple[str, ...]:
        """How *text* can be meant, as typed first."""
        return typed.readings(self.text)

    @property
    def meant(self) -> str:
        """What *text* most probably means: the last of its readings."""
        return typed.meant(self.text)

    def opening(self) -> str:
        """The trigger, where a window is all there is to answer. Raises `Refusal` when it is too late for one."""
        if (trigger := self.trigger) is None:
            raise Refusal(TOO_LATE)
        return trigger


@dataclass(frozen=True, slots=True)
class Public:
    """An answer that the whole channel sees."""

    message: Message


Answer = Message | Public | None
"""What a command or a click answers: in the acknowledgement where it is ready soon enough, which saves a call."""
