"""Time that passes when everybody waits: an event loop that skips from one moment to the next."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

from tests.fakes import FrozenClock


class Nothing(selectors.BaseSelector):
    """A selector that sleeps for no file: it lets time pass instead."""

    def __init__(self, loop: PassingLoop) -> None:
        self._real = selectors.DefaultSelector()
        self._loop = loop

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits for ever")
            self._loop.skip(timeout)
        return ready

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class PassingLoop(asyncio.SelectorEventLoop):
    """Its clocks go along: that of the machine, which can be set, and the true one."""

    def __init__(self) -> None:
        self._passed = 0.0
        self.clocks: list[FrozenClock] = []
        super().__init__(Nothing(self))

    def time(self) -> float:
        return self._passed

    def skip(self, seconds: float) -> None:
        """Time goes on."""
        if seconds > 0:
            self._passed += seconds
            for clock in self.clocks:
                clock.advance(seconds)
