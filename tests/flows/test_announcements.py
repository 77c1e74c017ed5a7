"""Announcements: each slot once, late once after being down, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import COOL_DOWN
from bot.domain.timing import Schedule, check_rule
from bot.errors import ChatBusy, ChatRefused, Refusal, ServiceUnavailable
from bot.flows.announcements import Announcer
from bot.store.database import Database
from tests.fakes import FrozenClock, Said
from tests.world import ADA, GRACE, World, model

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def roots(world: World) -> list[Said]:
    """The messages in the channel, without replies."""
    return [said for said in world.chat.said if said.thread is None]


async def test_a_slot_is_said_once(tmp_path: Path):
    """Rung twice, by two processes: one message."""
    world = World(tmp_path / "a.db", clock=FrozenClock(at("2026-11-23T08:00")))
    world.fleet()
    await world.announce()
    world.clock.at = at("2026-11-23T09:00")
    await world.announce()
    await world.announce()
    assert len(roots(world)) == 1
    said = world.chat.said[0]
    assert said.text.startswith("1 of 2 models is outdated, 1 current. First announcement in this channel. Risk: ")
    (reply,) = (each for each in world.chat.said if each.thread == said.ts)
    assert "call-center-us" in reply.text
    world.close()


async def test_a_slot_before_the_first_start_is_not_made_up(world: World):
    """Installed at ten, the slot of nine is not said."""
    world.fleet()
    await world.announce()
    await world.announce()
    assert world.chat.said == []


async def test_down_over_a_slot(tmp_path: Path):
    """Down over two slots: the newest is said once, late; the older one never."""
    world = World(tmp_path / "a.db", clock=FrozenClock(at("2026-11-23T08:00")))
    world.fleet()
    await world.announce()
    world.clock.at = at("2026-11-25T11:00")
    world.crash()
    await world.announce()
    await world.announce()
    assert [said.key for said in roots(world)] == ["announcement:CSPEECH:2026-11-25T09:00+00:00"]
    world.close()


async def test_slack_refuses_and_takes_it_later(tmp_path: Path):
    """A slot that Slack refused is not lost: it is said when Slack takes it."""
    world = World(tmp_path / "a.db", clock=FrozenClock(at("2026-11-23T08:00")))
    world.fleet()
    await world.announce()
    world.clock.at = at("2026-11-23T09:00")
    world.chat.fail["post"] = [ChatRefused("no", code="not_in_channel")]
    await world.announce()
    await world.announce(after=30)
    assert world.chat.said == []
    await world.announce(after=31)
    assert len(roots(world)) == 1
    world.close()


async def buttons(world: World) -> list[str]:
    message, *_ = await world.announcer.preview()
    (row,) = (block for block in message.blocks if block["type"] == "actions")
    return [each["text"]["text"] for each in row["elements"]]


async def test_all_can_be_requested(world: World):
    """From the announcement, unless somebody did already."""
    world.fleet()
    run = await world.asked()
    assert await buttons(world) == ["Review", "Snooze…"]
    await world.decisions.vote(run.id, run.digest, "reject", "UGRACE", "later")
    assert await buttons(world) == ["Upgrade all…", "Review", "Snooze…"]


async def test_an_instance_that_cannot_be_read_is_named(world: World):
    """What is said does not pretend to cover what was not read."""
    world.fleet()
    await world.inventory.refresh()
    world.speech.fail["models"] = [ServiceUnavailable("down", instance="stt")] * 2
    await world.inventory.refresh()
    assert "is unreachable" in str((await world.announcer.preview())[0].blocks)


@pytest.mark.parametrize(
    ("rule", "after", "slots"),
    [
        ("30 2 * * *", "2026-03-28T12:00+01:00", ["2026-03-29T01:00+00:00", "2026-03-30T00:30+00:00"]),
        ("30 2 * * *", "2026-10-24T12:00+02:00", ["2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00"]),
        ("0 9 * * 1", "2026-11-22T12:00+01:00", ["2026-11-23T08:00+00:00", "2026-11-30T08:00+00:00"]),
    ],
)
def test_daylight_saving_and_weekdays(rule: str, after: str, slots: list[str]):
    """A slot in the missing hour is said at its end, one in the doubled hour once; 1 is Monday."""
    schedule = Schedule(rule, BERLIN)
    moment = datetime.fromisoformat(after)
    found = []
    for _ in slots:
        moment = schedule.next_after(moment)
        found.append(moment.astimezone(UTC).isoformat(timespec="minutes"))
    assert found == slots


ANY_MOMENT = st.datetimes(*(at(day).replace(tzinfo=None) for day in ("2025-01-01", "2028-01-01")))


@given(ANY_MOMENT, st.sampled_from(["0 9 * * mon-fri", "30 2 * * *"]))
def test_the_last_slot_is_before_the_next(moment: datetime, rule: str):
    """Looking back and looking forward agree at any moment."""
    schedule, now = Schedule(rule, BERLIN), moment.replace(tzinfo=UTC)
    last, following = schedule.last_until(now), schedule.next_after(now)
    assert last is not None
    assert last <= now < following
    assert schedule.next_after(last) == following or schedule.next_after(last - timedelta(seconds=1)) == last


def test_rules():
    """A rule that is none is said to be none."""
    assert check_rule("0 9 * * mon-fri") is None
    assert check_rule("every day") is not None


@pytest.mark.parametrize("count", [50, 51, 2000])
async def test_thousands_are_counted(tmp_path: Path, count: int):
    """The channel gets counts and the worst few, the thread a few replies, or a file with all of them."""
    world = World(tmp_path / "a.db", clock=FrozenClock(at("2026-11-23T08:00")))
    world.fleet()
    for number in range(count - 1):
        world.speech.add(model(f"m{number:04}"))
    await world.inventory.refresh()
    assert await world.announcer.announce_now("asked")
    said = world.chat.said[0]
    assert said.text.startswith(f"{count:,} of {count + 1:,} models are outdated")
    if count <= 50:
        assert 1 < len(world.chat.said) <= 4
        assert world.files.uploaded == []
        return
    assert len(world.chat.said) == 2
    assert "all of them in its CSV file" in str(said.message.blocks)
    noted = [row["detail"] for row in world.store.audit.all() if row["action"] == "announcement"]
    assert noted == [f"in CSPEECH: {count:,} models to act on"]
    (file,) = world.files.uploaded
    assert file.thread == said.ts
    assert len(file.content.decode().splitlines()) == count + 1
    world.files.fail.append(ChatRefused("no", code="missing_scope"))
    world.clock.advance(COOL_DOWN.total_seconds())
    assert await world.announcer.announce_now("again")
    assert "`/stt-models export outdated`" in world.chat.said[-1].text
    world.close()


async def asked_for(world: World, request: str, by: str) -> str:
    """Somebody wants one: what came of it."""
    try:
        return str(await world.announcer.announce_now(request, by))
    except Refusal as refusal:
        return refusal.text


@pytest.mark.parametrize("restarts", [False, True])
async def test_one_in_a_while(world: World, *, restarts: bool):
    """Within the cool-down the second is refused, also after a restart; a scheduled one counts, and always goes."""
    world.fleet()
    await world.announce()
    assert await asked_for(world, "now:1", ADA) == "True"
    if restarts:
        world.crash()
    assert f"<@{ADA}>'s announcement went" in await asked_for(world, "now:2", GRACE)
    world.clock.advance(COOL_DOWN.total_seconds())
    assert await asked_for(world, "now:3", GRACE) == "True"
    world.speech.add(model("another"))
    world.clock.at = at("2026-11-24T09:00")
    await world.announce()
    assert "The scheduled announcement went" in await asked_for(world, "now:4", ADA)
    assert len(roots(world)) == 3


async def test_two_processes_are_asked_at_once(world: World, monkeypatch: pytest.MonkeyPatch):
    """One announcement; whoever was slower hears of the other."""
    world.fleet()
    await world.announce()
    other = Database(world.path)
    slower = Announcer(*_parts(world, db=other))
    drafted = slower.inventory.refresh

    async def overtaken() -> None:
        monkeypatch.setattr(slower.inventory, "refresh", drafted)
        assert await world.announcer.announce_now("now:1", ADA)
        await drafted()

    monkeypatch.setattr(slower.inventory, "refresh", overtaken)
    with pytest.raises(Refusal, match=f"<@{ADA}>'s announcement went"):
        await slower.announce_now("now:2", GRACE)
    assert len(roots(world)) == 1
    other.close()


@pytest.mark.parametrize("fault", ["refused", "lost"])
async def test_slack_does_not_take_it(world: World, fault: str):
    """It can be asked for again at once; one whose answer was lost goes on, and is there once."""
    world.fleet()
    await world.announce()
    if fault == "lost":
        world.chat.lose_answers = 1
    else:
        world.chat.fail["post"] = [ChatRefused("no", code="not_in_channel")]
    assert await asked_for(world, "now:1", ADA) == "False"
    world.clock.advance(61)
    assert await asked_for(world, "now:2", GRACE) == "True"
    assert len(roots(world)) == 1
    wrote = ADA if fault == "lost" else GRACE
    assert [row["actor"] for row in world.store.audit.all() if row["action"] == "announcement"] == [wrote]
    assert f"<@{wrote}>'s announcement went" in await asked_for(world, "now:3", ADA)


async def test_another_process_is_posting_it(world: World):
    """Whoever asks meanwhile is told to try again; then it is there, once."""
    world.fleet()
    await world.announce()
    world.chat.lose_answers = 1
    for request in ("now:1", "now:2"):
        assert await asked_for(world, request, ADA) == "False"
    world.clock.advance(61)
    assert await asked_for(world, "now:3", GRACE) == "True"
    assert len(roots(world)) == 1


async def test_the_process_dies_before_it_posts(world: World, monkeypatch: pytest.MonkeyPatch):
    """Nobody is told of an announcement that is not there: whoever asks next gets it."""
    world.fleet()
    await world.announce()
    monkeypatch.setattr(world.poster, "post", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await world.announcer.announce_now("now:1", ADA)
    world.crash()
    assert await asked_for(world, "now:2", GRACE) == "True"
    assert len(roots(world)) == 1


def _parts(world: World, db: Database) -> list[Any]:
    """What an announcer is made of, on another connection."""
    made = world.announcer
    return [db, made.inventory, made.poster, made.survey, made.timetable, made.charter, made.lists, made.clock]


async def test_the_table_after_a_crash(world: World):
    """What goes on after a crash goes on in blocks that every workspace takes."""
    world.fleet()
    await world.announce()
    world.chat.fail["post"] = []
    original, posts = world.chat.post, 0

    async def breaking(*args: Any, **options: Any) -> str:
        nonlocal posts
        posts += 1
        if posts == 2:
            raise ChatBusy("wait")
        return await original(*args, **options)

    world.chat.post = breaking  # type: ignore[method-assign]  # a test
    assert await asked_for(world, "now:1", ADA) == "False"
    world.crash()
    assert await asked_for(world, "now:1", ADA) == "True"
    _, reply = world.chat.said
    assert [block["type"] for block in reply.message.blocks] == ["section", "section", "actions"]
    assert "call-center-us" in str(reply.message.blocks)
