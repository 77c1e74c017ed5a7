"""Freezes, with the people who began and ended them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.freezes import Freeze
from bot.domain.snoozes import RETUNE
from bot.store.audit import Audited
from bot.store.connection import marks


class Freezes(Audited):
    """Freezes: until when, by whom, why. If `end` changes no row, another end came first."""

    def add(self, instance: str, reason: str, author: str, until: datetime, now: datetime) -> Freeze:
        """Begin a freeze of one instance, or of all (empty)."""
        id = self._c.add("freezes", instance=instance, reason=reason, author=author, at=now, until=until)
        detail = f"{instance or 'all instances'} until {until:%F %R %Z}: {reason}"
        self._audit.note(now, author, "freeze", instance=instance or None, detail=detail)
        return Freeze(id, instance, reason, author, now, until)

    def end(self, freeze: int, by: str, now: datetime) -> bool:
        """End a freeze; false if it had ended already. The channel is told of an end by a person."""
        sql = """UPDATE freezes SET ended_at = ?, ended_by = ?, ended_said = ?
                 WHERE id = ? AND ended_at IS NULL RETURNING instance"""
        instance = self._c.value(str, sql, (now, by, by == RETUNE, freeze))
        if instance is not None:
            self._audit.note(now, by, "freeze ended", instance=instance or None, detail=f"freeze {freeze}")
        return instance is not None

    def unsaid(self) -> tuple[tuple[Freeze, ...], tuple[Freeze, ...]]:
        """Freezes that began, and freezes ended by a person, that the channel was not told of yet; oldest first."""
        begun = self._c.all(Freeze, "SELECT * FROM freezes WHERE begun_said = 0 AND ended_at IS NULL ORDER BY id")
        return begun, self._c.all(Freeze, "SELECT * FROM freezes WHERE ended_said = 0 ORDER BY id")

    def begun(self, ids: Sequence[int]) -> None:
        """Record that the channel was told that they began."""
        self._c.change(f"UPDATE freezes SET begun_said = 1 WHERE id IN ({marks(ids)})", ids)

    def ended(self, id: int) -> None:
        """Record that the channel was told that it was ended."""
        self._c.change("UPDATE freezes SET ended_said = 1 WHERE id = ?", (id,))

    def holding(self) -> tuple[Freeze, ...]:
        """The freezes not ended by a person, oldest first."""
        return self._c.all(Freeze, "SELECT * FROM freezes WHERE ended_at IS NULL ORDER BY id")
