"""Drift: whether the wall clock was set. Then it no longer goes along with one that only ever goes forward."""

from __future__ import annotations


class Drift:
    """How far the two are apart, compared with before. Both count in seconds."""

    TOLERANCE = 2.0
    """Seconds that they may be apart."""

    def __init__(self, wall: float, steady: float) -> None:
        self._apart = wall - steady

    def by(self, wall: float, steady: float) -> float:
        """By how many seconds the wall clock was set since that was `noticed` last; 0 while it was not."""
        moved = wall - steady - self._apart
        return 0.0 if abs(moved) <= self.TOLERANCE else moved

    def noticed(self, wall: float, steady: float) -> bool:
        """Whether it was set since this was noticed last, or since the beginning."""
        if not self.by(wall, steady):
            return False
        self._apart = wall - steady
        return True
