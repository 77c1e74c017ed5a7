"""Freezes: who began and ended them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.freezes import Freeze
from bot.domain.snoozes import RETUNE
from bot.store.audit import Audited
from bot.store.connection import marks


class Freezes(Audited):
    """Until when nothing new may start, who said so, and why. Who changes no row in `end` was not the first."""

    def add(self, instance: str, reason: str, author: str, until: datetime, now: datetime) -> Freeze:
        """Begins a freeze of one instance, or of all (empty)."""
        id = self._c.add("freezes", instance=instance, reason=reason, author=author, at=now, until=until)
        detail = f"{instance or 'all instances'} until {until:%F %R %Z}: {reason}"
        self._audit.note(now, author, "freeze", instance=instance or None, detail=detail)
        return Freeze(id, instance, reason, author, now, until)

    def end(self, freeze: int, by: str, now: datetime) -> bool:
        """Ends a freeze; false if it had ended already. The channel is to hear of an end by somebody."""
        sql = """UPDATE freezes SET ended_at = ?, ended_by = ?, ended_said = ?
                 WHERE id = ? AND ended_at IS NULL RETURNING instance"""
        instance = self._c.value(str, sql, (now, by, by == RETUNE, freeze))
        if instance is not None:
            self._audit.note(now, by, "freeze ended", instance=instance or None, detail=f"freeze {freeze}")
        return instance is not None

    def unsaid(self) -> tuple[tuple[Freeze, ...], tuple[Freeze, ...]]:
        """Those that began, and those that somebody ended, of which the channel has not heard yet; oldest first."""
        begun = self._c.all(Freeze, "SELECT * FROM freezes WHERE begun_said = 0 AND ended_at IS NULL ORDER BY id")
        return begun, self._c.all(Freeze, "SELECT * FROM freezes WHERE ended_said = 0 ORDER BY id")

    def begun(self, ids: Sequence[int]) -> None:
        """Writes that the channel heard that they began."""
        self._c.change(f"UPDATE freezes SET begun_said = 1 WHERE id IN ({marks(ids)})", ids)

    def ended(self, id: int) -> None:
        """Writes that the channel heard that somebody ended it."""
        self._c.change("UPDATE freezes SET ended_said = 1 WHERE id = ?", (id,))

    def holding(self) -> tuple[Freeze, ...]:
        """The freezes that nobody ended, oldest first."""
        return self._c.all(Freeze, "SELECT * FROM freezes WHERE ended_at IS NULL ORDER BY id")
