"""Groups: the user groups that a person can choose from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.ports import Clock, Group, People

KEPT = timedelta(minutes=10)
"""How long the list is kept: Slack allows twenty calls a minute, and a menu asks while a person types."""


@dataclass(eq=False)
class Groups:
    """In memory only."""

    people: People
    clock: Clock
    _kept: tuple[datetime, tuple[Group, ...]] | None = field(default=None, init=False)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def all(self) -> tuple[Group, ...]:
        """All of the workspace, by name, ten minutes old at most. Raises a `ChatError`; errors are not kept."""
        async with self._asking:
            now = self.clock.now()
            if self._kept is None or abs(now - self._kept[0]) >= KEPT:
                found = await self.people.groups()
                self._kept = now, tuple(sorted(found, key=lambda group: (group.name.casefold(), group.id)))
            return self._kept[1]
