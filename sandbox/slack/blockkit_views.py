"""Views of Block Kit: modals and App Home."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from itertools import islice
from typing import Any, Literal, cast

from .blockkit_checks import Check, anything, at, boolean, kind_of, of_type, string, typed
from .blockkit_lists import check_blocks, elements_of, nested
from .blockkit_objects import plain

LARGEST_VIEW = 250_000
"""Bytes of a view as compact JSON in UTF-8."""

_ANY = {
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "private_metadata": string(3000, 0),
}
VIEWS: Mapping[str, Check] = {
    "modal": typed(
        {"title": plain(24), "blocks": anything},
        {**_ANY, "submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean},
    ),
    "home": typed({"blocks": anything}, _ANY),
}
_VIEW = of_type(VIEWS)


def check_view(view: object, *, lacks: Container[str] = ()) -> list[str]:
    """Every fault of a modal or App Home in Slack's phrases; pointers begin with /view, [] where there is none.

    *lacks*: types of blocks that this workspace does not have yet.
    """
    kind = kind_of(view)
    faults: list[str] = []
    _VIEW(view, "/view", faults)
    if isinstance(view, dict) and kind in VIEWS and "blocks" in view:
        blocks = view["blocks"]
        faults += check_blocks(blocks, cast(Literal["modal", "home"], kind), "/view/blocks", lacks=lacks)
        _across(view, blocks if isinstance(blocks, list) else [], faults)
    return faults


def _across(view: dict[str, Any], blocks: list[Any], faults: list[str]) -> None:
    """An input needs a way to submit it, and the cursor can be in one place only."""
    if view["type"] == "modal" and "submit" not in view and any(kind_of(block) == "input" for block in blocks):
        faults.append(at("/view", "missing required field: submit"))
    focused = (
        at(f"{where}/focus_on_load", "only one element may have focus_on_load")
        for pointer, block in nested(blocks, "/view/blocks")
        for where, held in elements_of(block, pointer)
        if held.get("focus_on_load") is True
    )
    faults += islice(focused, 1, None)


def view_too_large(view: object) -> bool:
    """Whether a view is over 250 KB, which Slack answers with `view_too_large`."""
    return len(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) > LARGEST_VIEW
