"""Deliveries over HTTP: signed as Slack signs, to the addresses of the manifest, sent again as Slack does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.http_delivery import SIGNING_SECRET
from sandbox.slack.manifest import load
from sandbox.slack.server import SlackServer
from sandbox.slack.web_api import BOT_TOKEN

from .bot_side import ADA, MANIFEST, SPEECH, manifest

Answering = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


class App:
    """An app that answers the challenge, and everything else as a test wants."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.got: list[tuple[web.Request, bytes]] = []
        self.came = asyncio.Condition()
        self.answer: Answering = _nothing

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if b"url_verification" in body:
            return web.json_response({"challenge": json.loads(body)["challenge"]})
        self.got.append((request, body))
        async with self.came:
            self.came.notify_all()
        return await self.answer(request, body)

    async def until(self, count: int) -> None:
        """Waits for so many requests."""
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: len(self.got) >= count)

    def marks(self) -> list[tuple[str | None, str | None]]:
        """The headers of a retry, for each request."""
        return [(r.headers.get("X-Slack-Retry-Num"), r.headers.get("X-Slack-Retry-Reason")) for r, _ in self.got]


async def _nothing(request: web.Request, body: bytes) -> web.StreamResponse:
    return web.Response()


@asynccontextmanager
async def listening(take: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(take, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def app() -> AsyncIterator[App]:
    application = web.Application()
    made = App("")
    application.router.add_post("/slack/events", made.take)
    async with listening(application) as url:
        made.url = f"{url}/slack/events"
        yield made


@asynccontextmanager
async def over_http(url: str, ack_timeout: float = 10.0) -> AsyncIterator[SlackServer]:
    async with SlackServer(MANIFEST, request_url=url, ack_timeout=ack_timeout, retry_pauses=(0, 0, 0)) as slack:
        await slack.until(lambda: slack.connections == 1)
        yield slack


async def test_what_comes(app: App):
    """A command is a form, an event is JSON; Slack's own SDK finds the signature right, and wrong with a byte more."""
    async with over_http(app.url) as slack:
        assert (await slack.send(ADA, SPEECH, "/stt-help me & you")).acknowledged
        await slack.open_home(ADA)
        await app.until(2)
        (command, form), (event, body) = app.got
        assert command.content_type == "application/x-www-form-urlencoded"
        fields = parse_qs(form.decode())
        assert (fields["command"], fields["user_id"]) == (["/stt-help"], [ADA])
        assert event.content_type == "application/json"
        assert json.loads(body)["event"]["type"] == "app_home_opened"
        verifier = SignatureVerifier(slack.signing_secret)
        for request, said in app.got:
            assert verifier.is_valid_request(said, dict(request.headers))
            assert not verifier.is_valid_request(said + b" ", dict(request.headers))


@pytest.mark.parametrize(
    ("said", "kind", "shown"),
    [
        *((b"", "text/plain", None), (b"hello", "text/plain", "hello"), (b"[1]", "application/json", None)),
        *((b'{"text": "hi"}', "application/json", "hi"), (b"{", "application/json", None)),
    ],
)
async def test_answers_to_a_command(app: App, said: bytes, kind: str, shown: str | None):
    """Nothing, a text, or a message."""

    async def answer(request: web.Request, body: bytes) -> web.StreamResponse:
        return web.Response(body=said, content_type=kind)

    app.answer = answer
    async with over_http(app.url) as slack:
        assert (await slack.send(ADA, SPEECH, "/stt-help")).acknowledged
        assert [m["text"] for m in slack.ephemerals(ADA)] == ([] if shown is None else [shown])


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, "http_service_error"), (401, "http_client_error"), (302, "http_client_error"), (None, "operation_timeout")],
)
async def test_commands_are_not_sent_again(app: App, status: int | None, error: str):
    """The person is told, in Slack's words."""
    never = asyncio.Event()

    async def answer(request: web.Request, body: bytes) -> web.StreamResponse:
        if status is None:
            await never.wait()
        return web.Response(status=status or 200, headers={"Location": "/"})

    app.answer = answer
    async with over_http(app.url, 0.2 if status is None else 10) as slack:
        assert (await slack.send(ADA, SPEECH, "/stt-help")).error == error
        assert [m["text"] for m in slack.ephemerals(ADA)] == [f'/stt-help failed with the error "{error}"']
        assert app.marks() == [(None, None)]
        never.set()


async def test_an_app_that_is_gone():
    """Nobody listens: it is not connected, and a command fails at once."""
    async with SlackServer(MANIFEST, request_url="http://127.0.0.1:1/slack/events") as slack:
        assert slack.connections == 0
        assert (await slack.send(ADA, SPEECH, "/stt-help")).error == "dispatch_failed"


@pytest.mark.parametrize(("how", "reason"), [("timeout", "http_timeout"), ("error", "http_error")])
async def test_events_are_sent_again(app: App, how: str, reason: str):
    """Three times more at most, with the count and the reason, and the same id."""
    never = asyncio.Event()

    async def answer(request: web.Request, body: bytes) -> web.StreamResponse:
        if how == "timeout":
            await never.wait()
        return web.Response(status=500)

    app.answer = answer
    async with over_http(app.url, 0.2 if how == "timeout" else 10) as slack:
        await slack.open_home(ADA)
        await app.until(4)
        assert app.marks() == [(None, None), ("1", reason), ("2", reason), ("3", reason)]
        assert len({json.loads(body)["event_id"] for _, body in app.got}) == 1
        await slack.send(ADA, SPEECH, "/stt-help")
        assert len(app.got) == 5
        never.set()


