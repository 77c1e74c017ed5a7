"""Block Kit, fault by fault: what is wrong in itself or with its neighbours, Slack's words for it, and where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.slack.blocks import (
    MISMATCH,
    Json,
    actions,
    button,
    cell,
    confirm,
    field,
    mrkdwn,
    of,
    one,
    option,
    plain,
    rich,
    section,
    sharply,
)

ALERT: Json = {"type": "alert", "text": plain()}


def menu_of(**more: Any) -> Json:
    return actions(of("static_select", **more))


def table(*rows: list[Any], **more: Any) -> Json:
    return {"type": "table", "rows": list(rows), **more}


def data(*rows: list[Any], **more: Any) -> Json:
    return {"type": "data_table", "caption": "c", "rows": list(rows), **more}


def bars(*names: str, categories: tuple[str, ...] = ("a",)) -> Json:
    series = [{"name": name, "data": [{"label": "a", "value": -1.5}]} for name in names]
    chart = {"type": "bar", "series": series, "axis_config": {"categories": list(categories)}}
    return {"type": "data_visualization", "title": "t", "chart": chart}


X = option("x")
E, A = "/elements/0", "/element"
FAULTS = [
    # texts
    (section(text={"type": "mrkdwn", "text": "m", "emoji": True}), "invalid additional property: emoji", "/text"),
    (
        section(text={"type": "plain_text", "text": "p", "verbatim": True}),
        "invalid additional property: verbatim",
        "/text",
    ),
    (section(text={"type": "mrkdwn"}), "missing required field: text", "/text"),
    (section(text=plain(emoji="yes")), MISMATCH, "/text/emoji"),
    (section(text="hello"), MISMATCH, "/text"),
    (section(text={"type": "markdown", "text": "m"}), MISMATCH, "/text"),
    ({"type": "header", "text": mrkdwn()}, MISMATCH, "/text"),
    # blocks
    ("section", MISMATCH, ""),
    ({}, "missing required field: type", ""),
    ({"type": ["section"]}, "unsupported type: ['section']", "/type"),
    ({"type": None}, "unsupported type: None", "/type"),
    ({"type": "sections"}, "unsupported type: sections", "/type"),
    ({"type": "file", "external_id": "x", "source": "remote"}, "unsupported type: file", "/type"),
    ({"type": "section"}, "missing required field: text", ""),
    (section(expand=1), MISMATCH, "/expand"),
    (section(block_id=None), MISMATCH, "/block_id"),
    ({"type": "context", "elements": [button()]}, "unsupported type: button", f"{E}/type"),
    ({"type": "context", "elements": [plain() | {"x": 1}]}, "invalid additional property: x", E),
    ({"type": "image", "image_url": "u"}, "missing required field: alt_text", ""),
    (actions("button"), MISMATCH, E),
    (actions({"text": plain()}), "missing required field: type", E),
    ({"type": "actions", "elements": {}}, MISMATCH, "/elements"),
    ({"type": "container", "child_blocks": [section()]}, "missing required field: title", ""),
    (
        {"type": "container", "title": plain(), "child_blocks": [ALERT]},
        "unsupported type: alert",
        "/child_blocks/0/type",
    ),
    (
        {"type": "container", "title": plain(), "child_blocks": [section()], "default_collapsed": True},
        "default_collapsed requires is_collapsible",
        "/default_collapsed",
    ),
    ({"type": "card", "subtitle": plain()}, "missing required field: title", ""),
    # inputs
    (field(of("plain_text_input"), label=mrkdwn()), MISMATCH, "/label"),
    ({"type": "input", "label": plain()}, "missing required field: element", ""),
    (
        field(of("plain_text_input", min_length=5, max_length=4)),
        "min_length must not be greater than max_length",
        f"{A}/min_length",
    ),
    (
        field(of("plain_text_input", max_length=2, initial_value="abc")),
        "must be less than 3 characters",
        f"{A}/initial_value",
    ),
    (field(of("plain_text_input", max_length=3001)), MISMATCH, f"{A}/max_length"),
    (field(of("plain_text_input", min_length=True)), MISMATCH, f"{A}/min_length"),
    (field(of("number_input")), "missing required field: is_decimal_allowed", A),
    (field(of("number_input", is_decimal_allowed=False, min_value=1)), MISMATCH, f"{A}/min_value"),
    (field(of("number_input", is_decimal_allowed=False, initial_value="1.5")), MISMATCH, f"{A}/initial_value"),
    (field(of("number_input", is_decimal_allowed=True, max_value="many")), MISMATCH, f"{A}/max_value"),
    (
        field(of("number_input", is_decimal_allowed=True, max_value="1", initial_value="1.5")),
        "initial_value must be between min_value and max_value",
        f"{A}/initial_value",
    ),
    (
        field(of("number_input", is_decimal_allowed=True, min_value="2", max_value="1")),
        "min_value must not be greater than max_value",
        f"{A}/min_value",
    ),
    (
        field(of("rich_text_input", min_lines=3, max_lines=2)),
        "min_lines must not be greater than max_lines",
        f"{A}/min_lines",
    ),
    (
        field(of("plain_text_input", dispatch_action_config={"trigger_actions_on": ["on_key"]})),
        MISMATCH,
        f"{A}/dispatch_action_config/trigger_actions_on/0",
    ),
    # elements
    (actions(button(style="default")), MISMATCH, f"{E}/style"),
    (actions(button(text=mrkdwn())), MISMATCH, f"{E}/text"),
    (actions(button(value="v" * 2001)), "must be less than 2001 characters", f"{E}/value"),
    (actions(button(value=7)), MISMATCH, f"{E}/value"),
    (actions(button(confirm=confirm(style="loud"))), MISMATCH, f"{E}/confirm/style"),
    (actions(button(confirm=confirm(type="confirm"))), "invalid additional property: type", f"{E}/confirm"),
    (
        actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()})),
        "missing required field: deny",
        f"{E}/confirm",
    ),
    (menu_of(), "must provide exactly one of: options, option_groups", E),
    (
        menu_of(options=[X], option_groups=[{"label": plain(), "options": [X]}]),
        "must provide exactly one of: options, option_groups",
        E,
    ),
    (menu_of(options=[option(url="https://x")]), "invalid additional property: url", f"{E}/options/0"),
    (menu_of(options=[{"text": mrkdwn(), "value": "v"}]), MISMATCH, f"{E}/options/0/text"),
    (menu_of(options=[{"text": plain()}]), "missing required field: value", f"{E}/options/0"),
    (
        menu_of(options=[X], initial_option=option("y")),
        "initial option must be one of the options",
        f"{E}/initial_option",
    ),
    (
        menu_of(options=[X], initial_option=option("x", description=plain())),
        "initial option must be one of the options",
        f"{E}/initial_option",
    ),
    (
        actions(of("checkboxes", options=[X], initial_options=[option("y")])),
        "initial option must be one of the options",
        f"{E}/initial_options",
    ),
    (
        actions(of("multi_users_select", initial_users=["U1", "U2"], max_selected_items=1)),
        "no more than 1 items allowed",
        f"{E}/initial_users",
    ),
    (actions(of("multi_static_select", options=[X], max_selected_items=0)), MISMATCH, f"{E}/max_selected_items"),
    (actions(of("conversations_select", filter={})), "missing required field: include", f"{E}/filter"),
    (actions(of("conversations_select", filter={"include": ["dm"]})), MISMATCH, f"{E}/filter/include/0"),
    *(
        (actions(of("datepicker", initial_date=day)), MISMATCH, f"{E}/initial_date")
        for day in ("2026-02-30", "20260228", "2026-W01-1", 20260228)
    ),
    *(
        (actions(of("timepicker", initial_time=at)), MISMATCH, f"{E}/initial_time")
        for at in ("24:00", "9:00", "T1230", "12:30:00", None)
    ),
    (actions(of("datetimepicker", initial_date_time=1_800_000_000_000)), MISMATCH, f"{E}/initial_date_time"),
    (section(accessory={"type": "image", "image_url": "u"}), "missing required field: alt_text", "/accessory"),
    (
        section(accessory={"type": "image", "alt_text": "a"}),
        "must provide exactly one of: image_url, slack_file",
        "/accessory",
    ),
    (
        section(accessory={"type": "image", "alt_text": "a", "slack_file": {}}),
        "must provide exactly one of: id, url",
        "/accessory/slack_file",
    ),
    # rich text and tables
    (rich({"type": "texts"}), "unsupported type: texts", f"{E}/elements/0/type"),
    (
        rich({"type": "text", "text": "t", "style": {"loud": True}}),
        "invalid additional property: loud",
        f"{E}/elements/0/style",
    ),
    (rich({"type": "broadcast", "range": "all"}), MISMATCH, f"{E}/elements/0/range"),
    (rich({"type": "user"}), "missing required field: user_id", f"{E}/elements/0"),
    (
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "indent": 9,
                    "elements": [{"type": "rich_text_section", "elements": []}],
                }
            ],
        },
        MISMATCH,
        f"{E}/indent",
    ),
    (
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text", "text": "t"}]}],
        },
        "unsupported type: text",
        f"{E}/elements/0/type",
    ),
    (table([cell("")]), "must be more than 0 characters", "/rows/0/0/text"),
    (table([mrkdwn()]), "unsupported type: mrkdwn", "/rows/0/0/type"),
    (
        table([cell("x" * 5000)], [cell("x" * 5000), rich({"type": "text", "text": "t"})]),
        "must be less than 10001 characters",
        "/rows",
    ),
    (table([cell()], column_settings=[{"align": "top"}]), MISMATCH, "/column_settings/0/align"),
    (data([rich()], [cell()]), "unsupported type: rich_text", "/rows/0/0/type"),
    (data([cell()], [cell(), cell()]), "all rows must have the same number of cells", "/rows/1"),
    (data([cell()]), "no fewer than 2 items allowed", "/rows"),
    (data([cell()], [cell()], page_size=101), MISMATCH, "/page_size"),
    (data([cell()], [cell()], row_header_column_index=1), MISMATCH, "/row_header_column_index"),
    (bars("s", "s"), "series names must be unique", "/chart/series/1/name"),
    (bars("s", categories=("b",)), "labels must match the categories of the axis", "/chart/series/0/data"),
]


@pytest.mark.parametrize(("block", "fault", "where"), FAULTS)
def test_faults(block: Any, fault: str, where: str):
    """Each fault is found alone, in Slack's words, and pointed at."""
    assert one(block) == sharply(fault, f"/blocks/0{where}")


