"""Requests: votes on them, and every change of state of a request or its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.approvals import Vote
from bot.domain.hours import MISSED
from bot.domain.outcomes import Cause, CauseKind, LeftOut
from bot.domain.plans import Plan
from bot.domain.requests import (
    DROP,
    FOLLOWS,
    LIVE,
    RESUME,
    RETRIABLE,
    STOP_LATER,
    Request,
    RequestState,
    digest_of,
    following,
)
from bot.domain.runs import LASTING, Run, RunState
from bot.store.audit import Audit
from bot.store.connection import Connection, marks, written
from bot.store.reading import Reading
from bot.store.runs import Runs


@dataclass(frozen=True, slots=True)
class Proposal:
    """The request of a submitted form; *form* identifies it. *not_before* is the earliest start."""

    form: str
    plans: tuple[Plan, ...]
    requester: str
    why: str
    channel: str
    at: datetime
    expires_at: datetime
    not_before: datetime | None = None
    left_out: tuple[LeftOut, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    """Digests of the plans by model reference, if known: a thousand take 30 ms to compute."""

    def digest(self, plan: Plan) -> str:
        """The digest of one of the plans."""
        return self.digests.get(plan.model.ref) or plan.digest


@dataclass(frozen=True, slots=True)
class Proposed:
    """The result of a proposal, as numbers: the request and whether it is new, or none and the one that already has a
    model. Reading a request with a thousand runs is slow, so the caller does it later.
    """

    request: int | None
    new: bool = False
    holder: int | None = None


class Requests(Reading):
    """All requests. Every change of state is a conditional update: no row changed means another one came first."""

    def __init__(self, connection: Connection, audit: Audit, runs: Runs) -> None:
        super().__init__(connection)
        self._audit = audit
        self._runs = runs

    def propose(self, asked: Proposal) -> Proposed:
        """Store an open request with its runs and lock its models; the same form twice gives the first one.

        A model locked by a live request is left out; if that leaves none, nothing is stored.
        """
        if (twin := self.of_form(asked.form)) is not None:
            return Proposed(twin)
        free: list[Plan] = []
        left_out = list(asked.left_out)
        holders: list[int] = []
        taken = self._runs.holders({ref for plan in asked.plans for ref in plan.models})
        for plan in asked.plans:
            holder = next((taken[ref] for ref in sorted(plan.models & taken.keys())), None) if taken else None
            if holder is None:
                free.append(plan)
            else:
                holders.append(holder)
                left_out.append(LeftOut(plan.model.name, Cause(CauseKind.IN_REQUEST, request=holder)))
        if not free:
            return Proposed(None, holder=holders[0] if holders else None)
        columns = ("form", "requester", "why", "expires_at", "channel", "not_before")
        facts = {name: getattr(asked, name) for name in columns}
        digests = [asked.digest(plan) for plan in free]
        facts |= {"digest": digest_of(digests), "requested_at": asked.at, "left_out": written(left_out)}
        id = self._c.add("requests", state=RequestState.OPEN, **facts)
        self._runs.add(id, free, digests)
        self._c.change(
            """UPDATE requests SET (subject, kinds) = (
               SELECT CASE count(*) WHEN 1 THEN max(s.id) END, max(s.kind = 'language') + 2 * max(s.kind = 'acoustic')
               FROM runs r JOIN subjects s ON s.id = r.subject WHERE r.request = requests.id) WHERE id = ?""",
            (id,),
        )
        about = free[0].model.ref if len(free) == 1 else None
        self._audit.note(asked.at, asked.requester, "request", request=id, model=about, detail=asked.why)
        return Proposed(id, new=True)

    def move(self, request: Request, new: RequestState, now: datetime, *, by: str) -> bool:
        """Move a request on from the state it was read in, with the runs that end with it.

        False if its state had changed. If a request ends before all of its runs, the queued ones are cancelled.
        """
        if new not in FOLLOWS.get(request.state, frozenset()):
            raise AssertionError(f"{request.state} cannot become {new}")
        ends, undecided = new not in LIVE, new is RequestState.OPEN
        changed = self._c.change(
            """UPDATE requests SET state = :new, version = version + 1,
               decided_by = CASE WHEN :decided THEN :by ELSE decided_by END,
               decided_at = CASE WHEN :decided THEN :at ELSE decided_at END,
               started_at = coalesce(started_at, :began), ended_at = :ended WHERE id = :id AND state = :was""",
            {
                **{"id": request.id, "was": request.state, "new": new, "decided": undecided or by != "retune"},
                **{"by": None if undecided else by, "at": None if undecided else now},
                **{"began": now if new is RequestState.RUNNING else None, "ended": now if ends else None},
            },
        )
        if changed:
            self._note(request, now, by, new)
            if ends:
                self._cancel_queued(request, now)
        return changed == 1

    def _cancel_queued(self, request: Request, now: datetime) -> None:
        for run in request.runs:
            if run.state is RunState.QUEUED and run.retries:
                self._runs.move(run, RunState.FAILED, now, Cause(CauseKind.NOT_TRIED_AGAIN))
        self._runs.cancel(request.id, now)

    def move_run(
        self, request: Request, run: Run, new: RunState, now: datetime, *, by: str, cause: Cause | None = None
    ) -> bool:
        """Move a run on from the state it was read in, and the request if that follows."""
        return self.move_runs(request, [(run, new, cause)], now, by=by) == 1

    def move_runs(
        self,
        request: Request,
        runs: Sequence[tuple[Run, RunState, Cause | None]],
        now: datetime,
        *,
        by: str,
    ) -> int:
        """The same for several, each with its new state; returns how many were still in their old state."""
        return self._moved(request.id, runs, now, by=by, several=request.several)

    def end_run(self, run: Run, new: RunState, now: datetime, *, by: str) -> None:
        """The same for one run that was read alone."""
        self._moved(run.request, [(run, new, None)], now, by=by, several=self.sizes([run.request])[run.request] > 1)

    def _moved(
        self, request: int, runs: Sequence[tuple[Run, RunState, Cause | None]], now: datetime, *, by: str, several: bool
    ) -> int:
        moved = [(run, new, cause) for run, new, cause in runs if self._runs.move(run, new, now, cause)]
        if not moved:
            return 0
        self.touch(request)
        for run, new, cause in moved:
            if several or cause is not None:
                detail = cause.summary if cause else ""
                self._audit.note(now, by, f"run {new}", request=request, model=run.plan.model.ref, detail=detail)
        self.settle(request, now, by=by)
        return len(moved)

    def settle(self, request: int, now: datetime, *, by: str) -> None:
        """Move a request to the state that follows from its runs."""
        some = self.deciding(request)
        wanted = following(some) if some is not None else None
        if wanted is not None:
            self.move(self._must(request), wanted, now, by="retune" if wanted is not RequestState.CANCELLED else by)

    def drop(self, request: Request, by: str, now: datetime) -> None:
        """Cancels what has not begun; the request ends when running steps end."""
        self._note(request, now, by, DROP)
        self.touch(request.id, decided_by=by, decided_at=now)
        self._cancel_queued(request, now)
        self.settle(request.id, now, by=by)

    def cancel_later(self, request: Request, run: Run, by: str, now: datetime) -> None:
        """Record that a running run ends after its current step."""
        self._c.change("UPDATE runs SET cancelled_by = ? WHERE id = ?", (by, run.id))
        self._note(request, now, by, STOP_LATER, model=run.plan.model.ref)
        self.touch(request.id)

    def resume(self, request: Request, by: str, now: datetime) -> None:
        """Let the other runs continue after failures that a person saw."""
        for run in request.runs:
            if run.bad:
                self._c.change("UPDATE runs SET excused = 1 WHERE id = ?", (run.id,))
        self._note(request, now, by, RESUME)
        self.move(request, RequestState.RUNNING, now, by=by)
        self.settle(request.id, now, by=by)

    def retry(self, request: Request, run: Run, by: str, now: datetime) -> int | None:
        """Queue a failed run again from its failed step; None if that is done.

        Returns the request that has locked one of its models meanwhile, or its own if the run is no longer failed.
        """
        holder = self._runs.holder(run.plan.models)
        if holder is not None:
            return holder
        if not self._runs.move(run, RunState.QUEUED, now):
            return request.id
        self._runs.again(run)
        self._note(request, now, by, "retry", model=run.plan.model.ref)
        self.touch(request.id, decided_by=by, decided_at=now)
        if request.state in RETRIABLE:
            self.move(request, RequestState.SCHEDULED, now, by=by)
        else:
            self.settle(request.id, now, by=by)
        return None

    def vote(
        self, request: Request, voter: str, vote: Vote, reason: str, now: datetime, *, noted: bool = False
    ) -> None:
        """Store a vote that counts. Call it inside the transaction that read the request.

        *noted*: the act it came with is already recorded in the audit.
        """
        row = {"request": request.id, "voter": voter, "vote": vote, "digest": request.digest, "reason": reason}
        self._c.put("votes", "request, voter", **row, at=now)
        if not noted:
            self._note(request, now, voter, vote, reason)
        self.touch(request.id)

    def void(self, request: Request, voter: str, by: str, why: str, now: datetime) -> None:
        """Remove a vote: its owner took it back, or may no longer vote."""
        if self._c.change("DELETE FROM votes WHERE request = ? AND voter = ?", (request.id, voter)):
            self._note(request, now, by, "vote void", f"{voter}: {why}")
            self.touch(request.id)

    def voters(self, request: int, voters: int, needed: int, remind_at: datetime | None) -> None:
        """Store how many people could approve, and when to remind; a shortage is shown to people."""
        sql = "UPDATE requests SET voters = ?, remind_at = ?, version = version + ? WHERE id = ? AND voters IS NULL"
        self._c.change(sql, (voters, remind_at, voters < needed, request))

    def remind(self, request: int, due: datetime, now: datetime) -> None:
        """Record the reminder. If its time passed while no process ran, it gets another time: it may be night."""
        if due < now - MISSED:
            self._c.change("UPDATE requests SET voters = NULL, remind_at = NULL, reminded = 0 WHERE id = ?", (request,))
        else:
            self.touch(request, reminded=True)

    def extend(self, request: int, expires_at: datetime) -> None:
        """Give an open request more time to decide, with a reminder of its own."""
        self.touch(request, expires_at=expires_at, voters=None, remind_at=None, reminded=False)
        self._c.change("DELETE FROM messages WHERE key = ?", (f"request:{request}:remind",))

    def touch(self, request: int, **values: object) -> None:
        """Store changes that people should see; without *values*, only that there is a change."""
        assignments = "".join(f"{column} = ?, " for column in values)
        sql = f"UPDATE requests SET {assignments}version = version + 1 WHERE id = ?"
        self._c.change(sql, (*values.values(), request))

    def touch_waiting(self, instance: str = "") -> None:
        """Mark waiting requests for an update, on one instance or on all."""
        self._c.change(
            f"""UPDATE requests SET version = version + 1 WHERE state IN ({marks(LIVE)})
                AND (? = '' OR id IN (SELECT request FROM runs WHERE instance = ? AND state IN (?, ?)))""",
            (*sorted(LIVE), instance, instance, *sorted(LASTING)),
        )

    def touch_changing(self, ref: str) -> None:
        """Mark live requests for an update that have an unfinished run on a model."""
        self._c.change(
            f"""UPDATE requests SET version = version + 1 WHERE state IN ({marks(LIVE)})
                AND id IN (SELECT r.request FROM locks l JOIN runs r ON r.id = l.run WHERE l.model = ?)""",
            (*sorted(LIVE), ref),
        )

    def told(self, request: Request) -> None:
        """Record that Slack shows a request as it was read."""
        sql = "UPDATE requests SET told = :version WHERE id = :id AND told < :version"
        self._c.change(sql, {"id": request.id, "version": request.version})

    def untell(self, request: int) -> None:
        """Undo that record: another process wrote it, but Slack may show something else."""
        self._c.change("UPDATE requests SET told = version - 1 WHERE id = ? AND told >= version", (request,))

    def _note(
        self, request: Request, now: datetime, by: str, action: str, detail: str = "", *, model: str | None = None
    ) -> None:
        """One row of the audit; about the model if the request has only one."""
        about = model or (None if request.several else request.first.plan.model.ref)
        self._audit.note(now, by, action, request=request.id, model=about, detail=detail)

    def _must(self, request: int) -> Request:
        found = self.get(request)
        assert found is not None
        return found
