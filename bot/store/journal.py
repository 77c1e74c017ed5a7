"""The journal: what was about to be sent, what was answered, what was seen, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from bot.domain.estimates import Past
from bot.domain.fleet import Holdings, Model
from bot.domain.plans import Step
from bot.domain.runs import Before, RunState, StepRecord, StepState
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, moment, stamp

_encode = msgspec.json.Encoder().encode
_step = msgspec.json.Decoder(Step).decode
_before = msgspec.json.Decoder(Before).decode
_holdings = msgspec.json.Decoder(Holdings).decode


class Journal:
    """The steps of all runs. Intent is written before a request leaves, the result after its answer."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def starting(self, record: StepRecord, seen: Model, now: datetime, next_at: datetime, *, forced: bool) -> bool:
        """Writes, safe from a power loss, that a step's request is about to leave, and what was true before it.

        False, and nothing is written, when another process took the step, or somebody ended the run meanwhile.
        """
        before = Before(seen.status, seen.versions or (), seen.updated)
        with self._c.transaction(durable=True):
            changed = self._c.change(
                """UPDATE steps SET state = ?, before = ?, started_at = ?, answered_at = NULL, seen_busy = 0,
                   attempts = attempts + 1, forced = ?, next_at = ?
                   WHERE run = ? AND number = ? AND state = ? AND attempts = ?
                   AND EXISTS (SELECT 1 FROM runs WHERE runs.id = steps.run AND runs.state = ?)""",
                (
                    *(StepState.STARTING, _encode(before).decode(), stamp(now), forced, stamp(next_at)),
                    *(record.run, record.number, record.state, record.attempts, RunState.RUNNING),
                ),
            )
            if changed:
                self._note(now, "send", record, record.step.action)
        return changed == 1

    def answered(self, record: StepRecord, transaction: str | None, now: datetime, next_at: datetime) -> None:
        """Writes that the service accepted the request."""
        with self._c.transaction():
            self._step(
                record, "state = ?, answered_at = ?, transaction_id = ?, next_at = ?",
                (StepState.WAITING, stamp(now), transaction, stamp(next_at)),
            )  # fmt: skip
            self._note(now, "accepted", record, f"transaction {transaction}" if transaction else "")

    def refused(self, record: StepRecord, next_at: datetime) -> None:
        """Writes that the request certainly had no effect and may be sent again at *next_at*."""
        self._step(record, "state = ?, started_at = NULL, next_at = ?", (StepState.PLANNED, stamp(next_at)))

    def look_again(self, record: StepRecord, next_at: datetime, *, busy: bool) -> None:
        """Writes when to look next, and that the service was seen working."""
        if busy and not record.seen_busy:
            self._step(record, "seen_busy = 1, next_at = ?", (stamp(next_at),))
        else:
            self._c.change(
                "UPDATE steps SET next_at = ? WHERE run = ? AND number = ?",
                (stamp(next_at), record.run, record.number),
            )

    def wait(self, record: StepRecord, now: datetime, next_at: datetime) -> None:
        """Writes that a step now waits for a person."""
        self._step(record, "state = ?, started_at = ?, next_at = ?", (StepState.WAITING, stamp(now), stamp(next_at)))

    def step_done(self, record: StepRecord, result: str, now: datetime) -> None:
        """Writes that a step is proven."""
        self._over(record, StepState.DONE, result, now)

    def step_failed(self, record: StepRecord, result: str, now: datetime) -> None:
        """Writes that a step ended without success."""
        self._over(record, StepState.FAILED, result, now)

    def _over(self, record: StepRecord, state: StepState, result: str, now: datetime) -> None:
        with self._c.transaction():
            self._step(record, "state = ?, ended_at = ?, result = ?, next_at = NULL", (state, stamp(now), result))
            self._note(now, "proven" if state is StepState.DONE else "step failed", record, result)

    def _note(self, now: datetime, action: str, record: StepRecord, detail: str) -> None:
        self._audit.note(now, "retune", action, run=record.run, model=record.step.ref, detail=detail)

    def schedule(self, run: int, number: int, at: datetime) -> None:
        """Writes when to take up a step."""
        self._c.change("UPDATE steps SET next_at = ? WHERE run = ? AND number = ?", (stamp(at), run, number))

    def due(self, now: datetime) -> list[tuple[int, str]]:
        """Steps of running runs to look at now: run and model reference."""
        rows = self._c.rows(
            """SELECT s.run, s.model FROM steps s JOIN runs r ON r.id = s.run
               WHERE s.next_at <= ? AND r.state = ? ORDER BY s.next_at""",
            (stamp(now), RunState.RUNNING),
        )
        return [(row["run"], row["model"]) for row in rows]

    def past(self, action: str, kind: str, limit: int = 20) -> list[tuple[Past, str]]:
        """How long the last proven steps of one action on one kind of model took, newest first, with their results.

        What a model held is known only where it is the model that the run was made for.
        """
        rows = self._c.rows(
            # The state as a literal: only so does SQLite use the index that has nothing but these steps.
            """SELECT s.ended_at - s.started_at AS took, s.result AS result,
               CASE WHEN s.model = r.model THEN json_extract(r.plan, '$.holdings') END AS holdings
               FROM steps s JOIN runs r ON r.id = s.run
               WHERE s.state = 'done' AND json_extract(s.step, '$.action') = ? AND s.model LIKE ?
               AND s.started_at IS NOT NULL ORDER BY s.ended_at DESC LIMIT ?""",
            (action, f"%/{kind}/%", limit),
        )
        return [
            (Past(float(row["took"]), None if row["holdings"] is None else _holdings(row["holdings"])), row["result"])
            for row in rows
        ]

    def _step(self, record: StepRecord, assignments: str, values: Iterable[object]) -> None:
        with self._c.transaction():
            self._c.change(
                f"UPDATE steps SET {assignments} WHERE run = ? AND number = ?", (*values, record.run, record.number)
            )
            self._c.change("UPDATE runs SET version = version + 1 WHERE id = ?", (record.run,))


def record(row: Row) -> StepRecord:
    """A row of the journal as a value."""
    return StepRecord(
        run=row["run"],
        number=row["number"],
        step=_step(row["step"]),
        state=StepState(row["state"]),
        before=None if row["before"] is None else _before(row["before"]),
        started_at=moment(row["started_at"]),
        answered_at=moment(row["answered_at"]),
        ended_at=moment(row["ended_at"]),
        seen_busy=bool(row["seen_busy"]),
        attempts=row["attempts"],
        forced=bool(row["forced"]),
        transaction=row["transaction_id"],
        result=row["result"],
    )
