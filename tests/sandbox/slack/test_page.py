"""The page's server: what a person hears live, what they can do, and what is served."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from sandbox.slack.server import SlackServer

from .bot_side import (
    ADA,
    FIELD,
    GENERAL,
    GRACE,
    GUS,
    MEI,
    PRIVATE,
    SPEECH,
    STRANGER,
    Bot,
    button,
    home,
    manifest,
    menu,
    modal,
    row,
)


def live(slack: SlackServer, http: aiohttp.ClientSession, user: str) -> Any:
    """The WebSocket of one person's page."""
    return http.ws_connect(f"{slack.url}/page/live?user={user}")


async def act(slack: SlackServer, http: aiohttp.ClientSession, **body: Any) -> Any:
    """The answer to something that a person did on the page."""
    async with http.post(f"{slack.url}/page/act", json=body) as answer:
        return await answer.json()


async def test_hello(slack: SlackServer, bot: Bot, client: AsyncWebClient, http: aiohttp.ClientSession):
    """What this person may see and nothing else: a guest has one channel, and no one else's direct messages."""
    await slack.send(ADA, GENERAL, "not for guests")
    await client.chat_postMessage(channel=SPEECH, text="for all")
    await client.chat_postMessage(channel=ADA, text="for Ada")
    await client.views_publish(user_id=ADA, view=home())
    view = await bot.opened(modal())
    async with live(slack, http, ADA) as hers, live(slack, http, GUS) as his:
        ada, gus = await hers.receive_json(), await his.receive_json()
    assert {c["id"]: c["kind"] for c in gus["channels"]} == {SPEECH: "channel", "D0GUS": "im"}
    assert {c["id"] for c in ada["channels"]} == {SPEECH, GENERAL, PRIVATE, "C0PARTNERS", "D0ADA"}
    assert [m["text"] for m in gus["messages"]] == ["for all"]
    assert {m["text"] for m in ada["messages"]} == {"for all", "for Ada", "not for guests"}
    assert (gus["stack"], gus["home"]) == ([], None)
    assert ([v["id"] for v in ada["stack"]], ada["home"]["type"]) == ([view["id"]], "home")
    assert (ada["me"], ada["bot_connected"], ada["app"]["bot_user"]) == (ADA, True, "U0RETUNE")
    assert ada["usergroups"][0]["users"] == ["U0GRACE", "U0TOMAS"]
    roles = {p["id"]: (p["deleted"], p["is_restricted"], p["is_bot"]) for p in ada["people"]}
    assert roles[GUS] == (False, True, False)
    assert roles["U0OLD"] == (True, False, False)


async def test_people_of_another_company(slack: SlackServer, http: aiohttp.ClientSession):
    """Can be played by whoever plays anybody; they see the channel that is shared with them, and have no App Home."""
    for user in (ADA, "U0MEI", STRANGER):
        async with live(slack, http, user) as page:
            hello = await page.receive_json()
            assert STRANGER in {person["id"] for person in hello["people"]}
    assert [channel["id"] for channel in hello["channels"]] == ["C0PARTNERS"]
    assert hello["app"]["home_enabled"] is False


