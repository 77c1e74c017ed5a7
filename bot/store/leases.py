"""Leases: which of several processes does the work that only one may do."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.connection import Connection, stamp


class Leases:
    """Named leases that expire by themselves, so that a crashed holder blocks nobody for long."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def hold(self, name: str, holder: str, now: datetime, span: timedelta) -> bool:
        """Takes or renews the lease; false while another holder has it.

        Renews only in the second half of its span, so that most calls write nothing.
        """
        row = self._c.row("SELECT holder, until FROM leases WHERE name = ?", (name,))
        at, until = now.timestamp(), (now + span).timestamp()
        if row is not None:
            if row["holder"] == holder and row["until"] - at > span.total_seconds() / 2:
                return True
            if row["holder"] != holder and row["until"] > at:
                return False
        return (
            self._c.change(
                """INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
                   ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                   WHERE holder = excluded.holder OR until <= ?""",
                (name, holder, until, stamp(now)),
            )
            == 1
        )

    def release(self, name: str, holder: str) -> None:
        """Gives the lease back, if *holder* has it."""
        self._c.change("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))
