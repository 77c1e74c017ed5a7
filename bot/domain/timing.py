"""When announcements are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron rule in a time zone. A rule fires once when the clock is set back or forward."""

    rule: str
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime:
        """The first slot after *moment* (aware), in UTC-comparable form."""
        return next(CronSim(self.rule, moment.astimezone(self.zone)))

    def last_until(self, moment: datetime, reach: timedelta = timedelta(days=8)) -> datetime | None:
        """The latest slot due at *moment*, None if there was none within *reach*."""
        start = (moment + timedelta(seconds=1)).astimezone(self.zone)
        try:
            slot = next(CronSim(self.rule, start, reverse=True))
        except StopIteration:
            return None
        return slot if moment - slot <= reach else None


def check_rule(rule: str) -> str | None:
    """What is wrong with a cron rule, None if it is valid."""
    if len(rule.split()) != 5:
        return "Wrong number of fields"  # cronsim would accept six, the first one seconds
    try:
        next(CronSim(rule, datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))))
    except CronSimError as error:
        return str(error)
    except StopIteration:
        return "It never fires"
    return None


@dataclass(frozen=True, slots=True)
class Timing:
    """When and where announcements go: the operator's settings, or people's changes to them.

    *by* and *at* are the last change, empty and None if there was none. *revision* grows with every change.
    """

    rule: str
    zone: ZoneInfo
    channel: str
    on: bool = True
    by: str = ""
    at: datetime | None = None
    revision: str = ""

    @property
    def schedule(self) -> Schedule | None:
        """The current schedule; None while announcements are off."""
        return Schedule(self.rule, self.zone) if self.on else None
