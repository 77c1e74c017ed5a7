"""Hours in which upgrades may start, and times of reminders to decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class Window:
    """The hours of the day in which upgrades may start, by the clock of *zone*; crosses midnight if it ends earlier
    than it begins.
    """

    begins: time
    ends: time
    zone: ZoneInfo

    def is_open(self, now: datetime) -> bool:
        """Whether an upgrade may start now."""
        clock = now.astimezone(self.zone).time()
        if self.begins < self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def opens(self, now: datetime) -> datetime:
        """The next opening; *now* while it is open.

        If daylight saving skips the opening hour, it opens when the clock has passed it, unless it ends before that. If
        the hour occurs twice, it opens both times.
        """
        if self.is_open(now):
            return now
        here = now.astimezone(self.zone)
        for days in (0, 1, 2):
            wall = datetime.combine(here.date() + timedelta(days=days), self.begins, self.zone)
            # Both readings of a wall time; they differ only around a clock change. In UTC, where differences are exact.
            first, last = sorted(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
            moment = first
            while moment <= last:
                if moment > now and (first == last or self.is_open(moment)):
                    return moment.astimezone(self.zone)
                moment += timedelta(minutes=1)
        raise AssertionError("of three days in a row, one has the hour")

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M} {self.zone.key}"


LONGEST = timedelta(days=90)
"""Longest freeze, snooze or hold: a forgotten one would leave models outdated in silence."""

_WINDOW = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")


_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})


def zone_named(name: str) -> ZoneInfo | None:
    """The IANA time zone of that name; None if there is none, or if it differs between machines."""
    if not name or name in _NO_PLACES or name.startswith(("right/", "posix/")):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class OwnZone:
    """The time zone of the times and days that a person types. *told*: Slack says so; else it is the operator's."""

    info: ZoneInfo
    told: bool


def own_zone(name: str, operators: ZoneInfo) -> OwnZone:
    """The zone that Slack gives for a person; the operator's where it gives none, or an unknown one."""
    found = zone_named(name)
    return OwnZone(operators, told=False) if found is None else OwnZone(found, told=True)


def parse_window(text: str, zone: ZoneInfo) -> Window | None:
    """Reads `22:00-05:00`; None for anything else, including a window of no length."""
    found = _WINDOW.match(text.strip())
    if not found:
        return None
    try:
        begins, ends = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    except ValueError:
        return None
    return None if begins == ends else Window(begins, ends, zone)


DAY_BEGINS, DAY_ENDS = time(8), time(20)
"""No reminders outside these hours of the person's local time."""

MISSED = timedelta(minutes=5)
"""A reminder this late is dropped: it may be night by now."""

NOTICE = 0.25
"""Remind when this share of the time to decide is left."""


def reminder_at(asked: datetime, expires: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
    """The one reminder in the thread before a request expires; None if it would be night for everyone.

    The latest moment, with a quarter of the time left or more, that is day in most of the approvers' *zones*.
    """
    latest = expires - (expires - asked) * NOTICE
    best: tuple[int, datetime] | None = None
    moment = latest
    while moment > asked + (expires - asked) * NOTICE:
        awake = sum(1 for zone in zones if _is_day(moment, zone))
        if awake == len(zones):
            return moment
        if awake and (best is None or awake > best[0]):
            best = (awake, moment)
        moment -= timedelta(minutes=15)
    return best[1] if best else None


def _is_day(moment: datetime, zone: ZoneInfo) -> bool:
    return DAY_BEGINS <= moment.astimezone(zone).time() < DAY_ENDS
