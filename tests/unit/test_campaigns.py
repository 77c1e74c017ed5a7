"""Which plans fit together, and what a campaign does next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals import Policy
from bot.domain.campaigns import Campaign, CampaignState, LeftOut, Move, next_move, together
from bot.domain.plans import Action, Estimate, Plan, Step
from bot.domain.runs import Run, RunState, VoteRecord
from bot.domain.timing import Freeze, Wait
from bot.messages import campaign as messages
from bot.messages import campaign_form as forms
from bot.messages.request import Wanted
from sandbox.slack.blockkit import check_blocks, check_view
from tests.world import NEW, OLD, model

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
W, A, R, D, F = (RunState.WAITING, RunState.APPROVED, RunState.RUNNING, RunState.DONE, RunState.FAILED)
C = RunState.CHANGED


def plan(name: str, *others: str, kind: str = "language", minutes: float = 0, instance: str = "stt") -> Plan:
    """A plan of *name* with steps on other models first."""
    own = model(name, id=f"id-{name[-40:]}", kind=kind, instance=instance)
    refs = [*(f"{instance}/language/id-{other}" for other in others), own.ref]
    steps = tuple(Step(Action.UPGRADE, ref, ref, True) for ref in refs)
    estimate = Estimate(minutes * 60, minutes * 120, "audio") if minutes else None
    return Plan(own, steps, OLD, NEW, estimate)


def test_which_plans_fit_together():
    """A language model that an acoustic one brings along is not upgraded twice; two with the same one cannot be."""
    plans, out = together(
        [
            plan("lm"),
            plan("ac-one", "lm", kind="acoustic", minutes=10),
            plan("ac-two", "lm", kind="acoustic", minutes=5),
            plan("alone"),
        ]
    )
    assert [one.model.name for one in plans] == ["alone", "ac-one"]
    assert {item.name: item.why.split()[1] for item in out} == {"lm": "is", "ac-two": "shares"}


@given(st.permutations([plan("a"), plan("b", minutes=9), plan("c", "x", kind="acoustic"), plan("x")]))
def test_the_order_does_not_depend_on_how_they_were_marked(plans: list[Plan]):
    """The quickest first, whatever the form sent."""
    chosen, _ = together(plans)
    assert [one.model.name for one in chosen] == ["a", "b", "c"]


def campaign(states: list[RunState], excused: int = 0, instances: list[str] | None = None, name: str = "m") -> Campaign:
    runs = []
    for number, state in enumerate(states, start=1):
        one = plan(f"{name}{number}", instance=(instances or ["stt"] * 99)[number - 1])
        ended = NOW if state not in (W, A, R) else None
        runs.append(
            Run(
                *(number, one, one.digest, state, "UADA", "", NOW, NOW, "C1", None, None, NOW, ended, "<!channel>"),
                *(1, (), ()),
                campaign=1,
            )
        )
    return Campaign(
        *(1, "digest", CampaignState.RUNNING, "UADA", "<!channel>", NOW, NOW + timedelta(days=1), "C1", "UGRACE", NOW),
        *(None, "<!channel>", excused, 1, (LeftOut(name, "why"),) * 20, tuple(runs)),
        (VoteRecord("UGRACE", "approve", "", NOW),),
    )


@pytest.mark.parametrize(
    ("states", "excused", "unproven", "move", "which"),
    [
        ([W, W, W], 0, (), Move.RELEASE, [1]),
        ([R, W, W], 0, (), Move.WAIT, []),
        ([A, W, W], 0, (), Move.WAIT, []),
        ([D, W, W, W], 0, (), Move.RELEASE, [2, 3]),
        ([D, R, W, W], 0, (), Move.RELEASE, [3]),
        ([D, R, R, W], 0, (), Move.WAIT, []),
        ([D, R, R, R], 0, (), Move.WAIT, []),
        ([D, D, D], 0, (), Move.FINISH, []),
        ([F, W, W], 0, (), Move.PAUSE, [1]),
        ([D, F, W], 0, (), Move.PAUSE, [2]),
        ([D, W, W], 0, (1,), Move.PAUSE, [1]),
        ([F, W, W], 1, (), Move.RELEASE, [2, 3]),
        ([F, F, W], 1, (), Move.PAUSE, [1, 2]),
        ([F, D], 1, (), Move.FINISH, []),
        ([C, W, W], 0, (), Move.RELEASE, [2]),
        ([C, C], 0, (), Move.FINISH, []),
    ],
)
def test_what_comes_next(states: list[RunState], excused: int, unproven: tuple[int, ...], move: Move, which: list[int]):
    """One first; two at a time after its proof; a failure or a missing proof stops everything that has not begun."""
    found, runs = next_move(campaign(states, excused), unproven, 2)
    assert (found, [run.id for run in runs]) == (move, which)


def test_each_instance_has_its_own_limit():
    """Waves are filled for each instance."""
    one = campaign([D, R, R, W, W, W, W], instances=["a", "a", "a", "a", "b", "b", "b"])
    assert [run.id for run in next_move(one, (), 2)[1]] == [5, 6]


@given(st.lists(st.sampled_from([W, A, R, D, F, C]), min_size=1, max_size=12), st.integers(0, 3), st.integers(1, 4))
def test_never_more_than_the_limit(states: list[RunState], excused: int, parallel: int):
    """Whatever happened: released runs waited before, and with those under way are never more than allowed."""
    one = campaign(states, excused)
    move, runs = next_move(one, (), parallel)
    under_way = sum(1 for state in states if state in (A, R))
    if move is Move.RELEASE:
        assert runs
        assert all(run.state is W for run in runs)
        assert len(runs) + under_way <= parallel
        assert states.count(F) <= excused
        assert D in states or excused or (len(runs) == 1 and not under_way)


@pytest.mark.parametrize("state", list(CampaignState))
@pytest.mark.parametrize("name", ["m", "very-long-" * 30, "<!channel> `x` *b*"])
def test_messages(state: CampaignState, name: str):
    """Fifty models with hostile names: every message and window is one that Slack takes, and pings nobody."""
    policy = Policy(("SAPPROVE",), 2, False, 86400)
    ended = NOW if state not in (CampaignState.WAITING, CampaignState.RUNNING, CampaignState.PAUSED) else None
    every = [D, F, C, W, A] if ended is None else [D, F, C, C, F]
    one = replace(campaign(every * 10, name=name), state=state, ended_at=ended, reminded=True, voters=0)
    wait = Wait("freeze", NOW, Freeze(1, "", name, "UADA", NOW, NOW))
    for telling in messages.tellings(one, policy, wait):
        assert check_blocks(list(telling.message.blocks), "message") == []
        assert "<!channel>" not in str([block.get("text") for block in telling.message.blocks])
        assert "<!channel>" not in telling.message.text
        assert telling.message.text
    again = replace(one, runs=tuple(replace(run, state=R, ended_at=None) for run in one.runs))
    for telling in messages.tellings(again, policy, wait):
        assert check_blocks(list(telling.message.blocks), "message") == []
    assert check_view(dict(forms.details(one, ["resume", "drop", "withdraw", "back"], "no"))) == []
    plans = [run.plan for run in one.runs]
    assert check_view(dict(forms.form(plans, [LeftOut(name, "why")] * 60, Wanted("C1", NOW), 9, "frozen"))) == []
    assert check_view(dict(forms.nothing([LeftOut(name, "why")] * 60))) == []
    assert check_view(dict(forms.reject("1:abc", one))) == []
    assert check_view(dict(forms.reading(0))) == []
