"""Twins: how long after a lost answer a post may still arrive, and how duplicates are removed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.errors import ChatError, MessageGone
from bot.flows.rests import PACE, Rests
from bot.flows.troubles import Troubles
from bot.ports import Chat, Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

IN_FLIGHT = timedelta(seconds=15)
"""A post may be in progress for this long, in any process, before we check whether it arrived."""

SETTLED = timedelta(minutes=1)
"""After trouble a message does not count as shown for this long: a lost request may overtake it."""

LONGEST = timedelta(minutes=10)
"""Longest pause for a message that Slack keeps showing differently after edits."""

LOOKS = (IN_FLIGHT, SETTLED, LONGEST)
"""Times after trouble to check whether a lost post arrived after all."""


EARLIER = timedelta(days=3)
"""Search this much before a post was begun: our clock may have been ahead of Slack's."""


@dataclass(eq=False)
class Twins:
    """Deletes posts that seemed lost, were posted again and then arrived; keeps the recorded one."""

    chat: Chat
    db: Database
    clock: Clock
    _looks: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(
            log, "whether %s is there twice is not known: %s", "whether %s is there twice is known again"
        ),
        init=False,
    )

    def due(self, store: Store) -> bool:
        """Whether a message may be there twice and should be checked now. Runs on the store's thread."""
        return bool(self._untidy(store))

    async def tidy(self) -> None:
        """Check each of them, and set when to check again."""
        for posted in await self.db.read(self._untidy):
            since = (posted.twin_at or posted.intended_at) - EARLIER
            try:
                found = await self.chat.find(posted.channel, posted.key, thread=posted.thread, since=since)
                await remove(self.chat, posted, (ts for ts in found if ts != posted.ts))
            except MessageGone:
                log.debug("the thread of %s is gone, and a second one with it", posted.key)
            except ChatError as error:
                self._troubles.begin(posted.key, error.text)
                self._looks.rest(self.clock.now() + max(PACE, timedelta(seconds=error.retry_after)), posted.key)
                continue
            self._troubles.end(posted.key)
            if later := next_look(posted.intended_at, self.clock.now()):
                self._looks.rest(later, posted.key)
            else:
                await self.db.write(partial(_alone, posted))

    def _untidy(self, store: Store) -> list[Posted]:
        now = self.clock.now()
        return [posted for posted in store.messages.twins(now - IN_FLIGHT) if self._looks.may(now, posted.key)]


async def remove(chat: Chat, posted: Posted, strays: Iterable[str]) -> None:
    """Delete messages that carry one of our keys but are not that message. Raises a `ChatError`."""
    for ts in strays:
        log.warning("%s is there twice, or at the wrong place; the one at %s is deleted", posted.key, ts)
        await chat.delete(posted.channel, ts)


def next_look(since: datetime, now: datetime) -> datetime | None:
    """When to check a doubtful message again; None once nothing can arrive any more."""
    over = abs(now - since)
    return next((since + look for look in LOOKS if look > over), None)


def within(span: timedelta, since: datetime, now: datetime) -> bool:
    """Whether less than *span* has passed. If the moment is that far ahead, the clock was set back."""
    return abs(now - since) < span


def _alone(posted: Posted, store: Store) -> None:
    store.messages.alone(posted)
