"""Buttons that were used go: the thread says in their place what was chosen, and by whom."""

from __future__ import annotations

from bot.domain.requests import Request, RequestState
from tests.fakes import Said
from tests.flows.test_several import finish, under_way
from tests.flows.test_unclear import rings, unclear
from tests.world import ADA, GRACE, TOMAS, World


def told(world: World, request: Request, kind: str) -> Said:
    """The message of the thread whose key begins like that."""
    (found,) = [said for said in world.chat.said if said.key.startswith(f"request:{request.id}:{kind}")]
    return found


async def settle(world: World) -> None:
    await rings(world, 4, after=4)


async def test_a_pause_that_was_resumed(world: World):
    """From Details as from the thread; what failed can still be tried again, so that button stays."""
    request = await under_way(world)
    await finish(world, grow=False)
    pause, failed = told(world, request, "pause"), told(world, request, "failed")
    assert pause.buttons == ["Resume", "Drop the rest"]
    assert (await world.wish("resume", request, TOMAS)).allowed
    await settle(world)
    assert pause.buttons == []
    assert "Resumed by Utomas" in pause.text
    assert f"<@{TOMAS}>" not in str(pause.message)
    assert failed.buttons == ["Try again…"]
    edits = pause.edits
    await rings(world, 5, after=30)
    assert pause.edits == edits


async def test_a_pause_whose_rest_was_dropped(world: World):
    """The other button of the same message."""
    request = await under_way(world)
    await finish(world, grow=False)
    assert (await world.wish("cancel", request, GRACE)).allowed
    await settle(world)
    pause = told(world, request, "pause")
    assert pause.buttons == []
    assert "The rest was dropped by Ugrace" in pause.text


async def test_a_failure_that_was_retried(world: World):
    """It stays said that it failed and why; by whom it was retried stands in place of the button."""
    request = await under_way(world)
    await finish(world, grow=False)
    assert (await world.wish("retry", request, TOMAS)).allowed
    await settle(world)
    failed = told(world, request, "failed")
    assert failed.buttons == []
    assert "nothing changed" in failed.text
    assert "Retried by Utomas" in failed.text
    await finish(world, grow=False)
    again = [said for said in world.chat.said if said.key.startswith(f"request:{request.id}:failed")]
    assert [said.buttons for said in again] == [[], ["Try again…"]]


async def test_the_end_of_one_that_was_retried(world: World):
    """The failure of a request for one model, in the reply that was its end until then."""
    world.fleet()
    request = await world.approved()
    await settle(world)
    await finish(world, grow=False)
    end = told(world, request, "end")
    assert world.request(request.id).state is RequestState.FAILED
    assert end.buttons == ["Try again…"]
    assert (await world.wish("retry", world.request(request.id), TOMAS)).allowed
    await settle(world)
    assert end.buttons == []
    assert "Retried by Utomas" in end.text


async def test_what_was_unclear(world: World):
    """Sent again by an approver, then seen at the service."""
    request = await unclear(world)
    asked = told(world, request, "unclear")
    assert len(asked.buttons) == 2
    assert (await world.wish("send again", request, TOMAS)).allowed
    await settle(world)
    assert asked.buttons == []
    assert "Sent again by Utomas" in asked.text


async def test_a_late_step_that_is_over(world: World):
    """Nobody can stop watching it any more."""
    request = await under_way(world)
    await rings(world, 30, after=600)
    late = told(world, request, "late")
    assert late.buttons
    await finish(world)
    assert late.buttons == []
    assert "took far longer than estimated" in late.text
    assert ADA not in late.text
