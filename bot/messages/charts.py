"""The words of the chart: its title states the finding; its alt text says it to people who can't see it."""

from __future__ import annotations

from datetime import date

import humanize

from bot.domain.history import Day, Series, State
from bot.messages.text import capped, counted, plain, some

ALT_TEXT = 1000
"""Slack's limit for the alt text of a file, in characters."""

NAMES, NAME = 3, 40
"""Instances named, and the characters of each name."""


def title(series: Series) -> str:
    """The finding: how many models were outdated at the start of the chart, and how many are now. Plain text."""
    if not series.days:
        return "No instance has been read yet"
    first, last = series.days[0], series.days[-1]
    if not any(day.total for day in series.days):
        return "There are no custom models"
    if len(series.days) == 1:
        models = f"{last.total:,} custom model{'' if last.total == 1 else 's'}"
        return f"{_number(last.outdated).capitalize()} of {models} {_are(last.outdated)} outdated"
    then, now = _then(first.on, last.on), "today" if last.read else "at the last reading"
    if not first.outdated and not last.outdated:
        return f"Outdated models: none {now}, and none {then}"
    if first.outdated == last.outdated:
        return f"Outdated models: {_number(last.outdated)} {now}, as many as {then}"
    return f"Outdated models: {_number(first.outdated)} {then}, {_number(last.outdated)} {now}"


def subtitle(series: Series) -> str:
    """What is counted. Plain text."""
    left_out = State.CURRENT not in series.shown and series.days[-1].states.get(State.CURRENT, 0)
    rest = f"; {left_out:,} current {'one is' if left_out == 1 else 'ones are'} not drawn" if left_out else ""
    return f"{_what(series)}, day by day{rest}"


def label(state: State, models: int) -> str:
    """The words beside a band: `4 outdated`."""
    return f"{models:,} {state.value}"


def notes(series: Series) -> tuple[str, ...]:
    """What the picture alone does not show."""
    hatched = "Hatched: an instance was unreachable that day; its last known counts are shown."
    guessed = any(not day.read for day in series.days)
    return tuple(filter(None, (_ignored(series.days[-1]), hatched if guessed else "")))


def too_little(series: Series) -> str:
    """Why there is no chart, and when there will be one."""
    if not series.days:
        return "The chart begins with the first complete reading of an instance."
    if len(series.days) == 1:
        return f"History is kept since {_short(series.days[0].on)}. The chart begins with its second day."
    return f"None since {_short(series.days[0].on)}. The chart begins with the first one."


def alt_text(series: Series) -> str:
    """The chart in words for screen readers, at most `ALT_TEXT` characters. Plain text."""
    if not series.drawable:
        return _sentences(title(series), too_little(series), *(_states(day) for day in series.days if day.total))
    first, last = series.days[0], series.days[-1]
    ends = [f"on {_short(day.on)} {day.outdated:,} of {day.total:,} outdated" for day in (first, last)]
    parts = [f"{_what(series)} {_span(series)}: {', '.join(ends)}"]
    most = max(series.days, key=lambda day: day.outdated)
    if most.outdated > max(first.outdated, last.outdated):
        parts.append(f"The most were {most.outdated:,} of {most.total:,} on {_short(most.on)}")
    parts += [_states(last), _ignored(last)]
    if guessed := sum(1 for day in series.days if not day.read):
        parts.append(f"On {counted(guessed, 'day')} an instance was unreachable; its last known counts are used")
    return _sentences(*filter(None, parts))


def _what(series: Series) -> str:
    more = "more instance" if len(series.instances) == NAMES + 1 else "more instances"
    where = some([plain(name, NAME) for name in series.instances], NAMES, more)
    return f"Custom models in {where} by state" if where else "Custom models by state"


def _ignored(day: Day) -> str:
    which = f"{day.ignored:,} of the outdated models {_are(day.ignored)}"
    return f"{which} already ignored: requests get the plain base model." if day.ignored else ""


def _states(day: Day) -> str:
    shown = [label(state, day.states[state]) for state in State if day.states.get(state)]
    return f"On {_short(day.on)}: {'; '.join(shown) or 'no custom models'}"


def _sentences(*parts: str) -> str:
    return capped(" ".join(f"{part.rstrip('.')}." for part in parts), ALT_TEXT)


def _span(series: Series) -> str:
    days = (series.days[-1].on - series.days[0].on).days
    return f"over the last {days // 7} weeks" if days % 7 == 0 and days > 7 else f"since {_short(series.days[0].on)}"


def _then(first: date, last: date) -> str:
    days = (last - first).days
    if days % 7 == 0:
        return "a week ago" if days == 7 else f"{humanize.apnumber(days // 7)} weeks ago"
    return "yesterday" if days == 1 else f"on {_short(first)}"


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _number(number: int) -> str:
    return f"{number:,}" if number else "none"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
