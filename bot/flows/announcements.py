"""Announcements: posts each slot once, and only if there is something to tell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from bot.domain.announcements import COOL_DOWN, Findings, Sent, cools_until
from bot.domain.changes import QUIET, Change
from bot.domain.findings import PIECE, Level, Told, level_of, levels, news, unmentioned, week_of
from bot.domain.ranking import ranked
from bot.domain.timing import Timing
from bot.domain.verdicts import Judgement
from bot.errors import ChannelClosed, ChannelShared, ChatError, ChatRefused, Refusal
from bot.flows.charts import Charter
from bot.flows.inventory import Inventory
from bot.flows.model_files import ModelFiles
from bot.flows.posting import Poster
from bot.flows.rests import Rests
from bot.flows.survey import Survey
from bot.flows.timetable import Timetable
from bot.flows.troubles import Troubles
from bot.messages.announcement_thread import IN_ALL, filed
from bot.messages.announcements import Since, announcement, those_asked
from bot.messages.findings import About
from bot.messages.model_sheet import missing
from bot.messages.text import counted
from bot.messages.timetable import too_soon
from bot.ports import Clock, Message
from bot.store import Store
from bot.store.announcements import Draft, Mention
from bot.store.database import Database
from bot.turns import Work, in_turns

log = logging.getLogger(__name__)

REST = timedelta(seconds=60)
"""Pause after Slack did not accept a slot's message."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One occasion for an announcement. *name* is unique in its channel; a slot that a person *asked* for is always
    posted.

    *by* is the person who asked, for the audit.
    """

    timing: Timing
    name: str
    at: datetime
    asked: bool = False
    by: str = "retune"

    @property
    def channel(self) -> str:
        """The channel it is posted in."""
        return self.timing.channel

    @property
    def key(self) -> str:
        """The key of its message."""
        return f"announcement:{self.channel}:{self.name}"

    @property
    def week(self) -> str:
        """Its week, in the timetable's time zone."""
        return week_of(self.at.astimezone(self.timing.zone))


