"""Who hears of changes: everything that people could see change is told to the listeners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Listener = Callable[[Json, str | None], None]
"""Hears a change, and the one person whom it concerns (None: everybody who may see it)."""


class Changes:
    """The listeners of a workspace."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._waiting: set[asyncio.Event] = set()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Adds a listener; gives the function that takes it away."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self, change: Json, person: str | None = None) -> None:
        """Tells a change."""
        for listener in list(self._listeners):
            listener(change, person)
        for event in self._waiting:
            event.set()

    async def next_change(self) -> None:
        """Returns after the next change."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)
