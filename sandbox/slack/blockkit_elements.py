"""Elements and composition objects of Block Kit: what each takes, and Slack's words for what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str, list[str]], None]


def at(pointer: str, what: str) -> str:
    """A fault in Slack's form."""
    return f"{what} [json-pointer:{pointer}]"


def length(value: Any, pointer: str, faults: list[str], most: int, least: int = 1) -> None:
    """A string within its limits; Slack's wording counts exclusively."""
    if not isinstance(value, str):
        faults.append(at(pointer, "failed to match all allowed schemas"))
    elif len(value) > most:
        faults.append(at(pointer, f"must be less than {most + 1} characters"))
    elif len(value) < least:
        faults.append(at(pointer, f"must be more than {least - 1} characters"))


def string(most: int, least: int = 1) -> Check:
    """A check of a string's length."""
    return lambda value, pointer, faults: length(value, pointer, faults, most, least)


def text(most: int = 3000, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Check:
    """A check of a text object."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, dict) or value.get("type") not in kinds:
            faults.append(at(pointer, "failed to match all allowed schemas"))
            return
        allowed = {"type", "text", "emoji" if value["type"] == "plain_text" else "verbatim"}
        for key in value.keys() - allowed:
            faults.append(at(pointer, f"invalid additional property: {key}"))
        length(value.get("text"), f"{pointer}/text", faults, most)
        for key in ("emoji", "verbatim"):
            if key in value and not isinstance(value[key], bool):
                faults.append(at(f"{pointer}/{key}", "failed to match all allowed schemas"))

    return check


def plain(most: int) -> Check:
    """A check of a plain_text object."""
    return text(most, ("plain_text",))


def boolean(value: Any, pointer: str, faults: list[str]) -> None:
    """A check of true or false."""
    if not isinstance(value, bool):
        faults.append(at(pointer, "failed to match all allowed schemas"))


def one_of(*allowed: Any) -> Check:
    """A check of a fixed set."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if value not in allowed:
            faults.append(at(pointer, "failed to match all allowed schemas"))

    return check


def number(least: int, most: int) -> Check:
    """A check of a whole number."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            faults.append(at(pointer, "failed to match all allowed schemas"))

    return check


def items(check_item: Check, most: int, least: int = 1) -> Check:
    """A check of a list."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, list):
            faults.append(at(pointer, "failed to match all allowed schemas"))
            return
        if len(value) > most:
            faults.append(at(pointer, f"no more than {most} items allowed"))
        if len(value) < least:
            faults.append(at(pointer, f"no fewer than {least} items allowed"))
        for index, item in enumerate(value):
            check_item(item, f"{pointer}/{index}", faults)

    return check


def anything(value: Any, pointer: str, faults: list[str]) -> None:
    """No check."""


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """A check of an object: what it must have, what it may have, and nothing else."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        if not isinstance(value, dict):
            faults.append(at(pointer, "failed to match all allowed schemas"))
            return
        for key in required:
            if key not in value:
                faults.append(at(pointer, f"missing required field: {key}"))
        for key, held in value.items():
            if key == "type":
                continue
            if key in known:
                known[key](held, f"{pointer}/{key}", faults)
            else:
                faults.append(at(pointer, f"invalid additional property: {key}"))

    return check


CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
LINK_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": string(3000)})
GROUP = shape({"label": plain(75), "options": items(OPTION, 100)})
FILTER = shape(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
DISPATCH = shape({"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})

_ACTION = {"action_id": string(255)}
_FOCUS = {"focus_on_load": boolean}
_PICK = {"confirm": CONFIRM, "placeholder": plain(150), **_FOCUS}
_MANY = {**_PICK, "max_selected_items": number(1, 100)}

ELEMENTS: Mapping[str, Check] = {
    "button": shape(
        {"text": plain(75), **_ACTION},
        {
            "value": string(2000, 0),
            "url": string(3000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "overflow": shape({**_ACTION, "options": items(LINK_OPTION, 5)}, {"confirm": CONFIRM}),
    "static_select": shape(
        _ACTION, {**_PICK, "options": items(OPTION, 100), "option_groups": items(GROUP, 100), "initial_option": OPTION}
    ),
    "external_select": shape(_ACTION, {**_PICK, "min_query_length": number(0, 100), "initial_option": OPTION}),
    "users_select": shape(_ACTION, {**_PICK, "initial_user": string(255)}),
    "conversations_select": shape(
        _ACTION,
        {
            **_PICK,
            "initial_conversation": string(255),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        },
    ),
    "channels_select": shape(_ACTION, {**_PICK, "initial_channel": string(255), "response_url_enabled": boolean}),
    "multi_static_select": shape(
        _ACTION,
        {
            **_MANY,
            "options": items(OPTION, 100),
            "option_groups": items(GROUP, 100),
            "initial_options": items(OPTION, 100),
        },
    ),
    "multi_users_select": shape(_ACTION, {**_MANY, "initial_users": items(string(255), 100)}),
    "multi_conversations_select": shape(
        _ACTION, {**_MANY, "initial_conversations": items(string(255), 100), "filter": FILTER}
    ),
    "checkboxes": shape(
        {**_ACTION, "options": items(RICH_OPTION, 10)},
        {"initial_options": items(RICH_OPTION, 10), "confirm": CONFIRM, **_FOCUS},
    ),
    "radio_buttons": shape(
        {**_ACTION, "options": items(RICH_OPTION, 10)}, {"initial_option": RICH_OPTION, "confirm": CONFIRM, **_FOCUS}
    ),
    "datepicker": shape(_ACTION, {**_PICK, "initial_date": string(10, 10)}),
    "timepicker": shape(_ACTION, {**_PICK, "initial_time": string(5, 5), "timezone": string(255)}),
    "datetimepicker": shape(_ACTION, {"initial_date_time": number(10**9, 10**10 - 1), "confirm": CONFIRM, **_FOCUS}),
    "plain_text_input": shape(
        _ACTION,
        {
            "multiline": boolean,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
            "initial_value": string(3000, 0),
            "placeholder": plain(150),
            "dispatch_action_config": DISPATCH,
            **_FOCUS,
        },
    ),
    "number_input": shape(
        {**_ACTION, "is_decimal_allowed": boolean},
        {
            "initial_value": string(40),
            "min_value": string(40),
            "max_value": string(40),
            "placeholder": plain(150),
            "dispatch_action_config": DISPATCH,
            **_FOCUS,
        },
    ),
    "image": shape(
        {"alt_text": string(2000)}, {"image_url": string(3000), "slack_file": shape({}, {"id": string(255)})}
    ),
}

PICKS = (
    *("static_select", "external_select", "users_select", "conversations_select", "channels_select"),
    *("multi_static_select", "multi_users_select", "multi_conversations_select"),
    *("checkboxes", "radio_buttons", "datepicker", "timepicker"),
)
IN_ACTIONS = frozenset({"button", "overflow", "datetimepicker", *PICKS})
IN_SECTION = frozenset({"button", "overflow", "image", *PICKS})
IN_INPUT = frozenset({"datetimepicker", "plain_text_input", "number_input", *PICKS})


def element(allowed: frozenset[str]) -> Check:
    """A check of an element of one of the *allowed* types."""

    def check(value: Any, pointer: str, faults: list[str]) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in allowed or kind not in ELEMENTS:
            faults.append(at(f"{pointer}/type", f"unsupported type: {kind}"))
            return
        ELEMENTS[kind](value, pointer, faults)
        _choices(value, pointer, faults)

    return check


def _choices(value: dict[str, Any], pointer: str, faults: list[str]) -> None:
    """What a menu offers and has chosen at first must fit together."""
    kind = value["type"]
    if kind in ("static_select", "multi_static_select") and ("options" in value) == ("option_groups" in value):
        faults.append(at(pointer, "must provide exactly one of: options, option_groups"))
        return
    offered = list(value.get("options") or [])
    for group in value.get("option_groups") or []:
        offered += group.get("options", []) if isinstance(group, dict) else []
    chosen = value.get("initial_options") or ([value["initial_option"]] if "initial_option" in value else [])
    if kind != "external_select" and any(choice not in offered for choice in chosen):
        faults.append(at(pointer, "initial option must be one of the options"))
