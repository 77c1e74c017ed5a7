"""Probing: observes on purpose what no list tells. Opt-in, spread over time, and never more than was said."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.fleet import Model
from bot.domain.observations import CANARY, Canary, Probe, stage_of
from bot.domain.verdicts import Judgement
from bot.errors import Refusal, ServiceError
from bot.flows.inventory import Inventory
from bot.ports import Clock, Probing, SpeechService
from bot.store import Store

log = logging.getLogger(__name__)

SPREAD = timedelta(minutes=1)
"""The shortest time between two scheduled observations: they are spread, never a burst."""


class Prober:
    """Asks recognition for its warning, and new models for their version."""

    def __init__(
        self,
        services: Mapping[str, Probing],
        readers: Mapping[str, SpeechService],
        inventory: Inventory,
        store: Store,
        clock: Clock,
        *,
        probe_every: timedelta | None,
        canary_every: timedelta | None,
    ) -> None:
        self._services = services
        self._readers = readers
        self._inventory = inventory
        self._store = store
        self._clock = clock
        self._probe_every = probe_every
        self._canary_every = canary_every
        self._next = clock.now()
        self._swept = False

    async def check(self, ref: str, by: str) -> Probe:
        """One recognition request with a model, read anew. Raises `Refusal` where it cannot be, or a `ServiceError`."""
        model = (await self._inventory.fresh(ref)).model
        if model.status != "available":
            raise Refusal(
                f"{model.name} has the status {model.status}. Recognition takes only available models; train it first."
            )
        if model.instance not in self._services:
            raise Refusal(f"The instance {model.instance} is not configured any more.")
        warnings = await self._services[model.instance].warnings(model)
        probe = Probe(ref, model.newest, stage_of(warnings), self._clock.now())
        with self._store.transaction():
            self._store.fleet.probed(probe)
            self._store.audit.note(probe.at, by, "probe", model=ref, detail=f"stage {int(probe.stage)}, 1 s of audio")
        self._inventory.changed()
        return probe

    def due(self) -> bool:
        """Whether the operator turned scheduled observations on and it is time for one."""
        return (self._probe_every is not None or self._canary_every is not None) and self._clock.now() >= self._next

    async def ring(self) -> None:
        """One scheduled observation."""
        now = self._clock.now()
        self._next = now + SPREAD
        try:
            if self._canary_every is not None and not self._swept:
                await self._sweep()
            if not await self._probe_one(now):
                await self._canary_one(now)
        except (ServiceError, Refusal) as error:
            log.warning("a scheduled observation failed: %s", error.text)

    async def _probe_one(self, now: datetime) -> bool:
        if self._probe_every is None:
            return False
        probes = self._store.fleet.observations().probes
        due = [
            j.model
            for j in self._inventory.judged().judgements
            if j.model.status == "available"
            and (j.model.ref not in probes or now - probes[j.model.ref].at >= self._probe_every)
        ]
        if not due:
            return False
        oldest = min(due, key=lambda m: (probes[m.ref].at.timestamp() if m.ref in probes else 0.0, m.ref))
        await self.check(oldest.ref, "retune")
        return True

    async def _canary_one(self, now: datetime) -> None:
        if self._canary_every is None:
            return
        seen = self._store.fleet.observations().canaries
        wanted = {(j.model.instance, j.model.base): j for j in self._inventory.judged().judgements if _can_sing(j)}
        due = [place for place in sorted(wanted) if place not in seen or now - seen[place].at >= self._canary_every]
        if due:
            await self._sing(*due[0], wanted[due[0]].model)

    async def _sing(self, instance: str, base: str, like: Model) -> None:
        """Creates an empty model, reads its versions, deletes it; a crash in between leaves one for the next sweep."""
        service, now = self._services[instance], self._clock.now()
        name = f"{CANARY}{base}"
        self._store.audit.note(now, "retune", "canary", model=f"{instance}/{like.kind}", detail=name)
        id = await service.create(like.kind, name, base)
        try:
            made = await self._readers[instance].model(like.kind, id)
        finally:
            await service.delete(like.kind, id)
        if made.newest is not None:  # IBM never says that an empty model shows its versions
            self._store.fleet.sang(Canary(instance, base, made.newest, now))
            self._inventory.changed()

    async def _sweep(self) -> None:
        """Deletes what an earlier process made and could not delete."""
        for instance, reader in self._readers.items():
            for model in (*await reader.models("language"), *await reader.models("acoustic")):
                if model.name.startswith(CANARY):
                    log.warning("deleting the leftover %s in %s", model.name, instance)
                    await self._services[instance].delete(model.kind, model.id)
        self._swept = True


def _can_sing(judgement: Judgement) -> bool:
    """A base that takes custom models of that kind here, as the existing one shows, and is not on its way out."""
    return judgement.discontinued is None and judgement.model.status != "failed"
