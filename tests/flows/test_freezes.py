"""Hours, later starts and freezes, played with the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.freezes import Freeze
from bot.domain.hours import Window
from bot.domain.plans import Plan
from bot.domain.requests import Request, RequestState
from bot.domain.runs import StepState
from tests.fakes import FakeSpeech
from tests.flows.acting import AM, LM, US, approved, booth, through, while_preparing
from tests.world import ADA, GRACE, NEW, OLD, TOMAS, World, model, quotes

# Freezing


async def test_frozen_while_the_step_is_prepared(world: World, monkeypatch: pytest.MonkeyPatch):
    """A freeze that begins while the model is read holds its request back; it is sent when the freeze is over."""
    request = await approved(world)
    now = world.clock.now()

    async def freeze() -> None:
        await world.freezes.freeze("stt", "audit", GRACE, now + timedelta(hours=1))

    while_preparing(world, monkeypatch, freeze)
    await world.ring()
    assert world.request(request.id).state is RequestState.RUNNING
    assert world.speech.begun == []
    await world.ring(after=3601)
    assert len(world.speech.begun) == 1


# Hours, later starts, freezes

BERLIN = ZoneInfo("Europe/Berlin")


def in_hours(world: World, begins: time, ends: time, zone: ZoneInfo = BERLIN) -> None:
    """Upgrades may start only then; the bot is built anew."""
    world.rebuild(window=Window(begins, ends, zone))


async def starts(world: World, request: Request, *, within: int = 40, every: float = 1800) -> datetime:
    """When the run starts, while the alarm rings every half hour."""
    for _ in range(within):
        if world.request(request.id).state is RequestState.RUNNING:
            return world.clock.now()
        await world.ring(after=every)
    raise AssertionError("it never started")


async def test_it_starts_when_its_hours_begin(world: World):
    """Approved at 11:00 in Berlin, hours from 22:00 across midnight: the card says so, and nothing is sent before."""
    in_hours(world, time(22), time(5))
    world.fleet()
    request = await world.asked()
    card = world.chat.keyed(f"request:{request.id}:card")
    assert "only in these hours: 22:00–05:00 Europe/Berlin" in str(card.message.blocks)
    await world.approve(request, GRACE)
    assert "they begin" in str(card.message.blocks)
    assert (await starts(world, request)).astimezone(BERLIN).hour == 22
    assert "hours" not in str(card.message.blocks)


async def test_after_midnight_the_hours_still_last(world: World):
    """Approved at 02:00 in hours that began the evening before: at once."""
    in_hours(world, time(22), time(5))
    world.clock.advance(15 * 3600)  # 02:00 in Berlin
    request = await approved(world)
    await world.ring()
    assert world.request(request.id).state is RequestState.RUNNING


async def test_hours_that_summer_time_leaves_out(world: World):
    """On 28 March 2027 Berlin has no 02:30; hours from 02:30 to 04:00 begin when the clock has passed over it."""
    world.clock.at = datetime(2027, 3, 27, 23, 0, tzinfo=UTC)
    in_hours(world, time(2, 30), time(4))
    request = await approved(world)
    begun = await starts(world, request, every=300)
    assert begun == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


async def test_what_has_begun_goes_on_outside_its_hours(world: World):
    """Three steps, hours of one: the second and the third do not wait for tomorrow."""
    in_hours(world, time(11), time(12))
    request = await booth(world)
    await world.ring()
    await through(world, LM)
    world.clock.advance(3600)
    await through(world, AM)
    await through(world, AM)
    assert world.request(request.id).state is RequestState.DONE


async def test_a_later_start(world: World):
    """Asked for 22:00: approved before, it starts then; approved after, it starts at once."""
    world.fleet()
    request = await asked_for(world, hours=12)
    await world.approve(request, GRACE)
    assert "Scheduled: <!date^" in str(world.chat.keyed(f"request:{request.id}:card").message.blocks)
    assert await starts(world, request) == request.not_before
    world.speech.add(model("other"))
    other = await asked_for(world, "other", hours=1)
    world.clock.advance(7200)
    await world.approve(other, GRACE)
    await world.ring()
    assert world.request(other.id).state is RequestState.RUNNING


async def asked_for(world: World, name: str = "call-center-us", *, hours: float) -> Request:
    """Somebody asked for a later start."""
    await world.inventory.refresh()
    ref = (await world.inventory.find(name)).model.ref
    prepared = await world.planning.prepare(ref)
    assert isinstance(prepared.outlook, Plan)
    later = world.clock.now() + timedelta(hours=hours)
    request = await world.requests.propose(f"V-{name}", [prepared.outlook.key], "", ADA, later)
    await world.requests.show(request)
    return request


async def test_a_later_start_outside_the_hours(world: World):
    """Both hold it back: the time that was asked for first, then the hours."""
    in_hours(world, time(22), time(5))
    world.fleet()
    request = await asked_for(world, hours=2)
    await world.approve(request, GRACE)
    assert (await starts(world, request)).astimezone(BERLIN).hour == 22


async def test_changed_while_it_waited_for_its_time(world: World):
    """Approved for tonight; in the afternoon somebody upgraded the model by hand: tonight nothing is sent."""
    world.fleet()
    request = await asked_for(world, hours=12)
    await world.approve(request, GRACE)
    world.speech.kept[US] = replace(world.speech.kept[US], versions=(OLD, NEW))
    for _ in range(26):
        await world.ring(after=1800)
    assert world.request(request.id).state is RequestState.CHANGED
    assert world.speech.begun == []


async def freeze(world: World, hours: float = 3, instance: str = "") -> Freeze:
    return await world.freezes.freeze(instance, "audit", GRACE, world.clock.now() + timedelta(hours=hours))


async def test_frozen_before_it_is_approved(world: World):
    """It can be approved, and starts when the freeze ends by itself; the card said who froze it and why."""
    world.fleet()
    await freeze(world)
    request = await world.asked()
    card = world.chat.keyed(f"request:{request.id}:card")
    assert "by Ugrace. Nothing new starts until then" in str(card.message.blocks)
    assert quotes(card.message.blocks)["Reason for the freeze, from Ugrace:"] == "audit"
    await world.approve(request, GRACE)
    assert await starts(world, request) == request.requested_at + timedelta(hours=3)
    assert "frozen" not in str(card.message.blocks)


async def test_frozen_after_it_was_approved(world: World):
    """The card says so without anybody clicking; ended early, it starts at once."""
    request = await approved(world)
    held = await freeze(world, instance="stt")
    await world.ring(after=10)
    assert "`stt` is frozen" in str(world.chat.keyed(f"request:{request.id}:card").message.blocks)
    assert world.request(request.id).state is RequestState.SCHEDULED
    assert await world.freezes.end(held, TOMAS)
    await world.ring(after=10)
    assert len(world.speech.begun) == 1


async def test_another_instance_is_frozen(world: World):
    """It holds nobody else back."""
    world.rebuild(services={"stt": world.speech, "prod": FakeSpeech("prod", world.clock)})
    request = await approved(world)
    await freeze(world, instance="prod")
    await world.ring()
    assert world.request(request.id).state is RequestState.RUNNING


async def test_frozen_between_the_steps(world: World):
    """What the service works on is watched to its end and proven; the next step waits until the freeze is over."""
    request = await booth(world)
    await world.ring()
    await freeze(world)
    await through(world, LM)
    await world.ring(after=60)
    assert world.request(request.id).first.steps[0].state is StepState.DONE
    assert [id for _, id, _ in world.speech.begun] == [LM]
    assert "frozen" in str(world.chat.keyed(f"request:{request.id}:progress").message.blocks)
    await world.ring(after=3 * 3600)
    await world.ring(after=60)
    assert [id for _, id, _ in world.speech.begun] == [LM, AM]


async def test_a_freeze_counts_in_both_processes(pair: tuple[World, World]):
    """Begun by a click that one bot answered, kept by the other that does the work; and after a restart."""
    first, second = pair
    first.fleet()
    await first.ring()
    request = await first.asked()
    await first.approve(request, GRACE)
    await freeze(second)
    await first.ring(after=1)
    assert first.request(request.id).state is RequestState.SCHEDULED
    first.crash()
    await first.ring(after=11)
    assert first.speech.begun == []
    await first.ring(after=3 * 3600)
    assert len(first.speech.begun) == 1
