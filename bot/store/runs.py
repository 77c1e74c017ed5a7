"""Runs: their rows, and the locks on the models that they work on.

`Requests` moves them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.fleet import Model
from bot.domain.foreign_text import matching
from bot.domain.outcomes import Cause
from bot.domain.plans import Plan
from bot.domain.runs import LASTING, RUN_FOLLOWS, Run, RunState, StepState
from bot.store.connection import Part, marks, written

UNFINISHED = timedelta(days=1)
"""How long the service's work on a request of ours may go on after our run ended."""


class Runs(Part):
    """All runs. Every change of state is a conditional update: who changes no row has lost a race."""

    def add(self, request: int, number: int, plan: Plan) -> None:
        """Writes a queued run with its steps and locks its models, which must be free."""
        model = plan.model
        facts: dict[str, object] = {
            "model": model.ref,
            "instance": model.instance,
            "plan": written(plan),
            "digest": plan.digest,
        }
        facts |= {"subject": self._subject(model)}
        run = self._c.add("runs", request=request, number=number, state=RunState.QUEUED, **facts)
        self._lock(plan, run)
        for place, step in enumerate(plan.steps, start=1):
            facts = {"step": written(step), "action": step.action, "model": step.ref}
            self._c.add("steps", run=run, number=place, state=StepState.PLANNED, **facts)

    def _subject(self, model: Model) -> int:
        """The number of what lists of requests are filtered by: instance, kind and name of a model."""
        facts = {"instance": model.instance, "kind": model.kind, "name": model.name}
        forms = {"place": matching(model.instance), "form": matching(model.name)}
        self._c.add_once("subjects", "instance, kind, name", **facts, **forms)
        sql = "SELECT id FROM subjects WHERE instance = :instance AND kind = :kind AND name = :name"
        return self._c.value(int, sql, facts) or 0

    def holder(self, models: Iterable[str]) -> int | None:
        """A request that has one of these models locked."""
        wanted = sorted(models)
        sql = f"SELECT r.request FROM locks l JOIN runs r ON r.id = l.run WHERE l.model IN ({marks(wanted)}) LIMIT 1"
        return self._c.value(int, sql, wanted)

    def running(self, instance: str) -> int:
        """How many runs of an instance are running."""
        sql = "SELECT count(*) FROM runs WHERE instance = ? AND state = ?"
        return self._c.value(int, sql, (instance, RunState.RUNNING)) or 0

    def touched(self, instance: str, since: datetime) -> tuple[set[str], set[str]]:
        """The models of an instance that our requests changed since then, and those they may still be changing.

        The second are those of runs that ended as failed while the service went on, for `UNFINISHED`.
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
        """Moves a run from the state that it was read in; false if it was not in that any more."""
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

    def again(self, run: Run) -> None:
        """Makes a run that was moved back to the queue begin at the step that failed; its models must be free."""
        self._lock(run.plan, run.id)
        sql = "UPDATE runs SET retries = retries + 1, cancelled_by = NULL, excused = 0 WHERE id = ?"
        self._c.change(sql, (run.id,))
        self._c.change(
            """UPDATE steps SET state = ?, before = NULL, started_at = NULL, answered_at = NULL, ended_at = NULL,
               seen_busy = 0, attempts = 0, forced = 0, transaction_id = NULL, next_at = NULL, instead = '',
               looks = 0, unclear_at = NULL, unanswered = 0, outcome = NULL, proven = NULL,
               status = '', detail = '' WHERE run = ? AND state = ?""",
            (StepState.PLANNED, run.id, StepState.FAILED),
        )

    def _lock(self, plan: Plan, run: int) -> None:
        for model in sorted(plan.models):
            self._c.add("locks", model=model, run=run)
