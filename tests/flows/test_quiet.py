"""Weeks of announcements: how many messages people get, and of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.announcements import (
    Announcement,
    Occasion,
    Published,
    compose,
    findings,
    newly_found,
    occasion,
    versions_behind,
)
from bot.domain.observations import Probe, Stage
from bot.domain.snoozes import Scope, SnoozeKind, Wish
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.errors import ChatBusy, ChatOutcomeUnknown
from tests.fakes import FrozenClock
from tests.world import ADA, NEW, OLD, TOMAS, World, model

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[World]:
    """A fleet with one outdated model, installed on a Monday at eight."""
    world = World(tmp_path / "quiet.db", clock=FrozenClock(MONDAY))
    world.fleet()
    world.announcer.first_start()
    yield world
    world.store.close()


async def days(world: World, count: int) -> None:
    """The bot runs for days: the alarm rings at each slot, and now and then between."""
    for _ in range(count):
        world.clock.at = world.clock.at.replace(hour=9)
        await world.worker.announce()
        world.clock.at = world.clock.at.replace(hour=8) + timedelta(days=1)
        await world.ring()


def posts(world: World) -> list[str]:
    return [said.key.split(":")[2][:10] for said in world.chat.said if said.key.startswith("announcement:")]


async def test_four_quiet_weeks(quiet: World):
    """Nothing changes: one message at first, then one digest a week; four in all."""
    await days(quiet, 28)
    assert posts(quiet) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]


async def test_a_busy_month(quiet: World):
    """A model more becomes outdated every week, in the middle of it: one message for that, and the digests."""
    for week in range(4):
        await days(quiet, 2)
        quiet.speech.add(model(f"late-{week}"))
        await days(quiet, 5)
    assert len(posts(quiet)) == 8
    assert all(said.message.blocks for said in quiet.chat.said)


async def test_all_current_is_said_once(quiet: World):
    """The last outdated model is upgraded by hand: said once, then silence for good."""
    await days(quiet, 2)
    one = quiet.speech.kept["id-call-center-us"]
    quiet.speech.kept[one.id] = replace(one, versions=(OLD, NEW))
    await days(quiet, 26)
    texts = [said.text for said in quiet.chat.said if said.key.startswith("announcement:")]
    assert len(texts) == 2
    assert texts[1].startswith("All 2 custom models are on the newest version")


async def test_a_level_that_gets_worse_is_said(quiet: World):
    """Recognition was seen to warn: the set is the same, its risk is not."""
    await days(quiet, 2)
    probe = Probe("stt/language/id-call-center-us", OLD, Stage.PREVIOUS, quiet.clock.now())
    quiet.store.fleet.probed(probe)
    quiet.inventory.changed()
    await days(quiet, 1)
    assert len(posts(quiet)) == 2
    assert "a response carried the warning" in str(quiet.chat.said[-1].message.blocks)


async def test_the_owner_is_mentioned_once(quiet: World):
    """For a new finding; not in the digests; again when it becomes worse."""
    quiet.store.owners.assign("stt/language/id-call-center-us", TOMAS, ADA, quiet.clock.now())
    await days(quiet, 14)
    assert [f"<@{TOMAS}>" in str(said.message.blocks) for said in quiet.chat.said] == [True, False]
    quiet.store.fleet.probed(Probe("stt/language/id-call-center-us", OLD, Stage.IGNORED, quiet.clock.now()))
    quiet.inventory.changed()
    await days(quiet, 1)
    assert f"<@{TOMAS}>" in str(quiet.chat.said[-1].message.blocks)


async def test_a_snooze_silences_and_ends_with_a_word(quiet: World):
    """Snoozed on the first day for two weeks: silence, one word at its end in the thread, then the week's digest."""
    await days(quiet, 1)
    ends = MONDAY.date() + timedelta(14)
    wish = Wish(SnoozeKind.SNOOZE, Scope.MODEL, "stt/language/id-call-center-us", ends, False, "tests")
    await quiet.snoozer.snooze(wish, ADA, "V1")
    await days(quiet, 12)
    assert posts(quiet) == ["2026-11-23"]
    assert "1 snoozed" in quiet.announcer.preview().text
    await days(quiet, 3)
    over = [said for said in quiet.chat.said if said.key.startswith("snooze:")]
    assert len(over) == 1
    assert over[0].thread is not None
    assert "is over" in over[0].text
    assert posts(quiet) == ["2026-11-23", "2026-12-07"]  # the week's digest, as if it had never been snoozed


async def test_a_crash_between_post_and_record(quiet: World):
    """The message is there, its record is not: nothing is posted twice, also when its answer was lost."""
    quiet.clock.at = MONDAY.replace(hour=9)
    quiet.chat.fail["post"] = [ChatOutcomeUnknown("lost")]
    await quiet.worker.announce()
    quiet.crash()
    quiet.clock.advance(30)
    await quiet.worker.announce()
    quiet.clock.advance(90)
    await quiet.ring()
    await quiet.worker.announce()
    assert len(posts(quiet)) == 1


