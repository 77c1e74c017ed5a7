"""Composition objects of Block Kit: texts, options, confirmations and filters, with their limits in characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .blockkit_checks import MISMATCH, Check, at, boolean, exactly_one, items, one_of, shape, string, then

_KEYS = {"plain_text": "emoji", "mrkdwn": "verbatim"}


def text(most: int = 3000, *, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Check:
    """A check of a text object of 1 to *most* characters; `emoji` is plain_text's alone, `verbatim` mrkdwn's."""
    length = string(most)

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, dict) or value.get("type") not in kinds:
            faults.append(at(pointer, MISMATCH))
            return
        own = _KEYS[value["type"]]
        if "text" not in value:
            faults.append(at(pointer, "missing required field: text"))
        for key, held in value.items():
            if key == "text":
                length(held, f"{pointer}/text", faults)
            elif key == own:
                boolean(held, f"{pointer}/{key}", faults)
            elif key != "type":
                faults.append(at(pointer, f"invalid additional property: {key}"))

    return check


def plain(most: int) -> Check:
    """A check of a plain_text object of 1 to *most* characters."""
    return text(most, kinds=("plain_text",))


URL = string(3000)
ID = string(255)
STYLE = one_of("primary", "danger")

CONFIRM = shape({"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)}, {"style": STYLE})

_VALUE = string(150)
OPTION = shape({"text": plain(75), "value": _VALUE}, {"description": plain(75)})
RICH_OPTION = shape({"text": text(75), "value": _VALUE}, {"description": text(75)})
"""An option of checkboxes and radio buttons, which may be mrkdwn."""
LINK_OPTION = shape({"text": plain(75), "value": _VALUE}, {"description": plain(75), "url": URL})
"""An option of an overflow menu, which may lead somewhere."""
GROUP = shape({"label": plain(75), "options": items(OPTION, 100)})


def check_offer(answer: Mapping[str, Any]) -> list[str]:
    """Every fault of what an app offers in a menu that it fills: `options` or `option_groups`, either may be empty."""
    faults: list[str] = []
    known = {"options": items(OPTION, 100), "option_groups": items(GROUP, 100)}
    given = [key for key in known if key in answer]
    if len(given) != 1:
        faults.append(at("/", "exactly one of options and option_groups"))
    for key in given:
        if answer[key] != []:
            known[key](answer[key], f"/{key}", faults)
    return faults


def _not_empty(value: Any, pointer: str, faults: list[str]) -> None:
    if not value:
        faults.append(at(pointer, "missing required field: include"))


FILTER = then(
    shape(
        {},
        {
            "include": items(one_of("im", "mpim", "private", "public"), 4),
            "exclude_external_shared_channels": boolean,
            "exclude_bot_users": boolean,
        },
    ),
    _not_empty,
)
DISPATCH = shape({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})

SLACK_FILE = then(shape({}, {"id": ID, "url": URL}), exactly_one("id", "url"))
PICTURE = {"image_url": URL, "slack_file": SLACK_FILE}
"""Where a picture comes from: one of these, which `exactly_one(*PICTURE)` checks."""
