"""Rests: until when something is left alone, because it is tried again later or because Slack asked to wait."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import ChatBusy, ChatError
from bot.ports import Clock

PACE = timedelta(seconds=3)
"""The shortest time between two edits of one message, and between two attempts."""

REST = timedelta(seconds=30)
"""How long a message is left alone that Slack refuses for good; somebody may mend the reason."""

STRAIN = timedelta(minutes=1)
"""How long after a limit was hit what falls under it is sent at the pace that Slack's documentation names."""

STEADY = timedelta(seconds=0.9)
"""That pace, one a second, a little shorter than the time between two looks at what is due."""

EDITS = "edits"


class Rests:
    """Who rests until when. In memory only: after a start everything may be tried at once.

    What is over is forgotten by itself. A clock that is set back ends every rest: otherwise a minute would last as
    long as the clock was set back. The key is left out where only one thing rests.
    """

    def __init__(self) -> None:
        self._until: dict[Hashable, datetime] = {}
        self._seen: datetime | None = None

    def rest(self, until: datetime, key: Hashable = None) -> None:
        """Leaves *key* alone until then; a rest that is under way is replaced."""
        self._until[key] = until

    def extend(self, until: datetime, key: Hashable = None) -> None:
        """The same, but shortens no rest that is under way."""
        self._until[key] = max(until, self._until.get(key, until))

    def end(self, key: Hashable = None) -> None:
        """Ends a rest early; nothing happens where there is none."""
        self._until.pop(key, None)

    def may(self, now: datetime, key: Hashable = None) -> bool:
        """Whether *key* does not rest now."""
        if self._seen is not None and now < self._seen:
            self._until.clear()
        self._seen = now
        self._until = {resting: until for resting, until in self._until.items() if until > now}
        return key not in self._until


@dataclass(eq=False)
class Limits:
    """What Slack asked to wait for, so that nothing is sent before, and nothing else waits with it.

    Slack limits posts by channel. It limits edits by method, but also by what is edited, and does not say which it
    was: so one refused edit makes that message wait, and a second one, of another message, makes all edits wait. A
    *place* is a channel, or `EDITS`.
    """

    clock: Clock
    _waits: Rests = field(default_factory=Rests, init=False)
    """Until when a message or a place waits."""
    _strained: Rests = field(default_factory=Rests, init=False)
    """Until when a place keeps to the steady pace."""
    _refused: str | None = field(default=None, init=False)
    """The message whose edit was refused last, while none passed since."""

    def may(self, key: str, place: str | None = None) -> bool:
        """Whether Slack may be asked now about a message; with a *place*, whether it may be sent: its turn is taken."""
        now = self.clock.now()
        if not self._waits.may(now, key) or not self._waits.may(now, place):
            return False
        if place is not None and not self._strained.may(now, place):
            self._waits.rest(now + STEADY, place)
        return True

    def failed(self, key: str, error: ChatError, place: str | None = None) -> None:
        """Slack did not do it: what has to wait as long as it said, or the message where it refuses for good."""
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
        """Slack did it."""
        self._waits.end(key)
        if place == EDITS:
            self._refused = None

    def _strain(self, place: str, wait: timedelta) -> None:
        self._wait(place, wait)
        self._strained.rest(self.clock.now() + wait + STRAIN, place)

    def _wait(self, name: str, span: timedelta) -> None:
        self._waits.extend(self.clock.now() + span, name)
