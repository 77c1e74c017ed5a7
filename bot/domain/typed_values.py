"""Numbers, days and times that people type or Slack sends. Nothing here raises: invalid values become None or 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LATEST = timedelta(days=365)
"""The latest possible start from now; later ones are typing errors."""

_DIGITS = 17
"""Most digits of our numbers; SQLite stores all of these."""

_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAYS = {"today": 0, "tomorrow": 1}


def number(text: str) -> int:
    """The number in a button's value or typed text: of a request, run or page. 0 for anything else."""
    return int(text) if _is_ours(text) else 0


def looks_like_number(text: str) -> bool:
    """Whether typed text is meant as a number, even an impossible one: `²`, thirty digits, `-1`."""
    return text.removeprefix("-").isnumeric()


def is_impossible(text: str) -> bool:
    """Whether it looks like a number but can't be one of ours: `²`, thirty digits."""
    return text.isnumeric() and not _is_ours(text)


def _is_ours(text: str) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS


def moment_of(seconds: object) -> datetime | None:
    """The time given as seconds since 1970, as a number or digits."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def exact(at: datetime) -> str:
    """A moment as the value of a button: the same for everyone, also in an hour that comes twice."""
    return f"@{int(at.timestamp())}"


def exactly(text: str, now: datetime) -> datetime | None:
    """The moment that `exact` wrote; None for anything else, and for a time that is past or beyond `LATEST`."""
    at = moment_of(number(text[1:])) if text[:1] == "@" else None
    return at if at is not None and now < at <= now + LATEST else None


def day_of(text: object) -> date | None:
    """The day in text such as `2026-11-24`."""
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def parse_later(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Reads `22:00`, `22`, `tomorrow 22:00`, `2026-11-24 22:00` by the clock of *zone*; the next such time.

    A time skipped by daylight saving moves later by the same amount. None if it is unclear, past, or further away than
    `LATEST`.
    """
    *before, last = text.casefold().split() or [""]
    clock = _clock_of(last)
    if clock is None or len(before) > 1:
        return None
    try:
        moments = (moment for day in _days(before, now.astimezone(zone)) for moment in _moments(day, clock, zone))
        return next((moment for moment in moments if moment > now), None)
    except OverflowError:  # only at the end of the calendar
        return None


def _clock_of(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    try:
        return time(int(found[1]), int(found[2] or 0)) if found else None
    except ValueError:
        return None


def _days(named: list[str], here: datetime) -> Iterator[date]:
    """The named day, or the days on which the next such hour can be."""
    if not named:
        for later in range(3):
            yield here.date() + timedelta(days=later)
    elif named[0] in _DAYS:
        yield here.date() + timedelta(days=_DAYS[named[0]])
    elif (day := day_of(named[0])) is not None and here.date() <= day <= here.date() + LATEST:
        yield day


def _moments(day: date, clock: time, zone: ZoneInfo) -> Iterator[datetime]:
    """The times the clock shows *clock* on a day, in UTC: usually one; two in a repeated hour."""
    first = datetime.combine(day, clock, zone)
    yield first.astimezone(UTC)
    second = first.replace(fold=1).astimezone(UTC)
    if second.astimezone(zone).replace(tzinfo=None, fold=0) == first.replace(tzinfo=None):
        yield second
