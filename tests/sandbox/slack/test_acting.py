"""What people can do and cannot, and what the app hears of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, BOT, DIRECT, SPEECH, Bot, button, home, manifest, menu, modal, refused, row


async def test_a_command(slack: SlackServer, bot: Bot):
    """All its values are text; the name of the person is in it, but never a thread."""
    await slack.send(ADA, SPEECH, "/stt-model  en-US  ")
    (body,) = bot.heard
    assert {key: body[key] for key in body if key not in ("token", "response_url", "trigger_id")} == {
        "team_id": "T0RETUNE",
        "team_domain": "acme-speech",
        "channel_id": SPEECH,
        "channel_name": "speech-models",
        "user_id": ADA,
        "user_name": "ada",
        "command": "/stt-model",
        "text": " en-US  ",
        "api_app_id": "A0RETUNE",
        "is_enterprise_install": "false",
    }
    assert all(isinstance(value, str) for value in body.values())
    await slack.send(ADA, DIRECT, "/stt-help")
    assert (bot.heard[1]["channel_name"], bot.heard[1]["text"]) == ("directmessage", "")
    assert slack.messages(ADA, SPEECH) == []


async def test_names_become_ids(slack: SlackServer, bot: Bot):
    """`should_escape`: what is unknown stays as it was typed, and a private channel hides its name."""
    await slack.send(ADA, SPEECH, "/stt-model @grace @nobody in #general #speech-leads see https://example.com/a?b=c")
    expected = "<@U0GRACE|grace> @nobody in <#C0GENERAL|general> <#C0PRIVATE|> see <https://example.com/a?b=c>"
    assert bot.heard[0]["text"] == expected


async def test_names_stay_names(tmp_path: Path, http: aiohttp.ClientSession):
    """A command that does not ask for ids gets what was typed."""

    def change(read: Any) -> None:
        for command in read["features"]["slash_commands"]:
            command["should_escape"] = False

    async with SlackServer(manifest(tmp_path, change)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
        async with Bot(slack, client) as bot:
            await slack.send(ADA, SPEECH, "/stt-model @grace")
            assert bot.heard[0]["text"] == "@grace"


@pytest.mark.parametrize(
    ("text", "thread", "error"),
    [
        ("/deploy", False, "unknown_command"),
        ("/stt-help", True, "not_in_threads"),
        ("/STT-HELP", False, "unknown_command"),
    ],
)
async def test_commands_that_slack_answers_itself(slack: SlackServer, bot: Bot, text: str, thread: bool, error: str):
    """One that no app has, and any inside a thread: Slackbot tells the person, the app hears nothing."""
    await slack.send(ADA, SPEECH, "hello")
    ts = slack.messages(ADA, SPEECH)[0]["ts"]
    outcome = await slack.send(ADA, SPEECH, text, ts if thread else None)
    assert (outcome.acknowledged, outcome.error) == (False, error)
    (told,) = slack.ephemerals(ADA)
    assert (told["user"], told.get("thread_ts")) == ("USLACKBOT", ts if thread else None)
    assert text in told["text"]
    assert bot.heard == []


async def test_a_click(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """Everything that an app needs to answer, and the message as Slack keeps it, but not its metadata."""
    about = {"event_type": "run", "event_payload": {}}
    blocks = [row(button(value="r1", style="primary"))]
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=blocks, metadata=about))["ts"]
    await slack.click(ADA, SPEECH, ts, "go")
    (body,) = bot.heard
    assert body["type"] == "block_actions"
    assert body["user"] == {"id": ADA, "username": "ada", "name": "ada", "team_id": "T0RETUNE"}
    assert body["team"] == {"id": "T0RETUNE", "domain": "acme-speech"}
    assert (body["enterprise"], body["is_enterprise_install"]) == (None, False)
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": SPEECH, "is_ephemeral": False}
    assert body["channel"] == {"id": SPEECH, "name": "speech-models"}
    assert (body["message"]["ts"], body["message"]["bot_id"]) == (ts, "B0RETUNE")
    assert "metadata" not in body["message"]
    assert body["state"] == {"values": {}}
    (action,) = body["actions"]
    assert action.pop("action_ts") > ts
    assert action == {
        "type": "button",
        "action_id": "go",
        "block_id": "decide",
        "text": {"type": "plain_text", "text": "Go", "emoji": True},
        "value": "r1",
        "style": "primary",
    }


async def test_clicks_on_what_is_not_there(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """A button that an edit took away cannot be clicked, nor one in another block, nor one of a message that is
    gone."""
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=[row(button())]))["ts"]
    assert (await slack.click(ADA, SPEECH, ts, "stop")).error == "no_such_element"
    assert (await slack.click(ADA, SPEECH, ts, "go", block_id="other")).error == "no_such_element"
    await client.chat_update(channel=SPEECH, ts=ts, text="x", blocks=[])
    assert (await slack.click(ADA, SPEECH, ts, "go")).error == "no_such_element"
    await client.chat_delete(channel=SPEECH, ts=ts)
    assert (await slack.click(ADA, SPEECH, ts, "go")).error == "no_such_element"
    assert bot.heard == []


async def test_mentions_in_threads(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """The event names its thread."""
    parent = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    await slack.send(ADA, SPEECH, f"<@{BOT}> go on", parent)
    event = (await bot.hears())["event"]
    assert (event["thread_ts"], event["parent_user_id"]) == (parent, BOT)


async def test_what_an_app_says_is_no_event_to_itself(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """Posts of the app reach no listener."""
    await client.chat_postMessage(channel=DIRECT, text=f"<@{BOT}>")
    await slack.send(ADA, DIRECT, "after")
    assert (await bot.hears())["event"]["text"] == "after"


async def test_only_what_the_manifest_declares(tmp_path: Path, http: aiohttp.ClientSession):
    """Without an event in the manifest nothing is delivered; without the Home tab nothing can be published; another
    command is unknown."""

    def change(read: Any) -> None:
        read["settings"]["event_subscriptions"]["bot_events"] = ["message.im"]
        read["features"]["app_home"] = {"home_tab_enabled": False, "messages_tab_enabled": False}
        read["features"]["slash_commands"] = [{"command": "/only", "description": "x"}]

    async with SlackServer(manifest(tmp_path, change)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
        async with Bot(slack, client) as bot:
            await slack.open_home(ADA)
            await slack.send(ADA, SPEECH, f"<@{BOT}> hello")
            await slack.send(ADA, DIRECT, "direct")
            assert (await bot.hears())["event"]["text"] == "direct"
            assert (await slack.send(ADA, SPEECH, "/stt-help")).error == "unknown_command"
            assert (await slack.send(ADA, SPEECH, "/only")).acknowledged
            assert len(bot.heard) == 2
            assert (await refused(client.views_publish(user_id=ADA, view=home())))["error"] == "not_enabled"
            answer = await refused(client.chat_postMessage(channel=DIRECT, text="x"))
            assert answer["error"] == "messages_tab_disabled"


async def test_suggestions(slack: SlackServer, bot: Bot, client: AsyncWebClient, http: aiohttp.ClientSession):
    """What a person types in an external select is asked of the app, with the view or the message around it; the page
    gets the options."""
    option = {"text": {"type": "plain_text", "text": "en-US"}, "value": "en-US"}
    blocks = [row({"type": "external_select", "action_id": "model", "min_query_length": 0}, menu())]
    view = await bot.opened(modal(*blocks))
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=blocks))["ts"]

    async def suggest(container: Any, action_id: str = "model") -> Any:
        typed = {"kind": "suggest", "block_id": "decide", "action_id": action_id, "value": "en"}
        body = {"user": ADA, "container": container, **typed}
        async with http.post(f"{slack.url}/page/act", json=body) as answer:
            return await answer.json()

    bot.answers += [{"options": [option]}, {"option_groups": []}]
    in_view = {"type": "view", "view_id": view["id"]}
    assert await suggest(in_view) == {"ok": True, "options": [option]}
    asked = bot.heard[-1]
    assert (asked["type"], asked["value"], asked["action_id"]) == ("block_suggestion", "en", "model")
    assert (asked["container"], asked["view"]["id"]) == (in_view, view["id"])
    assert "trigger_id" not in asked
    in_message = {"type": "message", "channel": SPEECH, "ts": ts}
    assert await suggest(in_message) == {"ok": True, "option_groups": []}
    asked = bot.heard[-1]
    assert (asked["container"]["message_ts"], asked["message"]["ts"], asked["channel"]["id"]) == (ts, ts, SPEECH)
    long = {**option, "value": "x" * 151}
    for wrong in ({}, {"options": [long]}, {"options": [option] * 101}):
        bot.answers.append(wrong)
        assert str((await suggest(in_view)).get("error")).startswith("invalid_options"), wrong
    for nowhere in (in_view, in_message):
        assert (await suggest(nowhere, "pick"))["error"] == "no_such_element"
