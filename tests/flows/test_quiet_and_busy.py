"""Weeks of announcements: what a channel hears when nothing changes, when much does, and when things break."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.observations import PREVIOUS, REMOVED
from bot.domain.owners import OwnerRule
from bot.domain.snoozes import Reach, SnoozeKind, Wish
from bot.domain.timing import Schedule
from bot.errors import ChatBusy, ChatRefused, ServiceUnavailable
from bot.messages.fitting import size_of
from tests.fakes import FrozenClock, Said
from tests.world import ADA, CHANNEL, GRACE, NEW, OLD, World, model

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
REF = "stt/language/id-call-center-us"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A bot that was installed on a Monday at eight, with one outdated model."""
    made = World(tmp_path / "weeks.db", clock=FrozenClock(MONDAY))
    made.fleet()
    await made.announce()
    yield made
    made.close()


def posted(world: World) -> list[Said]:
    """The announcements, without the living card and without replies."""
    return [said for said in world.chat.said if said.key.startswith("announcement:") and said.thread is None]


async def slot(world: World, day: int, hour: int = 9) -> None:
    """The slot of that day after the Monday on which it began."""
    world.clock.at = MONDAY.replace(hour=hour) + timedelta(days=day)
    await world.announce()


async def weekdays(world: World, weeks: int = 4) -> list[tuple[int, str]]:
    """Plays every slot of some weeks; on which day what was posted."""
    heard = []
    for day in range(7 * weeks):
        before = len(posted(world))
        await slot(world, day)
        heard += [(day, said.text) for said in posted(world)[before:]]
    return heard


def upgraded(world: World, id: str = "id-call-center-us") -> None:
    world.speech.kept[id] = replace(world.speech.kept[id], versions=(OLD, NEW))


async def seen(world: World, *warnings: str, ref: str = REF) -> None:
    """Recognition with the model warns."""
    world.speech.warned[ref.rpartition("/")[2]] = warnings
    await world.inventory.refresh()
    await world.prober.check(ref, ADA)


async def snoozed(world: World, until: date, *, ref: str = REF) -> None:
    await world.inventory.refresh()
    wish = Wish(SnoozeKind.SNOOZE, Reach.MODEL, ref, until, by_version=False, reason="retired soon")
    await world.snoozer.snooze(wish, ADA, f"V-{until}")


async def test_four_quiet_weeks(world: World):
    """Nothing changes: the first announcement, and one reminder at the first slot of each later week."""
    heard = await weekdays(world)
    assert [day for day, _ in heard] == [0, 7, 14, 21]
    assert all(text.startswith("1 of 2 models is outdated") for _, text in heard)
    assert "First announcement in this channel." in heard[0][1]
    assert "Nothing new since 23 Nov 2026." in heard[1][1]
    assert len(posted(world)) == 4


async def test_four_busy_weeks(world: World):
    """Each day brings a model or takes one: one message a slot, never two, each saying what is new."""
    heard: list[str] = []
    for day in range(28):
        if day % 2 == 0:
            world.speech.add(model(f"m{day:02}"))
        else:
            upgraded(world, f"id-m{day - 1:02}")
        for _ in range(3):
            await slot(world, day)
        heard.append(posted(world)[-1].text)
    assert len(posted(world)) == 20
    assert "1 new (m02)" in heard[2]
    assert "1 no longer listed" in heard[3]


async def test_all_current_is_said_once(world: World):
    """Then silence, for weeks; a model that falls behind ends it, and its end is said once again."""
    upgraded(world)
    heard = await weekdays(world)
    assert heard == [(0, "All 2 models are on the newest known version. First announcement in this channel.")]
    world.speech.add(model("late"))
    await slot(world, 28)
    upgraded(world, "id-late")
    for day in (29, 30, 31, 35, 42):
        await slot(world, day)
    assert [said.text[:9] for said in posted(world)[1:]] == ["1 of 3 mo", "All 3 mod"]


