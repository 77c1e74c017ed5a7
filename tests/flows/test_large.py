"""A thousand models in one request, on fakes and a real database: what it costs Slack, the service and the store."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.domain.fleet import Holdings
from bot.domain.request_filter import request_filter
from bot.domain.requests import LISTED, MOST, Request, RequestState, following
from bot.domain.selections import Choice, Selection, typed_names
from bot.domain.verdicts import Risk
from bot.errors import ChatBusy, ChatRefused, OutcomeUnknown, ServiceError, ServiceUnavailable
from bot.flows.candidates import AT_ONCE
from bot.turns import at_once
from tests.world import ADA, CHANNEL, GRACE, NEW, OLD, TOMAS, World, model


async def proposed(world: World, count: int = MOST) -> Request:
    """A request for so many outdated models, all of one instance; its card is there."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    for number in range(count):
        world.speech.add(model(f"m{number:04}"), Holdings(corpora=1, words=number + 1))
    await world.inventory.refresh()
    judged = [judgement for judgement in (await world.inventory.judged()).judgements if judgement.outdated]
    world.speech.calls.clear()
    found = await world.requests.candidates(judged, ADA)
    assert len(found.plans) == count
    request = await world.requests.propose("V1", found.keys, "new base model", ADA)
    await world.requests.show(request)
    return request


async def ended(world: World, *, failing: int = 0) -> None:
    """The service ends what it works on, the first of them as failed, and Retune sees it and goes on."""
    for number, one in enumerate([one for one in world.speech.kept.values() if one.status == "upgrading"]):
        fails = number < failing
        world.speech.finish(one.id, status="failed" if fails else None, grow=not fails)
    for _ in range(3):
        await world.ring(after=10)
    for id in world.store.requests.live_ids():
        few, every = world.store.requests.deciding(id), world.store.requests.get(id)
        assert few is not None
        assert every is not None
        assert following(few) is following(every)


async def begun(world: World, count: int = LISTED + 10, parallel: int = 30) -> Request:
    """An approved request whose first model is proven; a wave is under way."""
    world.rebuild(parallel=parallel)
    request = await proposed(world, count)
    assert (await world.approve(request)).allowed
    await world.ring(after=4)
    await world.ring(after=4)
    await ended(world)
    return world.request(request.id)


def listed(world: World, number: int = -1) -> list[dict[str, str]]:
    """The rows of a file in a thread."""
    return list(csv.DictReader(io.StringIO(world.files.uploaded[number].content.decode())))


async def test_a_thousand_are_one_card_and_one_file(world: World):
    """The card counts, the file in its thread names every model; the digest and the locks are of all of them."""
    request = await proposed(world)
    assert len(request.runs) == MOST
    assert [said.key for said in world.chat.said] == [f"request:{request.id}:card"]
    card = world.chat.keyed(f"request:{request.id}:card")
    assert "1,000 models" in card.text
    assert "stt 1,000" in str(card.message.blocks)
    (file,) = world.files.uploaded
    assert (file.channel, file.thread) == (CHANNEL, card.ts)
    assert [row["model"] for row in listed(world)] == [run.plan.model.name for run in request.runs]
    assert len(world.rows("SELECT model FROM locks")) == MOST
    assert world.speech.calls.count("model") == 0  # the lists of the instance told
    assert world.speech.calls.count("models") == 2
    changed = replace(request.runs[-1].plan, target="en-US_NarrowbandModel.v2030-01-01")
    assert changed.digest != request.runs[-1].digest


async def test_planning_a_thousand_lets_others_have_their_turn(world: World):
    """Few models of an instance are read at a time, and between them the loop does what else there is."""
    asked: list[int] = []

    async def other() -> None:
        while True:
            asked.append(world.speech.calls.count("holdings"))
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    await proposed(world, 300)
    beside.cancel()
    assert max(after - before for before, after in pairwise(asked)) <= AT_ONCE


async def test_a_ring_costs_nothing_for_what_waits(world: World):
    """With nothing to do, a ring writes nothing, and calls neither Slack nor the service."""
    request = await proposed(world, 200)
    assert (await world.approve(request)).allowed
    for seconds in (4, 4, 10):
        await world.ring(after=seconds)
    written = world.written()
    calls, asked = len(world.chat.calls), len(world.speech.calls)
    for _ in range(3):
        await world.ring(after=1)
    assert (world.written(), len(world.chat.calls), len(world.speech.calls)) == (written, calls, asked)


