"""Judging: keeps the verdicts of a fleet that changes, and judges again only what a change can touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from operator import is_

from bot.domain.catalog import Catalog
from bot.domain.fleet import InstanceReading, Key, Model, Ref, is_newer
from bot.domain.judged import Judged, JudgedInstance
from bot.domain.observations import NOTHING, Observations, partners
from bot.domain.search import PIECE, key_of
from bot.domain.siblings import Siblings
from bot.domain.verdicts import Judgement, judge_one
from bot.turns import Work


@dataclass(eq=False)
class Judging:
    """Judges as `judge` would judge all of it from scratch. Its work is done in turns, one piece of work at a time."""

    catalog: Callable[[], Catalog]
    judged: Judged = field(default_factory=Judged, init=False)
    made: int = field(default=0, init=False)
    """Judgements made so far."""
    _siblings: Siblings = field(default_factory=Siblings, init=False)
    _observed: dict[str, Observations] = field(default_factory=dict, init=False)
    """What was observed of each instance."""
    _stale: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)
    """By instance the base models of which another instance has something newer, or nothing any more."""

    def put(self, reading: InstanceReading, observed: Observations, today: date) -> Work[None]:
        """Takes a new reading of an instance, which may be its first, and judges what that changes there.

        What it changes in other instances is judged by `settle`. *observed* is what is known of this instance alone;
        *today* dates a reading that does not say when it was.
        """
        name = reading.name
        was, known = self.judged.readings.get(name), self._observed.get(name)
        before = self.judged.instances.get(name) or JudgedInstance(name, reading.deployment)
        if was is not None and name not in self._stale and _as_before(was, reading) and known == observed:
            self._take(before, reading, said=_told(was) != _told(reading))
            return
        here = self._stale[name]
        here |= self._changed(reading, today)  # until they are judged: whoever waits for that may be cut off
        again = _touched(reading, known or NOTHING, observed)
        every = was is None or was.bases != reading.bases or was.deployment != reading.deployment
        pairs = partners(reading.models, observed.links)
        found: dict[Key, Judgement] = {}
        keys: dict[str, str] = {}
        said, same = was is None or _told(was) != _told(reading), True
        for number, model in enumerate(reading.models):
            old, partner = before.by_key.get(model.key), pairs.get(model.ref) if pairs else None
            if (
                old is not None
                and old.model is model
                and old.partner is partner
                and not (every or model.base in here or model.key in again)
            ):
                found[model.key] = old
            else:
                new = self._judge(model, reading, observed, partner)
                found[model.key], said, same = new, said or new != old, False
            if model.name in before.keys:
                keys[model.name] = before.keys[model.name]
            elif (old is None or old.model.name != model.name) and (key := key_of(model.name)) != model.name:
                keys[model.name] = key
            if number % PIECE == 0:
                yield
        fewer = len(found) != len(before.by_key)
        if fewer or not same:
            before = JudgedInstance(name, reading.deployment, found, keys)
            yield from before.prepared()
        self._observed[name] = observed
        del self._stale[name]
        self._take(before, reading, said=said or fewer)

    @property
    def unsettled(self) -> bool:
        """Whether a change in one instance touches others that were not judged again since."""
        return bool(self._stale)

    def settle(self) -> Work[None]:
        """Judges again what changes elsewhere touch in one of the instances; to be done until nothing is unsettled."""
        name, bases = next(iter(self._stale.items()))
        if (part := self.judged.instances.get(name)) is not None:
            reading, observed = self.judged.readings[name], self._observed[name]
            found = dict(part.by_key)
            for number, (key, old) in enumerate(part.by_key.items()):
                if old.model.base in bases and (new := self._judge(old.model, reading, observed, old.partner)) != old:
                    found[key] = new
                if number % PIECE == 0:
                    yield
            if any(found[key] is not old for key, old in part.by_key.items()):
                part = replace(part, by_key=found)
                yield from part.prepared()
                self._take(part, reading, said=True)
        del self._stale[name]

    def drop(self, names: Iterable[str]) -> None:
        """Forgets instances that are not configured any more."""
        for name in names:
            self._changed(InstanceReading(name, "cloud"), date.min)
            self._observed.pop(name, None)
            self._stale.pop(name, None)
            parts, readings = dict(self.judged.instances), dict(self.judged.readings)
            parts.pop(name, None)
            readings.pop(name, None)
            self.judged = Judged(parts, readings, self.judged.state + 1)

    def _changed(self, reading: InstanceReading, today: date) -> frozenset[str]:
        """The base models of which an instance shows something else now; notes which other instances that touches."""
        changed = self._siblings.put(reading, today)
        for base, versions in changed.items():
            for other in self._siblings.instances(base):
                part = self.judged.instances.get(other)
                haves = part.haves.get(base, ()) if part is not None else ()
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


def _as_before(was: InstanceReading, now: InstanceReading) -> bool:
    """Whether a reading shows of its models what the one before showed, on the same day: as almost always."""
    same = len(was.models) == len(now.models) and all(map(is_, was.models, now.models))
    day = was.read_at and now.read_at and was.read_at.date() == now.read_at.date()
    return bool(same and day) and (was.bases, was.deployment) == (now.bases, now.deployment)


def _touched(reading: InstanceReading, was: Observations, now: Observations) -> set[Key]:
    """The models of which something was observed that was not before."""
    if was is now:
        return set()
    probed = (ref for ref in was.probes.keys() | now.probes.keys() if was.probes.get(ref) != now.probes.get(ref))
    found: set[Key] = {(ref.kind, ref.id) for ref in map(Ref.parse, probed)}
    if was.canaries != now.canaries:
        bases = {base for _, base in was.canaries.keys() | now.canaries.keys()}
        found.update(model.key for model in reading.models if model.base in bases)
    return found


def _told(reading: InstanceReading) -> object:
    """What people are told of an instance beside its models."""
    return reading.failing_since, reading.read_at is None, reading.doubt, reading.unreadable