async def test_what_is_not_read_is_not_called_current(world: World):
    """An instance that cannot be read: nothing is claimed, so nothing is said."""
    world.speech.kept.clear()
    world.speech.fail["models"] = [ServiceUnavailable("down", instance="stt")] * 2
    await slot(world, 0)
    assert posted(world) == []


async def test_an_empty_slot_is_over(world: World):
    """A slot in which nothing was to be said is not said later, when something happens."""
    await slot(world, 0)
    await slot(world, 1)
    await seen(world, PREVIOUS)
    await world.announce()
    assert len(posted(world)) == 1
    await slot(world, 2)
    assert "1 worse" in posted(world)[1].text
    assert "requests with 1 model return a warning" in posted(world)[1].text


async def test_being_upgraded_is_no_news(world: World):
    """Only the end is: the run has a card of its own."""
    await slot(world, 0)
    world.speech.kept["id-call-center-us"] = replace(world.speech.kept["id-call-center-us"], status="upgrading")
    await slot(world, 1)
    assert len(posted(world)) == 1
    world.speech.kept["id-call-center-us"] = replace(world.speech.kept["id-call-center-us"], status="available")
    upgraded(world)
    await slot(world, 2)
    assert posted(world)[1].text.startswith("All 2 models")


async def test_everyday_changes_are_one_line(world: World):
    """Created and trained elsewhere: nobody is disturbed for them, the next message counts them."""
    kept = replace(world.speech.kept["id-support-desk-us"], status="ready")
    world.speech.kept[kept.id] = kept
    await slot(world, 0)
    world.clock.advance(3600)
    world.speech.add(model("fresh", versions=(OLD, NEW)))
    world.speech.add(model("fresh-too", versions=(OLD, NEW)))
    world.speech.kept[kept.id] = replace(kept, status="available", updated=world.clock.now())
    await slot(world, 1)
    assert len(posted(world)) == 1
    world.speech.add(model("freshest", versions=(OLD, NEW)))  # noticed by the slot's own reading
    await slot(world, 7)
    assert "Nothing new since 23 Nov 2026; 3 created, 1 trained elsewhere." in posted(world)[1].text
    await slot(world, 14)
    assert "Nothing new since 30 Nov 2026." in posted(world)[2].text


@pytest.mark.parametrize(
    ("day", "slots"),
    [
        (datetime(2026, 3, 28, tzinfo=UTC), ["2026-03-28T01:30+00:00", "2026-03-29T01:00+00:00"]),
        (datetime(2026, 10, 24, tzinfo=UTC), ["2026-10-24T00:30+00:00", "2026-10-25T00:30+00:00"]),
    ],
)
async def test_daylight_saving(tmp_path: Path, day: datetime, slots: list[str]):
    """In Berlin half past two does not exist, or exists twice: one slot a day, whoever rings how often."""
    schedule = Schedule("30 2 * * *", ZoneInfo("Europe/Berlin"))
    world = World(tmp_path / "dst.db", clock=FrozenClock(day), schedule=schedule)
    world.fleet()
    await world.announce()
    for quarter in range(4 * 46):
        world.clock.at = day + timedelta(minutes=15 * quarter)
        await world.announce()
    assert [slot for (slot,) in world.rows("SELECT slot FROM announcements ORDER BY slot")] == slots
    world.close()


async def test_down_over_a_slot(world: World):
    """Back after two slots: the newest is said late, once, also when it restarts again."""
    world.clock.at = MONDAY + timedelta(days=2, hours=5)
    for _ in range(2):
        world.crash()
        await world.announce()
    assert [said.key for said in posted(world)] == ["announcement:CSPEECH:2026-11-25T09:00+00:00"]


async def test_two_bots_and_one_slot(world: World, tmp_path: Path):
    """On one database: one of them says it, and both remember it."""
    other = World(tmp_path / "weeks.db", clock=world.clock, holder="there:2")
    other.chat, other.speech = world.chat, world.speech
    other.close()
    other.start()
    world.clock.at = MONDAY.replace(hour=9)
    for one in (world, other, world, other):
        await one.announce()
    assert len(posted(world)) == 1
    assert other.store.announcements.told(CHANNEL) == world.store.announcements.told(CHANNEL)
    other.close()


