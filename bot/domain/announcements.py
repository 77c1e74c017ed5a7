"""Announcements: when one is due, and what is worth saying."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.domain.verdicts import Judgement, Risk, Verdict, acting_on


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron rule in a time zone. Daylight saving: a rule fires once where the clock is set back or forward."""

    rule: str
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime:
        """The first slot after *moment* (aware), in UTC-comparable form."""
        return next(CronSim(self.rule, moment.astimezone(self.zone)))

    def last_until(self, moment: datetime, reach: timedelta = timedelta(days=8)) -> datetime | None:
        """The newest slot that is due at *moment*, None if there was none within *reach*."""
        start = (moment + timedelta(seconds=1)).astimezone(self.zone)
        try:
            slot = next(CronSim(self.rule, start, reverse=True))
        except StopIteration:
            return None
        return slot if moment - slot <= reach else None


def check_rule(rule: str) -> str | None:
    """What is wrong with a cron rule, None if nothing is."""
    try:
        CronSim(rule, datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")))
    except CronSimError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an announcement says: the models worth acting on, worst first, and how many models there are."""

    total: int
    outdated: int
    worth: tuple[Judgement, ...]
    unread: tuple[str, ...]
    """Instances that could not be read lately: what is said does not cover them fully."""


def compose(judgements: Iterable[Judgement], unread: Iterable[str] = ()) -> Announcement:
    """The announcement for a fleet."""
    listed = tuple(judgements)
    worth = acting_on(listed)
    outdated = sum(1 for j in listed if j.outdated and j.verdict is not Verdict.EMPTY)
    return Announcement(len(listed), outdated, worth, tuple(sorted(unread)))


def at_risk(announcement: Announcement) -> int:
    """How many of the models are expected to return recognition warnings."""
    return sum(1 for j in announcement.worth if j.risk in (Risk.EXPECTED, Risk.WARNED, Risk.IGNORED))


def seen_risk(announcement: Announcement, risk: Risk) -> int:
    """How many of the models were seen to be at that risk."""
    return sum(1 for j in announcement.worth if j.risk is risk)
