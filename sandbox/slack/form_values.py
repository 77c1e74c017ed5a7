"""People's input, checked as Slack's client checks it before sending."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from .blockkit import find_element
from .workspace import Json

Values = Mapping[str, Mapping[str, Any]]
LONGEST = 3000


class NotPossible(Exception):
    """Slack's client would not allow this; the text says what."""


def filled(blocks: list[Json], state: Json, values: Values) -> Json:
    """*state* with *values* (by block id and action id) over it. Raises `NotPossible`."""
    made: Json = copy.deepcopy(state)
    for block_id, actions in values.items():
        if block_id not in made:
            raise NotPossible(f"no_such_input: {block_id}")
        for action_id, value in actions.items():
            found = find_element(blocks, action_id, block_id)
            if found is None or action_id not in made[block_id]:
                raise NotPossible(f"no_such_input: {block_id}.{action_id}")
            made[block_id][action_id] = chosen(found[1], value)
    return made


def chosen(element: Json, value: Mapping[str, Any]) -> Json:
    """The value object of *element*; what is chosen from a menu is one of its own options. Raises `NotPossible`."""
    kind, id = element["type"], element["action_id"]
    if kind == "button":
        return {"type": kind}
    if not value:
        raise NotPossible(f"no_value: {id} is a {kind}")
    if value.get("type", kind) != kind:
        raise NotPossible(f"no_such_value: {id} is a {kind}")
    made: Json = {**value, "type": kind}
    if "options" in element or "option_groups" in element:
        offered = {option["value"]: option for option in _offered(element)}
        if made.get("selected_option") is not None:
            made["selected_option"] = _option(offered, made["selected_option"], id)
        if made.get("selected_options"):
            made["selected_options"] = [_option(offered, option, id) for option in made["selected_options"]]
            if len(made["selected_options"]) > element.get("max_selected_items", len(offered)):
                raise NotPossible(f"too_many: {id}")
    if isinstance(made.get("value"), str) and made["value"]:
        _fits(element, made["value"])
    elif "value" in made:
        made["value"] = None
    return made


def required(blocks: list[Json], state: Json) -> list[str]:
    """Required inputs that are empty: Slack's client does not submit them."""
    return [
        block["block_id"]
        for block in blocks
        if block["type"] == "input"
        and not block.get("optional")
        and not any(
            held
            for key, held in state.get(block["block_id"], {}).get(block["element"]["action_id"], {}).items()
            if key != "type"
        )
    ]


def _offered(element: Json) -> Iterator[Json]:
    yield from element.get("options", ())
    for group in element.get("option_groups", ()):
        yield from group["options"]


def _option(offered: Mapping[str, Json], option: Mapping[str, Any], id: str) -> Json:
    if option.get("value") not in offered:
        raise NotPossible(f"no_such_option: {id} has no {option.get('value')}")
    return offered[option["value"]]


def _fits(element: Json, value: str) -> None:
    id = element["action_id"]
    if element["type"] == "plain_text_input":
        if len(value) > element.get("max_length", LONGEST):
            raise NotPossible(f"too_long: {id}")
        if len(value) < element.get("min_length", 0):
            raise NotPossible(f"too_short: {id}")
    if element["type"] == "number_input":
        try:
            number = float(value) if element["is_decimal_allowed"] else int(value)
        except ValueError as error:
            raise NotPossible(f"no_number: {id}") from error
        if not float(element.get("min_value", "-inf")) <= number <= float(element.get("max_value", "inf")):
            raise NotPossible(f"out_of_bounds: {id}")
