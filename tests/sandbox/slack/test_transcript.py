"""The conversation as plain text: what the tour prints."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, FIELD, GENERAL, GRACE, MEI, SPEECH, button, row
from .conftest import Now


def lines(slack: SlackServer, user: str = ADA) -> list[str]:
    """The transcript without its empty lines and indents."""
    return [line.strip() for line in slack.transcript(user).splitlines() if line.strip()]


async def test_places(slack: SlackServer, client: AsyncWebClient):
    """Every channel of the person that has something in it, direct messages too; a channel of others never."""
    await slack.send(MEI, GENERAL, "in general")
    await client.chat_postMessage(channel=ADA, text="for Ada")
    text = slack.transcript(ADA)
    assert "#general" in text
    assert "direct messages of Ada Okafor" in text
    assert "#speech-models" not in text
    assert "for Ada" not in slack.transcript(GRACE)
    assert "in general" not in slack.transcript("U0GUS")
    assert slack.transcript("U0NOBODY") == ""


async def test_marks(slack: SlackServer, client: AsyncWebClient, now: Now):
    """What was edited and pinned says so; times are those of the messages, in UTC."""
    ts = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    now.at += 3600
    await client.chat_update(channel=SPEECH, ts=ts, text="y")
    await client.pins_add(channel=SPEECH, timestamp=ts)
    assert lines(slack) == ["#speech-models", "Retune  08:00:00  (edited, pinned)", "y"]


async def test_files(slack: SlackServer, client: AsyncWebClient):
    """By their titles."""
    await client.files_upload_v2(channel=SPEECH, content="a", filename="a.csv", title="Runs", initial_comment="here")
    assert lines(slack)[-2:] == ["here", "[file: Runs]"]


async def test_a_thread_without_its_parent(slack: SlackServer, client: AsyncWebClient):
    """Replies stay when the parent was deleted."""
    parent = (await client.chat_postMessage(channel=SPEECH, text="parent"))["ts"]
    await client.chat_postMessage(channel=SPEECH, text="reply", thread_ts=parent)
    await client.chat_delete(channel=SPEECH, ts=parent)
    text = slack.transcript(ADA)
    assert "parent" not in text
    assert "reply" in text


IMAGE = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a chart"}


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        ({"type": "divider"}, "---"),
        (IMAGE, "[picture: a chart]"),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}, IMAGE]}, "a · a chart"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "a"}, {"type": "mrkdwn", "text": "b"}]}, "a b"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "a"}, "accessory": button()}, "a  [Go]"),
        (row(button(), button("stop")), "[Go]  [Go]"),
        ({"type": "markdown", "text": "# a"}, "# a"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "<https://example.com/x|docs> <!here>"}}, "docs @here"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "<https://example.com/x>"}}, "https://example.com/x"),
        (
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_list",
                        "style": "bullet",
                        "elements": [
                            {"type": "rich_text_section", "elements": [{"type": "text", "text": "<one>"}]},
                            {"type": "rich_text_section", "elements": [{"type": "emoji", "name": "eyes"}]},
                        ],
                    }
                ],
            },
            "• <one> • :eyes:",
        ),
        (
            {**FIELD, "element": {**FIELD["element"], "placeholder": {"type": "plain_text", "text": "say"}}},
            "Why: [say]",
        ),
    ],
)
async def test_blocks(slack: SlackServer, client: AsyncWebClient, block: dict[str, Any], shown: str):
    """Each kind reads as people would see it; the text beside blocks is for notifications only."""
    await client.chat_postMessage(channel=SPEECH, text="fallback", blocks=[block])
    assert " ".join(lines(slack)[2:]) == shown
