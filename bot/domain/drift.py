"""Drift: whether the wall clock was set, found by comparing it with a monotonic clock."""

from __future__ import annotations


class Drift:
    """The difference between the two clocks, compared with before. All in seconds."""

    TOLERANCE = 2.0
    """Largest difference in seconds that is ignored."""

    def __init__(self, wall: float, steady: float) -> None:
        self._apart = wall - steady

    def by(self, wall: float, steady: float) -> float:
        """Seconds by which the wall clock was set since the last `noticed`; 0 if it was not."""
        moved = wall - steady - self._apart
        return 0.0 if abs(moved) <= self.TOLERANCE else moved

    def noticed(self, wall: float, steady: float) -> bool:
        """Whether it was set since the last call, or since the start."""
        if not self.by(wall, steady):
            return False
        self._apart = wall - steady
        return True
