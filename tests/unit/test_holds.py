"""Holds: which plans and requests they stop, and that Slack takes every message that shows one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.holds import held, held_of, in_force, stopping
from bot.domain.outcomes import Cause, CauseKind
from bot.domain.owners import Owner
from bot.domain.policies import Policy
from bot.domain.requests import LISTED, MOST, Request, RequestState
from bot.domain.runs import RunState
from bot.domain.snoozes import Ended, Held, Reach, Snooze, SnoozeKind
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages import details, holds, request_form, several_form
from bot.messages.buttons import card_buttons
from bot.messages.card import Seen, card
from bot.messages.holds import Around
from bot.messages.outcomes import cause_text
from bot.messages.request_form import Wanted, wanted
from bot.messages.requests import tellings
from sandbox.slack.blockkit import check_view
from tests.unit import made
from tests.unit.made import NOW
from tests.unit.test_messages import HOSTILE, LONG, POLICY, accepted
from tests.world import ADA, GRACE, MEI, OLD, model


def hold(name: str = "call-center-us", id: int = 1, **over: object) -> Snooze:
    facts: dict = {
        **{"id": id, "kind": SnoozeKind.HOLD, "scope": Reach.MODEL, "subject": f"stt/language/id-{name}"},
        **{"until": date(2026, 12, 3), "over_at": NOW + timedelta(days=10), "known": frozenset()},
        **{"reason": "regulator", "author": MEI, "at": NOW},
    }
    return Snooze(**{**facts, **over})


def test_in_force():
    """Until its end, or until somebody ends it, or the model is where it should be; not only once that is noted."""
    one = hold()
    current = Judgement(model(versions=(OLD,)), Verdict.CURRENT, Risk.NONE)
    ref, unknown = one.subject, dict[str, Judgement]().get
    assert in_force([one], unknown, NOW) == {ref: one}
    assert in_force([one], unknown, one.over_at) == {}
    assert in_force([replace(one, ended_at=NOW)], unknown, NOW) == {}
    assert in_force([one], {ref: current}.get, NOW) == {}


def test_what_it_stops():
    """Every plan that changes the model for good; a request as a whole only where nothing of it may start."""
    own, shared, free = made.plan("a"), made.plan("booth", "a", kind="acoustic"), made.plan("b")
    on_hold = {hold("a").subject: hold("a")}
    assert [one.name for one in held(own, on_hold)] == ["a"]
    assert [one.name for one in held(shared, on_hold)] == ["a"]
    assert held(free, on_hold) == ()
    some = made.request([made.run(own, number=1), made.run(free, number=2)])
    assert [one.name for one in held_of(some, on_hold)] == ["a"]
    assert stopping(some, on_hold) == ()
    only = made.request([made.run(own, number=1), made.run(free, RunState.LEFT_OUT, number=2)])
    assert [one.name for one in stopping(only, on_hold)] == ["a"]
    assert stopping(made.request([made.run(own, RunState.RUNNING)]), on_hold) == ()


def everything(name: str, request: Request) -> Seen:
    """All models of a request are on hold, owned, and had a hold before."""
    refs = [run.plan.model.ref for run in request.runs]
    around = Around(
        {ref: hold(id=number, subject=ref, reason=HOSTILE * 12) for number, ref in enumerate(refs)},
        {ref: Owner(GRACE, pattern="*") for ref in refs},
        dict.fromkeys((MEI, GRACE, ADA), name),
    )
    done: dict = {"ended_at": NOW, "ended_by": ADA, "ended_why": Ended.REQUESTED, "ended_for": 1}
    ended = tuple(hold(id=number, subject=ref, reason=HOSTILE * 12, **done) for number, ref in enumerate(refs))
    return Seen(policy=POLICY, now=NOW, around=around, ended=ended)


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
@pytest.mark.parametrize("count", [1, 2, LISTED, MOST])
def test_messages(name: str, count: int):
    """Slack takes all of them, whatever people write; a question keeps our words and its 300 characters."""
    runs = [made.run(made.plan(f"{name}{number}"), number=number) for number in range(1, count + 1)]
    for state in (RequestState.OPEN, RequestState.SCHEDULED):
        request = made.request(runs, state)
        seen = everything(name, request)
        accepted(card(request, seen))
        assert f"<@{MEI}>" not in str(card(request, seen))
        assert check_view(dict(details.details(request, seen, None, None, frozenset()))) == []
        for button in card_buttons(request, seen.around):
            ask = button.get("confirm", {}).get("text", {}).get("text", "")
            assert len(ask) <= 300
            if ask:
                assert ask.startswith("This cannot be undone. ")
                assert ask.endswith(".")
    stopped = tuple(Held(name, hold(id=number, reason=HOSTILE * 12)) for number in range(count))
    for each in runs:
        assert "<!channel>" not in cause_text(Cause(CauseKind.ON_HOLD, held=stopped), name, each)
    left = [replace(each, state=RunState.LEFT_OUT, cause=Cause(CauseKind.ON_HOLD, held=stopped)) for each in runs]
    over = made.request(left, RequestState.CHANGED)
    for telling in tellings(over, everything(name, over)):
        accepted(telling.message)
    assert "on hold" in card(over, everything(name, over)).text
    policies = {"stt": Policy((GRACE,), 1, False, 1.0)}
    owners = {hold().subject: Owner(GRACE)}
    plans = [run.plan for run in runs]
    names = dict.fromkeys((MEI, GRACE), name)
    judgement = Judgement(model(), Verdict.OUTDATED, Risk.EXPECTED)
    plans = plans[:LISTED]
    stopped = stopped[:LISTED]
    for view in (
        holds.refused(stopped[:2], owners, policies),
        request_form.ask_one(plans[0], judgement, None, Wanted("C1"), held=stopped[:2], owners=owners),
        several_form.ask_several([made.offer(plans[0], stopped)], [], Wanted("C1"), 0, [], names=names),
        several_form.ask_several(
            *([made.offer(plan, stopped[:1]) for plan in plans], [], Wanted("C1"), 0, []), names=names
        ),
    ):
        assert check_view(dict(view)) == []
        assert "<!channel>" not in str(view["blocks"][0])
    assert "<!channel>" not in holds.denied(stopped, policies)
    for text in (holds.may_not_end(stopped[0]), holds.set_meanwhile(stopped[0])):
        assert len(text) <= 150


def test_what_the_form_showed():
    """Travels with it: what was set later is ended by nobody who did not see it."""
    view = request_form.ask_one(
        *(made.plan(), Judgement(model(), Verdict.OUTDATED, Risk.EXPECTED), None, Wanted("", NOW)),
        held=(Held("a", hold(id=3)), Held("b", hold(id=5))),
    )
    assert wanted(view["private_metadata"]) == (Wanted("", NOW, (3, 5)), made.plan().key)
