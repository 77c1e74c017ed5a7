"""The local Slack as one HTTP server: Web API, sockets, response addresses, and the page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from .delivery import Delivery, Outcome
from .echoes import Echoes
from .faults import Faults, Switches
from .form_values import Values
from .forms import Forms
from .grants import Grants
from .http_delivery import PAUSES, SIGNING_SECRET, HttpDelivery
from .limits import Limits
from .manifest import Manifest, load
from .methods_chat import LONGEST_MESSAGE, Chat
from .methods_files import Files
from .methods_places import Places
from .methods_views import Triggers, Views
from .page_api import PageApi
from .people import People
from .response_urls import ResponseUrls
from .seed import populate
from .shown import shown_view
from .switchboard import OF_SOCKETS, Switchboard, slack_switches
from .transcript import transcript
from .web_api import APP_TOKEN, BOT_TOKEN, Call, Method, WebApi
from .workspace import Json, Workspace

T = TypeVar("T")


class SlackServer:
    """A workspace with one app, described by its manifest. An async context manager.

    *limits* are Slack's own unless a test passes others; *longest_message* is the most characters of block JSON in a
    message. *request_url*: the app is reached there over HTTP, whatever its manifest says; *retry_pauses* are the
    seconds before each retry of an event.
    """

    def __init__(
        self,
        manifest: Path,
        *,
        port: int = 0,
        now: Callable[[], float] = time.time,
        ack_timeout: float = 3.0,
        limits: Limits | None = None,
        longest_message: int = LONGEST_MESSAGE,
        request_url: str | None = None,
        retry_pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._limits = limits or Limits()
        self._longest_message = longest_message
        self.bot_token, self.app_token, self.signing_secret = BOT_TOKEN, APP_TOKEN, SIGNING_SECRET
        self.manifest = load(manifest, request_url)
        self.grants = Grants(self.manifest)
        self._retry_pauses = retry_pauses
        self.faults = Faults()
        self.switchboard = Switchboard()
        self.workspace = Workspace(now)
        populate(self.workspace, self.manifest.bot_user)
        self._port = port
        self._ack_timeout = ack_timeout
        self.url = ""

    @property
    def api_url(self) -> str:
        """The base URL for Slack's SDK."""
        return f"{self.url}/api/"

    @property
    def connections(self) -> int:
        """Number of sockets the app has open; over HTTP 1 while it is reachable."""
        return self.delivery.connections

    @property
    def calls(self) -> list[Call]:
        """Every Web API call received."""
        return self._api.calls

    async def __aenter__(self) -> SlackServer:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._build(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        await self.delivery.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.switchboard.all_off()
        await self.delivery.close()
        await self._page.close()
        await self._runner.cleanup()

    def _build(self, app: web.Application) -> None:
        workspace, manifest = self.workspace, self.manifest
        self.delivery = self._way(manifest)
        self.delivery.on_change = self._connected
        slack_switches(self.switchboard, self.faults, self.delivery, workspace, self.grants)
        if manifest.urls is not None:
            self.switchboard.remove(*OF_SOCKETS)
        self.urls = ResponseUrls(self._where, workspace)
        self._files = Files(workspace, self._where)
        self.triggers = Triggers(workspace)
        views = Views(workspace, self.triggers, home=manifest.home)
        self.people = People(workspace, manifest, self.delivery, self.urls, self.triggers)
        self.forms = Forms(workspace, self.delivery, self.triggers, views)
        Echoes(workspace, manifest, self.delivery, manifest.bot_user)
        self._page = PageApi(workspace, manifest, self.people, self.forms, self.delivery)
        self._api = WebApi(workspace, self.grants, self.faults, self._limits)
        for family in (
            Chat(workspace, self._longest_message, messages_tab=manifest.messages_tab),
            views,
            Places(workspace, manifest.bot_user, self.grants),
            self._files,
        ):
            self._api.add(family.methods())
        self._api.add({"apps.connections.open": Method(self._open_connection, token="app")})
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api.handle),
                web.get("/link/", self.delivery.connect),
                web.post("/hooks/{kind}/{team}/{token}", self.urls.answer),
                web.post("/upload/{id}", self._files.take),
                web.get("/page/files/{id}", self._files.give),
                web.get("/page/live", self._page.live),
                web.post("/page/act", self._page.act),
                web.post("/page/faults", Switches(self.faults, self.delivery).set),
                web.get("/page/switches", self.switchboard.listed),
                web.post("/page/switches", self.switchboard.set),
                web.get("/", self._page.file),
                web.get("/page/static/{name}", self._page.file),
            ]
        )

    def _way(self, manifest: Manifest) -> Delivery:
        """How the app is reached."""
        if manifest.urls is None:
            return Delivery(self._where, self.faults, self._ack_timeout)
        return HttpDelivery(
            *(self._where, self.faults, self._ack_timeout, manifest.urls, self.workspace.now, self._retry_pauses)
        )

    def _where(self) -> str:
        return self.url

    def _connected(self) -> None:
        self.workspace.changed({"type": "bot", "connected": self.delivery.connections > 0})

    def _open_connection(self, a: Json) -> Json:
        return {"url": self.delivery.ticket()}

    @property
    def methods(self) -> frozenset[str]:
        """The Web API methods that are routed."""
        return frozenset(self._api.methods)

    def scopes_of(self, method: str) -> tuple[str, ...]:
        """The scopes of which a method needs one."""
        return self._api.methods[method].scopes

    async def send(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Outcome:
        """A person types a message or a command."""
        return await self.people.send(user, channel, text, thread_ts)

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        element: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """A person uses an element of a message."""
        return await self.people.click(user, channel, ts, action_id, block_id=block_id, element=element)

    async def click_view(
        self,
        user: str,
        action_id: str,
        *,
        block_id: str | None = None,
        element: Mapping[str, Any] | None = None,
        values: Values | None = None,
        home: bool = False,
    ) -> Outcome:
        """A person uses an element of the top modal or of App Home; *values* are their earlier inputs."""
        return await self.forms.click_view(
            user, action_id, block_id=block_id, element=element, values=values, home=home
        )

    async def submit(self, user: str, values: Values | None = None) -> Outcome:
        """A person submits the top modal; *values*, by block id and action id, replace the content of its inputs."""
        return await self.forms.submit(user, values)

    async def close_view(self, user: str, all: bool = False) -> Outcome:
        """A person closes the top modal, or all of them."""
        return await self.forms.close_view(user, all)

    async def open_home(self, user: str) -> Outcome:
        """A person opens App Home."""
        return await self.people.open_home(user)

    def messages(self, user: str, channel: str) -> list[Json]:
        """A channel as a person sees it, oldest first, without replies."""
        if not self.workspace.sees(user, channel):
            return []
        every = self.workspace.messages.get(channel, {}).values()
        return [m for m in every if m.get("thread_ts") in (None, m["ts"])]

    def thread(self, user: str, channel: str, ts: str) -> list[Json]:
        """A thread as a person sees it, its parent first."""
        if not self.workspace.sees(user, channel):
            return []
        every = self.workspace.messages.get(channel, {}).values()
        return [m for m in every if ts in (m["ts"], m.get("thread_ts"))]

    def ephemerals(self, user: str) -> list[Json]:
        """What only one person sees, oldest first."""
        return list(self.workspace.ephemeral.get(user, []))

    def modal(self, user: str) -> Json | None:
        """A person's top modal."""
        stack = self.workspace.stacks.get(user, [])
        return shown_view(stack[-1]) if stack else None

    def home(self, user: str) -> Json | None:
        """A person's App Home."""
        home = self.workspace.homes.get(user)
        return shown_view(home) if home else None

    def transcript(self, user: str) -> str:
        """The conversation as text."""
        return transcript(self.workspace, user)

    async def refresh_connections(self) -> None:
        """Slack rotates the sockets."""
        await self.delivery.refresh()

    def cut_connections(self) -> None:
        """The network breaks."""
        self.delivery.cut()

    async def until(self, condition: Callable[[], T | None], within: float = 10.0) -> T:
        """The first true value of *condition*, checked after every change, for *within* seconds.

        Raises `TimeoutError` with the conversation if it takes longer. Changes outside the workspace are checked twice
        a second.
        """
        deadline = time.monotonic() + within
        while True:
            found = condition()
            if found:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not within {within} s:\n{self.transcript('U0ADA')}")
            try:
                await asyncio.wait_for(self.workspace.next_change(), min(left, 0.5))
            except TimeoutError:
                continue
