"""Names of people and user groups, for messages that must not notify them with a mention."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.authority import Person
from bot.errors import ChatError
from bot.ports import Clock, People

KEPT = timedelta(days=1)
"""How long the name of a person or user group is cached: names change rarely, and Slack limits the calls."""

MET = timedelta(hours=1)
"""How long the name of a person who acted is kept."""

ASKED = 20
"""Names looked up at a time: Slack allows about a hundred such calls a minute, for everything."""


@dataclass(eq=False)
class Names:
    """In memory only. If very many names are unknown, some are looked up the next time."""

    people: People
    clock: Clock
    _kept: dict[str, tuple[datetime, str]] = field(default_factory=dict, init=False)
    _met: dict[str, tuple[datetime, str]] = field(default_factory=dict, init=False)

    def known(self, ids: Iterable[str]) -> dict[str, str]:
        """The known names by id."""
        now = self.clock.now()
        kept = ((id, self._kept.get(id)) for id in ids)
        return {id: found[1] for id, found in kept if found is not None and now - found[0] < KEPT}

    async def learn(self, ids: Iterable[str]) -> bool:
        """Look up the unknown ones in Slack; returns whether there were any."""
        listed = sorted(set(ids))
        known = self.known(listed)
        asked = [id for id in listed if id not in known][:ASKED]
        await asyncio.gather(*(self._ask(id) for id in asked))
        return bool(asked)

    async def of(self, ids: Iterable[str]) -> dict[str, str]:
        """The names by id; ids that Slack can't resolve now are left out."""
        listed = tuple(ids)
        await self.learn(listed)
        return self.known(listed)

    def met(self, person: Person) -> None:
        """Keeps the name that Slack gave while it looked up a person who acts: this saves a call."""
        now = self.clock.now()
        while self._met and abs(now - next(iter(self._met.values()))[0]) >= MET:  # the oldest first
            del self._met[next(iter(self._met))]
        self._met.pop(person.id, None)
        self._met[person.id] = (now, person.name)

    def actors(self, ids: Iterable[str]) -> dict[str, str]:
        """The names of people who acted, as far as known."""
        listed = tuple(ids)
        return {id: self._met[id][1] for id in listed if id in self._met} | self.known(listed)

    async def learn_actors(self, ids: Iterable[str]) -> bool:
        """As `learn`, for people who acted: most were looked up for that a moment ago."""
        known = self.actors(ids := sorted(set(ids)))
        asked = [id for id in ids if id not in known][:ASKED]
        await asyncio.gather(*(self._meet(id) for id in asked))
        return bool(asked)

    async def _meet(self, id: str) -> None:
        try:
            self.met(await self.people.person(id))
        except ChatError:
            return

    async def _ask(self, id: str) -> None:
        try:
            name = await self.people.name(id)
        except ChatError:
            return
        self._kept[id] = (self.clock.now(), name)
