"""Reading instances: which answers are used and kept, and when a failing instance is read again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import get_args

from bot.domain.changes import compare
from bot.domain.doubts import Doubt, DoubtKind, doubtful, missing
from bot.domain.fleet import IN_PROGRESS, InstanceReading, Kind, Listed, Model, Ref, Unreadable
from bot.domain.observations import CANARY
from bot.domain.polls import Size
from bot.errors import ModelGone, RecordUnreadable, ServiceError, ServiceUnavailable
from bot.flows.fleet import Fleet
from bot.log_context import about, scoped
from bot.ports import Clock, SpeechService
from bot.store import Store
from bot.store.fleet import Kept, Known

log = logging.getLogger(__name__)

AGAIN = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 240, 480))
"""When a failing instance is read again, later after each failure; after that with all others."""

DOUBTED = (timedelta(minutes=1), timedelta(minutes=2))
"""When a doubtful instance is read again: one and three minutes after the first reading."""

CONFIRMED = 20
"""Missing models that are checked one by one in a reading; others wait for the next."""

AT_ONCE = 4


class Read(StrEnum):
    """The result of a reading."""

    GOOD = "good"
    ACCEPTED = "accepted"
    """Used because a person accepted it."""
    DOUBTED = "doubted"
    LOST = "lost"


GOOD = frozenset({Read.GOOD, Read.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted reading: identifies what the instance lists."""

    shape: str
    by: str


@dataclass(frozen=True, slots=True)
class _Turn:
    """The next extra reading of a failing instance, and how many there were."""

    pauses: tuple[timedelta, ...]
    at: datetime | None
    times: int


@dataclass(eq=False)
class Reader:
    """Reads instances into the fleet."""

    service: Callable[[str], SpeechService]
    fleet: Fleet
    clock: Clock
    sizes: dict[tuple[str, Kind], Size] = field(default_factory=dict, init=False)
    """The size of the last list of each instance and kind."""
    _again: dict[str, _Turn] = field(default_factory=dict, init=False)
    """The failing instances."""
    _told: set[tuple[str, Unreadable]] = field(default_factory=set, init=False)

    def due(self, now: datetime) -> list[str]:
        """The failing instances to read now, ahead of schedule; each is returned once."""
        latest = now + AGAIN[-1]  # a later time was planned before the clock was set back
        found = [name for name, turn in self._again.items() if turn.at and not now < turn.at <= latest]
        for name in found:
            self._again[name] = replace(self._again[name], at=None)
        return found

    async def models(self, name: str, kind: Kind) -> Listed[Model]:
        """All models of one kind that an instance lists now. Raises a `ServiceError`, or `Refusal`."""
        listed = await self.service(name).models(kind)
        self.sizes[name, kind] = Size(listed.size, len(listed))
        return listed

    async def read(self, name: str, accepted: Accepted | None = None) -> Read:
        """Read one instance; a reading that matches *accepted* is used."""
        service, asked = self.service(name), self.clock.now()
        try:
            language, acoustic, bases = await asyncio.gather(
                self.models(name, "language"), self.models(name, "acoustic"), service.bases()
            )
        except ServiceError as error:
            self._plan(name, AGAIN)
            await self.lost(name, error)
            return Read.LOST
        fleet = [model for model in (*language, *acoustic) if not model.name.startswith(CANARY)]
        odd = (*language.unreadable, *acoustic.unreadable, *bases.unreadable)
        self._tell(name, odd)
        before, now = await self.fleet.reading(name), self.clock.now()
        had = {model.key: model for model in before.models}
        has = {*_ids("language", language), *_ids("acoustic", acoustic)}
        serves = _served(bases, before.bases)
        offers = frozenset({*bases, *(one.id for one in bases.unreadable)})
        doubt = doubtful(had, has, before.bases, offers, before.doubt, now)
        believed = doubt if doubt is not None and accepted is not None and doubt.shape == accepted.shape else None
        doubt = None if believed else doubt
        if doubt is None:
            self._again.pop(name, None)
        else:
            self._plan(name, DOUBTED)
            serves = None
            if doubt.kind is not DoubtKind.NO_BASES:
                await self.keep(name, lambda store, known: store.fleet.doubted(name, doubt, known), now)
                return Read.DOUBTED
        if not believed:
            listed = {model.key for model in fleet}
            fleet += await self._still_there(had[key] for key in sorted(had.keys() - listed))

        def work(store: Store, known: Known) -> Kept:
            if believed is not None and accepted is not None:
                detail = f"{believed.kind}: {believed.had} → {believed.has}"
                store.audit.note(now, accepted.by, "accept", instance=name, detail=detail)
            return store.fleet.keep(
                *(name, fleet, serves), asked=asked, now=now, unreadable=odd, doubt=doubt, known=known
            )

        while (kept := await self.keep(name, work, now, waits=False)).more:
            pass  # each continues where the last one ended
        if kept.recovered:
            log.info("instance %s answers again", name)
        if doubt is not None:
            return Read.DOUBTED
        return Read.ACCEPTED if believed else Read.GOOD

    async def _still_there(self, unlisted: Iterable[Model]) -> list[Model]:
        """The known models that a list lacks but that still exist: only the service's own answer is a deletion."""
        gate, models = asyncio.Semaphore(AT_ONCE), list(unlisted)

        async def one(model: Model) -> Model | None:
            try:
                async with gate:
                    return await self.look(Ref.parse(model.ref))
            except ServiceError as error:
                log.debug("%s is not listed, and not known to be gone: %s", model.ref, error.text)
                return model

        found = await asyncio.gather(*(one(model) for model in models[:CONFIRMED]))
        return [model for model in (*found, *models[CONFIRMED:]) if model is not None]

    async def look(self, ref: Ref) -> Model | None:
        """One model as its instance shows it now, None if it is gone. Raises a `ServiceError`, or `Refusal`.

        Gone: the service says so, its list lacks it, and that list does not look like another instance's.
        """
        try:
            return await self.service(ref.instance).model(ref.kind, ref.id)
        except ModelGone as error:
            if error.listed is not None and (why := await self._looks_wrong(ref, error.listed)):
                text = f"{ref.instance} suddenly {why}: nothing is believed of it before it is read again."
                raise ServiceUnavailable(text, instance=ref.instance) from error
            return None

    async def _looks_wrong(self, ref: Ref, listed: frozenset[str]) -> str:
        """Why the lists that lack a model are doubtful; "" if they are not. Reads the other kind's list if needed."""
        known = await self.fleet.reading(ref.instance)
        had = {(model.kind, model.id) for model in known.models}
        if listed and {id for kind, id in had if kind == ref.kind} <= {ref.id, *listed}:
            return ""
        has = {(str(ref.kind), id) for id in listed}
        for kind in get_args(Kind):
            if kind != ref.kind:
                has |= _ids(kind, await self.models(ref.instance, kind))
        return missing(had, has) or ""

    async def keep(self, name: str, keep: Callable[[Store, Known], Kept], now: datetime, *, waits: bool = True) -> Kept:
        """Keep a reading and, in the same transaction, record its changes. *waits*: a person waits for it."""
        found: list[Kept] = []

        def work(store: Store, known: Known) -> list[Kept]:
            found[:] = [keep(store, known)]
            _note(store, found[0], now)
            return found

        await self.fleet.keep(name, work, waits=waits)
        return found[0]

    @scoped
    async def lost(self, name: str, error: ServiceError) -> None:
        """Record that an instance can't be read; logged once. One unreadable record does not make its instance fail."""
        about(instance=name)
        if isinstance(error, RecordUnreadable):
            log.warning("%s", error.text)
            return
        now = self.clock.now()
        if name not in self._again:
            self._plan(name, AGAIN)

        def work(store: Store, known: Known) -> list[Kept]:
            kept = store.fleet.failed(name, error.text, now, known)
            return [] if kept is None else [kept]

        if await self.fleet.keep(name, work):
            log.warning("instance %s cannot be read: %s", name, error.text)

    def _plan(self, name: str, pauses: tuple[timedelta, ...]) -> None:
        last = self._again.get(name)
        times = last.times if last is not None and last.pauses == pauses else 0
        at = self.clock.now() + pauses[times] if times < len(pauses) else None
        self._again[name] = _Turn(pauses, at, times + 1)

    def _tell(self, name: str, odd: Iterable[Unreadable]) -> None:
        """Log each unreadable record once."""
        for one in odd:
            if (name, one) not in self._told:
                self._told.add((name, one))
                log.warning("instance %s lists an unreadable %s, %r: %s", name, one.what, one.id, one.fault)


