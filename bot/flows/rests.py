"""Rests: pauses before something is tried again, or because Slack asked to wait."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import ChatBusy, ChatError
from bot.ports import Clock

PACE = timedelta(seconds=3)
"""Shortest time between two edits of one message, and between two attempts."""

REST = timedelta(seconds=30)
"""Pause for a message that Slack refuses for good; the reason may be fixed meanwhile."""

STRAIN = timedelta(minutes=1)
"""After a limit was hit, messages under it keep the pace in Slack's documentation for this long."""

STEADY = timedelta(seconds=0.9)
"""That pace, one a second; slightly less than the time between two rings."""

EDITS = "edits"


class Rests:
    """The current pauses. In memory only: after a start everything may be tried at once.

    Expired pauses are forgotten. Setting the clock back ends every pause: otherwise a minute would last as long as the
    clock was set back. Omit the key if there is only one thing to pause.
    """

    def __init__(self) -> None:
        self._until: dict[Hashable, datetime] = {}
        self._seen: datetime | None = None

    def rest(self, until: datetime, key: Hashable = None) -> None:
        """Pause *key* until then; replaces a current pause."""
        self._until[key] = until

    def extend(self, until: datetime, key: Hashable = None) -> None:
        """The same, but never shortens a current pause."""
        self._until[key] = max(until, self._until.get(key, until))

    def end(self, key: Hashable = None) -> None:
        """End a pause early; does nothing if there is none."""
        self._until.pop(key, None)

    def may(self, now: datetime, key: Hashable = None) -> bool:
        """Whether *key* is not paused now."""
        if self._seen is not None and now < self._seen:
            self._until.clear()
        self._seen = now
        self._until = {resting: until for resting, until in self._until.items() if until > now}
        return key not in self._until


@dataclass(eq=False)
class Limits:
    """The waits that Slack asked for, so that nothing is sent too early and nothing else waits.

    Slack limits posts by channel. It limits edits by method but also by message, and does not say which: the first
    refused edit makes that message wait, a second one, of another message, all edits. A *place* is a channel, or
    `EDITS`.
    """

    clock: Clock
    _waits: Rests = field(default_factory=Rests, init=False)
    """The waits of messages and places."""
    _strained: Rests = field(default_factory=Rests, init=False)
    """The places that keep the steady pace, and until when."""
    _refused: str | None = field(default=None, init=False)
    """The message whose edit was refused last, if none succeeded since."""

    def may(self, key: str, place: str | None = None) -> bool:
        """Whether a message may be looked up now; with a *place*, whether it may be sent: this takes its turn."""
        now = self.clock.now()
        if not self._waits.may(now, key) or not self._waits.may(now, place):
            return False
        if place is not None and not self._strained.may(now, place):
            self._waits.rest(now + STEADY, place)
        return True

    def failed(self, key: str, error: ChatError, place: str | None = None) -> None:
        """Slack refused: wait as long as it asked, or pause the message if it refuses for good."""
        if not isinstance(error, ChatBusy):
            if error.permanent:
                self._wait(key, REST)
            return
        asked = timedelta(seconds=error.retry_after)
        if place == EDITS:
            self._wait(key, max(asked, PACE))
            if self._refused not in (None, key):
                self._strain(EDITS, asked)
            self._refused = key
            return
        self._wait(key, asked)
        if place is not None:
            self._strain(place, asked)

    def passed(self, key: str, place: str | None = None) -> None:
        """Slack accepted it."""
        self._waits.end(key)
        if place == EDITS:
            self._refused = None

    def _strain(self, place: str, wait: timedelta) -> None:
        self._wait(place, wait)
        self._strained.rest(self.clock.now() + wait + STRAIN, place)

    def _wait(self, name: str, span: timedelta) -> None:
        self._waits.extend(self.clock.now() + span, name)
