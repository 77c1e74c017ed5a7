"""Instances that list something else, lack a model, send an odd record, or do not answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.changes import ChangeKind
from bot.domain.counts import count
from bot.domain.doubts import DoubtKind
from bot.domain.fleet import Holdings, Model, Ref
from bot.domain.requests import RequestState
from bot.domain.verdicts import Verdict
from bot.errors import DeletedModel, ServiceUnavailable
from bot.flows.doubts import Doubts
from bot.flows.reading import Read
from bot.messages.fleet import Found, models
from bot.turns import at_once
from tests.fakes import NOW, Said
from tests.world import GRACE, NEW, OLD, World, model

REF = "stt/language/id-call-center-us"
DOWN = ServiceUnavailable("down", instance="stt")


@pytest.fixture(autouse=True)
async def many(world: World) -> None:
    """28 models, 8 of them acoustic; one is outdated."""
    world.fleet()
    for number in range(26):
        kind = "acoustic" if number < 8 else "language"
        world.speech.add(model(f"m{number}", kind=kind, versions=(OLD, NEW)), Holdings(corpora=1, recordings=1))
    await world.ring()


def lists(world: World, keep: Callable[[Model], bool]) -> dict[str, Model]:
    """From now on the instance lists only those; what it listed before."""
    before = dict(world.speech.kept)
    world.speech.kept = {id: one for id, one in before.items() if keep(one)}
    world.speech.served = {"en-US_NarrowbandModel"}
    return before


def told(world: World) -> list[Said]:
    return [said for said in world.chat.said if said.key.startswith("changes:")]


async def listed(world: World) -> str:
    """What `/stt-models` shows."""
    judged = await world.inventory.judged()
    found = Found(judged.judgements[:3], 0, at_once(count(judged, {}, world.clock.now())), judged.total)
    return str(models(found, judged.snapshot, world.clock.now()).blocks)


def known(world: World) -> int:
    return len(world.store.fleet.snapshot().models)


async def asked(world: World) -> None:
    """The next reading, and the two after it."""
    for after in (900, 60, 120):
        await world.ring(after=after)
    await world.ring(after=1)


@pytest.mark.parametrize(
    ("keep", "kind"),
    [
        (lambda one: False, DoubtKind.NOTHING),
        (lambda one: one.name in ("m1", "m9", "m10"), DoubtKind.FEWER),
        (lambda one: one.kind == "language", DoubtKind.FEWER),
    ],
)
async def test_an_instance_that_lists_something_else(world: World, keep: Callable[[Model], bool], kind: DoubtKind):
    """Read again after one and three minutes, then asked about once; cards and models are kept."""
    request = await world.asked()
    before = lists(world, keep)
    calls = world.speech.calls.count("models")
    await world.ring(after=900)
    assert told(world) == []
    await world.ring(after=59)
    assert world.speech.calls.count("models") == calls + 2
    await world.ring(after=1)
    assert world.speech.calls.count("models") == calls + 4
    assert told(world) == []
    await world.ring(after=120)
    await world.ring(after=1)
    assert world.speech.calls.count("models") == calls + 6
    (said,) = told(world)
    has = sum(map(keep, before.values()))
    assert f"lists {has} custom model" in said.text
    assert f"{has} of the 28" in said.text
    assert "It is right" in str(said.message.blocks)
    assert known(world) == 28
    doubt = world.store.fleet.one("stt").doubt
    assert doubt is not None
    assert doubt.kind is kind
    for _ in range(3):
        await world.ring(after=900)
    assert len(told(world)) == 1
    assert known(world) == 28
    assert world.request(request.id).state is RequestState.OPEN
    assert "of the 28" in await listed(world)


async def test_it_lists_them_again(world: World):
    """A fault of the service passes: nothing is asked, or what was asked is taken back."""
    before = lists(world, lambda one: False)
    await world.ring(after=900)
    world.speech.kept = before
    await world.ring(after=60)
    assert told(world) == []
    assert world.store.fleet.one("stt").doubt is None
    world.speech.kept = {}
    await asked(world)
    world.speech.kept = before
    await world.ring(after=900)
    await world.ring(after=1)
    assert "Lists its models again" in told(world)[-1].text
    assert len(told(world)) == 2
    noted = [change.kind for change in world.store.changes.since(NOW)]
    assert ChangeKind.DELETED not in noted


async def test_no_base_models(world: World):
    """Nothing is called retired, the models are read as always, and people are asked."""
    before = await world.inventory.judged()
    world.speech.served = set()
    await asked(world)
    judged = await world.inventory.judged()
    assert Verdict.RETIRED not in {one.verdict for one in judged.judgements}
    assert [one.verdict for one in judged.judgements] == [one.verdict for one in before.judgements]
    assert "serves no base models" in told(world)[0].text


async def test_no_base_models_at_the_first_reading(world: World, tmp_path: Any):
    """Unknown is not retired."""
    fresh = World(tmp_path / "fresh.db")
    fresh.fleet()
    fresh.speech.served = set()
    await fresh.inventory.refresh()
    judged = await fresh.inventory.judged()
    assert len(judged.judgements) == 2
    assert Verdict.RETIRED not in {one.verdict for one in judged.judgements}
    fresh.close()


async def test_it_is_right(world: World):
    """An approver believes what was shown, and only that; what is gone is said, and its cards are closed."""
    request = await world.asked()
    lists(world, lambda one: one.name in ("m1", "m9"))
    await asked(world)
    doubts = Doubts(world.inventory, world.electorate)
    shown = world.store.fleet.one("stt").doubt
    assert shown is not None
    world.speech.kept.pop("id-m1")
    answered = await doubts.accept("stt", shown.shape, GRACE)
    assert answered.read is Read.DOUBTED
    assert answered.left is not None
    assert (answered.left.has, known(world)) == (1, 28)
    answered = await doubts.accept("stt", answered.left.shape, GRACE)
    assert (answered.read, answered.left, known(world)) == (Read.ACCEPTED, None, 1)
    assert (await doubts.accept("stt", shown.shape, GRACE)).read is None
    (row,) = [row for row in world.store.audit.all() if row["action"] == "accept"]
    assert (row["actor"], row["instance"], row["detail"]) == (GRACE, "stt", "lost most of its models: 28 → 1")
    await world.ring(after=900)
    await world.ring(after=1)
    assert world.request(request.id).state is RequestState.CHANGED
    assert "were deleted" in told(world)[-1].text
    assert "Lists its models again" not in "".join(said.text for said in told(world))


async def test_no_run_ends_because_of_it(world: World):
    """A model that the service denies is not gone while its list looks like another instance's."""
    request = await world.approved()
    await world.ring()
    before = lists(world, lambda one: False)
    for _ in range(40):
        await world.ring(after=10)
    assert world.request(request.id).state is RequestState.RUNNING
    world.speech.kept = before
    world.speech.finish("id-call-center-us")
    for _ in range(3):
        await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE


