"""The living card: pinned once, edited in place, true within a minute, silent when nothing changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.domain.snoozes import Reach, Snooze, SnoozeKind, Wish
from bot.errors import ChatBusy, ChatOutcomeUnknown, ChatRefused
from bot.ports import Room
from tests.fakes import FrozenClock, Said
from tests.world import CHANNEL, GRACE, NEW, OLD, World

KEY = f"living:{CHANNEL}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A bot that has just announced one outdated model."""
    made = World(tmp_path / "living.db", clock=FrozenClock(datetime(2026, 11, 23, 8, tzinfo=UTC)))
    made.fleet()
    await made.announce()
    yield made
    made.close()


async def announced(world: World) -> Said:
    """The first announcement is out and the card is there."""
    world.clock.at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    await world.announce()
    await world.ring(after=5)
    return world.chat.keyed(KEY)


async def snoozed(world: World, number: int) -> Snooze:
    """Somebody snoozes the instance."""
    wish = Wish(SnoozeKind.SNOOZE, Reach.INSTANCE, "stt", date(2026, 12, 24), by_version=False, reason="later")
    return await world.snoozer.snooze(wish, GRACE, f"V{number}")


async def test_it_comes_with_the_first_announcement(world: World):
    """Not before; then one message, pinned once, also over a restart."""
    for _ in range(3):
        await world.ring(after=61)
    assert world.chat.said == []
    card = await announced(world)
    world.crash()
    for _ in range(5):
        await world.ring(after=61)
    assert world.chat.keyed(KEY) is card
    assert world.chat.pinned == [(CHANNEL, card.ts)]
    assert world.chat.calls.count("pin") == 1
    assert card.text == "Now: 1 of 2 models is outdated, 1 current."
    assert card.edits == 0


async def test_it_is_edited_in_place(world: World):
    """Asked for, snoozed, upgraded: each shows within about a minute, and nothing is posted."""
    card = await announced(world)
    said = len(world.chat.said)
    await snoozed(world, 1)
    await world.ring(after=61)
    assert "of these 1 snoozed" in card.text
    kept = world.speech.kept["id-call-center-us"]
    world.speech.kept[kept.id] = replace(kept, versions=(OLD, NEW))
    await world.ring(after=900)
    await world.ring(after=61)
    assert card.text.startswith("Now: All 2 models")
    assert len([s for s in world.chat.said[said:] if not s.key.startswith(("changes:", "snooze:"))]) == 0


async def test_what_runs_is_shown(world: World):
    """From the request to its end: what waits for approval, then what runs, then neither."""
    card = await announced(world)
    request = await world.asked()
    await world.ring(after=61)
    assert "Waiting for approval: call-center-us." in card.text
    await world.approve(request)
    await world.ring(after=61)
    await world.ring(after=61)
    assert "Running: call-center-us." in card.text


async def test_at_most_one_edit_a_minute(world: World):
    """Ten changes in a minute are one edit, and the last state wins."""
    card = await announced(world)
    await world.ring(after=61)
    for number in range(10):
        snooze = await snoozed(world, number)
        await world.ring(after=3)
        if number < 9:
            await world.snoozer.end(snooze.id, GRACE)
        await world.ring(after=3)
    assert card.edits == 1
    await world.ring(after=61)
    await world.ring(after=61)
    assert card.edits <= 2
    assert "of these 1 snoozed" in card.text


async def test_it_costs_nothing_when_nothing_changed(world: World):
    """An hour of rings: no call to Slack, no row but the lease; also when the fleet was read again."""
    await announced(world)
    await world.ring(after=61)
    world.chat.calls.clear()
    shown = world.store.messages.get(KEY)
    for _ in range(60):
        await world.ring(after=60)
    assert world.chat.calls == []
    assert world.store.messages.get(KEY) == shown


async def test_somebody_deletes_it(world: World):
    """It is posted anew with the next change, and pinned; an announcement that was deleted is not."""
    card = await announced(world)
    world.chat.said.remove(card)
    await snoozed(world, 1)
    await world.ring(after=61)
    await world.ring(after=61)
    again = world.chat.keyed(KEY)
    assert "of these 1 snoozed" in again.text
    assert world.chat.pinned[-1] == (CHANNEL, again.ts)


@pytest.mark.parametrize("fault", [ChatBusy("wait"), ChatOutcomeUnknown("lost")])
async def test_posting_is_cut_off(world: World, fault: Exception):
    """It is there in the end, once."""
    world.clock.at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    await world.announce()
    if isinstance(fault, ChatOutcomeUnknown):
        world.chat.lose_answers = 1
    else:
        world.chat.fail["post"] = [fault]  # type: ignore[list-item]  # a RetuneError
    for _ in range(4):
        await world.ring(after=61)
    assert world.chat.pinned == [(CHANNEL, world.chat.keyed(KEY).ts)]


async def test_pinning_is_refused(world: World):
    """It stays up to date without the pin, and nobody asks again and again."""
    world.chat.fail["pin"] = [ChatRefused("no", code="too_many_pins")]
    card = await announced(world)
    await snoozed(world, 1)
    await world.ring(after=61)
    assert "of these 1 snoozed" in card.text
    assert world.chat.calls.count("pin") == 1


async def test_another_channel(world: World):
    """The old card says where it went; the new one comes with the first announcement there; and back again."""
    old = await announced(world)
    world.chat.rooms["CNEW"] = Room("CNEW", "new", member=True)
    world.chat.rooms[CHANNEL] = Room(CHANNEL, "speech", member=True)
    await world.timetable.set_channel("CNEW", GRACE)
    await world.ring(after=61)
    assert old.text == "Announcements go to <#CNEW> now; the present state is there."
    world.clock.at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    await world.announce()
    await world.ring(after=61)
    new = world.chat.keyed("living:CNEW")
    assert (new.channel, new.text[:10]) == ("CNEW", "Now: 1 of ")
    await world.timetable.set_channel(CHANNEL, GRACE)
    await world.ring(after=61)
    await world.ring(after=61)
    assert old.text.startswith("Now: 1 of 2")
    assert new.text.startswith("Announcements go to")
