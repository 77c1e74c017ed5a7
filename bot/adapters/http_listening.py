"""An open port: aiohttp's server with our connections, which have limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.adapters.http_connections import Connection, Connections
from bot.errors import SettingsError

GOODBYE = 0.3
"""Seconds to finish requests when stopping; aiohttp's default is a minute."""

BUFFER = 16 * 1024
"""Bytes of a body buffered by one connection at most; aiohttp reads up to twice that."""

FIELD = 8190
"""Bytes of one header or of the request line at most."""


class _Server(web.Server):
    """Creates our connections."""

    def __init__(self, handler: Any, crowd: Connections) -> None:
        super().__init__(handler, request_factory=self._request, debug=False)
        self._crowd = crowd

    def __call__(self) -> Connection:
        """A newly accepted connection."""
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
            auto_decompress=False,  # the signature covers the bytes as sent; and a small body may expand to a huge one
        )

    def _request(
        self, message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]
    ) -> web.BaseRequest:
        protocol.begun()
        return web.BaseRequest(message, payload, protocol, writer, task, asyncio.get_running_loop())


class Listening:
    """Listens on *port* of *host* (None: all addresses) from `open` to `close`; *settings* are named in a fault."""

    def __init__(
        self,
        answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        crowd: Connections,
        port: int,
        host: str | None,
        settings: str,
    ) -> None:
        self._crowd, self._settings = crowd, settings
        self._host, self._port = host, port
        self._runner = web.ServerRunner(_Server(answer, crowd), shutdown_timeout=GOODBYE)

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._runner.addresses[0][1])

    @property
    def is_open(self) -> bool:
        """Whether connections are accepted."""
        return bool(self._runner.sites)

    async def open(self) -> None:
        """Raises `SettingsError` if the address can't be used."""
        await self._runner.setup()
        backlog = self._crowd.limits.backlog
        try:
            await web.TCPSite(self._runner, self._host, self._port, backlog=backlog).start()
        except OSError as error:
            await self._runner.cleanup()
            where = f"port {self._port} of {self._host or 'this machine'}"
            fault = f"{self._settings}: {where} cannot be used ({error.strerror or error}); choose another one."
            raise SettingsError([fault]) from error

    async def close(self) -> None:
        """Accept no more connections; requests in progress are still answered for a moment."""
        for site in list(self._runner.sites):
            await site.stop()
        self._crowd.close()
        await self._runner.cleanup()
