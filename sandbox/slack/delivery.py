"""Socket Mode: tickets, connections, envelopes and their acknowledgements.

Each envelope goes to exactly one connection, in turn. Without an acknowledgement in time an event is sent again;
commands and interactions are not, and the person sees that they failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from .faults import Faults
from .workspace import APP, Json

MOST = 10
"""Connections that one app may have."""

EVENT_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of something that a person did: *body* is what the app acknowledged with."""

    acknowledged: bool
    error: str | None = None
    body: Json | None = None


def _nobody() -> None:
    """Listens to nothing."""


class Delivery:
    """The connections of the app, and what was sent over them."""

    def __init__(self, url: str, faults: Faults, ack_timeout: float) -> None:
        self._url = url
        self._faults = faults
        self._ack_timeout = ack_timeout
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._turn = 0
        self._acks: dict[str, asyncio.Future[Json | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_change: Callable[[], None] = _nobody

    @property
    def connections(self) -> int:
        """How many connections stand."""
        return len(self._open)

    def ticket(self) -> str:
        """A WebSocket address that works once."""
        ticket = secrets.token_hex(8)
        if self._faults.dead_tickets > 0:
            self._faults.dead_tickets -= 1
        else:
            self._tickets.add(ticket)
        return f"{self._url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """One connection from its handshake to its end."""
        if self._faults.refuse_handshakes > 0:
            self._faults.refuse_handshakes -= 1
            return web.Response(status=503, text="try later")
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=True, max_msg_size=0)
        await socket.prepare(request)
        if len(self._open) >= MOST:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self._open.append(socket)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self._open),
                "connection_info": {"app_id": APP},
                "debug_info": {"host": "applink-local", "approximate_connection_time": 3600},
            }
        )
        self.on_change()
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledged(frame.data)
        finally:
            if socket in self._open:
                self._open.remove(socket)
            self.on_change()
        return socket

    def _acknowledged(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        future = self._acks.pop(str(frame.get("envelope_id")), None)
        if future is not None and not future.done():
            future.set_result(frame.get("payload"))

    async def send(self, kind: str, payload: Json) -> Outcome:
        """One command or interaction: acknowledged in time or failed, never sent twice."""
        return await self._envelope({"type": kind, "accepts_response_payload": True, "payload": payload})

    def send_event(self, payload: Json) -> None:
        """One event, in the background; sent again while it is not acknowledged."""
        times = 1
        if self._faults.duplicate_events > 0:
            self._faults.duplicate_events -= 1
            times = 2
        for _ in range(times):
            task = asyncio.create_task(self._event(payload))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _event(self, payload: Json) -> None:
        for attempt in range(EVENT_RETRIES + 1):
            frame = {
                "type": "events_api",
                "accepts_response_payload": False,
                "retry_attempt": attempt,
                "retry_reason": "timeout" if attempt else "",
                "payload": payload,
            }
            if (await self._envelope(frame)).acknowledged:
                return

    async def _envelope(self, frame: Json) -> Outcome:
        if not self._open:
            return Outcome(False, "dispatch_failed")
        self._turn = (self._turn + 1) % len(self._open)
        socket = self._open[self._turn]
        id = str(uuid.uuid4())
        future: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._acks[id] = future
        try:
            async with asyncio.timeout(self._ack_timeout):
                await socket.send_str(json.dumps({"envelope_id": id, **frame}))
                return Outcome(True, body=await future)
        except TimeoutError:
            return Outcome(False, "operation_timeout")
        except (ConnectionError, RuntimeError):
            return Outcome(False, "dispatch_failed")
        finally:
            self._acks.pop(id, None)

    async def refresh(self) -> None:
        """Asks every connection to go and come back, as Slack does every few hours."""
        for socket in list(self._open):
            with contextlib.suppress(ConnectionError):
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
                await socket.close()

    def cut(self) -> None:
        """Breaks every connection without a word."""
        for socket in list(self._open):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        """Ends everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self._open):
            await socket.close()
