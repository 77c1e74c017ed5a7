"""Votes on runs: who approved, who could, and which requests wait for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.approvals import Vote
from bot.domain.runs import Run, RunState
from bot.store.audit import Audit
from bot.store.connection import Connection, stamp

MISSED = timedelta(hours=1)
"""A reminder that is later than this has missed its hour."""


class Votes:
    """One row for each voter and run: one person has one vote."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._c = connection
        self._audit = audit

    def vote(self, run: Run, voter: str, vote: Vote, reason: str, now: datetime) -> None:
        """Writes a vote that counts. Inside the transaction that read the run."""
        self._c.change(
            """INSERT INTO votes (run, voter, vote, digest, reason, at) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (run, voter) DO UPDATE SET vote = excluded.vote, digest = excluded.digest,
               reason = excluded.reason, at = excluded.at""",
            (run.id, voter, vote, run.digest, reason, stamp(now)),
        )
        self._audit.note(now, voter, vote, run=run.id, model=run.plan.model.ref, detail=reason)
        self._seen(run.id)

    def void(self, run: Run, voter: str, by: str, why: str, now: datetime) -> None:
        """Takes a vote away: its owner took it back, or may not vote any more."""
        with self._c.transaction():
            if self._c.change("DELETE FROM votes WHERE run = ? AND voter = ?", (run.id, voter)):
                self._audit.note(now, by, "vote void", run=run.id, model=run.plan.model.ref, detail=f"{voter}: {why}")
                self._seen(run.id)

    def voters(self, run: int, voters: int, needed: int, remind_at: datetime | None) -> None:
        """Writes how many people could approve, and when to remind; a shortage is something people should see."""
        self._c.change(
            "UPDATE runs SET voters = ?, remind_at = ?, version = version + ? WHERE id = ? AND voters IS NULL",
            (voters, stamp(remind_at), int(voters < needed), run),
        )

    def unwatched(self, limit: int = 5) -> list[int]:
        """Waiting runs of which nobody looked yet who could approve them."""
        rows = self._c.rows(
            "SELECT id FROM runs WHERE state = ? AND voters IS NULL AND campaign IS NULL ORDER BY id LIMIT ?",
            (RunState.WAITING, limit),
        )
        return [row["id"] for row in rows]

    def waiting_past(self, now: datetime) -> list[int]:
        """Runs whose time to be approved is over."""
        rows = self._c.rows(
            "SELECT id FROM runs WHERE state = ? AND campaign IS NULL AND expires_at <= ? ORDER BY id",
            (RunState.WAITING, stamp(now)),
        )
        return [row["id"] for row in rows]

    def remind(self, now: datetime) -> None:
        """Marks the waiting runs whose thread should remind now.

        One whose hour passed while no process ran gets another: it may be night by now.
        """
        due = self._c.rows(
            "SELECT id, remind_at FROM runs WHERE state = ? AND reminded = 0 AND remind_at <= ? AND expires_at > ?",
            (RunState.WAITING, stamp(now), stamp(now)),
        )
        for row in due:
            if row["remind_at"] < (now - MISSED).timestamp():
                self._c.change("UPDATE runs SET voters = NULL, remind_at = NULL WHERE id = ?", (row["id"],))
            else:
                self._c.change("UPDATE runs SET reminded = 1, version = version + 1 WHERE id = ?", (row["id"],))

    def _seen(self, run: int) -> None:
        """People should see something new of a run."""
        self._c.change("UPDATE runs SET version = version + 1 WHERE id = ?", (run,))