async def test_the_one_who_rang_is_dead(world: World, tmp_path: Path):
    """The bot with the lease dies just before the slot; the other one says it when it takes over."""
    await world.ring()
    other = World(tmp_path / "weeks.db", clock=world.clock, holder="there:2")
    other.chat, other.speech = world.chat, world.speech
    other.close()
    other.start()
    world.clock.at = MONDAY.replace(hour=8, minute=59, second=55)
    await world.ring()
    world.clock.at = MONDAY.replace(hour=9)
    await other.announce()
    assert posted(world) == []
    await other.announce(after=20)
    assert len(posted(world)) == 1
    other.close()


async def test_a_crash_between_posting_and_remembering(world: World, monkeypatch: pytest.MonkeyPatch):
    """The message is there: it is not posted again, and what it said is remembered, not what is true by then."""
    world.chat.lose_answers = 1
    await slot(world, 0)
    assert world.store.announcements.told(CHANNEL).key is None
    world.speech.add(model("second"))
    world.crash()
    await world.announce(after=30)
    assert len(posted(world)) == 1
    assert set(world.store.announcements.told(CHANNEL).levels) == {REF}
    await slot(world, 1)
    assert "1 new (second)" in posted(world)[1].text


async def test_a_crash_before_posting(world: World):
    """Nothing arrived: what is true now is said, and that is remembered."""
    world.chat.lose_answers = 1
    await slot(world, 0)
    world.chat.said.clear()
    upgraded(world)
    world.clock.advance(60)
    await world.announce()
    assert [said.text[:5] for said in posted(world)] == ["All 2"]
    assert world.store.announcements.told(CHANNEL).all_current


async def test_slack_is_busy(world: World):
    """The slot is tried again a minute later, not at the next slot only."""
    await world.ring()
    world.chat.fail["post"] = [ChatBusy("wait")]
    await slot(world, 0)
    await world.announce(after=30)
    assert posted(world) == []
    await world.announce(after=31)
    assert len(posted(world)) == 1
    calls = len(world.chat.calls)
    await world.announce(after=5)
    assert [call for call in world.chat.calls[calls:] if call == "post"] == []


async def test_a_long_list_goes_on_in_the_thread(world: World):
    """Five lines in the channel; the models in replies, the worst first, once, also over a crash in between."""
    for number in range(40):
        world.speech.add(model(f"m{number:02}"))
    world.chat.fail["post"] = []
    await world.inventory.refresh()
    await seen(world, REMOVED, ref="stt/language/id-m39")
    world.clock.at = MONDAY.replace(hour=9)
    original = world.chat.post
    count = 0

    async def breaking(*args, **options):
        nonlocal count
        count += 1
        if count == 3:
            raise ChatBusy("wait")
        return await original(*args, **options)

    world.chat.post = breaking  # type: ignore[method-assign]  # a test
    await world.announce()
    world.crash()
    await world.announce(after=60)
    first = posted(world)[0]
    replies = [said for said in world.chat.said if said.thread == first.ts]
    assert len(posted(world)) == 1
    assert len(replies) == 2
    last = 0
    for said in replies:
        found = re.match(r"Models (\d+) to (\d+) of 41 to act on", said.text)
        assert found is not None
        assert int(found[1]) == last + 1
        last = int(found[2])
    assert last == 41
    assert all(size_of(said.message.blocks) < 10_000 for said in world.chat.said)
    assert "m39: outdated" in replies[0].text.split(". ")[1]
    assert "41 models to act on, in the thread." in first.text


