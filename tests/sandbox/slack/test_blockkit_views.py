"""Views as Slack takes them, fault by fault, and what Slack's own SDK builds."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models import blocks as sdk
from slack_sdk.models.views import View

from sandbox.slack.blockkit import (
    check_blocks,
    check_view,
    view_too_large,
)
from tests.sandbox.slack.blocks import (
    MISMATCH,
    actions,
    field,
    home,
    modal,
    mrkdwn,
    of,
    plain,
    section,
    select,
    sharply,
)

WHOLE = modal(
    field(of("plain_text_input", focus_on_load=True)),
    callback_id="c",
    external_id="",
    private_metadata="{}",
    submit=plain(),
    close=plain(),
    clear_on_close=False,
    notify_on_close=True,
)


def test_whole_views():
    """A modal with all that it can have and a home with all that it can have are taken."""
    assert check_view(WHOLE) == []
    assert check_view(home(section(), field(of("plain_text_input")), callback_id="", private_metadata="")) == []


@pytest.mark.parametrize(
    ("key", "most", "pack"),
    [
        *((key, 24, plain) for key in ("title", "submit", "close")),
        ("private_metadata", 3000, str),
        ("callback_id", 255, str),
        ("external_id", 255, str),
    ],
)
def test_lengths_of_a_view(key: str, most: int, pack: Any):
    """Titles and buttons are up to 24 characters of plain text, ids 255, what the app keeps in it 3,000."""
    where = f"/view/{key}/text" if pack is plain else f"/view/{key}"
    assert check_view(WHOLE | {key: pack("x" * most)}) == []
    assert check_view(WHOLE | {key: pack("x" * (most + 1))}) == sharply(
        f"must be less than {most + 1} characters", where
    )
    assert check_view(WHOLE | {key: 5}) == sharply(MISMATCH, f"/view/{key}")


@pytest.mark.parametrize(
    ("view", "fault", "where"),
    [
        (None, MISMATCH, "/view"),
        ([], MISMATCH, "/view"),
        ({"blocks": []}, "missing required field: type", "/view"),
        ({"type": "workflow_step", "blocks": []}, "unsupported type: workflow_step", "/view/type"),
        ({"type": {}, "blocks": []}, "unsupported type: {}", "/view/type"),
        ({"type": "modal", "blocks": []}, "missing required field: title", "/view"),
        ({"type": "home"}, "missing required field: blocks", "/view"),
        ({"type": "modal", "title": plain()}, "missing required field: blocks", "/view"),
        (modal() | {"blocks": "[]"}, MISMATCH, "/view/blocks"),
        (modal(title=mrkdwn()), MISMATCH, "/view/title"),
        (modal(submit=None), MISMATCH, "/view/submit"),
        (modal(submit_disabled=False), "invalid additional property: submit_disabled", "/view"),
        (modal(hash="1.a"), "invalid additional property: hash", "/view"),
        (home(title=plain()), "invalid additional property: title", "/view"),
        (home(submit=plain()), "invalid additional property: submit", "/view"),
        (home(notify_on_close=True), "invalid additional property: notify_on_close", "/view"),
        (modal(notify_on_close="yes"), MISMATCH, "/view/notify_on_close"),
        (modal(field(of("plain_text_input"))), "missing required field: submit", "/view"),
        (modal({"type": "markdown", "text": "x"}), "unsupported type: markdown", "/view/blocks/0/type"),
        (home({"type": "alert", "text": plain()}), "unsupported type: alert", "/view/blocks/0/type"),
        (modal(*[section()] * 101), "no more than 100 items allowed", "/view/blocks"),
        (
            home(section(block_id="a"), section(block_id="a")),
            "block_id a already exists",
            "/view/blocks/1/block_id",
        ),
        (
            home(
                field(of("plain_text_input", focus_on_load=True)),
                section(accessory=select(focus_on_load=False)),
                actions(select(focus_on_load=True)),
            ),
            "only one element may have focus_on_load",
            "/view/blocks/2/elements/0/focus_on_load",
        ),
    ],
)
def test_faults_of_a_view(view: object, fault: str, where: str):
    """Each fault of a view is found alone, in Slack's words, and pointed at from /view."""
    assert check_view(view) == sharply(fault, where)


def test_length_of_an_alert():
    """An alert says what it has to say in 200 characters."""
    assert check_view(modal({"type": "alert", "text": plain("x" * 200)})) == []
    over = check_view(modal({"type": "alert", "text": plain("x" * 201)}))
    assert over == sharply("must be less than 201 characters", "/view/blocks/0/text/text")


def test_size_of_a_view():
    """A view is 250 KB at most, counted in bytes as they travel."""
    frame = len('{"x":""}')
    assert not view_too_large({"x": "x" * (250_000 - frame)})
    assert view_too_large({"x": "x" * (250_001 - frame)})
    assert view_too_large({"x": "ü" * 125_000})


def test_what_the_sdk_builds():
    """Blocks and views that Slack's own SDK builds are taken."""
    built: list[sdk.Block] = [
        sdk.HeaderBlock(text="h"),
        sdk.SectionBlock(
            text="*t*", fields=["a", "b"], accessory=sdk.ButtonElement(text="b", action_id="x", value="1")
        ),
        sdk.DividerBlock(),
        sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="m"), sdk.ImageElement(image_url="u", alt_text="a")]),
        sdk.ActionsBlock(
            elements=[
                sdk.StaticSelectElement(placeholder="p", action_id="s", options=[sdk.Option(value="v", label="l")]),
                sdk.OverflowMenuElement(action_id="o", options=[sdk.Option(value=v, label="l") for v in "ab"]),
                sdk.DatePickerElement(action_id="d", placeholder="p", initial_date="2026-11-23"),
            ]
        ),
        sdk.InputBlock(label="l", element=sdk.PlainTextInputElement(action_id="t", multiline=True), optional=True),
        sdk.InputBlock(label="l", element=sdk.NumberInputElement(action_id="n", min_value=1)),
        sdk.ImageBlock(image_url="u", alt_text="a", title="t"),
    ]
    assert check_blocks([block.to_dict() for block in built], "message") == []
    title = sdk.PlainTextObject(text="t")
    assert check_view(View(type="modal", title=title, submit=title, blocks=built, callback_id="c").to_dict()) == []
