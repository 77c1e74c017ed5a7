"""What Slack adds to blocks, what their inputs hold before anybody touched them, and that nothing raises."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.slack.blockkit import (
    check_blocks,
    check_view,
    find_element,
    initial_state,
    normalise_blocks,
)
from tests.sandbox.slack.blocks import (
    BLOCKS,
    BUTTONS,
    ELEMENTS,
    MENUS,
    Json,
    actions,
    button,
    confirm,
    field,
    home,
    modal,
    mrkdwn,
    of,
    option,
    options,
    plain,
    rich,
    section,
    select,
)


def test_what_slack_adds():
    """Ids, `emoji`, `verbatim` and the defaults of inputs are added where they are absent, and nothing is replaced."""
    sent: list[Json] = [
        section(text=mrkdwn(verbatim=True), fields=[mrkdwn(), plain(emoji=False)], block_id="mine"),
        field(of("plain_text_input"), optional=True),
        actions(button(confirm=confirm()), {"type": "button", "text": plain()}),
        {"type": "markdown", "text": "x", "block_id": "mine-too"},
        {"type": "container", "title": plain(), "child_blocks": [section()]},
    ]
    before = copy.deepcopy(sent)
    text, asks, acts, markdown, holder = normalise_blocks(sent)
    assert sent == before
    assert text["block_id"] == "mine"
    assert text["text"]["verbatim"] is True
    assert text["fields"] == [mrkdwn(verbatim=False), plain(emoji=False)]
    assert (asks["optional"], asks["dispatch_action"]) == (True, False)
    assert asks["label"]["emoji"] is True
    assert asks["element"]["dispatch_action_config"] == {"trigger_actions_on": ["on_enter_pressed"]}
    assert acts["elements"][0]["confirm"]["deny"] == plain(emoji=True)
    assert acts["elements"][0]["action_id"] == "b"
    assert acts["elements"][1]["action_id"]
    assert markdown["block_id"] != "mine-too"
    assert holder["child_blocks"][0]["block_id"]
    made = [asks, acts, markdown, holder, holder["child_blocks"][0]]
    assert len({block["block_id"] for block in made}) == len(made)


CHOSEN = {"text": plain("v0", emoji=True), "value": "v0"}
LETTER = rich({"type": "text", "text": "t"})
STATES: list[tuple[str, Json, Json, Json]] = [
    ("static_select", {"options": options(2)}, {"initial_option": option("v0")}, {"selected_option": CHOSEN}),
    ("external_select", {}, {"initial_option": option("v0")}, {"selected_option": CHOSEN}),
    ("radio_buttons", {"options": options(2)}, {"initial_option": option("v0")}, {"selected_option": CHOSEN}),
    ("users_select", {}, {"initial_user": "U1"}, {"selected_user": "U1"}),
    ("conversations_select", {}, {"initial_conversation": "C1"}, {"selected_conversation": "C1"}),
    ("channels_select", {}, {"initial_channel": "C1"}, {"selected_channel": "C1"}),
    ("multi_static_select", {"options": options(2)}, {"initial_options": options(1)}, {"selected_options": [CHOSEN]}),
    ("multi_external_select", {}, {"initial_options": options(1)}, {"selected_options": [CHOSEN]}),
    ("multi_users_select", {}, {"initial_users": ["U1"]}, {"selected_users": ["U1"]}),
    ("multi_conversations_select", {}, {"initial_conversations": ["C1"]}, {"selected_conversations": ["C1"]}),
    ("multi_channels_select", {}, {"initial_channels": ["C1"]}, {"selected_channels": ["C1"]}),
    ("checkboxes", {"options": options(2)}, {"initial_options": options(1)}, {"selected_options": [CHOSEN]}),
    ("datepicker", {}, {"initial_date": "2026-01-31"}, {"selected_date": "2026-01-31"}),
    ("timepicker", {}, {"initial_time": "14:30"}, {"selected_time": "14:30"}),
    ("datetimepicker", {}, {"initial_date_time": 1_800_000_000}, {"selected_date_time": 1_800_000_000}),
    ("plain_text_input", {}, {"initial_value": "a"}, {"value": "a"}),
    ("email_text_input", {}, {"initial_value": "a@example.com"}, {"value": "a@example.com"}),
    ("url_text_input", {}, {"initial_value": "https://x"}, {"value": "https://x"}),
    ("number_input", {"is_decimal_allowed": False}, {"initial_value": "4"}, {"value": "4"}),
    ("rich_text_input", {}, {"initial_value": LETTER}, {"rich_text_value": LETTER}),
    ("file_input", {}, {}, {"files": []}),
]


@pytest.mark.parametrize(("kind", "fields", "initial", "held"), STATES, ids=[case[0] for case in STATES])
def test_state(kind: str, fields: Json, initial: Json, held: Json):
    """Every input is in the state: with what it starts with, else null, or an empty list where it takes several."""
    (key,) = held
    empty: dict[str, Any] = {key: [] if isinstance(held[key], list) else None}
    for more, expected in ((initial, held if initial else empty), ({}, empty)):
        view = modal(field(of(kind, **fields, **more), block_id="b"), submit=plain())
        assert check_view(view) == []
        assert initial_state(normalise_blocks(view["blocks"])) == {"b": {"e": {"type": kind, **expected}}}


def test_state_of_other_blocks():
    """Menus in sections and actions are in the state too; buttons and overflow menus never."""
    blocks = normalise_blocks(
        [
            section(accessory=select(), block_id="s"),
            actions(
                button(),
                of("overflow", options=options(1)) | {"action_id": "o"},
                of("timepicker", timezone="Europe/Berlin"),
                of("datepicker") | {"action_id": "d"},
                block_id="a",
            ),
            section(accessory={"type": "image", "image_url": "u", "alt_text": "a"}),
        ]
    )
    assert initial_state(blocks) == {
        "s": {"e": {"type": "static_select", "selected_option": None}},
        "a": {
            "e": {"type": "timepicker", "selected_time": None, "timezone": "Europe/Berlin"},
            "d": {"type": "datepicker", "selected_date": None},
        },
    }


def test_finding_elements():
    """An element is found wherever it stands, with the block that holds it; the block id decides between equals."""
    card: Json = {"type": "card", "title": plain(), "actions": [button(action_id="inner")]}
    blocks: list[Json] = [
        section(accessory=button(action_id="aside")),
        actions(button(), button(action_id="c"), block_id="one"),
        actions(button(value="second"), block_id="two"),
        field(of("plain_text_input")),
        {"type": "carousel", "elements": [card]},
        {"type": "divider"},
    ]
    assert check_blocks(blocks, "message") == []
    assert find_element(blocks, "aside") == (blocks[0], blocks[0]["accessory"])
    assert find_element(blocks, "b") == (blocks[1], blocks[1]["elements"][0])
    assert find_element(blocks, "b", "two") == (blocks[2], blocks[2]["elements"][0])
    assert find_element(blocks, "e") == (blocks[3], blocks[3]["element"])
    assert find_element(blocks, "inner") == (card, card["actions"][0])
    assert find_element(blocks, "b", "three") is None
    assert find_element(blocks, "none") is None


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every `(holder, key)` inside a value."""
    for key, held in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(held, dict | list):
            yield from places(held)