async def test_the_thread_is_refused(world: World):
    """The announcement is said; it is not said again for the sake of its thread."""
    for number in range(20):
        world.speech.add(model(f"m{number:02}"))
    original = world.chat.post

    async def refusing(*args, thread: str | None = None, **options):
        if thread is not None:
            raise ChatRefused("no", code="cannot_reply_to_message")
        return await original(*args, thread=thread, **options)

    world.chat.post = refusing  # type: ignore[method-assign]  # a test
    await slot(world, 0)
    await world.announce(after=61)
    await slot(world, 1)
    assert len(posted(world)) == 1


async def test_the_owner_is_mentioned_once(world: World):
    """For a new finding and when it gets worse; never in the weekly reminder, never again for the same one."""
    upgraded(world)
    world.speech.add(model("support-us"))
    world.speech.add(model("support-uk"))
    world.owning.rules = (OwnerRule("support-*", "SAPPROVE"),)
    for day in (0, 1, 7, 14):
        await slot(world, day)
    first, *later = posted(world)
    assert "*Owners:* <!subteam^SAPPROVE>: *support-uk* and *support-us*" in str(first.message.blocks)
    assert len(later) == 2
    assert not any("subteam" in str(said.message) for said in later)
    await seen(world, PREVIOUS, ref="stt/language/id-support-us")
    await slot(world, 15)
    assert "*Owners:* <!subteam^SAPPROVE>: *support-us*'" in str(posted(world)[-1].message.blocks)
    # Gone from the list for a day and back: the same finding.
    kept = world.speech.kept.pop("id-support-uk")
    await slot(world, 16)
    world.speech.kept[kept.id] = kept
    await slot(world, 17)
    assert "1 new (support-uk)" in posted(world)[-1].text
    assert "subteam" not in str(posted(world)[-1].message)


async def test_the_mention_of_a_lost_message(world: World):
    """Nobody is mentioned twice because a crash came between posting and remembering."""
    world.store.owners.assign(REF, GRACE, ADA, MONDAY)
    world.chat.lose_answers = 1
    await slot(world, 0)
    world.crash()
    await world.announce(after=60)
    await seen(world)
    for day in (1, 7):
        await slot(world, day)
    assert [f"<@{GRACE}>" in str(said.message.blocks) for said in posted(world)] == [True, False]
    assert "owner: Ugrace" in world.chat.keyed(f"{posted(world)[1].key}:more:1").text


async def test_the_living_card_and_previews_mention_nobody(world: World):
    """Names, not mentions: an edit or a look disturbs no owner."""
    world.store.owners.assign(REF, GRACE, ADA, MONDAY)
    await world.inventory.refresh()
    preview, *_ = await world.announcer.preview()
    await slot(world, 0)
    await world.ring(after=61)
    assert "*Owners:* Ugrace: *call-center-us*" in str(preview.blocks)
    for message in (preview, world.chat.keyed(f"living:{CHANNEL}").message):
        assert "<@" not in str(message)


async def test_a_snooze_silences_and_ends_with_a_word(world: World):
    """Not listed, only counted; no message because of it; its end is said in the thread, once."""
    world.speech.add(model("second"))
    await slot(world, 0)
    await snoozed(world, date(2026, 12, 2))
    for day in (1, 2, 7):
        await slot(world, day)
    assert len(posted(world)) == 2
    digest = posted(world)[1]
    assert "2 of 3 models are outdated" in digest.text
    assert "of these 1 snoozed" in digest.text
    assert "call-center-us" not in digest.text
    await slot(world, 8)
    for _ in range(3):
        await world.ring(after=61)
    world.clock.at = datetime(2026, 12, 2, 8, tzinfo=UTC)
    for _ in range(3):
        await world.ring(after=61)
    words = [said for said in world.chat.said if said.key.startswith("snooze:")]
    assert [(said.thread, said.text.partition(": ")[0]) for said in words] == [
        (
            digest.ts,
            "Snooze of language model *call-center-us* on `stt` ended",
        )
    ]
    assert world.store.snoozes.unsettled() == ()
    await slot(world, 9)
    assert "1 new (call-center-us)" in posted(world)[-1].text


