"""Numbers, days and moments in what people type or Slack sends. Nothing here raises: what cannot be is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LATEST = timedelta(days=365)
"""How far ahead a start may be asked for; what lies further away is a typing error."""

_DIGITS = 17
"""No number of ours has more, and SQLite keeps all of these."""

_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAYS = {"today": 0, "tomorrow": 1}


def number(text: str) -> int:
    """The number in a button's value, or typed: of a request, a run or a page. 0 for anything else."""
    return int(text) if _is_ours(text) else 0


def looks_like_number(text: str) -> bool:
    """Whether somebody who typed it meant a number, also one that cannot be: `²`, thirty digits, `-1`."""
    return text.removeprefix("-").isnumeric()


def is_impossible(text: str) -> bool:
    """Whether it is written as a number and can be none of ours: `²`, thirty digits."""
    return text.isnumeric() and not _is_ours(text)


def _is_ours(text: str) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS


def moment_of(seconds: object) -> datetime | None:
    """The moment that many seconds after 1970, given as a number or in digits."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def exact(at: datetime) -> str:
    """A moment as the value of a button has it: the same whoever clicks, also in an hour that comes twice."""
    return f"@{int(at.timestamp())}"


def exactly(text: str, now: datetime) -> datetime | None:
    """The moment that `exact` wrote; None for anything else, and where it is past or further away than `LATEST`."""
    at = moment_of(number(text[1:])) if text[:1] == "@" else None
    return at if at is not None and now < at <= now + LATEST else None


def day_of(text: object) -> date | None:
    """The day in `2026-11-24`."""
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def parse_later(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """`22:00`, `22`, `tomorrow 22:00`, `2026-11-24 22:00` by the clock of *zone*, the next time that it comes.

    An hour that daylight saving leaves out is as much later as the clock is put forward. None where it is unclear,
    past, or further away than `LATEST`.
    """
    *before, last = text.casefold().split() or [""]
    clock = _clock_of(last)
    if clock is None or len(before) > 1:
        return None
    try:
        moments = (moment for day in _days(before, now.astimezone(zone)) for moment in _moments(day, clock, zone))
        return next((moment for moment in moments if moment > now), None)
    except OverflowError:  # only where the calendar ends
        return None


def _clock_of(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    try:
        return time(int(found[1]), int(found[2] or 0)) if found else None
    except ValueError:
        return None


def _days(named: list[str], here: datetime) -> Iterator[date]:
    """The day that is named; where none is, the days on which the next such hour can be."""
    if not named:
        for later in range(3):
            yield here.date() + timedelta(days=later)
    elif named[0] in _DAYS:
        yield here.date() + timedelta(days=_DAYS[named[0]])
    elif (day := day_of(named[0])) is not None and here.date() <= day <= here.date() + LATEST:
        yield day


def _moments(day: date, clock: time, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clock shows that on a day, in UTC: mostly once; twice in the hour that is repeated."""
    first = datetime.combine(day, clock, zone)
    yield first.astimezone(UTC)
    second = first.replace(fold=1).astimezone(UTC)
    if second.astimezone(zone).replace(tzinfo=None, fold=0) == first.replace(tzinfo=None):
        yield second
