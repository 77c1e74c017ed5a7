"""The numbers that metrics need from the database. Their cost grows with what is open, never with the years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.requests import LIVE, RequestState
from bot.domain.runs import LASTING, RunState
from bot.store.connection import Part, marks


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open at one moment. *oldest*: when the oldest request that waits for approval was made."""

    requests: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    oldest: datetime | None = None
    announced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended within a span: requests by state, runs by instance and state."""

    requests: Counter[str] = field(default_factory=Counter)
    runs: Counter[tuple[str, str]] = field(default_factory=Counter)


class Metrics(Part):
    """Counts by indexes."""

    def standing(self) -> Standing:
        """What is open now."""
        live, lasting = sorted(LIVE), sorted(LASTING)
        requests = f"SELECT state, count(*) AS many FROM requests WHERE state IN ({marks(live)}) GROUP BY state"
        runs = f"SELECT state, count(*) AS many FROM runs WHERE state IN ({marks(lasting)}) GROUP BY state"
        oldest = "SELECT min(requested_at) FROM requests WHERE state = ?"
        return Standing(
            Counter({RequestState(row["state"]).value: row["many"] for row in self._c.rows(requests, live)}),
            Counter({RunState(row["state"]).value: row["many"] for row in self._c.rows(runs, lasting)}),
            self._c.value(datetime, oldest, (RequestState.OPEN,)),
            self._c.value(datetime, "SELECT max(at) FROM announced"),
        )

    def ended(self, since: datetime, until: datetime, instances: Iterable[str]) -> Ended:
        """What ended after *since* and not after *until*."""
        found = Ended()
        sql = """SELECT state, count(*) AS many FROM requests WHERE ended_at > ? AND ended_at <= ? GROUP BY state"""
        for row in self._c.rows(sql, (since, until)):
            found.requests[row["state"]] += row["many"]
        sql = """SELECT state, count(*) AS many FROM runs WHERE instance = ? AND ended_at > ? AND ended_at <= ?
                 GROUP BY state"""
        for name in instances:
            for row in self._c.rows(sql, (name, since, until)):
                found.runs[name, row["state"]] += row["many"]
        return found
