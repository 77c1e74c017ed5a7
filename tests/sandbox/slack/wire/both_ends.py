"""Both ends of the wire: a clock that tests move, the app's bare socket, and refusals as Slack's SDK tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox.slack.server import SlackServer

MANIFEST = Path(__file__).parents[4] / "app-manifest.yml"
ADA, GRACE, MEI, GUS, EXTERNAL, BOT = "U0ADA", "U0GRACE", "U0MEI", "U0GUS", "U0EXT", "U0RETUNE"
SPEECH, GENERAL, PRIVATE, PARTNERS = "C0SPEECH", "C0GENERAL", "C0PRIVATE", "C0PARTNERS"

Json = dict[str, Any]
T = TypeVar("T")


class Now:
    """A clock that stands still unless a test moves it."""

    at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


class App:
    """The app's end of one socket: takes envelopes and acknowledges them as a test says."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def take(self) -> Json:
        """The next envelope."""
        frame: Json = await self.socket.receive_json()
        return frame

    async def ack(self, envelope: Json, payload: object = None) -> None:
        """Acknowledges an envelope, with a payload or without."""
        frame: Json = {"envelope_id": envelope["envelope_id"]}
        await self.socket.send_json(frame if payload is None else {**frame, "payload": payload})

    async def play(self, doing: Awaitable[T], payload: object = None) -> tuple[Json, T]:
        """What a person does arrives and is acknowledged: what was delivered, and what became of it."""
        task = asyncio.ensure_future(doing)
        envelope = await self.take()
        await self.ack(envelope, payload)
        return envelope["payload"], await task


async def connect(slack: SlackServer, http: aiohttp.ClientSession) -> App:
    """Another socket of the app, past its hello."""
    headers = {"Authorization": f"Bearer {slack.app_token}"}
    async with http.post(f"{slack.api_url}apps.connections.open", headers=headers) as answer:
        url = (await answer.json())["url"]
    socket = await http.ws_connect(url)
    assert (await socket.receive_json())["type"] == "hello"
    return App(socket)


async def refused(calling: Awaitable[Any]) -> Any:
    """The answer of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await calling
    return caught.value.response
