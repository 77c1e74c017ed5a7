"""Requests and their runs as tables: which plans fit together, what may follow what, and whose turn it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outcomes import CauseKind
from bot.domain.plans import Plan
from bot.domain.request_filter import request_filter
from bot.domain.requests import FOLLOWS, LIVE, Request, RequestState, following, startable, together
from bot.domain.runs import LASTING, RUN_FOLLOWS, RunState
from tests.unit.made import asked, plan, request, run, unproven

Q, R, D, F, L, C = (
    *(RunState.QUEUED, RunState.RUNNING, RunState.DONE),
    *(RunState.FAILED, RunState.LEFT_OUT, RunState.CANCELLED),
)
OPEN, SCHEDULED, RUNNING, PAUSED = RequestState.OPEN, RequestState.SCHEDULED, RequestState.RUNNING, RequestState.PAUSED
DONE, FAILED, CANCELLED, CHANGED = (
    *(RequestState.DONE, RequestState.FAILED),
    *(RequestState.CANCELLED, RequestState.CHANGED),
)


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
    assert {item.name: (item.cause.kind, item.cause.other) for item in out} == {
        "lm": (CauseKind.TOGETHER, "ac-one"),
        "ac-two": (CauseKind.SHARES, "ac-one"),
    }


@given(st.permutations([plan("a"), plan("b", minutes=9), plan("c", "x", kind="acoustic"), plan("x")]))
def test_the_order_does_not_depend_on_how_they_were_marked(plans: list[Plan]):
    """The quickest first, whatever the form sent."""
    chosen, _ = together(plans)
    assert [one.model.name for one in chosen] == ["a", "b", "c"]


REQUEST_MOVES = {
    OPEN: "scheduled rejected withdrawn expired stopped changed",
    SCHEDULED: "open running failed withdrawn stopped changed",
    RUNNING: "paused done failed stopped changed",
    PAUSED: "running done failed stopped",
    DONE: "",
    FAILED: "scheduled",
    RequestState.REJECTED: "",
    RequestState.WITHDRAWN: "",
    RequestState.EXPIRED: "",
    CANCELLED: "scheduled",
    CHANGED: "",
}
RUN_MOVES = {Q: "running,left out,stopped,failed", R: "done,failed,stopped", F: "queued", D: "", L: "", C: ""}


def test_every_transition():
    """The table of all moves of requests and of runs; whatever is not in it cannot happen."""
    assert {state: set(FOLLOWS.get(state, ())) for state in RequestState} == {
        state: {RequestState(word) for word in words.split()} for state, words in REQUEST_MOVES.items()
    }
    assert {state: set(RUN_FOLLOWS.get(state, ())) for state in RunState} == {
        **{state: {RunState(word) for word in words.split(",") if word} for state, words in RUN_MOVES.items()},
    }


@pytest.mark.parametrize(
    ("state", "runs", "then"),
    [
        # One model.
        (OPEN, [Q], None),
        (OPEN, [L], CHANGED),
        (SCHEDULED, [Q], None),
        (SCHEDULED, [R], RUNNING),
        (SCHEDULED, [L], CHANGED),
        (SCHEDULED, [F], FAILED),
        (RUNNING, [R], None),
        (RUNNING, [D], DONE),
        (RUNNING, [F], FAILED),
        (RUNNING, [C], CANCELLED),
        # Several.
        (OPEN, [L, Q], None),
        (OPEN, [L, L], CHANGED),
        (SCHEDULED, [L, Q], None),
        (SCHEDULED, [L, R, Q], RUNNING),
        (RUNNING, [D, R, Q], None),
        (RUNNING, [D, Q, Q], None),
        (RUNNING, [F, Q, Q], PAUSED),
        (RUNNING, [D, F, R, Q], PAUSED),
        (RUNNING, [D, F, R], None),
        (RUNNING, [D, F], FAILED),
        (RUNNING, [D, L, D], DONE),
        (RUNNING, [D, C, C], CANCELLED),
        (RUNNING, [D, F, C], CANCELLED),
        (PAUSED, [F, R, Q], None),
        (PAUSED, [F, R, C], RUNNING),
        (PAUSED, [F, C, C], CANCELLED),
        (PAUSED, [Q, Q], RUNNING),
        (DONE, [D, D], None),
        (CANCELLED, [C, C], None),
    ],
)
def test_what_follows_from_the_runs(state: RequestState, runs: list[RunState], then: RequestState | None):
    """The request's state after one of its runs moved; nothing where it stays."""
    assert following(asked(state, *runs)) is then


