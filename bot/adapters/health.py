"""The health port: `/livez`, `/readyz` and `/metrics`, answered by a thread of its own, also if the bot hangs.

Each answer asks the bot's loop, with a deadline. Anyone may connect: connections have limits, and nothing is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

from aiohttp import web

from bot.adapters.http_connections import Connections, Limits, Reason, Refusals
from bot.adapters.http_listening import Listening
from bot.flows.health import Health

T = TypeVar("T")

LIVE, READY, METRICS = "/livez", "/readyz", "/metrics"

DEADLINE = 2.0
"""Seconds that the bot's loop has for an answer; probes should wait for three."""

GOODBYE = 0.5
"""Seconds for the thread to end."""

LIMITS = Limits(connections=32, backlog=64, head_seconds=5.0, body_seconds=5.0, head_size=16 * 1024, body_size=0)


class _Quiet(Refusals):
    """Nobody is told of refusals: a port scanner is no trouble of the bot."""

    def note(self, reason: Reason) -> None:
        """Forget it."""


class HealthServer:
    """Listens on *port* of *host* (None: all addresses) from `open` to `close`."""

    def __init__(self, health: Health, port: int, host: str | None, *, deadline: float = DEADLINE) -> None:
        self._health = health
        self._host, self._port = host, port
        self._deadline = deadline
        self._opened: Future[int] = Future()
        self._stop: Callable[[], object] = lambda: None
        self._thread = Thread(target=self._run, name="health", daemon=True)

    async def open(self) -> int:
        """Begin; returns the port. Raises `SettingsError` if the address can't be used."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return await asyncio.wrap_future(self._opened)

    async def close(self) -> None:
        """End. The process does not wait for a probe that is under way."""
        self._stop()
        await asyncio.to_thread(self._thread.join, GOODBYE)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop, here = asyncio.Event(), asyncio.get_running_loop()
        crowd = Connections(LIMITS, _Quiet(), invalid=400)
        listening = Listening(self._answer, crowd, self._port, self._host, "RETUNE_HEALTH_PORT, RETUNE_BIND")
        try:
            await listening.open()
        except Exception as error:  # noqa: BLE001  # raised where `open` waits
            self._opened.set_exception(error)
            return
        self._stop = lambda: here.call_soon_threadsafe(stop.set)
        self._opened.set_result(listening.port)
        await stop.wait()
        await listening.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        answers = {LIVE: self._live, READY: self._ready, METRICS: self._metrics}
        if request.path not in answers:
            return web.Response(status=404)
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        return await answers[request.path]()

    async def _live(self) -> web.Response:
        try:
            await self._ask(asyncio.sleep(0))
        except TimeoutError:
            return _lines(503, f"the event loop did not answer within {self._deadline:g} s")
        return _lines(200, "live")

    async def _ready(self) -> web.Response:
        try:
            troubles = await self._ask(self._health.troubles())
        except TimeoutError:
            return _lines(503, f"the event loop did not answer within {self._deadline:g} s")
        return _lines(503, *troubles) if troubles else _lines(200, "ready")

    async def _metrics(self) -> web.Response:
        from bot.adapters.metrics import CONTENT_TYPE, Seen, text  # takes 40 ms, so only when asked for

        async def look() -> Seen:
            health = self._health
            ready, connections = not await health.troubles(), await health.connections()
            return Seen(ready, connections, await health.figures())

        try:
            seen = await self._ask(look())
        except TimeoutError:
            return _lines(503, f"the event loop did not answer within {self._deadline:g} s")
        return web.Response(body=text(self._health.tally, seen), headers={"Content-Type": CONTENT_TYPE})

    async def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        """The answer of the bot's loop. Raises `TimeoutError` if it takes too long."""
        try:
            asked = asyncio.run_coroutine_threadsafe(question, self._loop)
        except RuntimeError as error:  # it is closed already
            question.close()
            raise TimeoutError from error
        async with asyncio.timeout(self._deadline):
            return await asyncio.wrap_future(asked)


def _lines(status: int, *lines: str) -> web.Response:
    return web.Response(
        status=status, text="".join(f"{line}\n" for line in lines), headers={"Cache-Control": "no-store"}
    )
