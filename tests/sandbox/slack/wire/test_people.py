"""What people do in channels, as it is delivered; and what Slack keeps them from doing."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import (
    ADA,
    BOT,
    EXTERNAL,
    GENERAL,
    GRACE,
    GUS,
    MEI,
    PARTNERS,
    PRIVATE,
    SPEECH,
    App,
)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


MENU = {
    "type": "static_select",
    "action_id": "when",
    "options": [{"text": plain("Now"), "value": "now"}, {"text": plain("Later"), "value": "later"}],
}
OTHER = {**MENU, "action_id": "other", "initial_option": MENU["options"][0]}
GO = {"type": "button", "text": plain("Go"), "action_id": "go", "value": "7", "style": "primary"}
CARD: list[dict[str, Any]] = [{"type": "actions", "block_id": "decide", "elements": [GO, MENU, OTHER]}]
LATER = {"type": "static_select", "selected_option": {"value": "later"}}


async def test_a_command(slack: SlackServer, app: App):
    """Strings only, no thread, and names and addresses become references, as `should_escape` promises."""
    text = "/stt-model @grace #general https://example.com/x"
    body, outcome = await app.play(slack.send(ADA, SPEECH, text))
    assert outcome.acknowledged
    assert all(isinstance(value, str) for value in body.values())
    assert (body["command"], body["channel_id"], body["channel_name"]) == ("/stt-model", SPEECH, "speech-models")
    assert body["text"] == "<@U0GRACE|grace> <#C0GENERAL|general> <https://example.com/x>"
    assert "thread_ts" not in body
    body, _ = await app.play(slack.send(ADA, "D0ADA", "/stt-help"))
    assert body["channel_name"] == "directmessage"


async def test_a_command_where_the_bot_is_not(slack: SlackServer, app: App, http: aiohttp.ClientSession):
    """Is delivered all the same; the app can answer by `response_url`."""
    body, _ = await app.play(slack.send(ADA, PRIVATE, "/stt-help"))
    assert (body["channel_id"], body["channel_name"]) == (PRIVATE, "privategroup")
    async with http.post(body["response_url"], json={"text": "here"}) as answer:
        assert await answer.text() == "ok"
    assert [(m["text"], m["channel"]) for m in slack.ephemerals(ADA)] == [("here", PRIVATE)]


async def test_the_answer_in_an_acknowledgement(slack: SlackServer, app: App):
    """Private unless it says otherwise, checked like any message."""
    await app.play(slack.send(ADA, SPEECH, "/stt-help"), {"text": "psst"})
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["psst"]
    await app.play(slack.send(ADA, SPEECH, "/stt-help"), {"text": "all", "response_type": "in_channel"})
    assert [m["text"] for m in slack.messages(GRACE, SPEECH)] == ["all"]
    _, outcome = await app.play(slack.send(ADA, SPEECH, "/stt-help"), {"text": "x", "blocks": [{"type": "nothing"}]})
    assert "unsupported type: nothing" in str(outcome.error)
    assert slack.ephemerals(ADA)[-1]["text"] == '/stt-help failed with the error "invalid_blocks"'
    _, outcome = await app.play(slack.send(ADA, SPEECH, "/stt-help"), "no object")
    assert outcome.acknowledged


async def test_commands_of_people_of_another_company(slack: SlackServer, app: App):
    """Arrive from a channel that is shared with them: the app must judge who may."""
    body, _ = await app.play(slack.send(EXTERNAL, PARTNERS, "/stt-help"))
    assert (body["user_id"], body["channel_id"]) == (EXTERNAL, PARTNERS)


async def test_clicks_of_guests_and_of_other_companies(slack: SlackServer, client: AsyncWebClient, app: App):
    """Arrive: whoever sees a button can press it, and `user.team_id` tells whose they are."""
    slack.workspace.channels[SPEECH].members.add(EXTERNAL)
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=CARD))["ts"]
    body, _ = await app.play(slack.click(EXTERNAL, SPEECH, ts, "go"))
    assert (body["user"]["team_id"], body["team"]["id"]) == ("T0OTHER", "T0RETUNE")
    body, _ = await app.play(slack.click(GUS, SPEECH, ts, "go"))
    assert body["user"]["team_id"] == "T0RETUNE"


async def test_a_click(slack: SlackServer, client: AsyncWebClient, app: App):
    """The whole button comes back, with the message as Slack keeps it."""
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=CARD))["ts"]
    body, _ = await app.play(slack.click(ADA, SPEECH, ts, "go"))
    action = body["actions"][0]
    assert (action["type"], action["block_id"], action["value"], action["style"]) == (
        "button",
        "decide",
        "7",
        "primary",
    )
    assert action["text"] == {"type": "plain_text", "text": "Go", "emoji": True}
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": SPEECH, "is_ephemeral": False}
    assert (body["message"]["ts"], body["channel"]) == (ts, {"id": SPEECH, "name": "speech-models"})


async def test_a_click_in_a_thread(slack: SlackServer, client: AsyncWebClient, app: App):
    """Says in which."""
    parent = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=CARD, thread_ts=parent))["ts"]
    body, _ = await app.play(slack.click(ADA, SPEECH, ts, "go"))
    assert (body["container"]["thread_ts"], body["message"]["parent_user_id"]) == (parent, BOT)


async def test_menus_in_a_message(slack: SlackServer, client: AsyncWebClient, app: App):
    """`state.values` holds every menu, for this person; what is not offered cannot be chosen."""
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=CARD))["ts"]
    body, _ = await app.play(slack.click(ADA, SPEECH, ts, "when", element=LATER))
    assert body["actions"][0]["selected_option"]["text"]["text"] == "Later"
    held = body["state"]["values"]["decide"]
    assert held["when"]["selected_option"]["value"] == "later"
    assert held["other"]["selected_option"]["value"] == "now"
    body, _ = await app.play(slack.click(ADA, SPEECH, ts, "go"))
    assert body["state"]["values"]["decide"]["when"]["selected_option"]["value"] == "later"
    body, _ = await app.play(slack.click(MEI, SPEECH, ts, "go"))
    assert body["state"]["values"]["decide"]["when"]["selected_option"] is None
    never = {"type": "static_select", "selected_option": {"value": "never"}}
    assert (await slack.click(ADA, SPEECH, ts, "when", element=never)).error == "no_such_option: when has no never"
    assert (await slack.click(ADA, SPEECH, ts, "when")).error == "no_value: when is a static_select"


async def test_a_click_in_an_ephemeral_message(slack: SlackServer, client: AsyncWebClient, app: App):
    """The message does not come with it, and only its reader can do that."""
    ts = (await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="x", blocks=CARD))["message_ts"]
    body, _ = await app.play(slack.click(ADA, SPEECH, ts, "go"))
    assert body["container"]["is_ephemeral"] is True
    assert "message" not in body
    assert (await slack.click(GRACE, SPEECH, ts, "go")).error == "no_such_element"


async def test_what_response_urls_do_to_the_original(
    slack: SlackServer, client: AsyncWebClient, app: App, http: aiohttp.ClientSession
):
    """Replace and delete, an ephemeral message in its place and for its reader only."""

    async def answered(ts: str, **body: Any) -> tuple[int, str]:
        clicked, _ = await app.play(slack.click(ADA, SPEECH, ts, "go"))
        async with http.post(clicked["response_url"], json=body) as answer:
            return answer.status, await answer.text()

    whispered = (await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="x", blocks=CARD))["message_ts"]
    await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="later")
    assert await answered(whispered, text="page 2", blocks=CARD, replace_original=True) == (200, "ok")
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["page 2", "later"]
    assert await answered(whispered, delete_original=True) == (200, "ok")
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["later"]
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=CARD))["ts"]
    assert await answered(ts, text="decided", replace_original=True) == (200, "ok")
    assert [(m["text"], m["blocks"]) for m in slack.messages(MEI, SPEECH)] == [("decided", [])]
    again = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=CARD))["ts"]
    clicked, _ = await app.play(slack.click(ADA, SPEECH, again, "go"))
    for status in (200, 404):
        async with http.post(clicked["response_url"], json={"delete_original": True}) as answer:
            assert answer.status == status
    async with http.post(clicked["response_url"], data="nonsense") as answer:
        assert (answer.status, await answer.text()) == (400, "invalid_payload")


async def test_a_mention(slack: SlackServer, app: App):
    """An event with what was typed as rich text; what is no mention is none of the bot's business."""
    await slack.send(ADA, SPEECH, "nothing for the bot")
    await slack.send(ADA, GENERAL, f"<@{BOT}> is not here")
    await slack.send(ADA, SPEECH, f"<@{BOT}> models & <b>")
    frame = await app.take()
    await app.ack(frame)
    event = frame["payload"]["event"]
    assert (frame["type"], frame["accepts_response_payload"], event["type"]) == ("events_api", False, "app_mention")
    assert event["text"] == f"<@{BOT}> models &amp; &lt;b&gt;"
    parts = event["blocks"][0]["elements"][0]["elements"]
    assert parts == [{"type": "user", "user_id": BOT}, {"type": "text", "text": " models & <b>"}]
    assert event["ts"] == event["event_ts"]
    assert frame["payload"]["authorizations"][0]["user_id"] == BOT