def _ids(kind: str, listed: Listed[Model]) -> set[tuple[str, str]]:
    """The ids in a list, including unreadable records, but not Retune's own canaries."""
    odd = {(kind, one.id) for one in listed.unreadable}
    return odd | {model.key for model in listed if not model.name.startswith(CANARY)}


def _served(bases: Listed[str], before: frozenset[str] | None) -> frozenset[str] | None:
    """The base models offered, None if unknown: an unreadable record may be any of the earlier ones."""
    if not bases.unreadable:
        return frozenset(bases)
    return None if before is None else before.union(bases)


def _note(store: Store, kept: Kept, now: datetime) -> None:
    """Record the changes in a reading that no run of ours made, in the transaction that keeps the reading."""
    before, after = kept.before, kept.after
    if kept.recovered and before.failing_since is not None:
        store.changes.answers_again(before.name, before.failing_since, now)
    if after.doubt is not None and after.doubt.ripe(now):
        store.changes.note_doubt(before.name, after.doubt, now)
    elif before.doubt is not None and after.doubt is None:
        store.changes.doubt_over(before.name, before.doubt, now, as_before=_alike(before, after, before.doubt))
    if before.read_at is None or not compare(before, after, now):
        return
    did, may_still = store.runs.touched(before.name, before.read_at)
    # A run that ended before the service's work did ("stop watching") still owns that work.
    busy = {model.ref for model in before.models if model.status in IN_PROGRESS}
    store.changes.note(compare(before, after, now, ours=did | (may_still & busy)))


def _alike(before: InstanceReading, after: InstanceReading, doubt: Doubt) -> bool:
    """Whether the missing models are back and were not given up."""
    if doubt.kind is DoubtKind.NO_BASES:
        return bool(after.bases)
    had, has = ([(model.kind, model.id) for model in reading.models] for reading in (before, after))
    return missing(had, has) is None
