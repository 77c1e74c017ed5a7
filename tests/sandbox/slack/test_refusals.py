"""What the real Slack is known to refuse, and its words for it, played against the local one.

Where no method is named it is `chat.postMessage` into the bot's channel. The sources are Slack's own reference and
issues of its SDKs; a row that Slack answers otherwise is a fault of the local Slack.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import (
    ADA,
    DEACTIVATED,
    FIELD,
    GENERAL,
    PRIVATE,
    SECTION,
    SPEECH,
    STRANGER,
    Bot,
    Json,
    button,
    home,
    menu,
    modal,
    refused,
    row,
)

POST = "chat.postMessage"


def picture(**source: Any) -> Json:
    return {"type": "image", "alt_text": "chart", **source}


def beside(accessory: Json) -> Json:
    return {**SECTION, "accessory": accessory}


BLOCKS: list[tuple[list[Any], str]] = [
    ([row(button(url="no address"))], "invalid url [json-pointer:/blocks/0/elements/0/url]"),
    ([row(button(url="acme.com"))], "invalid url [json-pointer:/blocks/0/elements/0/url]"),
    ([row(button(url="https://"))], "invalid url [json-pointer:/blocks/0/elements/0/url]"),
    ([row(button(url="javascript:alert(1)"))], "invalid url [json-pointer:/blocks/0/elements/0/url]"),
    ([row(button(url="https://[::1"))], "invalid url [json-pointer:/blocks/0/elements/0/url]"),
    ([{"type": "divider"}, beside(button(url="/path"))], "invalid url [json-pointer:/blocks/1/accessory/url]"),
    ([picture(image_url="http://localhost:8080/a.png")], "downloading image failed [json-pointer:/blocks/0/image_url]"),
    ([picture(image_url="https://10.0.0.7/a.png")], "downloading image failed [json-pointer:/blocks/0/image_url]"),
    ([picture(image_url="https://build/a.png")], "downloading image failed [json-pointer:/blocks/0/image_url]"),
    ([picture(image_url="https://ci.internal/a.png")], "downloading image failed [json-pointer:/blocks/0/image_url]"),
    ([picture(image_url="https://acme.com/a.svg")], "downloading image failed [json-pointer:/blocks/0/image_url]"),
    (
        [beside(picture(image_url="https://acme.slack.com/files/U1/F1/a.png"))],
        "downloading image failed [json-pointer:/blocks/0/accessory/image_url]",
    ),
    (
        [{"type": "context", "elements": [picture(image_url="http://127.0.0.1/a.png")]}],
        "downloading image failed [json-pointer:/blocks/0/elements/0/image_url]",
    ),
    ([picture(image_url="a.png")], "invalid url [json-pointer:/blocks/0/image_url]"),
    ([picture(slack_file={"id": "F404"})], "invalid slack file [json-pointer:/blocks/0/slack_file]"),
    (
        [beside(picture(slack_file={"url": "https://x"}))],
        "invalid slack file [json-pointer:/blocks/0/accessory/slack_file]",
    ),
    ([{"type": "sections"}], "unsupported type: sections [json-pointer:/blocks/0/type]"),
    ([FIELD | {"submit_disabled": True}], "invalid additional property: submit_disabled [json-pointer:/blocks/0]"),
    (
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}],
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        [row(*(button(f"b{index}") for index in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    (
        [row(menu("a", "x" * 76))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
]


@pytest.mark.parametrize(("blocks", "fault"), BLOCKS)
@pytest.mark.parametrize("method", [POST, "chat.postEphemeral", "chat.update"])
async def test_blocks(slack: SlackServer, client: AsyncWebClient, method: str, blocks: list[Any], fault: str):
    """A message names the fault in both lists, and nothing is shown or changed."""
    ts = (await client.chat_postMessage(channel=SPEECH, text="before"))["ts"]
    sent = {"channel": SPEECH, "user": ADA, "ts": ts, "text": "x", "blocks": blocks}
    answer = await refused(client.api_call(method, json=sent))
    assert (answer["error"], answer["errors"]) == ("invalid_blocks", [fault])
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {fault}"]
    assert [m["text"] for m in slack.messages(ADA, SPEECH)] == ["before"]
    assert slack.ephemerals(ADA) == []


@pytest.mark.parametrize(
    ("blocks", "fault"), [(blocks, fault) for blocks, fault in BLOCKS if "51" not in fault and "50 " not in fault]
)
async def test_blocks_of_a_view(client: AsyncWebClient, bot: Bot, blocks: list[Any], fault: str):
    """A view has one list, with pointers from the view, and `invalid_arguments`."""
    told = f"[ERROR] {fault.replace('json-pointer:', 'json-pointer:/view')}"
    for call in (
        client.views_publish(user_id=ADA, view=home(*blocks)),
        client.views_open(trigger_id=await bot.trigger(), view=modal(*blocks)),
    ):
        answer = await refused(call)
        assert answer["error"] == "invalid_arguments"
        assert answer["response_metadata"]["messages"] == [told]
        assert "errors" not in answer.data


LONG = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5
LARGE = {"event_type": "x", "event_payload": {"a": "b" * 17_000}}

CALLS: list[tuple[str, Json, str]] = [
    (POST, {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
    (POST, {"text": "x"}, "channel_not_found"),
    (POST, {"channel": GENERAL, "text": "x"}, "not_in_channel"),
    (POST, {"channel": "#general", "text": "x"}, "not_in_channel"),
    (POST, {"channel": PRIVATE, "text": "x"}, "channel_not_found"),
    (POST, {"channel": "#speech-leads", "text": "x"}, "channel_not_found"),
    (POST, {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
    (POST, {"channel": STRANGER, "text": "x"}, "channel_not_found"),
    (POST, {"channel": SPEECH}, "no_text"),
    (POST, {"channel": SPEECH, "text": "x", "thread_ts": "1.000002"}, "thread_not_found"),
    (POST, {"channel": SPEECH, "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
    (
        POST,
        {"channel": SPEECH, "text": "x", "blocks": [{**SECTION, "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5},
        "invalid_blocks",
    ),
    (POST, {"channel": SPEECH, "text": "x", "metadata": {"event_type": 7}}, "invalid_metadata_format"),
    (
        POST,
        {"channel": SPEECH, "text": "x", "metadata": LARGE},
        "metadata_too_large",
    ),
    ("chat.postEphemeral", {"channel": SPEECH, "user": STRANGER, "text": "x"}, "user_not_in_channel"),
    ("chat.postEphemeral", {"channel": "#speech-models", "user": ADA, "text": "x"}, "channel_not_found"),
    ("chat.update", {"channel": SPEECH, "ts": "1.000002", "text": "x"}, "message_not_found"),
    ("chat.update", {"channel": ADA, "ts": "1.000002", "text": "x"}, "channel_not_found"),
    ("chat.update", {"channel": "#speech-models", "ts": "1.000002", "text": "x"}, "channel_not_found"),
    ("chat.update", {"channel": SPEECH, "ts": "1.000002", "text": "x" * 4001}, "msg_too_long"),
    ("chat.delete", {"channel": SPEECH, "ts": "1.000002"}, "message_not_found"),
    ("chat.getPermalink", {"channel": SPEECH, "message_ts": "1.000002"}, "message_not_found"),
    ("conversations.info", {"channel": PRIVATE}, "channel_not_found"),
    ("conversations.history", {"channel": GENERAL}, "not_in_channel"),
    ("conversations.history", {"channel": SPEECH, "cursor": "nonsense"}, "invalid_cursor"),
    ("conversations.history", {"channel": SPEECH, "latest": "yesterday"}, "invalid_ts_latest"),
    ("conversations.replies", {"channel": SPEECH, "ts": "1.000002"}, "thread_not_found"),
    ("conversations.open", {"users": DEACTIVATED}, "user_disabled"),
    ("conversations.open", {"users": STRANGER}, "user_not_visible"),
    ("conversations.open", {"users": "U0NOBODY"}, "user_not_found"),
    ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
    ("usergroups.users.list", {"usergroup": "S0NOBODY"}, "no_such_subteam"),
    ("reactions.add", {"channel": SPEECH, "timestamp": "1.000002", "name": ":eyes:"}, "invalid_name"),
    ("reactions.add", {"channel": SPEECH, "timestamp": "1.000002", "name": "eyes"}, "message_not_found"),
    ("pins.add", {"channel": SPEECH, "timestamp": "1.000002"}, "message_not_found"),
    ("views.open", {"trigger_id": "1.2.3", "view": modal()}, "invalid_trigger_id"),
    ("views.update", {"view_id": "V404", "view": modal()}, "not_found"),
    ("views.publish", {"user_id": ADA, "view": modal()}, "invalid_arguments"),
    ("files.getUploadURLExternal", {"filename": "a.txt", "length": 0}, "missing_argument"),
    ("files.completeUploadExternal", {"files": [{"id": "F404"}]}, "file_not_found"),
    ("users.everything", {}, "unknown_method"),
]


@pytest.mark.parametrize(("method", "arguments", "error"), CALLS)
async def test_calls(slack: SlackServer, client: AsyncWebClient, method: str, arguments: Json, error: str):
    """Slack's name for the reason; nothing is posted."""
    answer = await refused(client.api_call(method, json=arguments))
    assert (answer.status_code, answer["ok"], answer["error"]) == (200, False, error)
    assert slack.messages(ADA, SPEECH) == []


