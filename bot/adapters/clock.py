"""The real time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """`Clock` over the machine's clock."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)
