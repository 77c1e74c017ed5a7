"""The inventory: reads every instance, keeps the last good snapshot, judges it, and finds models by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot.domain.catalog import Catalog
from bot.domain.fleet import Model, Ref, Snapshot
from bot.domain.foreign_text import matching
from bot.domain.history import counts
from bot.domain.lag import beyond
from bot.domain.search import FAR, PIECE, Names, key_of, nearest
from bot.domain.verdicts import Judgement, judge
from bot.errors import AmbiguousModel, DeletedModel, Refusal, ServiceError, UnknownModel
from bot.flows.background import Background
from bot.flows.reading import GOOD, Accepted, Read, Reader
from bot.messages.refusals import CHOICES, STARTING, deleted, not_configured, not_read_yet
from bot.ports import Clock, SpeechService
from bot.store.database import Database
from bot.turns import Work, in_turns

log = logging.getLogger(__name__)

FIRST = 20.0
"""Seconds that somebody waits for the first reading of an instance. Later ones hold nobody up."""


MANY = 500
"""Versions that the catalog lacks, of which the log tells; a service that sends ever new ones fills neither."""


@dataclass(frozen=True)
class Judged:
    """A snapshot with its judgements, in the snapshot's order."""

    snapshot: Snapshot
    judgements: tuple[Judgement, ...]
    names: Names
    """Their names as they are searched."""

    @cached_property
    def by_ref(self) -> Mapping[str, Judgement]:
        """The judgements by the references of their models."""
        return {judgement.model.ref: judgement for judgement in self.judgements}

    @cached_property
    def by_id(self) -> Mapping[str, Sequence[Judgement]]:
        """The judgements by the ids of their models as they are compared."""
        found: dict[str, list[Judgement]] = {}
        for judgement in self.judgements:
            found.setdefault(judgement.model.id.casefold(), []).append(judgement)
        return found

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[Judgement]]:
        """The judgements by the names of their models as they are searched."""
        found: dict[str, list[Judgement]] = {}
        for judgement, key in zip(self.judgements, self.names.keys, strict=True):
            found.setdefault(key, []).append(judgement)
        return found

    @property
    def untried(self) -> list[str]:
        """The instances that were never read, nor tried in vain."""
        return [r.name for r in self.snapshot.instances.values() if r.read_at is None and r.failing_since is None]

    def of(self, ref: str) -> Judgement | None:
        """The judgement of one model."""
        return self.by_ref.get(ref)


