"""The living card: one pinned message with the current state. It is edited, so it notifies no one."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.domain.judged import Judged
from bot.domain.timing import Timing
from bot.errors import ChannelClosed, ChannelShared, ChatError, ChatRefused
from bot.flows.inventory import Inventory
from bot.flows.posting import Poster
from bot.flows.rests import Rests
from bot.flows.survey import Survey
from bot.flows.timetable import Timetable
from bot.flows.troubles import Troubles
from bot.messages.living import living, moved
from bot.ports import Chat, Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

CARD = "the living card"

PACE = timedelta(minutes=1)
"""Shortest time between two edits, and the pause after Slack refused one."""

_State = tuple[int, tuple[int, int], str, date, str]
"""Everything the card is drawn from; if it is unchanged, there is nothing to do."""


def living_key(channel: str) -> str:
    """The key of the living card of a channel."""
    return f"living:{channel}"


@dataclass(eq=False)
class LivingCard:
    """Appears with the first announcement in a channel and is kept up to date from then on."""

    db: Database
    inventory: Inventory
    poster: Poster
    survey: Survey
    timetable: Timetable
    chat: Chat
    clock: Clock
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _rests: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(log, "%s cannot be shown: %s", "%s is shown again"),
        init=False,
    )
    _shows: _State | None = field(default=None, init=False)

    def due(self, store: Store, judged: Judged) -> bool:
        """Whether it may be edited now and its content may have changed. Called every second: only a few reads."""
        if self._lock.locked() or not self._rests.may(self.clock.now()):
            return False
        timing = self.timetable.read(store)
        if store.announcements.last(timing.channel) is None or judged.untried:
            return bool(store.announcements.left(timing.channel))
        same = self._shows == self._state(store, judged, timing)
        return not same or bool(self.poster.doubtful(store, living_key(timing.channel)))

    def _state(self, store: Store, judged: Judged, timing: Timing) -> _State:
        today = self.clock.now().astimezone(timing.zone).date()
        return judged.state, store.requests.changes(), store.announcements.shown(), today, timing.revision

    async def ring(self) -> None:
        """Bring it up to date; pin it once; in a channel it left, say where it went."""
        if self._lock.locked():
            return
        async with self._lock:
            try:
                await self._leave()
                await self._show()
                self._troubles.end(CARD)
            except (ChannelShared, ChannelClosed):
                self._rests.rest(self.clock.now() + PACE)
            except ChatError as error:
                self._rests.rest(self.clock.now() + PACE)
                self._troubles.begin(CARD, error.text)

    async def _show(self) -> None:
        judged = await self.inventory.judged()

        def look(store: Store) -> tuple[Timing, bool, Posted | None, _State]:
            timing = self.timetable.read(store)
            begun = store.announcements.last(timing.channel) is not None
            return timing, begun, self._posted(store), self._state(store, judged, timing)

        timing, begun, before, state = await self.db.read(look)
        if not begun:
            return
        found = await self.survey.findings()
        message = living(found, await self.survey.live(), timing)
        ts = await self.poster.keep(living_key(timing.channel), timing.channel, message)
        after, pinned = await self.db.read(
            lambda store: (self._posted(store), store.announcements.pinned(timing.channel))
        )
        if ts is None or after != before:
            self._rests.rest(self.clock.now() + PACE)
        if ts is None:
            return
        if pinned != ts:
            try:
                await self.chat.pin(timing.channel, ts)
            except ChatRefused as error:  # e.g. too many pins: the card works without, so it is not tried again
                log.warning("the living card cannot be pinned: %s", error.text)
            await self._note_pin(timing.channel, ts)
        self._shows = state

    async def _note_pin(self, channel: str, ts: str | None) -> None:
        await self.db.write(lambda store: store.announcements.pin(channel, ts))

    async def _leave(self) -> None:
        here = (await self.timetable.now()).channel
        for channel in await self.db.read(lambda store: store.announcements.left(here)):
            try:
                await self.poster.keep(living_key(channel), channel, moved(here))
            except ChatRefused as error:
                log.warning("the living card in %s cannot be edited: %s", channel, error.text)
            await self._note_pin(channel, None)

    async def link(self) -> str | None:
        """The link to the card; None if there is no card, or Slack does not tell."""
        posted = await self.db.read(self._posted)
        if posted is None or posted.ts is None:
            return None
        try:
            return await self.chat.link(posted.channel, posted.ts)
        except ChatError as error:
            log.warning("the address of the living card is not known: %s", error.text)
            return None

    def _posted(self, store: Store) -> Posted | None:
        return store.messages.get(living_key(self.timetable.read(store).channel))
