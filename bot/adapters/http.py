"""HTTP instead of Socket Mode: accepts what Slack signed, at one path, and nothing else.

Checks in this order: path and method (404, 405), the signature's headers, the body within its time and size, the
signature over the raw bytes, and only then the content (400). Anything not proven to be from Slack gets an empty 401.
"""

from __future__ import annotations

import asyncio
from typing import cast

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import Clock

from bot.adapters.http_connections import Connection, Connections, Limits, Reason, Refusals, refusal
from bot.adapters.http_listening import Listening
from bot.adapters.http_requests import Malformed, Signatures, read

PATH = "/slack/events"


class HttpServer:
    """Listens on *port* of *host* (None: all addresses) from `open` to `close`."""

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
        self._signatures = Signatures(signing_secret, clock)
        self._refusals = refusals or Refusals()
        self._crowd = Connections(limits or Limits.of_process(), self._refusals)
        self._listening = Listening(self._answer, self._crowd, port, host, "PORT, RETUNE_BIND")

    @property
    def port(self) -> int:
        """The port in use."""
        return self._listening.port

    async def standing(self) -> int:
        """1 while the port is open, else 0."""
        return int(self._listening.is_open)

    @property
    def connections(self) -> int:
        """Number of open connections."""
        return len(self._crowd)

    async def open(self) -> None:
        """Raises `SettingsError` if the address can't be used."""
        await self._listening.open()

    async def close(self) -> None:
        """Accept no more connections; signed requests are still answered for a moment."""
        await self._listening.close()
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
            return web.Response()  # no listener handles it; Slack would repeat it and finally disable events
        return await to_aiohttp_response(answer)

    async def _body(self, request: web.BaseRequest, connection: Connection) -> bytes | web.Response:
        """The whole body, or the response if it did not arrive properly."""
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
