"""The audit: who did what, when, to which run or model."""

from __future__ import annotations

from datetime import datetime

from bot.store.connection import Connection, Row, stamp


class Audit:
    """An append-only list of what people and Retune did."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def note(
        self,
        at: datetime,
        actor: str,
        action: str,
        *,
        run: int | None = None,
        model: str | None = None,
        detail: str = "",
    ) -> None:
        """Writes one line.

        *actor* is a Slack user id, `retune` for what it does by itself, `elsewhere` for a change that it noticed.
        """
        self._c.change(
            "INSERT INTO audit (at, actor, action, run, model, detail) VALUES (?, ?, ?, ?, ?, ?)",
            (stamp(at), actor, action, run, model, detail),
        )

    def count(self, action: str, since: datetime) -> int:
        """How often something was done since then."""
        row = self._c.row("SELECT count(*) AS n FROM audit WHERE action = ? AND at >= ?", (action, stamp(since)))
        return int(row["n"]) if row else 0

    def of_run(self, run: int) -> list[Row]:
        """The lines about one run, oldest first."""
        return self._c.rows("SELECT * FROM audit WHERE run = ? ORDER BY id", (run,))
