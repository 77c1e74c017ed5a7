"""The inventory: the first reading, which people wait for, and readings that are shared."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.fleet import Kind, Listed, Model
from bot.errors import Refusal, ServiceUnavailable, StoreUnavailable, UnknownModel
from bot.flows.inventory import AT_ONCE, Inventory
from bot.ports import SpeechService
from tests.fakes import FakeSpeech
from tests.world import World, shipped


@pytest.fixture
def gate(world: World, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The service answers when this is set."""
    world.fleet()
    opened, models = asyncio.Event(), world.speech.models

    async def slow(kind: Kind) -> Listed[Model]:
        await opened.wait()
        return await models(kind)

    monkeypatch.setattr(world.speech, "models", slow)
    return opened


async def soon() -> None:
    """Lets everything go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_name_waits_for_the_first_reading(world: World, gate: asyncio.Event):
    """Somebody asks while the worker reads: one reading, and they get its answer."""
    await world.worker.ring()
    finding = asyncio.ensure_future(world.inventory.find("call-center-us"))
    await soon()
    assert not finding.done()
    gate.set()
    assert (await finding).model.name == "call-center-us"
    await world.settle()
    assert world.speech.calls.count("bases") == 1


async def test_it_waits_for_the_instances_to_be_connected(world: World):
    """The bot is just starting: commands come before the clients of the instances are made."""
    world.fleet()
    services: dict[str, SpeechService] = {}
    inventory = Inventory(services, world.db, shipped, world.clock, world.background)
    with pytest.raises(Refusal, match="just starting"):
        inventory.service("stt")
    finding = asyncio.ensure_future(inventory.find("call-center-us"))
    await soon()
    services["stt"] = world.speech
    inventory.connected.set()
    assert (await finding).model.name == "call-center-us"


async def test_patience_ends(world: World, gate: asyncio.Event):
    """The service is slow: the person is told so, and the reading goes on."""
    with pytest.raises(Refusal, match="stt is still being read for the first time; try again in a moment"):
        await world.inventory.find("call-center-us", patience=0.01)
    assert (await world.inventory.read_once(0.01)).judgements == ()
    gate.set()
    await world.settle()
    assert (await world.inventory.find("call-center-us", patience=0)).model.name == "call-center-us"


async def test_nobody_waits_for_what_failed(world: World):
    """An instance that cannot be read is no reason to wait; the person reads why."""
    world.speech.fail["models"] = [ServiceUnavailable("stt cannot be reached.", instance="stt")] * 9
    await world.inventory.refresh()
    asked = len(world.speech.calls)
    with pytest.raises(Refusal, match=r"stt was never read and can't be read now; /stt-models says why\."):
        await world.inventory.find("call-center-us")
    assert len(world.speech.calls) == asked


async def test_nobody_waits_for_a_later_reading(world: World, gate: asyncio.Event):
    """Read once, the last reading answers: also that there is no such model."""
    gate.set()
    await world.inventory.refresh()
    gate.clear()
    reading = asyncio.ensure_future(world.inventory.refresh())
    await soon()
    with pytest.raises(UnknownModel, match="Did you mean call-center-us"):
        await world.inventory.find("call-centre-us")
    gate.set()
    await reading


async def test_what_breaks_a_reading_reaches_all_who_share_it(
    world: World, gate: asyncio.Event, monkeypatch: pytest.MonkeyPatch
):
    """The database does not answer: each of two readers is told, neither is cancelled."""
    readers = [asyncio.ensure_future(world.inventory.refresh()) for _ in range(2)]
    await soon()

    async def locked(*given: object, **more: object) -> object:
        raise StoreUnavailable("locked")

    monkeypatch.setattr(world.db, "write", locked)
    gate.set()
    outcomes = await asyncio.gather(*readers, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, StoreUnavailable]


async def test_who_joins_a_reading_that_is_cancelled_reads_itself(world: World, gate: asyncio.Event):
    """The one who reads goes away; those who shared the reading did not, and get an answer from one further reading."""
    reads = asyncio.ensure_future(world.inventory.refresh())
    await soon()
    joins = [asyncio.ensure_future(world.inventory.find("call-center-us")) for _ in range(3)]
    await soon()
    reads.cancel()
    gate.set()
    found = await asyncio.gather(*joins)
    assert {judged.model.name for judged in found} == {"call-center-us"}
    assert reads.cancelled()


async def test_instances_that_hang_hold_up_no_others(world: World):
    """Many that answered once hang at their next reading: the others are read meanwhile, and from then on at once."""
    hangs = asyncio.Event()
    hangs.set()

    class Hanging(FakeSpeech):
        async def bases(self) -> Listed[str]:
            await hangs.wait()
            return await super().bases()

    bad = {f"bad{number}": Hanging(f"bad{number}", clock=world.clock) for number in range(AT_ONCE - 1)}
    good = {f"good{number}": FakeSpeech(f"good{number}", clock=world.clock) for number in range(3 * AT_ONCE)}
    inventory = Inventory({**bad, **good}, world.db, shipped, world.clock, world.background)
    world.store.fleet.declare((name, "cloud") for name in (*bad, *good))
    await inventory.refresh()
    hangs.clear()
    reading = asyncio.ensure_future(inventory.refresh())
    async with asyncio.timeout(20):
        while not all(speech.calls.count("bases") == 2 for speech in good.values()):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    assert not reading.done()
    hangs.set()
    await reading
