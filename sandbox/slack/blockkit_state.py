"""Accepted blocks: the ids and defaults Slack adds, and the values of their inputs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from .blockkit_checks import Json
from .blockkit_lists import elements_of, nested

_OPTION = ("selected_option", "initial_option")
_OPTIONS = ("selected_options", "initial_options")
_VALUE = ("value", "initial_value")

HOLDS: Mapping[str, tuple[str, str]] = {
    "static_select": _OPTION,
    "external_select": _OPTION,
    "radio_buttons": _OPTION,
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "checkboxes": _OPTIONS,
    "multi_static_select": _OPTIONS,
    "multi_external_select": _OPTIONS,
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": _VALUE,
    "email_text_input": _VALUE,
    "url_text_input": _VALUE,
    "number_input": _VALUE,
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
}
"""By element type: the key of its value in `state.values`, and the field with its initial value. Buttons and overflow
menus have no value.
"""
_MANY = frozenset(kind for kind in HOLDS if kind.startswith("multi_")) | {"checkboxes", "file_input"}


def _copied(value: Any) -> Any:
    """A copy with the defaults of text objects, in about 60 % of the time that copy.deepcopy alone takes."""
    if isinstance(value, dict):
        made = {key: _copied(held) if isinstance(held, dict | list) else held for key, held in value.items()}
        kind = made.get("type")
        if kind == "plain_text":
            made.setdefault("emoji", True)
        elif kind == "mrkdwn":
            made.setdefault("verbatim", False)
        return made
    return [_copied(held) if isinstance(held, dict | list) else held for held in value]


def normalise_blocks(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack returns them, copied: with ids that the app left out, `emoji` and `verbatim` of texts, `optional`
    and `dispatch_action` of inputs. The blocks must be valid. Applying it twice gives the same result, except for
    markdown blocks, whose id Slack never keeps.
    """
    made: list[Json] = _copied(blocks)
    for _, block in nested(made):
        if "block_id" not in block or block["type"] == "markdown":
            block["block_id"] = secrets.token_hex(4)
        if block["type"] == "input":
            block.setdefault("optional", False)
            block.setdefault("dispatch_action", False)
        for _, held in elements_of(block):
            if held["type"] == "plain_text_input":
                held.setdefault("dispatch_action_config", {"trigger_actions_on": ["on_enter_pressed"]})
            if held["type"] != "image":
                held.setdefault("action_id", secrets.token_hex(4))
    return made


def initial_state(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """`state.values` of normalised blocks before any input: by block id and action id, the initial value of each
    element; null, or an empty list for multiple choice, if it has none.

    A conversations_select that starts with the current conversation is null here: only the server knows which one that
    is.
    """
    state: dict[str, dict[str, Json]] = {}
    for _, block in nested(blocks):
        for _, element in elements_of(block):
            kind = element["type"]
            if kind in HOLDS:
                state.setdefault(block["block_id"], {})[element["action_id"]] = _held(element, kind)
    return state


def _held(element: Json, kind: str) -> Json:
    key, initial = HOLDS[kind]
    first: Any = element.get(initial) or None
    if key == "selected_option" and first is not None:
        first = _chosen(first)
    elif key == "selected_options":
        first = [_chosen(option) for option in first or ()]
    elif kind in _MANY:
        first = list(first or ())
    elif isinstance(first, dict):
        first = _copied(first)
    held: Json = {"type": kind, key: first}
    if kind == "timepicker" and "timezone" in element:
        held["timezone"] = element["timezone"]
    return held


def _chosen(option: Json) -> Json:
    return {"text": _copied(option["text"]), "value": option["value"]}


def find_element(blocks: list[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json] | None:
    """The first element with that action id, in the block with that id if given, and its block."""
    for _, block in nested(blocks):
        if block_id is None or block.get("block_id") == block_id:
            for _, element in elements_of(block):
                if element.get("action_id") == action_id:
                    return block, element
    return None