ODD: list[Any] = [
    None,
    True,
    0,
    -1.5,
    "",
    "x",
    [],
    [None],
    [[]],
    {},
    {"type": []},
    {"type": "x"},
    {"type": None, "text": {}},
]


SOUND = [
    *BLOCKS.values(),
    *(
        actions(of(kind, **fields)) if kind in MENUS or kind in BUTTONS else field(of(kind, **fields))
        for kind, fields in ELEMENTS.items()
    ),
]


@pytest.mark.parametrize("block", SOUND)
def test_nothing_raises(block: Json):
    """Whatever stands for any part of a block is answered with faults or taken in, never with an exception."""
    blocks = [copy.deepcopy(block)]
    for holder, key in list(places(blocks)):
        sound = holder[key]
        for odd in ODD:
            holder[key] = odd
            for surface in ("message", "modal"):
                if check_blocks(blocks, surface) == []:
                    initial_state(normalise_blocks(blocks))
            check_view(home(*blocks))
        holder[key] = sound


@pytest.mark.parametrize("kind", BLOCKS)
def test_what_slack_gives_back_can_be_sent_again(kind: str):
    """Blocks with ids and defaults are without faults, and a second time changes nothing."""
    once = normalise_blocks([BLOCKS[kind]])
    assert check_blocks(once, "modal" if kind == "alert" else "message") == []
    again = normalise_blocks(once)
    assert again == once or kind == "markdown"
