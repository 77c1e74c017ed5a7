"""Freezes: who began and ended them."""

from __future__ import annotations

from datetime import datetime

from bot.domain.freezes import Freeze
from bot.store.audit import Audited


class Freezes(Audited):
    """Until when nothing new may start, who said so, and why. Who changes no row in `end` was not the first."""

    def add(self, instance: str, reason: str, author: str, until: datetime, now: datetime) -> Freeze:
        """Begins a freeze of one instance, or of all (empty)."""
        id = self._c.add("freezes", instance=instance, reason=reason, author=author, at=now, until=until)
        detail = f"{instance or 'all instances'} until {until:%F %R %Z}: {reason}"
        self._audit.note(now, author, "freeze", instance=instance or None, detail=detail)
        return Freeze(id, instance, reason, author, now, until)

    def end(self, freeze: int, by: str, now: datetime) -> bool:
        """Ends a freeze; false if it had ended already."""
        sql = "UPDATE freezes SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL RETURNING instance"
        instance = self._c.value(str, sql, (now, by, freeze))
        if instance is not None:
            self._audit.note(now, by, "freeze ended", instance=instance or None, detail=f"freeze {freeze}")
        return instance is not None

    def holding(self) -> tuple[Freeze, ...]:
        """The freezes that nobody ended, oldest first."""
        return self._c.all(Freeze, "SELECT * FROM freezes WHERE ended_at IS NULL ORDER BY id")
