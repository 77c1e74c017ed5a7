"""The inventory: reads every instance, keeps the last good snapshot, judges it, and finds models by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.domain.catalog import Catalog
from bot.domain.fleet import Holdings, Model, Snapshot
from bot.domain.history import counts
from bot.domain.observations import CANARY
from bot.domain.reach import beyond
from bot.domain.verdicts import Judgement, judge
from bot.errors import AmbiguousModel, ModelGone, Refusal, ServiceError, UnknownModel
from bot.flows.comparing import note
from bot.ports import Clock, SpeechService
from bot.store.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judged:
    """A snapshot with its judgements, in the snapshot's order."""

    snapshot: Snapshot
    judgements: tuple[Judgement, ...]

    def of(self, ref: str) -> Judgement | None:
        """The judgement of one model."""
        return next((j for j in self.judgements if j.model.ref == ref), None)


class Inventory:
    """What Retune knows of the fleet."""

    def __init__(
        self, services: Mapping[str, SpeechService], db: Database, catalog: Callable[[], Catalog], clock: Clock
    ) -> None:
        self._services = services
        self._db = db
        self._store = db.store
        self._catalog = catalog
        self._clock = clock
        self._judged: Judged | None = None
        self._reading: dict[str, asyncio.Future[bool]] = {}
        self._unknown: set[str] = set()

    def service(self, instance: str) -> SpeechService:
        """The service of an instance. Raises `Refusal` when it is not configured any more."""
        if not self._services:
            raise Refusal("Retune is just starting. Try again in a second.")
        if instance not in self._services:
            raise Refusal(f"The instance {instance} is not configured any more. Add it to RETUNE_INSTANCES again.")
        return self._services[instance]

    async def judged(self) -> Judged:
        """The fleet as last read, with verdicts of today. Raises `StoreUnavailable`."""
        return self.judged_now()

    def judged_now(self) -> Judged:
        """The fleet as last read, with verdicts of today."""
        today = self._clock.now().date()
        if self._judged is None:
            snapshot = self._store.fleet.snapshot()
            self._judged = Judged(snapshot, judge(snapshot, self._catalog(), today, self._store.fleet.observations()))
        return self._judged

    def changed(self) -> None:
        """The fleet in the store is not what we judged last."""
        self._judged = None

    async def refresh(self, instances: Iterable[str] | None = None) -> None:
        """Reads all instances (or those) at once. One that fails keeps its last good reading and delays nobody."""
        names = list(instances) if instances is not None else list(self._services)
        good = await asyncio.gather(*(self._read_once(name) for name in names))
        self._remember([name for name, read in zip(names, good, strict=True) if read])

    def _remember(self, instances: Iterable[str]) -> None:
        """Keeps today's counts of the instances that were read; writes nothing when they are what is kept already."""
        today = self._clock.now().date()
        for name in instances:
            of_it = (j for j in self.judged_now().judgements if j.model.instance == name)
            self._store.history.keep(today, name, counts(of_it))

    async def refresh_if_older(self, seconds: float) -> None:
        """Reads the instances whose last good reading is older than that."""
        now = self._clock.now()
        stale = [
            reading.name
            for reading in self.judged_now().snapshot.instances.values()
            if reading.read_at is None or (now - reading.read_at).total_seconds() > seconds
        ]
        if stale:
            await self.refresh(stale)

    async def _read_once(self, name: str) -> bool:
        """Joins the reading of that instance that is already under way, if one is."""
        if name in self._reading:
            return await asyncio.shield(self._reading[name])
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._reading[name] = future
        try:
            good = await self._read(name)
        except BaseException:
            future.cancel()
            raise
        else:
            future.set_result(good)
            return good
        finally:
            del self._reading[name]

    async def _read(self, name: str) -> bool:
        service, asked = self._services[name], self._clock.now()
        try:
            language, acoustic, bases = await asyncio.gather(
                service.models("language"), service.models("acoustic"), service.bases()
            )
        except ServiceError as error:
            self.lost(name, error)
            return False
        fleet = [model for model in (*language, *acoustic) if not model.name.startswith(CANARY)]
        now = self._clock.now()
        with self._store.transaction():
            kept = self._store.fleet.keep(name, fleet, bases, asked=asked, now=now)
            note(self._store, kept, now)
        if kept.recovered:
            log.info("instance %s answers again", name)
        self.changed()
        self._compare_with_catalog()
        return True

    def _compare_with_catalog(self) -> None:
        """Tells the operator, once for each version, that the catalog is older than what the service shows."""
        for version in beyond(self._store.fleet.snapshot(), self._catalog()) - self._unknown:
            self._unknown.add(version)
            log.warning(
                "the version %s is newer than the catalog: set RETUNE_CATALOG to a newer one, or update Retune",
                version,
            )

    def lost(self, name: str, error: ServiceError) -> None:
        """Notes that an instance cannot be read; says so once."""
        if self._store.fleet.failed(name, error.text, self._clock.now()):
            log.warning("instance %s cannot be read: %s", name, error.text)
            self.changed()

    async def fresh(self, ref: str) -> Judgement:
        """One model, read now and judged among the others. Raises a `ServiceError`, or `Refusal` if it is gone."""
        instance, kind, id = ref.split("/", 2)
        try:
            model = await self.service(instance).model("acoustic" if kind == "acoustic" else "language", id)
        except ModelGone as error:
            with self._store.transaction():
                note(self._store, self._store.fleet.gone(ref), self._clock.now())
            self.changed()
            raise Refusal(f"That model is not in {instance} any more; somebody deleted it.") from error
        now = self._clock.now()
        with self._store.transaction():
            note(self._store, self._store.fleet.see(model, now), now)
        self.changed()
        judgement = self.judged_now().of(ref)
        if judgement is None:
            raise Refusal(f"The instance {instance} is not configured any more.")
        return judgement

    async def holdings(self, model: Model) -> Holdings:
        """What a model holds, read now."""
        return await self.service(model.instance).holdings(model)

    def find(self, typed: str) -> Judgement:
        """The model that somebody means: by id or reference, whole name, then part of a name.

        Raises `UnknownModel` with the nearest names, `AmbiguousModel` with the ones that fit, `Refusal` while an
        instance was never read.
        """
        wanted = typed.strip().strip("`\"'“”").casefold()
        judgements = self.judged_now().judgements
        for fits in (
            lambda m: wanted in (m.id.casefold(), m.ref.casefold()),
            lambda m: m.name.casefold() == wanted,
            lambda m: wanted in m.name.casefold(),
        ):
            found = [j for j in judgements if wanted and fits(j.model)]
            if len(found) == 1:
                return found[0]
            if found:
                raise AmbiguousModel(typed.strip(), [j.model.ref for j in found])
        unread = [r.name for r in self.judged_now().snapshot.instances.values() if r.read_at is None]
        if unread:
            raise Refusal(
                f"“{typed.strip()}” is not known yet: {', '.join(sorted(unread))} is being read for the first time. "
                "Try again in a moment; /stt-models says when it cannot be read."
            )
        raise UnknownModel(typed.strip(), self._nearest(wanted))

    def _nearest(self, wanted: str) -> list[str]:
        from rapidfuzz import process  # only a typo needs it, the first answer does not

        names = sorted({j.model.name for j in self.judged_now().judgements})
        by_fold = {name.casefold(): name for name in names}
        return [by_fold[fold] for fold, _, _ in process.extract(wanted, list(by_fold), limit=3, score_cutoff=60)]