@pytest.mark.parametrize("several", [False, True])
async def test_nothing_approved_is_left_out_because_of_it(world: World, several: bool):
    """Before the start the model is denied: the card waits."""
    world.speech.add(model("other"), Holdings(corpora=1))
    request = await world.approved(*(("call-center-us", "other") if several else ()))
    lists(world, lambda one: False)
    for _ in range(20):
        await world.ring(after=15)
    assert world.request(request.id).state is RequestState.SCHEDULED


@pytest.mark.parametrize("how", ["read", "look", "fresh"])
async def test_one_model_is_gone_when_the_service_says_so_too(world: World, how: str):
    """27 of 28: asked for alone before it is called deleted."""
    gone = world.speech.kept["id-call-center-us"]
    listed = world.speech.models

    async def without(kind: Any) -> Any:
        found = await listed(kind)
        return replace(found, items=tuple(one for one in found if one.id != gone.id))

    world.speech.models = without  # type: ignore[method-assign]  # a list that forgets one
    await world.ring(after=900)
    assert known(world) == 28
    world.speech.fail["model"] = [DOWN]
    await world.ring(after=900)
    assert known(world) == 28
    del world.speech.kept[gone.id]
    if how == "read":
        await world.ring(after=900)
    elif how == "look":
        assert await world.inventory.look(Ref.parse(REF)) is None
        await world.inventory.refresh()
    else:
        with pytest.raises(DeletedModel):
            await world.inventory.fresh(REF)
    assert known(world) == 27


