"""Requests and runs for tests of pure functions; everything can be overridden by the name of a field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.fleet import Model
from bot.domain.links import LinkChoice, link_choice
from bot.domain.offers import Offer, open_key
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.plans import Action, Estimate, Plan, Step
from bot.domain.requests import LIVE, Request, RequestState, VoteRecord, digest_of
from bot.domain.runs import LASTING, Run, RunState, StepRecord, StepState
from bot.domain.snoozes import Held
from bot.domain.verdicts import Judgement, Risk, Verdict
from tests.world import ADA, NEW, OLD, model

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def plan(
    name: str = "call-center-us",
    *others: str,
    kind: str = "language",
    minutes: float = 0,
    instance: str = "stt",
    action: Action = Action.UPGRADE,
    **over: Any,
) -> Plan:
    """A plan of *name* with a step on each of the language models *others* first."""
    own = model(name, id=f"id-{name[-40:]}", kind=kind, instance=instance)
    steps = [Step(action, f"{instance}/language/id-{other}", other, True) for other in others]
    steps.append(Step(action, own.ref, name, True))
    estimate = Estimate(minutes * 60, minutes * 120, "audio") if minutes else None
    return replace(Plan(own, tuple(steps), OLD, NEW, estimate), **over)


def offer(planned: Plan, held: Sequence[Held] = (), link: LinkChoice | None = None) -> Offer:
    """A plan as a form offers it."""
    return Offer(planned.key, Judgement(planned.model, Verdict.OUTDATED, Risk.EXPECTED), planned, tuple(held), link)


def unlinked(name: str, candidates: Sequence[Model] = (), **over: Any) -> Offer:
    """An acoustic model of which nobody said what it was trained with."""
    own = model(name, kind="acoustic", **over)
    judgement = Judgement(own, Verdict.OUTDATED, Risk.EXPECTED, target=NEW)
    return Offer(open_key(own.ref), judgement, None, link=link_choice(own, candidates, None))


def run(planned: Plan, state: RunState = RunState.QUEUED, number: int = 1, **over: Any) -> Run:
    """A run in a state, with a journal that fits it; done means proven."""
    records = []
    for place, step in enumerate(planned.steps, start=1):
        last = place == len(planned.steps)
        at, outcome = StepState.PLANNED, None
        if state is RunState.DONE or (state in (RunState.RUNNING, RunState.FAILED) and not last):
            at, outcome = StepState.DONE, Outcome(StepEnd.PROVEN, NEW, "available")
        elif state is RunState.RUNNING:
            at = StepState.WAITING
        elif state is RunState.FAILED:
            at, outcome = StepState.FAILED, Outcome(StepEnd.REFUSED, detail="The service said: <!channel> no")
        started = NOW if at is not StepState.PLANNED else None
        records.append(StepRecord(number, place, step, at, started_at=started, outcome=outcome))
    began = state in (RunState.RUNNING, RunState.DONE, RunState.FAILED)
    made = Run(number, 1, number, planned, planned.digest, state, tuple(records))
    made = replace(made, started_at=NOW if began else None, ended_at=None if state in LASTING else NOW)
    return replace(made, **over)


def unproven(planned: Plan, number: int = 1, **over: Any) -> Run:
    """A run that is done and shows no newer version."""
    made = run(planned, RunState.DONE, number)
    records = tuple(replace(record, outcome=Outcome(StepEnd.NO_VERSION)) for record in made.steps)
    return replace(made, steps=records, **over)


def request(runs: Sequence[Run], state: RequestState = RequestState.OPEN, **over: Any) -> Request:
    """A request of Ada's with these runs, in a state."""
    digest = digest_of(one.plan.digest for one in runs)
    made = Request(
        *(1, digest, state, ADA, "misheard names", NOW, NOW + timedelta(days=1), "C1"),
        runs=tuple(runs),
        ended_at=None if state in LIVE else NOW,
    )
    return replace(made, **over)


def asked(state: RequestState = RequestState.OPEN, *states: RunState, **over: Any) -> Request:
    """A request with a run in each of these states; one queued run where none is named."""
    runs = [run(plan(f"m{number}"), one, number) for number, one in enumerate(states or (RunState.QUEUED,), start=1)]
    return request(runs, state, **over)


def approvals(*voters: str) -> tuple[VoteRecord, ...]:
    """Votes that approve."""
    return tuple(VoteRecord(voter, "approve", "", NOW) for voter in voters)
