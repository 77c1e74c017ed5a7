"""Faults on request: what Slack does on bad days."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from .workspace import Json


@dataclass
class Fault:
    """One armed fault of a Web API method. *times* None: until cleared."""

    method: str
    kind: str
    times: int | None = 1
    settings: Json = field(default_factory=dict)
    release: asyncio.Event = field(default_factory=asyncio.Event)


class Faults:
    """Fault switches; all off at first.

    For sockets: the next *refuse_handshakes* connections are refused with the status *handshake_status*, the next
    *dead_tickets* addresses never work, the next *duplicate_events* events are delivered twice, and every event is
    delivered *redeliveries* more times although it was acknowledged (at most three). While *hearing* is cleared,
    connections stay open but carry nothing in either direction.
    """

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._holding: list[Fault] = []
        self.refuse_handshakes = 0
        self.handshake_status = 503
        self.duplicate_events = self.redeliveries = 0
        self.dead_tickets = 0
        self.hearing = asyncio.Event()
        self.hearing.set()

    def rate_limit(self, method: str, retry_after: int = 1, *, times: int | None = 1) -> Fault:
        """429 with `Retry-After`."""
        return self._arm(method, "rate_limit", times, retry_after=retry_after)

    def status(self, method: str, status: int = 500, *, html: bool = False, times: int | None = 1) -> Fault:
        """An HTTP error, with JSON or with a gateway's HTML."""
        return self._arm(method, "status", times, status=status, html=html)

    def refuse(self, method: str, error: str, *, done: bool = False, times: int | None = 1) -> Fault:
        """`ok: false` with any error; *done*: the request takes effect anyway, as it may with `fatal_error`."""
        return self._arm(method, "refuse", times, error=error, done=done)

    def hold(self, method: str, *, times: int | None = 1) -> Fault:
        """Do not answer until its `release` is set."""
        fault = self._arm(method, "hold", times)
        self._holding.append(fault)
        return fault

    def lose(self, method: str, *, times: int | None = 1) -> Fault:
        """Execute the request, then cut the connection instead of answering."""
        return self._arm(method, "lose", times)

    def answer(self, method: str, answer: Any, *, done: bool = False, times: int | None = 1) -> Fault:
        """A 200 with any JSON, including wrong types; *done*: the request takes effect anyway."""
        return self._arm(method, "answer", times, answer=answer, done=done)

    def late(self, method: str, *, times: int | None = 1) -> Fault:
        """Cut the connection at once; the request takes effect only when its `release` is set."""
        fault = self._arm(method, "late", times)
        self._holding.append(fault)
        return fault

    def take(self, method: str) -> Fault | None:
        """The fault for this call, used up."""
        for fault in self._armed:
            if fault.method in (method, "*"):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._armed.remove(fault)
                return fault
        return None

    def disarm(self, fault: Fault) -> None:
        """Take one back; held requests continue."""
        fault.release.set()
        if fault in self._armed:
            self._armed.remove(fault)

    def clear(self) -> None:
        """Everything works again; held requests continue."""
        for fault in self._holding:
            fault.release.set()
        self._holding.clear()
        self._armed.clear()
        self.refuse_handshakes = self.duplicate_events = self.redeliveries = self.dead_tickets = 0
        self.handshake_status = 503

    def _arm(self, method: str, kind: str, times: int | None, **settings: Any) -> Fault:
        fault = Fault(method, kind, times, settings)
        self._armed.append(fault)
        return fault


class Sockets(Protocol):
    """Faults of the app's connections."""

    async def refresh(self) -> None:
        """Slack rotates them."""

    def cut(self) -> None:
        """The network breaks."""


class Switches:
    """`POST /page/faults`: the same switches for a sandbox that runs.

    The body is `{"fault": name, …}`. Of the Web API: `rate_limit`, `status`, `refuse`, `lose`, `answer`, `late` (until
    `clear`), each with `method` and the other arguments of the function of that name. Of the sockets:
    `refuse_handshakes`, `dead_tickets`, `duplicate_events` and `redeliveries` with `times` (`refuse_handshakes` also
    with `status`), `refresh`, `cut`. `clear` ends all.
    """

    def __init__(self, faults: Faults, sockets: Sockets) -> None:
        self._faults = faults
        self._sockets = sockets

    async def set(self, request: web.Request) -> web.Response:
        """Sets one switch."""
        if request.content_type != "application/json":
            return web.json_response({"ok": False, "error": "not JSON"}, status=415)
        try:
            body: Json = await request.json()
            await self._set(str(body.pop("fault", "")), body)
        except (TypeError, ValueError, AttributeError) as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True})

    async def _set(self, name: str, settings: Json) -> None:
        match name:
            case "rate_limit" | "status" | "refuse" | "lose" | "answer" | "late" | "clear":
                getattr(self._faults, name)(**settings)
            case "refuse_handshakes" | "dead_tickets" | "duplicate_events" | "redeliveries":
                setattr(self._faults, name, int(settings.get("times", 1)))
                self._faults.handshake_status = int(settings.get("status", self._faults.handshake_status))
            case "refresh":
                await self._sockets.refresh()
            case "cut":
                self._sockets.cut()
            case _:
                raise ValueError(f"unknown fault {name}")