async def test_the_last_of_its_kind(world: World):
    """A kind with one model lists nothing once it is deleted; the other kind tells that all is well."""
    for number in range(1, 8):
        del world.speech.kept[f"id-m{number}"]
        await world.inventory.refresh()
    assert known(world) == 21
    del world.speech.kept["id-m0"]
    await world.inventory.refresh()
    assert known(world) == 20


async def test_a_list_that_several_runs_share_lacks_one(world: World, monkeypatch: pytest.MonkeyPatch):
    """It is asked for alone before its run ends."""
    world.speech.add(model("other"), Holdings(corpora=1))
    world.speech.add(model("third"), Holdings(corpora=1))
    request = await world.approved("call-center-us", "other", "third")
    await world.ring()
    world.speech.finish("id-call-center-us")
    for _ in range(3):
        await world.ring(after=10)
    assert len(world.speech.begun) == 3
    listed = world.speech.models

    async def without(kind: Any) -> Any:
        found = await listed(kind)
        return replace(found, items=tuple(one for one in found if one.name != "third"))

    monkeypatch.setattr(world.speech, "models", without)
    await world.ring(after=10)
    assert world.request(request.id).runs[2].failure is None
    del world.speech.kept["id-third"]
    await world.ring(after=10)
    assert world.request(request.id).runs[2].failure is not None


async def test_an_odd_record_blinds_nobody(world: World, caplog: pytest.LogCaptureFixture):
    """It is counted and named, what was known of it stays, the others and their runs go on."""
    request = await world.approved()
    await world.ring()
    world.speech.odd = {"id-m9", "id-call-center-us"}
    await world.ring(after=10)
    assert world.store.fleet.one("stt").failing_since is None
    for _ in range(3):
        await world.ring(after=900)
    reading = world.store.fleet.one("stt")
    assert (len(reading.models), len(reading.unreadable), reading.failing_since) == (28, 2, None)
    named = [record.message for record in caplog.records if "makes no sense, 'id-m9'" in record.message]
    assert len(named) == 1
    shown = await listed(world)
    assert "2 records unreadable" in shown
    assert "id-m9" in shown
    assert world.request(request.id).state is RequestState.RUNNING
    world.speech.odd = set()
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    await world.ring(after=900)
    assert world.store.fleet.one("stt").unreadable == ()


async def test_read_again_sooner(world: World):
    """After half a minute, then less and less often; and as always once it answers."""
    reads = world.speech.calls.count
    world.speech.fail["models"] = [DOWN] * 100
    await world.ring(after=900)
    times = []
    for second in range(0, 880, 10):
        before = reads("models")
        await world.ring(after=10)
        if reads("models") > before:
            times.append(second + 10)
    assert times[:4] == [30, 90, 210, 450]
    world.speech.fail.clear()
    await world.ring(after=900)
    before = reads("models")
    for _ in range(80):
        await world.ring(after=10)
    assert reads("models") == before


async def test_a_look_that_fails_has_it_read_again(world: World):
    """Whoever meets the trouble."""
    await world.inventory.lost("stt", DOWN)
    before = world.speech.calls.count("models")
    await world.ring(after=30)
    assert world.speech.calls.count("models") == before + 2
    assert world.store.fleet.one("stt").failing_since is None


async def test_two_bots_ask_once(world: World, tmp_path: Any):
    """What was asked is in the store, also after a restart between the readings."""
    lists(world, lambda one: False)
    await world.ring(after=900)
    world.crash()
    await world.ring(after=60)
    await world.ring(after=120)
    await world.ring(after=1)
    assert len(told(world)) == 1
    world.crash()
    for _ in range(3):
        await world.ring(after=900)
    assert len(told(world)) == 1
