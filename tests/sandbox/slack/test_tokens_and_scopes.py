"""Who may call what: tokens, scopes, methods that do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.ledger import LEDGER
from sandbox.slack.server import SlackServer

from .bot_side import ADA, DIRECT, SPEECH, manifest, modal, refused


def test_the_ledger_is_what_is_routed(slack: SlackServer):
    """Every method that is routed is in the ledger, and every entry of the ledger is routed."""
    assert set(LEDGER) == slack.methods
    assert all(entry.partition(":")[0] in ("supported", "partial") for entry in LEDGER.values())


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", "", "not_authed"),
        ("auth.test", "xoxb-of-nobody", "invalid_auth"),
        ("auth.test", "app", "not_allowed_token_type"),
        ("chat.postMessage", "", "not_authed"),
        ("chat.postMessage", "xoxb-of-nobody", "invalid_auth"),
        ("chat.postMessage", "app", "not_allowed_token_type"),
        ("apps.connections.open", "", "not_authed"),
        ("apps.connections.open", "xapp-of-nobody", "invalid_auth"),
        ("apps.connections.open", "bot", "not_allowed_token_type"),
    ],
)
async def test_tokens(slack: SlackServer, http: aiohttp.ClientSession, method: str, token: str, error: str):
    """No token, an unknown one, and the other kind of token are told apart; each opens its own methods only."""
    token = {"app": slack.app_token, "bot": slack.bot_token}.get(token, token)
    client = AsyncWebClient(token=token, base_url=slack.api_url, session=http)
    assert (await refused(client.api_call(method, json={"channel": SPEECH, "text": "x"})))["error"] == error


NEEDED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat.postMessage": ("chat:write", {"channel": SPEECH, "text": "x"}),
    "chat.postEphemeral": ("chat:write", {"channel": SPEECH, "user": ADA, "text": "x"}),
    "chat.update": ("chat:write", {"channel": SPEECH, "ts": "1.2", "text": "x"}),
    "chat.delete": ("chat:write", {"channel": SPEECH, "ts": "1.2"}),
    "pins.add": ("pins:write", {"channel": SPEECH, "timestamp": "1.2"}),
    "reactions.add": ("reactions:write", {"channel": SPEECH, "timestamp": "1.2", "name": "eyes"}),
    "users.info": ("users:read", {"user": ADA}),
    "users.list": ("users:read", {}),
    "usergroups.list": ("usergroups:read", {}),
    "usergroups.users.list": ("usergroups:read", {"usergroup": "S0APPROVE"}),
    "conversations.info": ("channels:read", {"channel": SPEECH}),
    "conversations.list": ("channels:read", {}),
    "conversations.members": ("channels:read", {"channel": SPEECH}),
    "conversations.history": ("channels:history", {"channel": SPEECH}),
    "conversations.replies": ("channels:history", {"channel": SPEECH, "ts": "1.2"}),
    "conversations.open": ("im:write", {"users": ADA}),
    "conversations.join": ("channels:join", {"channel": SPEECH}),
    "files.getUploadURLExternal": ("files:write", {"filename": "a", "length": 1}),
    "files.completeUploadExternal": ("files:write", {"files": [{"id": "F1"}]}),
    "team.info": ("team:read", {}),
}


async def test_missing_scopes(tmp_path: Path, http: aiohttp.ClientSession):
    """An app with the scope for commands only is told for each method which scope it needs and which it has."""

    def strip(read: Any) -> None:
        read["oauth_config"]["scopes"]["bot"] = ["commands"]

    async with SlackServer(manifest(tmp_path, strip)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
        for method, (needed, arguments) in NEEDED.items():
            answer = await refused(client.api_call(method, json=arguments))
            told = (answer["error"], answer.get("needed"), answer.get("provided"))
            assert told == ("missing_scope", needed, "commands"), method
        assert (await client.auth_test()).headers["x-oauth-scopes"] == "commands"


async def test_scopes_are_by_kind_of_channel(client: AsyncWebClient):
    """To read public and private channels says nothing about direct messages: Retune may read their history but not
    their description."""
    answer = await refused(client.conversations_info(channel=DIRECT))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:read")
    assert (await client.conversations_history(channel=DIRECT))["messages"] == []


def test_scopes_of_the_whole_ledger():
    """No method is forgotten above: the others need no scope, or the app's token."""
    without = {"apps.connections.open", "auth.test", "chat.getPermalink"} | {
        m for m in LEDGER if m.startswith("views.")
    }
    twins = {"pins.remove", "reactions.remove"}
    assert set(NEEDED) | without | twins == set(LEDGER)


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postEphemeral", {"channel": SPEECH, "text": "x"}, "missing_argument"),
        ("chat.update", {"channel": SPEECH, "text": "x"}, "missing_argument"),
        ("views.open", {"view": modal()}, "missing_argument"),
        ("views.publish", {"user_id": ADA}, "missing_argument"),
        ("reactions.add", {"channel": SPEECH, "timestamp": "1.2"}, "missing_argument"),
    ],
)
async def test_missing_arguments(client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str):
    """What a method cannot do without is asked for."""
    assert (await refused(client.api_call(method, json=arguments)))["error"] == error


