"""The timetable: when and where announcements go, as the operator set it or as people chose since."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.announcements import Schedule, Timing, check_rule
from bot.errors import Refusal
from bot.messages.timetable import ARCHIVED, EXTERNAL, NOT_THERE, bad_rule, bad_zone
from bot.ports import Chat, Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

RULE, ZONE, CHANNEL, ON = "rule", "zone", "channel", "on"


class Timetable:
    """What people chose is in the database, so every process follows it, and it outlives all of them."""

    def __init__(self, db: Database, chat: Chat, clock: Clock, schedule: Schedule, channel: str) -> None:
        self._db = db
        self._store = db.store
        self._chat = chat
        self._clock = clock
        self._default = Timing(schedule.rule, schedule.zone, channel)
        self._followed = self.now().revision
        self.rescheduled: Callable[[], None] | None = None
        """Told whenever the schedule is another one; set by whoever rings at its slots."""

    def now(self) -> Timing:
        """When and where announcements go."""
        chosen, default = self._store.choices.all(), self._default
        values = chosen.values
        zone = _zone(values[ZONE]) if ZONE in values else default.zone
        return Timing(
            rule=values.get(RULE, default.rule),
            zone=zone or default.zone,
            channel=values.get(CHANNEL, default.channel),
            on=values.get(ON) != "no",
            by=chosen.by,
            at=chosen.at,
            revision=" ".join(f"{key}={value}" for key, value in sorted(values.items())),
        )

    def schedule(self) -> Schedule | None:
        """The schedule in force; None while announcements are off."""
        return self.now().schedule

    def follow(self) -> None:
        """Tells who rings when the schedule was changed, by this process or another one."""
        revision = self.now().revision
        if self._followed != revision:
            self._followed = revision
            if self.rescheduled is not None:
                self.rescheduled()

    def set_rule(self, rule: str, zone: str | None, by: str) -> Timing:
        """Another rule, in another zone if one is named. Raises `Refusal` for what is none."""
        fault = check_rule(rule)
        if fault is not None:
            raise Refusal(bad_rule(rule, fault))
        if zone is not None and _zone(zone) is None:
            raise Refusal(bad_zone(zone))
        named = zone or self.now().zone.key
        return self._choose({RULE: rule, ZONE: named, ON: "yes"}, by, f"at {rule} {named}")

    async def set_channel(self, channel: str, by: str) -> Timing:
        """Another channel. Raises `Refusal` where the bot cannot or should not post, and a `ChatError`."""
        room = await self._chat.room(channel)
        if room is None or not room.member:
            raise Refusal(NOT_THERE)
        if room.archived:
            raise Refusal(ARCHIVED)
        if room.external:
            raise Refusal(EXTERNAL)
        return self._choose({CHANNEL: channel}, by, f"in {channel}")

    def turn(self, on: bool, by: str) -> Timing:
        """Switches scheduled announcements on or off."""
        return self._choose({ON: "yes" if on else "no"}, by, "on" if on else "off")

    def reset(self, by: str) -> Timing:
        """The operator's settings count again."""
        with self._store.transaction():
            self._store.choices.clear(by, self._clock.now())
            return self._begin_anew()

    def _choose(self, values: Mapping[str, str], by: str, detail: str) -> Timing:
        with self._store.transaction():
            self._store.choices.choose(values, by, self._clock.now(), detail)
            return self._begin_anew()

    def _begin_anew(self) -> Timing:
        """Slots of the new timetable that lie in the past are nobody's business."""
        timing = self.now()
        self._store.announcements.begin(timing.channel, self._clock.now(), anew=True)
        return timing


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
