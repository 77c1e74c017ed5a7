"""The survey: what is worth saying of the fleet now, and everything around it that a message shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.announcements import Announcement, compose
from bot.domain.catalog import Catalog
from bot.domain.lag import lags
from bot.domain.runs import OPEN
from bot.domain.snoozes import in_force, indexed, standing
from bot.errors import ChatError
from bot.flows.inventory import Inventory
from bot.flows.owners import Owning
from bot.messages.announcements import IN_ALL
from bot.messages.findings import About
from bot.ports import Clock, People
from bot.store.database import Database

KEPT = timedelta(days=1)
"""How long the name of a person or user group is kept: people marry rarely, and Slack limits the calls."""

ASKED = 20
"""How many names are asked for at a time: Slack allows about a hundred such calls a minute, for everything."""


class Survey:
    """Reads what is known already; asks Slack for names only."""

    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        owning: Owning,
        people: People,
        catalog: Callable[[], Catalog],
        clock: Clock,
    ) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._owning = owning
        self._people = people
        self._catalog = catalog
        self._clock = clock
        self._names: dict[str, tuple[datetime, str]] = {}

    def said(self) -> Announcement:
        """What there is to say now."""
        judged, now = self._inventory.judged_now(), self._clock.now()
        snoozes = in_force(self._store.snoozes.in_force(), judged.judgements, now)
        readings = judged.snapshot.instances.values()
        unread = [r.name for r in readings if r.failing_since is not None or r.read_at is None]
        return compose(judged.judgements, now, snoozes=snoozes, unread=unread)

    def readable(self) -> bool:
        """Whether every instance was read, or failed, at least once: before that nothing can be said."""
        readings = self._inventory.judged_now().snapshot.instances.values()
        return all(r.read_at is not None or r.failing_since is not None for r in readings)

    async def about(self, said: Announcement, zone: ZoneInfo) -> About:
        """Who asked, who owns, who snoozed, how far behind: of the models that a message can show."""
        judged, now = self._inventory.judged_now(), self._clock.now()
        shown = said.worth[:IN_ALL]
        refs = {j.model.ref for j in shown}
        asked = {run.plan.model.ref: run for run in self._store.runs.in_state(*OPEN) if run.plan.model.ref in refs}
        snoozes = indexed(self._store.snoozes.in_force())
        held = {j.model.ref: found for j in shown if (found := standing(j, snoozes, now)) is not None}
        owners = await self._owning.owners_of(j.model for j in shown)
        people = {
            *(run.requester for run in asked.values()),
            *(snooze.author for snooze in held.values()),
            *(owner.id for owner in owners.values()),
        }
        return About(
            today=now.astimezone(zone).date(),
            asked=asked,
            snoozed=held,
            owners=owners,
            names=await self._named(people),
            lags=lags(shown, judged.judgements, self._catalog()),
        )

    async def _named(self, ids: Iterable[str]) -> dict[str, str]:
        """The names by id. Where very many are not known yet, some stay unnamed until the next time."""
        now = self._clock.now()
        kept = {id: found[1] for id, found in self._names.items() if now - found[0] < KEPT}
        listed = sorted(ids)
        asked = [id for id in listed if id not in kept][:ASKED]
        kept.update(zip(asked, await asyncio.gather(*(self._name(id) for id in asked)), strict=True))
        return {id: kept[id] for id in listed if id in kept}

    async def _name(self, id: str) -> str:
        """An id that Slack does not explain just now stands for itself."""
        try:
            name = await self._people.name(id)
        except ChatError:
            return id
        self._names[id] = (self._clock.now(), name)
        return name

    def audio(self, zone: ZoneInfo) -> int:
        """How many seconds of audio were sent to see recognition warnings in this month of *zone*."""
        month = self._clock.now().astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return self._store.audit.count("probe", month)
