"""A database after years of use: ended requests with their runs, steps, votes, messages and audit, in a moment."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.domain.plans import Plan
from bot.domain.requests import RequestState
from bot.domain.runs import RunState, StepState
from bot.store import Store
from bot.store.connection import written
from tests.fakes import NOW
from tests.unit.made import plan
from tests.world import ADA, CHANNEL, GRACE, NEW, model

Rows = Iterator[dict[str, Any]]

ENDS = (*[RequestState.DONE] * 16, RequestState.REJECTED, RequestState.EXPIRED, RequestState.FAILED)
RUNS = {RequestState.DONE: RunState.DONE, RequestState.FAILED: RunState.FAILED}
KINDS = ("language", "language", "language", "acoustic")
INSTANCES = 3


@dataclass(frozen=True)
class Years:
    """That many ended requests, one an hour until yesterday, for at most *models* models; *notes* rows of the audit."""

    requests: int
    notes: int
    models: int = 2000

    @cached_property
    def plans(self) -> list[Plan]:
        """A plan of each model."""
        plans = []
        for number in range(min(self.models, self.requests)):
            facts = {"instance": f"stt-{number % INSTANCES}", "kind": KINDS[number % len(KINDS)]}
            own = model(f"model-{number:05}", **facts)
            made = plan(own.name)
            plans.append(replace(made, model=own, steps=tuple(replace(step, ref=own.ref) for step in made.steps)))
        return plans

    @cached_property
    def texts(self) -> list[str]:
        """The plans as they are written."""
        return [written(one) for one in self.plans]

    def subject(self, id: int) -> int:
        """Which plan a request has."""
        return id * 7919 % len(self.plans)

    def ended(self, id: int) -> float:
        """When a request ended."""
        return (NOW - timedelta(days=1, hours=self.requests - id)).timestamp()

    def fill(self, path: Path) -> None:
        """Writes all of it into a new database, or into one whose tables are older."""
        if not path.exists():
            Store(path).close()
        with closing(sqlite3.connect(path)) as connection, connection:
            for table in ("subjects", "requests", "runs", "steps", "votes", "messages", "audit"):
                known = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
                every: Rows = getattr(self, f"_{table}")()
                rows = ({name: value for name, value in row.items() if name in known} for row in every)
                if known and (first := next(rows, None)):
                    sql = f"INSERT INTO {table} ({', '.join(first)}) VALUES (:{', :'.join(first)})"
                    connection.execute(sql, first)
                    connection.executemany(sql, rows)
            end = "(SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)"
            connection.execute(f"UPDATE audit_head SET (last, hash) = {end} WHERE EXISTS {end}")

    def _ids(self) -> range:
        return range(1, self.requests + 1)

    def _subjects(self) -> Rows:
        for place, one in enumerate(self.plans, start=1):
            own = one.model
            yield {
                **{"id": place, "instance": own.instance, "kind": own.kind, "name": own.name},
                **{"place": own.instance, "form": own.name},
            }

    def _requests(self) -> Rows:
        for id in self._ids():
            at, own = self.ended(id), self.plans[self.subject(id)]
            yield {
                **{"id": id, "form": f"V-{id}", "digest": own.digest, "state": ENDS[id % len(ENDS)]},
                **{"requester": ADA if id % 2 else GRACE, "why": "misheard names", "requested_at": at - 3600},
                **{"expires_at": at + 82800, "channel": CHANNEL, "voters": 2, "decided_by": GRACE},
                **{"decided_at": at - 1800, "started_at": at - 1800, "ended_at": at, "version": 9, "told": 9},
                **{"subject": self.subject(id) + 1, "kinds": 1 if own.model.kind == "language" else 2},
            }

    def _runs(self) -> Rows:
        for id in self._ids():
            own, at = self.plans[self.subject(id)], self.ended(id)
            yield {
                **{"id": id, "request": id, "number": 1, "model": own.model.ref, "instance": own.model.instance},
                **{"plan": self.texts[self.subject(id)], "digest": own.digest, "started_at": at - 1800},
                **{"state": RUNS.get(ENDS[id % len(ENDS)], RunState.CANCELLED), "ended_at": at},
                **{"subject": self.subject(id) + 1},
            }

    def _steps(self) -> Rows:
        for id in self._ids():
            step, at = self.plans[self.subject(id)].steps[0], self.ended(id)
            done = ENDS[id % len(ENDS)] is RequestState.DONE
            yield {
                **{"run": id, "number": 1, "step": written(step), "action": step.action, "model": step.ref},
                **{"state": StepState.DONE if done else StepState.FAILED, "started_at": at - 1800, "ended_at": at},
                **{"attempts": 1, "outcome": "proven" if done else "refused", "proven": NEW if done else None},
            }

    def _votes(self) -> Rows:
        for id in self._ids():
            vote = {"request": id, "voter": GRACE, "vote": "approve", "digest": "d", "reason": ""}
            yield {**vote, "at": self.ended(id) - 1800}

    def _messages(self) -> Rows:
        for id in self._ids():
            at = self.ended(id)
            for place, what in enumerate(("card", "started", "progress", "end")):
                key, ts = f"request:{id}:{what}", f"{at:.0f}.{place:06}"
                yield {"key": key, "channel": CHANNEL, "ts": ts, "digest": "d", "intended_at": at, "sent_at": at}

    def _audit(self) -> Rows:
        previous = "0" * 64
        for id in range(1, self.notes + 1):
            request, hash = max(1, id * self.requests // self.notes), hashlib.sha256(str(id).encode()).hexdigest()
            own = self.plans[self.subject(request)].model
            yield {
                **{"id": id, "at": self.ended(request), "actor": GRACE, "action": "approve", "request": request},
                **{"model": own.ref, "instance": own.instance, "detail": "", "previous": previous, "hash": hash},
            }
            previous = hash


@dataclass
class Watched:
    """What SQLite did: the statements, and the steps of its machine, which are the same on a busy computer."""

    statements: list[str] = field(default_factory=list)
    steps: int = 0

    def step(self) -> None:
        """One more."""
        self.steps += 1

    def scans(self, connection: sqlite3.Connection) -> list[str]:
        """Where whole tables, or whole indexes of all their rows, are gone through."""
        plans = [
            row[3]
            for sql in dict.fromkeys(self.statements)
            if sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE"))
            for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")
        ]
        return [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT ROW" not in plan]


@contextmanager
def watched(connection: sqlite3.Connection) -> Iterator[Watched]:
    """Counts what is done inside."""
    found = Watched()
    connection.set_progress_handler(found.step, 1)
    connection.set_trace_callback(found.statements.append)
    try:
        yield found
    finally:
        connection.set_progress_handler(None, 1)
        connection.set_trace_callback(None)
