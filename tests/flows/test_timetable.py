"""The timetable: changed by people, followed at once, kept over restarts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.scheduler import SLOTS, AlarmClock
from bot.domain.announcements import Schedule
from bot.errors import Refusal
from bot.ports import Room
from tests.world import CHANNEL, GRACE, World


def audit(world: World) -> list[tuple[str, str, str]]:
    rows = world.store._connection.rows("SELECT actor, action, detail FROM audit ORDER BY id")
    return [(row["actor"], row["action"], row["detail"]) for row in rows]


def test_it_is_the_operators(world: World):
    """Nobody chose anything."""
    timing = world.timetable.now()
    assert (timing.rule, timing.zone.key, timing.channel) == ("0 9 * * mon-fri", "UTC", CHANNEL)
    assert (timing.on, timing.by, timing.at) == (True, "", None)


def test_it_is_kept(world: World):
    """Chosen values survive a restart, with who and when; `default` takes all of them back; each change is audited."""
    world.timetable.set_rule("30 7 * * *", "Europe/Berlin", GRACE)
    world.crash()
    timing = world.timetable.now()
    assert (timing.rule, timing.zone.key, timing.by) == ("30 7 * * *", "Europe/Berlin", GRACE)
    world.timetable.turn(on=False, by=GRACE)
    assert world.timetable.schedule() is None
    world.timetable.reset(GRACE)
    assert world.timetable.now().rule == "0 9 * * mon-fri"
    assert audit(world) == [
        (GRACE, "announce", "at 30 7 * * * Europe/Berlin"),
        (GRACE, "announce", "off"),
        (GRACE, "announce", "default"),
    ]


def test_the_zone_stays(world: World):
    """A rule without a zone keeps the one in force."""
    world.timetable.set_rule("0 9 * * *", "Europe/Berlin", GRACE)
    world.timetable.set_rule("0 8 * * *", None, GRACE)
    assert world.timetable.now().zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("rule", "zone", "text"),
    [
        ("0 25 * * *", None, "is not a rule"),
        ("0 0 31 2 *", None, "is not a rule"),
        ("0 9 * *", None, "five parts"),
        ("0 0 9 * * *", None, "Wrong number of fields"),
        ("0 9 * * *", "Mars/Olympus", "The time zone “Mars/Olympus” is not known"),
        ("0 9 * * *", "../../etc/passwd", "is not known"),
    ],
)
def test_what_is_refused(world: World, rule: str, zone: str | None, text: str):
    """With what to type instead; nothing changes."""
    with pytest.raises(Refusal, match=text):
        world.timetable.set_rule(rule, zone, GRACE)
    assert world.timetable.now().by == ""


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
    assert world.timetable.now().channel == CHANNEL


async def test_a_slot_of_the_past_is_not_made_up(world: World):
    """At ten somebody chooses eight: the next one is tomorrow's; the same for `on` after `off`."""
    world.fleet()
    world.announcer.first_start()
    world.timetable.set_rule("0 8 * * *", None, GRACE)
    await world.worker.announce()
    assert world.chat.said == []
    world.timetable.turn(on=False, by=GRACE)
    world.clock.at = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    await world.worker.announce()
    world.timetable.turn(on=True, by=GRACE)
    await world.worker.announce()
    assert world.chat.said == []
    world.clock.at = datetime(2026, 11, 25, 8, tzinfo=UTC)
    await world.worker.announce()
    assert len(world.chat.said) == 1


async def test_another_process_changed_it(world: World, tmp_path: Path):
    """The one that does the work follows within a second, though the click went to the other one."""
    other = World(tmp_path / "retune.db", clock=world.clock, holder="there:2")
    told = []
    world.timetable.rescheduled = lambda: told.append(world.timetable.now().rule)
    await world.ring()
    assert told == []
    other.timetable.set_rule("30 7 * * *", None, GRACE)
    await world.ring(after=1)
    await world.ring(after=1)
    assert told == ["30 7 * * *"]
    other.store.close()


async def test_the_alarm_follows():
    """The job's next time is that of the schedule in force; none while it is off; back again."""
    schedule: Schedule | None = Schedule("0 9 * * *", ZoneInfo("Europe/Berlin"))
    rung = asyncio.Event()

    async def ring() -> None:
        rung.set()

    alarms = AlarmClock()
    alarms.at_slots(lambda: schedule, ring)
    alarms.start()

    def due() -> str | None:
        at = alarms._scheduler.get_job(SLOTS).next_run_time
        return at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") if at else None

    assert due() == "09:00"
    schedule = Schedule("30 7 * * *", ZoneInfo("Europe/Berlin"))
    alarms.at_slots(lambda: schedule, ring)
    assert due() == "07:30"
    schedule = None
    alarms.at_slots(lambda: schedule, ring)
    assert due() is None
    schedule = Schedule("0 9 * * *", ZoneInfo("Europe/Berlin"))
    alarms.at_slots(lambda: schedule, ring)
    assert due() == "09:00"
    alarms.stop()
