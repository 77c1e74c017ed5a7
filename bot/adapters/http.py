"""HTTP instead of Socket Mode: takes what Slack signed, at one path, and nothing else.

In this order: path and method (404, 405), the headers of the signature, the body within its time and size, the
signature over the raw bytes, and only then its content (400). Whatever is not proven to be Slack's gets an empty 401.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import Clock

from bot.adapters.http_connections import Connection, Connections, Limits, Reason, Refusals, refusal
from bot.adapters.http_requests import Malformed, Signatures, read
from bot.errors import SettingsError

PATH = "/slack/events"

GOODBYE = 0.3
"""Seconds that signed requests get to be answered when we stop; aiohttp's own is a minute."""

BUFFER = 16 * 1024
"""Bytes of a body that a connection holds at most before we take them; aiohttp reads up to twice that."""

FIELD = 8190
"""Bytes of a header or of the request line at most."""


class _Server(web.Server):
    """Makes connections of ours."""

    def __init__(self, handler: Any, crowd: Connections) -> None:
        super().__init__(handler, request_factory=self._request, debug=False)
        self._crowd = crowd

    def __call__(self) -> Connection:
        """A connection that was accepted."""
        limits = self._crowd.limits
        return Connection(
            self,
            self._crowd,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=limits.idle_seconds,
            lingering_time=limits.linger_seconds,
            max_line_size=FIELD,
            max_field_size=FIELD,
            read_bufsize=BUFFER,
            auto_decompress=False,  # the signature is over what was sent; and a small body may become a huge one
        )

    def _request(
        self, message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]
    ) -> web.BaseRequest:
        protocol.begun()
        return web.BaseRequest(message, payload, protocol, writer, task, asyncio.get_running_loop())


class HttpServer:
    """Listens on *port* of *host* (None: of all addresses) from `open` to `close`."""

    def __init__(
        self,
        app: AsyncApp,
        signing_secret: str,
        port: int,
        host: str | None = "127.0.0.1",
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
        refusals: Refusals | None = None,
    ) -> None:
        self._app = app
        self._host, self._port = host, port
        self._signatures = Signatures(signing_secret, clock)
        self._refusals = refusals or Refusals()
        self._crowd = Connections(limits or Limits.of_process(), self._refusals)
        self._runner = web.ServerRunner(_Server(self._answer, self._crowd), shutdown_timeout=GOODBYE)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._runner.addresses[0][1])

    @property
    def connections(self) -> int:
        """How many stand."""
        return len(self._crowd)

    async def open(self) -> None:
        """Raises `SettingsError` where the address cannot be had."""
        await self._runner.setup()
        backlog = self._crowd.limits.backlog
        try:
            await web.TCPSite(self._runner, self._host, self._port, backlog=backlog).start()
        except OSError as error:
            await self._runner.cleanup()
            where = f"port {self._port} of {self._host or 'this machine'}"
            fault = f"PORT, RETUNE_BIND: {where} cannot be used ({error.strerror or error}); choose another one."
            raise SettingsError([fault]) from error

    async def close(self) -> None:
        """Takes no more; what is signed is still answered for a moment."""
        for site in list(self._runner.sites):
            await site.stop()
        self._crowd.close()
        await self._runner.cleanup()
        self._refusals.say()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != PATH:
            return self._refuse(404, Reason.ELSEWHERE)
        if request.method != "POST":
            return self._refuse(405, Reason.ELSEWHERE, Allow="POST")
        if reason := self._signatures.refused(request):
            return self._refuse(401, reason)
        connection = cast("Connection", request.protocol)
        body = await self._body(request, connection)
        if isinstance(body, web.Response):
            return body
        if not self._signatures.signed(request, body):
            return self._refuse(401, Reason.NOT_SIGNED)
        self._crowd.trust(connection)
        try:
            asked = read(request, body)
        except Malformed:
            return self._refuse(400, Reason.MALFORMED, **{"X-Slack-No-Retry": "1"})
        answer = await self._app.async_dispatch(asked)
        if answer.status == 404 and asked.body.get("type") == "event_callback":
            return web.Response()  # nobody listens to it; Slack would send it again, and in the end send none
        return await to_aiohttp_response(answer)

    async def _body(self, request: web.BaseRequest, connection: Connection) -> bytes | web.Response:
        """The whole body, or what is answered where it does not come so."""
        limits, body = self._crowd.limits, bytearray()
        if (request.content_length or 0) > limits.body_size:
            return self._refuse(401, Reason.TOO_LARGE)
        try:
            async with asyncio.timeout(limits.body_seconds):
                async for piece in request.content.iter_any():
                    body += piece
                    if len(body) > limits.body_size:
                        return self._refuse(401, Reason.TOO_LARGE)
                    self._crowd.hold(connection, len(piece))
        except TimeoutError:
            return self._refuse(401, Reason.SLOW)
        except (web.RequestPayloadError, OSError):
            return self._refuse(401, Reason.NOT_HTTP) if connection.alive else refusal(401)
        return bytes(body)

    def _refuse(self, status: int, reason: Reason, **headers: str) -> web.Response:
        self._refusals.note(reason)
        return refusal(status, **headers)
