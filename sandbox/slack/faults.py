"""Misbehaviour on request: what Slack does on its bad days."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

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
    """Switches; all off at first."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self.refuse_handshakes = 0
        self.duplicate_events = 0
        self.dead_tickets = 0

    def rate_limit(self, method: str, retry_after: int = 1, *, times: int | None = 1) -> Fault:
        """429 with `Retry-After`."""
        return self._arm(method, "rate_limit", times, retry_after=retry_after)

    def status(self, method: str, status: int = 500, *, html: bool = False, times: int | None = 1) -> Fault:
        """An HTTP error, with JSON or with a gateway's HTML."""
        return self._arm(method, "status", times, status=status, html=html)

    def refuse(self, method: str, error: str, *, times: int | None = 1) -> Fault:
        """`ok: false` with any error."""
        return self._arm(method, "refuse", times, error=error)

    def hold(self, method: str, *, times: int | None = 1) -> Fault:
        """Does not answer before its `release` is set."""
        return self._arm(method, "hold", times)

    def lose(self, method: str, *, times: int | None = 1) -> Fault:
        """Does what was asked, then cuts the connection instead of answering."""
        return self._arm(method, "lose", times)

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

    def clear(self) -> None:
        """Everything works again."""
        self._armed.clear()
        self.refuse_handshakes = self.duplicate_events = self.dead_tickets = 0

    def _arm(self, method: str, kind: str, times: int | None, **settings: Any) -> Fault:
        fault = Fault(method, kind, times, settings)
        self._armed.append(fault)
        return fault
