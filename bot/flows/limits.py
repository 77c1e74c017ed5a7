"""Limits: what Slack asked to wait for, so that nothing is sent before, and nothing else waits with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import ChatBusy, ChatError
from bot.ports import Clock

PACE = timedelta(seconds=3)
"""The shortest time between two edits of one message, and between two attempts."""

REST = timedelta(seconds=30)
"""How long a message is left alone that Slack refuses for good; somebody may mend the reason."""


class Limits:
    """In memory only: after a restart Slack says it again.

    Slack limits posts by channel. It limits edits by method, but also by what is edited, and does not say which it
    was: so one refused edit makes that message wait, and a second one, of another message, makes all edits wait.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._messages: dict[str, datetime] = {}
        self._channels: dict[str, datetime] = {}
        self._edits: datetime | None = None
        self._refused: str | None = None

    def may_post(self, key: str, channel: str) -> bool:
        """Whether a message may be posted now."""
        return self._over(self._messages, key) and self._over(self._channels, channel)

    def may_edit(self, key: str) -> bool:
        """Whether a message may be edited now."""
        return self._over(self._messages, key) and (self._edits is None or self._edits <= self._clock.now())

    def may_look(self, key: str) -> bool:
        """Whether Slack may be asked now if a message is there."""
        return self._over(self._messages, key)

    def failed(self, key: str, error: ChatError, *, post_to: str | None = None, edit: bool = False) -> None:
        """Slack did not do it: notes for how long what has to wait, where Slack said so."""
        if not isinstance(error, ChatBusy):
            return
        until = self._clock.now() + max(timedelta(seconds=error.retry_after), PACE if edit else timedelta())
        self._messages[key] = until
        if post_to is not None:
            self._channels[post_to] = until
        if edit:
            if self._refused not in (None, key):
                self._edits = until if self._edits is None else max(self._edits, until)
            self._refused = key

    def rest(self, key: str) -> None:
        """Leaves a message alone for a while that Slack refuses for good."""
        self._messages[key] = self._clock.now() + REST

    def passed(self, key: str, *, edit: bool = False) -> None:
        """Slack did it."""
        self._messages.pop(key, None)
        if edit:
            self._refused = None

    def _over(self, waits: dict[str, datetime], name: str) -> bool:
        until = waits.get(name)
        if until is None:
            return True
        if until > self._clock.now():
            return False
        del waits[name]
        return True
