"""rich_text: sections, lists, quotes and preformatted text, with their inline elements.

Limits on lengths inside rich_text are not published; the ones here are those of a section's text.
"""

from __future__ import annotations

from collections.abc import Mapping

from .blockkit_checks import Check, boolean, items, number, of_type, one_of, shape, string, typed
from .blockkit_objects import ID, URL

_TEXT = string(3000)
_STYLES = ("bold", "italic", "strike", "code", "underline")
_STYLE = {"style": shape({}, dict.fromkeys(_STYLES, boolean))}
_MENTION = {"style": shape({}, dict.fromkeys((*_STYLES, "highlight", "client_highlight", "unlink"), boolean))}

INLINE: Mapping[str, Check] = {
    "text": typed({"text": _TEXT}, _STYLE),
    "link": typed({"url": URL}, {"text": _TEXT, "unsafe": boolean, **_STYLE}),
    "emoji": typed({"name": ID}, {"unicode": ID, "skin_tone": number(1, 6), **_STYLE}),
    "user": typed({"user_id": ID}, _MENTION),
    "usergroup": typed({"usergroup_id": ID}, _MENTION),
    "channel": typed({"channel_id": ID}, _MENTION),
    "broadcast": typed({"range": one_of("here", "channel", "everyone")}, _STYLE),
    "date": typed(
        {"timestamp": number(0, 10**10), "format": ID}, {"timezone": ID, "url": URL, "fallback": _TEXT, **_STYLE}
    ),
    "color": typed({"value": ID}, _STYLE),
    "team": typed({"team_id": ID}, _STYLE),
}

_BORDER = {"border": one_of(0, 1)}
_INLINES = items(of_type(INLINE), 1000, 0)
_SECTION = typed({"elements": _INLINES})

_PARTS: Mapping[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_list": typed(
        {"style": one_of("bullet", "ordered"), "elements": items(of_type({"rich_text_section": _SECTION}), 1000)},
        {"indent": number(0, 8), "offset": number(0, 10**6), **_BORDER},
    ),
    "rich_text_preformatted": typed({"elements": _INLINES}, {"language": ID, **_BORDER}),
    "rich_text_quote": typed({"elements": _INLINES}, _BORDER),
}

rich_text = typed({"elements": items(of_type(_PARTS), 1000)}, {"block_id": ID})
"""A check of a whole rich_text block."""
