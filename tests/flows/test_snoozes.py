"""Snoozing: who may, what is kept, what ends by itself and is said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.snoozes import End, Ended, Reach, Snooze, SnoozeKind, Wish
from bot.errors import Denied, InputsRefused, Refusal
from bot.flows.snoozes import Snoozer
from bot.store.database import Database
from tests.world import ADA, GRACE, GUS, MEI, NEW, OLD, TOMAS, World, model

REF = "stt/language/id-call-center-us"
NEXT = "en-US_NarrowbandModel.v2027-03-01"


@pytest.fixture(autouse=True)
def berlin(world: World) -> None:
    world.rebuild(schedule=replace(world.schedule, zone=ZoneInfo("Europe/Berlin")))


def wish(**over: object) -> Wish:
    facts: dict = {
        **{"kind": SnoozeKind.SNOOZE, "scope": Reach.MODEL, "subject": REF},
        **{"until": date(2026, 11, 25), "by_version": False, "reason": "retired soon"},
    }
    return Wish(**{**facts, **over})


async def snoozed(world: World, request: str = "V1", user: str = ADA, **over: object) -> Snooze:
    if not world.speech.kept:
        world.fleet()
    await world.inventory.refresh()
    return await world.snoozer.snooze(wish(**over), user, request)


def audit(world: World) -> list[tuple[str, str, str]]:
    return [(row["actor"], row["action"], row["detail"]) for row in world.store.audit.all()]


class Team:
    """Hears of snoozes; misses the first *deaf* words."""

    def __init__(self, deaf: int = 0) -> None:
        self.deaf = deaf
        self.heard: list[tuple[int, Ended | None]] = []

    async def said(self, snooze: Snooze) -> bool:
        self.heard.append((snooze.id, snooze.ended_why))
        return len(self.heard) > self.deaf

    def snoozer(self, world: World, db: Database | None = None) -> Snoozer:
        """One on the world's parts that speaks to this team."""
        return Snoozer(
            *(db or world.db, world.inventory, world.electorate, world.desk.authority, world.clock),
            zone=world.schedule.zone,
            said=self.said,
        )


async def rung(snoozer: Snoozer, world: World, seconds: int) -> None:
    """As the worker rings, each second."""
    for _ in range(seconds):
        world.clock.advance(1)
        if snoozer.due():
            await snoozer.ring()


async def test_what_is_kept(world: World):
    """Who, why, until when: the day begins in the operator's time zone; the audit has it in the same moment."""
    made = await snoozed(world)
    assert (made.author, made.reason, made.until) == (ADA, "retired soon", date(2026, 11, 25))
    assert made.over_at == datetime(2026, 11, 24, 23, tzinfo=UTC)  # midnight in Berlin
    assert world.store.snoozes.in_force() == (made,)
    assert audit(world) == [(ADA, "snooze", "until 2026-11-25: retired soon")]


async def test_the_operators_day(world: World):
    """In Berlin it is tomorrow already: that day cannot be chosen any more."""
    world.clock.at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    with pytest.raises(InputsRefused) as caught:
        await snoozed(world)
    assert caught.value.faults == {"date": "Choose a day after today, 25 Nov 2026."}
    assert audit(world) == []


async def test_the_same_form_twice(world: World):
    """Slack delivers a submit again: one snooze."""
    first = await snoozed(world)
    assert await snoozed(world) == first
    assert len(audit(world)) == 1


async def test_its_date_comes(world: World):
    """Rung every second: nothing before, ended and said once after, at most a minute late."""
    team = Team()
    snoozer = team.snoozer(world)
    made = await snoozed(world)
    await snoozer.ring()
    assert made.over_at is not None
    world.clock.at = made.over_at - timedelta(seconds=1)
    await snoozer.ring()
    assert (team.heard, await snoozer.in_force()) == ([], (made,))
    world.clock.at = made.over_at
    assert await snoozer.in_force() == ()
    await rung(snoozer, world, 61)
    assert team.heard == [(made.id, Ended.DATE)]
    ended = world.store.snoozes.get(made.id)
    assert ended is not None
    assert (ended.ended_by, ended.ended_why) == ("retune", Ended.DATE)
    assert audit(world)[-1] == ("retune", "end of snooze", "its date came")


async def test_what_cannot_be_said_is_said_later(world: World):
    """Slack is down, or the process dies after the end was written: the word is not lost."""
    made = await snoozed(world)
    team = Team(deaf=1)
    world.clock.advance(3 * 86400)
    await team.snoozer(world).ring()
    world.crash()
    snoozer = team.snoozer(world)
    await snoozer.ring()
    await rung(snoozer, world, 120)
    assert [id for id, _ in team.heard] == [made.id, made.id]


async def test_the_worker_says_it(world: World):
    """Whoever rings: the team reads it below the last announcement."""
    made = await snoozed(world)
    await world.announcer.announce_now("now:1")
    await world.ring(after=3 * 86400)
    assert "ended: end date reached" in world.chat.keyed(f"snooze:{made.id}:over").text


