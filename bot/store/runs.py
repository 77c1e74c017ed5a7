"""Runs: their rows, votes and locks."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from bot.domain.plans import Plan
from bot.domain.runs import FOLLOWS, OPEN, Run, RunState, StepState, VoteRecord
from bot.store.audit import Audit
from bot.store.connection import Connection, Row, moment, stamp
from bot.store.journal import record

DRAFT_DAYS = 2

UNFINISHED = timedelta(days=1)
"""How long the service's work on a request of ours may go on after our run ended."""

_encode = msgspec.json.Encoder().encode
_plan = msgspec.json.Decoder(Plan).decode


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
        self,
        request: str,
        plan: Plan,
        requester: str,
        why: str,
        channel: str,
        now: datetime,
        expires_at: datetime,
        *,
        not_before: datetime | None = None,
        campaign: int | None = None,
    ) -> tuple[Run, bool]:
        """Writes a waiting run and locks its models; gives it and true.

        Gives the run that is already there and false when *request* (one modal, one id) was written before, or
        when one of the models is locked by an open run.
        """
        models = _models(plan)
        with self._c.transaction():
            twin = self._c.row("SELECT id FROM runs WHERE request = ?", (request,))
            if twin is not None:
                return self._must(twin["id"]), False
            holder = self._holder(models)
            if holder is not None:
                return self._must(holder), False
            row = self._c.rows(
                """INSERT INTO runs (request, model, instance, plan, digest, state, requester, why, requested_at,
                   expires_at, channel, not_before, campaign, version)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING id""",
                (
                    *(request, plan.model.ref, plan.model.instance, _encode(plan).decode(), plan.digest),
                    *(RunState.WAITING, requester, why, stamp(now), stamp(expires_at), channel),
                    *(stamp(not_before), campaign),
                ),
            )[0]
            self._lock(models, row["id"])
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

    def of_campaign(self, campaign: int) -> tuple[Run, ...]:
        """The runs of a campaign, in the order in which they start."""
        return tuple(
            self._whole(row) for row in self._c.rows("SELECT * FROM runs WHERE campaign = ? ORDER BY id", (campaign,))
        )

    def open_for(self, ref: str) -> Run | None:
        """The open run that has a model locked."""
        row = self._c.row("SELECT run FROM locks WHERE model = ?", (ref,))
        return self.get(row["run"]) if row else None

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

    def touch(self, run: int) -> None:
        """People should see something new of a run."""
        self._c.change("UPDATE runs SET version = version + 1 WHERE id = ?", (run,))

    def changes(self) -> int:
        """A number that grows with everything that people can see of runs, campaigns and freezes."""
        row = self._c.row(
            """SELECT (SELECT coalesce(sum(version), 0) FROM runs) + (SELECT coalesce(sum(version), 0) FROM campaigns)
               + (SELECT count(id) + count(ended_at) FROM freezes) AS n"""
        )
        return int(row["n"]) if row else 0

    def touch_unstarted(self, instance: str = "") -> None:
        """What its card says of waiting and approved runs changed, on one instance or on all."""
        self._c.change(
            "UPDATE runs SET version = version + 1 WHERE state IN (?, ?) AND (? = '' OR instance = ?)",
            (RunState.WAITING, RunState.APPROVED, instance, instance),
        )

    def cancel_later(self, run: Run, by: str, now: datetime) -> bool:
        """Notes that a running run ends after the step that is under way; false if it does not run any more."""
        with self._c.transaction():
            changed = self._c.change(
                "UPDATE runs SET cancelled_by = ?, version = version + 1 WHERE id = ? AND state = ?",
                (by, run.id, RunState.RUNNING),
            )
            if changed:
                self._audit.note(now, by, "cancel after this step", run=run.id, model=run.plan.model.ref)
        return changed == 1

    def retry(self, run: Run, by: str, now: datetime) -> int | None:
        """Takes a failed run up again from its failed step; None when that is done.

        Gives the run that has one of its models meanwhile, or the run itself if it is not failed any more.
        """
        with self._c.transaction():
            holder = self._holder(_models(run.plan))
            if holder is not None:
                return holder
            if not self.move(run.id, RunState.FAILED, RunState.APPROVED, now, by=by, outcome=""):
                return run.id
            self._lock(_models(run.plan), run.id)
            self._c.change(
                "UPDATE runs SET retries = retries + 1, ended_at = NULL, cancelled_by = NULL WHERE id = ?", (run.id,)
            )
            self._c.change(
                """UPDATE steps SET state = ?, before = NULL, started_at = NULL, answered_at = NULL, ended_at = NULL,
                   seen_busy = 0, attempts = 0, forced = 0, transaction_id = NULL, result = '', next_at = NULL
                   WHERE run = ? AND state = ?""",
                (StepState.PLANNED, run.id, StepState.FAILED),
            )
        return None

    def extend(self, run: int, expires_at: datetime) -> None:
        """Gives a waiting run time to be decided on anew, with a reminder of its own."""
        self._c.change(
            "UPDATE runs SET expires_at = ?, voters = NULL, remind_at = NULL, version = version + 1 WHERE id = ?",
            (stamp(expires_at), run),
        )

    def _holder(self, models: list[str]) -> int | None:
        row = self._c.row(f"SELECT run FROM locks WHERE model IN ({', '.join('?' * len(models))})", models)
        return row["run"] if row else None

    def _lock(self, models: list[str], run: int) -> None:
        for model in models:
            self._c.change("INSERT INTO locks (model, run) VALUES (?, ?)", (model, run))

    def move(self, run: int, old: RunState, new: RunState, now: datetime, *, by: str, outcome: str = "") -> bool:
        """Moves a run from one state to another; false if it was not in *old* any more."""
        assert new in FOLLOWS.get(old, frozenset()), f"{old} cannot become {new}"
        decided = new in (RunState.APPROVED, RunState.REJECTED, RunState.WITHDRAWN, RunState.CANCELLED)
        undecided = new is RunState.WAITING
        with self._c.transaction():
            changed = self._c.change(
                """UPDATE runs SET state = ?, version = version + 1, outcome = ?,
                   decided_by = CASE WHEN ? THEN NULL WHEN ? THEN ? ELSE decided_by END,
                   decided_at = CASE WHEN ? THEN NULL WHEN ? THEN ? ELSE decided_at END,
                   started_at = CASE WHEN ? THEN coalesce(started_at, ?) ELSE started_at END,
                   ended_at = CASE WHEN ? THEN ? ELSE ended_at END WHERE id = ? AND state = ?""",
                (
                    *(new, outcome, undecided, decided, by, undecided, decided, stamp(now)),
                    *(new is RunState.RUNNING, stamp(now)),
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

    def untold(self) -> list[int]:
        """Runs of which Slack does not show the present state yet."""
        return [
            row["id"]
            for row in self._c.rows("SELECT id FROM runs WHERE told < version AND campaign IS NULL ORDER BY id")
        ]

    def is_at(self, run: int, version: int) -> bool:
        """Whether nothing that people should see changed since *version*."""
        return self._c.row("SELECT 1 AS one FROM runs WHERE id = ? AND version = ?", (run, version)) is not None

    def told(self, run: int, version: int) -> None:
        """Writes that Slack shows a run as it was at *version*."""
        self._c.change("UPDATE runs SET told = ? WHERE id = ? AND told < ?", (version, run, version))

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
            steps=tuple(record(step) for step in steps),
            votes=tuple(vote_record(vote) for vote in votes),
            not_before=moment(row["not_before"]),
            remind_at=moment(row["remind_at"]),
            reminded=bool(row["reminded"]),
            voters=row["voters"],
            cancelled_by=row["cancelled_by"],
            retries=row["retries"],
            campaign=row["campaign"],
        )


def _models(plan: Plan) -> list[str]:
    """The models that a run locks: its own, and those of its steps."""
    return sorted({step.ref for step in plan.steps} | {plan.model.ref})


def vote_record(row: Row) -> VoteRecord:
    """A row of votes as a value."""
    at = moment(row["at"])
    assert at is not None
    return VoteRecord(voter=row["voter"], vote=row["vote"], reason=row["reason"], at=at)
