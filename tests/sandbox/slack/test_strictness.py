"""The local Slack refuses what Slack refuses, with Slack's names; driven by Slack's own SDK and Bolt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.blockkit import check_blocks, check_view, initial_state, normalise_blocks
from sandbox.slack.ledger import LEDGER
from sandbox.slack.server import SlackServer

MANIFEST = Path(__file__).parents[3] / "app-manifest.yml"
ADA, GRACE, SPEECH, GENERAL, PRIVATE = "U0ADA", "U0GRACE", "C0SPEECH", "C0GENERAL", "C0PRIVATE"
SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
MODAL: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [SECTION]}


class Now:
    """A clock that tests move."""

    at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def slack(now: Now) -> AsyncIterator[SlackServer]:
    async with SlackServer(MANIFEST, now=now, ack_timeout=0.3) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(slack: SlackServer, http: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http, retry_handlers=[])


@pytest.fixture
async def bolt(slack: SlackServer, client: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    """A Bolt app connected by Socket Mode; tests add listeners."""
    app = AsyncApp(client=client, process_before_response=True)
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    await slack.until(lambda: slack.connections == 1)
    yield app
    await handler.close_async()


async def refused(calling: Awaitable[Any]) -> Any:
    """The body of a refusal."""
    with pytest.raises(SlackApiError) as caught:
        await calling
    return caught.value.response


def test_the_ledger_is_what_is_routed(slack: SlackServer):
    """Every method that is covered is in the ledger, and the other way round."""
    assert set(LEDGER) == slack.methods


@pytest.mark.parametrize(
    ("token", "error"),
    [("xoxb-nobody", "invalid_auth"), ("", "not_authed"), ("xapp-1-local-sandbox-app-token", "not_allowed_token_type")],
)
async def test_tokens(slack: SlackServer, http: aiohttp.ClientSession, token: str, error: str):
    """A wrong, a missing and the other kind of token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with http.post(
        f"{slack.api_url}chat.postMessage", json={"channel": SPEECH, "text": "x"}, headers=headers
    ) as a:
        assert (await a.json())["error"] == error


