"""Search: which runs the words of a filter mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.plans import Action, Plan, Step
from bot.domain.run_filter import run_filter
from bot.domain.runs import Run, RunState
from bot.store import Store
from tests.fakes import NOW
from tests.world import ADA, GRACE, NEW, OLD, model


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    with Store(tmp_path / "retune.db") as opened:
        yield opened


def asked(store: Store, name: str, requester: str = ADA, **over: object) -> Run:
    """A waiting run for a model of that name."""
    subject = model(name, **over)
    plan = Plan(subject, (Step(Action.UPGRADE, subject.ref, name, True),), OLD, NEW, None)
    run, new = store.runs.propose(f"V{name}", plan, requester, "", "C1", NOW, NOW + timedelta(days=1))
    assert new
    return run


def test_all_conditions_together(store: Store):
    """States and kinds are alternatives among themselves; everything else must hold together."""
    assert not store.search.any()
    call = asked(store, "call-center")
    noise = asked(store, "Noise_100%", kind="acoustic")
    far = asked(store, "CALL-far", GRACE, instance="stt-eu")
    for run, seconds in ((call, 20), (noise, 10)):
        at = NOW + timedelta(seconds=seconds)
        store.runs.move(run.id, RunState.WAITING, RunState.REJECTED, at, by=GRACE)

    def found(text: str, user: str = ADA) -> list[int]:
        return list(store.search.runs(run_filter(text, user)).all)

    assert store.search.any()
    assert found("") == [far.id, call.id, noise.id]
    assert found("acoustic") == [noise.id]
    assert found("acoustic language") == [far.id, call.id, noise.id]
    assert found("call") == [far.id, call.id]
    assert found("call open") == [far.id]
    assert found("rejected expired") == [call.id, noise.id]
    assert found("STT-eu") == [far.id]
    assert found("stt") == [call.id, noise.id]
    assert found("100%") == [noise.id]
    assert found("_") == [noise.id]
    assert found("mine", GRACE) == [far.id]
    assert found(f"{noise.id} ended") == [noise.id]
    assert found("call acoustic") == []
    assert found("'; DROP TABLE runs; --") == []