async def test_files_of_ours(slack: SlackServer, client: AsyncWebClient, http: aiohttp.ClientSession):
    """A picture that was uploaded can stand in a message; a text file, or half an upload, cannot."""

    async def faults(data: bytes, *, whole: bool = True) -> object:
        announced = await client.files_getUploadURLExternal(filename="a", length=len(data))
        async with http.post(announced["upload_url"], data=data) as uploaded:
            assert uploaded.status == 200
        id = announced["file_id"]
        if whole:
            await client.files_completeUploadExternal(files=[{"id": id, "title": "a"}])
        sent = {"channel": SPEECH, "text": "x", "blocks": [picture(slack_file={"id": id})]}
        async with http.post(f"{slack.api_url}chat.postMessage", json=sent, headers=headers) as answer:
            return (await answer.json()).get("errors")

    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    png, invalid = b"\x89PNG...", ["invalid slack file [json-pointer:/blocks/0/slack_file]"]
    assert await faults(png) is None
    assert await faults(b"text") == invalid
    assert await faults(png, whole=False) == invalid


@pytest.mark.parametrize("channel", ["speech-models", "#speech-models", SPEECH])
async def test_channels_by_name(slack: SlackServer, client: AsyncWebClient, channel: str):
    """A post takes the name too; the answer has the id, which every other method wants."""
    assert (await client.chat_postMessage(channel=channel, text="x"))["channel"] == SPEECH


async def test_what_is_taken(client: AsyncWebClient):
    """Addresses that are sound: other schemes, ports, a public picture."""
    urls = ("http://localhost:8080", "mailto:a@b.c", "slack://open", "https://acme.com/?q=1")
    buttons = [button(f"b{index}", url=url) for index, url in enumerate(urls)]
    await client.chat_postMessage(
        channel=SPEECH, text="x", blocks=[row(*buttons), picture(image_url="https://acme.com/a.png?size=2")]
    )
