"""Runs: their rows, and the locks on their models.

`Requests` moves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.domain.fleet import Model
from bot.domain.outcomes import Cause
from bot.domain.plans import Plan
from bot.domain.runs import LASTING, RUN_FOLLOWS, Run, RunState, StepState
from bot.domain.untrusted_text import matching
from bot.store.connection import Part, marks, written

UNFINISHED = timedelta(days=1)
"""How long the service may keep working on a request of ours after the run ended."""


AT_ONCE = 500
"""Models in one query: every SQLite takes 999 parameters."""


class Runs(Part):
    """All runs. Every change of state is a conditional update: no row changed means another one came first."""

    def add(self, request: int, plans: Sequence[Plan], digests: Sequence[str]) -> None:
        """Store queued runs in order, with their steps, and lock their models, which must be free."""
        self._subjects(plan.model for plan in plans)
        self._c.add_all(
            """INSERT INTO runs (request, number, state, model, instance, plan, digest, subject) VALUES (
               ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM subjects WHERE instance = ? AND kind = ? AND name = ?))""",
            (
                (
                    *(request, number, RunState.QUEUED, m.ref, m.instance, written(plan), digest),
                    *(m.instance, m.kind, m.name),
                )
                for number, (plan, digest) in enumerate(zip(plans, digests, strict=True), start=1)
                for m in (plan.model,)
            ),
        )
        ids = self._c.values(int, "SELECT id FROM runs WHERE request = ? ORDER BY number", (request,))
        self._lock(zip(ids, plans, strict=True))
        self._c.add_all(
            "INSERT INTO steps (run, number, state, step, action, model) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (run, place, StepState.PLANNED, written(step), step.action, step.ref)
                for run, plan in zip(ids, plans, strict=True)
                for place, step in enumerate(plan.steps, start=1)
            ),
        )

    def _subjects(self, models: Iterable[Model]) -> None:
        """Store the search terms of requests: instance, kind and name of each model."""
        self._c.add_all(
            """INSERT INTO subjects (instance, kind, name, place, form) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (instance, kind, name) DO NOTHING""",
            ((m.instance, m.kind, m.name, matching(m.instance), matching(m.name)) for m in models),
        )

    def holder(self, models: Iterable[str]) -> int | None:
        """A request that has locked one of these models."""
        return next(iter(self.holders(models).values()), None)

    def holders(self, models: Iterable[str]) -> dict[str, int]:
        """The requests that have locked these models, by model."""
        found = {}
        for some in batched(sorted(models), AT_ONCE):
            sql = f"SELECT l.model, r.request FROM locks l JOIN runs r ON r.id = l.run WHERE l.model IN ({marks(some)})"
            found.update({row["model"]: row["request"] for row in self._c.rows(sql, some)})
        return found

    def running(self, instance: str) -> int:
        """Number of running runs on an instance."""
        sql = "SELECT count(*) FROM runs WHERE instance = ? AND state = ?"
        return self._c.value(int, sql, (instance, RunState.RUNNING)) or 0

    def touched(self, instance: str, since: datetime) -> tuple[set[str], set[str]]:
        """The models of an instance changed by our requests since then, and those that may still be changing.

        The second are those of runs that failed while the service may continue, for `UNFINISHED`.
        """
        rows = self._c.rows(
            """SELECT s.model, max(r.state = :running OR r.ended_at >= :since) AS did
               FROM steps s JOIN runs r ON r.id = s.run
               WHERE r.instance = :instance AND (s.attempts > 0 OR s.started_at IS NOT NULL)
               AND (r.state = :running OR r.ended_at >= :since OR (s.state = :failed AND r.ended_at >= :unfinished))
               GROUP BY s.model""",
            {
                "instance": instance,
                "running": RunState.RUNNING,
                "failed": StepState.FAILED,
                "since": since,
                "unfinished": since - UNFINISHED,
            },
        )
        return {row["model"] for row in rows if row["did"]}, {row["model"] for row in rows if not row["did"]}

    def move(self, run: Run, new: RunState, now: datetime, cause: Cause | None = None) -> bool:
        """Move a run on from the state it was read in; false if its state had changed."""
        if new not in RUN_FOLLOWS.get(run.state, frozenset()):
            raise AssertionError(f"{run.state} cannot become {new}")
        began, ended = now if new is RunState.RUNNING else None, None if new in LASTING else now
        changed = self._c.change(
            """UPDATE runs SET state = ?, cause = ?, started_at = coalesce(started_at, ?), ended_at = ?
               WHERE id = ? AND state = ?""",
            (new, cause and written(cause), began, ended, run.id, run.state),
        )
        if changed and new not in LASTING:
            self._c.change("DELETE FROM locks WHERE run = ?", (run.id,))
            self._c.change("UPDATE steps SET next_at = NULL WHERE run = ?", (run.id,))
        return changed == 1

    def cancel(self, request: int, now: datetime) -> None:
        """Cancel all queued runs of a request, in three statements: there may be a thousand."""
        queued = "SELECT id FROM runs WHERE request = ? AND state = 'queued'"
        self._c.change(f"DELETE FROM locks WHERE run IN ({queued})", (request,))
        self._c.change(f"UPDATE steps SET next_at = NULL WHERE next_at IS NOT NULL AND run IN ({queued})", (request,))
        sql = "UPDATE runs SET state = ?, ended_at = ? WHERE request = ? AND state = 'queued'"
        self._c.change(sql, (RunState.CANCELLED, now, request))

    def again(self, run: Run) -> None:
        """Make a requeued run begin at its failed step; its models must be free."""
        self._lock([(run.id, run.plan)])
        sql = "UPDATE runs SET retries = retries + 1, cancelled_by = NULL, excused = 0 WHERE id = ?"
        self._c.change(sql, (run.id,))
        self._c.change(
            """UPDATE steps SET state = ?, before = NULL, started_at = NULL, answered_at = NULL, ended_at = NULL,
               seen_busy = 0, attempts = 0, forced = 0, transaction_id = NULL, next_at = NULL, instead = '',
               looks = 0, unclear_at = NULL, unanswered = 0, outcome = NULL, proven = NULL,
               status = '', detail = '', fault = NULL WHERE run = ? AND state = ?""",
            (StepState.PLANNED, run.id, StepState.FAILED),
        )

    def _lock(self, runs: Iterable[tuple[int, Plan]]) -> None:
        locks = ((model, run) for run, plan in runs for model in sorted(plan.models))
        self._c.add_all("INSERT INTO locks (model, run) VALUES (?, ?)", locks)


def batched(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The values in order, in batches."""
    return (values[start : start + size] for start in range(0, len(values), size))
