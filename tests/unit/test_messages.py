"""Every message that Retune can send is one that Slack takes, and reads well without its blocks."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from bot.domain.advice import Advice, Instead, Role, Word
from bot.domain.approvals import Possible, Wish
from bot.domain.authority import Decision, Reason
from bot.domain.changes import Change, ChangeKind, Effect
from bot.domain.counts import Counts, count
from bot.domain.doubts import Doubt, DoubtKind
from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.fleet import Holdings, InstanceReading, Snapshot
from bot.domain.freezes import Freeze, Wait
from bot.domain.home import Needed
from bot.domain.hours import Window
from bot.domain.links import link_choice
from bot.domain.outcomes import Cause, CauseKind, LeftOut, Outcome, StepEnd
from bot.domain.plans import Action, NoPlan, Plan, Step, WhyNot
from bot.domain.policies import Policy
from bot.domain.requests import LISTED, MOST, Noted, Request, RequestState
from bot.domain.runs import Before, Run, RunState, StepRecord, StepState
from bot.domain.verdicts import Judgement, Risk, Verdict, judge
from bot.errors import AmbiguousModel, Refusal
from bot.messages import (
    advice,
    denials,
    details,
    fleet,
    freezes,
    help,
    home,
    kit,
    links,
    outcomes,
    refusals,
    request_form,
    request_list,
    several_form,
    sheet,
    verdicts,
)
from bot.messages.card import Seen
from bot.messages.fitting import MOST as MOST_JSON
from bot.messages.fitting import cut, fitted, size_of
from bot.messages.request_form import Wanted
from bot.messages.requests import state_line, tellings
from bot.ports import Message
from bot.turns import at_once
from sandbox.slack.blockkit import check_blocks, check_view
from tests.fleets import judged_of
from tests.unit import made
from tests.unit.made import NOW, approvals
from tests.world import ADA, GRACE, NEW, OLD, TOMAS, model, shipped

POLICY = Policy(("SAPPROVE", GRACE), 2, False, 86400)
LONG = "very-long-" * 30
HOSTILE = "<!channel> `x` *b* &amp;"
ACTORS = (ADA, "retune", "elsewhere", HOSTILE)
NOTED = (
    *("request", "approve", "denied", "vote void", "send", "accepted", "resume", "retry", "extend", HOSTILE),
    *(*RequestState, *StepEnd, *(f"run {state}" for state in RunState)),
)

ONE = {
    RequestState.OPEN: RunState.QUEUED,
    RequestState.SCHEDULED: RunState.QUEUED,
    RequestState.RUNNING: RunState.RUNNING,
    RequestState.DONE: RunState.DONE,
    RequestState.FAILED: RunState.FAILED,
    RequestState.REJECTED: RunState.CANCELLED,
    RequestState.WITHDRAWN: RunState.CANCELLED,
    RequestState.EXPIRED: RunState.CANCELLED,
    RequestState.CANCELLED: RunState.CANCELLED,
    RequestState.CHANGED: RunState.LEFT_OUT,
}
"""The state of the run in a request for one model; such a request never pauses."""

DOUBTED = InstanceReading("stt", "cloud", (), None, NOW, doubt=Doubt(DoubtKind.FEWER, 9, 1, 1, "x", NOW))
FROZEN = Freeze(1, "", HOSTILE, ADA, NOW, NOW)
WAIT = Wait("freeze", NOW, FROZEN)


def every_step(name: str = "call-center-us") -> Plan:
    """A plan of *name* with a step of each kind; the language models of the acoustic ones are called like it."""
    own = model(name)
    steps = (
        Step(Action.UPGRADE, "stt/language/id-lm", f"{name}-lm", True),
        *(Step(action, own.ref, name, True, "id-lm", lenient=True) for action in Action),
    )
    return Plan(own, steps, OLD, NEW, None, drops_weight=True, trains_after=True, uncertain=True, experimental=True)


def every_cause(kind: CauseKind, name: str) -> Cause:
    """A cause of a kind with all its facts, as hostile as they can be."""
    judgement = Judgement(model(name), Verdict.CURRENT, Risk.NONE)
    change = Change(ChangeKind.UPGRADED, "stt", NOW, model(name).ref, name, "base", OLD, HOSTILE)
    fresh = replace(made.plan(name), target=HOSTILE, model=model(name, versions=(HOSTILE,)), trains_after=True)
    no_plan = NoPlan(WhyNot.CURRENT, judgement)
    return Cause(kind, fresh, no_plan, change, Effect.OTHER_PLAN, 3, name, HOSTILE)


def run(state: RunState, name: str = "call-center-us", done: int = 0, number: int = 1) -> Run:
    """A run with a step of each kind, of which that many are over, each in another way; the next is under way."""
    plan = every_step(name)
    records = []
    for place, step in enumerate(plan.steps, start=1):
        at = StepState.DONE if place <= done or state is RunState.DONE else StepState.PLANNED
        if place == done + 1:
            at = {RunState.RUNNING: StepState.WAITING, RunState.FAILED: StepState.FAILED}.get(state, at)
        end = list(StepEnd)[(place + number) % len(StepEnd)]
        outcome = Outcome(end, NEW, HOSTILE, HOSTILE) if at in (StepState.DONE, StepState.FAILED) else None
        before = Before("available", (OLD, HOSTILE), NOW)
        began = NOW if at is not StepState.PLANNED else None
        records.append(
            StepRecord(
                *(number, place, step, at, before, began, began, NOW if outcome else None, True, 1),
                transaction=HOSTILE,
                outcome=outcome,
            )
        )
    cause = every_cause(list(CauseKind)[number % len(CauseKind)], name) if state is RunState.LEFT_OUT else None
    return made.run(plan, state, number, steps=tuple(records), cause=cause, retries=done % 3, cancelled_by=GRACE)


def several(state: RequestState, name: str = "m", count: int = 7) -> Request:
    """A request for *count* models, in every state that a run can be in then, with hostile words all over."""
    runs = []
    for number in range(1, count + 1):
        now = list(RunState)[number % len(RunState)]
        if state in (RequestState.OPEN, RequestState.SCHEDULED):
            now = RunState.QUEUED
        elif ONE.get(state) is RunState.CANCELLED and state is not RequestState.CANCELLED:
            now = RunState.CANCELLED
        elif state not in (RequestState.RUNNING, RequestState.PAUSED) and now in (RunState.QUEUED, RunState.RUNNING):
            now = RunState.DONE
        # Only the one run of a request can be cancelled while it runs: of several, what has begun goes to its end.
        runs.append(replace(run(now, f"{name}-{number}", number % 4, number), cancelled_by=None))
    left_out = tuple(LeftOut(name, every_cause(kind, name)) for kind in CauseKind)
    return asked(runs, state, left_out=left_out)


def asked(runs: list[Run], state: RequestState, **over: object) -> Request:
    """A request of which everything was said that can be."""
    decided = {} if state is RequestState.OPEN else {"decided_by": GRACE, "decided_at": NOW}
    votes = (*approvals(GRACE, TOMAS), replace(approvals(ADA)[0], vote="reject", reason=HOSTILE * 20))
    begun = NOW if any(one.started_at for one in runs) else None
    facts = {"why": HOSTILE, "votes": votes, "reminded": True, "voters": 0, "started_at": begun, **decided}
    return made.request(runs, state, **{**facts, **over})


SEEN = Seen(policy=POLICY, now=NOW + timedelta(hours=3), wait=WAIT)


def accepted(message: Message) -> None:
    """Slack takes it; its text stands alone and can ping nobody by untrusted words."""
    assert check_blocks(list(message.blocks), "message") == []
    assert len(message.blocks) <= 50
    assert message.text.strip()
    assert "<!channel>" not in message.text
    assert len(message.text) <= 4000
    short = fitted(message)
    assert size_of(short.blocks) <= MOST_JSON
    assert check_blocks(list(short.blocks), "message") == []


def shown_everywhere(request: Request, name: str) -> None:
    """All that can be shown of a request: the messages, the windows, its place in lists, its history, its rows."""
    told = tellings(request, SEEN)
    assert len({telling.key for telling in told}) == len(told)
    for telling in told:
        accepted(telling.message)
    window = Window(time(22), time(5), ZoneInfo("Europe/Berlin"))
    offers = [(wish, None) for wish in get_args(Wish)] + [
        (wish, one.id) for one in request.runs for wish in get_args(Wish)
    ]
    for answer, judgement in (("", None), (HOSTILE[10:], judged(name)[1][0])):
        view = details.details(request, SEEN, judgement, window, offers, answer)
        assert check_view(dict(view)) == []
    assert check_view(dict(request_form.reject(request))) == []
    for page in range(3):
        accepted(request_list.requests([request] * 15, 20, 25, NOW, page=page, filters=HOSTILE))
    ref = request.runs[-1].plan.model.ref
    noted = [Noted(NOW, actor, action, ref, HOSTILE * 20) for actor in ACTORS for action in NOTED]
    for page in (0, 1, 99):
        accepted(request_list.history(request, noted, page))
    assert "<!channel>" not in state_line(request, NOW)
    assert f"requested by <@{request.requester}>" in state_line(request, NOW)  # else: *rejected*, by the requester
    assert len(sheet.rows(request)) == len(request.runs)
    for text in (refusals.in_the_way(request, name), refusals.all_taken(request.id)):
        assert text.endswith(".")
        assert "<!channel>" not in text


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
@pytest.mark.parametrize("state", list(ONE))
def test_requests_for_one_model(state: RequestState, name: str):
    """In every state, at every step, for every kind of step and every way in which it can end."""
    for done in range(len(Action) + 1):
        for number in range(1, len(StepEnd), 5):
            shown_everywhere(asked([run(ONE[state], name, done, number)], state), name)


@pytest.mark.parametrize("name", ["m", LONG, HOSTILE])
@pytest.mark.parametrize("count", [2, 7, LISTED, MOST])
@pytest.mark.parametrize("state", list(RequestState))
def test_requests_for_several_models(state: RequestState, count: int, name: str):
    """From two models to as many as there can be, in all states that they can be in together."""
    shown_everywhere(several(state, name, count), name)


def test_nothing_in_a_list():
    """No request matches, or there never was one."""
    accepted(request_list.none_yet())
    words = (Word(HOSTILE, Role.NAME), Word(HOSTILE, Role.INSTANCE))
    for unknown, instead in (((), ()), ((HOSTILE,), ()), ((HOSTILE,), (Instead(HOSTILE, 3),) * 3)):
        for said in (advice.no_request, advice.no_model):
            accepted(said(HOSTILE, Advice(words, unknown, instead)))
        accepted(advice.none_upgradable(HOSTILE, 7, 2, Advice(words, unknown, instead)))


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
    counts = at_once(count(judged_of(judgements), {}, NOW))
    for page in (0, 1, 2):
        shown = judgements[page * fleet.PAGE : (page + 1) * fleet.PAGE]
        accepted(fleet.models(fleet.Found(shown, page, counts, 41), snapshot, NOW, filters=HOSTILE))
    accepted(fleet.models(fleet.Found([], 0, Counts(), 41), snapshot, NOW, filters=HOSTILE))
    first = replace(judgements[0], model=replace(judgements[0].model, description=HOSTILE, name=name))
    plan = every_step()
    dossier = fleet.Dossier(trained_with=HOSTILE)
    for outlook in (plan, NoPlan(WhyNot.CURRENT, first), None):
        accepted(fleet.model(first, Holdings(1, 2, 3, 4, 5.0, ("a",), (HOSTILE,)), outlook, dossier, NOW))

    mine = [replace(asked([run(RunState.QUEUED, name)], RequestState.OPEN), id=id) for id in range(30)]
    others = [replace(several(RequestState.PAUSED, name), id=id) for id in range(30, 60)]
    deciding = [*mine, *others, *(replace(one, requester=GRACE) for one in [*mine, *others])]
    live = [replace(one, votes=()) for one in deciding]
    cluster = made.run(made.plan(name, action=Action.AWAIT_CHANGE), RunState.RUNNING)
    votes = frozenset[Possible]({("approve", None), ("reject", None)})
    seen = home.Seen(
        user=GRACE,
        asks=True,
        needed=[Needed(one, votes, (cluster,)) for one in live],
        doubted=[DOUBTED] * 9,
        live=live,
        ended=[several(RequestState.DONE, name)] * 5,
        mine=home.Mine(judgements[:10], counts),
        worst=judgements[:10],
        counts=counts,
        snapshot=snapshot,
        freezes=[FROZEN] * 30,
    )
    for asks in (True, False):
        assert check_view(dict(home.home(replace(seen, asks=asks), NOW))) == []
    fault = AmbiguousModel(HOSTILE, [j.model.ref for j in judgements])
    accepted(refusals.choose(fault, [(j.model.ref, j.model.name) for j in judgements], "ask"))
    models = [model(HOSTILE, id=f"{number}-{'x' * 36}"[:36]) for number in range(20)]
    names = refusals.labels(models)
    assert len(set(names)) == 20
    accepted(refusals.choose(fault, [(one.ref, name) for one, name in zip(models, names, strict=True)], "ask"))
    accepted(help.no_command(HOSTILE, HOSTILE * 20))
    accepted(refusals.private(request_list.no_request(HOSTILE * 20)))
    accepted(help.help_text())


@pytest.mark.parametrize("read_at", [NOW, None])
@pytest.mark.parametrize("failing_since", [NOW, None])
def test_fifty_instances_in_trouble(read_at: datetime | None, failing_since: datetime | None):
    """Slack takes what is said of all of them, and it stays short."""
    names = [f"stt-{number}" for number in range(50)]
    readings = [InstanceReading(name, "cloud", (), None, read_at, failing_since, HOSTILE) for name in names]
    snapshot = Snapshot({reading.name: reading for reading in readings})
    said = fleet.models(fleet.Found([], 0, Counts(), 0), snapshot, NOW)
    accepted(said)
    seen = home.Seen(GRACE, True, [], [], [], [], home.Mine(), [], Counts(), snapshot)
    assert check_view(dict(home.home(seen, NOW))) == []
    assert str(home.home(seen, NOW)).count("stt-") < 10
    assert len(refusals.not_read_yet("call-center-us", readings)) < 400
    if failing_since is not None:
        assert "and 42 more lines like these" in str(said.blocks)


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


@pytest.mark.parametrize("kind", list(CauseKind))
def test_every_cause_says_something(kind: CauseKind):
    """Why a model is left out is a sentence, with the run that was to upgrade it, without it, and without a fact."""
    left = run(RunState.LEFT_OUT, HOSTILE)
    for cause in (every_cause(kind, HOSTILE), Cause(kind)):
        for of in (left, None):
            text = outcomes.cause_text(cause, HOSTILE, of)
            assert text.endswith(".") or (cause.detail == "" and kind is CauseKind.UNREAD) or text.endswith("&amp;amp;")
            assert "<!channel>" not in text
    missing = NoPlan(WhyNot.LINK_UNKNOWN, Judgement(model("booth"), Verdict.OUTDATED, Risk.NONE))
    assert "press *Trained with…* on `/stt-model booth`" in outcomes.cause_text(
        Cause(CauseKind.NO_PLAN, no_plan=missing), "booth"
    )


@pytest.mark.parametrize("state", [StepState.DONE, StepState.FAILED])
@pytest.mark.parametrize("end", list(StepEnd))
def test_every_end_of_a_step_says_something(end: StepEnd, state: StepState):
    """A sentence for each, whatever is known of it; what was sent by nobody is never called done."""
    bare = StepRecord(1, 1, every_step().steps[1], state, outcome=Outcome(end))
    full = replace(
        bare, before=Before("available", (OLD, HOSTILE), NOW), transaction=HOSTILE, attempts=5,
        outcome=Outcome(end, HOSTILE, HOSTILE, HOSTILE),
    )  # fmt: skip
    for record in (bare, full):
        text = outcomes.step_sentence(record)
        assert text.strip()
        assert "<!channel>" not in text
    expected = {
        StepEnd.ALREADY_THERE: "not needed",
        StepEnd.NOT_NEEDED: "not needed",
        StepEnd.REFUSED: "not possible",
        StepEnd.UNCHANGED: "not possible",
    }
    assert outcomes.became(Outcome(end)) == expected.get(end, "done")


@pytest.mark.parametrize("state", list(RequestState))
@pytest.mark.parametrize("reason", list(Reason))
def test_every_denial_says_something(reason: Reason, state: RequestState):
    """Each denial is a sentence that names a way out or a person, for one model, for several, and for no request."""
    one = asked([run(ONE.get(state, RunState.FAILED), HOSTILE)], state)
    for about in (one, several(state, HOSTILE), None):
        for cause in (None, *(every_cause(kind, HOSTILE) for kind in CauseKind)):
            decision = Decision(reason, instance="stt", holder=3, cause=cause)
            for policies in ({"stt": POLICY}, {}):
                text = denials.denied(decision, about, policies, NOW)
                assert text.endswith(".")
                assert "<!channel>" not in text


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
def test_modals(name: str):
    """Every modal is one that Slack opens."""
    _, judgements = judged(name)
    plan = every_step(name)
    plans = [replace(plan, model=model(f"{name}{number}", id=f"i{number}")) for number in range(LISTED)]
    left_out = [LeftOut(name, every_cause(kind, name)) for kind in CauseKind] * 5
    for view in (
        request_form.reading(name),
        request_form.reading(300),
        request_form.refused("text"),
        request_form.refused("text", "upgrade C1 - stt/language/x"),
        request_form.ask_one(plan, judgements[0], HOSTILE, Wanted("C1", NOW), HOSTILE, freezes.freeze_blocks([FROZEN])),
        several_form.ask_several(
            [*map(made.offer, plans)], left_out, Wanted("", NOW), 12, freezes.freeze_blocks([FROZEN] * 5)
        ),
        several_form.ask_several([made.offer(plans[0])], [], Wanted("C1"), -49, []),
        request_form.nothing(left_out),
        request_form.nothing([]),
        links.ask_link(link_choice(model(name, description=name), [j.model for j in judgements], None), Wanted("")),
        details.unread(Refusal(HOSTILE)),
        freezes.form([name[:60]] * 120, [replace(FROZEN, instance=name[:50])] * 30, NOW, "C1", everywhere=True),
        freezes.form([name[:60]] * 120, [], NOW, "C1", everywhere=False),
    ):
        assert check_view(dict(view)) == []


@pytest.mark.parametrize("channel", ["", "C1"])
@pytest.mark.parametrize("later", [None, NOW])
def test_what_travels_with_a_form(channel: str, later: datetime | None):
    """Where it was asked and for when come back as they were, with the plan where there is one."""
    wanted, plan = Wanted(channel, later), made.plan()
    one = request_form.ask_one(plan, judged()[1][0], None, wanted)
    assert request_form.wanted(one["private_metadata"]) == (wanted, plan.key)
    many = several_form.ask_several([made.offer(plan)], [], wanted, 0, [])
    assert request_form.wanted(many["private_metadata"]) == (wanted, "")


def booth(number: int = 1, state: RunState = RunState.QUEUED) -> Run:
    """An acoustic model that is upgraded with its language model."""
    return made.run(made.plan("booth", "terms", kind="acoustic"), state, number)


def many(count: int, name: str = "m", state: RunState = RunState.QUEUED) -> list[Run]:
    """A run for each of that many language models."""
    return [made.run(made.plan(f"{name}{number}"), state, number) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("runs", "names", "more"),
    [
        (many(1), ["m1"], 0),
        ([booth()], ["booth", "terms"], 0),
        (many(3), ["m1", "m2", "m3"], 0),
        ([*many(2), booth(3)], ["m1", "m2", "booth", "terms"], 0),
        (many(40), [f"m{number}" for number in range(1, 41)], 0),
        (many(LISTED, "a-name-of-a-model-"), [f"a-name-of-a-model-{number}" for number in range(1, 11)], LISTED - 10),
        (many(LISTED, LONG), ["very-long-very-long-"], LISTED - 3),
    ],
)
@pytest.mark.parametrize("state", [RequestState.OPEN, RequestState.SCHEDULED, RequestState.RUNNING, RequestState.DONE])
def test_what_is_changed_for_good(runs: list[Run], names: list[str], more: int, state: RequestState):
    """The card names every model, from the first day to the last; its dialog as many as fit, after our own words."""
    shown = [made.run(one.plan, ONE[state], one.number) for one in runs]
    card = tellings(made.request(shown, state), SEEN)[0].message
    text = "\n".join(block["text"]["text"] for block in card.blocks if block["type"] == "section")
    for name in {name for one in runs for name in one.plan.changes.values()}:
        assert name[:50] in text, f"{name} is not on the card"
    if state is not RequestState.OPEN:
        return
    (buttons,) = [block for block in card.blocks if block["type"] == "actions"]
    confirm = buttons["elements"][0]["confirm"]["text"]["text"]
    assert len(confirm) <= 300
    assert confirm.startswith("This cannot be undone.")
    for name in names:
        assert name in confirm
    assert confirm.endswith(f"and {more} more." if more else ".")
    assert ("more" in confirm) is bool(more)


def test_what_is_changed_for_good_when_tried_again():
    """Trying again is an approval: its dialog names the models too, and calls no training an upgrade."""
    failed = made.request([booth(1, RunState.FAILED)], RequestState.FAILED, started_at=NOW)
    shown = str(tellings(failed, SEEN)[-1].message.blocks[-1])
    assert "booth and terms" in shown
    plan = made.plan("notes", action=Action.TRAIN)
    plan = replace(plan, steps=(replace(plan.steps[0], expects_version=False),))
    training = made.request([made.run(plan, RunState.FAILED)], RequestState.FAILED, started_at=NOW)
    shown = str(tellings(training, SEEN)[-1].message.blocks[-1])
    assert "notes" in shown
    assert "undone" not in shown


@pytest.mark.parametrize("state", [RequestState.OPEN, RequestState.RUNNING, RequestState.FAILED])
@pytest.mark.parametrize("length", [10, 60, 200])
def test_a_card_of_most_models_with_long_names(state: RequestState, length: int):
    """Nothing is cut: each is named, by as much of its name as there is room for, with what else changes for good."""
    kind = {"open": RunState.QUEUED, "running": RunState.RUNNING, "failed": RunState.FAILED}[state]
    names = [f"{number:02}-{'customer-care-' * 15}"[:length] for number in range(1, LISTED + 1)]
    runs = [
        made.run(made.plan(name, f"with-{name}"[:length], kind="acoustic"), kind, number)
        for number, name in enumerate(names, start=1)
    ]
    for telling in tellings(made.request(runs, state, started_at=NOW), SEEN):
        assert fitted(telling.message) == telling.message
    (card, *_) = tellings(made.request(runs, state, started_at=NOW), SEEN)
    shown = str(card.message.blocks)
    assert all(name[:50] in shown and f"with-{name}"[:length][:50] in shown for name in names)


def test_long_texts_are_cut_between_words():
    """Neither markup nor an escape nor code is torn, the longest go first, and buttons stay as they are."""
    assert cut("one two three four five", 16) == "one two three …"
    assert cut("see <!date^17^{time}|then> and more of it", 22) == "see …"
    assert cut("a word &amp; `code that goes on` and on", 24) == "a word &amp; …"
    press = kit.button("Press", "press", "x" * 900)
    long = [kit.section(f"{number} {'word ' * 500}", press if number == 3 else None) for number in range(9)]
    short = fitted(Message("text", (kit.section("short"), *long, kit.context("small " * 400))))
    assert size_of(short.blocks) <= MOST_JSON
    assert short.blocks[0] == kit.section("short")
    assert short.blocks[4]["accessory"] == press
    assert len(short.blocks) == 11


def test_a_card_with_most_models_stays_small():
    """A line for each, far below what Slack takes in one message."""
    states = [RunState.DONE] * 30 + [RunState.FAILED] * 3 + [RunState.QUEUED] * 17
    runs = [
        made.run(made.plan(f"call-center-us-{number}"), state, number) for number, state in enumerate(states, start=1)
    ]
    (card, *_) = tellings(made.request(runs, RequestState.PAUSED, started_at=NOW), SEEN)
    assert len(json.dumps(card.message.blocks)) < 10_000


def test_a_card_names_its_instances_to_the_end():
    """Also those on which nothing is left to do."""
    runs = [
        made.run(made.plan(f"m{number}", instance=instance), state, number)
        for number, (instance, state) in enumerate([("east", RunState.DONE), ("west", RunState.RUNNING)], start=1)
    ]
    (card, *_) = tellings(made.request(runs, RequestState.RUNNING, started_at=NOW), SEEN)
    assert "On `east` and `west`" in json.dumps(card.message.blocks)


LATER = replace(SEEN, wait=None)


@pytest.mark.parametrize(
    ("state", "runs", "keys"),
    [
        (RequestState.OPEN, many(2), ["card"]),
        (RequestState.RUNNING, [*many(1, state=RunState.RUNNING), booth(2)], ["card", "late:1.1"]),
        (
            RequestState.RUNNING,
            [*many(1, state=RunState.DONE), booth(2, RunState.RUNNING)],
            ["card", "late:2.2", "first"],
        ),
        (RequestState.PAUSED, [*many(1, state=RunState.FAILED), booth(2)], ["card", "failed:1", "pause:1.0"]),
        (RequestState.PAUSED, [made.unproven(made.plan()), booth(2)], ["card", "done:1", "pause:1.0"]),
        (
            RequestState.PAUSED,
            [replace(many(1, state=RunState.FAILED)[0], retries=2), booth(2)],
            ["card", "retry:1:2", "failed:1:2", "pause:1.2"],
        ),
        (
            RequestState.PAUSED,
            [replace(many(1, state=RunState.FAILED)[0], excused=True), booth(2, RunState.FAILED), *many(3)[2:]],
            ["card", "failed:1", "failed:2", "pause:2.0"],
        ),
        (RequestState.PAUSED, [replace(many(1)[0], retries=1), booth(2)], ["card", "retry:1:1"]),
        (RequestState.DONE, many(2, state=RunState.DONE), ["card", "first", "end"]),
        (
            RequestState.FAILED,
            [*many(1, state=RunState.DONE), replace(booth(2, RunState.FAILED), retries=1)],
            ["card", "retry:2:1", "failed:2:1", "first", "end:1"],
        ),
        (RequestState.REJECTED, many(2, state=RunState.CANCELLED), ["card", "end"]),
    ],
)
def test_what_is_told_of_several(state: RequestState, runs: list[Run], keys: list[str]):
    """One card, one thread; what is said of a single run is said of each, once for each attempt."""
    told = tellings(made.request(runs, state, decided_by=GRACE), LATER)
    assert [telling.key.removeprefix("request:1:") for telling in told] == keys
    assert [telling.threaded for telling in told] == [False, *[True] * (len(told) - 1)]
    assert [telling.lasting for telling in told] == [False, *[True] * (len(told) - 1)]


def told(request: Request, key: str) -> str:
    """The text of one message of a request."""
    return next(one.message.text for one in tellings(request, LATER) if one.key == f"request:1:{key}")


@pytest.mark.parametrize(
    ("requester", "self_approval", "voters", "mentioned"),
    [
        (ADA, False, [], [GRACE, TOMAS]),
        (GRACE, False, [], [TOMAS]),
        (GRACE, True, [], [GRACE, TOMAS]),
        (ADA, False, [TOMAS], [GRACE]),
        (GRACE, False, [TOMAS], []),
    ],
)
@pytest.mark.parametrize("count", [1, 2])
def test_whom_a_reminder_mentions(
    requester: str, self_approval: bool, voters: list[str], mentioned: list[str], count: int
):
    """Only those who can still act: not who asked, not who voted."""
    policy = Policy((GRACE, TOMAS), 2, self_approval, 86400)
    asked = made.request(many(count), requester=requester, votes=approvals(*voters), reminded=True)
    (reminder,) = [one for one in tellings(asked, replace(LATER, policy=policy)) if one.key.endswith(":remind")]
    assert re.findall("<@(U[A-Z]+)>", reminder.message.text) == mentioned


def test_what_follows_the_first():
    """The first proof says how many follow; none where the others are left out or cancelled already."""
    (first, second) = many(2, state=RunState.DONE)
    waits, gone = replace(second, state=RunState.QUEUED), replace(second, state=RunState.LEFT_OUT)
    assert "The other model follows" in told(made.request([first, waits], RequestState.RUNNING), "first")
    assert "follow" not in told(made.request([first, gone], RequestState.DONE), "first")


def test_why_it_is_paused():
    """What failed is told apart from what is not proven."""
    runs = [*many(1, state=RunState.FAILED), made.unproven(made.plan("notes"), 2), booth(3)]
    text = told(made.request(runs, RequestState.PAUSED), "pause:1.0-2.0")
    assert "1 upgrade failed: *m1*; no newer version is shown: *notes*." in text


@pytest.mark.parametrize(
    ("over", "said"), [({"trains_after": True}, "still untrained"), ({"drops_weight": True}, "0.1")]
)
def test_what_is_left_to_do_for_one_of_several(over: dict[str, Any], said: str):
    """What a request for one model says at its end, and the button with it, is said of one of several too."""
    one = made.run(replace(made.plan(), **over), RunState.DONE)
    asked = made.request([one, booth(2)], RequestState.RUNNING)
    (message,) = [telling.message for telling in tellings(asked, LATER) if telling.key == "request:1:done:1"]
    alone = tellings(made.request([one], RequestState.DONE), LATER)[-1].message
    assert said in message.text
    assert message.blocks[-1]["elements"] == alone.blocks[-1]["elements"]
    assert "<@" not in message.text


def test_what_became_of_several():
    """The end names each model that is not upgraded, with its reason; those of which nothing was started too."""
    gone = replace(booth(2, RunState.LEFT_OUT), cause=Cause(CauseKind.DELETED))
    half = replace(booth(3, RunState.CANCELLED), started_at=NOW)
    runs = [*many(1, state=RunState.FAILED), gone, half]
    end = tellings(made.request(runs, RequestState.CANCELLED, started_at=NOW), LATER)[-1].message
    assert "failed: *m1*." in str(end.blocks)
    assert "left out: *booth*. Its instance no longer knows it" in str(end.blocks)
    assert "stopped: *booth*" in str(end.blocks)
    assert "step 0" not in str(end.blocks)
    runs = [gone, replace(gone, id=1, plan=made.plan("m1"))]
    end = tellings(made.request(runs, RequestState.CHANGED), LATER)[-1].message
    assert "left out: *booth*. Its instance no longer knows it" in str(end.blocks)
    assert "left out: *m1*. Its instance no longer knows it" in str(end.blocks)


def test_everything_that_is_left_out_is_named():
    """However many there are, and however long the reasons: in the forms and in the details."""
    why = "Speech to Text does not answer: it could not be reached within 30 seconds. " * 2
    left_out = tuple(LeftOut(f"left-{number}", Cause(CauseKind.UNREAD, detail=why)) for number in range(LISTED))
    views = (
        request_form.nothing(left_out),
        several_form.ask_several([made.offer(made.plan())], left_out, Wanted("C1"), 0, []),
        details.details(made.request(many(2), left_out=left_out), LATER, None, None, []),
    )
    for view in views:
        assert check_view(dict(view)) == []
        assert all(f"`left-{number}`" in str(view["blocks"]) for number in range(LISTED))


def test_a_form_says_how_many_more_are_left_out():
    """Nine hundred that cannot be upgraded are no fewer because a form has room for fifty."""
    why = "Speech to Text does not answer: it could not be reached within 30 seconds. " * 2
    left_out = tuple(LeftOut(f"left-{number}", Cause(CauseKind.UNREAD, detail=why)) for number in range(LISTED + 900))
    form = several_form.ask_several([made.offer(made.plan())], left_out, Wanted("C1"), 0, [])
    views = request_form.nothing(left_out), form
    for view in views:
        assert check_view(dict(view)) == []
        assert "and 900 more" in str(view["blocks"])


def test_the_line_of_each_model():
    """To come, waits for a person, late, proven, not proven, failed, left out, cancelled: said on the card."""
    waits = made.run(made.plan("waits", action=Action.AWAIT_CHANGE), RunState.RUNNING, 2)
    runs = [
        made.run(made.plan("queued"), RunState.QUEUED, 1),
        waits,
        made.run(made.plan("late"), RunState.RUNNING, 3),
        made.run(made.plan("proven", target=None), RunState.DONE, 4),
        made.unproven(made.plan("trained"), 5),
        made.run(made.plan("failed"), RunState.FAILED, 6),
        made.run(made.plan("left"), RunState.LEFT_OUT, 7, cause=Cause(CauseKind.POLICY)),
        made.run(made.plan("stopped"), RunState.CANCELLED, 8),
    ]
    card = tellings(made.request(runs, RequestState.RUNNING, started_at=NOW), LATER)[0].message
    lines = {line.split("*")[1]: line for line in card.blocks[1]["text"]["text"].splitlines()}
    for name, said in {
        "queued": "to come",
        "waits": "waits for a person: somebody changes a word",
        "late": "step 1 of 1, takes longer than estimated",
        "proven": "→ v2020-01-16`",
        "trained": "trained, no newer version shown",
        "failed": "failed: The service refused the request.",
        "left": "left out: The approvals no longer meet the policy",
        "stopped": "not begun",
    }.items():
        assert said in lines[name], lines[name]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_request_as_rows(form: sheet.Format):
    """A row for each model, with the version that was proven, and why it was not upgraded."""
    runs = [
        booth(1, RunState.DONE),
        made.run(made.plan("m2"), RunState.FAILED, 2),
        made.run(made.plan("m3"), RunState.LEFT_OUT, 3, cause=Cause(CauseKind.SHARES, other="m2")),
    ]
    request = made.request(runs, RequestState.FAILED, id=12, votes=approvals(GRACE))
    rows = sheet.rows(request)
    assert [row["model"] for row in rows] == ["booth", "m2", "m3"]
    assert [row["state"] for row in rows] == ["done", "failed", "left out"]
    assert {row["request_state"] for row in rows} == {"failed"}
    assert rows[0]["to_version"] == NEW
    assert rows[0]["steps"] == ["upgrade terms: proven", "upgrade booth: proven"]
    assert [row["outcome"] for row in rows] == ["", "The service said: <!channel> no", "shares a language model: m2"]
    whole, parts = sheet.Sheet(form), sheet.Sheet(form)
    whole.add(rows)
    for some in ([], rows[:1], [], rows[1:]):
        parts.add(some)
    assert parts.content() == whole.content()
    text = whole.content().decode()
    read = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text)))
    assert [row["model"] for row in read] == ["booth", "m2", "m3"]
    assert text.count("booth") >= 2
    assert "UGRACE" in text