async def test_nobodys_page(slack: SlackServer, http: aiohttp.ClientSession):
    """There is none."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await live(slack, http, "U0NOBODY")
    assert caught.value.status == 404


async def test_each_change_reaches_whom_it_concerns(
    slack: SlackServer, bot: Bot, client: AsyncWebClient, http: aiohttp.ClientSession
):
    """Ephemeral messages, modals, App Home and direct messages one person's page; the rest everybody's in the
    channel."""
    async with live(slack, http, ADA) as hers, live(slack, http, GUS) as his:
        await hers.receive_json()
        await his.receive_json()
        await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="psst")
        await bot.opened(modal())
        await client.views_publish(user_id=ADA, view=home())
        await client.chat_postMessage(channel=ADA, text="for Ada")
        await slack.send(ADA, GENERAL, "not for guests")
        await client.chat_postMessage(channel=SPEECH, text="for all")
        heard = [await hers.receive_json() for _ in range(6)]
        assert [change["type"] for change in heard] == ["message", "stack", "home", "message", "message", "message"]
        first = await his.receive_json()
        assert (first["message"]["text"], first["message"]["ephemeral"]) == ("for all", False)


async def test_a_click_that_fails(impatient: SlackServer, http: aiohttp.ClientSession):
    """The warning is beside the button of the one who clicked, and on no other page."""
    slack = impatient
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=[row(button())]))["ts"]
    async with live(slack, http, ADA) as hers, live(slack, http, GRACE) as other:
        await hers.receive_json()
        await other.receive_json()
        where = {"type": "message", "channel": SPEECH, "ts": ts}
        clicked = {"kind": "click", "block_id": "decide", "action_id": "go", "element": {"type": "button"}}
        answer = await act(slack, http, user=ADA, container=where, **clicked)
        assert answer == {"ok": False, "error": "dispatch_failed"}
        change = await hers.receive_json()
        assert (change["type"], change["container"], change["action_id"]) == ("action_failed", where, "go")
        await slack.send(ADA, SPEECH, "next")
        assert (await other.receive_json())["type"] == "message"


async def test_acting(slack: SlackServer, bot: Bot, client: AsyncWebClient, http: aiohttp.ClientSession):
    """Everything that the page's contract lists does what it says."""
    ada = {"user": ADA}
    await act(slack, http, **ada, kind="send", channel=SPEECH, text="hello")
    ts = slack.messages(ADA, SPEECH)[0]["ts"]
    await act(slack, http, **ada, kind="send", channel=SPEECH, text="more", thread_ts=ts)
    assert [m["text"] for m in slack.thread(ADA, SPEECH, ts)] == ["hello", "more"]
    card = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=[row(menu())]))["ts"]
    where = {"type": "message", "channel": SPEECH, "ts": card}
    chosen = {"type": "static_select", "selected_option": menu()["options"][1]}
    clicked: Any = {"kind": "click", "block_id": "decide"}
    await act(slack, http, **ada, **clicked, container=where, action_id="pick", element=chosen)
    assert bot.heard[-1]["actions"][0]["selected_option"]["value"] == "two"
    view = await bot.opened(modal(FIELD, row(button())))
    shown = {"type": "view", "view_id": view["id"]}
    values = {"why": {"v": {"type": "plain_text_input", "value": "x"}}}
    pressed = {"type": "button"}
    await act(slack, http, **ada, **clicked, container=shown, action_id="go", element=pressed, values=values)
    assert bot.heard[-1]["view"]["state"]["values"] == values
    assert await act(slack, http, **ada, kind="submit", view_id=view["id"], values={}) == {"ok": True}
    assert bot.heard[-1]["view"]["state"]["values"] == values
    gone = await act(slack, http, **ada, kind="submit", view_id=view["id"], values={})
    assert gone == {"ok": False, "error": "no_such_view"}
    heard = len(bot.heard)
    assert await act(slack, http, **ada, kind="home") == {"ok": True}
    assert (await bot.hears(heard + 1))["event"]["type"] == "app_home_opened"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"user": MEI, "kind": "send", "channel": PRIVATE, "text": "x"}, "not_in_channel"),
        ({"user": "U0OLD", "kind": "send", "channel": SPEECH, "text": "x"}, "user_not_found"),
        ({"user": "U0NOBODY", "kind": "home"}, "user_not_found"),
        ({"user": ADA, "kind": "send", "channel": SPEECH, "text": "/deploy"}, "unknown_command"),
        ({"user": ADA, "kind": "close", "view_id": "V0", "all": True}, "no_such_view"),
    ],
)
async def test_what_cannot_be_done(slack: SlackServer, http: aiohttp.ClientSession, body: Any, error: str):
    """The page is told in the same words as a test."""
    assert await act(slack, http, **body) == {"ok": False, "error": error}


async def test_views_of_others(slack: SlackServer, bot: Bot, http: aiohttp.ClientSession):
    """Nobody can act in a modal that somebody else has open."""
    view = await bot.opened(modal(row(button())))
    where = {"type": "view", "view_id": view["id"]}
    clicked = {"kind": "click", "container": where, "block_id": "decide", "action_id": "go", "element": {}}
    for body in ({"kind": "submit", "view_id": view["id"]}, {"kind": "close", "view_id": view["id"]}, clicked):
        assert (await act(slack, http, user=GRACE, **body))["ok"] is False
    assert (slack.modal(ADA) or {})["id"] == view["id"]


async def test_a_channel_that_the_bot_joins(tmp_path: Any, http: aiohttp.ClientSession):
    """Its members' pages hear of it, each for its own person; nobody else's."""

    def join(read: Any) -> None:
        read["oauth_config"]["scopes"]["bot"].append("channels:join")

    async with SlackServer(manifest(tmp_path, join)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
        async with live(slack, http, ADA) as hers, live(slack, http, GUS) as his:
            await hers.receive_json()
            await his.receive_json()
            await client.conversations_join(channel=GENERAL)
            change = await hers.receive_json()
            assert (change["type"], change["channel"]["id"]) == ("channel", GENERAL)
            assert (change["channel"]["is_member"], change["channel"]["bot_is_member"]) == (True, True)
            await client.chat_postMessage(channel=SPEECH, text="next")
            assert (await his.receive_json())["type"] == "message"


@pytest.mark.parametrize(
    "path",
    [
        "..%2fserver.py",
        "..%2f..%2f..%2fapp-manifest.yml",
        "%2fetc%2fpasswd",
        "..",
        ".",
        "README.md",
        "main.js%00.html",
        "a%5c..%5cmain.js",
        "no-such.js",
    ],
)
async def test_nothing_beside_the_page(slack: SlackServer, http: aiohttp.ClientSession, path: str):
    """Only the page's own files are served: no way up, no other kinds of file."""
    async with http.get(URL(f"{slack.url}/page/static/{path}", encoded=True)) as answer:
        assert answer.status == 404


async def test_the_pages_files(slack: SlackServer, http: aiohttp.ClientSession):
    """With their types, never from a cache, and allowed to load nothing from elsewhere."""
    for path, kind in (("/", "text/html"), ("/page/static/main.js", "text/javascript")):
        async with http.get(f"{slack.url}{path}") as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
