"""Probing: observes on purpose what no list tells. Opt-in, spread over time, and never more than was said."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta

from bot.domain.fleet import Model
from bot.domain.observations import CANARY, Canary, Probe, stage_of
from bot.domain.verdicts import Judgement
from bot.errors import Refusal, ServiceError
from bot.flows.inventory import Inventory
from bot.messages.fleet_refusals import not_available, not_configured
from bot.ports import Clock, Probing, SpeechService
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)

EMPTY_HANDED = timedelta(minutes=1)
"""How long we wait where there is nothing to observe."""

DENSEST = timedelta(seconds=10)
"""The shortest time between two scheduled observations of a sort: never a burst, however large the fleet."""


def spread(every: timedelta, count: int) -> timedelta:
    """The time between two turns when each of *count* has one within *every*."""
    return max(DENSEST, every / max(1, count))


class Prober:
    """Asks recognition for its warning, and new models for their version."""

    def __init__(
        self,
        services: Mapping[str, Probing],
        readers: Mapping[str, SpeechService],
        inventory: Inventory,
        db: Database,
        clock: Clock,
        *,
        probe_every: timedelta | None,
        canary_every: timedelta | None,
    ) -> None:
        self._services = services
        self._readers = readers
        self._inventory = inventory
        self._db = db
        self._clock = clock
        self._probe_every = probe_every
        self._canary_every = canary_every
        self._probe_at = self._canary_at = clock.now()
        self._swept = False
        self._tried: dict[str, float] = {}
        self._created: dict[tuple[str, str], float] = {}

    async def check(self, ref: str, by: str) -> Probe:
        """One recognition request with a model, read anew. Raises `Refusal` where it cannot be, or a `ServiceError`."""
        model = (await self._inventory.fresh(ref)).model
        if model.status != "available":
            raise Refusal(not_available(model))
        if model.instance not in self._services:
            raise Refusal(not_configured(model.instance))
        warnings = await self._services[model.instance].warnings(model)
        probe = Probe(ref, model.newest, stage_of(warnings), self._clock.now())
        await self._db.write(lambda store: _noted(store, probe, by))
        self._inventory.changed()
        return probe

    def due(self) -> bool:
        """Whether the operator turned scheduled observations on and it is time for one."""
        now = self._clock.now()
        return (self._probe_every is not None and now >= self._probe_at) or (
            self._canary_every is not None and now >= self._canary_at
        )

    async def ring(self) -> None:
        """The scheduled observations that are due: one of each sort at most."""
        now = self._clock.now()
        if self._probe_every is not None and now >= self._probe_at:
            self._probe_at = now + EMPTY_HANDED
            await self._guarded(self._probe_one(now, self._probe_every))
        if self._canary_every is not None and now >= self._canary_at:
            self._canary_at = now + EMPTY_HANDED
            await self._guarded(self._canary_one(now, self._canary_every))

    async def _guarded(self, observing: Awaitable[None]) -> None:
        try:
            await observing
        except (ServiceError, Refusal) as error:
            log.warning("a scheduled observation failed: %s", error.text)

    async def _probe_one(self, now: datetime, every: timedelta) -> None:
        """The model that was asked longest ago, where its turn has come: `every` has room for one turn of each."""
        probes = (await self._db.read(lambda store: store.observed.every())).probes
        fit = [j.model for j in (await self._inventory.judged()).judgements if j.model.status == "available"]
        if not fit:
            return
        pace = spread(every, len(fit))
        last = max((probes[m.ref].at for m in fit if m.ref in probes), default=None)
        if last is not None and last <= now < last + pace:
            self._probe_at = last + pace
            return
        due = [m for m in fit if m.ref not in probes or now - probes[m.ref].at >= every]
        if not due:
            return
        # One that fails goes to the end: it must not keep the others from their turn.
        oldest = min(due, key=lambda m: (self._tried.get(m.ref, 0.0), _when(probes.get(m.ref)), m.ref))
        self._tried[oldest.ref] = now.timestamp()
        self._probe_at = now + pace
        await self.check(oldest.ref, "retune")
        del self._tried[oldest.ref]

    async def _canary_one(self, now: datetime, every: timedelta) -> None:
        if not self._swept:
            await self._sweep()
        seen = (await self._db.read(lambda store: store.observed.every())).canaries
        judgements = (await self._inventory.judged()).judgements
        wanted = {(j.model.instance, j.model.base): j.model for j in judgements if _takes_models(j)}
        due = [place for place in wanted if place not in seen or now - seen[place].at >= every]
        if due:
            self._canary_at = now + spread(every, len(wanted))
            place = min(due, key=lambda p: (self._created.get(p, 0.0), p))
            self._created[place] = now.timestamp()
            await self._create_canary(wanted[place])

    async def _create_canary(self, like: Model) -> None:
        """Creates an empty model, reads its versions, deletes it; a crash in between leaves one for the next sweep."""
        instance, base, kind = like.instance, like.base, like.kind
        service, now, name = self._services[instance], self._clock.now(), f"{CANARY}{base}"
        await self._db.write(
            lambda store: store.audit.note(now, "retune", "canary", model=f"{instance}/{kind}", detail=name)
        )
        id = await service.create(kind, name, base)
        try:
            made = await self._readers[instance].model(kind, id)
        finally:
            await service.delete(kind, id)
        if made.newest is not None:  # IBM never says that an empty model shows its versions
            canary = Canary(instance, base, made.newest, now)
            await self._db.write(lambda store: store.observed.canary(canary))
            self._inventory.changed()

    async def _sweep(self) -> None:
        """Deletes what an earlier process made and could not delete."""
        for instance, reader in self._readers.items():
            for model in (*await reader.models("language"), *await reader.models("acoustic")):
                if model.name.startswith(CANARY):
                    log.warning("deleting the leftover %s in %s", model.name, instance)
                    await self._services[instance].delete(model.kind, model.id)
        self._swept = True


def _noted(store: Store, probe: Probe, by: str) -> None:
    store.observed.probe(probe)
    store.audit.note(probe.at, by, "probe", model=probe.ref, detail=f"stage {int(probe.stage)}, 1 s of audio")


def _when(probe: Probe | None) -> float:
    return probe.at.timestamp() if probe else 0.0


def _takes_models(judgement: Judgement) -> bool:
    """A base that takes custom models of that kind here, as the existing one shows, and is not on its way out."""
    return judgement.discontinued is None and judgement.model.status != "failed"
