"""Announcements: publishes one slot once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from bot.domain.announcements import Schedule, compose
from bot.domain.runs import OPEN
from bot.errors import ChatError
from bot.flows.inventory import Inventory
from bot.flows.telling import Teller
from bot.messages.announcement import announcement
from bot.ports import Clock, Message
from bot.store import Store

log = logging.getLogger(__name__)


class Announcer:
    """Says in the channel what is outdated, when the schedule wants it."""

    def __init__(
        self, store: Store, inventory: Inventory, teller: Teller, clock: Clock, schedule: Schedule, channel: str
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._teller = teller
        self._clock = clock
        self.schedule = schedule
        self.channel = channel

    def first_start(self) -> None:
        """A slot that was due before Retune ever ran here is nobody's business."""
        now = self._clock.now()
        slot = self.schedule.last_until(now)
        if slot is not None and not self._store.announcements.any(self.channel):
            self._store.announcements.take(self.channel, _name(slot), now)
            self._store.announcements.said(self.channel, _name(slot))

    async def publish_due(self) -> bool:
        """Publishes the newest slot that is due and not said: once on time, or once late after being down."""
        slot = self.schedule.last_until(self._clock.now())
        return slot is not None and await self.publish(_name(slot))

    async def publish(self, slot: str) -> bool:
        """Publishes one slot; false if it was said before or Slack does not take it now (a later call tries again)."""
        if not self._store.announcements.take(self.channel, slot, self._clock.now()):
            return False
        await self._inventory.refresh()
        try:
            ts = await self._teller.post(f"announcement:{self.channel}:{slot}", self.channel, self.preview())
        except ChatError as error:
            log.warning("the announcement of %s cannot be posted: %s", slot, error.text)
            return False
        if ts is None:
            return False
        self._store.announcements.said(self.channel, slot)
        return True

    def preview(self) -> Message:
        """What an announcement would say now."""
        judged = self._inventory.judged()
        unread = [r.name for r in judged.snapshot.instances.values() if r.failing_since is not None]
        asked = frozenset(run.plan.model.ref for run in self._store.runs.in_state(*OPEN))
        today = self._clock.now().astimezone(self.schedule.zone).date()
        return announcement(compose(judged.judgements, unread), asked, today)


def _name(slot: datetime) -> str:
    return slot.astimezone(UTC).isoformat(timespec="minutes")
