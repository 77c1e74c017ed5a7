"""Leases: which of several processes does work that only one may do."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.connection import Part


class Leases(Part):
    """Named leases that expire, so that a crashed holder does not block others for long."""

    def held(self, name: str, holder: str, now: datetime, span: timedelta) -> bool | None:
        """Whether *holder* has the lease for a while yet; None if `hold` must be called.

        That is in the second half of its span, or if it expires later than a span from now: then the clock was set.
        """
        row = self._c.row("SELECT holder, until FROM leases WHERE name = ?", (name,))
        left, whole = (row["until"] - now.timestamp() if row is not None else 0.0), span.total_seconds()
        if row is None or row["holder"] != holder:
            return False if 0 < left <= whole else None
        return True if whole / 2 < left <= whole else None

    def holder(self, name: str) -> str | None:
        """The current or last holder; None if it was released."""
        return self._c.value(str, "SELECT holder FROM leases WHERE name = ?", (name,))

    def hold(self, name: str, holder: str, now: datetime, span: timedelta) -> bool:
        """Take or renew the lease; false while another holder has it."""
        sql = """INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
                 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE holder = excluded.holder OR until <= ? OR until > excluded.until"""
        return self._c.change(sql, (name, holder, now + span, now)) == 1

    def release(self, name: str, holder: str) -> None:
        """Release the lease, if *holder* has it."""
        self._c.change("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))
