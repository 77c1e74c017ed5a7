"""The survey: what an announcement about the fleet would say now, with everything that its message shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.announcements import Findings, compose
from bot.domain.catalog import Catalog
from bot.domain.lag import lags
from bot.domain.requests import Request
from bot.domain.snoozes import in_force, indexed, standing
from bot.flows.inventory import Inventory
from bot.flows.names import Names
from bot.flows.owners import Owning
from bot.flows.request_reading import read_those
from bot.messages.announcement_thread import IN_ALL
from bot.messages.findings import About
from bot.ports import Clock
from bot.store.database import Database
from bot.turns import in_turns


@dataclass(eq=False)
class Survey:
    """Uses known facts only; asks Slack for names. Everything here raises `StoreUnavailable`."""

    db: Database
    inventory: Inventory
    owning: Owning
    names: Names
    catalog: Callable[[], Catalog]
    clock: Clock

    async def findings(self) -> Findings:
        """The current findings."""
        judged, now = await self.inventory.judged(), self.clock.now()
        snoozed = await self.db.read(lambda store: store.snoozes.in_force())
        snoozes = in_force(snoozed, judged.spoken_of(snoozed), now)
        return await in_turns(compose(judged, now, snoozes=snoozes, unread=judged.unread))

    async def about(self, found: Findings, zone: ZoneInfo) -> About:
        """Requests, owners, snoozes and lag of the models that a message can show."""
        judged, now = await self.inventory.judged(), self.clock.now()
        shown = found.worth[:IN_ALL]
        refs = {j.model.ref for j in shown}
        ids, snoozed = await self.db.read(lambda store: (store.requests.live_ids(), store.snoozes.in_force()))
        live = await read_those(self.db, ids)
        asked = {ref: request for request in live for run in request.runs for ref in run.plan.models & refs}
        snoozes = indexed(snoozed)
        held = {j.model.ref: snooze for j in shown if (snooze := standing(j, snoozes, now)) is not None}
        owners = await self.owning.owners_of(j.model for j in shown)
        people = {
            *(request.requester for request in asked.values()),
            *(snooze.author for snooze in held.values()),
            *(owner.id for owner in owners.values()),
        }
        return About(
            today=now.astimezone(zone).date(),
            asked=asked,
            snoozed=held,
            owners=owners,
            names=await self.names.of(people),
            lags=lags(shown, judged, self.catalog()),
        )

    async def live(self) -> tuple[Request, ...]:
        """The requests that have not ended, oldest first."""
        return tuple(await read_those(self.db, await self.db.read(lambda store: store.requests.live_ids())))

    async def audio(self, zone: ZoneInfo) -> int:
        """Seconds of audio sent this month (in *zone*) to see recognition warnings."""
        month = self.clock.now().astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return await self.db.read(lambda store: store.audit.count("probe", month))
