"""Limits: what Slack asked to wait for, so that nothing is sent before, and nothing else waits with it."""

from __future__ import annotations

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


class Limits:
    """In memory only: after a restart Slack says it again.

    Slack limits posts by channel. It limits edits by method, but also by what is edited, and does not say which it
    was: so one refused edit makes that message wait, and a second one, of another message, makes all edits wait.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waits: dict[str, datetime] = {}
        """Until when a message, a channel or all edits wait."""
        self._strained: dict[str, datetime] = {}
        """Until when a channel or all edits keep to the steady pace."""
        self._refused: str | None = None
        """The message whose edit was refused last, while none passed since."""

    def may_post(self, key: str, channel: str) -> bool:
        """Whether a message may be posted now; if so, its turn is taken."""
        return self._may(key) and self._turn(channel)

    def may_edit(self, key: str) -> bool:
        """Whether a message may be edited now; if so, its turn is taken."""
        return self._may(key) and self._turn(EDITS)

    def may_look(self, key: str) -> bool:
        """Whether Slack may be asked now if a message is there."""
        return self._may(key)

    def failed(self, key: str, error: ChatError, *, post_to: str | None = None, edit: bool = False) -> None:
        """Slack did not do it: notes for how long what has to wait, where Slack said so."""
        if not isinstance(error, ChatBusy):
            return
        wait = max(timedelta(seconds=error.retry_after), PACE if edit else timedelta())
        self._wait(key, wait)
        if post_to is not None:
            self._strain(post_to, wait)
        if edit:
            if self._refused not in (None, key):
                self._strain(EDITS, timedelta(seconds=error.retry_after))
            self._refused = key

    def rest(self, key: str) -> None:
        """Leaves a message alone for a while that Slack refuses for good."""
        self._wait(key, REST)

    def passed(self, key: str, *, edit: bool = False) -> None:
        """Slack did it."""
        self._waits.pop(key, None)
        if edit:
            self._refused = None

    def _turn(self, place: str) -> bool:
        if not self._may(place):
            return False
        if self._strained.get(place, self._clock.now()) > self._clock.now():
            self._wait(place, STEADY)
        return True

    def _strain(self, place: str, wait: timedelta) -> None:
        self._wait(place, wait)
        self._strained[place] = self._clock.now() + wait + STRAIN

    def _wait(self, name: str, span: timedelta) -> None:
        until = self._clock.now() + span
        self._waits[name] = max(until, self._waits.get(name, until))

    def _may(self, name: str) -> bool:
        until = self._waits.get(name)
        if until is not None and until <= self._clock.now():
            del self._waits[name]
        return name not in self._waits