@pytest.mark.parametrize(
    "element",
    [
        of("plain_text_input", min_length=0, max_length=1, initial_value="a"),
        of("plain_text_input", min_length=3000, max_length=3000),
        of("plain_text_input", initial_value=""),
        of("number_input", is_decimal_allowed=True, min_value="1.5", max_value="1.5", initial_value="1.5"),
        of("number_input", is_decimal_allowed=False, initial_value="-3.0"),
        of("rich_text_input", min_lines=100, max_lines=100),
        of("multi_users_select", initial_users=["U1"], max_selected_items=1),
        of("external_select", min_query_length=0),
        of("datepicker", initial_date="2028-02-29"),
        of("timepicker", initial_time="00:00"),
    ],
)
def test_edges(element: Json):
    """What lies exactly on a limit is taken."""
    assert one(field(element)) == []


def test_edges_of_tables():
    """10,000 characters, 100 rows under a header, the last column and the longest page are taken."""
    assert one(table([cell("x" * 5000), cell("x" * 5000)])) == []
    rows = [[cell()] * 20] * 101
    assert one(data(*rows, page_size=100, row_header_column_index=19)) == []
    assert one(data(*rows[:2], page_size=1)) == []
    assert one(data(*rows, rows[0])) == sharply("no more than 101 items allowed", "/blocks/0/rows")
    assert one(data([cell()] * 21, [cell()] * 21))[0] == sharply("no more than 20 items allowed", "/blocks/0/rows/0")[0]
    assert one(table([cell()], column_settings=[{}] * 20)) == []
    assert one(table([cell()], column_settings=[{}] * 21)) != []


def test_edges_of_charts():
    """12 series over 20 categories with labels of 20 characters are taken, not one more; axes are named in 50."""
    names, labels = [f"{index:020}" for index in range(13)], [f"{index:020}" for index in range(21)]

    def chart(series: int, points: int, **axis: str) -> Json:
        held = [
            {"name": name, "data": [{"label": label, "value": 0} for label in labels[:points]]}
            for name in names[:series]
        ]
        of_line = {"type": "line", "series": held, "axis_config": {"categories": labels[:points], **axis}}
        return {"type": "data_visualization", "title": "t", "chart": of_line}

    assert one(chart(12, 20, x_label="x" * 50, y_label="y" * 50)) == []
    assert one(chart(13, 20)) == sharply("no more than 12 items allowed", "/blocks/0/chart/series")
    assert "no more than 20 items allowed" in one(chart(1, 21))[0]
    for axis in ("x_label", "y_label"):
        long = one(chart(1, 1, **{axis: "x" * 51}))
        assert long == sharply("must be less than 51 characters", f"/blocks/0/chart/axis_config/{axis}")
