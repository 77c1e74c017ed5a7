"""Rules across the fields of one element: its options, its initial choice, and valid ranges.

Each runs only if the element's own fields are valid. Most phrases are the sandbox's own.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from .blockkit_checks import MISMATCH, at, exactly_one

offered = exactly_one("options", "option_groups")
"""A menu lists its options or groups of them."""

_INITIAL = ("initial_options", "initial_users", "initial_conversations", "initial_channels")


def chosen(value: Any, pointer: str, faults: list[str]) -> None:
    """The initial choice is one of the options, equal in every field, and not more than allowed."""
    menu = list(value.get("options", ()))
    for group in value.get("option_groups", ()):
        menu += group["options"]
    if "initial_option" in value and value["initial_option"] not in menu:
        faults.append(at(f"{pointer}/initial_option", "initial option must be one of the options"))
    for key in _INITIAL:
        initial = value.get(key)
        if initial is None:
            continue
        if menu and any(option not in menu for option in initial):
            faults.append(at(f"{pointer}/{key}", "initial option must be one of the options"))
        if len(initial) > value.get("max_selected_items", len(initial)):
            faults.append(at(f"{pointer}/{key}", f"no more than {value['max_selected_items']} items allowed"))


def iso_date(value: Any, pointer: str, faults: list[str]) -> None:
    """`YYYY-MM-DD`, a day that exists."""
    try:
        sound = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        sound = False
    if not sound:
        faults.append(at(pointer, MISMATCH))


def wall_time(value: Any, pointer: str, faults: list[str]) -> None:
    """`HH:mm` of a 24-hour day."""
    try:
        sound = isinstance(value, str) and time.fromisoformat(value).isoformat("minutes") == value
    except ValueError:
        sound = False
    if not sound:
        faults.append(at(pointer, MISMATCH))


def lengths(value: Any, pointer: str, faults: list[str]) -> None:
    """The shortest and longest length of a text leave room, and its initial text fits them."""
    least, most = value.get("min_length", 0), value.get("max_length", 3000)
    if least > most:
        faults.append(at(f"{pointer}/min_length", "min_length must not be greater than max_length"))
    initial = value.get("initial_value")
    if initial and len(initial) > most:
        faults.append(at(f"{pointer}/initial_value", f"must be less than {most + 1} characters"))


def lines(value: Any, pointer: str, faults: list[str]) -> None:
    """The least number of lines is not above the greatest."""
    if value.get("min_lines", 1) > value.get("max_lines", 100):
        faults.append(at(f"{pointer}/min_lines", "min_lines must not be greater than max_lines"))


def decimals(value: Any, pointer: str, faults: list[str]) -> None:
    """Numbers are strings; whole if decimals are not allowed; the initial one is within its range."""
    read: dict[str, Decimal] = {}
    for key in ("min_value", "max_value", "initial_value"):
        if key not in value:
            continue
        try:
            held = Decimal(value[key])
        except InvalidOperation:
            held = Decimal("NaN")
        if not held.is_finite() or (not value["is_decimal_allowed"] and held != held.to_integral_value()):
            faults.append(at(f"{pointer}/{key}", MISMATCH))
        else:
            read[key] = held
    least, most, initial = read.get("min_value"), read.get("max_value"), read.get("initial_value")
    if least is not None and most is not None and least > most:
        faults.append(at(f"{pointer}/min_value", "min_value must not be greater than max_value"))
    outside = initial is not None and ((least is not None and initial < least) or (most is not None and initial > most))
    if outside:
        faults.append(at(f"{pointer}/initial_value", "initial_value must be between min_value and max_value"))
