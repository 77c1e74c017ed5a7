"""The timetable: when and where announcements go, by the operator's settings or people's later choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.hours import zone_named
from bot.domain.timing import Schedule, Timing, check_rule
from bot.errors import Refusal
from bot.flows.rooms import Rooms
from bot.messages.timetable import ARCHIVED, EXTERNAL, NOT_THERE, bad_rule, bad_zone
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

RULE, ZONE, CHANNEL, ON = "rule", "zone", "channel", "on"


@dataclass(eq=False)
class Timetable:
    """People's choices are read each time: all processes follow at once. Raises `StoreUnavailable`."""

    db: Database
    rooms: Rooms
    clock: Clock
    schedule: Schedule
    channel: str

    async def now(self) -> Timing:
        """When and where announcements go."""
        return await self.db.read(self.read)

    def read(self, store: Store) -> Timing:
        """The same, inside a transaction."""
        chosen = store.choices.all()
        values = chosen.values
        return Timing(
            rule=values.get(RULE, self.schedule.rule),
            zone=zone_named(values.get(ZONE, "")) or self.schedule.zone,
            channel=values.get(CHANNEL, self.channel),
            on=values.get(ON) != "no",
            by=chosen.by,
            at=chosen.at,
            revision=" ".join(f"{key}={value}" for key, value in sorted(values.items())),
        )

    async def set_rule(self, rule: str, zone: str | None, by: str) -> Timing:
        """Set another rule, and another zone if given. Raises `Refusal` for an invalid one."""
        fault = check_rule(rule)
        if fault is not None:
            raise Refusal(bad_rule(rule, fault))
        if zone is not None and zone_named(zone) is None:
            raise Refusal(bad_zone(zone))

        def choose(store: Store) -> Timing:
            named = zone or self.read(store).zone.key
            return self._choose(store, {RULE: rule, ZONE: named, ON: "yes"}, by, f"at {rule} {named}")

        return await self.db.write(choose)

    async def set_channel(self, channel: str, by: str) -> Timing:
        """Set another channel. Raises `Refusal` if the bot can't or should not post there, and a `ChatError`."""
        room = await self.rooms.look(channel)
        if room is None or not room.member:
            raise Refusal(NOT_THERE)
        if room.archived:
            raise Refusal(ARCHIVED)
        if not self.rooms.takes(room):
            raise Refusal(EXTERNAL)
        return await self.db.write(lambda store: self._choose(store, {CHANNEL: channel}, by, f"in {channel}"))

    async def turn(self, on: bool, by: str) -> Timing:
        """Switch scheduled announcements on or off."""
        value, word = ("yes", "on") if on else ("no", "off")
        return await self.db.write(lambda store: self._choose(store, {ON: value}, by, word))

    async def reset(self, by: str) -> Timing:
        """Return to the operator's settings."""
        return await self.db.write(lambda store: self._choose(store, None, by, "default"))

    def _choose(self, store: Store, values: Mapping[str, str] | None, by: str, detail: str) -> Timing:
        """Put values in force, or the operator's again. Past slots of the new timetable are not made up."""
        now = self.clock.now()
        if values is None:
            store.choices.clear(by, now)
        else:
            store.choices.choose(values, by, now, detail)
        timing = self.read(store)
        store.announcements.begin(timing.channel, now, again=True)
        return timing