def test_an_end_without_proof_pauses_too():
    """Of several, one that nothing proves holds the others back, until somebody has seen it."""
    bad = unproven(plan("m1"))
    waiting = run(plan("m2"), Q, 2)
    assert following(request([bad, waiting], RUNNING)) is PAUSED
    assert following(request([replace(bad, excused=True), waiting], PAUSED)) is RUNNING
    assert following(request([bad], RUNNING)) is DONE


@pytest.mark.parametrize(
    ("state", "runs", "which"),
    [
        (OPEN, [Q], []),
        (SCHEDULED, [Q], [1]),
        (SCHEDULED, [Q, Q, Q], [1]),
        (RUNNING, [R, Q, Q], []),
        (RUNNING, [D, Q, Q, Q], [2, 3]),
        (RUNNING, [D, R, Q, Q], [3]),
        (RUNNING, [D, R, R, Q], []),
        (RUNNING, [L, Q, Q], [2]),
        (PAUSED, [F, Q, Q], []),
        (RUNNING, [F, Q, Q], []),
        (DONE, [D], []),
    ],
)
def test_whose_turn_it_is(state: RequestState, runs: list[RunState], which: list[int]):
    """One first; two at a time after its proof; a failure stops everything that has not begun."""
    assert [one.id for one in startable(asked(state, *runs), 2)] == which


def test_going_on_after_a_failure():
    """Once somebody has seen the failure, the others go on in waves."""
    failed = run(plan("m1"), F, 1, excused=True)
    one = request([failed, *(run(plan(f"m{n}"), Q, n) for n in (2, 3, 4))], RUNNING)
    assert [run.id for run in startable(one, 2)] == [2, 3]


def test_tried_again_while_it_is_paused():
    """Only what failed starts; when it is proven the others go on by themselves, and when it fails again they wait."""
    first, others = run(plan("m1"), Q, 1, retries=1), [run(plan(f"m{n}"), Q, n) for n in (2, 3)]
    paused = request([first, *others], PAUSED)
    assert [one.id for one in startable(paused, 2)] == [1]
    assert following(paused) is None
    assert following(request([run(plan("m1"), R, 1, retries=1), *others], PAUSED)) is None
    assert following(request([run(plan("m1"), D, 1, retries=1), *others], PAUSED)) is RUNNING
    assert following(request([run(plan("m1"), F, 1, retries=1), *others], PAUSED)) is None


def test_each_instance_has_its_own_limit():
    """Waves are filled for each instance."""
    places = {1: D, 2: R, 3: R, 4: Q, 5: Q, 6: Q, 7: Q}
    runs = [run(plan(f"m{n}", instance="a" if n < 5 else "b"), state, n) for n, state in places.items()]
    assert [one.id for one in startable(request(runs, RUNNING), 2)] == [5, 6]


STATES = st.lists(st.sampled_from([Q, R, D, F, L, C]), min_size=1, max_size=12)


@given(STATES, st.integers(1, 4))
def test_never_more_than_the_limit(states: list[RunState], parallel: int):
    """Whatever happened: what may start was queued, and with what is under way it is never more than allowed."""
    runs = startable(asked(RUNNING, *states), parallel)
    assert all(one.state is Q for one in runs)
    assert not runs or len(runs) + states.count(R) <= max(1, parallel)
    assert not runs or F not in states
    assert D in states or len(runs) <= 1


@given(st.sampled_from(sorted(LIVE)), STATES)
def test_what_follows_may_follow(state: RequestState, states: list[RunState]):
    """Every state that the runs lead to is one that may follow, and then nothing more follows by itself."""
    one: Request = asked(state, *states)
    then = following(one)
    if then is not None and possible(one):
        assert then in FOLLOWS[state]
        assert following(replace(one, state=then)) in (None, PAUSED)


def possible(one: Request) -> bool:
    """Whether a request can get there: runs begin only after the approval, and a pause has seen a failure."""
    begun = one.count(R, D, F) > 0
    if one.state is OPEN:
        return not begun and one.count(C) == 0
    if one.state is SCHEDULED:
        return one.count(D, C) == 0 and not (one.count(R) and one.count(F))
    return begun and not (one.state is RUNNING and not one.count(*LASTING) and one.count(L) == len(one.runs))


def test_stopped_requests_are_found_by_either_word():
    """The word is *stopped*; who types *cancelled* means the same."""
    assert request_filter("stopped", "UADA") == request_filter("cancelled", "UADA")
    assert request_filter("stopped", "UADA").states == {RequestState.CANCELLED}