async def test_each_wire_form(slack: SlackServer, http: aiohttp.ClientSession):
    """Arguments may come in the query string, as a form, or as JSON; lists also as JSON in a string."""
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    arguments = {"channel": SPEECH, "text": "x", "blocks": '[{"type": "divider"}]', "team_id": "T0RETUNE"}
    for form in ({"params": arguments}, {"data": arguments}, {"json": arguments}):
        async with http.post(f"{slack.api_url}chat.postMessage", headers=headers, **form) as answer:  # type: ignore[arg-type]  # one keyword of the three
            assert (await answer.json())["message"]["blocks"][0]["type"] == "divider", form


def test_manifests_that_cannot_work(tmp_path: Path):
    """Without Socket Mode nothing would ever be delivered, so such a manifest is refused at the start."""

    def off(read: Any) -> None:
        read["settings"]["socket_mode_enabled"] = False

    with pytest.raises(ValueError, match="Socket Mode"):
        SlackServer(manifest(tmp_path, off))


async def test_optional_scopes(tmp_path: Path, http: aiohttp.ClientSession):
    """They are granted with the others, until somebody withholds them; those that the app needs stay."""

    def ask(read: Any) -> None:
        read["oauth_config"]["scopes"] |= {
            "bot": ["chat:write", "reactions:write", "channels:read", "groups:read"],
            "bot_optional": ["reactions:write", "groups:read"],
        }

    async with SlackServer(manifest(tmp_path, ask)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
        ts = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
        await client.reactions_add(channel=SPEECH, timestamp=ts, name="eyes")
        slack.grants.withhold = True
        answer = await refused(client.reactions_add(channel=SPEECH, timestamp=ts, name="tada"))
        told = (answer["error"], answer["needed"], answer["provided"])
        assert told == ("missing_scope", "reactions:write", "channels:read,chat:write")
        slack.workspace.channels["C0PRIVATE"].members.add("U0RETUNE")
        assert (await refused(client.conversations_info(channel="C0PRIVATE")))["needed"] == "groups:read"
        assert (await client.conversations_info(channel=SPEECH))["ok"]
        assert (await client.auth_test()).headers["x-oauth-scopes"] == "channels:read,chat:write"


async def test_the_switch_for_optional_scopes(slack: SlackServer, http: aiohttp.ClientSession):
    """On the page too; what is switched off is granted again."""
    for on in (True, False):
        await http.post(f"{slack.url}/page/switches", json={"id": "slack-scopes", "on": on})
        assert slack.grants.withhold is on


async def test_an_empty_json_body(slack: SlackServer, http: aiohttp.ClientSession):
    """No arguments, as slack_sdk's synchronous client sends them; half an object stays an error."""
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "application/json; charset=utf-8"}
    for body, error in ((b"", None), (b"{", "invalid_json"), (b"[]", "json_not_object")):
        async with http.post(f"{slack.api_url}auth.test", data=body, headers=headers) as answer:
            assert (await answer.json()).get("error") == error
