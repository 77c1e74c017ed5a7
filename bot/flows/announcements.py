"""Announcements: each slot once, and a message only where it tells something."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bot.domain.announcements import Announcement, Schedule, Timing
from bot.domain.changes import QUIET
from bot.domain.findings import Heard, level_of, levels, news, unmentioned, week_of
from bot.domain.snoozes import Snooze
from bot.errors import ChatError, ChatRefused
from bot.flows.inventory import Inventory
from bot.flows.living import LivingCard, living_key
from bot.flows.survey import Survey
from bot.flows.telling import Teller
from bot.flows.timetable import Timetable
from bot.messages.announcements import Since, announcement, mentions
from bot.messages.findings import About
from bot.messages.kit import section
from bot.messages.snoozes import lapsed
from bot.ports import Clock, Message
from bot.store.announcements import Draft, Mention
from bot.store.database import Database

log = logging.getLogger(__name__)

REST = timedelta(seconds=60)
"""How long a slot waits that Slack did not take."""

Chart = Callable[[str, str], Awaitable[object]]
"""Posts a chart in a channel, in the thread of a message."""


class Announcer:
    """Says in the channel what is outdated, when the schedule wants it and there is something to tell."""

    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        teller: Teller,
        survey: Survey,
        timetable: Timetable,
        living: LivingCard,
        clock: Clock,
        *,
        chart: Chart | None = None,
    ) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._teller = teller
        self._survey = survey
        self._clock = clock
        self._lock = asyncio.Lock()
        self._again: datetime | None = None
        self.timetable = timetable
        self.living = living
        self.chart = chart
        """Called with channel and message after a weekly digest; what it raises is logged."""

    @property
    def schedule(self) -> Schedule | None:
        """The schedule in force; None while announcements are off."""
        return self.timetable.schedule()

    @property
    def channel(self) -> str:
        """Where announcements go."""
        return self.timetable.now().channel

    def first_start(self) -> None:
        """A slot that was due before Retune ever ran here is nobody's business."""
        self._store.announcements.begin(self.channel, self._clock.now())

    def due(self) -> bool:
        """Whether a slot waits for another attempt. Follows changes of the timetable, too; cheap."""
        self.timetable.follow()
        return self._again is not None and self._clock.now() >= self._again

    async def publish_due(self) -> bool:
        """Deals with the newest slot that is due: once on time, or once late after being down."""
        timing = self.timetable.now()
        began = self._store.announcements.began(timing.channel)
        slot = timing.schedule.last_until(self._clock.now()) if timing.schedule else None
        if slot is None or began is None or slot <= began:
            self._again = None
            return False
        return await self._publish(timing, _name(slot), slot, asked=False)

    async def publish(self, slot: str) -> bool:
        """Says everything now because somebody asked; false if Slack does not take it. *slot* names the request."""
        timing = self.timetable.now()
        return await self._publish(timing, slot, self._clock.now().astimezone(timing.zone), asked=True)

    async def _publish(self, timing: Timing, slot: str, at: datetime, *, asked: bool) -> bool:
        async with self._lock:
            if not self._store.announcements.take(timing.channel, slot, self._clock.now()):
                self._again = None
                return False
            try:
                done = await self._say(timing, slot, at, asked=asked)
            except ChatError as error:
                log.warning("the announcement of %s cannot be posted: %s", slot, error.text)
                done = False
            if not asked:
                self._again = None if done else self._clock.now() + REST
            return done

    async def _say(self, timing: Timing, slot: str, at: datetime, *, asked: bool) -> bool:
        """Drafts, posts, remembers. A message that is there already is finished with the draft it was made from."""
        channel, key = timing.channel, f"announcement:{timing.channel}:{slot}"
        ts = await self._teller.look(key)
        draft = self._store.announcements.draft(channel, slot)
        if ts is None or draft is None:
            await self._inventory.refresh()
            draft = await self._draft(timing, at, asked=asked)
            if not draft.messages:
                self._store.announcements.said(channel, slot, draft, self._clock.now(), None)
                return True
            self._store.announcements.intend(channel, slot, draft)
            ts = await self._teller.post(key, channel, draft.messages[0])
            if ts is None:
                return False
        await self._reply(key, channel, ts, draft.messages[1:])
        self._store.announcements.said(channel, slot, draft, self._clock.now(), key)
        if draft.digest:
            await self._draw(channel, ts)
        return True

    async def _reply(self, key: str, channel: str, thread: str, replies: tuple[Message, ...]) -> None:
        """A long list goes on in the thread; that Slack refuses a part of it takes nothing back."""
        try:
            for number, reply in enumerate(replies, start=1):
                await self._teller.post(f"{key}:more:{number}", channel, reply, thread)
        except ChatRefused as error:
            log.warning("the rest of %s cannot be posted: %s", key, error.text)

    async def _draw(self, channel: str, ts: str) -> None:
        if self.chart is None:
            return
        try:
            await self.chart(channel, ts)
        except Exception:  # the announcement is said; a picture must not make it be said again
            log.exception("the chart cannot be posted")

    async def _draft(self, timing: Timing, at: datetime, *, asked: bool) -> Draft:
        said, heard = self._survey.said(), self._store.announcements.heard(timing.channel)
        week = week_of(at.astimezone(timing.zone))
        tells = news(heard, said, week)
        kept = {ref: str(level) for ref, level in levels(said.worth).items()}
        if not (tells.speaks or asked):
            return Draft(kept, heard.all_current, week)
        about = await self._survey.about(said, timing.zone)
        fresh, words = self._mentions(said, about)
        written = announcement(
            said,
            about,
            since=self._since(heard, said, week),
            mentioned=words,
            audio=self._survey.audio(timing.zone),
        )
        return Draft(kept, said.all_current, week, tells.digest, fresh, written)

    def _since(self, heard: Heard, said: Announcement, week: str) -> Since | None:
        if heard.at is None:
            return None
        found = self._store.changes.since(heard.at)
        changes = tuple(change for change in found if change.kind in QUIET and change.at > heard.at)
        return Since(heard.at, news(heard, said, week), changes)

    def _mentions(self, said: Announcement, about: About) -> tuple[tuple[Mention, ...], str]:
        """Whom the message mentions, for what they were never mentioned before."""
        fresh = unmentioned(said.worth, self._store.announcements.mentioned())
        found, words = mentions([j for j in fresh if j.model.ref in about.owners], about)
        return (
            tuple(
                Mention(j.model.ref, j.model.newest or "", str(level_of(j)), about.owners[j.model.ref].id)
                for j in found
            ),
            words,
        )

    async def preview(self) -> tuple[Message, ...]:
        """What an announcement would say now, and its replies. It mentions nobody."""
        timing, said = self.timetable.now(), self._survey.said()
        heard = self._store.announcements.heard(timing.channel)
        week = week_of(self._clock.now().astimezone(timing.zone))
        about = await self._survey.about(said, timing.zone)
        audio = self._survey.audio(timing.zone)
        return announcement(said, about, since=self._since(heard, said, week), audio=audio)

    def state(self) -> Announcement:
        """What there is to say now."""
        return self._survey.said()

    def audio(self) -> int:
        """Seconds of audio sent this month to see recognition warnings."""
        return self._survey.audio(self.timetable.now().zone)

    async def snooze_over(self, snooze: Snooze, why: str) -> bool:
        """Says that a snooze is over, in the thread of the last announcement; true once it is said."""
        channel = self.channel
        key = self._store.announcements.last(channel)
        posted = self._store.messages.get(key or living_key(channel))
        if posted is None or posted.ts is None:
            return False
        judgement = self._inventory.judged_now().of(snooze.subject)
        text = lapsed(snooze, judgement.model.name if judgement else None)
        try:
            ts = await self._teller.post(
                f"snooze:{snooze.id}:over", channel, Message(text, (section(text),)), posted.ts
            )
        except ChatError as error:
            log.warning("the end of snooze %s cannot be said: %s", snooze.id, error.text)
            return False
        return ts is not None


def _name(slot: datetime) -> str:
    return slot.astimezone(UTC).isoformat(timespec="minutes")
