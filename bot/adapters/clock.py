"""The real time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """`Clock` over the machine's clock."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class Drift:
    """Notices that the wall clock was set: it no longer goes along with the monotonic one. Both count in seconds."""

    TOLERANCE = 2.0
    """Seconds that they may be apart."""

    def __init__(self, wall: float, monotonic: float) -> None:
        self._apart = wall - monotonic

    def noticed(self, wall: float, monotonic: float) -> bool:
        """Whether they drifted apart since the last time that this was so, or since the beginning."""
        apart = wall - monotonic
        if abs(apart - self._apart) <= self.TOLERANCE:
            return False
        self._apart = apart
        return True
