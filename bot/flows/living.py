"""The living card: one pinned message that always shows the present state. It is edited, so it disturbs nobody."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from bot.errors import ChatError, ChatRefused
from bot.flows.inventory import Inventory, Judged
from bot.flows.survey import Survey
from bot.flows.telling import Teller
from bot.flows.timetable import Timetable
from bot.messages.announcements import living, moved
from bot.ports import Chat, Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

PACE = timedelta(minutes=1)
"""The shortest time between two edits, and the rest after Slack refused one."""

LOOK = timedelta(seconds=5)
"""The shortest time between two looks at what it shows."""

_State = tuple[Judged, int, str, date, str]


def living_key(channel: str) -> str:
    """The key of the living card of a channel."""
    return f"living:{channel}"


class LivingCard:
    """Appears with the first announcement of a channel, and stays true from then on."""

    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        teller: Teller,
        survey: Survey,
        timetable: Timetable,
        chat: Chat,
        clock: Clock,
    ) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._teller = teller
        self._survey = survey
        self._timetable = timetable
        self._chat = chat
        self._clock = clock
        self._looked: datetime | None = None
        self._tried: datetime | None = None
        self._shows: _State | None = None
        self._at_work = False

    def due(self) -> bool:
        """Whether what it shows can have changed. Called every second: a few reads, and nothing else."""
        now = self._clock.now()
        if self._at_work or (self._looked is not None and now - self._looked < LOOK):
            return False
        self._looked = now
        if self._tried is not None and now - self._tried < PACE:
            return False
        channel = self._timetable.now().channel
        if self._store.announcements.last(channel) is None or not self._survey.readable():
            return bool(self._store.announcements.left(channel))
        before = self._shows
        state = self._state()
        return before is None or before[1:] != state[1:] or before[0] is not state[0]

    def _state(self) -> _State:
        """Everything that the card is drawn from; the same as before means: nothing to do."""
        timing = self._timetable.now()
        today = self._clock.now().astimezone(timing.zone).date()
        judged, shown = self._inventory.judged_now(), self._store.announcements.shown()
        return judged, self._store.runs.changes(), shown, today, timing.revision

    async def ring(self) -> None:
        """Brings it up to date; pins it once; says in a channel that was left where it went."""
        if self._at_work:
            return
        self._at_work = True
        try:
            await self._leave()
            await self._show()
        except ChatError as error:
            self._tried = self._clock.now()
            log.warning("the living card cannot be shown: %s", error.text)
        finally:
            self._at_work = False

    async def _show(self) -> None:
        timing = self._timetable.now()
        if self._store.announcements.last(timing.channel) is None:
            return
        state, said = self._state(), self._survey.said()
        message = living(said, await self._survey.about(said, timing.zone), timing)
        key = living_key(timing.channel)
        before = self._store.messages.get(key)
        ts = await self._teller.keep(key, timing.channel, message)
        after = self._store.messages.get(key)
        if before != after:
            self._tried = self._clock.now()
        if ts is None:
            return
        if self._store.announcements.pinned(timing.channel) != ts:
            await self._pin(timing.channel, ts)
        self._shows = state

    async def _pin(self, channel: str, ts: str) -> None:
        """Where pinning is refused (too many pins, say), the card is as true without; nobody asks again."""
        try:
            await self._chat.pin(channel, ts)
        except ChatRefused as error:
            log.warning("the living card cannot be pinned: %s", error.text)
        self._store.announcements.pin(channel, ts)

    async def _leave(self) -> None:
        here = self._timetable.now().channel
        for channel in self._store.announcements.left(here):
            try:
                await self._teller.keep(living_key(channel), channel, moved(here))
            except ChatRefused as error:
                log.warning("the living card in %s cannot be edited: %s", channel, error.text)
            self._store.announcements.pin(channel, None)

    async def link(self) -> str | None:
        """The address of the card; None while there is none, or Slack does not tell."""
        channel = self._timetable.now().channel
        posted = self._store.messages.get(living_key(channel))
        if posted is None or posted.ts is None:
            return None
        try:
            return await self._chat.link(channel, posted.ts)
        except ChatError as error:
            log.warning("the address of the living card is not known: %s", error.text)
            return None
