"""The journal: the requests to send, the answers and the observations, step by step."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.estimates import Past
from bot.domain.fleet import Model
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.polls import Turn
from bot.domain.runs import Before, RunState, StepRecord, StepState
from bot.store.audit import Audited
from bot.store.connection import marks, written

LAST = 20
"""Past steps considered for an estimate."""

LONGEST = timedelta(minutes=15)
"""Nothing in progress is postponed for longer."""

NOTICED = timedelta(seconds=3)
"""A set clock is noticed within this time."""

ACOUSTIC = "(instr(s.model, '/acoustic/') > 0)"
"""Whether a step works on an acoustic model; as in the index on past steps."""

WORKED = frozenset({StepEnd.PROVEN, StepEnd.WORKED, StepEnd.TRAINED, StepEnd.NO_VERSION})
"""Ends of steps that the service worked on."""


class Journal(Audited):
    """The steps of all runs. Intent is written before a request is sent, the result after its answer."""

    def starting(self, record: StepRecord, seen: Model, now: datetime, next_at: datetime, *, forced: bool) -> bool:
        """Record that a step's request is about to be sent, and the model before it; in a durable transaction.

        False, with nothing written, if another process took the step or the run was ended meanwhile.
        """
        before = Before(seen.status, seen.versions or (), seen.updated)
        sql = """UPDATE steps SET state = ?, before = ?, started_at = ?, answered_at = NULL, seen_busy = 0,
                 attempts = attempts + 1, forced = ?, next_at = ?, transaction_id = NULL, instead = '', looks = 0
                 WHERE run = ? AND number = ? AND state = ? AND attempts = ?
                 AND EXISTS (SELECT 1 FROM runs WHERE runs.id = steps.run AND runs.state = ?)"""
        intent = (StepState.STARTING, written(before), now, forced, next_at)
        known = (record.run, record.number, record.state, record.attempts, RunState.RUNNING)
        changed = self._c.change(sql, intent + known)
        if changed:
            self._note(now, "send", record, record.step.action)
        return changed == 1

    def answered(self, record: StepRecord, transaction: str | None, now: datetime, next_at: datetime) -> None:
        """Record that the service accepted the request."""
        how = {"answered_at": now, "transaction_id": transaction, "next_at": next_at}
        if self._step(record, state=StepState.WAITING, **how):
            self._note(now, "accepted", record, f"transaction {transaction}" if transaction else "")

    def unanswered(
        self, record: StepRecord, instead: str, transaction: str | None, now: datetime, next_at: datetime
    ) -> None:
        """Record what came instead of a conclusive answer; the next readings decide whether it began."""
        if self._step(record, instead=instead, transaction_id=transaction, next_at=next_at):
            self._note(now, "unanswered", record, instead)

    def look_once_more(self, record: StepRecord, next_at: datetime) -> None:
        """Record a reading without a trace of the request, and when to read next."""
        sql = "UPDATE steps SET looks = looks + 1, next_at = ? WHERE run = ? AND number = ? AND attempts = ?"
        self._c.change(sql, (next_at, record.run, record.number, record.attempts))

    def begun(self, record: StepRecord, now: datetime, next_at: datetime, *, busy: bool) -> None:
        """Record that the service shows that it took an unanswered request."""
        how = {"answered_at": now, "started_at": record.started_at or now, "seen_busy": busy, "next_at": next_at}
        if self._step(record, state=StepState.WAITING, unclear_at=None, **how):
            self._note(now, "begun", record, "seen at the service")

    def not_begun(self, record: StepRecord, now: datetime) -> None:
        """Record that a request left no trace, so it is sent again. Keeps the model as it was before."""
        self._given_back(record, "not begun", now)

    def unclear(self, record: StepRecord, now: datetime, next_at: datetime) -> None:
        """Record that an approver decides on a request that may or may not have begun."""
        if self._step(record, unclear_at=now, next_at=next_at):
            self._note(now, "unclear", record, record.instead)

    def send_again(self, record: StepRecord, by: str, now: datetime) -> None:
        """Record an approver's decision to send such a request again."""
        self._given_back(record, "send again", now, by=by)

    def given_up(self, record: StepRecord, by: str, name: str, now: datetime) -> None:
        """Record an approver's decision, by *name*, to mark such a step as failed."""
        self._note(now, "mark as failed", record, record.instead, by=by)
        self.over(record, StepState.FAILED, Outcome(StepEnd.UNCLEAR, detail=name), now)

    def not_taken(self, record: StepRecord, why: str, now: datetime, next_at: datetime) -> None:
        """Record that the request certainly had no effect and may be sent again at *next_at*."""
        if self._step(record, state=StepState.PLANNED, started_at=None, next_at=next_at):
            self._note(now, "not taken", record, why)

    def look_again(self, record: StepRecord, next_at: datetime, *, busy: bool) -> None:
        """Record when to read next, and that the service was seen working."""
        if busy and not record.seen_busy:
            self._step(record, seen_busy=True, next_at=next_at)
        else:
            self.schedule(record.run, record.number, next_at)

    def wait(self, record: StepRecord, now: datetime, next_at: datetime) -> None:
        """Record that a step now waits for a person."""
        self._step(record, state=StepState.WAITING, started_at=now, next_at=next_at)

    def over(self, record: StepRecord, state: StepState, outcome: Outcome, now: datetime) -> bool:
        """Record the end of a step: done (also if nothing had to be sent or the next step follows) or failed.

        False if it is already over, or was sent again since.
        """
        how = {"outcome": outcome.end, "proven": outcome.version, "status": outcome.status, "detail": outcome.detail}
        how["fault"] = None if outcome.fault is None else written(outcome.fault)
        changed = self._step(record, state=state, ended_at=now, next_at=None, **how)
        if changed:
            self._note(now, outcome.end, record, outcome.summary)
        return changed

    def _given_back(self, record: StepRecord, why: str, now: datetime, *, by: str = "retune") -> None:
        again = {"started_at": None, "looks": 0, "unanswered": record.unanswered + 1, "next_at": now}
        if self._step(record, state=StepState.PLANNED, unclear_at=None, **again):
            self._note(now, why, record, record.instead, by=by)

    def _note(self, now: datetime, action: str, record: StepRecord, detail: str, *, by: str = "retune") -> None:
        request = self._c.value(int, "SELECT request FROM runs WHERE id = ?", (record.run,))
        self._audit.note(now, by, action, request=request, model=record.step.ref, detail=detail)

    def schedule(self, run: int, number: int, at: datetime) -> None:
        """Record when to handle a step."""
        self._c.change("UPDATE steps SET next_at = ? WHERE run = ? AND number = ?", (at, run, number))

    def time_set(self, by: timedelta, now: datetime) -> None:
        """Shift the times of runs in progress by *by*, so that after setting the clock no wait ends early or never.

        Times written in the last moment, after the clock was set, are already right.
        """
        moved = {"by": by.total_seconds(), "since": now - NOTICED, "now": now, "running": RunState.RUNNING}
        latest = now + LONGEST if abs(by) > LONGEST else now
        for table, column, until in (
            ("runs", "started_at", now),
            ("steps", "started_at", now),
            ("steps", "answered_at", now),
            ("steps", "next_at", latest),
        ):
            running = "state = :running" if table == "runs" else "run IN (SELECT id FROM runs WHERE state = :running)"
            self._c.change(
                f"""UPDATE {table} SET {column} = {column} + :by WHERE ended_at IS NULL AND {running}
                    AND {column} NOT BETWEEN :since AND :until""",
                {**moved, "until": until},
            )

    def not_ahead(self, now: datetime) -> None:
        """Limit times in the future: nothing began later than now, or is postponed beyond `LONGEST`; the clock was set
        back.
        """
        self._c.change(
            """UPDATE steps SET started_at = min(started_at, :now), answered_at = min(answered_at, :now),
               next_at = CASE WHEN next_at > :latest THEN :now ELSE next_at END
               WHERE ended_at IS NULL AND (started_at > :now OR answered_at > :now OR next_at > :latest)
               AND run IN (SELECT id FROM runs WHERE state = :running)""",
            {"now": now, "latest": now + LONGEST, "running": RunState.RUNNING},
        )

    def due(self, now: datetime) -> tuple[Turn, ...]:
        """The due steps of running runs, in order."""
        return self._c.all(
            Turn,
            """SELECT s.run, s.model, s.state IN (?, ?) OR s.unanswered > 0 AS look
               FROM steps s CROSS JOIN runs r ON r.id = s.run
               WHERE s.next_at <= ? AND r.state = ? ORDER BY s.next_at""",
            (StepState.STARTING, StepState.WAITING, now, RunState.RUNNING),
        )

    def past(self, action: str, kind: str, limit: int = LAST) -> tuple[Past, ...]:
        """Durations of the last steps of one action on one kind of model, newest first.

        Holdings are known only if the step's model is the run's own. Refused requests, and those without effect, say
        nothing about duration and are left out.
        """
        return self._c.all(
            Past,
            # The state as a literal: SQLite uses the partial index on these steps only then.
            f"""SELECT s.ended_at - s.started_at AS seconds,
                CASE WHEN s.model = r.model THEN json_extract(r.plan, '$.holdings') END AS holdings
                FROM steps s JOIN runs r ON r.id = s.run
                WHERE s.state = 'done' AND s.action = ? AND s.outcome IN ({marks(WORKED)})
                AND {ACOUSTIC} = ? AND s.started_at IS NOT NULL ORDER BY s.ended_at DESC LIMIT ?""",
            (action, *sorted(WORKED), kind == "acoustic", limit),
        )

    def _step(self, record: StepRecord, **values: object) -> bool:
        """Write changes of a step that people should see.

        False, with nothing written, if it is over or another process sent it again since: facts about an earlier
        request do not apply to that one.
        """
        assignments = ", ".join(f"{column} = ?" for column in values)
        sql = f"UPDATE steps SET {assignments} WHERE run = ? AND number = ? AND attempts = ? AND state NOT IN (?, ?)"
        known = (record.run, record.number, record.attempts, StepState.DONE, StepState.FAILED)
        changed = self._c.change(sql, (*values.values(), *known))
        sql = "UPDATE requests SET version = version + ? WHERE id = (SELECT request FROM runs WHERE id = ?)"
        self._c.change(sql, (changed, record.run))
        return changed == 1
