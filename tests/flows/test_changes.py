"""Changes made outside Retune: noticed once, cards closed, said once; and never what our own runs did."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.authority import Reason
from bot.domain.changes import ChangeKind, Effect
from bot.domain.fleet import Kind, Listed, Model
from bot.domain.observations import CANARY
from bot.domain.requests import Request, RequestState
from bot.errors import ChatBusy, ChatRefused, ServiceUnavailable
from bot.flows.changes import PAUSE
from sandbox.slack.blockkit import check_blocks
from tests.fakes import Said
from tests.world import CHANNEL, GRACE, NEW, OLD, TOMAS, World, model

ID = "id-call-center-us"
REF = f"stt/language/{ID}"


def by_hand(world: World, **facts: object) -> None:
    """Somebody changes the model without Retune."""
    world.speech.kept[ID] = replace(world.speech.kept[ID], **facts)  # type: ignore[arg-type]  # fields of a model


def told(world: World) -> list[Said]:
    """What was said of changes made elsewhere."""
    return [said for said in world.chat.said if said.key.startswith("changes:")]


def noted(world: World) -> list[ChangeKind]:
    return [change.kind for change in world.store.changes.since(world.clock.now().replace(year=2000))]


def effect(world: World, request: Request) -> Effect | None:
    """What a change made elsewhere did to the plan of a request for one model."""
    cause = world.request(request.id).first.cause
    return cause.effect if cause else None


async def read(world: World, after: float = 900) -> None:
    """The alarm rings when an inventory is due, and once more for what follows from it."""
    await world.ring(after=after)
    await world.ring(after=5)


@pytest.mark.parametrize("approve", [False, True], ids=["waiting", "approved"])
async def test_upgraded_by_hand_while_a_card_waits(world: World, approve: bool):
    """The card is closed with the reason, its thread says so, and nothing is sent."""
    world.fleet()
    request = await world.asked()
    if approve:
        await world.approve(request, GRACE)
        world.speech.fail["model"] = [ServiceUnavailable("503", instance="stt")] * 9  # so that it is not started
    by_hand(world, versions=(OLD, NEW))
    await read(world, after=1)
    assert world.request(request.id).state is RequestState.CHANGED
    assert effect(world, request) is Effect.NOTHING_LEFT
    assert world.speech.begun == []
    assert world.store.requests.holding(REF) is None
    card, end = world.chat.keyed(f"request:{request.id}:card"), world.chat.keyed(f"request:{request.id}:end")
    assert card.buttons == []
    assert "Not started, something changed" in card.text
    assert "outside Retune: nothing is left to do" in end.text
    assert end.thread == card.ts
    assert (await world.approve(request)).reason is Reason.ALREADY_DECIDED


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"versions": ()}, "fall back to the plain base model"),
        ({"status": "ready"}, None),
        ({"description": "only words"}, None),
        ({"status": "failed", "error": "broken"}, None),
    ],
)
async def test_what_closes_a_card(world: World, facts: dict[str, object], outcome: str | None):
    """Only what makes the plan another one."""
    world.fleet()
    request = await world.asked()
    by_hand(world, **facts)
    await read(world)
    assert world.request(request.id).state is (RequestState.OPEN if outcome is None else RequestState.CHANGED)
    if outcome is not None:
        await world.ring(after=4)
        assert outcome in world.chat.keyed(f"request:{request.id}:end").text


async def test_deleted_while_a_card_waits(world: World):
    """The card is closed, the channel hears it, the audit has it."""
    world.fleet()
    request = await world.asked()
    del world.speech.kept[ID]
    await read(world)
    assert effect(world, request) is Effect.GONE
    (said,) = told(world)
    assert said.channel == CHANNEL
    assert "`call-center-us` was deleted" in said.text
    audit = [row for row in world.store.audit.all() if row["actor"] == "elsewhere"]
    assert [(row["action"], row["model"]) for row in audit] == [("deleted", REF)]


async def test_the_base_is_served_no_more(world: World):
    """The card is closed and says that an upgrade can't help; all models on that base are one line."""
    world.fleet()
    request = await world.asked()
    world.speech.served = {"de-DE"}
    await read(world)
    assert "an upgrade can't help" in world.chat.keyed(f"request:{request.id}:end").text
    (said,) = told(world)
    assert "`call-center-us` and `support-desk-us` are built on it" in said.text


async def test_a_running_run_is_left_to_the_runner(world: World):
    """Deleted while it runs: the runner ends it, in its own words."""
    world.fleet()
    request = await world.asked()
    await world.approve(request, GRACE)
    await world.ring()
    del world.speech.kept[ID]
    await world.inventory.refresh()
    await world.noticer.close_cards()
    assert world.request(request.id).state is RequestState.RUNNING
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.FAILED


async def test_the_first_reading_reports_nothing(world: World):
    """All is new to us, nothing was changed."""
    world.fleet()
    await read(world, after=0)
    assert noted(world) == []
    assert world.chat.said == []


