"""Rests: until when something is left alone that is tried again later."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Rests(Generic[K]):
    """Who rests until when. In memory only: after a start everything may be tried at once.

    What is over is forgotten by itself. A clock that is set back ends every rest: otherwise a minute would last as
    long as the clock was set back.
    """

    def __init__(self) -> None:
        self._until: dict[K, datetime] = {}
        self._seen: datetime | None = None

    def rest(self, key: K, until: datetime) -> None:
        """Leaves *key* alone until then; a rest that is under way is replaced."""
        self._until[key] = until

    def end(self, key: K) -> None:
        """Ends a rest early; nothing happens where there is none."""
        self._until.pop(key, None)

    def may(self, key: K, now: datetime) -> bool:
        """Whether *key* does not rest now."""
        if self._seen is not None and now < self._seen:
            self._until.clear()
        self._seen = now
        self._until = {resting: until for resting, until in self._until.items() if until > now}
        return key not in self._until
