"""The app as tests play it: Slack's own SDK and Bolt, and a bare socket where a test must decide when to answer."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

Json = dict[str, Any]

MANIFEST = Path(__file__).parents[3] / "app-manifest.yml"
ADA, GRACE, MEI, GUS = "U0ADA", "U0GRACE", "U0MEI", "U0GUS"
DEACTIVATED, STRANGER, BOT = "U0OLD", "U0EXT", "U0RETUNE"
SPEECH, GENERAL, PRIVATE, DIRECT = "C0SPEECH", "C0GENERAL", "C0PRIVATE", "D0ADA"

SECTION: Json = {"type": "section", "block_id": "what", "text": {"type": "mrkdwn", "text": "hello"}}
FIELD: Json = {
    "type": "input",
    "block_id": "why",
    "label": {"type": "plain_text", "text": "Why"},
    "element": {"type": "plain_text_input", "action_id": "v"},
}


def button(action_id: str = "go", **more: Any) -> Json:
    """A button."""
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": "Go"}, **more}


def menu(action_id: str = "pick", *values: str) -> Json:
    """A static select with an option for each value."""
    options = [{"text": {"type": "plain_text", "text": value}, "value": value} for value in values or ("one", "two")]
    return {"type": "static_select", "action_id": action_id, "options": options}


def row(*elements: Json, block_id: str = "decide") -> Json:
    """An actions block."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def modal(*blocks: Json, **more: Any) -> Json:
    """A modal that can be submitted."""
    title, submit = ({"type": "plain_text", "text": text} for text in ("Ask", "Send"))
    return {"type": "modal", "title": title, "submit": submit, "blocks": list(blocks or (SECTION,)), **more}


def home(*blocks: Json, **more: Any) -> Json:
    """An App Home."""
    return {"type": "home", "blocks": list(blocks or (SECTION,)), **more}


def manifest(folder: Path, change: Callable[[Any], None]) -> Path:
    """A copy of the app's manifest in *folder*, with something changed."""
    read = yaml.safe_load(MANIFEST.read_text("utf-8"))
    change(read)
    path = folder / "manifest.yml"
    path.write_text(yaml.safe_dump(read))
    return path


async def refused(calling: Awaitable[Any]) -> Any:
    """The answer of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await calling
    return caught.value.response


class Bot:
    """A Bolt app that keeps what it hears and acknowledges with the next of *answers*, or with nothing.

    An async context manager: connected inside.
    """

    def __init__(self, slack: SlackServer, client: AsyncWebClient) -> None:
        self.heard: list[Json] = []
        self.requests: list[Any] = []
        self.answers: deque[Json] = deque()
        self.client = client
        self._slack = slack
        self._something = asyncio.Event()
        self.app = AsyncApp(client=client, process_before_response=True)
        anything = re.compile(".*")
        self.app.command(anything)(self._listen)
        self.app.action(anything)(self._listen)
        self.app.options(anything)(self._listen)
        self.app.view_submission(anything)(self._listen)
        self.app.view_closed(anything)(self._listen)
        for event in ("app_mention", "app_home_opened", "message"):
            self.app.event(event)(self._listen)
        self.handler = AsyncSocketModeHandler(self.app, slack.app_token)

    async def _listen(self, ack: Any, body: Json, req: Any) -> None:
        self.heard.append(body)
        self.requests.append(req)
        self._something.set()
        await ack(**(self.answers.popleft() if self.answers else {}))

    async def hears(self, number: int = 1) -> Json:
        """The *number*-th thing that this app heard, waited for: events come in the background."""
        while len(self.heard) < number:
            self._something.clear()
            await asyncio.wait_for(self._something.wait(), 10)
        return self.heard[number - 1]

    async def __aenter__(self) -> Bot:
        """Opens a connection and waits until Slack counts it."""
        before = self._slack.connections
        await self.handler.connect_async()
        await self._slack.until(lambda: self._slack.connections > before)
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Closes it also where a test failed: a connection of the SDK that is left open keeps the loop from ending."""
        await self.handler.close_async()

    async def trigger(self, user: str = ADA) -> str:
        """A fresh trigger: *user* has used a command just now."""
        await self._slack.send(user, SPEECH, "/stt-help")
        return str(self.heard[-1]["trigger_id"])

    async def response_url(self, user: str = ADA) -> str:
        """A fresh response_url of a command of *user*."""
        await self._slack.send(user, SPEECH, "/stt-help")
        return str(self.heard[-1]["response_url"])

    async def opened(self, view: Json, user: str = ADA) -> Json:
        """A modal that *user* has open now."""
        answer = await self.client.views_open(trigger_id=await self.trigger(user), view=view)
        return dict(answer["view"])


class Line:
    """One bare connection: nothing is acknowledged before the test says so."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    @classmethod
    async def open(cls, slack: SlackServer, http: aiohttp.ClientSession) -> Line:
        """Connects with a ticket of its own; the hello is read."""
        line = cls(await http.ws_connect(await ticket(slack, http)))
        assert (await line.next())["type"] == "hello"
        return line

    async def next(self) -> Json:
        """The next frame."""
        return dict(await self.socket.receive_json())

    async def ack(self, envelope: Json, payload: Json | None = None) -> None:
        """Acknowledges one envelope."""
        frame: Json = {"envelope_id": envelope["envelope_id"]}
        await self.socket.send_json(frame if payload is None else frame | {"payload": payload})


async def ticket(slack: SlackServer, http: aiohttp.ClientSession) -> str:
    """An address for one connection."""
    client = AsyncWebClient(base_url=slack.api_url, session=http)
    return str((await client.apps_connections_open(app_token=slack.app_token))["url"])
