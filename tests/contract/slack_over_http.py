"""Both ends of HTTP mode for tests: what Slack signs, connections that do as they like, and a server to try them on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.http import HttpServer
from bot.adapters.http_connections import Limits, Refusals
from bot.adapters.slack_app import Self, bolt

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PATH = "/slack/events"


@dataclass(frozen=True)
class Heard:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def form(**fields: str) -> bytes:
    """A command's body."""
    return urlencode(fields).encode()


def payload(**fields: Any) -> bytes:
    """An interaction's body."""
    return form(payload=json.dumps(fields))


COMMAND = form(command="/stt-help", text="", user_id="U0ADA", channel_id="C0SPEECH", trigger_id="1.2", team_id="T1")


def signed(body: bytes, at: float | None = None, secret: str = SECRET, kind: str = "") -> list[tuple[str, str]]:
    """The headers with which Slack sends *body*."""
    stamp = str(int(time.time() if at is None else at))
    sort = kind or ("application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded")
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return [("Content-Type", sort), ("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", signature or "")]


def head(headers: list[tuple[str, str]], length: int | None, method: str = "POST", path: str = PATH) -> bytes:
    """The first lines of a request; a header may hold any byte."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bot", *(f"{name}: {value}" for name, value in headers)]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def request(body: bytes = COMMAND, headers: list[tuple[str, str]] | None = None) -> bytes:
    """A whole request, signed if nothing else is wanted."""
    return head(signed(body) if headers is None else headers, len(body)) + body


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self) -> Heard:
        """The next answer. Raises `IncompleteReadError` where the connection was closed instead."""
        first = await self.reader.readuntil(b"\r\n\r\n")
        lines = first.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Heard(int(lines[0].split()[1]), headers, body)

    async def ended(self) -> bool:
        """Whether nothing more came before the other side closed it."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.transport.abort()


async def until(condition: Callable[[], object], within: float = 20.0) -> None:
    """Waits for what other tasks bring about."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - nothing tells when a server noticed something
            await asyncio.sleep(0)


EVENT = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention", "user": "U1"}})
CLICK = {
    "type": "block_actions",
    "user": {"id": "U1", "team_id": "T1"},
    "team": {"id": "T1"},
    "actions": [{"type": "button", "action_id": "approve", "block_id": "b", "value": "1"}],
    "container": {"type": "message"},
}
VIEW = {"id": "V1", "type": "modal", "callback_id": "request", "state": {"values": {}}}
GOOD: dict[str, bytes] = {
    "command": COMMAND,
    "click": payload(**CLICK),
    "form": payload(type="view_submission", user={"id": "U1"}, team={"id": "T1"}, view=VIEW),
    "close": payload(type="view_closed", user={"id": "U1"}, view=VIEW),
    "options": payload(type="block_suggestion", user={"id": "U1"}, action_id="which", block_id="b", value="x"),
    "event": EVENT.encode(),
}


class Time:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Bot:
    """A server with listeners that write down what they were given."""

    def __init__(self, server: HttpServer, heard: list[dict[str, Any]], time: Time) -> None:
        self.server = server
        self.heard = heard
        self.time = time
        self._lines: list[Line] = []

    async def line(self) -> Line:
        made = Line(*await asyncio.open_connection("127.0.0.1", self.server.port))
        self._lines.append(made)
        return made

    async def ask(self, data: bytes) -> Heard:
        line = await self.line()
        line.send(data)
        async with asyncio.timeout(20):
            return await line.hear()

    def close(self) -> None:
        for line in self._lines:
            line.close()


def app_that_writes_down(heard: list[dict[str, Any]]) -> AsyncApp:
    client = AsyncWebClient(token="xoxb-test")
    app = bolt(client, Self("T1", "U0RETUNE", "B1", None))

    async def on(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack()

    @app.command("/stt-help")
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack(text="here you are")

    app.action({"action_id": "approve"})(on)
    app.view("request")(on)
    app.view_closed("request")(on)

    @app.options("which")
    async def on_options(ack: AsyncAck, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack(options=[])

    for name in ("app_mention", "message", "app_home_opened"):

        @app.event(name)
        async def on_event(body: dict[str, Any]) -> None:
            heard.append(body)

    return app


LIMITS = Limits(connections=64, backlog=16)


@asynccontextmanager
async def serving(
    limits: Limits = LIMITS, app: AsyncApp | None = None, clock: Clock | None = None
) -> AsyncIterator[Bot]:
    """A server with few limits reached so far, and whoever talks to it."""
    heard: list[dict[str, Any]] = []
    time = Time()
    app = app or app_that_writes_down(heard)
    server = HttpServer(app, SECRET, 0, limits=limits, clock=clock, refusals=Refusals(time))
    await server.open()
    made = Bot(server, heard, time)
    try:
        yield made
    finally:
        made.close()
        async with asyncio.timeout(10):
            await server.close()
