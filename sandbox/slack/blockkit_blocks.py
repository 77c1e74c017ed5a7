"""The blocks of Block Kit: their fields, and the surfaces each is allowed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .blockkit_checks import (
    Check,
    at,
    at_least_one,
    boolean,
    exactly_one,
    items,
    of_type,
    one_of,
    string,
    then,
    typed,
)
from .blockkit_elements import ELEMENTS, IN_ACTIONS, IN_CONTEXT_ACTIONS, IN_INPUT, IN_SECTION, element
from .blockkit_objects import ID, PICTURE, URL, plain, text
from .blockkit_rich_text import rich_text
from .blockkit_tables import data_table, data_visualization, table

_ID = {"block_id": ID}
_RICH_TEXT = of_type({"rich_text": rich_text})
_IMAGE = element(frozenset({"image"}))
_SOURCE = of_type({"url": typed({"url": URL, "text": string(3000)})})


def _silent_file(value: Any, pointer: str, faults: list[str]) -> None:
    """Files arrive only with the submission: their input can't dispatch actions."""
    if value.get("dispatch_action") and value["element"]["type"] == "file_input":
        faults.append(at(f"{pointer}/dispatch_action", "invalid additional property: dispatch_action"))


def _collapse(value: Any, pointer: str, faults: list[str]) -> None:
    """Only collapsible blocks start collapsed, and they have no divider under the header."""
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        faults.append(at(f"{pointer}/default_collapsed", "default_collapsed requires is_collapsible"))
    if value.get("has_header_divider") and value.get("is_collapsible"):
        faults.append(at(f"{pointer}/has_header_divider", "has_header_divider excludes is_collapsible"))


_CARD = then(
    typed(
        {},
        {
            **_ID,
            "hero_image": _IMAGE,
            "icon": _IMAGE,
            "title": text(150),
            "subtitle": text(150),
            "body": text(200),
            "subtext": text(200),
            "actions": items(element(frozenset({"button"})), 3),
        },
    ),
    at_least_one("title", "body", "hero_image", "actions"),
)
_TASK_CARD = typed(
    {"task_id": ID, "title": string(3000)},
    {
        **_ID,
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": _RICH_TEXT,
        "output": _RICH_TEXT,
        "sources": items(_SOURCE, 100, 0),
    },
)

_PLAIN_BLOCKS: Mapping[str, Check] = {
    "section": then(
        typed(
            {},
            {
                **_ID,
                "text": text(),
                "fields": items(text(2000), 10),
                "accessory": element(IN_SECTION),
                "expand": boolean,
            },
        ),
        at_least_one("text", "fields"),
    ),
    "header": typed({"text": plain(150)}, _ID),
    "divider": typed({}, _ID),
    "context": typed(
        {"elements": items(of_type({"plain_text": text(), "mrkdwn": text(), "image": ELEMENTS["image"]}), 10)}, _ID
    ),
    "actions": typed({"elements": items(element(IN_ACTIONS), 25)}, _ID),
    "context_actions": typed({"elements": items(element(IN_CONTEXT_ACTIONS), 5)}, _ID),
    "image": then(typed({"alt_text": string(2000)}, {**_ID, **PICTURE, "title": plain(2000)}), exactly_one(*PICTURE)),
    "input": then(
        typed(
            {"label": plain(2000), "element": element(IN_INPUT)},
            {**_ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
        ),
        _silent_file,
    ),
    "markdown": typed({"text": string(12_000)}, _ID),
    "rich_text": rich_text,
    "table": table,
    "data_table": data_table,
    "data_visualization": data_visualization,
    "alert": typed({"text": text(200)}, {**_ID, "level": one_of("default", "info", "warning", "error", "success")}),
    "card": _CARD,
    "task_card": _TASK_CARD,
    "video": typed(
        {"video_url": URL, "thumbnail_url": URL, "alt_text": string(2000), "title": plain(199)},
        {
            **_ID,
            "title_url": URL,
            "description": plain(200),
            "author_name": string(49),
            "provider_name": ID,
            "provider_icon_url": URL,
        },
    ),
}

BLOCKS: Mapping[str, Check] = {
    **_PLAIN_BLOCKS,
    "carousel": typed({"elements": items(of_type({"card": _CARD}), 10)}, _ID),
    "container": then(
        typed(
            {"child_blocks": items(of_type(_PLAIN_BLOCKS), 10)},
            {
                **_ID,
                "title": plain(150),
                "rich_text_title": _RICH_TEXT,
                "subtitle": text(150),
                "icon": _IMAGE,
                "width": one_of("narrow", "standard", "wide", "full"),
                **dict.fromkeys(("is_collapsible", "default_collapsed", "has_header_divider"), boolean),
            },
        ),
        at_least_one("title", "rich_text_title"),
        _collapse,
    ),
    "plan": typed({"title": string(3000)}, {**_ID, "tasks": items(of_type({"task_card": _TASK_CARD}), 50, 0)}),
}

_EVERYWHERE = frozenset({"section", "header", "divider", "context", "actions", "image", "input", "rich_text"})
_MESSAGE_AND_HOME = frozenset({"data_table", "data_visualization", "carousel", "container"})
SURFACES: Mapping[str, frozenset[str]] = {
    "message": _EVERYWHERE
    | _MESSAGE_AND_HOME
    | {"context_actions", "markdown", "table", "task_card", "plan", "card", "video"},
    "modal": _EVERYWHERE | {"alert", "card", "video"},
    "home": _EVERYWHERE | _MESSAGE_AND_HOME | {"table", "card", "video"},
}
"""Blocks allowed on each surface. `file` on none: apps can't post it, it appears when reading."""

NESTED = {"container": "child_blocks", "carousel": "elements", "plan": "tasks"}
"""Fields that contain further blocks."""
