"""Judging: keeps the verdicts of a changing fleet and judges only what a change affects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from bot.domain.catalog import Catalog
from bot.domain.fleet import InstanceReading, Key, Model, Ref, is_newer
from bot.domain.judged import Judged
from bot.domain.observations import NOTHING, Observations, partners
from bot.domain.ranking import JudgedInstance, instance_of
from bot.domain.search import PIECE, key_of
from bot.domain.siblings import Siblings
from bot.domain.verdicts import Judgement, judge_one
from bot.turns import Work

IN_PLACE = 20
"""Judgements replaced one by one; for more, everything is ranked again."""


@dataclass(eq=False)
class Judging:
    """Gives the same verdicts as `judge` from scratch. Its work is done in turns, one piece at a time."""

    catalog: Callable[[], Catalog]
    judged: Judged = field(default_factory=Judged, init=False)
    made: int = field(default=0, init=False)
    """Number of judgements made so far."""
    _siblings: Siblings = field(default_factory=Siblings, init=False)
    _observed: dict[str, Observations] = field(default_factory=dict, init=False)
    """The observations of each instance."""
    _stale: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)
    """By instance, the base models with a new best version in another instance, or none any more."""

    def put(self, reading: InstanceReading, observed: Observations, today: date) -> Work[None]:
        """Store a reading of an instance and judge again what it changes there.

        `settle` judges what it changes in other instances. *observed* is about this instance alone; *today* dates a
        reading without a time.
        """
        name = reading.name
        was, known = self.judged.readings.get(name), self._observed.get(name, NOTHING)
        before = self.judged.instances.get(name) or JudgedInstance(name, reading.deployment)
        fresh = [model for model in reading.models if _is_fresh(model, before)]
        kept = len(reading.models) - sum(model.key not in before.by_key for model in fresh)
        fewer = kept < len(before.by_key)
        every = was is None or (was.bases, was.deployment) != (reading.bases, reading.deployment)
        said = was is None or fewer or _told(was) != _told(reading)
        here = self._stale[name]  # kept until they are judged: the caller may be cancelled
        if was is None or every or fewer or _day(was) != _day(reading) or any(_is_other(m, before) for m in fresh):
            here |= self._changed(reading, today)
        yield
        pairs = partners(reading.models, observed.links) if observed.links else {}
        again = _touched(reading, known, observed) | _paired(before, pairs, (known, observed))
        again.update(model.key for model in fresh)
        changed: dict[Key, Judgement] = {}
        keys = dict(before.keys)
        for number, model in enumerate(reading.models if again or here or every else ()):
            if every or model.base in here or model.key in again:
                new = self._judge(model, reading, observed, pairs.get(model.ref) if pairs else None)
                said = said or new != before.by_key.get(model.key)
                changed[model.key] = new
                if model.name not in keys and (key := key_of(model.name)) != model.name:
                    keys[model.name] = key
            if number % PIECE == 0:
                yield
        if changed or fewer:
            before = yield from _with(before, reading, changed, keys, fewer=fewer)
        self._observed[name] = observed
        del self._stale[name]
        self._take(before, reading, said=said)

    @property
    def unsettled(self) -> bool:
        """Whether changes in one instance still have to be applied to others."""
        return bool(self._stale)

    def settle(self) -> Work[None]:
        """Judge again what changed in other instances; repeat while anything is unsettled."""
        name, bases = next(iter(self._stale.items()))
        if (part := self.judged.instances.get(name)) is not None:
            reading, observed = self.judged.readings[name], self._observed[name]
            changed: dict[Key, Judgement] = {}
            for number, (key, old) in enumerate(part.by_key.items()):
                if old.model.base in bases and (new := self._judge(old.model, reading, observed, old.partner)) != old:
                    changed[key] = new
                if number % PIECE == 0:
                    yield
            if changed:
                part = yield from _with(part, reading, changed, part.keys, fewer=False)
                self._take(part, reading, said=True)
        del self._stale[name]

    def drop(self, names: Iterable[str]) -> None:
        """Forget instances that are no longer configured."""
        for name in names:
            self._changed(InstanceReading(name, "cloud"), date.min)
            self._observed.pop(name, None)
            self._stale.pop(name, None)
            parts, readings = dict(self.judged.instances), dict(self.judged.readings)
            parts.pop(name, None)
            readings.pop(name, None)
            self.judged = Judged(parts, readings, self.judged.state + 1)

    def _changed(self, reading: InstanceReading, today: date) -> frozenset[str]:
        """The base models with a new best version in this instance; notes the other instances that this affects."""
        changed = self._siblings.put(reading, today)
        for base, versions in changed.items():
            # Every instance, even one with no version to compare: its empty models are also told of newer versions.
            for other, part in self.judged.instances.items():
                haves = part.index.haves.get(base, ()) if part.deployment == "cloud" else ()
                if other != reading.name and any(is_newer(version, have) for version in versions for have in haves):
                    self._stale[other].add(base)
        return frozenset(changed)

    def _judge(
        self, model: Model, reading: InstanceReading, observed: Observations, partner: Model | None
    ) -> Judgement:
        self.made += 1
        return judge_one(model, reading, self.catalog(), self._siblings, observed, partner)

    def _take(self, part: JudgedInstance, reading: InstanceReading, *, said: bool) -> None:
        parts, readings = dict(self.judged.instances), dict(self.judged.readings)
        parts[part.name], readings[part.name] = part, reading
        self.judged = Judged(dict(sorted(parts.items())), dict(sorted(readings.items())), self.judged.state + said)


def _with(
    before: JudgedInstance,
    reading: InstanceReading,
    changed: Mapping[Key, Judgement],
    keys: Mapping[str, str],
    *,
    fewer: bool,
) -> Work[JudgedInstance]:
    """The instance with the changed judgements; in place if no searchable fact changed."""
    if not fewer and len(changed) <= IN_PLACE and (same := before.with_same(changed)) is not None:
        return same
    by_key = {model.key: changed.get(model.key) or before.by_key[model.key] for model in reading.models}
    here = {model.name: keys[model.name] for model in reading.models if model.name in keys} if keys else {}
    yield
    return (yield from instance_of(reading.name, reading.deployment, by_key, here))


def _is_fresh(model: Model, before: JudgedInstance) -> bool:
    old = before.by_key.get(model.key)
    return old is None or old.model is not model


def _is_other(model: Model, before: JudgedInstance) -> bool:
    """Whether a model changed in a way that affects its siblings."""
    old = before.by_key.get(model.key)
    if old is None:
        return True
    had = old.model
    pending = had.status == "pending", model.status == "pending"
    return (had.name, had.base, had.newest, pending[0]) != (model.name, model.base, model.newest, pending[1])


def _day(reading: InstanceReading) -> date | None:
    return reading.read_at.date() if reading.read_at else None


def _paired(before: JudgedInstance, pairs: Mapping[str, Model], observed: Iterable[Observations]) -> set[Key]:
    """The models whose partner changed."""
    refs = chain.from_iterable(pair for each in observed for pair in each.links.items())
    found = {ref: before.by_key.get(_key(ref)) for ref in refs}
    return {old.model.key for ref, old in found.items() if old is not None and old.partner is not pairs.get(ref)}


def _key(ref: str) -> Key:
    found = Ref.parse(ref)
    return found.kind, found.id


def _touched(reading: InstanceReading, was: Observations, now: Observations) -> set[Key]:
    """The models with new observations."""
    if was is now:
        return set()
    probed = (ref for ref in was.probes.keys() | now.probes.keys() if was.probes.get(ref) != now.probes.get(ref))
    found = set(map(_key, probed))
    if was.canaries != now.canaries:
        bases = {base for _, base in was.canaries.keys() | now.canaries.keys()}
        found.update(model.key for model in reading.models if model.base in bases)
    return found


def _told(reading: InstanceReading) -> object:
    """What people see of an instance beside its models."""
    return reading.failing_since, reading.read_at is None, reading.doubt, reading.unreadable