async def test_the_thread_counts(world: World):
    """One first, its proof, then tenths: never a message for each model; the outcome is a second file."""
    request = await begun(world, count=100, parallel=25)
    for _ in range(6):
        await ended(world)
    assert world.request(request.id).state is RequestState.DONE
    told = [said.key.removeprefix(f"request:{request.id}:") for said in world.chat.said]
    assert told == ["card", "first", "far:2", "far:5", "far:7", "end"]
    assert [file.name.rpartition("-")[2] for file in world.files.uploaded] == ["models.csv", "outcome.csv"]
    assert {row["state"] for row in listed(world)} == {"done"}
    assert {row["proven_version"] for row in listed(world)} == {NEW}
    assert world.chat.calls.count("edit") <= 12
    assert "100 of 100" in world.chat.keyed(f"request:{request.id}:card").text


async def test_many_failures_are_one_message(world: World):
    """It pauses once, names each of them, and says more when more fail; Resume goes on with the others."""
    request = await begun(world)
    await ended(world, failing=14)
    assert world.request(request.id).state is RequestState.PAUSED
    (pause,) = [said for said in world.chat.said if ":pause:" in said.key]
    failed = [run.plan.model.name for run in world.request(request.id).runs if run.bad]
    assert len(failed) == 14
    assert all(name in str(pause.message.blocks) for name in failed)
    assert pause.buttons == ["Resume", "Drop the rest"]
    assert not [said for said in world.chat.said if ":failed:" in said.key]
    assert "14 failed" in str(world.chat.keyed(f"request:{request.id}:card").message.blocks)
    assert (await world.wish("resume", request, TOMAS)).allowed
    for _ in range(3):
        await ended(world)
    request = world.request(request.id)
    assert request.state is RequestState.FAILED
    end = world.chat.keyed(f"request:{request.id}:end")
    assert all(name in str(end.message.blocks) for name in failed)
    states = {row["model"]: row["state"] for row in listed(world)}
    assert {name for name, state in states.items() if state == "failed"} == set(failed)


async def test_a_cancelled_thousand(world: World):
    """Ended before it began: everything is free again at once, and each has its state."""
    request = await proposed(world, 120)
    assert (await world.approve(request)).allowed
    assert (await world.wish("cancel", request, GRACE)).allowed
    request = world.request(request.id)
    assert request.state is RequestState.CANCELLED
    assert {run.state.value for run in request.runs} == {"stopped"}
    assert world.rows("SELECT model FROM locks") == []


async def test_the_policy_is_not_met_any_more(world: World):
    """All of it is left out, a part at a time, and the thread says so once."""
    request = await proposed(world, 250)
    assert (await world.approve(request)).allowed
    world.chat.people[GRACE] = replace(world.chat.people[GRACE], groups=frozenset())
    world.clock.advance(400)
    await world.ring(after=4)
    await world.ring(after=4)
    request = world.request(request.id)
    assert {run.state.value for run in request.runs} == {"left out"}
    assert request.state is RequestState.CHANGED
    assert len(world.chat.said) == 2


@pytest.mark.parametrize("fault", [ChatBusy("slow down", retry_after=5), ChatRefused("no", code="storage_limit")])
async def test_the_file_cannot_be_posted(world: World, fault: ChatBusy | ChatRefused):
    """What passes is tried again; what does not is said in the thread, and Details have the models."""
    world.files.fail.append(fault)
    request = await proposed(world, LISTED + 1)
    for _ in range(12):
        await world.ring(after=5)
    if isinstance(fault, ChatBusy):
        assert len(world.files.uploaded) == 1
    else:
        said = world.chat.keyed(f"request:{request.id}:list:refused")
        assert "*Details* on the card has every model" in said.text
    await world.ring(after=40)
    assert len(world.files.uploaded) <= 1


async def test_a_silent_instance_is_asked_once(world: World):
    """Its models are left out with that reason; nobody waits for a thousand answers that do not come."""
    for number in range(LISTED + 5):
        world.speech.add(model(f"m{number}"))
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    await world.inventory.refresh()
    judged = [judgement for judgement in (await world.inventory.judged()).judgements if judgement.outdated]
    world.speech.fail["models"] = [ServiceUnavailable("no answer", instance="stt")] * 4
    world.speech.calls.clear()
    found = await world.requests.candidates(judged, ADA)
    assert (len(found.plans), len(found.left_out)) == (0, LISTED + 5)
    assert len(world.speech.calls) <= 4


