"""Notices: one message in the channel for each freeze and snooze. A flag in the row records that it was posted."""

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
from bot.flows.troubles import Troubles
from bot.messages import freezes, snoozes
from bot.ports import Clock, Message
from bot.store import Store
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

REST = timedelta(minutes=1)
"""Pause after Slack did not accept a message."""


@dataclass(eq=False)
class Notices:
    """Posts by key: calling again, even after a crash, changes nothing."""

    db: Database
    inventory: Inventory
    poster: Poster
    timetable: Timetable
    names: Names
    clock: Clock
    _: KW_ONLY
    channel: str
    """The channel for cards."""
    _rests: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(log, "%s cannot be said: %s", "%s is said now"),
        init=False,
    )

    def due(self, store: Store) -> bool:
        """Whether the channel has not been told of a freeze yet. Runs on the store's thread."""
        return any(store.freezes.unsaid()) and self._rests.may(self.clock.now())

    async def freezes(self) -> None:
        """Post freezes that began, and those that were ended early."""
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
        """Post that a snooze began or was ended early, in the channel; that it ended by itself, in the thread of the
        last announcement. True once it is posted.
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
        """The last announcement, or the living card if none is known."""
        channel = self.timetable.read(store).channel
        return store.messages.get(store.announcements.last(channel) or living_key(channel))

    async def _said(self, key: str, channel: str, message: Message, thread: str | None = None) -> bool:
        try:
            ts = await self._post(key, channel, message, thread)
        except (ChannelShared, ChannelClosed):
            ts = None  # `Rooms` has logged it
        except ChatError as error:
            self._troubles.begin(key, error.text)
            ts = None
        if ts is not None:
            self._troubles.end(key)
        else:
            self._rests.rest(self.clock.now() + REST)
        return ts is not None

    async def _post(self, key: str, channel: str, message: Message, thread: str | None) -> str | None:
        """If the thread is gone, post in the channel, where people see it."""
        try:
            return await self.poster.post(key, channel, message, thread)
        except MessageGone:
            return await self.poster.post(key, channel, message)


def _freezes_begun(ids: list[int], store: Store) -> None:
    store.freezes.begun(ids)


def _freeze_ended(id: int, store: Store) -> None:
    store.freezes.ended(id)
