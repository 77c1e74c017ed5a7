"""Reading requests: made of their rows, votes, runs and journals; found by state, by model or by a filter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.hours import MISSED
from bot.domain.outcomes import PROOFS, Fault, Outcome, StepEnd
from bot.domain.requests import LIVE, Request, RequestState, VoteRecord
from bot.domain.runs import Run, StepRecord
from bot.store.connection import Parameters, Part, built, grouped, marks, read


class Reading(Part):
    """Requests as they are in the store."""

    def get(self, request: int) -> Request | None:
        """One request with its runs and votes."""
        return self._one("id = ?", request)

    def of_form(self, form: str) -> int | None:
        """The number of the request that a window asked for."""
        return self._c.value(int, "SELECT id FROM requests WHERE form = ?", (form,))

    def run(self, id: int) -> Run | None:
        """One run alone: what it costs does not grow with its request."""
        return next(iter(self._journals("id = ?", (id,))), None)

    def those(self, ids: Sequence[int]) -> tuple[Request, ...]:
        """Several, in the order of *ids*; unknown ones are left out."""
        found = {request.id: request for request in self._load(f"id IN ({marks(ids)})", ids)}
        return tuple(found[id] for id in ids if id in found)

    def sizes(self, ids: Sequence[int]) -> dict[int, int]:
        """How many runs each of these has."""
        sql = f"SELECT request, count(*) AS runs FROM runs WHERE request IN ({marks(ids)}) GROUP BY request"
        return {row["request"]: row["runs"] for row in self._c.rows(sql, ids)}

    def live_ids(self) -> tuple[int, ...]:
        """The numbers of those that have not ended, oldest first."""
        return self._c.values(int, f"SELECT id FROM requests WHERE state IN ({marks(LIVE)}) ORDER BY id", sorted(LIVE))

    def recent_ids(self, limit: int) -> tuple[int, ...]:
        """The numbers of those that ended last, newest first."""
        sql = "SELECT id FROM requests WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ?"
        return self._c.values(int, sql, (limit,))

    def in_state(self, *states: RequestState) -> tuple[Request, ...]:
        """The requests in these states, oldest first."""
        return self._load(f"state IN ({marks(states)}) ORDER BY id", states)

    def live(self) -> tuple[Request, ...]:
        """Those that have not ended, oldest first."""
        return self.in_state(*sorted(LIVE))

    def queued(self) -> dict[int, int]:
        """Approved ones of which a run has not started yet, oldest first, and the versions that they are in."""
        states = (RequestState.SCHEDULED, RequestState.RUNNING, RequestState.PAUSED)
        # The state as a literal: only so does SQLite use the index that has nothing but these runs.
        sql = """SELECT q.id, q.version FROM requests q WHERE q.state IN (?, ?, ?)
                 AND EXISTS (SELECT 1 FROM runs r WHERE r.request = q.id AND r.state = 'queued') ORDER BY +q.id"""
        return {row["id"]: row["version"] for row in self._c.rows(sql, states)}

    def recent(self, limit: int) -> tuple[Request, ...]:
        """Those that ended last, newest first."""
        return self._load("ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ?", (limit,))

    def of_model(self, ref: str, limit: int = 5) -> tuple[Request, ...]:
        """The requests with a plan that works on a model, its own or another's, newest first."""
        those = "SELECT r.request FROM runs r JOIN steps s ON s.run = r.id WHERE s.model = ?"
        return self._load(f"id IN ({those}) ORDER BY id DESC LIMIT ?", (ref, limit))

    def holding(self, ref: str) -> Request | None:
        """The live request that has a model locked."""
        return self._one("id = (SELECT r.request FROM locks l JOIN runs r ON r.id = l.run WHERE l.model = ?)", ref)

    def unwatched(self, limit: int = 5) -> tuple[Request, ...]:
        """Open requests of which nobody looked yet who could approve them."""
        return self._load("state = ? AND voters IS NULL ORDER BY id LIMIT ?", (RequestState.OPEN, limit))

    def expired(self, now: datetime) -> tuple[Request, ...]:
        """Open requests whose time to be decided on is over."""
        return self._load("state = ? AND expires_at <= ? ORDER BY id", (RequestState.OPEN, now))

    def to_remind(self, now: datetime) -> list[tuple[int, datetime]]:
        """Open requests whose thread should have reminded by now, and since when; also where Slack never took it."""
        sql = """SELECT id, remind_at FROM requests WHERE state = ? AND remind_at <= ? AND (reminded = 0 OR
                 (remind_at < ? AND 'request:' || id || ':remind' NOT IN (SELECT key FROM messages)))"""
        rows = self._c.rows(sql, (RequestState.OPEN, now, now - MISSED))
        return [(row["id"], read(datetime, row["remind_at"])) for row in rows]

    def untold(self) -> list[int]:
        """Requests of which Slack does not show the present state yet."""
        return list(self._c.values(int, "SELECT id FROM requests WHERE told < version ORDER BY id"))

    def is_at(self, request: Request) -> bool:
        """Whether nothing that people should see changed since it was read."""
        return self._c.value(int, "SELECT version FROM requests WHERE id = ?", (request.id,)) == request.version

    def changes(self) -> tuple[int, int]:
        """Two numbers that change with everything that people can see of requests and freezes."""
        noted = self._c.value(int, "SELECT last FROM audit_head")
        versions = self._c.value(int, f"SELECT sum(version) FROM requests WHERE state IN ({marks(LIVE)})", sorted(LIVE))
        return noted or 0, versions or 0

    def deciding(self, request: int) -> Request | None:
        """A request with those of its runs from which its state follows, which are few: see `following`.

        One run stands for all in the same state, unless it may be bad, or is tried again.
        """
        rows = self._c.rows("SELECT * FROM requests WHERE id = ?", (request,))
        if not rows:
            return None
        runs = self._journals(
            f"""request = ? AND (state IN ('running', 'failed') OR (state = 'queued' AND retries > 0)
                OR id IN (SELECT min(id) FROM runs WHERE request = ? GROUP BY state)
                OR (state = 'done' AND EXISTS (SELECT 1 FROM steps s WHERE s.run = runs.id AND s.model = runs.model
                    AND (s.outcome IS NULL OR s.outcome NOT IN ({marks(PROOFS)})))))""",
            (request, request, *sorted(PROOFS)),
        )
        return built(Request, {**rows[0], "runs": runs})

    def _one(self, where: str, *parameters: object) -> Request | None:
        return next(iter(self._load(where, parameters)), None)

    def _load(self, where: str, parameters: Parameters) -> tuple[Request, ...]:
        rows = self._c.rows(f"SELECT * FROM requests WHERE {where}", parameters)
        if not rows:
            return ()
        ids = [row["id"] for row in rows]
        runs = self._runs_of(ids)
        cast = self._c.rows(f"SELECT * FROM votes WHERE request IN ({marks(ids)}) ORDER BY at", ids)
        votes = grouped(cast, "request")
        for row in rows:
            row["runs"] = runs[row["id"]]
            row["votes"] = [built(VoteRecord, vote) for vote in votes.get(row["id"], ())]
        return tuple(built(Request, row) for row in rows)

    def _runs_of(self, requests: Sequence[int]) -> dict[int, list[Run]]:
        """The runs of requests with their journals, in the order in which they start."""
        found: dict[int, list[Run]] = {}
        for run in self._journals(f"request IN ({marks(requests)})", requests):
            found.setdefault(run.request, []).append(run)
        return found

    def _journals(self, those: str, parameters: Parameters) -> list[Run]:
        rows = self._c.rows(f"SELECT * FROM runs WHERE {those} ORDER BY request, number", parameters)
        sql = f"""SELECT *, transaction_id AS "transaction" FROM steps
                  WHERE run IN (SELECT id FROM runs WHERE {those}) ORDER BY run, number"""
        journal = self._c.rows(sql, parameters)
        for row in journal:
            if row["outcome"] is not None:
                fault = None if row["fault"] is None else read(Fault, row["fault"])
                row["outcome"] = Outcome(StepEnd(row["outcome"]), row["proven"], row["status"], row["detail"], fault)
        steps = grouped(journal, "run")
        for row in rows:
            row["steps"] = [built(StepRecord, step) for step in steps.get(row["id"], ())]
        return [built(Run, row) for row in rows]
