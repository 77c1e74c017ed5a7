"""Text for Slack: untrusted text is escaped; dates and durations are in people's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import humanize

from bot.domain.untrusted_text import shown

FAR = 20
"""Characters that may stand for one that shows; the rest of a longer text is not looked at."""

BLANK = "–"
"""Stands for text of which nothing shows."""


def escape(untrusted: str, limit: int = 300) -> str:
    """Untrusted words within a line of ours, for mrkdwn and for `text`: always one line, capped at *limit*.

    They can't ping, link, hide anything, be bold or become an emoji. Reasons, descriptions and errors are quoted
    (`quotes`), never put into a line.
    """
    return entities(defused(brief(untrusted, limit)))


def code(untrusted: str, limit: int = 120) -> str:
    """Untrusted words as code. Backticks in them would end it early, so they become quotes."""
    return f"`{entities(brief(untrusted, limit).replace('`', '’') or BLANK)}`"


def bold(untrusted: str, limit: int = 120) -> str:
    """Untrusted words in bold, as for the names of models. Asterisks in them can't end it early."""
    return f"*{escape(untrusted, limit).replace('*', _LOOKALIKES['*']) or BLANK}*"


def plain(untrusted: str, limit: int = 75) -> str:
    """Untrusted text for a plain_text object, which has no markup: one line, capped at *limit* characters."""
    return brief(untrusted, limit)


def brief(untrusted: str, limit: int) -> str:
    """One line of at most *limit* characters; text far beyond them is not looked at."""
    return capped(on_one_line(untrusted[: 4 * limit]), limit)


def on_one_line(untrusted: str) -> str:
    """The shown form in one line; a dash where nothing of a text shows."""
    return shown(_BREAKS.sub(" ", untrusted)).strip() or (BLANK if untrusted else "")


def sentence(text: str, limit: int = 2000) -> str:
    """A sentence of our error tree, for mrkdwn: `code` in it stays, and what it repeats of others is defused."""
    parts = _SPAN.split(entities(brief(text, limit)))
    return "".join(part if at % 2 else defused(part) for at, part in enumerate(parts))


def entities(text: str) -> str:
    """The three characters that Slack reads as control sequences, as it asks for them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def defused(text: str) -> str:
    """Without markup: characters that make bold, italics, code or an emoji become lookalikes."""
    text = _SHORTCODE.sub("\N{RATIO}", _MARKUP.sub(lambda found: _LOOKALIKES[found[0]], text))
    return _UNDERSCORE.sub("\N{MODIFIER LETTER LOW MACRON}", text)


_BREAKS = re.compile(r"(?:\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029])+")
"""Anything that a client, a terminal or a spreadsheet shows as a line break."""

_SHORTCODE = re.compile(r"(?<!\d):(?=\S)|:(?=[^\s\d])|:(?=\d+:)")
"""A colon that may begin an emoji, also with the colon that follows in our sentence; 22:00 stays a time."""

_SPAN = re.compile(r"(`[^`\n]*`)")
_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
_MARKUP = re.compile(r"`|[*~](?=\S)|(?<=\S)[*~]|^[*~]|[*~]$")
"""Between spaces an asterisk makes nothing bold: `0 9 * * mon-fri` stays what it is."""

_LOOKALIKES = {"*": "\N{ASTERISK OPERATOR}", "~": "\N{TILDE OPERATOR}", "`": "’"}


def moment(at: datetime) -> str:
    """A moment in the reader's own time zone; the fallback says UTC."""
    utc = at.astimezone(UTC)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{utc:%d %b %Y %H:%M} UTC>"


def clock(at: datetime) -> str:
    """The time of day in the reader's own time zone; the fallback says UTC."""
    return f"<!date^{int(at.timestamp())}^{{time}}|{at.astimezone(UTC):%H:%M} UTC>"


def around(start: datetime, span: timedelta) -> str:
    """When something will probably go on: ≈ today 11:10–11:55. Its end has a date too where it is far off."""
    end = start + span
    return f"≈ {moment(start)}–{clock(end) if span < NEAR else moment(end)}"


NEAR = timedelta(hours=12)
"""Within this, a time of day alone is clear."""


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
    """Our own mrkdwn as a screen reader gets it: without signs, and without the quotes of `code`."""
    said = _CODE.sub(lambda found: defused(found[1]), mrkdwn).replace("`", "")
    for sign, word in _ALOUD.items():
        said = said.replace(sign, word)
    return said


def unmarked(mrkdwn: str) -> str:
    """The same without the signs, bold and italics that we put in."""
    return _SIGN.sub("", spoken(mrkdwn))


_SIGN = re.compile(r":[a-z_]+: |\*|\b_|_\b")
_ALOUD = {" → ": " to ", "≈ ": "about ", ">–<": "> to <", " · ": ", "}
"""Signs within our lines, as they are read."""

_CODE = re.compile("`([^`\\n]*)`")


def capped(text: str, limit: int = 3000) -> str:
    """Text whose untrusted parts are escaped already, as long as Slack takes it."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened(text: str, limit: int = 160) -> str:
    """Escaped text cut at a word, so that nothing of an escape is torn."""
    return text if len(text) <= limit else f"{text[: limit - 10].rsplit(' ', 1)[0]} …"


def ago(then: datetime, now: datetime) -> str:
    """How long ago: just now, 40 s ago, 3 minutes ago."""
    seconds = (now - then).total_seconds()
    return "just now" if seconds < 2 else f"{duration(seconds)} ago"


def version(full: str | None, base: str) -> str:
    """A version without the base model's name in front, where it begins with it: v2020-01-16."""
    return "a newer version" if full is None else code(short_version(full, base))


def short_version(full: str, base: str) -> str:
    """The version as it was written, for use in a text."""
    return full.removeprefix(f"{base}.")


def listed(items: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def some(items: Sequence[str], most: int, more: str = "more") -> str:
    """The first of them, and the number of the rest: `a, b and 3 more`."""
    left = len(items) - most
    return listed([*items[:most], f"{left} {more}"] if left > 0 else list(items))


def counted(number: int, noun: str) -> str:
    """`1 model`, `3 models`, `1,000 models`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
