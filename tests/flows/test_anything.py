"""Whatever people do, in whatever order: no upgrade without enough valid approvals, and none is sent twice."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.approvals import Wish
from bot.domain.requests import LIVE, Request, RequestState
from bot.domain.runs import LASTING, RunState, StepState
from tests.world import ADA, GRACE, GUS, MEI, TOMAS, World, model

# The longest test here: over 60 s on a machine whose cores are shared with other work.
pytestmark = pytest.mark.timeout(240)

PEOPLE = st.sampled_from([ADA, GRACE, TOMAS, MEI, GUS])
HOUR = timedelta(hours=1)
WISHES = st.sampled_from(get_args(Wish))
MODELS = ("call-center-us", "m2", "m3")
UNDER_WAY = (RequestState.SCHEDULED, RequestState.RUNNING, RequestState.PAUSED)


class Team(RuleBasedStateMachine):
    """Five people, three models, asked for alone or together; a clock that jumps, a group that people leave and join,
    freezes, crashes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.wrong: list[str] = []
        self.world = self.do(self.new())
        self.id = 0

    async def new(self) -> World:
        world = World(Path(self.folder.name) / "team.db", needed=2)
        world.fleet()
        for name in MODELS[1:]:
            world.speech.add(model(name))
        begin = world.speech.begin

        async def begun(action: Any, kind: Any, id: str, **named: Any) -> Any:
            # Collected: the runner survives whatever is raised here.
            ref = f"stt/{kind}/{id}"
            request = self.world.store.requests.holding(ref)
            runs = [run for run in request.runs if run.plan.model.ref == ref] if request else []
            if not runs or runs[0].state is not RunState.RUNNING:
                self.wrong.append("a request was sent for a run that is over")
            elif runs[0].current is None or runs[0].current.state is not StepState.STARTING:
                self.wrong.append("a request was sent without its intent")
            if await self.world.freezes.holding():
                self.wrong.append("a request was sent while everything was frozen")
            return await begin(action, kind, id, **named)

        world.speech.begin = begun  # type: ignore[method-assign]  # looks on
        return world

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.do(self.world.settle())
        self.world.close()
        self.loop.close()
        self.folder.cleanup()

    def request(self) -> Request | None:
        return self.world.request(self.id) if self.id else None

    def state(self) -> RequestState | None:
        request = self.request()
        return request.state if request else None

    def outdated(self) -> list[str]:
        kept = self.world.speech.kept
        return [
            name
            for name in MODELS
            if kept[f"id-{name}"].status == "available" and len(kept[f"id-{name}"].versions or ()) == 1
        ]

    @precondition(lambda self: self.state() not in LIVE)
    @rule(count=st.integers(1, 3))
    def ask(self, count: int) -> None:
        """Ada asks for one model or several, unless a request is live already or there is nothing to ask for."""
        if names := self.outdated()[:count]:
            self.id = self.do(self.world.asked(*names)).id

    @precondition(lambda self: self.id)
    @rule(user=PEOPLE, vote=st.sampled_from(["approve", "approve", "approve", "reject"]))
    def vote(self, user: str, vote: Any) -> None:
        request = self.world.request(self.id)
        self.do(self.world.decisions.vote(request.id, request.digest, vote, user, "because"))

    @precondition(lambda self: self.id)
    @rule(user=PEOPLE, wish=WISHES, number=st.integers(0, 2))
    def wish(self, user: str, wish: Any, number: int) -> None:
        self.do(self.wishing(user, wish, number))

    async def wishing(self, user: str, wish: Any, number: int) -> None:
        request = self.world.request(self.id)
        await self.world.wish(wish, request, user, request.runs[number % len(request.runs)].id)

    @precondition(lambda self: self.state() in UNDER_WAY)
    @rule(user=PEOPLE, wish=WISHES, number=st.integers(0, 2), turns=st.integers(0, 40))
    def wish_while_it_works(self, user: str, wish: Any, number: int, turns: int) -> None:
        """Somebody clicks while Retune reads, starts or sends: some turns of the loop later."""
        self.do(self.at_once(user, wish, number, turns))

    async def at_once(self, user: str, wish: Any, number: int, turns: int) -> None:
        read = self.world.speech.model

        async def slow(kind: Any, id: str) -> Any:
            for _ in range(3):
                await asyncio.sleep(0)
            return await read(kind, id)

        self.world.speech.model = slow
        try:
            self.world.clock.advance(11)
            ringing = asyncio.create_task(self.world.worker.ring())
            for _ in range(turns):
                await asyncio.sleep(0)
            await self.wishing(user, wish, number)
            await ringing
            await self.world.settle()
        finally:
            self.world.speech.model = read

    @precondition(lambda self: self.state() is RequestState.OPEN)
    @rule()
    def both_approve(self) -> None:
        """The short way to an approved request, so that what follows is tried often."""
        for user in (GRACE, TOMAS):
            self.do(self.world.approve(self.world.request(self.id), user))

    @precondition(lambda self: self.state() in (RequestState.FAILED, RequestState.PAUSED))
    @rule(wish=st.sampled_from(["retry", "resume"]), number=st.integers(0, 2))
    def go_on(self, wish: Any, number: int) -> None:
        """An approver goes on after a failure: with what failed, or without it."""
        self.do(self.wishing(TOMAS, wish, number))

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
        for one in list(self.world.speech.kept.values()):
            if one.status == "upgrading":
                self.world.speech.finish(one.id, grow=grow)
        self.ring(11)

    @precondition(lambda self: self.state() in LIVE)
    @rule(user=st.sampled_from([GRACE, TOMAS]))
    def freeze(self, user: str) -> None:
        if not self.frozen():
            until = self.world.clock.now().replace(microsecond=0) + (HOUR * 3)
            self.do(self.world.freezes.freeze("", "audit", user, until))

    @precondition(lambda self: self.frozen())
    @rule()
    def thaw(self) -> None:
        for held in self.do(self.world.freezes.holding()):
            self.do(self.world.freezes.end(held, GRACE))

    def frozen(self) -> bool:
        return bool(self.do(self.world.freezes.holding()))

    @rule()
    def crash(self) -> None:
        self.do(self.crashed())

    async def crashed(self) -> None:
        self.world.crash()

    def running(self) -> set[int]:
        request = self.request()
        return {run.id for run in request.runs if run.state is RunState.RUNNING} if request else set()

    def ring(self, after: float) -> None:
        """The alarm rings; what it starts must have been allowed right before."""
        before, frozen = self.running(), self.frozen() and after < 60
        begun = len(self.world.speech.begun)
        self.do(self.world.ring(after))
        request = self.request()
        if request is not None and self.running() - before:
            voters = [self.world.chat.people.get(voter) for voter in request.approved_by]
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
    def locks_are_those_of_lasting_runs(self) -> None:
        """A model is locked exactly while a run of it is queued or running."""
        live = {request.id: request for request in self.world.store.requests.live()}
        for name in MODELS:
            ref = f"stt/language/id-{name}"
            holder = self.world.store.requests.holding(ref)
            lasting = [
                run for one in live.values() for run in one.runs if run.plan.model.ref == ref and run.state in LASTING
            ]
            assert (holder is not None) == (len(lasting) == 1), name

    @invariant()
    def a_request_is_what_its_runs_are(self) -> None:
        """What has ended has no run left, what is live has one, and nothing waits that nobody could go on with."""
        request = self.request()
        if request is None:
            return
        assert (request.count(*LASTING) > 0) == (request.state in LIVE)
        assert (request.ended_at is None) == (request.state in LIVE)
        if request.state is RequestState.PAUSED:
            assert request.several
            assert any(run.bad and not run.excused for run in request.runs) or any(run.retries for run in request.runs)
        if request.state in (RequestState.OPEN, RequestState.SCHEDULED):
            assert not request.count(RunState.RUNNING)

    @invariant()
    def what_runs_was_approved(self) -> None:
        """Votes on the digest are there for whatever runs or ran."""
        request = self.request()
        if request is None:
            return
        if request.state in (RequestState.RUNNING, RequestState.DONE):
            assert len(request.approved_by) >= 2
        if request.state is RequestState.OPEN:
            assert request.decided_by is None
        for run in request.runs:
            if run.state is RunState.DONE and not run.unproven:
                assert all(record.state is StepState.DONE for record in run.steps)
                assert len(self.world.speech.kept[run.plan.model.id].versions or ()) == 2


TestTeam = Team.TestCase
TestTeam.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