@pytest.mark.parametrize("between", [False, True], ids=["after the end", "while it runs"])
async def test_our_own_run_reports_nothing(world: World, between: bool):
    """Neither while it runs nor when it has just ended, whoever reads the model first."""
    world.fleet()
    request = await world.asked()
    await world.approve(request, GRACE)
    await world.ring()
    await world.inventory.refresh()
    world.speech.finish(ID)
    if between:
        await world.inventory.refresh()
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    by_hand(world, updated=world.clock.now())
    await read(world)
    await read(world)
    assert noted(world) == []
    assert told(world) == []
    by_hand(world, versions=(NEW,))  # IBM removes the old version later: that is not ours
    await read(world)
    assert noted(world) == [ChangeKind.VERSION_GONE]


async def test_work_that_nobody_watches_any_more_is_still_ours(world: World):
    """Stopped watching, and the service ends it an hour later."""
    world.fleet()
    request = await world.asked()
    await world.approve(request, GRACE)
    await world.ring()
    await world.ring(after=10)
    assert (await world.wish("stop", request, TOMAS)).allowed
    for _ in range(4):
        await read(world)
    world.speech.finish(ID)
    await read(world)
    assert noted(world) == []


async def test_a_list_that_is_older_than_what_we_know(world: World):
    """The upgrade ended while a slow list was under way: nothing disappeared, and nothing is forgotten."""
    world.fleet()
    await world.inventory.refresh()
    quick = world.speech.models

    async def slow(kind: Kind) -> Listed[Model]:
        listed = await quick(kind)
        if kind == "language":
            world.clock.advance(5)
            by_hand(world, versions=(OLD, NEW))
            await world.inventory.fresh(REF)
            world.clock.advance(5)
        return listed

    world.speech.models = slow  # type: ignore[method-assign]  # stands in for a slow network
    world.clock.advance(900)
    await world.inventory.refresh()
    world.speech.models = quick  # type: ignore[method-assign]
    world.clock.advance(900)
    await world.inventory.refresh()
    assert noted(world) == [ChangeKind.UPGRADED]
    judgement = (await world.inventory.judged()).of(REF)
    assert judgement is not None
    assert judgement.model.versions == (OLD, NEW)


async def test_a_look_at_one_model_notices_too(world: World):
    """Somebody looks at the model before the next inventory: the change is not swallowed."""
    world.fleet()
    await world.inventory.refresh()
    by_hand(world, versions=(OLD, NEW))
    world.clock.advance(60)
    await world.inventory.fresh(REF)
    await read(world)
    assert noted(world) == [ChangeKind.UPGRADED]
    assert len(told(world)) == 1


async def test_everyday_work_is_kept_and_not_said(world: World):
    """Created and trained: in the history only. Models that Retune makes itself: nowhere."""
    world.fleet()
    by_hand(world, status="ready")
    await world.inventory.refresh()
    by_hand(world, status="available", updated=world.clock.now())
    world.speech.add(model("fresh"))
    world.speech.add(model(f"{CANARY}en-US_NarrowbandModel"))
    await read(world)
    assert sorted(noted(world)) == [ChangeKind.CREATED, ChangeKind.TRAINED]
    assert told(world) == []


async def test_a_crash_before_it_is_said(world: World):
    """Kept with the reading itself: after a crash it is said, once, and the card is closed."""
    world.fleet()
    request = await world.asked()
    by_hand(world, versions=(OLD, NEW))
    world.clock.advance(900)
    await world.inventory.refresh()
    world.crash()
    await read(world, after=1)
    await read(world)
    assert len(told(world)) == 1
    assert world.request(request.id).state is RequestState.CHANGED


async def test_a_crash_while_it_is_said(world: World):
    """Nobody knows whether Slack has it: looked for, not posted again; what is new belongs to the next message."""
    world.fleet()
    await world.inventory.refresh()
    by_hand(world, versions=(OLD, NEW))
    world.chat.lose_answers = 1
    await read(world)
    world.crash()
    del world.speech.kept["id-support-desk-us"]
    for _ in range(3):
        await read(world, after=121)
    assert [said.key for said in told(world)] == ["changes:1"]
    assert "support-desk-us" not in told(world)[0].text
    await read(world)
    assert len(told(world)) == 2
    assert "`support-desk-us` was deleted" in told(world)[1].text


@pytest.mark.parametrize("fault", [ChatBusy("429"), ChatRefused("no", code="not_in_channel")])
async def test_slack_takes_it_later(world: World, fault: Exception):
    """What Slack does not take now is said later, once, and Slack is not asked each second."""
    world.fleet()
    await world.inventory.refresh()
    by_hand(world, versions=(OLD, NEW))
    world.chat.fail["post"] = [fault]  # type: ignore[list-item]  # both are ours
    await world.ring(after=900)
    for _ in range(5):
        await world.ring(after=1)
    assert world.chat.calls.count("post") == 1
    await world.ring(after=120)
    await world.ring(after=120)
    assert len(told(world)) == 1


