"""Twins: how long after a lost answer something may still arrive, and what is done about what arrived twice."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.errors import ChatError, MessageGone
from bot.flows.rests import PACE, Rests
from bot.ports import Chat, Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

IN_FLIGHT = timedelta(seconds=15)
"""How long a post may be under way, in this process or another, before we look whether it arrived."""

SETTLED = timedelta(minutes=1)
"""How long after trouble a message is not called shown, though Slack shows it: what was lost may overtake it."""

LONGEST = timedelta(minutes=10)
"""The longest rest of a message that Slack goes on to show differently, however often it is edited."""

LOOKS = (IN_FLIGHT, SETTLED, LONGEST)
"""How long after trouble we look again whether what was lost has arrived after all."""


EARLIER = timedelta(days=3)
"""How far our clock may have been ahead of Slack's when a post was begun: so much earlier it is looked for."""


@dataclass(eq=False)
class Twins:
    """What arrived after it had seemed lost and was posted again is deleted; the one that we remember stays."""

    chat: Chat
    db: Database
    clock: Clock
    _looks: Rests = field(default_factory=Rests, init=False)

    def due(self, store: Store) -> bool:
        """Whether a message may be there twice, and it is time to look. Work for the store."""
        return bool(self._untidy(store))

    async def tidy(self) -> None:
        """Looks for each of them, and says when it is looked for again."""
        for posted in await self.db.read(self._untidy):
            since = (posted.twin_at or posted.intended_at) - EARLIER
            try:
                found = await self.chat.find(posted.channel, posted.key, thread=posted.thread, since=since)
                await remove(self.chat, posted, (ts for ts in found if ts != posted.ts))
            except MessageGone:
                log.debug("the thread of %s is gone, and a second one with it", posted.key)
            except ChatError as error:
                log.warning("whether %s is there twice is not known: %s", posted.key, error.text)
                self._looks.rest(self.clock.now() + max(PACE, timedelta(seconds=error.retry_after)), posted.key)
                continue
            if later := next_look(posted.intended_at, self.clock.now()):
                self._looks.rest(later, posted.key)
            else:
                await self.db.write(partial(_alone, posted))

    def _untidy(self, store: Store) -> list[Posted]:
        now = self.clock.now()
        return [posted for posted in store.messages.twins(now - IN_FLIGHT) if self._looks.may(now, posted.key)]


async def remove(chat: Chat, posted: Posted, strays: Iterable[str]) -> None:
    """Deletes messages that carry the key of one of ours and are not it. Raises a `ChatError`."""
    for ts in strays:
        log.warning("%s is there twice, or at the wrong place; the one at %s is deleted", posted.key, ts)
        await chat.delete(posted.channel, ts)


def next_look(since: datetime, now: datetime) -> datetime | None:
    """When we look again at what is in doubt; None once nothing can arrive late any more."""
    over = abs(now - since)
    return next((since + look for look in LOOKS if look > over), None)


def within(span: timedelta, since: datetime, now: datetime) -> bool:
    """Whether less than *span* is over. A moment that is further ahead than that says that the clock was set back."""
    return abs(now - since) < span


def _alone(posted: Posted, store: Store) -> None:
    store.messages.alone(posted)
