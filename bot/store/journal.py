"""The journal: what was about to be sent, what was answered, what was seen, step by step."""

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
"""How many past steps are looked at for an estimate."""

LONGEST = timedelta(minutes=15)
"""Nothing that is under way is put off for longer."""

NOTICED = timedelta(seconds=3)
"""Within which it is noticed that the clock was set."""

ACOUSTIC = "(instr(s.model, '/acoustic/') > 0)"
"""Whether a step works on an acoustic model, as the index on past steps has it."""

WORKED = frozenset({StepEnd.PROVEN, StepEnd.WORKED, StepEnd.TRAINED, StepEnd.NO_VERSION})
"""Ends of steps that the service worked on."""


class Journal(Audited):
    """The steps of all runs. Intent is written before a request leaves, the result after its answer."""

    def starting(self, record: StepRecord, seen: Model, now: datetime, next_at: datetime, *, forced: bool) -> bool:
        """Writes that a step's request is about to leave, and what was true before it; in a durable transaction.

        False, and nothing is written, when another process took the step, or somebody ended the run meanwhile.
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
        """Writes that the service accepted the request."""
        how = {"answered_at": now, "transaction_id": transaction, "next_at": next_at}
        if self._step(record, state=StepState.WAITING, **how):
            self._note(now, "accepted", record, f"transaction {transaction}" if transaction else "")

    def unanswered(
        self, record: StepRecord, instead: str, transaction: str | None, now: datetime, next_at: datetime
    ) -> None:
        """Writes what came in place of an answer that proves anything; the next looks tell whether it began."""
        if self._step(record, instead=instead, transaction_id=transaction, next_at=next_at):
            self._note(now, "unanswered", record, instead)

    def look_once_more(self, record: StepRecord, next_at: datetime) -> None:
        """Writes that a reading showed nothing of the request, and when to look next."""
        sql = "UPDATE steps SET looks = looks + 1, next_at = ? WHERE run = ? AND number = ? AND attempts = ?"
        self._c.change(sql, (next_at, record.run, record.number, record.attempts))

    def begun(self, record: StepRecord, now: datetime, next_at: datetime, *, busy: bool) -> None:
        """Writes that the service shows that it took a request whose answer proved nothing."""
        how = {"answered_at": now, "started_at": record.started_at or now, "seen_busy": busy, "next_at": next_at}
        if self._step(record, state=StepState.WAITING, unclear_at=None, **how):
            self._note(now, "begun", record, "seen at the service")

    def not_begun(self, record: StepRecord, now: datetime) -> None:
        """Writes that nothing is seen of a request, so that it is sent again. What was before it is kept."""
        self._given_back(record, "not begun", now)

    def unclear(self, record: StepRecord, now: datetime, next_at: datetime) -> None:
        """Writes that an approver decides on a request of which nobody can say whether it began."""
        if self._step(record, unclear_at=now, next_at=next_at):
            self._note(now, "unclear", record, record.instead)

    def send_again(self, record: StepRecord, by: str, now: datetime) -> None:
        """Writes that an approver wants a request sent again of which nobody can say whether it began."""
        self._given_back(record, "send again", now, by=by)

    def given_up(self, record: StepRecord, by: str, name: str, now: datetime) -> None:
        """Writes that an approver, of that name, ends such a step as failed."""
        self._note(now, "mark as failed", record, record.instead, by=by)
        self.over(record, StepState.FAILED, Outcome(StepEnd.UNCLEAR, detail=name), now)

    def not_taken(self, record: StepRecord, why: str, now: datetime, next_at: datetime) -> None:
        """Writes that the request certainly had no effect and may be sent again at *next_at*."""
        if self._step(record, state=StepState.PLANNED, started_at=None, next_at=next_at):
            self._note(now, "not taken", record, why)

    def look_again(self, record: StepRecord, next_at: datetime, *, busy: bool) -> None:
        """Writes when to look next, and that the service was seen working."""
        if busy and not record.seen_busy:
            self._step(record, seen_busy=True, next_at=next_at)
        else:
            self.schedule(record.run, record.number, next_at)

    def wait(self, record: StepRecord, now: datetime, next_at: datetime) -> None:
        """Writes that a step now waits for a person."""
        self._step(record, state=StepState.WAITING, started_at=now, next_at=next_at)

    def over(self, record: StepRecord, state: StepState, outcome: Outcome, now: datetime) -> bool:
        """Writes how a step ended: done, also where nothing had to be sent or the next step follows, or failed.

        False where it is over already, or was sent anew since.
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
        """Writes when to take up a step."""
        self._c.change("UPDATE steps SET next_at = ? WHERE run = ? AND number = ?", (at, run, number))

    def time_set(self, by: timedelta, now: datetime) -> None:
        """The clock was set while runs are under way: their moments go along, so that no wait ends early or never.

        Those that were written since then, a moment ago, are right already.
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
        """Nothing began later than now, or is put off for longer than anything is: the clock was set back meanwhile."""
        self._c.change(
            """UPDATE steps SET started_at = min(started_at, :now), answered_at = min(answered_at, :now),
               next_at = CASE WHEN next_at > :latest THEN :now ELSE next_at END
               WHERE ended_at IS NULL AND (started_at > :now OR answered_at > :now OR next_at > :latest)
               AND run IN (SELECT id FROM runs WHERE state = :running)""",
            {"now": now, "latest": now + LONGEST, "running": RunState.RUNNING},
        )

    def due(self, now: datetime) -> tuple[Turn, ...]:
        """The steps of running runs that are to be taken up by then, in that order."""
        return self._c.all(
            Turn,
            """SELECT s.run, s.model, s.state IN (?, ?) OR s.unanswered > 0 AS look
               FROM steps s CROSS JOIN runs r ON r.id = s.run
               WHERE s.next_at <= ? AND r.state = ? ORDER BY s.next_at""",
            (StepState.STARTING, StepState.WAITING, now, RunState.RUNNING),
        )

    def past(self, action: str, kind: str, limit: int = LAST) -> tuple[Past, ...]:
        """How long the last steps of one action on one kind of model took, newest first.

        What a model held is known only where it is the model that the run was made for. A request that was refused,
        or changed nothing, says nothing about how long the work takes.
        """
        return self._c.all(
            Past,
            # The state as a literal: only so does SQLite use the index that has nothing but these steps.
            f"""SELECT s.ended_at - s.started_at AS seconds,
                CASE WHEN s.model = r.model THEN json_extract(r.plan, '$.holdings') END AS holdings
                FROM steps s JOIN runs r ON r.id = s.run
                WHERE s.state = 'done' AND s.action = ? AND s.outcome IN ({marks(WORKED)})
                AND {ACOUSTIC} = ? AND s.started_at IS NOT NULL ORDER BY s.ended_at DESC LIMIT ?""",
            (action, *sorted(WORKED), kind == "acoustic", limit),
        )

    def _step(self, record: StepRecord, **values: object) -> bool:
        """Writes what changed of a step, which people should see.

        False, and nothing is written, for one that is over, or that another process sent anew since: what is known of
        an earlier request says nothing about that one.
        """
        assignments = ", ".join(f"{column} = ?" for column in values)
        sql = f"UPDATE steps SET {assignments} WHERE run = ? AND number = ? AND attempts = ? AND state NOT IN (?, ?)"
        known = (record.run, record.number, record.attempts, StepState.DONE, StepState.FAILED)
        changed = self._c.change(sql, (*values.values(), *known))
        sql = "UPDATE requests SET version = version + ? WHERE id = (SELECT request FROM runs WHERE id = ?)"
        self._c.change(sql, (changed, record.run))
        return changed == 1
