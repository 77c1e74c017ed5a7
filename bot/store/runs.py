"""Runs: their rows, votes, locks and the journal of their steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from bot.domain.approvals import Vote
from bot.domain.fleet import Model
from bot.domain.plans import Plan, Step
from bot.domain.runs import FOLLOWS, OPEN, Before, Run, RunState, StepRecord, StepState, VoteRecord
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, moment, stamp

DRAFT_DAYS = 2

UNFINISHED = timedelta(days=1)
"""How long the service's work on a request of ours may go on after our run ended."""

_encode = msgspec.json.Encoder().encode
_plan = msgspec.json.Decoder(Plan).decode
_step = msgspec.json.Decoder(Step).decode
_before = msgspec.json.Decoder(Before).decode


class Runs:
    """All runs. Every change of state is a conditional update: who changes no row has lost a race."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def draft(self, plan: Plan, now: datetime) -> None:
        """Keeps a plan that somebody is looking at, so that what they ask for is exactly what they saw."""
        with self._c.transaction():
            self._c.change("DELETE FROM drafts WHERE at < ?", (now.timestamp() - DRAFT_DAYS * 86400,))
            self._c.change(
                "INSERT INTO drafts (key, plan, at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at",
                (f"{plan.model.ref} {plan.digest}", _encode(plan).decode(), stamp(now)),
            )

    def drafted(self, key: str) -> Plan | None:
        """The plan of a draft: its key is the model's reference, a space, and the plan's digest."""
        row = self._c.row("SELECT plan FROM drafts WHERE key = ?", (key,))
        return _plan(row["plan"]) if row else None

    def propose(
        self, request: str, plan: Plan, requester: str, why: str, channel: str, now: datetime, expires_at: datetime
    ) -> tuple[Run, bool]:
        """Writes a waiting run and locks its models; gives it and true.

        Gives the run that is already there and false when *request* (one modal, one id) was written before, or
        when one of the models is locked by an open run.
        """
        models = sorted({step.ref for step in plan.steps} | {plan.model.ref})
        with self._c.transaction():
            twin = self._c.row("SELECT id FROM runs WHERE request = ?", (request,)) or self._c.row(
                f"SELECT run AS id FROM locks WHERE model IN ({', '.join('?' * len(models))})", models
            )
            if twin is not None:
                return self._must(twin["id"]), False
            row = self._c.rows(
                """INSERT INTO runs (request, model, instance, plan, digest, state, requester, why, requested_at,
                   expires_at, channel, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING id""",
                (
                    *(request, plan.model.ref, plan.model.instance, _encode(plan).decode(), plan.digest),
                    *(RunState.WAITING, requester, why, stamp(now), stamp(expires_at), channel),
                ),
            )[0]
            for model in models:
                self._c.change("INSERT INTO locks (model, run) VALUES (?, ?)", (model, row["id"]))
            for number, step in enumerate(plan.steps, start=1):
                self._c.change(
                    "INSERT INTO steps (run, number, step, model, state) VALUES (?, ?, ?, ?, ?)",
                    (row["id"], number, _encode(step).decode(), step.ref, StepState.PLANNED),
                )
            self._audit.note(now, requester, "request", run=row["id"], model=plan.model.ref, detail=why)
            return self._must(row["id"]), True

    def get(self, run: int) -> Run | None:
        """One run with its journal and votes."""
        row = self._c.row("SELECT * FROM runs WHERE id = ?", (run,))
        return self._whole(row) if row else None

    def in_state(self, *states: RunState) -> tuple[Run, ...]:
        """The runs in these states, oldest first."""
        marks = ", ".join("?" * len(states))
        rows = self._c.rows(f"SELECT * FROM runs WHERE state IN ({marks}) ORDER BY id", states)
        return tuple(self._whole(row) for row in rows)

    def recent(self, limit: int = 20) -> tuple[Run, ...]:
        """The runs that ended last, newest first."""
        marks = ", ".join("?" * len(OPEN))
        rows = self._c.rows(
            f"SELECT * FROM runs WHERE state NOT IN ({marks}) ORDER BY ended_at DESC, id DESC LIMIT ?",
            (*sorted(OPEN), limit),
        )
        return tuple(self._whole(row) for row in rows)

    def of_model(self, ref: str, limit: int = 5) -> tuple[Run, ...]:
        """The runs that were made for one model, newest first."""
        rows = self._c.rows("SELECT * FROM runs WHERE model = ? ORDER BY id DESC LIMIT ?", (ref, limit))
        return tuple(self._whole(row) for row in rows)

    def open_for(self, ref: str) -> Run | None:
        """The open run that has a model locked."""
        row = self._c.row("SELECT run FROM locks WHERE model = ?", (ref,))
        return self.get(row["run"]) if row else None

    def waiting_past(self, now: datetime) -> list[int]:
        """Runs whose time to be approved is over."""
        rows = self._c.rows(
            "SELECT id FROM runs WHERE state = ? AND expires_at <= ? ORDER BY id", (RunState.WAITING, stamp(now))
        )
        return [row["id"] for row in rows]

    def running(self, instance: str) -> int:
        """How many runs of an instance are running."""
        row = self._c.row(
            "SELECT count(*) AS n FROM runs WHERE instance = ? AND state = ?", (instance, RunState.RUNNING)
        )
        return int(row["n"]) if row else 0

    def touched(self, instance: str, since: datetime) -> tuple[set[str], set[str]]:
        """The models of an instance that our requests changed since then, and those they may still be changing.

        The second are those of runs that ended as failed while the service went on, for `UNFINISHED`.
        """
        rows = self._c.rows(
            """SELECT s.model, max(r.state = ? OR r.ended_at >= ?) AS did FROM steps s JOIN runs r ON r.id = s.run
               WHERE r.instance = ? AND (s.attempts > 0 OR s.started_at IS NOT NULL)
               AND (r.state = ? OR r.ended_at >= ? OR (s.state = ? AND r.ended_at >= ?)) GROUP BY s.model""",
            (
                *(RunState.RUNNING, stamp(since), instance, RunState.RUNNING, stamp(since)),
                *(StepState.FAILED, stamp(since - UNFINISHED)),
            ),
        )
        return {row["model"] for row in rows if row["did"]}, {row["model"] for row in rows if not row["did"]}

    def vote(self, run: Run, voter: str, vote: Vote, reason: str, now: datetime) -> None:
        """Writes a vote that counts. Inside the transaction that read the run."""
        self._c.change(
            """INSERT INTO votes (run, voter, vote, digest, reason, at) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (run, voter) DO UPDATE SET vote = excluded.vote, digest = excluded.digest,
               reason = excluded.reason, at = excluded.at""",
            (run.id, voter, vote, run.digest, reason, stamp(now)),
        )
        self._c.change("UPDATE runs SET version = version + 1 WHERE id = ?", (run.id,))

    def move(self, run: int, old: RunState, new: RunState, now: datetime, *, by: str, outcome: str = "") -> bool:
        """Moves a run from one state to another; false if it was not in *old* any more."""
        assert new in FOLLOWS.get(old, frozenset()), f"{old} cannot become {new}"
        decided = new in (RunState.APPROVED, RunState.REJECTED, RunState.WITHDRAWN)
        with self._c.transaction():
            changed = self._c.change(
                """UPDATE runs SET state = ?, version = version + 1, outcome = ?,
                   decided_by = CASE WHEN ? THEN ? ELSE decided_by END,
                   decided_at = CASE WHEN ? THEN ? ELSE decided_at END,
                   started_at = CASE WHEN ? THEN ? ELSE started_at END,
                   ended_at = CASE WHEN ? THEN ? ELSE ended_at END WHERE id = ? AND state = ?""",
                (
                    *(new, outcome, decided, by, decided, stamp(now), new is RunState.RUNNING, stamp(now)),
                    *(new not in OPEN, stamp(now), run, old),
                ),
            )
            if not changed:
                return False
            if new not in OPEN:
                self._c.change("DELETE FROM locks WHERE run = ?", (run,))
                self._c.change("UPDATE steps SET next_at = NULL WHERE run = ?", (run,))
            self._audit.note(now, by, new.value, run=run, detail=outcome)
            return True

    def starting(self, record: StepRecord, seen: Model, now: datetime, next_at: datetime, *, forced: bool) -> bool:
        """Writes, safe from a power loss, that a step's request is about to leave, and what was true before it."""
        before = Before(seen.status, seen.versions or (), seen.updated)
        with self._c.transaction(durable=True):
            changed = self._c.change(
                """UPDATE steps SET state = ?, before = ?, started_at = ?, answered_at = NULL, seen_busy = 0,
                   attempts = attempts + 1, forced = ?, next_at = ?
                   WHERE run = ? AND number = ? AND state = ? AND attempts = ?""",
                (
                    *(StepState.STARTING, _encode(before).decode(), stamp(now), forced, stamp(next_at)),
                    *(record.run, record.number, record.state, record.attempts),
                ),
            )
            self._audit.note(now, "retune", "send", run=record.run, model=record.step.ref, detail=record.step.action)
        return changed == 1

    def answered(self, record: StepRecord, transaction: str | None, now: datetime, next_at: datetime) -> None:
        """Writes that the service accepted the request."""
        self._step(
            record, "state = ?, answered_at = ?, transaction_id = ?, next_at = ?",
            (StepState.WAITING, stamp(now), transaction, stamp(next_at)),
        )  # fmt: skip

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
        self._step(record, "state = ?, ended_at = ?, result = ?, next_at = NULL", (StepState.DONE, stamp(now), result))
        self._audit.note(now, "retune", "proven", run=record.run, model=record.step.ref, detail=result)

    def step_failed(self, record: StepRecord, result: str, now: datetime) -> None:
        """Writes that a step ended without success."""
        self._step(
            record, "state = ?, ended_at = ?, result = ?, next_at = NULL", (StepState.FAILED, stamp(now), result)
        )

    def schedule(self, run: int, number: int, at: datetime) -> None:
        """Writes when to take up a step."""
        self._c.change("UPDATE steps SET next_at = ? WHERE run = ? AND number = ?", (stamp(at), run, number))

    def due(self, now: datetime) -> list[tuple[int, str]]:
        """Running steps to look at now: run and model reference."""
        rows = self._c.rows("SELECT run, model FROM steps WHERE next_at <= ? ORDER BY next_at", (stamp(now),))
        return [(row["run"], row["model"]) for row in rows]

    def untold(self) -> list[int]:
        """Runs of which Slack does not show the present state yet."""
        return [row["id"] for row in self._c.rows("SELECT id FROM runs WHERE told < version ORDER BY id")]

    def told(self, run: int, version: int) -> None:
        """Writes that Slack shows a run as it was at *version*."""
        self._c.change("UPDATE runs SET told = max(told, ?) WHERE id = ?", (version, run))

    def durations(self, action: str, limit: int = 20) -> list[float]:
        """How long the last proven steps of one kind took, in seconds, newest first."""
        rows = self._c.rows(
            """SELECT ended_at - started_at AS took FROM steps WHERE state = ? AND json_extract(step, '$.action') = ?
               AND started_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?""",
            (StepState.DONE, action, limit),
        )
        return [float(row["took"]) for row in rows]

    def _step(self, record: StepRecord, assignments: str, values: Iterable[object]) -> None:
        with self._c.transaction():
            self._c.change(
                f"UPDATE steps SET {assignments} WHERE run = ? AND number = ?", (*values, record.run, record.number)
            )
            self._c.change("UPDATE runs SET version = version + 1 WHERE id = ?", (record.run,))

    def _must(self, run: int) -> Run:
        found = self.get(run)
        assert found is not None
        return found

    def _whole(self, row: Row) -> Run:
        steps = self._c.rows("SELECT * FROM steps WHERE run = ? ORDER BY number", (row["id"],))
        votes = self._c.rows("SELECT * FROM votes WHERE run = ? ORDER BY at", (row["id"],))
        requested, expires = moment(row["requested_at"]), moment(row["expires_at"])
        assert requested is not None
        assert expires is not None
        return Run(
            id=row["id"],
            plan=_plan(row["plan"]),
            digest=row["digest"],
            state=RunState(row["state"]),
            requester=row["requester"],
            why=row["why"],
            requested_at=requested,
            expires_at=expires,
            channel=row["channel"],
            decided_by=row["decided_by"],
            decided_at=moment(row["decided_at"]),
            started_at=moment(row["started_at"]),
            ended_at=moment(row["ended_at"]),
            outcome=row["outcome"],
            version=row["version"],
            steps=tuple(_record(step) for step in steps),
            votes=tuple(_vote(vote) for vote in votes),
        )


def _record(row: Row) -> StepRecord:
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


def _vote(row: Row) -> VoteRecord:
    at = moment(row["at"])
    assert at is not None
    return VoteRecord(voter=row["voter"], vote=row["vote"], reason=row["reason"], at=at)
