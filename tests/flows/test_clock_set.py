"""Somebody sets the clock while a step is under way: by an hour or a day, either way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.requests import RequestState
from bot.errors import OutcomeUnknown
from bot.ports import Message
from tests.fakes import FrozenClock
from tests.world import CHANNEL, World

US = "id-call-center-us"
JUMPS = pytest.mark.parametrize("jump", [3600, -3600, 86400, -86400])


@JUMPS
async def test_a_step_goes_on(world: World, jump: float):
    """It is looked at when it would have been, and it took as long as it took."""
    world.fleet()
    request = await world.approved()
    await world.ring()
    await world.ring(after=5)
    world.clock.set(jump)
    world.speech.finish(US)
    for _ in range(3):
        await world.ring(after=5)
    assert world.request(request.id).state is RequestState.DONE
    run = world.request(request.id).first
    assert run.started_at is not None
    assert run.ended_at is not None
    assert 0 <= (run.ended_at - run.started_at).total_seconds() < 30


@JUMPS
async def test_a_request_whose_answer_was_lost_is_given_its_time(world: World, jump: float):
    """Its effect may still come: a clock that is set does not make Retune send it again before."""
    world.fleet()
    await world.approved()
    world.speech.fail["begin"] = [OutcomeUnknown("lost.", instance="stt")]
    await world.ring()
    await world.ring(after=1)
    world.clock.set(jump)
    for _ in range(10):
        await world.ring(after=1)
    assert world.speech.calls.count("begin") == 1


@JUMPS
async def test_after_a_start_nothing_waits_for_a_moment_that_is_far_ahead(world: World, jump: float):
    """The clock was set while no process ran: nobody noticed, and work goes on all the same."""
    world.fleet()
    request = await world.approved()
    await world.ring()
    world.clock.set(jump)
    world.crash()
    world.speech.finish(US)
    for _ in range(8):
        await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    assert len(world.speech.begun) == 1


@JUMPS
async def test_the_lease_holds(pair: tuple[World, World], jump: float):
    """Whoever rings first after the clock was set: the holder keeps the lease, and loses it when it dies."""
    first, second = pair
    await first.ring()
    await second.ring()
    first.clock.set(jump)
    for _ in range(4):
        await second.ring(after=1)
        await first.ring(after=1)
        assert first.store.leases.holder("worker") == first.holder
    for _ in range(12):
        await second.ring(after=1)
    assert first.store.leases.holder("worker") == second.holder


async def test_a_lease_that_lies_a_day_ahead_is_taken(pair: tuple[World, World]):
    """Its holder died, and then the clock was set back."""
    first, second = pair
    await first.ring()
    first.clock.set(-86400)
    for _ in range(13):
        await second.ring(after=1)
    assert first.store.leases.holder("worker") == second.holder


async def test_slots_count_again_after_a_first_start_on_a_wrong_day(tmp_path: Path):
    """The clock was a day ahead when Retune first ran: the slot of the next morning is said."""
    world = World(tmp_path / "ahead.db")
    world.fleet()
    world.clock.set(3 * 86400)
    await world.announce()
    world.clock.set(-3 * 86400)
    await world.announce()
    world.clock.advance(86400)
    await world.announce()
    assert [said for said in world.chat.said if said.key.startswith("announcement:")]
    world.close()


@JUMPS
async def test_a_post_is_found_whatever_our_clock_says(world: World, jump: float):
    """Our clock was wrong when a message was posted and its answer lost: it is found by Slack's, not posted again."""
    world.clock.set(jump)
    world.chat.clock = FrozenClock(world.clock.at - timedelta(seconds=jump))
    world.chat.lose_answers = 1
    message = Message("hello")
    assert await world.poster.post("hello", CHANNEL, message) is None
    world.clock.advance(20)
    assert await world.poster.post("hello", CHANNEL, message) == world.chat.keyed("hello").ts
