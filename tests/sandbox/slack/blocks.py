"""Blocks that tests are made of: each is one that Slack takes, and *more* lies over it."""

from __future__ import annotations

from typing import Any

from sandbox.slack.blockkit import check_blocks

Json = dict[str, Any]
MISMATCH = "failed to match all allowed schemas"


def plain(text: str = "p", **more: Any) -> Json:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: str = "m", **more: Any) -> Json:
    return {"type": "mrkdwn", "text": text, **more}


def option(value: str = "v", **more: Any) -> Json:
    return {"text": plain(value[:75] or "t"), "value": value, **more}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(), **more}


def actions(*elements: Any, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def field(element: Any, **more: Any) -> Json:
    return {"type": "input", "label": plain(), "element": element, **more}


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "b", "text": plain(), **more}


def of(kind: str, **more: Any) -> Json:
    return {"type": kind, "action_id": "e", **more}


def select(**more: Any) -> Json:
    return of("static_select", options=[option("x"), option("y")], **more)


def menu(*held: Json) -> Json:
    return actions(of("overflow", options=list(held)))


def groups(*held: Json) -> Json:
    return actions(of("static_select", option_groups=list(held)))


def confirmed(**more: Any) -> Json:
    return actions(button(confirm=confirm(**more)))


def confirm(**more: Any) -> Json:
    return {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **more}


def rich(*inline: Any, **more: Any) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(inline)}], **more}


def cell(text: str = "c") -> Json:
    return {"type": "raw_text", "text": text}


def distinct(number: int) -> list[Json]:
    return [button(action_id=f"b{index}") for index in range(number)]


def icons(number: int) -> Json:
    held = [of("icon_button", icon="trash", text=plain()) | {"action_id": f"i{index}"} for index in range(number)]
    return {"type": "context_actions", "elements": held}


def options(number: int) -> list[Json]:
    return [option(f"v{index}") for index in range(number)]


def modal(*blocks: Any, **more: Any) -> Json:
    return {"type": "modal", "title": plain(), "blocks": list(blocks), **more}


def home(*blocks: Any, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def one(block: Any, surface: Any = "message") -> list[str]:
    """The faults of a single block."""
    return check_blocks([block], surface)


def sharply(fault: str, where: str) -> list[str]:
    """One fault and no other."""
    return [f"{fault} [json-pointer:{where}]"]


INPUTS: dict[str, Json] = {
    "plain_text_input": {"multiline": True, "min_length": 1, "max_length": 5, "initial_value": "abc"},
    "number_input": {"is_decimal_allowed": False, "min_value": "1", "max_value": "9", "initial_value": "3"},
    "email_text_input": {"initial_value": "a@example.com"},
    "url_text_input": {"placeholder": plain()},
    "rich_text_input": {"initial_value": rich({"type": "text", "text": "t"}), "min_lines": 2, "max_lines": 9},
}
MENUS: dict[str, Json] = {
    "static_select": {"options": [option()], "initial_option": option()},
    "external_select": {"min_query_length": 0, "initial_option": option()},
    "users_select": {"initial_user": "U1"},
    "conversations_select": {"default_to_current_conversation": True, "filter": {"include": ["im", "public"]}},
    "channels_select": {"initial_channel": "C1"},
    "multi_static_select": {"options": options(3), "initial_options": options(2), "max_selected_items": 2},
    "multi_external_select": {"initial_options": [option()]},
    "multi_users_select": {"initial_users": ["U1"]},
    "multi_conversations_select": {"initial_conversations": ["C1"]},
    "multi_channels_select": {"initial_channels": ["C1"]},
    "checkboxes": {"options": [{"text": mrkdwn(), "value": "v"}]},
    "radio_buttons": {"options": [{"text": mrkdwn(), "value": "v"}]},
    "datepicker": {"initial_date": "2026-02-28"},
    "timepicker": {"initial_time": "23:59", "timezone": "Europe/Berlin"},
}
BUTTONS: dict[str, Json] = {
    "button": {"text": plain(), "value": "", "style": "danger", "confirm": confirm(style="primary")},
    "overflow": {"options": [option(url="https://x")], "confirm": confirm()},
    "workflow_button": {"text": plain(), "workflow": {"trigger": {"url": "https://x"}}},
}
ELEMENTS = (
    INPUTS | MENUS | BUTTONS | {"datetimepicker": {"initial_date_time": 1_800_000_000}, "file_input": {"max_files": 10}}
)
BLOCKS: dict[str, Json] = {
    "section": section(),
    "header": {"type": "header", "text": plain()},
    "divider": {"type": "divider"},
    "context": {
        "type": "context",
        "elements": [mrkdwn(), {"type": "image", "image_url": "https://x", "alt_text": "a"}],
    },
    "actions": actions(button()),
    "context_actions": {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": {"text": plain(), "value": "1"},
                "negative_button": {"text": plain(), "value": "0"},
            }
        ],
    },
    "image": {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a"},
    "input": field(of("plain_text_input")),
    "markdown": {"type": "markdown", "text": "# x"},
    "rich_text": rich({"type": "text", "text": "t", "style": {"bold": True}}),
    "table": {"type": "table", "rows": [[cell(), rich()]], "column_settings": [{"align": "right"}]},
    "data_table": {
        "type": "data_table",
        "caption": "c",
        "rows": [[cell()], [{"type": "raw_number", "value": 1, "text": "1"}]],
    },
    "data_visualization": {
        "type": "data_visualization",
        "title": "t",
        "chart": {"type": "pie", "segments": [{"label": "a", "value": 1}]},
    },
    "alert": {"type": "alert", "text": plain(), "level": "warning"},
    "card": {"type": "card", "title": plain(), "actions": [button()]},
    "carousel": {"type": "carousel", "elements": [{"type": "card", "body": mrkdwn()}]},
    "container": {"type": "container", "title": plain(), "child_blocks": [section()], "width": "wide"},
    "task_card": {"type": "task_card", "task_id": "1", "title": "t", "status": "complete", "details": rich()},
    "plan": {"type": "plan", "title": "t", "tasks": [{"type": "task_card", "task_id": "1", "title": "t"}] * 2},
    "video": {
        "type": "video",
        "video_url": "https://x",
        "thumbnail_url": "https://x",
        "alt_text": "a",
        "title": plain(),
    },
}
