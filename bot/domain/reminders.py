"""Reminders: when the thread of a request reminds those who could still approve it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_BEGINS, DAY_ENDS = time(8), time(20)
"""Nobody is reminded outside these hours, by the clock where they are."""

NOTICE = 0.25
"""The reminder comes when this part of the time to decide is left."""


def reminder_at(asked: datetime, expires: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
    """When the thread reminds, once, before a request expires; None where no hour would be day for anybody.

    The latest moment, with a quarter of the time left or more, that is day for most of the approvers' *zones*.
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