async def test_events_that_need_not_be_sent_again(app: App):
    """The app took one, or says that it will not."""
    answers = iter([web.Response(status=503), web.Response(), web.Response(status=400)])

    async def answer(request: web.Request, body: bytes) -> web.StreamResponse:
        given = next(answers)
        if given.status == 400:
            given.headers["X-Slack-No-Retry"] = "1"
        return given

    app.answer = answer
    async with over_http(app.url) as slack:
        await slack.open_home(ADA)
        await app.until(2)
        assert app.marks() == [(None, None), ("1", "http_error")]
        await slack.open_home(ADA)
        await app.until(3)
        app.answer = _nothing
        await slack.send(ADA, SPEECH, "/stt-help")
        assert len(app.got) == 4


async def test_without_the_challenge_no_event(app: App):
    """Slack delivers events only to an address that answered it."""
    answered = asyncio.Event()

    async def take(request: web.Request) -> web.StreamResponse:
        answered.set()
        return web.Response(text="hello")

    application = web.Application()
    application.router.add_post("/slack/events", take)
    async with listening(application) as url, SlackServer(MANIFEST, request_url=f"{url}/slack/events") as slack:
        await slack.open_home(ADA)
        async with asyncio.timeout(20):
            await answered.wait()
        assert slack.connections == 0


async def test_socket_mode_is_off(app: App):
    """A connection is told so."""
    async with over_http(app.url) as slack, aiohttp.ClientSession() as http:
        client = AsyncWebClient(base_url=slack.api_url, session=http)
        ticket = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with http.ws_connect(str(ticket)) as socket:
            assert await socket.receive_json() == {"type": "disconnect", "reason": "link_disabled"}


async def test_an_app_that_is_not_ours():
    """Bolt's own server: a command, a button, an event and their effects."""
    heard: list[str] = []
    came = asyncio.Event()
    async with aiohttp.ClientSession() as http:
        client = AsyncWebClient(token=BOT_TOKEN, session=http)
        bolt = AsyncApp(signing_secret=SIGNING_SECRET, client=client)

        @bolt.command("/stt-help")
        async def help(ack: AsyncAck) -> None:
            button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
            await ack(text="help", blocks=[{"type": "actions", "elements": [button]}])

        @bolt.action("go")
        async def go(ack: AsyncAck) -> None:
            heard.append("go")
            await ack()

        @bolt.event("app_home_opened")
        async def home() -> None:
            heard.append("home")
            came.set()

        async with listening(bolt.web_app(path="/slack/events")) as url, over_http(f"{url}/slack/events") as slack:
            client.base_url = slack.api_url
            assert (await slack.send(ADA, SPEECH, "/stt-help")).acknowledged
            (shown,) = slack.ephemerals(ADA)
            assert (await slack.click(ADA, SPEECH, shown["ts"], "go")).acknowledged
            await slack.open_home(ADA)
            async with asyncio.timeout(20):
                await came.wait()
    assert heard == ["go", "home"]


def _without(read: Any, *where: str) -> None:
    for name in where[:-1]:
        read = read[name]
    read.pop(where[-1], None)


URL = "https://bot.example.com/slack/events"


def _http(read: Any) -> None:
    read["settings"]["socket_mode_enabled"] = False
    for command in read["features"]["slash_commands"]:
        command["url"] = URL
    read["settings"]["event_subscriptions"]["request_url"] = URL
    read["settings"]["interactivity"]["request_url"] = URL


def test_a_manifest_for_http(tmp_path: Path):
    """What the README tells to put there, and what `--http` makes of the manifest, is the same."""
    urls = load(manifest(tmp_path, _http)).urls
    assert urls is not None
    assert {*urls.commands.values(), urls.events, urls.interactivity, urls.options} == {URL}
    assert load(MANIFEST, URL).urls == urls
    assert load(MANIFEST).urls is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda read: _without(read["features"]["slash_commands"][2], "url"), "the url of /stt-upgrade is missing"),
        (
            lambda read: _without(read, "settings", "event_subscriptions", "request_url"),
            "event_subscriptions is missing",
        ),
        (lambda read: _without(read, "settings", "interactivity", "request_url"), "of interactivity is missing"),
        (lambda read: read["settings"]["interactivity"].update(request_url="http://bot.example.com/"), "no https"),
        (lambda read: read["settings"]["interactivity"].update(request_url="bot.example.com"), "no https address"),
        (lambda read: read["settings"]["interactivity"].update(is_enabled=False), "interactivity is off"),
    ],
)
def test_manifests_that_slack_refuses(tmp_path: Path, change: Callable[[Any], None], said: str):
    """Each address that is missing or is none is named."""

    def broken(read: Any) -> None:
        _http(read)
        change(read)

    with pytest.raises(ValueError, match=said):
        load(manifest(tmp_path, broken))
