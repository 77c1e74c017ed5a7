"""The service's time: seconds since 1970 from a given source, and how fast its long operations run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Reads *now* (seconds since 1970) and scales how long the service works on something.

    *speed* 60 means that an upgrade of 30 minutes takes 30 seconds. Tokens are not scaled: clients measure their
    life with their own clock.
    """

    def __init__(self, now: Callable[[], float], speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError("speed must be above zero")
        self._now = now
        self.speed = speed

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now()

    def after(self, seconds: float) -> float:
        """When work of *seconds* (at speed 1) that begins now ends."""
        return self._now() + seconds / self.speed


def stamp(at: float) -> str:
    """*at* as the service writes times: UTC, ISO 8601 with milliseconds, `2016-06-01T14:21:26.894Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> float:
    """The inverse of `stamp`. Raises `ValueError` for text that is not an ISO 8601 time with a zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found.timestamp()