async def test_a_direct_message(slack: SlackServer, app: App):
    """`message.im`, and no mention even where the bot is named; a reply says in which thread."""
    await slack.send(ADA, "D0ADA", f"<@{BOT}> help")
    frame = await app.take()
    await app.ack(frame)
    event = frame["payload"]["event"]
    assert (event["type"], event["channel_type"], event["channel"]) == ("message", "im", "D0ADA")
    await slack.send(ADA, "D0ADA", "more", event["ts"])
    frame = await app.take()
    await app.ack(frame)
    assert frame["payload"]["event"]["thread_ts"] == event["ts"]


async def test_events_of_a_shared_channel(slack: SlackServer, app: App):
    """Say so."""
    slack.workspace.channels[SPEECH].members.add(EXTERNAL)
    await slack.send(ADA, SPEECH, f"<@{BOT}> hello")
    frame = await app.take()
    assert frame["payload"]["is_ext_shared_channel"] is True
    assert "user_team" not in frame["payload"]["event"]
    await app.ack(frame)
    await slack.send(EXTERNAL, SPEECH, f"<@{BOT}> hello")
    event = (await app.take())["payload"]["event"]
    assert (event["team"], event["user_team"], event["source_team"]) == ("T0OTHER", "T0OTHER", "T0OTHER")


@pytest.mark.parametrize("user", ["U0OLD", BOT, "U0NOBODY"])
async def test_who_cannot_do_anything(slack: SlackServer, user: str):
    """Deactivated people, bots, and nobody."""
    for doing in (slack.send(user, SPEECH, "x"), slack.click(user, SPEECH, "1.0", "go"), slack.open_home(user)):
        with pytest.raises(Exception, match="user_not_found"):
            await doing
