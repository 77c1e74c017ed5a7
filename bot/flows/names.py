"""Names: what people and user groups are called, for messages that must not disturb them by a mention."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.authority import Person
from bot.errors import ChatError
from bot.ports import Clock, People

KEPT = timedelta(days=1)
"""How long the name of a person or user group is kept: people marry rarely, and Slack limits the calls."""

ASKED = 20
"""How many names are asked for at a time: Slack allows about a hundred such calls a minute, for everything."""


@dataclass(eq=False)
class Names:
    """In memory only. Where very many are not known yet, some stay unnamed until the next time."""

    people: People
    clock: Clock
    _kept: dict[str, tuple[datetime, str]] = field(default_factory=dict, init=False)

    def known(self, ids: Iterable[str]) -> dict[str, str]:
        """The names by id, as far as they are known."""
        now = self.clock.now()
        kept = ((id, self._kept.get(id)) for id in ids)
        return {id: found[1] for id, found in kept if found is not None and now - found[0] < KEPT}

    async def learn(self, ids: Iterable[str]) -> bool:
        """Asks Slack for those that are not known; whether there were any."""
        listed = sorted(set(ids))
        known = self.known(listed)
        asked = [id for id in listed if id not in known][:ASKED]
        await asyncio.gather(*(self._ask(id) for id in asked))
        return bool(asked)

    async def of(self, ids: Iterable[str]) -> dict[str, str]:
        """The names by id; an id that Slack does not explain just now is left out."""
        listed = tuple(ids)
        await self.learn(listed)
        return self.known(listed)

    def met(self, person: Person) -> None:
        """Slack said who somebody is: that tells the name too, and saves a call."""
        self._kept[person.id] = (self.clock.now(), person.name)

    async def _ask(self, id: str) -> None:
        try:
            name = await self.people.name(id)
        except ChatError:
            return
        self._kept[id] = (self.clock.now(), name)