@dataclass(eq=False)
class Announcer:
    """Posts announcements when they are due. Raises `StoreUnavailable`; a later attempt continues from there."""

    db: Database
    inventory: Inventory
    poster: Poster
    survey: Survey
    timetable: Timetable
    charter: Charter
    lists: ModelFiles
    clock: Clock
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _rests: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(
            log, "the announcement of %s cannot be posted: %s", "the announcement of %s is posted now"
        ),
        init=False,
    )

    async def announce_due(self) -> bool:
        """Post the latest due slot, however late; true once that is settled. Does nothing while another announcement is
        in progress.
        """
        if self._lock.locked():
            return False
        async with self._lock:
            now = self.clock.now()
            timing, began, slot = await self.db.read(partial(self._due, now))
            # Slots from before the first start are not made up; the clock may be wrong.
            if began is None or began > now:
                await self.db.write(
                    lambda store: store.announcements.begin(timing.channel, now, again=began is not None)
                )
            if slot is None or not self._rests.may(now, slot.key):
                return False
            done = await self._announce(slot)
            if not done:
                self._rests.rest(self.clock.now() + REST, slot.key)
            return done

    def _due(self, now: datetime, store: Store) -> tuple[Timing, datetime | None, Slot | None]:
        """The timetable, the start of its slots, and the latest slot that is due and not yet posted."""
        timing = self.timetable.read(store)
        began = store.announcements.began(timing.channel)
        at = timing.schedule.last_until(now) if timing.schedule else None
        if at is None or began is None or at <= began:
            return timing, began, None
        slot = Slot(timing, at.astimezone(UTC).isoformat(timespec="minutes"), at)
        return timing, began, None if store.announcements.is_said(slot.channel, slot.name) else slot

    def late(self, store: Store, now: datetime) -> datetime | None:
        """Since when an announcement is due that was neither posted nor skipped; None if there is none."""
        _, _, slot = self._due(now, store)
        return slot.at if slot is not None else None

    async def announce_now(self, request: str, by: str = "retune") -> bool:
        """Post everything because a person asked; false if Slack does not accept it. Each *request* is posted once.

        One that was begun and is unsaid goes on instead. Raises `Refusal` soon after another announcement,
        `ChannelShared` and `ChannelClosed`.
        """
        async with self._lock:
            slot = Slot(await self.timetable.now(), request, self.clock.now(), asked=True, by=by)

            def look(store: Store) -> tuple[bool, Sent | None, bool]:
                said, last = store.announcements.is_said, store.announcements.sent(slot.channel)
                return said(slot.channel, slot.name), last, last is not None and said(slot.channel, last.slot)

            known, last, over = await self.db.read(look)
            if known:
                return True
            if last is not None and cools_until(last, slot.at) is not None:
                if over:
                    raise _too_soon(slot, last)
                slot = replace(slot, name=last.slot, by=last.by)
            return await self._announce(slot)

    async def _announce(self, slot: Slot) -> bool:
        try:
            done = await self._say(slot)
        except ChatError as error:
            await self.db.write(partial(_not_sent, slot))
            if isinstance(error, ChannelShared | ChannelClosed):
                if slot.asked:
                    raise
                return False
            self._troubles.begin(slot.name, error.text)
            return False
        if done:
            self._troubles.end(slot.name)
        return done

    async def _say(self, slot: Slot) -> bool:
        """Draft, post, record. If the message already exists, it is finished with the draft it was made from."""
        ts = await self.poster.look(slot.key)
        begun = await self.db.read(lambda store: store.announcements.draft(slot.channel, slot.name))
        if ts is not None and begun is not None:
            return await self._finish(slot, begun, ts)
        await self.inventory.refresh()
        draft = await self._draft(slot)
        if not draft.messages:
            return await self._said(slot, draft, None)
        now = self.clock.now()

        def intend(store: Store) -> Sent | None:
            last = store.announcements.sent(slot.channel)
            if slot.asked and last is not None and last.slot != slot.name and cools_until(last, now):
                return last  # another process was faster
            store.announcements.intend(slot.channel, slot.name, draft.plainly, now, slot.by)
            return None

        if (faster := await self.db.write(intend)) is not None:
            raise _too_soon(slot, faster)
        ts = await self.poster.post(slot.key, slot.channel, draft.messages[0])
        return ts is not None and await self._finish(slot, draft, ts)

    async def _finish(self, slot: Slot, draft: Draft, ts: str) -> bool:
        """Continue a long list in the thread. If Slack refuses a part, the announcement still stands."""
        try:
            for number, reply in enumerate(draft.messages[1:], start=1):
                await self.poster.post(f"{slot.key}:more:{number}", slot.channel, reply, ts)
        except ChatRefused as error:
            log.warning("the rest of %s cannot be posted: %s", slot.key, error.text)
        await self._said(slot, draft, slot.key)
        if filed(draft.count):
            found = await self.survey.findings()
            if not await self.lists.accompany(slot.channel, ts, ranked(found.lists), found.count):
                await self._unlisted(slot, ts)
        if draft.digest:
            await self.charter.accompany(slot.channel, ts)
        return True

    async def _unlisted(self, slot: Slot, ts: str) -> None:
        """The message promises a file: if none was posted, the thread says how to get it."""
        try:
            await self.poster.post(f"{slot.key}:no-file", slot.channel, missing(), ts)
        except ChatError as error:
            log.warning("that the list of %s is left out cannot be said: %s", slot.name, error.text)

    async def _said(self, slot: Slot, draft: Draft, key: str | None) -> bool:
        now = self.clock.now()

        def write(store: Store) -> None:
            if key is not None and not store.announcements.is_said(slot.channel, slot.name):
                detail = f"in {slot.channel}: {counted(draft.count, 'model')} to act on"
                store.audit.note(now, slot.by, "announcement", detail=detail)
            store.announcements.said(slot.channel, slot.name, draft, now, key)

        await self.db.write(write, done=True)
        return True

    async def _draft(self, slot: Slot, *, mention: bool = True) -> Draft:
        found = await self.survey.findings()
        told, changes = await self.db.read(partial(_known, slot.channel))
        now = await in_turns(levels(chain.from_iterable(found.lists)))
        tells = await in_turns(news(told, found, now, slot.week))
        kept = await in_turns(_by_level(now)) if mention else {}
        if not (tells.speaks or slot.asked):
            return Draft(kept, told.all_current, slot.week)
        about = await self.survey.about(found, slot.timing.zone)
        asked = await self._asked(found, about)
        since = Since(told.at, tells, changes) if told.at else None
        audio = await self.survey.audio(slot.timing.zone)
        written = await in_turns(announcement(found, about, since=since, asked=asked, loud=mention, audio=audio))
        mentions = tuple(map(partial(_mention, about), asked)) if mention else ()
        return Draft(kept, found.all_current, slot.week, tells.digest, mentions, written)

    async def preview_for(self, user: str) -> tuple[Message, ...]:
        """As `preview`, for a person, and recorded in the audit."""
        messages, now = await self.preview(), self.clock.now()
        await self.db.write(lambda store: store.audit.note(now, user, "preview"))
        return messages

    async def _asked(self, found: Findings, about: About) -> tuple[Judgement, ...]:
        """The models whose owners it asks: those never asked for what they are now."""
        owned = [j for j in found.worth[:IN_ALL] if j.model.ref in about.owners]
        refs = [j.model.ref for j in owned]
        mentioned = await self.db.read(lambda store: store.announcements.mentioned(refs))
        return those_asked(unmentioned(owned, mentioned), about)

    async def preview(self) -> tuple[Message, ...]:
        """What an announcement would say now, with its replies. It mentions no one."""
        slot = Slot(await self.timetable.now(), "", self.clock.now(), asked=True)
        return (await self._draft(slot, mention=False)).messages


def _mention(about: About, judgement: Judgement) -> Mention:
    model = judgement.model
    return Mention(model.ref, model.newest or "", str(level_of(judgement)), about.owners[model.ref].id)


def _not_sent(slot: Slot, store: Store) -> None:
    if store.messages.get(slot.key) is None:  # else it is there, or another process is posting it
        store.announcements.not_sent(slot.channel, slot.name)


def _too_soon(slot: Slot, last: Sent) -> Refusal:
    return Refusal(too_soon(slot.channel, last, last.at + COOL_DOWN), markup=True)


def _known(channel: str, store: Store) -> tuple[Told, tuple[Change, ...]]:
    """What a channel was told last, and the changes since."""
    told = store.announcements.told(channel)
    found = store.changes.since(told.at) if told.at else ()
    changes = tuple(change for change in found if change.kind in QUIET and told.at and change.at > told.at)
    return told, changes


def _by_level(found: Mapping[str, Level]) -> Work[dict[str, list[str]]]:
    kept: dict[str, list[str]] = {}
    for number, (ref, level) in enumerate(found.items()):
        kept.setdefault(str(level), []).append(ref)
        if number % PIECE == 0:
            yield
    return kept
