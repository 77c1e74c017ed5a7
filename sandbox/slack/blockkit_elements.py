"""The interactive elements of Block Kit: their fields, and the blocks each is allowed in."""

from __future__ import annotations

from collections.abc import Mapping

from .blockkit_checks import Check, boolean, exactly_one, items, number, of_type, one_of, shape, string, then, typed
from .blockkit_element_rules import chosen, decimals, iso_date, lengths, lines, offered, wall_time
from .blockkit_objects import (
    CONFIRM,
    DISPATCH,
    FILTER,
    GROUP,
    ID,
    LINK_OPTION,
    OPTION,
    PICTURE,
    RICH_OPTION,
    STYLE,
    URL,
    plain,
)
from .blockkit_rich_text import rich_text

_COUNT = number(0, 10**9)  # no maximum is published
_ACTION = {"action_id": ID}  # Slack generates one if it is left out
_FOCUS = {"focus_on_load": boolean}
_CONFIRM = {"confirm": CONFIRM}
_PLACEHOLDER = {"placeholder": plain(150)}
_PICK = {**_ACTION, **_CONFIRM, **_PLACEHOLDER, **_FOCUS}
_MANY = {**_PICK, "max_selected_items": number(1, 10**9)}
_TYPED = {**_ACTION, **_PLACEHOLDER, **_FOCUS, "dispatch_action_config": DISPATCH}
_BUTTON = {
    "accessibility_label": string(75),
    "value": string(2000, 0),
    "visible_to_user_ids": items(ID, 10),
    **_CONFIRM,
}

_MENU = {"options": items(OPTION, 100), "option_groups": items(GROUP, 100)}
_IDS = items(ID, 100)
_ANSWER = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
_PARAMETER = shape({"name": ID, "value": string(3000, 0)})
_WORKFLOW = shape({"trigger": shape({"url": URL}, {"customizable_input_parameters": items(_PARAMETER, 100)})})

ELEMENTS: Mapping[str, Check] = {
    "button": typed(
        {"text": plain(75)},
        {
            **_ACTION,
            **_BUTTON,
            "url": URL,
            "style": STYLE,
            "agent_prompt": string(4000),
            "agent_prompt_display": string(3000),
        },
    ),
    "overflow": typed({"options": items(LINK_OPTION, 5)}, {**_ACTION, **_CONFIRM}),
    "static_select": then(typed({}, {**_PICK, **_MENU, "initial_option": OPTION}), offered, chosen),
    "external_select": typed({}, {**_PICK, "min_query_length": _COUNT, "initial_option": OPTION}),
    "users_select": typed({}, {**_PICK, "initial_user": ID}),
    "conversations_select": typed(
        {},
        {
            **_PICK,
            "initial_conversation": ID,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        },
    ),
    "channels_select": typed({}, {**_PICK, "initial_channel": ID, "response_url_enabled": boolean}),
    "multi_static_select": then(typed({}, {**_MANY, **_MENU, "initial_options": items(OPTION, 100)}), offered, chosen),
    "multi_external_select": then(
        typed({}, {**_MANY, "min_query_length": _COUNT, "initial_options": items(OPTION, 100)}), chosen
    ),
    "multi_users_select": then(typed({}, {**_MANY, "initial_users": _IDS}), chosen),
    "multi_conversations_select": then(
        typed(
            {},
            {
                **_MANY,
                "initial_conversations": _IDS,
                "default_to_current_conversation": boolean,
                "filter": FILTER,
            },
        ),
        chosen,
    ),
    "multi_channels_select": then(typed({}, {**_MANY, "initial_channels": _IDS}), chosen),
    "checkboxes": then(
        typed(
            {"options": items(RICH_OPTION, 10)},
            {**_ACTION, **_CONFIRM, **_FOCUS, "initial_options": items(RICH_OPTION, 10)},
        ),
        chosen,
    ),
    "radio_buttons": then(
        typed({"options": items(RICH_OPTION, 10)}, {**_ACTION, **_CONFIRM, **_FOCUS, "initial_option": RICH_OPTION}),
        chosen,
    ),
    "datepicker": typed({}, {**_PICK, "initial_date": iso_date}),
    "timepicker": typed({}, {**_PICK, "initial_time": wall_time, "timezone": ID}),
    "datetimepicker": typed({}, {**_ACTION, **_CONFIRM, **_FOCUS, "initial_date_time": number(10**9, 10**10 - 1)}),
    "plain_text_input": then(
        typed(
            {},
            {
                **_TYPED,
                "multiline": boolean,
                "min_length": number(0, 3000),
                "max_length": number(1, 3000),
                "initial_value": string(3000, 0),
            },
        ),
        lengths,
    ),
    "number_input": then(
        typed(
            {"is_decimal_allowed": boolean},
            {**_TYPED, **dict.fromkeys(("initial_value", "min_value", "max_value"), string(255))},
        ),
        decimals,
    ),
    "email_text_input": typed({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "url_text_input": typed({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "rich_text_input": then(
        typed(
            {},
            {
                **_TYPED,
                "initial_value": of_type({"rich_text": rich_text}),
                "min_lines": number(1, 100),
                "max_lines": number(1, 100),
            },
        ),
        lines,
    ),
    "file_input": typed({}, {**_ACTION, "filetypes": items(string(255), 100), "max_files": number(1, 10)}),
    "icon_button": typed({"icon": one_of("trash"), "text": plain(75)}, {**_ACTION, **_BUTTON}),
    "feedback_buttons": typed({"positive_button": _ANSWER, "negative_button": _ANSWER}, _ACTION),
    "workflow_button": typed(
        {"text": plain(75), "workflow": _WORKFLOW}, {**_ACTION, "style": STYLE, "accessibility_label": string(75)}
    ),
    "image": then(typed({"alt_text": string(2000)}, PICTURE), exactly_one(*PICTURE)),
}

_SELECTS = frozenset(
    many + kind
    for many in ("", "multi_")
    for kind in ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
)
_PICKS = _SELECTS | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
_INPUTS = frozenset(
    ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input")
)
_BUTTONS = frozenset({"button", "overflow", "workflow_button"})

IN_ACTIONS = _BUTTONS | _PICKS | {"datetimepicker"}
IN_SECTION = _BUTTONS | _PICKS | {"image"}
IN_INPUT = _PICKS | _INPUTS | {"datetimepicker"}
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})

SURFACE: Mapping[str, str] = {"file_input": "modal", "workflow_button": "message"}
"""The only surface of an element, for those with just one."""


def element(allowed: frozenset[str]) -> Check:
    """A check of an element of one of the *allowed* types."""
    return of_type({kind: check for kind, check in ELEMENTS.items() if kind in allowed})
