"""Every message that Retune can send is one that Slack takes, and reads well without its blocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from bot.domain.announcements import Timing, compose
from bot.domain.approvals import Policy, Reason, Wish
from bot.domain.findings import News
from bot.domain.fleet import Holdings, InstanceReading, Snapshot
from bot.domain.lag import Lag
from bot.domain.noted import Noted, story
from bot.domain.owners import Owner
from bot.domain.plans import Action, NoPlan, Plan, Step, WhyNot
from bot.domain.runs import Before, Run, RunState, StepRecord, StepState, VoteRecord
from bot.domain.snoozes import Scope, Snooze, SnoozeKind
from bot.domain.timing import Freeze, Wait, Window
from bot.domain.verdicts import Evidence, EvidenceKind, Judgement, Risk, Strength, Verdict, judge
from bot.errors import AmbiguousModel
from bot.messages import (
    announcements,
    details,
    fleet,
    freezes,
    help,
    home,
    refusals,
    request,
    run_history,
    run_list,
    timetable,
    verdicts,
)
from bot.messages.findings import About
from bot.messages.request import Wanted
from bot.messages.run import tellings
from bot.ports import Message
from sandbox.slack.blockkit import check_blocks, check_view
from tests.world import NEW, OLD, model, shipped

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
POLICY = Policy(("SAPPROVE", "UGRACE"), 2, False, 86400)
LONG = "very-long-" * 30
HOSTILE = "<!channel> `x` *b* &amp;"
ACTORS = ("UADA", "retune", "elsewhere", HOSTILE)
NOTED = ("request", "approve", "denied", "vote void", "send", "accepted", "proven", "done", HOSTILE)


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
    for page in range(3):
        accepted(run_list.runs([shown] * 15, 20, 25, NOW, page=page, filters=HOSTILE))
    accepted(run_list.nothing(HOSTILE, ever=True))
    told = [Noted(NOW, actor, action, shown.plan.model.ref, HOSTILE * 20) for actor in ACTORS for action in NOTED]
    for page in (0, 1, 99):
        accepted(run_history.history(shown, story(shown, told), page))


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
    dossier = fleet.Dossier(trained_with=HOSTILE)
    for outlook in (plan, NoPlan(WhyNot.CURRENT, first), None):
        accepted(fleet.model(first, Holdings(1, 2, 3, 4, 5.0, ("a",), (HOSTILE,)), outlook, dossier, NOW))

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


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
@pytest.mark.parametrize("count", [0, 1, 12, 13, 300])
@pytest.mark.parametrize("instances", [1, 20])
def test_announcements(name: str, count: int, instances: int):
    """Short and long, from one instance and many: the announcement, its thread, the living card, the mentions."""
    _, judgements = judged(name)
    outdated = next(j for j in judgements if j.outdated)
    worth = [
        replace(
            outdated,
            risk=list(Risk)[number % 5],
            model=replace(outdated.model, id=f"{number}", name=f"{name}{number}", instance=f"i{number % instances}"),
        )
        for number in range(count)
    ]
    refs = [j.model.ref for j in worth]
    owners = {ref: Owner(f"U{number}", pattern="*") for number, ref in enumerate(refs)}
    waiting = run(RunState.WAITING, [Action.UPGRADE], name=name)
    day = date(2027, 1, 1)
    facts = (SnoozeKind.HOLD, Scope.MODEL, "stt/language/x", day, NOW, frozenset[str](), HOSTILE, "UADA", NOW)
    about = About(
        *(NOW.date(), dict.fromkeys(refs, waiting), dict.fromkeys(refs, Snooze(1, *facts)), owners),
        *({f"U{number}": HOSTILE for number in range(count)}, dict.fromkeys(refs, Lag(3, exact=False))),
    )
    current = next(j for j in judgements if not j.outdated)
    said = compose([*worth, current], NOW, unread=[HOSTILE])
    since = announcements.Since(NOW, News(frozenset(refs), frozenset(refs), frozenset(refs), frozenset(refs)))
    whose, words = announcements.mentions(worth, about)
    assert len(words) <= 3000
    assert words.count("<@U") == len(whose)
    first, *replies = announcements.announcement(said, about, since=since, mentioned=words, audio=1)
    assert len(replies) == min(10, max(0, -(-(count - 12) // 20)))
    for message in (first, *replies):
        accepted(message)
        assert "<@" not in message.text
        assert len([b for b in message.blocks if "accessory" in b]) <= 20
    for on in (True, False):
        timing = Timing("0 9 * * mon-fri", ZoneInfo("Europe/Berlin"), "C1", on, "UADA", NOW)
        card = announcements.living(said, about, timing)
        accepted(card)
        assert "<@" not in str(card)
        accepted(timetable.changed(timing, NOW))
        accepted(
            timetable.overview(
                *(timing, NOW),
                state=announcements.headline(said),
                link="https://x",
                snoozes=[(Snooze(1, *facts), name)] * 9,
                audio=2,
            )
        )
    accepted(announcements.moved("C2"))


@pytest.mark.parametrize("risk", list(Risk))
def test_every_level_tells_its_rule(risk: Risk):
    """Of every level of risk, why it is that one; where a warning was seen, when."""
    _, judgements = judged()
    partner = replace(judgements[0], partner=model(HOSTILE))
    seen = Evidence(EvidenceKind.WARNING, Strength.PROOF, None, "recognition", date(2026, 11, 3))
    text = verdicts.level_text(replace(partner, risk=risk, evidence=(seen,), discontinued=date(2023, 8, 1)))
    assert "<!channel>" not in text
    words = {
        Risk.IGNORED: "seen in a recognition response on 3 Nov 2026",
        Risk.WARNED: "seen in a recognition response on 3 Nov 2026",
        Risk.EXPECTED: "no response with a warning was seen yet",
        Risk.RETIRED: "discontinued 1 Aug 2023",
        Risk.REFUSED: "created again",
        Risk.PAIR: "v2018-07-31",
        Risk.NONE: "none known",
    }
    assert words[risk] in text


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
        freezes.form([name[:60]] * 120, [Freeze(1, name[:50], HOSTILE, "UADA", NOW, NOW)] * 30, NOW, "C1"),
        request.reject("1:abc", name),
    ):
        assert check_view(dict(view)) == []
