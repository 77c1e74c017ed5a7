"""How often announcements go, in words: a cron rule as people say it."""

from __future__ import annotations

from datetime import datetime

from cronsim import CronSim, CronSimError

from bot.domain.timing import Timing
from bot.messages.text import code, escape, listed

DAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays")
"""As cron counts them."""

TIMES = 4
"""Times of day that are listed one by one."""

LONGEST = 100
"""The longest explanation that is easier to read than the rule, in characters."""

_GROUPS = {frozenset(range(7)): "every day", frozenset(range(1, 6)): "weekdays", frozenset({0, 6}): "weekends"}
_WEEK = (*range(1, 7), 0)
_ANY = datetime(2026, 1, 1)  # noqa: DTZ001 - a rule is parsed beside a moment, and reads the same at any


def often(timing: Timing) -> str:
    """weekdays at 09:00 UTC."""
    zone = escape(timing.zone.key)
    said = in_words(timing.rule)
    return f"by the rule {code(timing.rule)} ({zone})" if said is None else f"{said} {zone}"


def in_words(rule: str) -> str | None:
    """weekdays at 09:00; None for an invalid rule, or one that takes too many words."""
    try:
        sim = CronSim(rule, _ANY)
    except CronSimError:
        return None
    at = [f"{hour:02}:{minute:02}" for hour in sorted(sim.hours) for minute in sorted(sim.minutes)]
    days = frozenset(day % 7 for day in sim.weekdays if isinstance(day, int))
    by_week = sim.parts[3:5] == ["*", "*"] and all(isinstance(day, int) for day in sim.weekdays)
    if by_week and len(at) <= TIMES:
        return f"{_GROUPS.get(days) or listed([DAYS[day] for day in _WEEK if day in days])} at {listed(at)}"
    said = sim.explain()
    return f"{said[0].lower()}{said[1:]}," if len(said) <= LONGEST else None