async def test_a_scope_that_the_manifest_lacks(tmp_path: Path, http: aiohttp.ClientSession):
    """Named, with what was granted."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"] = ["commands"]
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(manifest))
    async with SlackServer(path) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
        answer = await refused(client.chat_postMessage(channel=SPEECH, text="x"))
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "chat:write", "commands")


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C0NOWHERE", "channel_not_found"), (GENERAL, "not_in_channel"), (PRIVATE, "channel_not_found")],
)
async def test_channels(client: AsyncWebClient, channel: str, error: str):
    """Unknown, not joined, and private and so invisible."""
    assert (await refused(client.chat_postMessage(channel=channel, text="x")))["error"] == error


def button(**over: Any) -> dict[str, Any]:
    base = {"type": "button", "text": {"type": "plain_text", "text": "b"}, "action_id": "a", "value": "v"}
    return {k: v for k, v in {**base, **over}.items() if v is not None}


def select(**over: Any) -> dict[str, Any]:
    options = [{"text": {"type": "plain_text", "text": "o"}, "value": "o"}]
    return {"type": "static_select", "action_id": "s", "options": options, **over}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (SECTION, None),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}, None),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "must be less than 3001 characters"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": ""}}, "must be more than 0 characters"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, "additional property: emoji"),
        ({"type": "section"}, "missing required field: text"),
        ({"type": "sections"}, "unsupported type: sections [json-pointer:/blocks/0/type]"),
        ({**SECTION, "extra": 1}, "invalid additional property: extra"),
        ({"type": "section", "fields": [SECTION["text"]] * 11}, "no more than 10 items allowed"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}, "less than 2001"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "failed to match"),
        ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}, "less than 151"),
        ({"type": "context", "elements": []}, "no fewer than 1"),
        (actions(*(button(action_id=str(n)) for n in range(26))), "no more than 25 items allowed"),
        (actions(button(), button()), "action_id a already exists"),
        (actions(button(value="v" * 2001)), "less than 2001"),
        (actions(button(text={"type": "plain_text", "text": "x" * 76})), "less than 76"),
        (actions(button(style="loud")), "failed to match"),
        (actions(button(confirm={"title": {"type": "plain_text", "text": "t"}})), "missing required field: confirm"),
        (actions(select()), None),
        (actions(select(options=[])), "no fewer than 1"),
        (actions(select(initial_option={"text": {"type": "plain_text", "text": "p"}, "value": "p"})), "initial option"),
        (actions({"type": "plain_text_input", "action_id": "t"}), "unsupported type: plain_text_input"),
        ({"type": "image", "alt_text": "a"}, "exactly one of"),
        ({"type": "alert", "text": SECTION["text"]}, "unsupported type: alert"),
        ({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "texts"}]}]}, "texts"),
    ],
)
def test_blocks(block: dict[str, Any], fault: str | None):
    """Limits at and over, unknown keys, wrong types, what stands where it may not."""
    found = check_blocks([block], "message")
    assert found == [] if fault is None else any(fault in text for text in found), found


def test_lists_of_blocks():
    """Fifty in a message, a hundred in a view, ids once."""
    assert check_blocks([SECTION] * 50, "message") == []
    assert "no more than 50" in check_blocks([SECTION] * 51, "message")[0]
    assert check_blocks([SECTION] * 100, "modal") == []
    assert "already exists" in check_blocks([{**SECTION, "block_id": "x"}] * 2, "message")[0]


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({}, None),
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "less than 25"),
        ({"private_metadata": "x" * 3001}, "less than 3001"),
        ({"submit_disabled": True}, "invalid additional property: submit_disabled [json-pointer:/view]"),
        (
            {
                "blocks": [
                    {
                        "type": "input",
                        "label": {"type": "plain_text", "text": "l"},
                        "element": {"type": "plain_text_input", "action_id": "v"},
                    }
                ]
            },
            "missing required field: submit",
        ),
        ({"blocks": "none"}, "failed to match"),
    ],
)
def test_views(over: dict[str, Any], fault: str | None):
    """What a modal must and may have."""
    found = check_view({**MODAL, **over})
    assert found == [] if fault is None else any(fault in text for text in found), found


async def test_invalid_blocks_over_the_wire(client: AsyncWebClient):
    """Both lists, as Slack sends them; a string that holds no list is another error."""
    answer = await refused(client.chat_postMessage(channel=SPEECH, text="x", blocks=[{"type": "nothing"}]))
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"][0].startswith("[ERROR] unsupported type: nothing")
    answer = await refused(client.chat_postMessage(channel=SPEECH, text="x", blocks='{"type": "section"}'))
    assert answer["error"] == "invalid_blocks_format"
    empty = client.api_call("chat.postMessage", json={"channel": SPEECH})
    assert (await refused(empty))["error"] == "no_text"


def test_defaults_and_state():
    """Ids, emoji and verbatim as Slack adds them; inputs untouched are null."""
    inputs = [
        {
            "type": "input",
            "label": {"type": "plain_text", "text": "l"},
            "element": {"type": "plain_text_input", "action_id": "v"},
        },
        actions(select()),
    ]
    made = normalise_blocks([SECTION, *inputs])
    assert made[0]["text"]["verbatim"] is False
    assert made[1]["label"]["emoji"] is True
    assert all(block["block_id"] for block in made)
    state = initial_state(made)
    assert state[made[1]["block_id"]]["v"] == {"type": "plain_text_input", "value": None}
    assert state[made[2]["block_id"]]["s"] == {"type": "static_select", "selected_option": None}


async def test_edits(slack: SlackServer, client: AsyncWebClient):
    """Own messages only, 4,000 characters, no ephemeral ones."""
    await slack.send(ADA, SPEECH, "mine")
    theirs = slack.messages(ADA, SPEECH)[0]["ts"]
    own = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    await client.chat_update(channel=SPEECH, ts=own, text="y")
    assert slack.messages(ADA, SPEECH)[1]["text"] == "y"
    assert (await refused(client.chat_update(channel=SPEECH, ts=theirs, text="y")))["error"] == "cant_update_message"
    assert (await refused(client.chat_update(channel=SPEECH, ts=own, text="y" * 4001)))["error"] == "msg_too_long"
    whispered = (await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="psst"))["message_ts"]
    assert (await refused(client.chat_update(channel=SPEECH, ts=whispered, text="y")))["error"] == "message_not_found"


async def test_history(client: AsyncWebClient):
    """Newest first, pages by cursor, metadata only when asked for; replies are in their thread."""
    about = {"event_type": "t", "event_payload": {"key": "k"}}
    first = (await client.chat_postMessage(channel=SPEECH, text="1", metadata=about))["ts"]
    await client.chat_postMessage(channel=SPEECH, text="reply", thread_ts=first)
    await client.chat_postMessage(channel=SPEECH, text="2")
    page = await client.conversations_history(channel=SPEECH, limit=1)
    assert [m["text"] for m in page["messages"]] == ["2"]
    rest = await client.conversations_history(channel=SPEECH, cursor=page["response_metadata"]["next_cursor"])
    assert [m["text"] for m in rest["messages"]] == ["1"]
    assert "metadata" not in rest["messages"][0]
    whole = await client.conversations_replies(channel=SPEECH, ts=first, include_all_metadata=True)
    assert [m["text"] for m in whole["messages"]] == ["1", "reply"]
    assert whole["messages"][0]["metadata"] == about


async def test_an_upload(slack: SlackServer, client: AsyncWebClient, http: aiohttp.ClientSession):
    """The SDK's three steps end in a message with the file."""
    await client.files_upload_v2(channel=SPEECH, content="a,b", filename="runs.csv", title="Runs")
    file = slack.messages(ADA, SPEECH)[0]["files"][0]
    assert file["title"] == "Runs"
    async with http.get(f"{slack.url}/page/files/{file['id']}") as answer:
        assert await answer.text() == "a,b"


