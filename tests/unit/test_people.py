"""Nobody is pinged about their own act."""

from __future__ import annotations

import pytest

from bot.domain.requests import RequestState
from bot.domain.runs import RunState
from bot.messages.people import actor_of, named, person, who_to_mention
from tests.unit import made
from tests.world import ADA, GRACE

NAMES = {ADA: "Ada *L*", GRACE: "Grace"}


def test_everybody_but_the_actor_is_mentioned():
    """Each once, in order; a group can't be split, so it stays."""
    assert who_to_mention([ADA, GRACE, ADA, "STEAM"], GRACE) == (ADA, "STEAM")
    assert who_to_mention([ADA], None) == (ADA,)
    assert who_to_mention([ADA], ADA) == ()


def test_the_actor_is_named_plainly():
    """Without markup, and by id where the name is not known."""
    assert person(ADA, ADA, NAMES) == "Ada ∗L∗"
    assert person(ADA, GRACE, NAMES) == f"<@{ADA}>"
    assert person("STEAM", None, NAMES) == "<!subteam^STEAM>"
    assert person(ADA, ADA, {}) == ADA
    assert named([GRACE, ADA, GRACE], NAMES) == "Grace and Ada ∗L∗"


@pytest.mark.parametrize("state", list(RequestState))
def test_whose_act(state: RequestState):
    """A rejection, a withdrawal and a stop are somebody's; what ends by itself is nobody's."""
    request = made.request([made.run(made.plan(), RunState.CANCELLED)], state, decided_by=GRACE)
    decided = state in (RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.CANCELLED)
    assert actor_of(request) == (GRACE if decided else None)
