"""The fleet over time: the counts kept for each day, and the days of the chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.counts import Group, Kinds, group
from bot.domain.verdicts import Judgement, Risk, Verdict

KEPT = timedelta(days=400)
"""How long a day is kept: a little over a year, to compare with the same day last year."""

WEEKS = 8
"""Weeks in the chart."""

FLAT = 0.05
"""Share of the fleet below which a band is too thin to see."""


class State(StrEnum):
    """The bands of the chart, bottom to top: the models that should become fewer stand on the axis."""

    OUTDATED = "outdated"
    STUCK = "can't be upgraded"
    OTHER = "empty, busy, failed or unknown"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Entry:
    """The counts of one instance from its last complete reading of a day (UTC)."""

    day: date
    instance: str
    counts: Kinds


@dataclass(frozen=True, slots=True)
class Day:
    """The fleet on one day (UTC).

    *ignored* is how many outdated models have their customization ignored by recognition. *read* is false if an
    instance was not read that day; its last known counts are used.
    """

    on: date
    states: Mapping[State, int]
    ignored: int = 0
    read: bool = True

    @property
    def total(self) -> int:
        """Number of custom models."""
        return sum(self.states.values())

    @property
    def outdated(self) -> int:
        """Number of outdated models, as in announcements."""
        return self.states.get(State.OUTDATED, 0)


@dataclass(frozen=True, slots=True)
class Series:
    """Consecutive days, oldest first, from the first with data; *instances* are those counted."""

    days: tuple[Day, ...]
    instances: tuple[str, ...] = ()

    @property
    def drawable(self) -> bool:
        """Whether there is a trend to draw: at least two days, and a model on one of them."""
        return len(self.days) > 1 and any(day.total for day in self.days)

    @property
    def shown(self) -> tuple[State, ...]:
        """The bands with models; without the current models if these would flatten all others."""
        total = max((day.total for day in self.days), default=0)
        others = max((day.total - day.states.get(State.CURRENT, 0) for day in self.days), default=0)
        flat = 0 < others < FLAT * total
        return tuple(
            state
            for state in State
            if any(day.states.get(state) for day in self.days) and not (flat and state is State.CURRENT)
        )


def counts(judgements: Iterable[Judgement]) -> Kinds:
    """How many of the models have each verdict and risk."""
    return Counter((j.verdict, j.risk) for j in judgements)


_BANDS = {Group.OUTDATED: State.OUTDATED, Group.STUCK: State.STUCK, Group.CURRENT: State.CURRENT}


def state(verdict: Verdict, risk: Risk) -> State:
    """The band in which a model of that verdict and risk is drawn: its group in all counts."""
    return _BANDS.get(group(verdict, risk), State.OTHER)


def series(rows: Iterable[Entry], days: int, today: date, configured: Collection[str] | None = None) -> Series:
    """The last *days* days up to *today*, all instances together; starts later if there is no older data.

    If an instance was not read on a day, its last known counts are used, even from before the period. An instance that
    is no longer *configured* (None: all are) counts until the last day it was read.
    """
    start = today - timedelta(days=days - 1)
    kept: dict[str, list[Entry]] = {}
    for row in sorted(rows, key=lambda row: row.day):
        if row.day <= today:
            kept.setdefault(row.instance, []).append(row)
    ends = {
        name: today if configured is None or name in configured else entries[-1].day for name, entries in kept.items()
    }
    lasting = {name: entries for name, entries in kept.items() if ends[name] >= start}
    if not lasting:
        return Series(())
    first = max(start, min(entries[0].day for entries in lasting.values()))
    span = range((today - first).days + 1)
    return Series(tuple(_day(first + timedelta(days=number), lasting, ends) for number in span), tuple(sorted(lasting)))


def _day(on: date, kept: Mapping[str, list[Entry]], ends: Mapping[str, date]) -> Day:
    states: Counter[State] = Counter()
    ignored, read = 0, True
    for name, entries in kept.items():
        known = next((entry for entry in reversed(entries) if entry.day <= on), None)
        if known is None or on > ends[name]:
            continue
        read = read and known.day == on
        for (verdict, risk), models in known.counts.items():
            band = state(verdict, risk)
            states[band] += models
            ignored += models if band is State.OUTDATED and risk is Risk.IGNORED else 0
    return Day(on, {band: states[band] for band in State if states[band]}, ignored, read)
