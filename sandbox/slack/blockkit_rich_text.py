"""rich_text: sections, lists, quotes and preformatted text, with their inline elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .blockkit_elements import Check, anything, at, boolean, items, number, one_of, shape, string

_STYLE = {
    "style": shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean)),
}

INLINE: Mapping[str, Check] = {
    "text": shape({"text": string(3000)}, _STYLE),
    "link": shape({"url": string(3000)}, {"text": string(3000), "unsafe": boolean, **_STYLE}),
    "emoji": shape({"name": string(255)}, {"unicode": string(255), **_STYLE}),
    "user": shape({"user_id": string(255)}, _STYLE),
    "usergroup": shape({"usergroup_id": string(255)}, _STYLE),
    "channel": shape({"channel_id": string(255)}, _STYLE),
    "broadcast": shape({"range": one_of("here", "channel", "everyone")}),
    "date": shape(
        {"timestamp": number(0, 10**10), "format": string(255)},
        {"timezone": string(255), "url": string(3000), "fallback": string(3000)},
    ),
    "color": shape({"value": string(255)}),
    "team": shape({"team_id": string(255)}),
}


def _of(kinds: Mapping[str, Check]) -> Check:
    def check(value: Any, pointer: str, faults: list[str]) -> None:
        kind = str(value.get("type")) if isinstance(value, dict) else "None"
        if kind not in kinds:
            faults.append(at(f"{pointer}/type", f"unsupported type: {kind}"))
        else:
            kinds[kind](value, pointer, faults)

    return check


_INLINES = items(_of(INLINE), 1000, 0)
_SECTION = shape({"elements": _INLINES})
_PARTS: Mapping[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_list": shape(
        {"style": one_of("bullet", "ordered"), "elements": items(_of({"rich_text_section": _SECTION}), 1000)},
        {"indent": number(0, 8), "offset": number(0, 10**6), "border": one_of(0, 1)},
    ),
    "rich_text_preformatted": shape({"elements": _INLINES}, {"border": one_of(0, 1), "language": anything}),
    "rich_text_quote": shape({"elements": _INLINES}, {"border": one_of(0, 1)}),
}

rich_text = shape({"elements": items(_of(_PARTS), 1000)}, {"block_id": string(255)})
"""A check of a whole rich_text block."""