@dataclass(eq=False)
class Inventory:
    """What Retune knows of the fleet. Whatever uses the store raises `StoreUnavailable`."""

    services: Mapping[str, SpeechService]
    db: Database
    catalog: Callable[[], Catalog]
    clock: Clock
    background: Background
    connected: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set once *services* has the instances, a moment after the start."""
    reader: Reader = field(init=False)
    _judged: Judged | None = field(default=None, init=False)
    _changes: int = field(default=0, init=False)
    _reading: dict[str, asyncio.Future[Read]] = field(default_factory=dict, init=False)
    _unknown: set[str] = field(default_factory=set, init=False)
    _keys: dict[str, str] = field(default_factory=dict, init=False)
    """What names are searched as, so that this is found out once for each."""

    def __post_init__(self) -> None:
        self.reader = Reader(self.service, self.db, self.clock, self.changed)

    def service(self, instance: str) -> SpeechService:
        """The service of an instance. Raises `Refusal` when it is not configured any more."""
        if not self.services:
            raise Refusal(STARTING)
        if instance not in self.services:
            raise Refusal(not_configured(instance))
        return self.services[instance]

    async def judged(self) -> Judged:
        """The fleet as last read, with verdicts of the day on which it was read."""
        if self._judged is not None:
            return self._judged
        changes = self._changes
        snapshot, observed = await self.db.read(lambda store: (store.fleet.snapshot(), store.observed.every()))
        judgements = judge(snapshot, self.catalog(), self.clock.now().date(), observed)
        self._keys = keys = await in_turns(_keys(judgements, self._keys))
        found = Judged(snapshot, judgements, Names(keys[judgement.model.name] for judgement in judgements))
        if changes == self._changes:  # else what was read is out of date already
            self._judged = found
        return found

    def changed(self) -> None:
        """The fleet in the store is not what we judged last."""
        self._judged = None
        self._changes += 1

    async def read_once(self, patience: float = FIRST) -> Judged:
        """The fleet once every instance was read or has failed; as it is, when *patience* seconds are over."""
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
            pass  # the reading goes on
        return await self.judged()

    async def refresh(self, instances: Iterable[str] | None = None) -> None:
        """Reads all instances (or those) at once. One that fails keeps its last good reading and delays nobody."""
        wanted = set(self.services if instances is None else instances)
        names = [name for name in self.services if name in wanted]
        found = await asyncio.gather(*(self._joined(name) for name in names))
        await self._remember([name for name, read in zip(names, found, strict=True) if read in GOOD])

    async def _remember(self, instances: Collection[str]) -> None:
        """Keeps today's counts of the instances that were read, and tells of versions that the catalog lacks."""
        if not instances:
            return
        judged, today = await self.judged(), self.clock.now().date()
        counted = {name: counts(j for j in judged.judgements if j.model.instance == name) for name in instances}
        await self.db.write(lambda store: [store.history.keep(today, name, of_it) for name, of_it in counted.items()])
        fresh = sorted(beyond(judged.snapshot, self.catalog()) - self._unknown)
        for version in fresh[: MANY - len(self._unknown)]:
            self._unknown.add(version)
            log.warning(
                "the version %s is newer than the catalog: set RETUNE_CATALOG to a newer one, or update Retune", version
            )

    async def accept(self, name: str, accepted: Accepted) -> Read:
        """Reads an instance and believes it if it lists what was accepted."""
        while name in self._reading:
            await self._joined(name)
        read = await self._joined(name, accepted)
        if read in GOOD:
            await self._remember([name])
        return read

    async def refresh_if_older(self, seconds: float) -> None:
        """Reads the instances whose last good reading is older than that."""
        now = self.clock.now()
        await self.refresh(
            reading.name
            for reading in (await self.judged()).snapshot.instances.values()
            if reading.read_at is None or abs((now - reading.read_at).total_seconds()) > seconds
        )

    async def _joined(self, name: str, accepted: Accepted | None = None) -> Read:
        """Reads an instance, or joins the reading of it that is already under way."""
        while (reading := self._reading.get(name)) is not None:
            await asyncio.wait({reading})
            if not reading.cancelled():  # else who read was cancelled, not who joined: read it here
                return reading.result()
        future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        self._reading[name] = future
        try:
            read = await self.reader.read(name, accepted)
            future.set_result(read)
            return read
        except Exception as error:
            future.set_exception(error)
            future.exception()  # whether anybody joined or not
            raise
        finally:
            future.cancel()  # where it has no end yet: this task was cancelled
            del self._reading[name]

    async def lost(self, name: str, error: ServiceError) -> None:
        """Notes that an instance cannot be read; says so once."""
        await self.reader.lost(name, error)

    async def look(self, ref: Ref) -> Model | None:
        """One model as its instance shows it now, None when it is gone. Raises as `Reader.look`."""
        return await self.reader.look(ref)

    async def fresh(self, ref: str) -> Judgement:
        """One model, read now and judged among the others. Raises a `ServiceError`, or `Refusal` if it is gone."""
        wanted = Ref.parse(ref)
        model, now = await self.look(wanted), self.clock.now()
        if model is None:
            await self.reader.keep(lambda store: store.fleet.gone(ref), now)
            raise DeletedModel(deleted(wanted.instance))
        await self.reader.keep(lambda store: store.fleet.see(model, now), now)
        judgement = (await self.judged()).of(ref)
        if judgement is None:
            raise Refusal(not_configured(wanted.instance))
        return judgement

    async def find(self, typed: str, *cleaner: str, patience: float = FIRST) -> Judgement:
        """The model that somebody means: by id or reference, whole name, then part of a name.

        *cleaner* are further readings of what was typed: each step tries all of them in their order. Where none fits,
        it waits for the first reading of an instance as `read_once` does. Raises `UnknownModel` with the nearest names,
        `AmbiguousModel` with the ones that fit, `Refusal` while an instance was never read.
        """
        said = (typed, *cleaner)[-1].strip()
        wanted = [form for form in dict.fromkeys(matching(reading) for reading in (typed, *cleaner)) if form]
        judged = await self.judged()
        found = _fitting(wanted, judged)
        if not found and (now := await self.read_once(patience)) is not judged:
            judged, found = now, _fitting(wanted, now)
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousModel(said, [j.model.ref for j in found[:CHOICES]], len(found))
        unread = [reading for reading in judged.snapshot.instances.values() if reading.read_at is None]
        if unread:
            raise Refusal(not_read_yet(said, unread))
        keys = await in_turns(nearest(wanted[-1], [judged.names], 3)) if wanted else []
        raise UnknownModel(said, [judged.by_name[key][0].model.name for key in keys])


def _keys(judgements: Iterable[Judgement], known: Mapping[str, str]) -> Work[dict[str, str]]:
    """What each name is searched as; *known* are those of names before."""
    keys: dict[str, str] = {}
    for number, judgement in enumerate(judgements):
        name = judgement.model.name
        keys[name] = known[name] if name in known else key_of(name)
        if number % PIECE == 0:
            yield
    return keys


def _fitting(wanted: Sequence[str], judged: Judged) -> Sequence[Judgement]:
    """The models that one of the readings means, which are in their matching form."""
    steps: tuple[Callable[[str], Sequence[Judgement]], ...] = (
        lambda form: _identified(form, judged),
        lambda form: judged.by_name.get(form[:FAR], ()),
        lambda form: [judged.judgements[place] for place in judged.names.having(form[:FAR])],
    )
    return next((found for step in steps for form in wanted if (found := step(form))), [])


def _identified(form: str, judged: Judged) -> list[Judgement]:
    """The models with that id, or the one with that reference."""
    last = form.rpartition("/")[2]
    return [j for j in judged.by_id.get(last, ()) if form in (last, matching(j.model.ref))]
