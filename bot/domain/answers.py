"""Answers of services as a sentence for people: what JSON or HTML says, from any sender. Bodies are never shown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

FAR = 64 * 1024
"""Characters that are read: real errors have a few hundred."""

LONG = 500
"""The longest sentence, in characters."""

DEEP = 6
"""How deep an answer is read: IBM puts JSON into strings of JSON, and an attacker anything into anything."""

MANY = 3
"""Errors told from one list."""

SAYS = (
    *("error_description", "errorMessage", "error", "message", "description", "detail", "details", "reason"),
    *("exception", "fault", "faultstring", "msg", "title", "errors", "trace", "code_description", "status_message"),
)
"""Fields of JSON that hold the error: texts for people before names of errors."""

STATUS = ("code", "status", "statusCode", "status_code", "_statusCode_", "httpCode")


def reason_in(body: object) -> str:
    """The sentence in an answer, in one line; "" where a person can't read any."""
    return " ".join(_said(body, DEEP).split())[:LONG]


def status_in(body: str) -> int | None:
    """The HTTP status in JSON; None where there is none."""
    found = _json(body[:FAR])
    for key in STATUS if isinstance(found, dict) else ():
        code = str(found.get(key))
        if code.isascii() and code.isdigit() and 100 <= int(code[:4]) <= 599:
            return int(code[:4])
    return None


def told(body: str) -> str:
    """The sentence of an answer, or that it is unreadable; "" for an empty answer."""
    if not body.strip():
        return ""
    return reason_in(body) or unreadable(status_in(body))


def unreadable(status: int | None) -> str:
    """Stands for an answer without a sentence."""
    return f"an answer without a readable reason{f' (status {status})' if status is not None else ''}"


def _said(value: object, deep: int) -> str:
    if deep <= 0 or value is None or isinstance(value, bool | int | float):
        return ""
    if isinstance(value, str):
        return _in_text(value[:FAR].strip(), deep)
    if isinstance(value, Mapping):
        return next((said for key in SAYS if (said := _said(value.get(key), deep - 1))), "")
    if isinstance(value, Iterable):
        every = dict.fromkeys(filter(None, (_said(one, deep - 1) for one in list(value)[:MANY])))
        return "; ".join(every)
    return ""


def _in_text(text: str, deep: int) -> str:
    if _MARKUP.match(text):
        return _title(text)
    found = _STRUCTURED.search(text)
    if found is None:
        return text
    before, value = text[: found.start()].strip().rstrip(":").strip(), _json(text[found.start() :])
    inside = "" if value is None else _said(value, deep - 1)
    return ": ".join(filter(None, (before, inside)))


_MARKUP = re.compile(r"<(?:!doctype|\?xml|!--|[a-z][\w:-]*[\s/>])", re.IGNORECASE)
"""The beginnings of HTML and XML."""

_STRUCTURED = re.compile(r"\{\s*(?:[\"'}]|$)|\[\s*(?:[{\[\"\]]|$)")
"""The beginning of JSON in a text, also of JSON that was cut off."""


def _json(text: str) -> Any:
    """The first value in a text; None if there is none."""
    try:
        return json.JSONDecoder().raw_decode(text.strip())[0]
    except (ValueError, RecursionError):
        return None


_TITLE = re.compile(r"<(title|h1|message|faultstring|h2)(?:\s[^<>]{0,200})?>([^<]{1,600})", re.IGNORECASE)
"""What a page is about. An HTML parser takes a minute for 64 kB of `<a` (measured), this 1 ms."""

_TITLES = ("title", "h1", "message", "faultstring", "h2")


def _title(page: str) -> str:
    texts: dict[str, str] = {}
    for tag, text in _TITLE.findall(page):
        texts.setdefault(tag.lower(), html.unescape(text).strip())
    return next((texts[tag] for tag in _TITLES if texts.get(tag)), "")
