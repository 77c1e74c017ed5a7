"""Deciding: what a click does to a run. Look people up, decide purely, act in one transaction, speak last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import get_args

from bot.domain.approvals import (
    Decision,
    Person,
    Policy,
    Reason,
    Vote,
    Wish,
    decide,
    enough_votes,
    is_approver,
    may_approve,
    policy_of,
    settle,
)
from bot.domain.runs import Run, RunState
from bot.flows.electorate import Electorate
from bot.flows.telling import Teller
from bot.messages.refusals import decided, denied
from bot.messages.text import code
from bot.ports import Clock
from bot.store.database import Database

GONE = "That request is not known any more. Ask again with /stt-upgrade."


class Decisions:
    """Votes and wishes. Every click is judged anew; one that does not count is recorded and changes nothing."""

    def __init__(
        self,
        db: Database,
        teller: Teller,
        electorate: Electorate,
        policies: Mapping[str, Policy],
        clock: Clock,
        *,
        wake: Callable[[], None],
    ) -> None:
        self._db = db
        self._store = db.store
        self._teller = teller
        self._electorate = electorate
        self._policies = policies
        self._clock = clock
        self._wake = wake

    def policy(self, instance: str) -> Policy:
        """The instance's policy. One that is not configured any more lets nobody decide."""
        return policy_of(self._policies, instance)

    def answer_at_once(self, run_id: int, digest: str, vote: Vote, user: str) -> str | None:
        """What a click hears that can be answered without asking anybody: old card, decided already. Recorded."""
        run = self._store.runs.get(run_id)
        if run is None:
            return GONE
        if run.digest != digest:
            self._note_denied(run, vote, "older plan", user)
            return "That card shows an older plan. Decide on the newest card of this model."
        if run.campaign is not None:
            self._note_denied(run, vote, "part of a campaign", user)
            return f"It is part of campaign {run.campaign}. Decide on the card of the campaign."
        if run.state is not RunState.WAITING:
            self._note_denied(run, vote, Reason.ALREADY_DECIDED, user)
            return decided(run, self._clock.now())
        return None

    async def vote(self, run_id: int, digest: str, vote: Vote, user: str, reason: str = "") -> str | None:
        """`decide`, then lets people see it."""
        refused = await self.decide(run_id, digest, vote, user, reason)
        if refused is None:
            await self._teller.tell(run_id)
        return refused

    async def decide(self, run_id: int, digest: str, vote: Vote, user: str, reason: str = "") -> str | None:
        """One person's click. None when it counts; otherwise what to tell that person, and nothing has changed.

        Earlier approvals are judged anew too: those of people who may not approve any more are void. When it is
        cancelled, nothing has changed either: it waits for nobody once it has decided.
        """
        refused = self.answer_at_once(run_id, digest, vote, user)
        run = self._store.runs.get(run_id)
        if refused is not None or run is None:
            return refused or GONE
        policy = self.policy(run.plan.model.instance)
        earlier = [voter for voter in run.approved_by if voter != user]
        person, *others = await self._electorate.persons([user, *earlier], policy)
        about = {"team": self._electorate.team, "requester": run.requester}
        lapsed = {other.id for other in others if not may_approve(other, policy, **about)}
        with self._store.transaction():
            run = self._store.runs.get(run_id)
            assert run is not None
            valid = [voter for voter in run.approved_by if voter not in lapsed]
            decision = self._decide(run, vote, person, policy, valid)
            self._apply(run, decision, vote, user, reason, lapsed)
        if not decision.allowed:
            return denied(decision.reason, run, policy, self._clock.now())
        if decision.state is RunState.APPROVED:
            self._wake()
        return None

    async def would_count(self, run_id: int, vote: Vote, user: str) -> str | None:
        """None when a vote would count now; otherwise what to tell the person. A denial is recorded."""
        run = self._store.runs.get(run_id)
        if run is None:
            return GONE
        policy = self.policy(run.plan.model.instance)
        person = await self._electorate.person(user, policy)
        decision = self._decide(run, vote, person, policy, list(run.approved_by))
        if decision.allowed:
            return None
        self._deny(run, vote, decision, user)
        return denied(decision.reason, run, policy, self._clock.now())

    async def wish(self, wish: Wish, run_id: int, user: str) -> str | None:
        """Withdraw, take a vote back, cancel, try again, stop watching. None when it counts, else what to tell."""
        run = self._store.runs.get(run_id)
        if run is None:
            return GONE
        policy = self.policy(run.plan.model.instance)
        person = await self._electorate.person(user, policy)
        refusal = None
        with self._store.transaction():
            run = self._store.runs.get(run_id)
            assert run is not None
            decision = settle(wish, person, policy, run, team=self._electorate.team)
            if decision.allowed:
                refusal = self._fulfil(wish, run, decision, person)
            else:
                self._deny(run, wish, decision, user)
        if not decision.allowed:
            return denied(decision.reason, run, policy, self._clock.now())
        if refusal is not None:
            return refusal
        if decision.state is RunState.APPROVED:
            self._wake()
        await self._teller.tell(run_id)
        return None

    async def offers(self, run_id: int, user: str) -> frozenset[Wish]:
        """What somebody may want of a run now; for the buttons that are shown, not for decisions."""
        run = self._store.runs.get(run_id)
        if run is None:
            return frozenset()
        policy = self.policy(run.plan.model.instance)
        person = await self._electorate.person(user, policy)
        return frozenset(
            wish for wish in get_args(Wish) if settle(wish, person, policy, run, team=self._electorate.team).allowed
        )

    async def still_enough(self, run: Run) -> bool:
        """Whether the approvals of a run meet the policy as it is now. Raises a `ChatError`."""
        policy = self.policy(run.plan.model.instance)
        voters = await self._electorate.persons(run.approved_by, policy)
        return enough_votes(policy, voters, team=self._electorate.team, requester=run.requester)

    async def may_decide(self, user: str) -> frozenset[str]:
        """The instances whose runs somebody may decide on, as Slack says now. Raises a `ChatError`."""
        policies = list(dict.fromkeys(self._policies.values()))
        people = await asyncio.gather(*(self._electorate.person(user, policy) for policy in policies))
        return self._deciding(dict(zip(policies, people, strict=True)))

    async def may_decide_all(self, user: str) -> bool:
        """Whether somebody may decide on the runs of every instance, as Slack says now. Raises a `ChatError`."""
        return await self.may_decide(user) == frozenset(self._policies)

    async def seems_to_decide(self, user: str) -> frozenset[str]:
        """The same from a short memory; for what is shown, not for decisions. Raises a `ChatError`."""
        return self._deciding(await self._electorate.shown(user, self._policies.values()))

    def _deciding(self, seen: Mapping[Policy, Person]) -> frozenset[str]:
        return frozenset(
            name
            for name, policy in self._policies.items()
            if self._electorate.is_member(seen[policy]) and is_approver(seen[policy], policy)
        )

    def ring(self) -> None:
        """Ends the requests that nobody decided in time, and reminds of those that end soon."""
        now = self._clock.now()
        for run_id in self._store.votes.waiting_past(now):
            text = "Nobody decided in time. Ask again when somebody is there who may approve."
            self._store.runs.move(run_id, RunState.WAITING, RunState.EXPIRED, now, by="retune", outcome=text)
        self._store.votes.remind(now)

    def _decide(self, run: Run, vote: Vote, person: Person, policy: Policy, valid: list[str]) -> Decision:
        return decide(
            vote,
            person,
            policy,
            team=self._electorate.team,
            state=run.state,
            requester=run.requester,
            approved_by=valid,
            expires_at=run.expires_at,
            now=self._clock.now(),
        )

    def _apply(self, run: Run, decision: Decision, vote: Vote, user: str, reason: str, lapsed: set[str]) -> None:
        now = self._clock.now()
        if not decision.allowed or decision.state is None:
            self._deny(run, vote, decision, user)
            return
        for voter in sorted(lapsed & set(run.approved_by)):
            self._store.votes.void(run, voter, "retune", "may not approve any more", now)
        self._store.votes.vote(run, user, vote, reason, now)
        if decision.state is not RunState.WAITING:
            self._store.runs.move(run.id, run.state, decision.state, now, by=user, outcome=reason)

    def _deny(self, run: Run, what: str, decision: Decision, user: str) -> None:
        self._note_denied(run, what, decision.reason, user)

    def _note_denied(self, run: Run, what: str, why: str, user: str) -> None:
        now, ref = self._clock.now(), run.plan.model.ref
        self._store.audit.note(now, user, "denied", run=run.id, model=ref, detail=f"{what}: {why}")

    def _fulfil(self, wish: Wish, run: Run, decision: Decision, person: Person) -> str | None:
        now, user = self._clock.now(), person.id
        runs, votes = self._store.runs, self._store.votes
        match wish:
            case "withdraw":
                runs.move(run.id, run.state, RunState.WITHDRAWN, now, by=user)
            case "take back":
                votes.void(run, user, user, "taken back", now)
                if decision.state is not None and decision.state is not run.state:
                    runs.move(run.id, run.state, decision.state, now, by=user, outcome="")
                    if run.expires_at <= now:  # it waited for its hour, or was tried again: others get time to decide
                        runs.extend(run.id, now + timedelta(seconds=self.policy(run.plan.model.instance).ttl))
            case "cancel" if decision.state is RunState.RUNNING:
                runs.cancel_later(run, user, now)
            case "cancel":
                done = sum(1 for record in run.steps if record.ended_at is not None)
                text = f"{person.name} cancelled it after step {done} of {len(run.steps)}." if done else ""
                runs.move(run.id, run.state, RunState.CANCELLED, now, by=user, outcome=text)
            case "retry":
                holder = runs.retry(run, user, now)
                if holder is not None:
                    return f"{code(run.plan.model.name)} is in request {holder} meanwhile. See `/stt-runs {holder}`."
                votes.vote(run, user, "approve", "try again", now)
            case "stop":
                text = f"{person.name} stopped watching it. The service may still be working on it."
                assert run.current is not None
                self._store.journal.step_failed(run.current, text, now)
                runs.move(run.id, RunState.RUNNING, RunState.FAILED, now, by=user, outcome=text)
        return None
