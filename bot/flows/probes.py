"""Probes: observes on purpose what no list shows. Opt-in, spread over time, and never more than the setting allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta

from bot.domain.fleet import Model, Ref
from bot.domain.observations import CANARY, Canary, Observations, Probe, stage_of
from bot.errors import Refusal, ServiceError
from bot.flows.inventory import Inventory
from bot.flows.rests import Rests
from bot.flows.troubles import Troubles
from bot.log_context import about, scoped
from bot.messages.refusals import not_available, not_configured
from bot.ports import Clock, Probing, SpeechService
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)

EMPTY_HANDED = timedelta(minutes=1)
"""Pause when there is nothing to observe."""

DENSEST = timedelta(seconds=10)
"""Shortest time between two scheduled observations of a kind: no bursts, however large the fleet."""

PROBE, EMPTY = "probe", "empty model"
"""The two kinds of scheduled observations."""


def spread(every: timedelta, count: int) -> timedelta:
    """The time between two turns when each of *count* has one within *every*."""
    return max(DENSEST, every / max(1, count))


@dataclass(eq=False)
class Prober:
    """Reads the recognition warning of models, and the version of new models."""

    services: Mapping[str, Probing]
    readers: Mapping[str, SpeechService]
    inventory: Inventory
    db: Database
    clock: Clock
    _: KW_ONLY
    probe_every: timedelta | None
    canary_every: timedelta | None
    _swept: bool = field(default=False, init=False)
    _tried: dict[str, float] = field(default_factory=dict, init=False)
    _created: dict[tuple[str, str], float] = field(default_factory=dict, init=False)
    _turns: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(
            log, "scheduled observations (%s) fail: %s", "scheduled observations (%s) work again"
        ),
        init=False,
    )

    @scoped
    async def check(self, ref: str, by: str) -> Probe:
        """One recognition request with a model, which is read first. Raises `Refusal` if it is impossible, or a
        `ServiceError`.

        A failed one is recorded too: it may have cost its second of audio.
        """
        about(instance=Ref.parse(ref).instance)
        model = (await self.inventory.fresh(ref)).model
        if model.status != "available":
            raise Refusal(not_available(model))
        if model.instance not in self.services:
            raise Refusal(not_configured(model.instance))
        try:
            warnings = await self.services[model.instance].warnings(model)
        except ServiceError as error:
            await self._failed(ref, by, error)
            raise
        probe = Probe(ref, model.newest, stage_of(warnings), self.clock.now())

        def note(store: Store) -> None:
            store.observed.probe(probe)
            store.audit.note(probe.at, by, "probe", model=ref, detail=f"stage {int(probe.stage)}, 1 s of audio")

        await self.db.write(note, done=True)
        return probe

    async def _failed(self, ref: str, by: str, error: ServiceError) -> None:
        now, why = self.clock.now(), error.text
        await self.db.write(lambda store: store.audit.note(now, by, "probe failed", model=ref, detail=why), done=True)

    def due(self) -> bool:
        """Whether scheduled observations are on and one is due."""
        now = self.clock.now()
        return any(every is not None and self._turns.may(now, sort) for sort, every, _ in self._sorts())

    def _sorts(self) -> tuple[tuple[str, timedelta | None, Callable[[datetime, timedelta], Awaitable[None]]], ...]:
        return (PROBE, self.probe_every, self._probe_one), (EMPTY, self.canary_every, self._canary_one)

    @scoped
    async def ring(self) -> None:
        """Make the due observations: at most one of each kind."""
        for sort, every, observe in self._sorts():
            now = self.clock.now()
            if every is None or not self._turns.may(now, sort):
                continue
            self._turns.rest(now + EMPTY_HANDED, sort)
            try:
                await observe(now, every)
                self._troubles.end(sort)
            except (ServiceError, Refusal) as error:
                self._troubles.begin(sort, error.text)

    async def _probe_one(self, now: datetime, every: timedelta) -> None:
        """The model whose last probe is oldest, if its turn has come: *every* has room for one turn of each."""
        count, asked, due = 0, list[datetime](), list[tuple[float, float, str]]()
        for name, part in (await self.inventory.judged()).instances.items():
            probes = (await self._observed(name)).probes
            fit = [j.model.ref for j in part.ranked if j.model.status == "available"]
            count += len(fit)
            at = {ref: probes[ref].at for ref in fit if ref in probes}
            asked += [max(at.values())] if at else []
            mine = [ref for ref in fit if ref not in at or now - at[ref] >= every]
            # A failing model goes to the end, so that the others get their turn.
            known = ((self._tried.get(ref, 0.0), at[ref].timestamp() if ref in at else 0.0, ref) for ref in mine)
            due += [min(known)] if mine else []
            await asyncio.sleep(0)  # the event loop gets a turn
        if not count:
            return
        pace, last = spread(every, count), max(asked, default=None)
        if last is not None and last <= now < last + pace:
            self._turns.rest(last + pace, PROBE)
            return
        if not due:
            return
        oldest = min(due)[-1]
        self._tried[oldest] = now.timestamp()
        self._turns.rest(now + pace, PROBE)
        await self.check(oldest, "retune")
        del self._tried[oldest]

    async def _canary_one(self, now: datetime, every: timedelta) -> None:
        if not self._swept:
            await self._sweep()
        seen, wanted = dict[tuple[str, str], Canary](), dict[tuple[str, str], Model]()
        for name, part in (await self.inventory.judged()).instances.items():
            seen.update((await self._observed(name)).canaries)
            # Only a base that takes custom models here, as existing ones show, and is not being retired.
            fit = [j.model for j in part.ranked if j.discontinued is None and j.model.status != "failed"]
            wanted.update(((model.instance, model.base), model) for model in fit)
            await asyncio.sleep(0)
        due = [place for place in wanted if place not in seen or now - seen[place].at >= every]
        if due:
            self._turns.rest(now + spread(every, len(wanted)), EMPTY)
            place = min(due, key=lambda p: (self._created.get(p, 0.0), p))
            self._created[place] = now.timestamp()
            await self._create_canary(wanted[place])

    async def _observed(self, instance: str) -> Observations:
        return await self.db.read(lambda store: store.observed.of(instance))

    async def _create_canary(self, like: Model) -> None:
        """Create an empty model, read its versions, delete it.

        A crash in between, or a lost answer, leaves one for the next sweep: the service may accept equal names, so
        nothing else would find it.
        """
        instance, base, kind = like.instance, like.base, like.kind
        about(instance=instance)
        service, now, name = self.services[instance], self.clock.now(), f"{CANARY}{base}"
        await self.db.write(
            lambda store: store.audit.note(now, "retune", "canary", model=f"{instance}/{kind}", detail=name)
        )
        self._swept = False
        id = await service.create(kind, name, base)
        try:
            made = await self.readers[instance].model(kind, id)
        finally:
            await service.delete(kind, id)
        self._swept = True
        if made.newest is not None:  # IBM never says that an empty model lists versions
            canary = Canary(instance, base, made.newest, now)
            await self.db.write(lambda store: store.observed.canary(canary))

    async def _sweep(self) -> None:
        """Delete leftover canaries that could not be deleted, including those of an earlier process."""
        for instance, reader in self.readers.items():
            about(instance=instance)
            for model in (*await reader.models("language"), *await reader.models("acoustic")):
                if model.name.startswith(CANARY):
                    log.warning("deleting the leftover %s in %s", model.name, instance)
                    await self.services[instance].delete(model.kind, model.id)
        self._swept = True
