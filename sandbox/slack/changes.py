"""Notifications of changes: listeners are told about everything people could see change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Listener = Callable[[Json, str | None], None]
"""Gets a change, and the one person it concerns (None: everyone who may see it)."""


class Changes:
    """The listeners of a workspace."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._waiting: set[asyncio.Event] = set()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; returns a function that removes it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self, change: Json, person: str | None = None) -> None:
        """Notify of a change."""
        for listener in list(self._listeners):
            listener(change, person)
        for event in self._waiting:
            event.set()

    async def next_change(self) -> None:
        """Return after the next change."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)
