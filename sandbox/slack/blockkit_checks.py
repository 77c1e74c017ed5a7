"""Building blocks of Block Kit checks: strings, numbers, lists and objects, with Slack's error phrases.

A check appends to a list; it does not raise or return early, so one answer names every fault. Phrases that Slack is
known to use: `must be less than N characters` and `must be more than N characters` (N exclusive), `no more than N items
allowed`, `missing required field`, `invalid additional property`, `unsupported type` and `failed to match all allowed
schemas`. All other phrases in these modules are the sandbox's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Check = Callable[[Any, str, list[str]], None]
"""`(value, json pointer, faults)`: appends what is wrong with the value."""

MISMATCH = "failed to match all allowed schemas"


def at(pointer: str, what: str) -> str:
    """A fault in Slack's form."""
    return f"{what} [json-pointer:{pointer}]"


def kind_of(value: object) -> str | None:
    """The `type` of an object, None if it has none or it is not a string."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None


def anything(value: Any, pointer: str, faults: list[str]) -> None:
    """No check."""


def boolean(value: Any, pointer: str, faults: list[str]) -> None:
    """A check of true or false."""
    if value is not True and value is not False:
        faults.append(at(pointer, MISMATCH))


def string(most: int, least: int = 1) -> Check:
    """A check of a string of *least* to *most* characters."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, str):
            faults.append(at(pointer, MISMATCH))
        elif len(value) > most:
            faults.append(at(pointer, f"must be less than {most + 1} characters"))
        elif len(value) < least:
            faults.append(at(pointer, f"must be more than {least - 1} characters"))

    return check


def one_of(*allowed: str | int) -> Check:
    """A check of a fixed set; true is not 1."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in allowed:
            faults.append(at(pointer, MISMATCH))

    return check


def number(least: int, most: int) -> Check:
    """A check of a whole number from *least* to *most*."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            faults.append(at(pointer, MISMATCH))

    return check


def items(item: Check, most: int, least: int = 1) -> Check:
    """A check of a list of *least* to *most* items, each checked by *item*."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, list):
            faults.append(at(pointer, MISMATCH))
            return
        if len(value) > most:
            faults.append(at(pointer, f"no more than {most} items allowed"))
        if len(value) < least:
            faults.append(at(pointer, f"no fewer than {least} items allowed"))
        for index, held in enumerate(value):
            item(held, f"{pointer}/{index}", faults)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """A check of an object: its required and optional fields, and no others."""
    known = {**required, **(optional or {})}
    needed = tuple(required)

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, dict):
            faults.append(at(pointer, MISMATCH))
            return
        for key in needed:
            if key not in value:
                faults.append(at(pointer, f"missing required field: {key}"))
        for key, held in value.items():
            of_key = known.get(key)
            if of_key is None:
                faults.append(at(pointer, f"invalid additional property: {key}"))
            elif of_key is not anything:
                of_key(held, f"{pointer}/{key}", faults)

    return check


def typed(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """A `shape` with a `type`, already checked by `of_type`."""
    return shape({"type": anything, **required}, optional)


def of_type(kinds: Mapping[str, Check]) -> Check:
    """A check of an object by its `type`; other types are not supported here."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, dict):
            faults.append(at(pointer, MISMATCH))
            return
        if "type" not in value:
            faults.append(at(pointer, "missing required field: type"))
            return
        kind = value["type"]
        of_kind = kinds.get(kind) if isinstance(kind, str) else None
        if of_kind is None:
            faults.append(at(f"{pointer}/type", f"unsupported type: {kind}"))
        else:
            of_kind(value, pointer, faults)

    return check


def then(check: Check, *rules: Check) -> Check:
    """*check* and, if it found nothing, the *rules* across fields, which may then rely on types and presence."""

    def both(value: Any, pointer: str, faults: list[str]) -> None:
        before = len(faults)
        check(value, pointer, faults)
        if len(faults) == before:
            for rule in rules:
                rule(value, pointer, faults)

    return both


def exactly_one(*keys: str) -> Check:
    """A rule: exactly one of the keys is there."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if sum(key in value for key in keys) != 1:
            faults.append(at(pointer, f"must provide exactly one of: {', '.join(keys)}"))

    return check


def at_least_one(*keys: str) -> Check:
    """A rule: one of the keys is there."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not any(key in value for key in keys):
            faults.append(at(pointer, f"missing required field: {keys[0]}"))

    return check
