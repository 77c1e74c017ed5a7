"""What an operator may write as a value: each parser gives what it means, each check says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import ValidationError

from bot.domain.announcements import check_rule
from bot.domain.owners import OwnerRule
from bot.domain.owners import parse as parse_owners

_SPAN = re.compile(r"^(\d+(?:\.\d+)?)\s*([smhd]?)$")
_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """`90`, `90s`, `15m`, `24h`, `2d` in seconds; raises `ValidationError` for anything else and for zero."""
    found = _SPAN.match(text.strip().lower())
    if not found or float(found.group(1)) <= 0:
        raise ValidationError(f"“{text}” is not a duration; write for example 90s, 15m, 24h or 2d.")
    return float(found.group(1)) * _UNIT[found.group(2)]


def span_or_off(text: str) -> float | None:
    """A duration, or `off`."""
    return None if text.strip().lower() in ("off", "no", "") else seconds(text)


def words(text: str) -> tuple[str, ...]:
    """A list separated by commas or spaces."""
    return tuple(word for word in re.split(r"[,\s]+", text.strip()) if word)


def zone(text: str) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(f"“{text}” is not a time zone; write for example Europe/Berlin.") from error


def owner_rules(text: str) -> tuple[OwnerRule, ...]:
    """Rules `pattern=id`, separated by commas or spaces."""
    try:
        return parse_owners(words(text))
    except ValueError as error:
        raise ValidationError(str(error)) from error


def yes(text: str) -> bool:
    """Yes or no, in the usual spellings."""
    if text.strip().lower() in ("yes", "true", "1", "on"):
        return True
    if text.strip().lower() in ("no", "false", "0", "off", ""):
        return False
    raise ValidationError("must be yes or no.")


def choice_of(*allowed: str) -> Callable[[str], str]:
    """A parser that takes one of *allowed*; it is named after them: `text_or_json`."""

    def parse(text: str) -> str:
        if text.strip().lower() not in allowed:
            raise ValidationError(f"must be {' or '.join(allowed)}.")
        return text.strip().lower()

    parse.__name__ = "_or_".join(allowed)
    return parse


def begins(prefix: str, what: str) -> Callable[[str], None]:
    """A check that a token is of the right sort."""

    def check(value: str) -> None:
        if value and not value.startswith(prefix):
            raise ValidationError(f"must be {what}, which begins with {prefix}.")

    return check


def http_url(value: str) -> None:
    """An http(s) URL."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValidationError(f"“{value}” is not an http(s) URL.")


def channel_id(value: str) -> None:
    """The id of a channel."""
    if not re.match(r"^[CG][A-Z0-9]+$", value):
        raise ValidationError("must be a channel id (C…): open the channel's details in Slack, it is at the bottom.")


def at_least_one(value: int) -> None:
    """A whole number from 1."""
    if value < 1:
        raise ValidationError("must be a whole number from 1.")


def cron_rule(value: str) -> None:
    """A rule for announcements."""
    if fault := check_rule(value):
        raise ValidationError(f"“{value}” is not a cron rule ({fault}); write for example 0 9 * * mon-fri.")
