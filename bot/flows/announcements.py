"""Announcements: publishes a slot once, and only when there is something to say; keeps the living card true."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.announcements import (
    Announcement,
    Occasion,
    Schedule,
    check_rule,
    compose,
    level,
    newly_found,
    occasion,
    remembered,
)
from bot.domain.changes import ChangeKind
from bot.domain.runs import OPEN
from bot.domain.snoozes import Snooze
from bot.errors import ChatError, Refusal
from bot.flows.inventory import Inventory
from bot.flows.owning import Owning
from bot.flows.telling import Teller
from bot.messages.announcement import About, announcement, living
from bot.messages.kit import section
from bot.messages.snooze import lapsed
from bot.ports import Chat, Clock, Message
from bot.store import Store

log = logging.getLogger(__name__)

PACE = timedelta(minutes=1)
"""The shortest time between two looks at the living card."""

AGAIN = timedelta(minutes=1)
"""When a slot is tried again that Slack did not take."""

RULE, ZONE, CHANNEL, SWITCH, PINNED = "rule", "zone", "channel", "announcements", "pinned"
"""What can be chosen instead of the settings."""


class Chart(Protocol):
    """Puts a picture of the last weeks beside a digest; its faults are its own."""

    async def __call__(self, channel: str, thread: str) -> object:
        """Posts it."""


class Announcer:
    """Says in the channel what is outdated, when the schedule wants it and something is new."""

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        teller: Teller,
        chat: Chat,
        owning: Owning,
        clock: Clock,
        schedule: Schedule,
        channel: str,
        *,
        chart: Chart | None = None,
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._teller = teller
        self._chat = chat
        self._owning = owning
        self._clock = clock
        self._schedule = schedule
        self._channel = channel
        self._chart = chart
        self._shown: object = None
        self._looked: datetime | None = None
        self._again_at: datetime | None = None
        self.rescheduled: Callable[[], None] = lambda: None
        """Called when people chose another schedule; set by who rings."""

    @property
    def schedule(self) -> Schedule:
        """When announcements are due: as people chose, else as the operator set."""
        kept = self._store.announcements
        zone = kept.choice(ZONE)
        return Schedule(kept.choice(RULE) or self._schedule.rule, ZoneInfo(zone) if zone else self._schedule.zone)

    @property
    def channel(self) -> str:
        """Where they go."""
        return self._store.announcements.choice(CHANNEL) or self._channel

    @property
    def on(self) -> bool:
        """Whether announcements come by themselves."""
        return self._store.announcements.choice(SWITCH) != "off"

    def first_start(self) -> None:
        """A slot that was due before Retune ever ran here is nobody's business."""
        if not self._store.announcements.any(self.channel):
            self._pass_over()

    def _pass_over(self) -> None:
        """Takes the newest slot that was due as said."""
        now = self._clock.now()
        slot = self.schedule.last_until(now)
        if slot is not None:
            self._store.announcements.take(self.channel, _name(slot), now)
            self._store.announcements.said(self.channel, _name(slot))

    async def publish_due(self) -> bool:
        """Publishes the newest slot that is due and not said: once on time, or once late after being down."""
        self._again_at = None
        slot = self.schedule.last_until(self._clock.now())
        return self.on and slot is not None and await self.publish(_name(slot))

    def again(self) -> bool:
        """Whether a slot that Slack did not take is to be tried again."""
        return self._again_at is not None and self._clock.now() >= self._again_at

    async def publish(self, slot: str, *, asked: bool = False) -> bool:
        """Publishes one slot if it has something new to say, or was *asked* for.

        False if it was said before, or Slack does not take it now: a later call tries again.
        """
        channel, now = self.channel, self._clock.now()
        if not self._store.announcements.take(channel, slot, now):
            return False
        await self._inventory.refresh()
        said = self._compose()
        last = self._store.announcements.last(channel)
        why = occasion(said, last, now, self.schedule.zone)
        if why is None and not asked:
            self._store.announcements.said(channel, slot)
            return True
        new = newly_found(said, self._store.announcements.mentioned(channel))
        first, *more = announcement(said, self._about(said, owners_of=new, since=last.at if last else now))
        try:
            ts = await self._teller.post(f"announcement:{channel}:{slot}", channel, first)
            if ts is None:
                self._again_at = now + AGAIN
                return False
            for number, part in enumerate(more, start=1):
                await self._teller.post(f"announcement:{channel}:{slot}:more:{number}", channel, part, ts)
        except ChatError as error:
            log.warning("the announcement of %s cannot be posted: %s", slot, error.text)
            self._again_at = now + AGAIN
            return False
        levels = {judgement.model.ref: level(judgement) for judgement in said.worth}
        self._store.announcements.published(channel, slot, remembered(said, last), levels, now)
        if why in (Occasion.DIGEST, Occasion.FIRST) and self._chart is not None:
            await self._chart(channel, ts)
        return True

    def preview(self) -> Message:
        """What an announcement would say now; it mentions nobody."""
        said = self._compose()
        return announcement(said, self._about(said))[0]

    def _compose(self) -> Announcement:
        judged = self._inventory.judged()
        unread = [r.name for r in judged.snapshot.instances.values() if r.failing_since is not None]
        return compose(judged.judgements, unread, self._store.snoozes.in_force(), self._clock.now())

    def _about(
        self, said: Announcement, *, owners_of: frozenset[str] = frozenset(), since: datetime | None = None
    ) -> About:
        now = self._clock.now()
        asked = frozenset(run.plan.model.ref for run in self._store.runs.in_state(*OPEN))
        owners = self._owning.owners_of(j.model for j in said.worth if j.model.ref in owners_of) if owners_of else {}
        changes = self._store.changes.since(since) if since is not None else ()
        month = now.astimezone(self.schedule.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return About(
            today=now.astimezone(self.schedule.zone).date(),
            asked=asked,
            owners={ref: owner.id for ref, owner in owners.items()},
            audio=self._store.audit.count("probe", month),
            made=sum(1 for change in changes if change.kind is ChangeKind.CREATED),
            trained=sum(1 for change in changes if change.kind is ChangeKind.TRAINED),
        )

    def living_due(self) -> bool:
        """Whether the living card may show something old. Cheap: nothing is composed while nothing changed."""
        now = self._clock.now()
        if self._looked is not None and now - self._looked < PACE:
            return False
        judged = self._inventory.judged()
        read = all(reading.read_at is not None for reading in judged.snapshot.instances.values())
        state = (id(judged), self._store.runs.changes(), self._store.snoozes.in_force(), self.channel, now.date())
        if not read or state == self._shown:
            return False
        self._looked, self._shown = now, state
        return True

    async def live(self) -> None:
        """Posts the living card once for each channel, pins it, and edits it when what it says changed."""
        channel = self.channel
        said = self._compose()
        key = _living(channel)
        try:
            ts = await self._teller.keep(key, channel, living(said, self._about(said)))
            if ts is None:
                self._shown = None
                return
            if self._store.announcements.choice(f"{PINNED}:{channel}") != ts:
                await self._chat.pin(channel, ts)
                self._store.announcements.choose(f"{PINNED}:{channel}", ts, "retune", self._clock.now())
        except ChatError as error:
            self._shown = None
            log.warning("the living card cannot be shown: %s", error.text)

    async def over(self, snooze: Snooze, why: str) -> bool:
        """Says the end of a snooze in the thread of the last announcement, else of the living card, else alone."""
        channel = self.channel
        last = self._store.announcements.last(channel)
        places = [f"announcement:{channel}:{last.slot}"] if last else []
        known = [self._store.messages.get(key) for key in (*places, _living(channel))]
        thread = next((posted.ts for posted in known if posted is not None and posted.ts is not None), None)
        judgement = self._inventory.judged().of(snooze.subject)
        text = lapsed(snooze, judgement.model.name if judgement else None)
        try:
            said = await self._teller.post(f"snooze:{snooze.id}:over", channel, Message(text, (section(text),)), thread)
        except ChatError as error:
            log.warning("the end of a snooze cannot be said: %s", error.text)
            return False
        return said is not None

    def choose_rule(self, rule: str, zone: str | None, user: str) -> None:
        """Announcements come by another rule. Raises `Refusal` for one that is none."""
        if fault := check_rule(rule):
            raise Refusal(f"“{rule}” is not a cron rule ({fault}). Type for example /stt-announce at 0 9 * * mon-fri.")
        now = self._clock.now()
        with self._store.transaction():
            self._store.announcements.choose(RULE, rule, user, now)
            if zone is not None:
                self._store.announcements.choose(ZONE, zone, user, now)
            self._pass_over()
        self.rescheduled()

    async def choose_channel(self, channel: str, user: str) -> None:
        """Announcements go to another channel. Raises `Refusal` where the bot is not in it, or a `ChatError`."""
        if not await self._chat.joined(channel):
            raise Refusal("Retune is not in that channel. Invite it there with /invite @retune, then type this again.")
        with self._store.transaction():
            self._store.announcements.choose(CHANNEL, channel, user, self._clock.now())
            self._pass_over()

    def switch(self, on: bool, user: str) -> None:
        """Announcements by themselves, or none. The living card and cards of requests stay as they are."""
        with self._store.transaction():
            self._store.announcements.choose(SWITCH, None if on else "off", user, self._clock.now())
            self._pass_over()

    def forget_choices(self, user: str) -> None:
        """Back to the operator's settings."""
        with self._store.transaction():
            for name in (RULE, ZONE, CHANNEL, SWITCH):
                self._store.announcements.choose(name, None, user, self._clock.now())
            self._pass_over()
        self.rescheduled()

    async def link(self) -> str | None:
        """The address of the living card, None where there is none."""
        posted = self._store.messages.get(_living(self.channel))
        return await self._chat.link(self.channel, posted.ts) if posted is not None and posted.ts else None


def _living(channel: str) -> str:
    return f"living:{channel}"


def _name(slot: datetime) -> str:
    return slot.astimezone(UTC).isoformat(timespec="minutes")