async def test_two_bots_on_one_database(pair: tuple[World, World]):
    """Both read, both would say it: it is noted once and said once."""
    first, second = pair
    first.fleet()
    await first.inventory.refresh()
    by_hand(first, versions=(OLD, NEW))
    first.clock.advance(900)
    await asyncio.gather(*(world.inventory.refresh() for world in (first, second)))
    await asyncio.gather(*(world.noticer.ring() for world in (first, second)))
    for _ in range(3):
        first.clock.advance(300)
        for world in (first, second):
            await world.noticer.ring()
            await world.ring()
    assert noted(first) == [ChangeKind.UPGRADED]
    assert len(told(first)) == 1


def break_down(world: World) -> None:
    world.speech.fail["models"] = [ServiceUnavailable("503", instance="stt") for _ in range(99)]


async def test_an_instance_that_does_not_answer(world: World):
    """Nine minutes: silence. Eleven: said once. Answers again: said once."""
    world.fleet()
    await world.ring()
    break_down(world)
    await world.inventory.refresh()
    await world.ring(after=9 * 60)
    assert told(world) == []
    for _ in range(3):
        await world.ring(after=2 * 60)
    (lost,) = told(world)
    assert lost.text.startswith("No answer from `stt`")
    world.speech.fail.clear()
    for _ in range(4):
        await read(world)
    _, found = told(world)
    assert found.text.startswith("Back: `stt`")
    assert noted(world) == [ChangeKind.LOST, ChangeKind.FOUND]


async def test_a_failure_long_ago_proves_nothing_of_now(world: World):
    """One request failed eleven minutes ago and nobody asked since: it is read again before anything is said."""
    world.fleet()
    await world.ring()
    await world.inventory.lost("stt", ServiceUnavailable("503", instance="stt"))
    await world.ring(after=11 * 60)
    assert noted(world) == []
    assert told(world) == []


async def test_back_before_anybody_heard_of_it(world: World):
    """Lost while another message rests, and back before it was said: neither is said."""
    world.fleet()
    await world.ring()
    break_down(world)
    await world.inventory.refresh()
    by_hand(world, versions=(OLD, NEW))
    world.clock.advance(9 * 60)
    await world.inventory.fresh(REF)
    await world.noticer.ring()
    await world.ring(after=2 * 60)
    assert noted(world) == [ChangeKind.UPGRADED, ChangeKind.LOST]
    world.speech.fail.clear()
    for _ in range(3):
        await read(world)
    assert len(told(world)) == 1
    assert "`call-center-us` was upgraded" in told(world)[0].text


async def test_a_busy_day_collects(world: World):
    """At most one message in 15 minutes; what came meanwhile is in the next one, together."""
    for name in "abcde":
        world.speech.add(model(name))
    await world.ring()
    for name in "abcd":
        del world.speech.kept[f"id-{name}"]
        world.clock.advance(60)
        await world.inventory.refresh()
        await world.ring()
    assert len(told(world)) == 1
    await world.ring(after=15 * 60)
    assert len(told(world)) == 2
    assert "`b`, `c` and `d` were deleted" in told(world)[1].text


async def test_two_hundred_changes_at_once(world: World):
    """IBM removes a version: one message that Slack takes, with what it means."""
    for number in range(200):
        world.speech.add(model(f"m{number:03}", versions=(OLD,) if number % 2 else (OLD, NEW)))
    await world.ring()
    for id, one in world.speech.kept.items():
        world.speech.kept[id] = replace(one, versions=tuple(v for v in one.versions or () if v != OLD))
    await read(world)
    (said,) = told(world)
    assert check_blocks(list(said.message.blocks), "message") == []
    assert "95 more models" in said.text
    assert "upgrade now" in said.text
    assert len(noted(world)) == 200
    assert not world.store.changes.due(world.clock.now().replace(year=2030), PAUSE)


async def test_a_list_that_flickers(world: World):
    """The service leaves a version out, shows it again and leaves it out: the loss is noted and said once a day."""
    world.fleet()
    by_hand(world, versions=(OLD, NEW))
    await world.inventory.refresh()
    for versions in ((OLD,), (OLD, NEW), (OLD,)):
        by_hand(world, versions=versions)
        await read(world)
    assert noted(world).count(ChangeKind.NEWEST_GONE) == 1
    assert sum("disappeared" in said.text for said in told(world)) == 1


async def test_a_list_that_another_process_overtook(world: World):
    """Asked before the reading that is kept already: it changes nothing and reports nothing."""
    old = world.fleet()
    asked = world.clock.now()
    world.clock.advance(5)
    by_hand(world, versions=(OLD, NEW))
    await world.inventory.refresh()
    world.clock.advance(5)
    kept = world.store.fleet.keep("stt", [old], frozenset(), asked=asked, now=world.clock.now())
    assert kept.before == kept.after
    found = world.store.fleet.snapshot().find(REF)
    assert found is not None
    assert found.versions == (OLD, NEW)


async def test_a_clock_that_was_set_back(world: World):
    """What was read in the future does not keep newer readings out."""
    world.fleet()
    await world.inventory.refresh()
    await world.inventory.fresh(REF)
    world.clock.advance(-7200)
    by_hand(world, versions=(OLD, NEW))
    await world.inventory.refresh()
    assert noted(world) == [ChangeKind.UPGRADED]
