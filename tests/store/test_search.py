"""Search: which requests the words of a filter mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.request_filter import request_filter
from bot.domain.requests import Request, RequestState
from bot.store import Store
from bot.store.requests import Proposal
from tests.fakes import NOW
from tests.unit.made import plan
from tests.world import ADA, GRACE


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    with Store(tmp_path / "retune.db") as opened:
        yield opened


def asked(store: Store, *names: str, requester: str = ADA, **over: str) -> Request:
    """An open request for models of these names."""
    plans = tuple(plan(name, **over) for name in names)  # type: ignore[arg-type]  # by the name of a field
    proposal = Proposal(f"V{names}", plans, requester, "", "C1", NOW, NOW + timedelta(days=1))
    found = store.requests.propose(proposal)
    assert found.new
    made = store.requests.get(found.request or 0)
    assert made is not None
    return made


def test_all_conditions_together(store: Store):
    """States and kinds are alternatives among themselves; everything else must hold together."""
    assert not store.search.any()
    call = asked(store, "call-center")
    noise = asked(store, "Noise_100%", kind="acoustic")
    far = asked(store, "CALL-far", "other", requester=GRACE, instance="stt-eu")
    for request, seconds in ((call, 20), (noise, 10)):
        store.requests.move(request, RequestState.REJECTED, NOW + timedelta(seconds=seconds), by=GRACE)

    def found(text: str, user: str = ADA) -> list[int]:
        wanted = request_filter(text, user)
        shown = list(store.search.page(wanted, 0, 15).shown)
        assert shown == [*store.search.live(wanted), *store.search.ended(wanted, None, 15)[0]]
        return shown

    assert store.search.any()
    assert found("") == [far.id, call.id, noise.id]
    assert found("acoustic") == [noise.id]
    assert found("acoustic language") == [far.id, call.id, noise.id]
    assert found("call") == [far.id, call.id]
    assert found("call open") == [far.id]
    assert found("waiting") == found("other") == [far.id]
    assert found("rejected expired") == [call.id, noise.id]
    assert found("STT-eu") == [far.id]
    assert found("stt") == [call.id, noise.id]
    assert found("100%") == [noise.id]
    assert found("_") == [noise.id]
    assert found("mine", GRACE) == [far.id]
    assert found(f"{noise.id} ended") == [noise.id]
    assert found("call acoustic") == []
    assert found("'; DROP TABLE runs; --") == []
