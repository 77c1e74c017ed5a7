"""Block Kit: what may stand where, unknown keys, and what a list of blocks must keep to as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.slack.blockkit import check_blocks, check_view
from tests.sandbox.slack.blocks import (
    BLOCKS,
    BUTTONS,
    ELEMENTS,
    INPUTS,
    MENUS,
    MISMATCH,
    actions,
    button,
    field,
    mrkdwn,
    of,
    one,
    plain,
    section,
    sharply,
)

ALLOWED = {
    "section": MENUS.keys() | BUTTONS.keys(),
    "actions": MENUS.keys() | BUTTONS.keys() | {"datetimepicker"},
    "input": MENUS.keys() | INPUTS.keys() | {"datetimepicker"},  # and file_input, in modals
}


@pytest.mark.parametrize("kind", ELEMENTS)
def test_elements_stand_where_they_may(kind: str):
    """Each element is taken by the blocks that Slack lists for it and is of an unsupported type elsewhere."""
    element = of(kind, **ELEMENTS[kind])
    found = {
        "section": one(section(accessory=element)),
        "actions": one(actions(element)),
        "input": one(field(element)),
    }
    for block, faults in found.items():
        if kind in ALLOWED[block]:
            assert faults == []
        else:
            assert [fault.partition(" [")[0] for fault in faults] == [f"unsupported type: {kind}"]


@pytest.mark.parametrize("kind", ELEMENTS)
def test_elements_take_no_unknown_keys(kind: str):
    """A key that Slack does not know is a fault in every element."""
    block = field if kind in INPUTS else actions
    surface = "modal" if kind == "file_input" else "message"
    block = field if kind == "file_input" else block
    where = "/blocks/0/element" if block is field else "/blocks/0/elements/0"
    assert one(block(of(kind, **ELEMENTS[kind], foo=1)), surface) == sharply("invalid additional property: foo", where)


NOT_IN = {
    "message": {"alert"},
    "modal": {"context_actions", "markdown", "table", "data_table", "data_visualization"}
    | {"carousel", "container", "task_card", "plan"},
    "home": {"context_actions", "markdown", "alert", "task_card", "plan"},
}


@pytest.mark.parametrize("surface", NOT_IN)
@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_stand_where_they_may(kind: str, surface: str):
    """Each surface takes the blocks that Slack lists for it; others are of an unsupported type."""
    refused = sharply(f"unsupported type: {kind}", "/blocks/0/type")
    assert one(BLOCKS[kind], surface) == (refused if kind in NOT_IN[surface] else [])


@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_that_a_workspace_lacks(kind: str):
    """They are refused as of an unsupported type, beside others that stand; in views, too."""
    surface: Any = "modal" if kind == "alert" else "message"
    found = check_blocks([section(), {**BLOCKS[kind], "block_id": "x"}], surface, lacks={kind} - {"section"})
    assert found == ([] if kind == "section" else sharply(f"unsupported type: {kind}", "/blocks/1/type"))
    if kind not in NOT_IN["modal"]:
        view = {"type": "modal", "title": plain(), "submit": plain(), "blocks": [BLOCKS[kind]]}
        assert check_view(view, lacks={kind}) == sharply(f"unsupported type: {kind}", "/view/blocks/0/type")


@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_take_no_unknown_keys(kind: str):
    """A key that Slack does not know is a fault in every block, and named."""
    surface = "modal" if kind == "alert" else "message"
    assert one(BLOCKS[kind] | {"foo": 1}, surface) == sharply("invalid additional property: foo", "/blocks/0")


def test_every_fault_is_named():
    """One answer lists all faults of all blocks, not the first."""
    found = check_blocks([section(text=mrkdwn("")), actions(button(style="loud", foo=1)), {"type": "x"}], "message")
    assert found == [
        *sharply("must be more than 0 characters", "/blocks/0/text/text"),
        *sharply(MISMATCH, "/blocks/1/elements/0/style"),
        *sharply("invalid additional property: foo", "/blocks/1/elements/0"),
        *sharply("unsupported type: x", "/blocks/2/type"),
    ]


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_number_of_blocks(surface: Any, most: int):
    """A message holds 50 blocks, a view 100; no blocks at all are none too few."""
    assert check_blocks([], surface) == []
    assert check_blocks([section()] * most, surface) == []
    assert check_blocks([section()] * (most + 1), surface) == sharply(f"no more than {most} items allowed", "/blocks")


@pytest.mark.parametrize("blocks", [None, "[]", {}, 1, ({"type": "divider"},)])
def test_no_list(blocks: object):
    """What is no list is one fault, whatever it is."""
    assert check_blocks(blocks, "message") == sharply(MISMATCH, "/blocks")


def test_ids_are_unique():
    """Block ids are unique in the message, those of inner blocks too; action ids in their block only."""
    same = check_blocks([section(block_id="a"), section(), section(block_id="a")], "message")
    assert same == sharply("block_id a already exists", "/blocks/2/block_id")
    holder = {"type": "container", "title": plain(), "child_blocks": [section(block_id="a")]}
    inner = check_blocks([section(block_id="a"), holder], "message")
    assert inner == sharply("block_id a already exists", "/blocks/1/child_blocks/0/block_id")
    twice = one(actions(button(), button()))
    assert twice == sharply("action_id b already exists", "/blocks/0/elements/1/action_id")
    assert check_blocks([actions(button()), actions(button())], "message") == []
    assert one(actions({"type": "button", "text": plain()}, {"type": "button", "text": plain()})) == []


def test_limits_that_blocks_share():
    """One table and two charts in a message; 12,000 characters in all its markdown."""
    grid, chart, long = BLOCKS["table"], BLOCKS["data_visualization"], {"type": "markdown", "text": "x" * 6000}
    assert check_blocks([grid, BLOCKS["data_table"], chart, chart, long, long], "message") == []
    assert check_blocks([grid, grid], "message") == sharply("only_one_table_allowed", "/blocks/1")
    second = check_blocks([BLOCKS["data_table"]] * 2, "message")
    assert second == sharply("only_one_data_table_allowed", "/blocks/1")
    assert check_blocks([chart] * 3, "message") == sharply("only_two_data_visualization_allowed", "/blocks/2")
    over = check_blocks([long, long, {"type": "markdown", "text": "x"}], "message")
    assert over == sharply("markdown text must be less than 12001 characters", "/blocks")


def test_elements_of_one_surface():
    """Files are asked for in modals only, workflows start from messages only, and only a modal's input gives response
    URLs.
    """
    asks, starts = field(of("file_input")), actions(of("workflow_button", **BUTTONS["workflow_button"]))
    assert one(asks, "modal") == []
    assert one(asks, "home") == sharply("unsupported type: file_input", "/blocks/0/element/type")
    assert one(asks | {"dispatch_action": True}, "modal") != []
    assert one(starts, "message") == []
    assert one(starts, "home") == sharply("unsupported type: workflow_button", "/blocks/0/elements/0/type")
    answers = of("channels_select", response_url_enabled=True)
    assert one(field(answers), "modal") == []
    for block, surface in (
        (field(answers), "message"),
        (actions(answers), "modal"),
        (section(accessory=answers), "home"),
    ):
        assert "invalid additional property: response_url_enabled" in one(block, surface)[0]
