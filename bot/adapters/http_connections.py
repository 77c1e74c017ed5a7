"""The connections of an HTTP server: their number, time and size limits, and which to close when there are too many.

Anyone may open a connection. Connections without a signed request are closed first, oldest first; so a flood of
half-open connections uses descriptors only up to a cap, and Slack's own still get in.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any, Self

from aiohttp import web

log = logging.getLogger(__name__)

PERIOD = 600.0
"""Seconds between two log lines about refusals."""

MOST = 512
"""Connections at most; Slack, or the proxy in front, uses a few dozen."""


class Reason(StrEnum):
    """Why a request or connection was refused, as in the log."""

    ELSEWHERE = "to another path or with another method"
    NOT_HTTP = "not HTTP"
    NOT_SIGNED = "not signed by Slack (check SLACK_SIGNING_SECRET if they are Slack's)"
    STALE = "with a timestamp more than five minutes off (check the clock)"
    TOO_LARGE = "too large"
    SLOW = "too slow"
    CROWDED = "closed to make room"
    MALFORMED = "signed, but malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits for clients: times in seconds, sizes in bytes."""

    connections: int
    backlog: int
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    idle_seconds: float = 75.0
    """Longer than proxies keep a connection (60 s), so that they don't send a request into one just closed."""

    linger_seconds: float = 0.5
    head_size: int = 32 * 1024
    body_size: int = 1024 * 1024
    """A form may be three times its view; Slack's limit for a view is 250 kB."""

    bodies_size: int = 8 * 1024 * 1024
    """All bodies together that are being read and not verified yet."""

    @classmethod
    def of_process(cls) -> Self:
        """Fewer than half of this process's descriptors: the database and all clients need theirs.

        One turn of the loop accepts up to *backlog* connections before it can close one.
        """
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return cls(connections=MOST, backlog=128)
        backlog = max(4, min(128, soft // 8))
        return cls(connections=max(4, min(MOST, soft // 2 - backlog)), backlog=backlog)


class Refusals:
    """Counts refusals, logged in one line at a time, so that clients can't fill the log."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._counts: Counter[Reason] = Counter()
        self._next = 0.0

    def note(self, reason: Reason) -> None:
        """Count one; the first is logged at once."""
        self._counts[reason] += 1
        if self._now() >= self._next:
            self.say()

    def say(self) -> None:
        """Log the refusals not logged yet."""
        if self._counts:
            what = "; ".join(f"{count} {reason}" for reason, count in sorted(self._counts.items()))
            log.warning("refused over HTTP: %s. The next line about this comes in %.0f min", what, PERIOD / 60)
        self._counts.clear()
        self._next = self._now() + PERIOD


class Connections:
    """The open connections: *strangers* without a signed request, and *trusted* ones; least recently used first."""

    def __init__(self, limits: Limits, refusals: Refusals, *, invalid: int = 401) -> None:
        """*invalid*: the status of the answer to what is not HTTP."""
        self.limits = limits
        self.refusals = refusals
        self.invalid = invalid
        self._strangers: dict[Connection, None] = {}
        self._trusted: dict[Connection, None] = {}
        self._held = 0

    def __len__(self) -> int:
        return len(self._strangers) + len(self._trusted)

    def came(self, one: Connection) -> None:
        """Add a connection; if all places are taken, it replaces the least useful one."""
        if len(self) >= self.limits.connections:
            idle = (trusted for trusted in self._trusted if not trusted.busy)
            self.cut(next(iter(self._strangers), None) or next(idle, one), Reason.CROWDED)
        if one.alive:
            self._strangers[one] = None

    def trust(self, one: Connection) -> None:
        """Record a signed request on it."""
        self.left(one)
        if one.alive:
            self._trusted[one] = None

    def hold(self, one: Connection, size: int) -> None:
        """Count more bytes of a body in memory; closes the oldest strangers if the total is too large."""
        if one.alive:
            one.held += size
            self._held += size
        while self._held > self.limits.bodies_size:
            holding = next((stranger for stranger in self._strangers if stranger.held), one)
            self.cut(holding, Reason.CROWDED)

    def left(self, one: Connection) -> None:
        """Remove it: it closed, or is counted elsewhere."""
        self._strangers.pop(one, None)
        self._trusted.pop(one, None)
        self._held -= one.held
        one.held = 0

    def cut(self, one: Connection, reason: Reason) -> None:
        """Close one without a response."""
        self.refusals.note(reason)
        self.left(one)
        one.abort()

    def close(self) -> None:
        """Close all connections without a signed request in progress."""
        for one in [*self._strangers, *(trusted for trusted in self._trusted if not trusted.busy)]:
            self.left(one)
            one.abort()


class Connection(web.RequestHandler):
    """One connection: aiohttp reads HTTP from it; slow, large or invalid input is cut off here."""

    def __init__(self, manager: web.Server, crowd: Connections, **options: Any) -> None:
        super().__init__(manager, **options)
        self._crowd = crowd
        self._deadline: asyncio.TimerHandle | None = None
        self._head = 0
        self.busy = False
        self.held = 0
        self.alive = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts the time limit for the first head."""
        super().connection_made(transport)
        self._wait_for_head()
        self._crowd.came(self)

    def connection_lost(self, error: BaseException | None) -> None:
        """Remove all traces of it."""
        self.alive = False
        self._stop_waiting()
        self._crowd.left(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Handle a part of a head or body."""
        if not self.busy and data:
            if self._head > self._crowd.limits.head_size:
                self._crowd.cut(self, Reason.TOO_LARGE)
                return
            self._head += len(data)
            self._wait_for_head()
        super().data_received(data)

    def begun(self) -> None:
        """Called when a head is complete."""
        self.busy = True
        self._stop_waiting()

    async def finish_response(self, *args: Any, **options: Any) -> tuple[web.StreamResponse, bool]:
        """Send the response; on a kept connection the next head may follow."""
        answer, reset = await super().finish_response(*args, **options)
        self.busy = not answer.keep_alive
        self._head = 0
        return answer, reset

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Refuse invalid HTTP like anything unsigned; aiohttp would log each with a traceback."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        self._crowd.refusals.note(Reason.NOT_HTTP)
        return refusal(self._crowd.invalid)

    def abort(self) -> None:
        """Close at once: sends nothing and does not wait for the other side."""
        self.alive = False
        self._stop_waiting()
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _wait_for_head(self) -> None:
        if self._deadline is None:
            seconds = self._crowd.limits.head_seconds
            self._deadline = asyncio.get_running_loop().call_later(seconds, self._crowd.cut, self, Reason.SLOW)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def refusal(status: int, **headers: str) -> web.Response:
    """An empty response that ends the connection."""
    answer = web.Response(status=status, headers=headers)
    answer.force_close()
    return answer
