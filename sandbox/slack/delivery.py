"""Socket Mode: tickets, connections, envelopes and their acknowledgements.

Each envelope goes to exactly one connection, in turn. An event that is not acknowledged in time is sent again; commands
and interactions are not, and the person sees that they failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import WSMsgType, web

from .cast import APP
from .faults import Faults
from .workspace import Json

MOST = 10
"""Connections that one app may have."""

EVENT_RETRIES = 3

ANSWERED = ("view_submission", "block_suggestion")
"""Interactions whose acknowledgement may have content; a click's may not."""

NOTICE = 0.5
"""Seconds between the request to reconnect and the end of a connection; about ten at Slack."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a person's action: *body* is the app's acknowledgement."""

    acknowledged: bool
    error: str | None = None
    body: Json | None = None


def _nobody() -> None:
    """Listens to nothing."""


class Delivery:
    """The app's connections, and everything sent over them."""

    def __init__(self, url: Callable[[], str], faults: Faults, ack_timeout: float) -> None:
        self._url = url
        self._faults = faults
        self._ack_timeout = ack_timeout
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._sockets: set[web.WebSocketResponse] = set()
        self._turn = 0
        self._acks: dict[tuple[web.WebSocketResponse, str], asyncio.Future[Json | None]] = {}
        self._connected = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_change: Callable[[], None] = _nobody

    @property
    def connections(self) -> int:
        """Number of open connections."""
        return len(self._open)

    async def open(self) -> None:
        """Nothing to do: the app connects to us."""

    def ticket(self) -> str:
        """A WebSocket address that works once."""
        ticket = secrets.token_hex(8)
        if self._faults.dead_tickets > 0:
            self._faults.dead_tickets -= 1
        else:
            self._tickets.add(ticket)
        return f"{self._url().replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """One connection from its handshake to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        if self._faults.refuse_handshakes > 0:
            self._faults.refuse_handshakes -= 1
            return web.Response(status=self._faults.handshake_status, text="try later")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=True, max_msg_size=0)
        await socket.prepare(request)
        if len(self._open) >= MOST:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self._open) + 1,
                "connection_info": {"app_id": APP},
                "debug_info": {
                    "host": "applink-local",
                    "started": datetime.now(UTC).isoformat(" ", "milliseconds")[:23],
                    "build_number": 1,
                    "approximate_connection_time": 3600,
                },
            }
        )
        # Not earlier: nothing may come over a connection before its hello.
        self._open.append(socket)
        self._sockets.add(socket)
        self._connected.set()
        self.on_change()
        try:
            while not socket.closed:
                await self._faults.hearing.wait()
                frame = await socket.receive()
                if frame.type is WSMsgType.TEXT:
                    self._acknowledged(socket, frame.data)
        finally:
            self._sockets.discard(socket)
            self._gone(socket)
        return socket

    def _gone(self, socket: web.WebSocketResponse) -> None:
        """A connection takes no more envelopes."""
        if socket not in self._open:
            return
        self._open.remove(socket)
        if not self._open:
            self._connected.clear()
        self.on_change()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _acknowledged(self, socket: web.WebSocketResponse, text: str) -> None:
        """An acknowledgement counts only on the connection its envelope went to."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        if not isinstance(frame, dict):
            return
        future = self._acks.pop((socket, str(frame.get("envelope_id"))), None)
        if future is not None and not future.done():
            payload = frame.get("payload")
            future.set_result(payload if isinstance(payload, dict) else None)

    async def send(self, kind: str, payload: Json) -> Outcome:
        """One command or interaction: acknowledged in time or failed, never sent twice."""
        accepts = kind == "slash_commands" or payload.get("type") in ANSWERED
        sent = await self._envelope({"type": kind, "accepts_response_payload": accepts, "payload": payload})
        return sent if accepts else Outcome(sent.acknowledged, sent.error)

    def send_event(self, payload: Json) -> None:
        """One event, in the background; sent again until it is acknowledged."""
        times = 1
        if self._faults.duplicate_events > 0:
            self._faults.duplicate_events -= 1
            times = 2
        for _ in range(times):
            self._start(self._event(payload))

    async def _event(self, payload: Json) -> None:
        for attempt in range(EVENT_RETRIES + 1):
            frame = {
                "type": "events_api",
                "accepts_response_payload": False,
                "retry_attempt": attempt,
                "retry_reason": "timeout" if attempt else "",
                "payload": payload,
            }
            if not self._open:
                # Events wait for a connection, unlike commands and clicks.
                await self._connected.wait()
            if (await self._envelope(frame)).acknowledged and attempt >= self._faults.redeliveries:
                return

    async def _envelope(self, frame: Json) -> Outcome:
        able = [socket for socket in self._open if not socket.closed]
        if not able:
            return Outcome(False, "dispatch_failed")
        self._turn += 1
        socket = able[self._turn % len(able)]
        id = str(uuid.uuid4())
        future: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._acks[socket, id] = future
        try:
            async with asyncio.timeout(self._ack_timeout):
                if self._faults.hearing.is_set():
                    await socket.send_str(json.dumps({"envelope_id": id, **frame}))
                return Outcome(True, body=await future)
        except TimeoutError:
            return Outcome(False, "operation_timeout")
        except (ConnectionError, RuntimeError):
            return Outcome(False, "dispatch_failed")
        finally:
            self._acks.pop((socket, id), None)

    async def refresh(self) -> None:
        """Ask every connection to reconnect, as Slack does every few hours.

        A connection that was asked gets nothing more. The app has `NOTICE` seconds to open another one before this one
        is closed; if Slack closes at once, the SDK reconnects twice and drops what came over one of the two.
        """
        for socket in list(self._open):
            self._gone(socket)
            with contextlib.suppress(ConnectionError):
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
            self._start(self._close_later(socket))

    async def _close_later(self, socket: web.WebSocketResponse) -> None:
        await asyncio.sleep(NOTICE)
        await socket.close()

    def cut(self) -> None:
        """Break every connection without a close frame."""
        for socket in list(self._sockets):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        """Ends everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self._sockets):
            await socket.close()