def test_exceptions():
    """By group, by name, by id, by pattern; a name that is of nobody is told."""

    def choice(name: str, instance: str = "eu", base: str = "en", risk: Risk = Risk.NONE) -> Choice:
        return Choice(f"{instance}/language/id-{name} 0", f"{instance}/language/id-{name}", name, instance, base, risk)

    choices = (choice("a"), choice("Test 1"), choice("test-2", "us"), choice("b", "us", "de", Risk.EXPECTED))
    selection = Selection(choices)
    assert selection.counts("instance") == [("eu", 2), ("us", 2)]

    def left(*groups: tuple[str, str], names: str = "") -> tuple[str, list[str]]:
        work = selection.without(set(groups), typed_names(names))  # type: ignore[arg-type]  # a group by name
        kept, unknown = at_once(work)
        return " ".join(one.name for one in kept), unknown

    typed = typed_names("x*, y*, z*")
    rests = sum(1 for _ in selection.without((), typed))
    assert rests == len(typed) + len(selection.choices), "others of the loop have their turn at each"
    assert left() == ("a Test 1 test-2 b", [])
    assert left(("instance", "us")) == ("a Test 1", [])
    assert left(("base", "de"), ("risk", "none")) == ("", [])
    assert left(names="TEST*, id-b\n\n") == ("a", [])
    assert left(names="test 1\neu/language/id-a, zebra, [ab]") == ("test-2 b", ["zebra", "[ab]"])


async def test_a_request_that_goes_on_lists_its_second_end(world: World):
    """What is tried again after the end ends otherwise: the thread gets the list of that, not only of the first."""
    request = await begun(world, LISTED + 1, parallel=60)
    await ended(world, failing=1)
    if world.request(request.id).state is RequestState.PAUSED:
        assert (await world.wish("resume", request, TOMAS)).allowed
        await world.ring(after=4)
    request = world.request(request.id)
    assert request.state is RequestState.FAILED
    (failed,) = [run for run in request.runs if run.bad]
    assert [row["model"] for row in listed(world) if row["state"] == "failed"] == [failed.plan.model.name]
    kept = world.speech.kept[failed.plan.model.id]
    world.speech.kept[failed.plan.model.id] = replace(kept, status="available")
    assert (await world.wish("retry", request, TOMAS, failed.id)).allowed
    for _ in range(3):
        await ended(world)
    assert world.request(request.id).state is RequestState.DONE
    assert {row["state"] for row in listed(world)} == {"done"}
    assert len(world.files.uploaded) == 3


@pytest.mark.parametrize("fault", [ServiceUnavailable, OutcomeUnknown])
async def test_an_instance_that_falls_silent_is_not_asked_for_each(world: World, fault: type[ServiceError]):
    """Its lists came and then nothing more: after a few models the others are left out with the same reason."""
    for number in range(200):
        world.speech.add(model(f"m{number}"))
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    await world.inventory.refresh()
    judged = [judgement for judgement in (await world.inventory.judged()).judgements if judgement.outdated]
    world.speech.fail["holdings"] = [fault("no answer", instance="stt")] * 400
    world.speech.calls.clear()
    found = await world.requests.candidates(judged, ADA)
    assert (len(found.plans), len(found.left_out)) == (0, 200)
    assert world.speech.calls.count("holdings") <= 20


async def test_changes_elsewhere_are_looked_for_once(world: World):
    """Of a thousand models two were upgraded elsewhere: only these are left out, whatever the others are."""
    request = await proposed(world, 300)
    for name in ("m0007", "m0100"):
        kept = world.speech.kept[f"id-{name}"]
        world.speech.kept[f"id-{name}"] = replace(kept, versions=(OLD, NEW))
    asked: list[str] = []
    about = world.store.changes.about
    world.store.changes.about = lambda plan, since: asked.append(plan.model.name) or about(plan, since)  # type: ignore[method-assign,func-returns-value]
    world.clock.advance(60)
    await world.inventory.refresh()
    await world.noticer.ring()
    left = [run.plan.model.name for run in world.request(request.id).runs if run.state.value == "left out"]
    assert left == ["m0007", "m0100"]
    assert len(asked) <= 10


async def test_lists_with_large_requests(world: World):
    """`/stt-runs`, its export and App Home read one large request at a time."""
    numbers = []
    for number in range(3):
        for place in range(120):
            world.speech.add(model(f"m{number}-{place:03}"))
        world.speech.add(model("sibling", versions=(OLD, NEW)))
        await world.inventory.refresh()
        every = (await world.inventory.judged()).judgements
        judged = [judgement for judgement in every if judgement.model.name.startswith(f"m{number}-")]
        found = await world.requests.candidates(judged, ADA)
        numbers.append((await world.requests.propose(f"V{number}", found.keys, "", ADA)).id)
    read: list[int] = []
    those = world.store.requests.those
    world.store.requests.those = lambda ids: read.append(len(ids)) or those(ids)  # type: ignore[method-assign,func-returns-value]
    page = await world.desk.listing.page(request_filter("", ADA), 0, 15)
    assert [request.id for request in page.shown] == numbers
    assert max(read) <= 2
    made = await world.desk.exporter.export(ADA, request_filter("", ADA), "", "csv")
    assert len(made.content.decode().splitlines()) == 361
    seen = await world.viewers.seen(ADA)
    assert [request.id for request in seen.live] == numbers