async def test_the_end_of_a_snooze_waits_for_a_place(world: World):
    """Nothing was announced yet, so there is no thread: it is said once there is one."""
    await world.ring()
    await snoozed(world, date(2026, 11, 24))
    world.clock.at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    await world.ring()
    assert world.chat.said == []
    await slot(world, 1)
    await world.ring(after=61)
    assert [said.key for said in world.chat.said if said.thread][1:] == ["snooze:1:over"]


async def test_an_ignored_customization_breaks_through(world: World):
    """Snoozed or not, callers are served by the plain base model: that is said."""
    await slot(world, 0)
    await snoozed(world, date(2027, 1, 20))
    await slot(world, 1)
    await seen(world, REMOVED)
    await slot(world, 2)
    said = posted(world)[1]
    assert "Risk: the customization of 1 model is already ignored" in said.text
    assert "and still announced" in world.chat.keyed(f"{said.key}:more:1").text


async def test_everything_is_snoozed(world: World):
    """Somebody chose that: no weekly reminder of nothing."""
    await slot(world, 0)
    await snoozed(world, date(2027, 1, 20))
    for day in range(1, 28):
        await slot(world, day)
    assert len(posted(world)) == 1


async def test_now_counts(world: World):
    """What somebody sent by hand is not said again at the next slot."""
    await world.announcer.announce_now("now:1")
    await slot(world, 0)
    assert [said.key for said in posted(world)] == ["announcement:CSPEECH:now:1"]


async def test_a_command_that_slack_sends_again(world: World):
    """It is one announcement, and what is remembered is what that one said."""
    assert await world.announcer.announce_now("now:1")
    world.speech.add(model("second"))
    assert await world.announcer.announce_now("now:1")
    assert len(posted(world)) == 1
    assert set(world.store.announcements.told(CHANNEL).levels) == {REF}


async def test_a_chart_follows_the_digest(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """In its thread, once a week, from the second day on; that it breaks is logged and takes nothing back."""

    async def breaks(*_: object) -> bytes:
        raise ZeroDivisionError

    for day in (0, 1, 7):
        world.speech.add(model(f"m{day}"))
        await slot(world, day)
    said = posted(world)
    assert len(said) == 3
    assert [(file.channel, file.thread) for file in world.files.uploaded] == [(CHANNEL, said[2].ts)]
    monkeypatch.setattr(world.charts, "fleet", breaks)
    await slot(world, 14)
    await world.announce(after=61)
    assert len(posted(world)) == 4
    assert "the chart is left out" in caplog.text


async def test_what_a_screen_reader_gets(world: World):
    """The text alone tells the state, and of each model what the blocks tell; no signs, no markup."""
    world.store.owners.assign(REF, GRACE, ADA, MONDAY)
    await seen(world, PREVIOUS)
    await world.asked()
    await slot(world, 0)
    (first,) = posted(world)
    assert first.text == (
        "1 of 2 models is outdated, 1 current. First announcement in this channel. Risk: requests with 1 model return "
        "a warning; when the old version goes, the customization is silently lost. Owners: Ugrace: call-center-us, "
        "1 already requested. 1 model to act on, in the thread. "
        "1 second of audio sent this month to check for recognition warnings."
    )
    assert world.chat.keyed(f"{first.key}:more:1").text == (
        "1 model to act on, the worst first. call-center-us: outdated, 1 version behind, returns warnings (seen in a "
        "recognition response on 23 Nov 2026), newer base since 24 Jun 2019 (2,709 days), owner: Ugrace, requested by "
        "UADA (waiting for approval)."
    )


async def test_names_are_asked_for_sparingly(world: World):
    """Thirty owners: twenty names at a time, each once a day; who is not named yet stands there as an id."""
    for number in range(30):
        world.speech.add(model(f"m{number:02}"))
        world.store.owners.assign(f"stt/language/id-m{number:02}", f"U{number:02}", ADA, MONDAY)
    await world.inventory.refresh()
    for calls in (20, 30, 30):
        await world.announcer.preview()
        assert world.chat.calls.count("name") == calls
