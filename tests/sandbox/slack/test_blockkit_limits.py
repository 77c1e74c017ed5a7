"""Block Kit, limit by limit: what Slack takes at a limit and refuses beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.slack.blocks import (
    BLOCKS,
    MISMATCH,
    Json,
    actions,
    button,
    cell,
    confirmed,
    distinct,
    field,
    groups,
    icons,
    menu,
    mrkdwn,
    of,
    one,
    option,
    options,
    plain,
    section,
    select,
    sharply,
)


def pick(kind: str, **more: Any) -> Json:
    return actions(of(kind, options=[option() | more]))


def aside(**more: Any) -> Json:
    return {"type": "context_actions", "elements": [of("icon_button", **more)]}


def feedback(text: Json, value: Any) -> Json:
    no = {"text": plain(), "value": "0"}
    answers = {"positive_button": {"text": text, "value": value}, "negative_button": no}
    return {"type": "context_actions", "elements": [of("feedback_buttons", **answers)]}


def picture(alt: Any) -> Json:
    return {"type": "image", "image_url": "https://x", "alt_text": alt}


def pie(*segments: Json) -> Json:
    return {"type": "data_visualization", "title": "t", "chart": {"type": "pie", "segments": list(segments)}}


LENGTHS = [
    ("section text", 3000, lambda s: section(text=mrkdwn(s)), "/text/text"),
    ("section field", 2000, lambda s: {"type": "section", "fields": [mrkdwn(s)]}, "/fields/0/text"),
    ("header", 150, lambda s: {"type": "header", "text": plain(s)}, "/text/text"),
    ("context", 3000, lambda s: {"type": "context", "elements": [plain(s)]}, "/elements/0/text"),
    ("block_id", 255, lambda s: section(block_id=s), "/block_id"),
    ("alt_text", 2000, lambda s: {"type": "image", "image_url": "https://x", "alt_text": s}, "/alt_text"),
    ("image_url", 3000, lambda s: {"type": "image", "image_url": s, "alt_text": "a"}, "/image_url"),
    (
        "image title",
        2000,
        lambda s: {"type": "image", "image_url": "u", "alt_text": "a", "title": plain(s)},
        "/title/text",
    ),
    ("label", 2000, lambda s: field(of("plain_text_input")) | {"label": plain(s)}, "/label/text"),
    ("hint", 2000, lambda s: field(of("plain_text_input"), hint=plain(s)), "/hint/text"),
    ("markdown", 12000, lambda s: {"type": "markdown", "text": s}, "/text"),
    ("action_id", 255, lambda s: actions(button(action_id=s)), "/elements/0/action_id"),
    ("button text", 75, lambda s: actions(button(text=plain(s))), "/elements/0/text/text"),
    ("button url", 3000, lambda s: actions(button(url=s)), "/elements/0/url"),
    ("button label", 75, lambda s: actions(button(accessibility_label=s)), "/elements/0/accessibility_label"),
    ("confirm title", 100, lambda s: confirmed(title=plain(s)), "/elements/0/confirm/title/text"),
    ("confirm text", 300, lambda s: confirmed(text=mrkdwn(s)), "/elements/0/confirm/text/text"),
    ("confirm yes", 30, lambda s: confirmed(confirm=plain(s)), "/elements/0/confirm/confirm/text"),
    ("confirm no", 30, lambda s: confirmed(deny=plain(s)), "/elements/0/confirm/deny/text"),
    ("placeholder", 150, lambda s: actions(select(placeholder=plain(s))), "/elements/0/placeholder/text"),
    ("option text", 75, lambda s: menu({"text": plain(s), "value": "v"}), "/elements/0/options/0/text/text"),
    ("option value", 150, lambda s: menu(option() | {"value": s}), "/elements/0/options/0/value"),
    ("description", 75, lambda s: menu(option(description=plain(s))), "/elements/0/options/0/description/text"),
    (
        "group label",
        75,
        lambda s: groups({"label": plain(s), "options": [option()]}),
        "/elements/0/option_groups/0/label/text",
    ),
    ("choice text", 75, lambda s: pick("static_select", text=plain(s)), "/elements/0/options/0/text/text"),
    (
        "choice more",
        75,
        lambda s: pick("static_select", description=plain(s)),
        "/elements/0/options/0/description/text",
    ),
    ("box text", 75, lambda s: pick("checkboxes", text=mrkdwn(s)), "/elements/0/options/0/text/text"),
    ("box more", 75, lambda s: pick("checkboxes", description=mrkdwn(s)), "/elements/0/options/0/description/text"),
    ("icon text", 75, lambda s: aside(icon="trash", text=plain(s)), "/elements/0/text/text"),
    ("accessory alt_text", 2000, lambda s: section(accessory=picture(s)), "/accessory/alt_text"),
    ("answer text", 75, lambda s: feedback(plain(s), "v"), "/elements/0/positive_button/text/text"),
    ("answer value", 2000, lambda s: feedback(plain(), s), "/elements/0/positive_button/value"),
    ("card title", 150, lambda s: {"type": "card", "title": mrkdwn(s)}, "/title/text"),
    ("card subtitle", 150, lambda s: {"type": "card", "title": plain(), "subtitle": mrkdwn(s)}, "/subtitle/text"),
    ("card body", 200, lambda s: {"type": "card", "body": mrkdwn(s)}, "/body/text"),
    ("card subtext", 200, lambda s: {"type": "card", "body": plain(), "subtext": mrkdwn(s)}, "/subtext/text"),
    ("container title", 150, lambda s: BLOCKS["container"] | {"title": plain(s)}, "/title/text"),
    ("container subtitle", 150, lambda s: BLOCKS["container"] | {"subtitle": plain(s)}, "/subtitle/text"),
    ("video title", 199, lambda s: BLOCKS["video"] | {"title": plain(s)}, "/title/text"),
    ("video author", 49, lambda s: BLOCKS["video"] | {"author_name": s}, "/author_name"),
    ("video description", 200, lambda s: BLOCKS["video"] | {"description": plain(s)}, "/description/text"),
    ("chart title", 50, lambda s: BLOCKS["data_visualization"] | {"title": s}, "/title"),
    ("segment", 20, lambda s: pie({"label": s, "value": 1}), "/chart/segments/0/label"),
]


@pytest.mark.parametrize(("most", "make", "where"), [case[1:] for case in LENGTHS], ids=[case[0] for case in LENGTHS])
def test_lengths(most: int, make: Any, where: str):
    """A text may be as long as its limit and no longer, and never empty; Slack words both limits exclusively."""
    assert one(make("x" * most)) == []
    assert one(make("x" * (most + 1))) == sharply(f"must be less than {most + 1} characters", f"/blocks/0{where}")
    assert one(make("")) == sharply("must be more than 0 characters", f"/blocks/0{where}")
    assert one(make(7)) == sharply(MISMATCH, f"/blocks/0{where}")


COUNTS = [
    ("fields", 10, lambda n: {"type": "section", "fields": [plain()] * n}, "/fields"),
    ("context", 10, lambda n: {"type": "context", "elements": [plain()] * n}, "/elements"),
    ("actions", 25, lambda n: actions(*distinct(n)), "/elements"),
    ("context actions", 5, icons, "/elements"),
    ("overflow", 5, lambda n: actions(of("overflow", options=options(n))), "/elements/0/options"),
    ("select", 100, lambda n: actions(of("static_select", options=options(n))), "/elements/0/options"),
    ("group", 100, lambda n: groups({"label": plain(), "options": options(n)}), "/elements/0/option_groups/0/options"),
    ("groups", 100, lambda n: groups(*[{"label": plain(), "options": [option()]}] * n), "/elements/0/option_groups"),
    ("checkboxes", 10, lambda n: actions(of("checkboxes", options=options(n))), "/elements/0/options"),
    ("radio buttons", 10, lambda n: actions(of("radio_buttons", options=options(n))), "/elements/0/options"),
    ("rows", 100, lambda n: {"type": "table", "rows": [[cell()]] * n}, "/rows"),
    ("cells", 20, lambda n: {"type": "table", "rows": [[cell()] * n]}, "/rows/0"),
    ("card actions", 3, lambda n: {"type": "card", "title": plain(), "actions": distinct(n)}, "/actions"),
    ("children", 10, lambda n: BLOCKS["container"] | {"child_blocks": [section()] * n}, "/child_blocks"),
    ("segments", 12, lambda n: pie(*[{"label": "a", "value": 1}] * n), "/chart/segments"),
    ("shown to", 10, lambda n: actions(button(visible_to_user_ids=["U1"] * n)), "/elements/0/visible_to_user_ids"),
    ("carousel", 10, lambda n: {"type": "carousel", "elements": [{"type": "card", "title": plain()}] * n}, "/elements"),
]


@pytest.mark.parametrize(("most", "make", "where"), [case[1:] for case in COUNTS], ids=[case[0] for case in COUNTS])
def test_counts(most: int, make: Any, where: str):
    """A list holds one to its most items."""
    assert one(make(most)) == []
    assert one(make(most + 1)) == sharply(f"no more than {most} items allowed", f"/blocks/0{where}")
    assert one(make(0)) == sharply("no fewer than 1 items allowed", f"/blocks/0{where}")


def typed(**more: Any) -> Json:
    return field(of("plain_text_input", **more))


def letter(**more: Any) -> Json:
    return field(of("rich_text_input", **more))


def listed(**more: Any) -> Json:
    item: Json = {"type": "rich_text_section", "elements": []}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_list", "style": "bullet", "elements": [item], **more}],
    }


RANGES = [
    ("min_length", 0, 3000, lambda n: typed(min_length=n), "/element/min_length"),
    ("max_length", 1, 3000, lambda n: typed(max_length=n), "/element/max_length"),
    ("min_lines", 1, 100, lambda n: letter(min_lines=n), "/element/min_lines"),
    ("max_lines", 1, 100, lambda n: letter(max_lines=n), "/element/max_lines"),
    ("max_files", 1, 10, lambda n: field(of("file_input", max_files=n)), "/element/max_files"),
    (
        "moment",
        10**9,
        10**10 - 1,
        lambda n: field(of("datetimepicker", initial_date_time=n)),
        "/element/initial_date_time",
    ),
    ("indent", 0, 8, lambda n: listed(indent=n), "/elements/0/indent"),
    ("border", 0, 1, lambda n: listed(border=n), "/elements/0/border"),
]


@pytest.mark.parametrize(
    ("least", "most", "make", "where"), [case[1:] for case in RANGES], ids=[case[0] for case in RANGES]
)
def test_ranges(least: int, most: int, make: Any, where: str):
    """A number lies between its limits, both of which are taken; a string of digits or true is no number."""
    assert one(make(least), "modal") == one(make(most), "modal") == []
    for wrong in (least - 1, most + 1, str(most), True):
        assert one(make(wrong), "modal") == sharply(MISMATCH, f"/blocks/0{where}")
