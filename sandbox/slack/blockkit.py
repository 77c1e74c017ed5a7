"""Block Kit as Slack enforces it: blocks, views, defaults, and the state of inputs."""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from .blockkit_elements import (
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    Check,
    anything,
    at,
    boolean,
    element,
    items,
    plain,
    shape,
    string,
    text,
)
from .blockkit_rich_text import rich_text

Json = dict[str, Any]
Surface = Literal["message", "modal", "home"]
MOST = {"message": 50, "modal": 100, "home": 100}
LARGEST_VIEW = 250_000

_ID = {"block_id": string(255)}
_IMAGE = {"image_url": string(3000), "slack_file": anything, "title": plain(2000)}


def _in_context(value: Any, pointer: str, faults: list[str]) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        element(frozenset({"image"}))(value, pointer, faults)
    else:
        text()(value, pointer, faults)


def _cell(value: Any, pointer: str, faults: list[str]) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "raw_text":
        shape({"text": string(10_000)})(value, pointer, faults)
    elif kind == "rich_text":
        rich_text(value, pointer, faults)
    else:
        faults.append(at(f"{pointer}/type", f"unsupported type: {kind}"))


BLOCKS: Mapping[str, Check] = {
    "section": shape(
        {},
        {**_ID, "text": text(), "fields": items(text(2000), 10), "accessory": element(IN_SECTION), "expand": boolean},
    ),
    "header": shape({"text": plain(150)}, _ID),
    "divider": shape({}, _ID),
    "context": shape({"elements": items(_in_context, 10)}, _ID),
    "actions": shape({"elements": items(element(IN_ACTIONS), 25)}, _ID),
    "image": shape({"alt_text": string(2000)}, {**_ID, **_IMAGE}),
    "input": shape(
        {"label": plain(2000), "element": element(IN_INPUT)},
        {**_ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": shape({"text": string(12_000)}, _ID),
    "rich_text": rich_text,
    "table": shape(
        {"rows": items(items(_cell, 20), 100)},
        {
            **_ID,
            "column_settings": items(shape({}, {"align": anything, "is_wrapped": boolean}), 20, 0),
        },
    ),
    "alert": shape({"text": text(200)}, {**_ID, "level": anything}),
}
SURFACES: Mapping[str, frozenset[str]] = {
    "message": frozenset(BLOCKS) - {"alert"},
    "modal": frozenset(BLOCKS) - {"markdown", "table"},
    "home": frozenset(BLOCKS) - {"markdown", "alert"},
}


def check_blocks(blocks: object, surface: Surface, pointer: str = "/blocks") -> list[str]:
    """Every fault of a list of blocks, in Slack's phrases; [] where there is none."""
    faults: list[str] = []
    if not isinstance(blocks, list):
        return [at(pointer, "failed to match all allowed schemas")]
    if len(blocks) > MOST[surface]:
        faults.append(at(pointer, f"no more than {MOST[surface]} items allowed"))
    ids: set[str] = set()
    for index, block in enumerate(blocks):
        where = f"{pointer}/{index}"
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in SURFACES[surface]:
            faults.append(at(f"{where}/type", f"unsupported type: {kind}"))
            continue
        BLOCKS[kind](block, where, faults)
        _consistent(block, where, faults)
        id = block.get("block_id")
        if id is not None and id in ids:
            faults.append(at(f"{where}/block_id", f"block_id {id} already exists"))
        ids.add(str(id) if id is not None else f"#{index}")
    tables = sum(1 for block in blocks if isinstance(block, dict) and block.get("type") == "table")
    if tables > 1:
        faults.append(at(pointer, "only_one_table_allowed"))
    return faults


def _consistent(block: Json, where: str, faults: list[str]) -> None:
    """Rules across the fields of one block."""
    if block["type"] == "section" and "text" not in block and "fields" not in block:
        faults.append(at(where, "missing required field: text"))
    if block["type"] == "image" and ("image_url" in block) == ("slack_file" in block):
        faults.append(at(where, "must provide exactly one of: image_url, slack_file"))
    actions = [e.get("action_id") for e in _elements(block) if isinstance(e, dict) and "action_id" in e]
    for action in {a for a in actions if actions.count(a) > 1}:
        faults.append(at(where, f"action_id {action} already exists"))


def _elements(block: Json) -> Iterator[Json]:
    """The interactive elements of a block."""
    if isinstance(block.get("accessory"), dict):
        yield block["accessory"]
    if isinstance(block.get("element"), dict):
        yield block["element"]
    if block.get("type") == "actions" and isinstance(block.get("elements"), list):
        yield from block["elements"]


_VIEW = {
    "blocks": anything,
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "private_metadata": string(3000, 0),
}
VIEWS: Mapping[str, Check] = {
    "modal": shape(
        {"title": plain(24), "blocks": anything},
        {
            **_VIEW,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": shape({"blocks": anything}, _VIEW),
}


def check_view(view: object) -> list[str]:
    """Every fault of a modal or App Home; pointers begin with /view."""
    kind = view.get("type") if isinstance(view, dict) else None
    if not isinstance(view, dict) or kind not in ("modal", "home"):
        return [at("/view/type", f"unsupported type: {kind}")]
    faults: list[str] = []
    VIEWS[kind](view, "/view", faults)
    if "submit_disabled" in view:
        faults.append(at("/view", "invalid additional property: submit_disabled"))
    blocks = view.get("blocks")
    faults += check_blocks(blocks, "modal" if kind == "modal" else "home", "/view/blocks")
    if not isinstance(blocks, list):
        return faults
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if kind == "modal" and "input" in kinds and "submit" not in view:
        faults.append(at("/view", "missing required field: submit"))
    focused = sum(bool(e.get("focus_on_load")) for b in blocks if isinstance(b, dict) for e in _elements(b))
    if focused > 1:
        faults.append(at("/view", "only one element can have focus_on_load"))
    return faults


def view_too_large(view: object) -> bool:
    """Whether a view is over 250 KB."""
    return len(json.dumps(view)) > LARGEST_VIEW


def normalise_blocks(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack gives them back: with ids and defaults that the app left out."""
    made = copy.deepcopy(blocks)
    for block in made:
        block.setdefault("block_id", secrets.token_hex(3))
        if block["type"] == "input":
            block.setdefault("optional", False)
            block.setdefault("dispatch_action", False)
        _defaults(block)
    return made


def _defaults(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _defaults(item)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        else:
            for held in value.values():
                _defaults(held)


_STATE = {
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
}
_STATE_LISTS = {
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
}


def initial_state(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """`state.values` before anybody touched an input: initial values, null where there is none."""
    state: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for held in _elements(block):
            kind = held["type"]
            if kind in _STATE:
                key, initial = _STATE[kind]
                value: Any = held.get(initial)
            elif kind in _STATE_LISTS:
                key, initial = _STATE_LISTS[kind]
                value = held.get(initial, [])
            else:
                continue
            state.setdefault(block["block_id"], {})[held["action_id"]] = {"type": kind, key: value}
    return state


def find_element(blocks: list[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json] | None:
    """The block and the interactive element with that action id."""
    for block in blocks:
        if block_id is not None and block.get("block_id") != block_id:
            continue
        for held in _elements(block):
            if held.get("action_id") == action_id:
                return block, held
    return None
