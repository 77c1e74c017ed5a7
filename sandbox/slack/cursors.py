"""Paged lists: `limit`, `cursor`, and for messages `oldest`, `latest` and `inclusive`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from .workspace import Json, Refused

MOST = 999
TS = re.compile(r"\d{1,12}(\.\d{1,6})?")


def portion(key: str, listed: Sequence[object], a: Json, usual: int = 100) -> Json:
    """A page of a list that does not change while it is read. Raises `Refused`."""
    limit, after = _limit(a, usual), _after(a)
    start = int(after.partition(".")[0] or 0)
    more = len(listed) > start + limit
    return {key: list(listed[start : start + limit]), "response_metadata": _next(str(start + limit) if more else "")}


def portion_of_messages(messages: Sequence[Json], a: Json) -> Json:
    """A page of messages, in the order given; each continues after the last message of the one before.

    Metadata is included only with `include_all_metadata`. *oldest* and *latest* themselves are included only with
    `inclusive`. Raises `Refused`.
    """
    limit, after = _limit(a, 100), _after(a)
    oldest, latest = _stamp(a, "oldest"), _stamp(a, "latest")
    inclusive = truth(a.get("inclusive"))
    wanted = [
        message
        for message in messages
        if (oldest is None or message["ts"] > oldest or (inclusive and message["ts"] == oldest))
        and (latest is None or message["ts"] < latest or (inclusive and message["ts"] == latest))
    ]
    start = next((index + 1 for index, message in enumerate(wanted) if message["ts"] == after), 0)
    hidden = {"pinned"} if truth(a.get("include_all_metadata")) else {"pinned", "metadata"}
    told = [{k: v for k, v in m.items() if k not in hidden} for m in wanted[start : start + limit]]
    more = len(wanted) > start + limit
    return {"messages": told, "has_more": more, "response_metadata": _next(told[-1]["ts"] if more else "")}


def truth(value: object) -> bool:
    """A flag as the SDK sends it: `true`, `1`, or JSON's own."""
    return str(value).lower() in ("true", "1")


def _limit(a: Json, usual: int) -> int:
    try:
        limit = int(a.get("limit") or usual)
    except (TypeError, ValueError) as error:
        raise Refused("invalid_limit") from error
    if limit < 1:
        raise Refused("invalid_limit")
    return min(limit, MOST)


def _after(a: Json) -> str:
    cursor = str(a.get("cursor") or "")
    try:
        after = base64.b64decode(cursor, validate=True).decode().removeprefix("next:")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refused("invalid_cursor") from error
    if cursor and not TS.fullmatch(after):
        raise Refused("invalid_cursor")
    return after


def _next(after: str) -> Json:
    return {"next_cursor": base64.b64encode(f"next:{after}".encode()).decode() if after else ""}


def _stamp(a: Json, key: str) -> str | None:
    """A bound as a `ts` that compares as text: all have ten digits before the point and six after it."""
    value = str(a.get(key) or "")
    if not value or value == "0":
        return None
    if not TS.fullmatch(value):
        raise Refused(f"invalid_ts_{key}")
    whole, _, part = value.partition(".")
    return f"{whole.zfill(10)}.{part.ljust(6, '0')}"
