"""Whatever people do, in whatever order: no upgrade without enough valid approvals, and none is sent twice."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.runs import OPEN, RunState, StepState
from tests.world import ADA, GRACE, GUS, MEI, TOMAS, World

PEOPLE = st.sampled_from([ADA, GRACE, TOMAS, MEI, GUS])
HOUR = timedelta(hours=1)
WISHES = st.sampled_from(["withdraw", "take back", "cancel", "retry", "stop"])


class Team(RuleBasedStateMachine):
    """Five people, one model, a clock that jumps, a group that people leave and join, freezes, crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.wrong: list[str] = []
        self.world = self.do(self.new())
        self.run_id = 0
        self.may_run: set[tuple[int, int]] = set()
        self.sent = 0

    async def new(self) -> World:
        world = World(Path(self.folder.name) / "team.db", needed=2)
        world.fleet()
        begin = world.speech.begin

        async def begun(action: Any, kind: Any, id: str, **named: Any) -> Any:
            # Collected: the runner survives whatever is raised here.
            run = self.world.store.runs.open_for(f"stt/{kind}/{id}")
            if run is None or run.state is not RunState.RUNNING:
                self.wrong.append("a request was sent for a run that is over")
            elif run.current is None or run.current.state is not StepState.STARTING:
                self.wrong.append("a request was sent without its intent")
            if self.world.pauses.holding(self.world.clock.now()):
                self.wrong.append("a request was sent while everything was frozen")
            return await begin(action, kind, id, **named)

        world.speech.begin = begun  # type: ignore[method-assign]  # looks on
        return world

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.do(self.world.settle())
        self.world.store.close()
        self.loop.close()
        self.folder.cleanup()

    @precondition(lambda self: self.state() not in OPEN)
    @rule()
    def ask(self) -> None:
        """Ada asks, unless a request is open already or there is nothing to ask for."""
        model = self.world.speech.kept["id-call-center-us"]
        if model.status == "available" and len(model.versions or ()) == 1:
            self.run_id = self.do(self.world.asked()).id

    @precondition(lambda self: self.run_id)
    @rule(user=PEOPLE, vote=st.sampled_from(["approve", "approve", "approve", "reject"]))
    def vote(self, user: str, vote: Any) -> None:
        run = self.world.run(self.run_id)
        self.do(self.world.decisions.vote(run.id, run.digest, vote, user, "because"))

    @precondition(lambda self: self.run_id)
    @rule(user=PEOPLE, wish=WISHES)
    def wish(self, user: str, wish: Any) -> None:
        self.do(self.world.decisions.wish(wish, self.run_id, user))

    @precondition(lambda self: self.state() in (RunState.APPROVED, RunState.RUNNING))
    @rule(user=PEOPLE, wish=WISHES, turns=st.integers(0, 24))
    def wish_while_it_works(self, user: str, wish: Any, turns: int) -> None:
        """Somebody clicks while Retune reads, starts or sends: some turns of the loop later."""
        self.do(self.at_once(user, wish, turns))

    async def at_once(self, user: str, wish: Any, turns: int) -> None:
        read = self.world.speech.model

        async def slow(kind: Any, id: str) -> Any:
            for _ in range(3):
                await asyncio.sleep(0)
            return await read(kind, id)

        self.world.speech.model = slow
        try:
            self.world.clock.advance(11)
            self.world.worker.ring()
            for _ in range(turns):
                await asyncio.sleep(0)
            await self.world.decisions.wish(wish, self.run_id, user)
            await self.world.settle()
        finally:
            self.world.speech.model = read

    @precondition(lambda self: self.state() is RunState.WAITING)
    @rule()
    def both_approve(self) -> None:
        """The short way to an approved run, so that what follows is tried often."""
        run = self.world.run(self.run_id)
        for user in (GRACE, TOMAS):
            self.do(self.world.decisions.vote(run.id, run.digest, "approve", user))

    @precondition(lambda self: self.state() is RunState.FAILED)
    @rule()
    def try_again(self) -> None:
        """An approver takes a failed run up again."""
        self.do(self.world.decisions.wish("retry", self.run_id, TOMAS))

    def state(self) -> RunState | None:
        return self.world.run(self.run_id).state if self.run_id else None

    @rule(user=st.sampled_from([GRACE, TOMAS]), member=st.booleans())
    def leave_or_join(self, user: str, member: bool) -> None:
        person = self.world.chat.people[user]
        self.world.chat.people[user] = replace(person, groups=frozenset({"SAPPROVE"} if member else ()))

    @rule(seconds=st.sampled_from([1, 11, 200, 4000, 90000]))
    def time_passes(self, seconds: float) -> None:
        self.ring(seconds)

    @precondition(lambda self: any(m.status == "upgrading" for m in self.world.speech.kept.values()))
    @rule(grow=st.booleans())
    def service_ends(self, grow: bool) -> None:
        for model in list(self.world.speech.kept.values()):
            if model.status == "upgrading":
                self.world.speech.finish(model.id, grow=grow)
        self.ring(11)

    @precondition(lambda self: self.state() in (RunState.APPROVED, RunState.WAITING, RunState.RUNNING))
    @rule(user=st.sampled_from([GRACE, TOMAS]))
    def freeze(self, user: str) -> None:
        now = self.world.clock.now()
        if not self.world.pauses.holding(now):
            self.world.pauses.freeze("", "audit", user, now.replace(microsecond=0) + (HOUR * 3), now)

    @precondition(lambda self: self.world.pauses.holding(self.world.clock.now()))
    @rule()
    def thaw(self) -> None:
        now = self.world.clock.now()
        for held in self.world.pauses.holding(now):
            self.world.pauses.end(held.id, GRACE, now)

    @rule()
    def crash(self) -> None:
        self.do(self.crashed())

    async def crashed(self) -> None:
        self.world.crash()

    def ring(self, after: float) -> None:
        """The alarm rings; what it starts must have been allowed right before."""
        before = {run.id: run for run in self.world.store.runs.in_state(RunState.APPROVED)}
        frozen = bool(self.world.pauses.holding(self.world.clock.now())) and after < 60
        begun = len(self.world.speech.begun)
        self.do(self.world.ring(after))
        for run in self.world.store.runs.in_state(RunState.RUNNING):
            if run.id in before:
                voters = [self.world.chat.people.get(voter) for voter in run.approved_by]
                valid = [p for p in voters if p is not None and "SAPPROVE" in p.groups and p.id != ADA]
                assert len(valid) >= 2, "it started without two valid approvals"
        if frozen:
            assert len(self.world.speech.begun) == begun, "a step began while everything was frozen"

    @invariant()
    def nothing_wrong_was_sent(self) -> None:
        """Every request was for a running run, with its intent written, while nothing was frozen."""
        assert self.wrong == []

    @invariant()
    def one_request_for_each_attempt(self) -> None:
        """The journal knows of every request that the service got."""
        attempts = sum(
            1 for row in self.world.store.audit.all() if row["action"] == "send" and row["actor"] == "retune"
        )
        assert len(self.world.speech.begun) <= attempts

    @invariant()
    def locks_are_those_of_open_runs(self) -> None:
        """A model is locked exactly while a run of it is open."""
        run = self.world.store.runs.open_for("stt/language/id-call-center-us")
        listed = self.world.store.runs.in_state(*OPEN)
        assert [one.id for one in listed] == ([run.id] if run else [])

    @invariant()
    def what_runs_was_approved(self) -> None:
        """Votes on the digest are there for whatever runs or ran."""
        if not self.run_id:
            return
        run = self.world.run(self.run_id)
        if run.state in (RunState.RUNNING, RunState.DONE):
            assert len(run.approved_by) >= 2
        if run.state is RunState.WAITING:
            assert run.decided_by is None
        if run.state is RunState.DONE:
            assert all(record.state is StepState.DONE for record in run.steps)
            assert len(self.world.speech.kept["id-call-center-us"].versions or ()) == 2


TestTeam = Team.TestCase
TestTeam.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
