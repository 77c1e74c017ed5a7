"""Notices: what the channels hear once of freezes and snoozes. A flag in the row says whether it was said."""

from __future__ import annotations

import logging
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from functools import partial
from itertools import groupby

from bot.domain.snoozes import RETUNE, Snooze
from bot.errors import ChannelClosed, ChannelShared, ChatError, MessageGone
from bot.flows.inventory import Inventory
from bot.flows.living import living_key
from bot.flows.names import Names
from bot.flows.posting import Poster
from bot.flows.rests import Rests
from bot.flows.timetable import Timetable
from bot.messages import freezes, snoozes
from bot.ports import Clock, Message
from bot.store import Store
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

REST = timedelta(minutes=1)
"""How long what Slack did not take rests."""


@dataclass(eq=False)
class Notices:
    """Says things by their own keys: whoever asks again, also after a crash, changes nothing."""

    db: Database
    inventory: Inventory
    poster: Poster
    timetable: Timetable
    names: Names
    clock: Clock
    _: KW_ONLY
    channel: str
    """Where cards go."""
    _rests: Rests = field(default_factory=Rests, init=False)

    def due(self, store: Store) -> bool:
        """Whether the channel has not heard of a freeze yet. Work for the store."""
        return any(store.freezes.unsaid()) and self._rests.may(self.clock.now())

    async def freezes(self) -> None:
        """Says which freezes began, and which somebody ended early."""
        begun, ended = await self.db.read(lambda store: store.freezes.unsaid())
        for _, together in groupby(begun, key=lambda one: (one.author, one.at, one.until, one.reason)):
            group = tuple(together)  # one form: one message
            names = await self.names.of([group[0].author])
            message = freezes.begun(group, names)
            if await self._said(f"freeze:{group[0].id}:begun", self.channel, message):
                await self.db.write(partial(_freezes_begun, [one.id for one in group]))
        for freeze in ended:
            names = await self.names.of(filter(None, [freeze.author, freeze.ended_by]))
            if await self._said(f"freeze:{freeze.id}:ended", self.channel, freezes.ended(freeze, names)):
                await self.db.write(partial(_freeze_ended, freeze.id))

    async def snooze(self, snooze: Snooze) -> bool:
        """Says that a snooze began or that somebody ended it, in the channel; that it is over by itself, in the thread
        of the last announcement. True once it is said.
        """
        judgement = (await self.inventory.judged()).of(snooze.subject)
        name = judgement.model.name if judgement else None
        if snooze.ended_at is not None and snooze.ended_by == RETUNE:
            posted = await self.db.read(self._last)
            if posted is None or posted.ts is None:
                return False
            message = snoozes.lapsed(snooze, name)
            return await self._said(f"snooze:{snooze.id}:over", posted.channel, message, posted.ts)
        channel = (await self.timetable.now()).channel
        names = await self.names.of(filter(None, [snooze.author, snooze.ended_by]))
        if snooze.ended_at is None:
            return await self._said(f"snooze:{snooze.id}:begun", channel, snoozes.begun(snooze, names))
        return await self._said(f"snooze:{snooze.id}:ended", channel, snoozes.ended_early(snooze, names))

    def _last(self, store: Store) -> Posted | None:
        """The last announcement, or the living card where none is known."""
        channel = self.timetable.read(store).channel
        return store.messages.get(store.announcements.last(channel) or living_key(channel))

    async def _said(self, key: str, channel: str, message: Message, thread: str | None = None) -> bool:
        try:
            ts = await self._post(key, channel, message, thread)
        except (ChannelShared, ChannelClosed):
            ts = None  # `Rooms` has said it
        except ChatError as error:
            log.warning("%s cannot be said: %s", key, error.text)
            ts = None
        if ts is None:
            self._rests.rest(self.clock.now() + REST)
        return ts is not None

    async def _post(self, key: str, channel: str, message: Message, thread: str | None) -> str | None:
        """Where the thread is gone it is said in the channel, where people see it."""
        try:
            return await self.poster.post(key, channel, message, thread)
        except MessageGone:
            return await self.poster.post(key, channel, message)


def _freezes_begun(ids: list[int], store: Store) -> None:
    store.freezes.begun(ids)


def _freeze_ended(id: int, store: Store) -> None:
    store.freezes.ended(id)
