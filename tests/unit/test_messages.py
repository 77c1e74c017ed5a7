"""Every message that Retune can send is one that Slack takes, and reads well without its blocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from bot.domain.announcements import compose
from bot.domain.approvals import Policy, Reason, Wish
from bot.domain.fleet import Holdings, InstanceReading, Snapshot
from bot.domain.plans import Action, NoPlan, Plan, Step, WhyNot
from bot.domain.runs import Before, Run, RunState, StepRecord, StepState, VoteRecord
from bot.domain.timing import Freeze, Wait, Window
from bot.domain.verdicts import Judgement, Risk, Verdict, judge
from bot.errors import AmbiguousModel
from bot.messages import announcement, details, fleet, freeze, help, home, refusals, request
from bot.messages.request import Wanted
from bot.messages.run import runs as list_of_runs
from bot.messages.run import tellings
from bot.ports import Message
from sandbox.slack.blockkit import check_blocks, check_view
from tests.world import NEW, OLD, model, shipped

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
POLICY = Policy(("SAPPROVE", "UGRACE"), 2, False, 86400)
LONG = "very-long-" * 30
HOSTILE = "<!channel> `x` *b* &amp;"


def step(action: Action, name: str = "call-center-us") -> Step:
    return Step(action, f"stt/language/id-{name}", name, True, "id-lm")


def run(state: RunState, actions: list[Action], done: int = 0, name: str = "call-center-us") -> Run:
    """A run in a state, with that many steps done and the next one under way."""
    subject = model(name)
    steps = tuple(step(action, name) for action in actions)
    records = []
    for number, one in enumerate(steps, start=1):
        which = StepState.DONE if number <= done else StepState.WAITING if number == done + 1 else StepState.PLANNED
        records.append(
            StepRecord(
                1, number, one, which, Before("available", (OLD,), NOW), NOW, NOW, NOW, True, 1, result=f"Proof: {NEW}."
            )
        )
    ended = None if state in (RunState.WAITING, RunState.APPROVED, RunState.RUNNING) else NOW
    started = NOW if state in (RunState.RUNNING, RunState.DONE, RunState.FAILED) else None
    decided = None if state is RunState.WAITING else "UGRACE"
    plan = Plan(subject, steps, OLD, NEW, None, drops_weight=True, trains_after=True, uncertain=True)
    return Run(
        *(1, plan, plan.digest, state, "UADA", HOSTILE, NOW, NOW + timedelta(days=1), "C1", decided, NOW, started),
        *(ended, HOSTILE, 3, tuple(records), (VoteRecord("UGRACE", "approve", "", NOW),)),
    )


def accepted(message: Message) -> None:
    """Slack takes it; its text stands alone and can ping nobody by foreign words."""
    assert check_blocks(list(message.blocks), "message") == []
    assert message.text.strip()
    assert "<!channel>" not in message.text
    assert len(message.text) <= 4000


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
@pytest.mark.parametrize("state", list(RunState))
def test_runs(state: RunState, name: str):
    """Cards, progress, milestones and ends, in every state, for every kind of step."""
    for done in range(5):
        shown = run(state, list(Action), done, name)
        wait = Wait("freeze", NOW, Freeze(1, name[:80], HOSTILE, "UADA", NOW, NOW))
        shown = replace(shown, reminded=True, retries=done, cancelled_by="UGRACE", voters=done)
        for telling in tellings(shown, POLICY, None, NOW + timedelta(minutes=3), wait):
            accepted(telling.message)
        window = Window(time(22), time(5), ZoneInfo("Europe/Berlin"))
        _, judgements = judged(name)
        view = details.details(shown, POLICY, None, judgements[0], wait, window, get_args(Wish), HOSTILE[10:])
        assert check_view(dict(view)) == []
    accepted(list_of_runs([shown] * 20, [shown] * 15, NOW))


def judged(name: str = "call-center-us") -> tuple[Snapshot, tuple[Judgement, ...]]:
    models = (
        *(model(f"{name}-{number}", id=f"id-{number}") for number in range(40)),
        model("new", versions=(OLD, NEW)),
    )
    snapshot = Snapshot({"stt": InstanceReading("stt", "cloud", models, None, NOW, NOW, HOSTILE)})
    return snapshot, judge(snapshot, shipped(), date(2026, 11, 23))


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
def test_lists(name: str):
    """Pages of the fleet, one model, the announcement, App Home, choices."""
    snapshot, judgements = judged(name)
    for page in (0, 1, 2, 99):
        accepted(fleet.models(judgements, snapshot, NOW, page=page, filters=HOSTILE, total=41))
    accepted(fleet.models([], snapshot, NOW, filters=HOSTILE, total=41))
    first = replace(judgements[0], model=replace(judgements[0].model, description=HOSTILE, name=name))
    plan = run(RunState.WAITING, [Action.UPGRADE]).plan
    for outlook in (plan, NoPlan(WhyNot.CURRENT, first), None):
        accepted(fleet.model(first, Holdings(1, 2, 3, 4, 5.0, ("a",), (HOSTILE,)), outlook, [], HOSTILE, NOW))

    about = announcement.About(NOW.date())
    for said in (compose(judgements, NOW, unread=["stt"]), compose([], NOW)):
        for message in announcement.announcement(said, about):
            accepted(message)
    waiting = run(RunState.WAITING, [Action.UPGRADE], name=name)
    mine = [replace(waiting, id=number) for number in range(30)]
    asked = [replace(waiting, id=number, requester="UGRACE") for number in range(30, 60)]
    running = [replace(waiting, id=number, state=RunState.RUNNING) for number in range(60, 90)]
    frozen = Freeze(1, "", HOSTILE, "UADA", NOW, NOW)
    seen = home.Seen(
        *("UGRACE", frozenset({"stt"}), judgements, snapshot),
        *([*mine, *asked, *running], [waiting] * 5, [frozen] * 30),
    )
    assert check_view(dict(home.home(seen, NOW))) == []
    fault = AmbiguousModel(HOSTILE, [j.model.ref for j in judgements])
    accepted(refusals.choose(fault, [(j.model.ref, j.model.name) for j in judgements], "ask"))
    accepted(help.help_text())


@pytest.mark.parametrize("reason", list(WhyNot))
def test_every_reason_for_no_plan_says_something(reason: WhyNot):
    """Each refusal is a sentence, whatever it is about."""
    judgement = Judgement(model(HOSTILE), Verdict.RETIRED, Risk.RETIRED, successor="de-DE")
    text = refusals.no_plan(NoPlan(reason, judgement, ("one", "two")))
    assert text.endswith(".")
    assert "<!channel>" not in text


@pytest.mark.parametrize("state", list(RunState))
@pytest.mark.parametrize("reason", list(Reason))
def test_every_denial_says_something(reason: Reason, state: RunState):
    """Each denial is a sentence that names a way out or a person."""
    assert refusals.denied(reason, run(state, [Action.UPGRADE]), POLICY, NOW).endswith(".")


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
def test_modals(name: str):
    """Every modal is one that Slack opens."""
    _, judgements = judged(name)
    plan = run(RunState.WAITING, list(Action), name=name).plan
    for view in (
        request.reading(name),
        request.refused("text"),
        request.ask(plan, judgements[0], HOSTILE, Wanted("C1", NOW), HOSTILE, HOSTILE),
        request.ask_link(model(name), [j.model for j in judgements], Wanted("")),
        details.reading(),
        freeze.form([name[:60]] * 120, [Freeze(1, name[:50], HOSTILE, "UADA", NOW, NOW)] * 30, NOW, "C1"),
        request.reject("1:abc", name),
    ):
        assert check_view(dict(view)) == []
