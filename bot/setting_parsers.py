"""Values of settings: each parser returns the meaning, each check says what to write instead."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from environs import ValidationError, validate

from bot.domain.hours import zone_named
from bot.domain.owners import OwnerRule
from bot.domain.owners import parse as parse_owners
from bot.domain.timing import check_rule

_SPAN = re.compile(r"^(\d+(?:\.\d+)?)\s*([smhd]?)$")
_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """`90`, `90s`, `15m`, `24h`, `2d` in seconds; raises `ValidationError` for anything else and for zero."""
    found = _SPAN.match(text.strip().lower())
    if not found or float(found.group(1)) <= 0:
        raise ValidationError(f"“{text}” is not a duration; write for example 90s, 15m, 24h or 2d.")
    return float(found.group(1)) * _UNIT[found.group(2)]


def span(text: str) -> timedelta:
    """The same as a `timedelta`."""
    return timedelta(seconds=seconds(text))


def span_or_off(text: str) -> timedelta | None:
    """A duration, or `off`."""
    return None if text.strip().lower() in ("off", "no", "") else span(text)


def words(text: str) -> tuple[str, ...]:
    """A list separated by commas or spaces."""
    return tuple(word for word in re.split(r"[,\s]+", text.strip()) if word)


def zone(text: str) -> ZoneInfo:
    """An IANA time zone."""
    if (found := zone_named(text)) is None:
        raise ValidationError(f"“{text}” is not a time zone; write for example Europe/Berlin.")
    return found


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


def none_or_read(text: str) -> bool:
    """Guests' rights: whether they may read."""
    if (may := text.strip().lower()) not in ("none", "read"):
        raise ValidationError("must be none or read.")
    return may == "read"


def text_or_json(text: str) -> str:
    """The format of the log."""
    if (form := text.strip().lower()) not in ("text", "json"):
        raise ValidationError("must be text or json.")
    return form


def address(text: str) -> str | None:
    """An IP address of this machine to listen on, or localhost; None for all addresses, written `*`."""
    written = text.strip().lower().removeprefix("[").removesuffix("]")
    if written == "*":
        return None
    if written == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(written))
    except ValueError as error:
        raise ValidationError(
            f"“{text}” is not an IP address; write for example 127.0.0.1, 0.0.0.0 or ::1, or * for all of this machine."
        ) from error


def begins(prefix: str, what: str) -> validate.Regexp:
    """A check that a token is of the right kind."""
    return validate.Regexp(rf"{prefix}|\Z", error=f"must be {what}, which begins with {prefix}.")


channel_id = validate.Regexp(
    r"[CG][A-Z0-9]+$",
    error="must be a channel id (C…): open the channel's details in Slack, it is at the bottom.",
)
one_word = validate.Regexp(r"\s*\S*\s*\Z", error="must be the signing secret (Basic Information), without spaces.")
port_number = validate.Range(min=1, max=65535, error="must be a port from 1 to 65535.")


def port_or_none(text: str) -> int | None:
    """A port; None if empty."""
    if not (written := text.strip()):
        return None
    if not (written.removeprefix("-").isascii() and written.removeprefix("-").isdigit() and len(written) < 10):
        raise ValidationError("must be a port from 1 to 65535, an integer.")
    port = int(written)
    port_number(port)
    return port


at_least_one = validate.Range(min=1, error="must be a whole number from 1.")


def cron_rule(value: str) -> None:
    """A rule for announcements."""
    if fault := check_rule(value):
        raise ValidationError(f"“{value}” is not a cron rule ({fault}); write for example 0 9 * * mon-fri.")


LEAST_KEY = 32
"""Characters a key needs: 128 bits in hexadecimal digits."""


def audit_key(value: str) -> None:
    """A key that can't be guessed. The error never contains any of it."""
    if value and (len(value.strip()) < LEAST_KEY or len(set(value.strip())) < 8):
        raise ValidationError(
            f"must be random, with {LEAST_KEY} characters or more; make one with: openssl rand -hex 32"
        )


PARSERS = (address, none_or_read, owner_rules, port_or_none, seconds, span, span_or_off, text_or_json, words, yes, zone)
"""Those that return something other than what is typed."""
