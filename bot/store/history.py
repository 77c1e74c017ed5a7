"""The fleet's history: the number of models by verdict and risk, for each day and instance."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import groupby

from bot.domain.counts import Kinds
from bot.domain.history import KEPT, Entry
from bot.domain.verdicts import Risk, Verdict
from bot.store.connection import Part


class History(Part):
    """One row for each day, instance, verdict and risk; the day's last reading counts."""

    def keep(self, day: date, instance: str, counts: Kinds) -> bool:
        """Keeps what a reading of *day* found; true if that was new. Days older than `KEPT` are deleted."""
        # An instance without models leaves a row too: it was read, and that is what was found.
        fresh = {key: models for key, models in counts.items() if models} or {(Verdict.CURRENT, Risk.NONE): 0}
        rows = self._c.rows("SELECT verdict, risk, models FROM history WHERE day = ? AND instance = ?", (day, instance))
        known = {(row["verdict"], row["risk"]): row["models"] for row in rows}
        if known == fresh:
            return False
        self._c.change("DELETE FROM history WHERE (day = ? AND instance = ?) OR day < ?", (day, instance, day - KEPT))
        for (verdict, risk), models in fresh.items():
            self._c.add("history", day=day, instance=instance, verdict=verdict, risk=risk, models=models)
        return True

    def since(self, day: date) -> tuple[Entry, ...]:
        """The counts from *day* on, oldest first, and each instance's last day before that, if any."""
        rows = self._c.rows(
            """WITH before AS (SELECT instance, max(day) AS day FROM history WHERE day < :day GROUP BY instance)
               SELECT history.* FROM history LEFT JOIN before ON before.instance = history.instance
               WHERE history.day >= coalesce(before.day, :day) ORDER BY history.day, history.instance""",
            {"day": day},
        )
        return tuple(
            Entry(
                date.fromisoformat(on),
                instance,
                Counter({(Verdict(row["verdict"]), Risk(row["risk"])): row["models"] for row in group}),
            )
            for (on, instance), group in groupby(rows, key=lambda row: (row["day"], row["instance"]))
        )