async def test_triggers(slack: SlackServer, client: AsyncWebClient, bolt: AsyncApp, now: Now):
    """Three seconds, once."""
    seen: list[str] = []

    @bolt.command("/stt-help")
    async def on_command(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        seen.append(body["trigger_id"])

    await slack.send(ADA, SPEECH, "/stt-help")
    await client.views_open(trigger_id=seen[0], view=MODAL)
    assert (slack.modal(ADA) or {})["title"]["text"] == "T"
    assert (await refused(client.views_open(trigger_id=seen[0], view=MODAL)))["error"] == "exchanged_trigger_id"
    await slack.send(ADA, SPEECH, "/stt-help")
    now.at += 3.1
    assert (await refused(client.views_open(trigger_id=seen[1], view=MODAL)))["error"] == "expired_trigger_id"
    assert (await refused(client.views_open(trigger_id="1.2.3", view=MODAL)))["error"] == "invalid_trigger_id"


async def test_hashes_and_the_stack(slack: SlackServer, client: AsyncWebClient):
    """An update against a changed view; three levels and no more; views are validated."""
    trigger = slack.people._triggers.give
    view = (await client.views_open(trigger_id=trigger(ADA), view=MODAL))["view"]
    await client.views_update(view_id=view["id"], view=MODAL, hash=view["hash"])
    again = client.views_update(view_id=view["id"], view=MODAL, hash=view["hash"])
    assert (await refused(again))["error"] == "hash_conflict"
    for _ in range(2):
        await client.views_push(trigger_id=trigger(ADA), view=MODAL)
    assert (await refused(client.views_push(trigger_id=trigger(ADA), view=MODAL)))["error"] == "push_limit_reached"
    answer = await refused(client.views_open(trigger_id=trigger(ADA), view={**MODAL, "blocks": [{"type": "x"}]}))
    assert answer["error"] == "invalid_arguments"
    assert "/view/blocks/0/type" in answer["response_metadata"]["messages"][0]
    await slack.close_view(ADA, all=True)
    assert (await refused(client.views_update(view_id=view["id"], view=MODAL)))["error"] == "not_found"


async def test_response_urls(slack: SlackServer, bolt: AsyncApp, http: aiohttp.ClientSession, now: Now):
    """Five uses, half an hour, checked like any message; private unless it says otherwise."""
    urls: list[str] = []

    @bolt.command("/stt-help")
    async def on_command(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        urls.append(body["response_url"])

    async def answer(url: str, **body: Any) -> tuple[int, str]:
        async with http.post(url, json=body) as response:
            return response.status, await response.text()

    await slack.send(ADA, SPEECH, "/stt-help")
    assert await answer(urls[0], text="psst") == (200, "ok")
    assert slack.ephemerals(ADA)[-1]["text"] == "psst"
    assert slack.ephemerals(GRACE) == []
    assert await answer(urls[0], blocks=[{"type": "x"}], text="x") == (400, "invalid_blocks")
    assert await answer(urls[0]) == (400, "no_text")
    assert await answer(urls[0], text="all", response_type="in_channel") == (200, "ok")
    assert slack.messages(GRACE, SPEECH)[-1]["text"] == "all"
    await answer(urls[0], text="5")
    assert await answer(urls[0], text="6") == (404, "used_url")
    await slack.send(ADA, SPEECH, "/stt-help")
    now.at += 1801
    assert await answer(urls[1], text="late") == (404, "expired_url")


async def test_no_answer_in_time(slack: SlackServer, bolt: AsyncApp):
    """The person is told as Slack tells it; a command is not sent again, an event is, with its count."""
    arrived: list[Any] = []
    never = asyncio.Event()

    @bolt.command("/stt-help")
    async def on_command() -> None:
        arrived.append("command")
        await never.wait()

    outcome = await slack.send(ADA, SPEECH, "/stt-help")
    assert outcome.error == "operation_timeout"
    assert slack.ephemerals(ADA)[-1]["text"] == '/stt-help failed with the error "operation_timeout"'
    assert arrived == ["command"]
    never.set()


async def test_events_are_sent_again(slack: SlackServer, http: aiohttp.ClientSession):
    """With `retry_attempt`, until one is acknowledged."""
    async with http.post(
        f"{slack.api_url}apps.connections.open", headers={"Authorization": f"Bearer {slack.app_token}"}
    ) as answer:
        url = (await answer.json())["url"]
    async with http.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        await slack.open_home(ADA)
        first, second = await socket.receive_json(), await socket.receive_json()
        await socket.send_json({"envelope_id": second["envelope_id"]})
        assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
    async with http.get(url.replace("ws", "http", 1)) as dead:
        assert dead.status == 403


async def test_one_connection_gets_each_envelope(slack: SlackServer, client: AsyncWebClient):
    """Two sockets share the traffic; nothing is broadcast."""
    got: list[int] = []

    def app(number: int) -> AsyncApp:
        made = AsyncApp(client=client, process_before_response=True)

        @made.command("/stt-help")
        async def on_command(ack: Any) -> None:
            got.append(number)
            await ack()

        return made

    handlers = [AsyncSocketModeHandler(app(number), slack.app_token) for number in range(2)]
    for handler in handlers:
        await handler.connect_async()
    await slack.until(lambda: slack.connections == 2)
    for _ in range(4):
        assert (await slack.send(ADA, SPEECH, "/stt-help")).acknowledged
    assert sorted(got) == [0, 0, 1, 1]
    for handler in handlers:
        await handler.close_async()


async def test_nobody_is_connected(slack: SlackServer):
    """A command fails at once."""
    assert (await slack.send(ADA, SPEECH, "/stt-help")).error == "dispatch_failed"


async def test_answers_to_a_submission(slack: SlackServer, client: AsyncWebClient, bolt: AsyncApp):
    """errors at inputs only, update and clear; what is wrong is the person's connection trouble."""
    answers: list[dict[str, Any]] = [
        {"response_action": "errors", "errors": {"nothing": "x"}},
        {"response_action": "errors", "errors": {"why": "x"}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "update", "view": MODAL},
    ]

    @bolt.view("ask")
    async def on_submit(ack: Any) -> None:
        await ack(**answers.pop(0))

    field = {
        "type": "input",
        "block_id": "why",
        "label": {"type": "plain_text", "text": "Why"},
        "element": {"type": "plain_text_input", "action_id": "v"},
    }
    submit = {"type": "plain_text", "text": "Go"}
    view = {**MODAL, "callback_id": "ask", "submit": submit, "blocks": [field]}
    await client.views_open(trigger_id=slack.people._triggers.give(ADA), view=view)
    assert (await slack.submit(ADA)).error == "required: why"
    filled = {"why": {"v": {"type": "plain_text_input", "value": "x"}}}
    assert "no input" in str((await slack.submit(ADA, filled)).error)
    assert (await slack.submit(ADA, filled)).error is None
    assert "missing required field" in str((await slack.submit(ADA, filled)).error)
    assert (await slack.submit(ADA, filled)).error is None
    assert (slack.modal(ADA) or {})["submit"] is None


async def test_people(slack: SlackServer, bolt: AsyncApp):
    """Unknown commands, commands in threads, channels one is not in, names that become ids."""
    texts: list[str] = []

    @bolt.command("/stt-model")
    async def on_command(ack: Any, body: dict[str, Any]) -> None:
        texts.append(body["text"])
        await ack("a", blocks=[{"type": "nothing"}])

    assert (await slack.send(ADA, SPEECH, "/deploy")).error == "unknown_command"
    await slack.send(ADA, SPEECH, "hello")
    thread = slack.messages(ADA, SPEECH)[0]["ts"]
    assert (await slack.send(ADA, SPEECH, "/stt-model x", thread)).error == "not_in_threads"
    with pytest.raises(Exception, match="not_in_channel"):
        await slack.send("U0MEI", PRIVATE, "hello")
    with pytest.raises(Exception, match="user_not_found"):
        await slack.send("U0OLD", SPEECH, "hello")
    assert "invalid_blocks" in str((await slack.send(ADA, SPEECH, "/stt-model @grace in #general")).error)
    assert texts == ["<@U0GRACE> in <#C0GENERAL|general>"]


async def test_faults(slack: SlackServer, client: AsyncWebClient):
    """429 with its wait, 5xx, a gateway's page, any refusal, an answer lost after the effect."""
    post = client.chat_postMessage
    slack.faults.rate_limit("chat.postMessage", 7)
    answer = await refused(post(channel=SPEECH, text="x"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    slack.faults.status("chat.postMessage", 503, html=True)
    assert (await refused(post(channel=SPEECH, text="x"))).status_code == 503
    slack.faults.refuse("chat.postMessage", "fatal_error")
    assert (await refused(post(channel=SPEECH, text="x")))["error"] == "fatal_error"
    before = len(slack.messages(ADA, SPEECH))
    slack.faults.lose("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await post(channel=SPEECH, text="there all the same")
    assert len(slack.messages(ADA, SPEECH)) == before + 1
    await post(channel=SPEECH, text="x")


async def test_the_page(slack: SlackServer, http: aiohttp.ClientSession, client: AsyncWebClient):
    """Its files and nothing beside them; a person hears what they may see and nothing else."""
    async with http.get(slack.url) as page:
        assert "main.js" in await page.text()
    for path in ("server.py", "..%2fserver.py", "nothing.js"):
        async with http.get(f"{slack.url}/page/static/{path}") as answer:
            assert answer.status == 404
    async with http.ws_connect(f"{slack.url}/page/live?user=U0GUS") as gus:
        hello = await gus.receive_json()
        assert {channel["id"] for channel in hello["channels"]} == {SPEECH, "D0GUS"}
        await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="not for Gus")
        await slack.send(ADA, GENERAL, "nor this")
        await client.chat_postMessage(channel=SPEECH, text="for all")
        assert (await gus.receive_json())["message"]["text"] == "for all"
    body = {"user": "U0GUS", "kind": "send", "channel": GENERAL, "text": "hello"}
    async with http.post(f"{slack.url}/page/act", json=body) as answer:
        assert await answer.json() == {"ok": False, "error": "not_in_channel"}
