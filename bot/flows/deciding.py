"""Decisions: the effect of a click on a request. Look people up, decide purely, write one transaction, then post."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

from bot.domain.approvals import OF_RUN, Possible, Vote, Wish, could_approve, decide, enough_votes, scope_of, settle
from bot.domain.authority import Authority, Decision, Person, Reason
from bot.domain.holds import stopping
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.policies import policy_of
from bot.domain.requests import LIVE, Request, RequestState
from bot.domain.runs import Run, RunState, StepState
from bot.flows.electorate import Electorate
from bot.flows.holds import HoldBook
from bot.flows.planning import Planning
from bot.log_context import about
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Acted:
    """The effect of a click, the request as it was then (None: no such request), and its run, if any."""

    decision: Decision
    request: Request | None = None
    run: Run | None = None


@dataclass(eq=False)
class Decisions:
    """Votes and other actions. Each click is judged by itself; a refused click is recorded and changes nothing."""

    db: Database
    planning: Planning
    electorate: Electorate
    authority: Authority
    holds: HoldBook
    clock: Clock
    _: KW_ONLY
    wake: Callable[[], None]

    async def vote(self, id: int, digest: str, vote: Vote, user: str, reason: str = "") -> Acted:
        """One person's vote. A refused vote changes nothing. Raises a `ChatError`.

        Earlier approvals are checked again: those of people who may no longer approve are void. Cancelling this call
        changes nothing either: it does not await after deciding.
        """
        about(request=id)  # to the end of the click, also if it fails
        request = await self._known(id, digest, vote, user)
        if isinstance(request, Acted):
            return request
        person, *others = await self._persons([user, *(v for v in request.approved_by if v != user)], request)
        lapsed = {p.id for p in others} - could_approve(self.authority, others, scope_of(request))
        now, holding = self.clock.now(), await self.holds.reader()

        def write(store: Store) -> Acted:
            fresh = store.requests.get(id)
            assert fresh is not None
            held = stopping(fresh, holding(store))
            valid = replace(fresh, votes=tuple(v for v in fresh.votes if v.voter not in lapsed))
            decision = decide(vote, person, self.authority, valid, now=now, held=held)
            if not decision.allowed or decision.state is None:
                _deny(store, fresh, vote, decision, user, now)
                return Acted(decision, fresh)
            for voter in sorted(lapsed & set(fresh.approved_by)):
                store.requests.void(fresh, voter, "retune", "may not approve any more", now)
            store.requests.vote(fresh, user, vote, reason, now)
            if decision.state is not fresh.state:
                store.requests.move(fresh, decision.state, now, by=user)
            return Acted(decision, fresh)

        acted = await self.db.write(write)
        if acted.decision.state is RequestState.SCHEDULED:
            self.wake()
        return acted

    async def would_count(self, id: int, digest: str, vote: Vote, user: str) -> Acted:
        """The effect a vote would have now. A refusal is recorded. Raises a `ChatError`."""
        request = await self._known(id, digest, vote, user)
        if isinstance(request, Acted):
            return request
        (person,) = await self._persons([user], request)
        now, held = self.clock.now(), stopping(request, await self.holds.now())
        decision = decide(vote, person, self.authority, request, now=now, held=held)
        if not decision.allowed:
            await self.db.write(lambda store: _deny(store, request, vote, decision, user, now))
        return Acted(decision, request)

    async def _known(self, id: int, digest: str, vote: Vote, user: str) -> Request | Acted:
        """The request, or the answer to a click that needs no look-up: old card, already decided."""
        request = await self.db.read(lambda store: store.requests.get(id))
        if request is None:
            return await self._unknown(id, vote, user)
        if request.digest == digest and request.state is RequestState.OPEN:
            return request
        reason = Reason.ALREADY_DECIDED if request.digest == digest else Reason.OLDER_PLAN
        decision, now = Decision(reason), self.clock.now()
        await self.db.write(lambda store: _deny(store, request, vote, decision, user, now))
        return Acted(decision, request)

    async def _unknown(self, id: int, what: str, user: str) -> Acted:
        now, unknown = self.clock.now(), Decision(Reason.UNKNOWN)
        await self.db.write(lambda store: store.audit.note(now, user, "denied", detail=f"{what}: no request {id}"))
        return Acted(unknown)

    async def wish(self, wish: Wish, id: int, user: str, run: int | None = None) -> Acted:
        """One action other than a vote. A refused one changes nothing.

        Raises a `ChatError`; retry also a `ServiceError`: it counts only if the model can be upgraded now.
        """
        about(request=id, run=run)
        request = await self.db.read(lambda store: store.requests.get(id))
        if request is None:
            return await self._unknown(id, wish, user)
        (person,) = await self._persons([user], request)
        impossible = None
        if wish == "retry":
            impossible = await self._not_again(person, request, run)
            (person,) = await self._persons([user], request)  # reading the model took time
        now = self.clock.now()

        def write(store: Store) -> Acted:
            fresh = store.requests.get(id)
            assert fresh is not None
            decision = impossible or self._settle(wish, person, fresh, run)
            if decision.allowed:
                decision = self._fulfil(store, wish, fresh, _about(fresh, run), decision, person, now)
            if not decision.allowed:
                _deny(store, fresh, wish, decision, user, now)
            return Acted(decision, fresh, _about(fresh, run))

        acted = await self.db.write(write)
        if acted.decision.allowed:
            self.wake()
        return acted

    async def _not_again(self, person: Person, request: Request, run: int | None) -> Decision | None:
        """Why a failed run can't be retried now; checked only for people who may retry."""
        about = _about(request, run)
        if about is None or not self._settle("retry", person, request, run).allowed:
            return None
        found = await self.planning.still_holds(about)
        return Decision(Reason.NOT_POSSIBLE, cause=found.cause) if found.later or found.cause is not None else None

    def _settle(self, wish: Wish, person: Person, request: Request, run: int | None) -> Decision:
        return settle(wish, person, self.authority, request, _about(request, run))

    def _fulfil(
        self,
        store: Store,
        wish: Wish,
        request: Request,
        run: Run | None,
        decision: Decision,
        person: Person,
        now: datetime,
    ) -> Decision:
        requests, user = store.requests, person.id
        match wish:
            case "withdraw":
                requests.move(request, RequestState.WITHDRAWN, now, by=user)
            case "take back":
                requests.void(request, user, user, "taken back", now)
                if decision.state is RequestState.OPEN and request.state is not RequestState.OPEN:
                    requests.move(request, RequestState.OPEN, now, by=user)
                    if request.expires_at <= now:  # it waited for its scheduled time: others get time to decide
                        ttl = min(policy_of(self.authority.policies, instance).ttl for instance in request.instances)
                        requests.extend(request.id, now + timedelta(seconds=ttl))
            case "cancel":
                self._cancel(store, request, decision, user, now)
            case "resume":
                requests.resume(request, user, now)
            case "retry":
                assert run is not None
                holder = requests.retry(request, run, user, now)
                if holder is not None:
                    return Decision(Reason.TAKEN, holder=holder)
                requests.vote(request, user, "approve", "try again", now, noted=True)
            case "stop":
                assert run is not None
                assert run.current is not None
                if run.unclear:  # it keeps its outcome
                    store.journal.given_up(run.current, user, person.name, now)
                    requests.move_run(request, run, RunState.FAILED, now, by=user)
                    return decision
                store.journal.over(run.current, StepState.FAILED, Outcome(StepEnd.UNWATCHED, detail=person.name), now)
                store.audit.note(now, user, "stop watching", request=request.id, model=run.plan.model.ref)
                requests.move_run(request, run, RunState.FAILED, now, by=user)
            case "send again":
                assert run is not None
                assert run.current is not None
                store.journal.send_again(run.current, user, now)
                requests.vote(request, user, "approve", "send again", now, noted=True)
            case "mark as failed":
                assert run is not None
                assert run.current is not None
                store.journal.given_up(run.current, user, person.name, now)
                requests.move_run(request, run, RunState.FAILED, now, by=user)
        return decision

    def _cancel(self, store: Store, request: Request, decision: Decision, user: str, now: datetime) -> None:
        if request.count(RunState.QUEUED) and request.state in (RequestState.RUNNING, RequestState.PAUSED):
            store.requests.drop(request, user, now)
        elif decision.state in LIVE:
            store.requests.cancel_later(request, request.first, user, now)
        elif request.state is RequestState.RUNNING:
            store.requests.move_run(request, request.first, RunState.CANCELLED, now, by=user)
        else:
            assert decision.state is not None
            store.requests.move(request, decision.state, now, by=user)

    async def offers(self, request: Request, user: str) -> frozenset[Possible]:
        """The actions a person may take now; for showing buttons, not for decisions. Raises a `ChatError`."""
        (person,) = await self._persons([user], request)
        now, held = self.clock.now(), stopping(request, await self.holds.now())
        # Nobody can act on what waits, is done or was cancelled: of a thousand runs few are left.
        runs = [run for run in request.runs if run.state in (RunState.RUNNING, RunState.FAILED)]
        offered: set[Possible] = {
            (vote, None)  # for a requester, rejecting is withdrawing, which has its own button
            for vote in get_args(Vote)
            if decide(vote, person, self.authority, request, now=now, held=held).state
            not in (None, RequestState.WITHDRAWN)
        }
        for wish in get_args(Wish):
            for run in runs if wish in OF_RUN else [None]:
                if settle(wish, person, self.authority, request, run).allowed:
                    offered.add((wish, run.id if run else None))
        return frozenset(offered)

    async def still_enough(self, request: Request) -> bool:
        """Whether the approvals of a request still meet the current policies. Raises a `ChatError`."""
        voters = await self.electorate.persons_now(request.approved_by, self.authority.policies_of(request.instances))
        return enough_votes(self.authority, voters, request)

    async def _persons(self, users: Iterable[str], request: Request) -> tuple[Person, ...]:
        """Several people as Slack describes them now, with their groups in the policies of the request's instances."""
        return await self.electorate.persons(users, self.authority.policies_of(request.instances))

    def due(self, store: Store, now: datetime) -> bool:
        """Whether a request expired, or a thread needs its reminder. Runs on the store's thread."""
        return bool(store.requests.expired(now) or store.requests.to_remind(now))

    async def end_late(self) -> None:
        """End expired requests, and send reminders."""
        now = self.clock.now()

        def write(store: Store) -> None:
            for request in store.requests.expired(now):
                store.requests.move(request, RequestState.EXPIRED, now, by="retune")
            for id, at in store.requests.to_remind(now):
                store.requests.remind(id, at, now)

        await self.db.write(write)


def _about(request: Request, run: int | None) -> Run | None:
    return request.run(run) if run is not None else None


def _deny(store: Store, request: Request, what: str, decision: Decision, user: str, now: datetime) -> None:
    ref = None if request.several else request.first.plan.model.ref
    store.audit.note(now, user, "denied", request=request.id, model=ref, detail=f"{what}: {decision.reason}")
