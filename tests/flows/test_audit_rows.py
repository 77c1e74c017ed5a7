"""What Retune does by itself leaves one row for each thing that happens, and none for what does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.snoozes import Reach, SnoozeKind, Wish
from bot.errors import ChatRefused, ModelBusy, OutcomeUnknown, RequestRefused, ServiceUnavailable
from bot.store.database import Database
from tests.fakes import FrozenClock
from tests.world import ADA, GRACE, NEW, OLD, World, model

ID = "id-call-center-us"
REF = f"stt/language/{ID}"
STARTED = ("running", "send")


def by(world: World, *actors: str) -> list[str]:
    """What these did, oldest first."""
    return [row["action"] for row in world.store.audit.all() if row["actor"] in (actors or ("retune",))]


async def proven(world: World) -> None:
    await world.approved()
    await world.ring()
    world.speech.finish(ID)
    await world.ring(after=10)


async def refused(world: World) -> None:
    await world.approved()
    world.speech.fail["begin"] = [RequestRefused("no.", instance="stt", status=400)]
    await world.ring()


async def failed(world: World) -> None:
    await world.approved()
    await world.ring()
    world.speech.finish(ID, status="failed")
    await world.ring(after=10)


async def busy_at_first(world: World) -> None:
    await world.approved()
    world.speech.fail["begin"] = [ModelBusy("busy", instance="stt", status=409)]
    await world.ring()
    await world.ring(after=20)


async def began_without_an_answer(world: World) -> None:
    await world.approved()
    world.speech.fail["begin"] = [OutcomeUnknown("lost", instance="stt")]
    await world.ring()
    world.speech.kept[ID] = replace(world.speech.kept[ID], status="upgrading")
    world.speech.before[ID] = "available"
    await world.ring(after=10)


async def never_answered(world: World) -> None:
    await world.approved()
    world.speech.fail["begin"] = [OutcomeUnknown("lost", instance="stt"), OutcomeUnknown("lost", instance="stt")]
    await world.ring()
    for _ in range(30):
        await world.ring(after=10)


async def expired(world: World) -> None:
    await world.asked()
    for _ in range(3):
        await world.ring(after=86400)


async def changed_since(world: World) -> None:
    await world.approved()
    world.speech.kept[ID] = replace(world.speech.kept[ID], versions=(OLD, NEW))
    await world.ring()
    await world.ring(after=60)


async def approver_left(world: World) -> None:
    await world.approved()
    world.chat.people[GRACE] = replace(world.chat.people[GRACE], deactivated=True)
    await world.ring()
    await world.ring(after=60)


async def frozen_until(world: World) -> None:
    await world.freezes.freeze("stt", "fair", ADA, world.clock.now() + timedelta(hours=1))
    for _ in range(3):
        await world.ring(after=3600)


async def snoozed_until(world: World) -> None:
    wish = Wish(SnoozeKind.SNOOZE, Reach.MODEL, REF, date(2026, 11, 25), by_version=False, reason="later")
    await world.snoozer.snooze(wish, ADA, "V1")
    for _ in range(4):
        await world.ring(after=86400)


WHAT: dict[str, tuple[Callable[[World], Awaitable[None]], tuple[str, ...]]] = {
    "proven": (proven, (*STARTED, "accepted", "proven", "done")),
    "refused": (refused, (*STARTED, "refused", "failed")),
    "failed": (failed, (*STARTED, "accepted", "ended by the service", "failed")),
    "busy at first": (busy_at_first, (*STARTED, "not taken", "send", "accepted")),
    "began without an answer": (began_without_an_answer, (*STARTED, "unanswered", "begun")),
    "never answered": (never_answered, (*STARTED, "unanswered", "not begun", "send", "unanswered", "unclear")),
    "nobody decided": (expired, ("expired",)),
    "another plan": (changed_since, ("run left out", "changed")),
    "the approver left": (approver_left, ("run left out", "changed")),
    "a freeze is over": (frozen_until, ("freeze ended",)),
    "a snooze is over": (snoozed_until, ("end of snooze",)),
}


@pytest.mark.parametrize("what", WHAT)
async def test_one_row_for_each(world: World, what: str):
    """However often Retune looks, and again after it started anew."""
    play, wanted = WHAT[what]
    world.fleet()
    await world.inventory.refresh()
    await play(world)
    assert tuple(action for action in by(world) if action != "announcement") == wanted
    world.crash()
    for _ in range(3):
        await world.ring()
    assert tuple(action for action in by(world) if action != "announcement") == wanted
    assert world.store.audit.verify() is None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
async def nine(tmp_path: Path) -> World:
    """A minute before the first slot of the timetable."""
    world = World(tmp_path / "a.db", clock=FrozenClock(at("2026-11-23T08:59")))
    world.fleet()
    await world.announce()
    return world


async def test_an_announcement(nine: World):
    """One row when it is said, with its channel; none for a slot that passes in silence, nor after a crash."""
    await nine.announce(after=60)
    assert by(nine) == ["announcement"]
    for _ in range(2):
        nine.crash()
        await nine.announce()
    await nine.announce(after=86400)
    assert by(nine) == ["announcement"]
    (row,) = [row for row in nine.store.audit.all() if row["action"] == "announcement"]
    assert row["detail"] == "in CSPEECH: 1 model to act on"
    nine.close()


async def test_an_announcement_that_slack_did_not_take(nine: World):
    """What nobody reads is none."""
    nine.chat.fail["post"] = [ChatRefused("no", code="not_in_channel")]
    await nine.announce(after=60)
    assert by(nine) == []
    await nine.announce(after=61)
    assert by(nine) == ["announcement"]
    nine.close()


async def test_an_announcement_that_somebody_asked_for(world: World):
    """It is theirs; the same command delivered to another process makes no second."""
    world.fleet()
    for _ in range(2):
        assert await world.announcer.announce_now("now:1", ADA)
    assert by(world, ADA, "retune") == ["announcement"]


async def test_scheduled_checks(tmp_path: Path):
    """One row for each that was sent, also where it failed."""
    world = World(tmp_path / "p.db", probe_every=timedelta(days=1))
    world.speech.add(model())
    await world.inventory.refresh()
    world.speech.fail["warnings"] = [ServiceUnavailable("503", instance="stt")]
    await world.ring(after=60)
    assert by(world) == ["probe failed"]
    await world.ring(after=86400)
    assert by(world) == ["probe failed", "probe"]
    world.close()


async def test_an_empty_model(tmp_path: Path):
    """Its row is there before it is made: a crash leaves none that nobody knows of."""
    world = World(tmp_path / "c.db", canary_every=timedelta(days=7))
    base = "xx-XX_Telephony"
    world.speech.latest[base] = f"{base}.v2026-01-01"
    world.speech.add(model(base=base, versions=(f"{base}.v2025-01-01",)))
    for _ in range(4):
        await world.ring(after=61)
    assert by(world) == ["canary"]
    world.close()


async def test_an_instance_that_does_not_answer(world: World):
    """Once when that begins, once when it ends."""
    world.fleet()
    await world.ring()
    world.speech.fail["models"] = [ServiceUnavailable("503", instance="stt")] * 99
    await world.inventory.refresh()
    for _ in range(8):
        await world.ring(after=120)
    world.speech.fail.clear()
    for _ in range(4):
        await world.ring(after=900)
    assert len([row for row in world.store.audit.all() if row["actor"] == "elsewhere"]) == 2


async def test_two_processes(world: World):
    """The one that comes second writes nothing of what the first wrote."""
    world.fleet()
    await world.inventory.refresh()
    request = await world.asked()
    with Database(world.path) as other:
        await world.approve(request)
        now = world.clock.now()
        stale = await other.read(lambda store: store.requests.get(request.id))
        assert stale is not None
        assert not await other.write(lambda store: store.requests.move(request, stale.state, now, by=GRACE))
    assert by(world, GRACE) == ["approve", "scheduled"]
