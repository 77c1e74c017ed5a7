"""What people see: live on the page, and as text."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import ADA, EXTERNAL, GRACE, SPEECH, App

MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "v"},
        }
    ],
}


async def act(slack: SlackServer, http: aiohttp.ClientSession, **body: Any) -> Any:
    async with http.post(f"{slack.url}/page/act", json=body) as answer:
        return await answer.json()


async def test_changes_come_live(slack: SlackServer, http: aiohttp.ClientSession, client: AsyncWebClient):
    """A reply comes with its parent's new count; an edit replaces; a deletion takes away."""
    ts = (await client.chat_postMessage(channel=SPEECH, text="card"))["ts"]
    async with http.ws_connect(f"{slack.url}/page/live?user={ADA}") as page:
        hello = await page.receive_json()
        assert [(m["ts"], m["reply_count"]) for m in hello["messages"]] == [(ts, 0)]
        assert {command["command"] for command in hello["commands"]} == slack.manifest.command_names
        assert EXTERNAL in {person["id"] for person in hello["people"]}
        reply = (await client.chat_postMessage(channel=SPEECH, text="step", thread_ts=ts))["ts"]
        changes = [(await page.receive_json())["message"] for _ in range(2)]
        assert [m["ts"] for m in changes] == [reply, ts]
        assert (changes[1]["reply_count"], changes[1]["latest_reply"]) == (1, reply)
        await client.chat_update(channel=SPEECH, ts=ts, text="done")
        assert (await page.receive_json())["message"]["text"] == "done"
        await client.chat_delete(channel=SPEECH, ts=reply)
        gone = [await page.receive_json() for _ in range(2)]
        assert {"type": "removed", "channel": SPEECH, "ts": reply} in gone


async def test_ephemeral_messages_are_gone_after_a_reload(
    slack: SlackServer, http: aiohttp.ClientSession, client: AsyncWebClient
):
    """Their reader has them live, and in no later hello."""
    async with http.ws_connect(f"{slack.url}/page/live?user={ADA}") as page:
        await page.receive_json()
        await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="psst")
        assert (await page.receive_json())["message"]["ephemeral"] is True
    async with http.ws_connect(f"{slack.url}/page/live?user={ADA}") as page:
        assert (await page.receive_json())["messages"] == []


async def test_the_bots_connection_is_shown(slack: SlackServer, http: aiohttp.ClientSession, app: App):
    """There, and gone."""
    async with http.ws_connect(f"{slack.url}/page/live?user={ADA}") as page:
        assert (await page.receive_json())["bot_connected"] is True
        await app.socket.close()
        assert await page.receive_json() == {"type": "bot", "connected": False}


async def test_a_form_on_the_page(slack: SlackServer, http: aiohttp.ClientSession, client: AsyncWebClient, app: App):
    """Opened for one person, answered with errors, closed; all over the page's address."""
    sending = act(slack, http, user=ADA, kind="send", channel=SPEECH, text="/stt-help")
    body, answer = await app.play(sending)
    assert answer == {"ok": True}
    async with (
        http.ws_connect(f"{slack.url}/page/live?user={ADA}") as hers,
        http.ws_connect(f"{slack.url}/page/live?user={GRACE}") as other,
    ):
        await hers.receive_json()
        await other.receive_json()
        view = (await client.views_open(trigger_id=body["trigger_id"], view=MODAL))["view"]
        assert [(await hers.receive_json())["stack"][0]["id"]] == [view["id"]]
        values = {"why": {"v": {"type": "plain_text_input", "value": "x"}}}
        submitting = act(slack, http, user=ADA, kind="submit", view_id=view["id"], values=values)
        _, answer = await app.play(submitting, {"response_action": "errors", "errors": {"why": "No"}})
        assert answer == {"ok": True, "errors": {"why": "No"}}
        assert await act(slack, http, user=ADA, kind="close", view_id=view["id"], all=True) == {"ok": True}
        assert (await hers.receive_json()) == {"type": "stack", "stack": []}
        await client.chat_postMessage(channel=SPEECH, text="next")
        assert (await other.receive_json())["type"] == "message"


@pytest.mark.parametrize(
    "body", [[], {"user": ADA}, {"user": ADA, "kind": "fly"}, {"user": ADA, "kind": "click", "container": 1}]
)
async def test_nonsense_from_the_page(slack: SlackServer, http: aiohttp.ClientSession, body: object):
    """Is named, and breaks nothing."""
    async with http.post(f"{slack.url}/page/act", json=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["ok"] is False


async def test_home_is_no_modal(slack: SlackServer, http: aiohttp.ClientSession, client: AsyncWebClient):
    """It cannot be closed."""
    view = (await client.views_publish(user_id=ADA, view={"type": "home", "blocks": []}))["view"]
    assert (await act(slack, http, user=ADA, kind="close", view_id=view["id"]))["error"] == "no_such_view"


async def test_the_conversation_as_text(slack: SlackServer, client: AsyncWebClient):
    """Names for ids, buttons in brackets, threads indented, whispers to their reader only."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Approve"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "<@U0ADA> asks &lt;now&gt; in <#C0GENERAL>"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<!date^1800000000^{time}|08:00 UTC>"}]},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "user", "user_id": GRACE}, {"type": "text", "text": " <raw> &amp;"}],
                }
            ],
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "a"},
                {"type": "users_select", "action_id": "u", "placeholder": {"type": "plain_text", "text": "Who"}},
            ],
        },
    ]
    ts = (await client.chat_postMessage(channel=SPEECH, text="card", blocks=blocks))["ts"]
    await client.chat_postMessage(channel=SPEECH, text="Step 1 for <!subteam^S0APPROVE>, <#C9>", thread_ts=ts)
    await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="psst", thread_ts=ts)
    await client.reactions_add(channel=SPEECH, timestamp=ts, name="eyes")
    assert [line.rstrip() for line in slack.transcript(ADA).splitlines()] == [
        "#speech-models",
        "",
        "  Retune  08:00:00",
        "    == Approve ==",
        "    @Ada Okafor asks <now> in #general",
        "    08:00 UTC",
        "    @Grace Lindqvist <raw> &amp;",
        "    a | b",
        "    [Approve]  [Who]",
        "    :eyes: 1",
        "",
        "      │ Retune  08:00:00",
        "      │   Step 1 for @speech-approvers, #C9",
        "",
        "      │ Retune  08:00:00  (only visible to you)",
        "      │   psst",
    ]
    assert "psst" not in slack.transcript(GRACE)


async def test_waiting_in_vain_shows_the_conversation(slack: SlackServer, client: AsyncWebClient):
    """The error says what people saw by then."""
    await client.chat_postMessage(channel=SPEECH, text="something else")
    with pytest.raises(TimeoutError, match="something else"):
        await slack.until(lambda: False, within=0.01)