async def test_slack_asks_to_wait(quiet: World):
    """A slot that Slack did not take is tried again by itself, not only at the next one."""
    quiet.clock.at = MONDAY.replace(hour=9)
    quiet.chat.fail["post"] = [ChatBusy("wait", retry_after=30)]
    await quiet.worker.announce()
    assert posts(quiet) == []
    for _ in range(3):
        await quiet.ring(after=61)
    assert posts(quiet) == ["2026-11-23"]


async def test_two_bots_and_one_slot(quiet: World):
    """The one without the lease says nothing; after the other crashed it does not say it again."""
    other = World(quiet.path, clock=quiet.clock, holder="there:2")
    other.chat, other.speech = quiet.chat, quiet.speech
    other.start()
    await quiet.ring()
    quiet.clock.at = MONDAY.replace(hour=9)
    await quiet.ring()
    await quiet.worker.announce()
    await other.worker.announce()
    quiet.clock.advance(60)
    await other.worker.announce()
    assert len(posts(quiet)) == 1
    other.store.close()


async def test_a_long_list_goes_on_in_the_thread(quiet: World):
    """Forty outdated models: twelve in the channel, the others in two replies, each once."""
    for number in range(39):
        quiet.speech.add(model(f"m{number:02}"))
    await days(quiet, 2)
    first, *more = quiet.chat.said
    assert [said.thread for said in more] == [first.ts, first.ts]
    listed = " ".join(str(said.message.blocks) for said in quiet.chat.said)
    assert all(f"`m{number:02}`" in listed for number in range(39))


async def test_the_digest_brings_the_chart(quiet: World):
    """Not the first message, when there is one day of history; the digest of the next week."""
    await days(quiet, 8)
    assert [(sent.channel, sent.thread is not None) for sent in quiet.files.uploaded] == [("CSPEECH", True)]


async def test_the_living_card(tmp_path: Path):
    """Posted and pinned once; edited when the state changes, not when nothing does; told apart by its key."""
    world = World(tmp_path / "living.db", clock=FrozenClock(MONDAY), living=True)
    world.fleet()
    await world.ring()
    for _ in range(5):
        await world.ring(after=61)
    card = world.chat.keyed("living:CSPEECH")
    assert world.chat.pinned == [("CSPEECH", card.ts)]
    assert card.edits == 0
    assert "1 of 2 custom models is outdated" in card.text
    one = world.speech.kept["id-call-center-us"]
    world.speech.kept[one.id] = replace(one, versions=(OLD, NEW))
    await world.ring(after=901)
    await world.ring(after=61)
    assert card.edits == 1
    assert "All 2 custom models" in card.text
    world.crash()
    for _ in range(3):
        await world.ring(after=61)
    assert len([said for said in world.chat.said if said.key.startswith("living:")]) == 1
    assert len(world.chat.pinned) == 1
    world.store.close()


async def test_what_a_screen_reader_gets(quiet: World):
    """The text alone tells state and names, in a sentence, without signs."""
    quiet.speech.add(model("second"))
    await days(quiet, 1)
    text = quiet.chat.said[0].text
    assert text == (
        "2 of 3 custom models are outdated; 2 expected to return recognition warnings. call-center-us and second."
    )


Found = dict[str, str]
A, B = {"stt/language/id-m": "outdated, warning expected"}, {"stt/language/id-m": "outdated, returns warnings"}


@pytest.mark.parametrize(
    ("found", "last", "later", "expected"),
    [
        ({}, None, 0, Occasion.CURRENT),
        (A, None, 0, Occasion.FIRST),
        (A, A, 1, None),
        (A, A, 6, None),
        (A, A, 7, Occasion.DIGEST),
        (A, B, 1, Occasion.CHANGED),
        (A, {**A, "n": "outdated"}, 1, Occasion.CHANGED),
        (A, {**A, "snoozed": "outdated"}, 1, None),
        (A, {}, 1, Occasion.CHANGED),
        ({}, A, 1, Occasion.CURRENT),
        ({}, {}, 70, None),
        ({}, {"snoozed": "outdated"}, 70, None),
    ],
)
def test_when_there_is_something_to_say(found: Found, last: Found | None, later: int, expected: Occasion | None):
    """The set or a level changed, or a week began; "all current" once; a snooze is no news."""
    published = None if last is None else Published("s", MONDAY, last)
    worth = (Judgement(model("m"), Verdict.OUTDATED, Risk.EXPECTED),) if found else ()
    said = Announcement(2, 1, worth, (), frozenset({"snoozed"}))
    assert occasion(said, published, MONDAY + timedelta(days=later), ZoneInfo("UTC")) is expected


async def test_versions_behind_and_news(quiet: World):
    """Counted from all versions that the fleet shows; owners hear of what is new or worse."""
    between = "en-US_NarrowbandModel.v2019-03-01"
    quiet.speech.add(model("third", versions=(OLD, between)))
    await quiet.inventory.refresh()
    said = compose(quiet.inventory.judged().judgements)
    behind = {ref.rsplit("-", 1)[1]: count for ref, count in said.behind.items()}
    assert behind == {"us": 2, "third": 1}
    refs = set(findings(said))
    assert newly_found(said, {}) == refs
    assert newly_found(said, dict.fromkeys(refs, 0)) == frozenset()
    assert newly_found(said, dict.fromkeys(refs, 9999)) == refs
    assert versions_behind(said.worth[0], frozenset()) == 1
