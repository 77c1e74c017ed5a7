"""The inventory: reads every instance, keeps the last good snapshot, judges it, and finds models by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.catalog import Catalog
from bot.domain.fleet import Model, Ref
from bot.domain.judged import Judged
from bot.domain.lag import beyond
from bot.domain.model_search import fitting, forms_of, like
from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, DeletedModel, Refusal, ServiceError, UnknownModel
from bot.flows.background import Background
from bot.flows.fleet import Fleet
from bot.flows.reading import GOOD, Accepted, Read, Reader
from bot.log_context import about, scoped
from bot.messages.refusals import CHOICES, STARTING, deleted, not_configured, not_read_yet
from bot.ports import Clock, SpeechService
from bot.store import Store
from bot.store.database import Database
from bot.store.fleet import Kept, Known
from bot.turns import in_turns

log = logging.getLogger(__name__)

FIRST = 20.0
"""Seconds that a person waits for the first reading of an instance. Later readings delay no one."""


FIRST_AT_ONCE, AT_ONCE = 50, 4
"""Instances read at the same time, with three requests each: those that people wait for or that may hang, and those
that answered last time (more of their answers would slow replies to people).
"""

MANY = 500
"""Versions missing in the catalog that are logged; limits memory and log if a service keeps sending new ones."""


@dataclass(eq=False)
class Inventory:
    """The known fleet. Everything that uses the store raises `StoreUnavailable`."""

    services: Mapping[str, SpeechService]
    db: Database
    catalog: Callable[[], Catalog]
    clock: Clock
    background: Background
    connected: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set once *services* has the instances, a moment after the start."""
    fleet: Fleet = field(init=False)
    reader: Reader = field(init=False)
    _first: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FIRST_AT_ONCE), init=False)
    _later: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)
    _well: set[str] = field(default_factory=set, init=False)
    """The instances that answered the last time."""
    _reading: dict[str, asyncio.Future[Read]] = field(default_factory=dict, init=False)
    _unknown: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.db, self.catalog, self.clock, self.background)
        self.reader = Reader(self.service, self.fleet, self.clock)

    def service(self, instance: str) -> SpeechService:
        """The service of an instance. Raises `Refusal` if it is no longer configured."""
        if not self.services:
            raise Refusal(STARTING)
        if instance not in self.services:
            raise Refusal(not_configured(instance))
        return self.services[instance]

    async def judged(self) -> Judged:
        """The fleet as last read, with the verdicts of that day."""
        return await self.fleet.judged()

    async def read_once(self, patience: float = FIRST) -> Judged:
        """The fleet once every instance was read or has failed, or as it is after *patience* seconds."""
        judged = await self.judged()
        if not (unread := judged.untried):
            return judged
        try:
            async with asyncio.timeout(patience):
                if not self.services:
                    await self.connected.wait()
                if reading := self.background.spawn(self.refresh(unread), "first inventory"):
                    await asyncio.wait({reading})
        except TimeoutError:
            pass  # the reading continues in the background
        return await self.judged()

    async def refresh(self, instances: Iterable[str] | None = None) -> None:
        """Read all instances (or these) at once. One that fails keeps its last good reading and delays no other."""
        wanted = set(self.services if instances is None else instances)
        names = [name for name in self.services if name in wanted]
        found = await asyncio.gather(*(self._joined(name) for name in names))
        await self.fleet.settle()
        await self._remember([name for name, read in zip(names, found, strict=True) if read in GOOD])

    async def _remember(self, instances: Collection[str]) -> None:
        """Keep today's counts of these instances, and log versions missing in the catalog."""
        if not instances:
            return
        judged, today = await self.judged(), self.clock.now().date()
        counted = {name: part.counts for name in instances if (part := judged.instances.get(name)) is not None}
        await self.db.write(lambda store: [store.history.keep(today, name, of_it) for name, of_it in counted.items()])
        fresh = sorted(beyond((judged.instances[name] for name in counted), self.catalog()) - self._unknown)
        for version in fresh[: MANY - len(self._unknown)]:
            self._unknown.add(version)
            log.warning(
                "the version %s is newer than the catalog: set RETUNE_CATALOG to a newer one, or update Retune", version
            )

    async def accept(self, name: str, accepted: Accepted) -> Read:
        """Read an instance and use the reading if it lists what was accepted."""
        while name in self._reading:
            await self._joined(name)
        read = await self._joined(name, accepted)
        if read in GOOD:
            await self._remember([name])
        return read

    async def refresh_if_older(self, seconds: float) -> None:
        """Read the instances whose last good reading is older than that."""
        now = self.clock.now()
        await self.refresh(
            reading.name
            for reading in (await self.judged()).snapshot.instances.values()
            if reading.read_at is None or abs((now - reading.read_at).total_seconds()) > seconds
        )

    @scoped
    async def _joined(self, name: str, accepted: Accepted | None = None) -> Read:
        """Read an instance, or join a reading already in progress."""
        about(instance=name)
        while (reading := self._reading.get(name)) is not None:
            await asyncio.wait({reading})
            if not reading.cancelled():  # otherwise the reader was cancelled, not this caller: read it here
                return reading.result()
        future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        self._reading[name] = future
        try:
            async with self._later if name in self._well else self._first:
                self._well.discard(name)
                read = await self.reader.read(name, accepted)
            if read is not Read.LOST:
                self._well.add(name)
            future.set_result(read)
            return read
        except Exception as error:
            future.set_exception(error)
            future.exception()  # mark it as retrieved, even if no one joined
            raise
        finally:
            future.cancel()  # no result yet: this task was cancelled
            del self._reading[name]

    async def lost(self, name: str, error: ServiceError) -> None:
        """Record that an instance can't be read; logged once."""
        await self.reader.lost(name, error)

    async def look(self, ref: Ref) -> Model | None:
        """One model as its instance shows it now, None if it is gone. Raises as `Reader.look`."""
        return await self.reader.look(ref)

    async def saw(self, instance: str, models: Sequence[Model]) -> None:
        """Keep models of an instance that were read for another purpose. Their changes are not recorded."""
        now = self.clock.now()

        def work(store: Store, known: Known) -> list[Kept]:
            kept: list[Kept] = []
            for model in models:
                kept.append(store.fleet.see(model, now, kept[-1].known if kept else known))
            return kept

        if models:
            await self.fleet.keep(instance, work)

    async def fresh(self, ref: str) -> Judgement:
        """One model, read now and judged among the others. Raises a `ServiceError`, or `Refusal` if it is gone."""
        wanted = Ref.parse(ref)
        model, now = await self.look(wanted), self.clock.now()
        if model is None:
            await self.reader.keep(wanted.instance, lambda store, known: store.fleet.gone(ref, known), now)
            raise DeletedModel(deleted(wanted.instance))
        await self.reader.keep(wanted.instance, lambda store, known: store.fleet.see(model, now, known), now)
        judgement = (await self.judged()).of(ref)
        if judgement is None:
            raise Refusal(not_configured(wanted.instance))
        return judgement

    async def find(self, typed: str, *cleaner: str, patience: float = FIRST) -> Judgement:
        """The model a person means: by id or reference, whole name, then part of a name.

        *cleaner* are alternative forms of the typed text: each step tries all of them in order. If none matches, it
        waits for the first reading of an instance as `read_once` does. Raises `UnknownModel` with the nearest names,
        `AmbiguousModel` with the matches, `Refusal` while an instance was never read.
        """
        said, wanted = (typed, *cleaner)[-1].strip(), forms_of((typed, *cleaner))
        judged = await self.judged()
        count, found = await in_turns(fitting(wanted, judged, CHOICES))
        if not count and (now := await self.read_once(patience)) is not judged:
            judged, (count, found) = now, await in_turns(fitting(wanted, now, CHOICES))
        if count == 1:
            return found[0]
        if count:
            raise AmbiguousModel(said, [judgement.model.ref for judgement in found], count)
        unread = [reading for reading in judged.snapshot.instances.values() if reading.read_at is None]
        if unread:
            raise Refusal(not_read_yet(said, unread))
        near = await in_turns(like(wanted, judged))
        raise UnknownModel(said, {judgement.model.ref: judgement.model.name for judgement in near})
