"""The timetable: changed by people, followed at once, kept over restarts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import Refusal
from bot.ports import Room
from tests.world import CHANNEL, GRACE, World


def audit(world: World) -> list[tuple[str, str, str]]:
    return world.rows("SELECT actor, action, detail FROM audit ORDER BY id")


async def test_it_is_the_operators(world: World):
    """Nobody chose anything."""
    timing = await world.timetable.now()
    assert (timing.rule, timing.zone.key, timing.channel) == ("0 9 * * mon-fri", "UTC", CHANNEL)
    assert (timing.on, timing.by, timing.at) == (True, "", None)


async def test_it_is_kept(world: World):
    """Chosen values survive a restart, with who and when; `default` takes all of them back; each change is audited."""
    await world.timetable.set_rule("30 7 * * *", "Europe/Berlin", GRACE)
    world.crash()
    timing = await world.timetable.now()
    assert (timing.rule, timing.zone.key, timing.by) == ("30 7 * * *", "Europe/Berlin", GRACE)
    await world.timetable.turn(on=False, by=GRACE)
    assert (await world.timetable.now()).schedule is None
    await world.timetable.reset(GRACE)
    assert (await world.timetable.now()).rule == "0 9 * * mon-fri"
    assert audit(world) == [
        (GRACE, "announce", "at 30 7 * * * Europe/Berlin"),
        (GRACE, "announce", "off"),
        (GRACE, "announce", "default"),
    ]


async def test_the_zone_stays(world: World):
    """A rule without a zone keeps the one in force."""
    await world.timetable.set_rule("0 9 * * *", "Europe/Berlin", GRACE)
    await world.timetable.set_rule("0 8 * * *", None, GRACE)
    assert (await world.timetable.now()).zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("rule", "zone", "text"),
    [
        ("0 25 * * *", None, "isn't a cron rule"),
        ("0 0 31 2 *", None, "isn't a cron rule"),
        ("0 9 * *", None, "five parts"),
        ("0 0 9 * * *", None, "Wrong number of fields"),
        ("0 9 * * *", "Mars/Olympus", "There is no time zone “Mars/Olympus”"),
        ("0 9 * * *", "../../etc/passwd", "There is no time zone"),
    ],
)
async def test_what_is_refused(world: World, rule: str, zone: str | None, text: str):
    """With what to type instead; nothing changes."""
    with pytest.raises(Refusal, match=text):
        await world.timetable.set_rule(rule, zone, GRACE)
    assert (await world.timetable.now()).by == ""


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (None, "not in that channel"),
        (Room("CNEW", "new", member=False), "/invite @retune"),
        (Room("CNEW", "new", member=True, archived=True), "archived"),
        (Room("CNEW", "new", member=True, external=True), "another organization"),
    ],
)
async def test_a_channel_that_cannot_be(world: World, room: Room | None, text: str):
    """It is looked at before it is chosen."""
    if room is not None:
        world.chat.rooms["CNEW"] = room
    with pytest.raises(Refusal, match=text):
        await world.timetable.set_channel("CNEW", GRACE)
    assert (await world.timetable.now()).channel == CHANNEL


async def test_a_slot_of_the_past_is_not_made_up(world: World):
    """At ten somebody chooses eight: the next one is tomorrow's; the same for `on` after `off`."""
    world.fleet()
    await world.announce()
    await world.timetable.set_rule("0 8 * * *", None, GRACE)
    await world.announce()
    assert world.chat.said == []
    await world.timetable.turn(on=False, by=GRACE)
    world.clock.at = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    await world.announce()
    await world.timetable.turn(on=True, by=GRACE)
    await world.announce()
    assert world.chat.said == []
    world.clock.at = datetime(2026, 11, 25, 8, tzinfo=UTC)
    await world.announce()
    assert len([said for said in world.chat.said if said.thread is None]) == 1


async def test_another_process_changed_it(world: World, tmp_path: Path):
    """The one that does the work follows at its next look, though the click went to the other one."""
    world.fleet()
    await world.announce()
    other = World(tmp_path / "retune.db", clock=world.clock, holder="there:2")
    await other.timetable.set_rule("30 7 * * *", None, GRACE)
    world.clock.at = datetime(2026, 11, 24, 7, 29, tzinfo=UTC)
    await world.announce()
    assert world.chat.said == []
    await world.announce(after=60)
    assert [said.key for said in world.chat.said if said.thread is None] == [
        f"announcement:{CHANNEL}:2026-11-24T07:30+00:00"
    ]
    other.close()