async def test_the_next_version_comes(world: World):
    """Another model gets a version that was not known: whoever waits for it hears it."""
    made = await snoozed(world, until=None, by_version=True)
    assert made.known == {NEW}
    await world.ring()
    world.speech.add(model("newest", versions=(OLD, NEW, NEXT)))
    await world.inventory.refresh()
    world.clock.advance(60)
    team = Team()
    await team.snoozer(world).ring()
    assert dict(team.heard)[made.id] is Ended.NEXT


async def test_looking_is_cheap(world: World):
    """Rung every second: one read a minute, and no write while nothing is over."""
    await snoozed(world)
    work: list[str] = []

    class Counted(Database):
        async def read(self, *given: Any, **more: Any) -> Any:
            work.append("read")
            return await super().read(*given, **more)

        async def write(self, *given: Any, **more: Any) -> Any:
            work.append("write")
            return await super().write(*given, **more)

    with Counted(world.path) as db:
        snoozer = Team().snoozer(world, db)
        await snoozer.ring()
        work.clear()
        await rung(snoozer, world, 59)
        assert work == []
        await rung(snoozer, world, 1)
        assert work == ["read"]


@pytest.mark.parametrize(("user", "allowed"), [(TOMAS, True), (GRACE, True), (MEI, False), (GUS, False)])
@pytest.mark.parametrize(
    ("scope", "subject"), [(Reach.MODEL, REF), (Reach.BASE, "en-US_NarrowbandModel"), (Reach.INSTANCE, "stt")]
)
async def test_who_may_end(world: World, scope: Reach, subject: str, user: str, allowed: bool):
    """The author and any approver; a denial names them."""
    made = await snoozed(world, user=TOMAS, scope=scope, subject=subject)
    if allowed:
        end = await world.snoozer.end(made.id, user)
        assert (end.late, await world.snoozer.in_force()) == (False, ())
        again = await world.snoozer.end(made.id, user)
        assert again.late
        assert again.snooze is not None
        assert again.snooze.ended_by == user
    else:
        with pytest.raises(Denied, match=r"Only members|Guests|SAPPROVE"):
            await world.snoozer.end(made.id, user)
        assert await world.snoozer.in_force() == (made,)


async def test_an_author_who_became_a_guest(world: World):
    """Whoever Slack does not vouch for any more decides nothing."""
    guest = world.chat.people.pop(GUS)
    made = await snoozed(world, user=GUS)
    world.chat.people[GUS] = guest
    world.clock.advance(3)  # who somebody is serves a burst of clicks
    with pytest.raises(Denied):
        await world.snoozer.end(made.id, GUS)
    assert await world.snoozer.in_force() == (made,)


async def test_an_end_that_is_not_known(world: World):
    """A button of long ago."""
    assert await world.snoozer.end(77, ADA) == End(None, late=True)


async def test_guests_may_not_snooze(world: World):
    """Nor members of other workspaces."""
    with pytest.raises(Refusal, match="Guests, bots and deactivated people can't snooze"):
        await snoozed(world, user=GUS)
    assert world.store.snoozes.in_force() == ()


async def test_replacing(world: World):
    """A new one for the same subject replaces the old one, for those who may end that; both are kept."""
    first = await snoozed(world)
    with pytest.raises(InputsRefused, match="already snoozed until 25 Nov 2026"):
        await snoozed(world, "V2", user=MEI)
    second = await snoozed(world, "V3", user=GRACE, kind=SnoozeKind.HOLD, until=date(2027, 1, 1))
    assert await world.snoozer.in_force() == (second,)
    ended = world.store.snoozes.get(first.id)
    assert ended is not None
    assert (ended.ended_by, ended.ended_why) == (GRACE, Ended.REPLACED)
    assert audit(world)[-2:] == [
        (GRACE, "end of snooze", "replaced by a newer one"),
        (GRACE, "hold", "until 2027-01-01: retired soon"),
    ]
    base = await snoozed(world, "V4", user=TOMAS, scope=Reach.BASE, subject="en-US_NarrowbandModel")
    assert await world.snoozer.in_force() == (second, base)


async def test_replacing_what_is_over(world: World):
    """What is over is in nobody's way, also before that was noted; its end is still said."""
    first = await snoozed(world)
    world.clock.advance(3 * 86400)
    second = await snoozed(world, "V2", user=MEI, until=date(2026, 12, 24))
    assert [s.id for s in world.store.snoozes.unsettled()] == [first.id, second.id]
    team = Team()
    await team.snoozer(world).ring()
    assert team.heard == [(first.id, Ended.DATE)]


async def test_an_upgraded_model_is_not_on_hold_any_more(world: World):
    """It got where it should, by whatever way."""
    made = await snoozed(world, kind=SnoozeKind.HOLD)
    world.speech.finish("id-call-center-us", status="available")
    await world.inventory.refresh()
    assert await world.snoozer.in_force() == ()
    team = Team()
    await team.snoozer(world).ring()
    assert [id for id, _ in team.heard] == [made.id]
