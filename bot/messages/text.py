"""Text for Slack: escaping what is foreign, and people's words for dates and durations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import humanize

from bot.domain.foreign_text import shown

FAR = 20
"""How many characters may stand for one that shows; the rest of a text that is longer is not looked at."""

BLANK = "–"
"""Stands for text of which nothing shows."""


def escape(foreign: str, limit: int = 300) -> str:
    """Foreign text for mrkdwn and for `text`: it can neither ping, link nor hide anything. Capped at *limit*."""
    clean = capped(_visible(foreign, limit), limit)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(foreign: str, limit: int = 120) -> str:
    """Foreign text as code; backticks inside would end it early, so they become quotes."""
    return f"`{escape(foreign.replace('`', '’').replace(chr(10), ' ') or BLANK, limit)}`"


def plain(foreign: str, limit: int = 75) -> str:
    """Foreign text for a plain_text object, which knows no markup, capped at *limit* characters."""
    return capped(_visible(foreign, limit).replace("\n", " "), limit)


def _visible(foreign: str, limit: int) -> str:
    """The shown form, of so much that *limit* characters show; a dash where something was written and nothing shows."""
    clean = shown(foreign[: FAR * limit])
    return BLANK if foreign and not clean.strip() else clean


def moment(at: datetime) -> str:
    """A moment in the reader's own time zone; the fallback says UTC."""
    utc = at.astimezone(UTC)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{utc:%d %b %Y %H:%M} UTC>"


def day(on: date) -> str:
    """A day, spelled out: 24 Feb 2020."""
    return f"{on.day} {on:%b %Y}"


def duration(span: timedelta | float) -> str:
    """A duration in words: seconds below two minutes, minutes below a day."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < 120:
        return f"{max(0, round(seconds))} s"
    return humanize.precisedelta(timedelta(seconds=round(seconds)), minimum_unit="minutes", format="%0.0f")


def spelled(span: timedelta | float) -> str:
    """A duration without abbreviations, as it is read aloud: 40 seconds, 5 minutes, 1 hour and 20 minutes."""
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 120 and seconds != 60:
        return counted(max(0, seconds), "second")
    return duration(seconds) if seconds > 60 else "1 minute"


def spoken(mrkdwn: str) -> str:
    """Our own mrkdwn as a screen reader gets it: without the quotes of `code`, which may be read out one by one."""
    return mrkdwn.replace("`", "")


def capped(text: str, limit: int = 3000) -> str:
    """Text whose foreign parts are escaped already, as long as Slack takes it."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def ago(then: datetime, now: datetime) -> str:
    """How long ago: just now, 40 s ago, 3 minutes ago."""
    seconds = (now - then).total_seconds()
    return "just now" if seconds < 2 else f"{duration(seconds)} ago"


def version(full: str | None, base: str) -> str:
    """A version without the base model's name in front, where it begins with it: v2020-01-16."""
    return "a newer version" if full is None else code(full.removeprefix(f"{base}."))


def listed(items: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def some(items: Sequence[str], most: int, more: str = "more") -> str:
    """The first of them, and how many more there are: `a, b and 3 more`."""
    left = len(items) - most
    return listed([*items[:most], f"{left} {more}"] if left > 0 else list(items))


def counted(number: int, noun: str) -> str:
    """`1 model`, `3 models`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
