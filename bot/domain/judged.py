"""The fleet with its verdicts: put together from what is made of each instance, however many models there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from bot.domain.fleet import InstanceReading, Ref, Snapshot, in_order
from bot.domain.ranking import JudgedInstance, ranked
from bot.domain.snoozes import Reach, Snooze
from bot.domain.verdicts import Judgement, Risk, Verdict


@dataclass(frozen=True, eq=False)
class Judged:
    """The whole fleet. *state* is another one whenever what is said of a model, or of an instance, is."""

    instances: Mapping[str, JudgedInstance] = field(default_factory=dict)
    readings: Mapping[str, InstanceReading] = field(default_factory=dict)
    state: int = 0

    @cached_property
    def snapshot(self) -> Snapshot:
        """What was read."""
        return Snapshot(self.readings)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """Every judgement, in the order of the snapshot. It takes its time: not for an answer."""
        parts = (part.by_key for _, part in sorted(self.instances.items()))
        return tuple(by_key[model.key] for by_key in parts for model in in_order(j.model for j in by_key.values()))

    def of(self, ref: str) -> Judgement | None:
        """The judgement of one model."""
        found = Ref.parse(ref)
        part = self.instances.get(found.instance)
        judgement = part.by_key.get((found.kind, found.id)) if part else None
        return judgement if judgement is not None and judgement.model.ref == ref else None

    @cached_property
    def total(self) -> int:
        """How many models there are."""
        return sum(len(part.by_key) for part in self.instances.values())

    @cached_property
    def counts(self) -> Counter[tuple[Verdict, Risk]]:
        """How many have each verdict and risk."""
        found: Counter[tuple[Verdict, Risk]] = Counter()
        for part in self.instances.values():
            found.update(part.counts)
        return found

    @cached_property
    def verdicts(self) -> Counter[Verdict]:
        """How many have each verdict."""
        found: Counter[Verdict] = Counter()
        for (verdict, _), models in self.counts.items():
            found[verdict] += models
        return found

    def acting(self) -> Iterator[Judgement]:
        """Those that somebody should act on, the worst first."""
        return ranked([part.acting for part in self.instances.values()])

    def upgradable(self) -> Iterator[Judgement]:
        """Those that an upgrade brings up to date, the worst first."""
        return ranked([part.at(part.index.upgradable) for part in self.instances.values()])

    def versions(self, instance: str, base: str) -> frozenset[str]:
        """The versions of a base model that count in an instance: its own; on IBM Cloud those of every one there."""
        cloud = self.instances[instance].deployment == "cloud"
        every = self.instances.values()
        parts = (part for part in every if part.name == instance or (cloud and part.deployment == "cloud"))
        return frozenset[str]().union(*(part.index.versions.get(base, ()) for part in parts))

    def about(self, scope: Reach, subject: str) -> tuple[Judgement, ...]:
        """Of the models that a snooze speaks of as many as tell whether it is over, and whether it can be."""
        if scope is Reach.MODEL:
            return tuple(filter(None, (self.of(subject),)))
        parts = self.instances.values() if scope is Reach.BASE else filter(None, (self.instances.get(subject),))
        return tuple(j for part in parts for j in part.examples if scope is Reach.INSTANCE or j.model.base == subject)

    def spoken_of(self, snoozes: Iterable[Snooze]) -> Iterable[Judgement]:
        """The same for several."""
        return chain.from_iterable(self.about(each.scope, each.subject) for each in snoozes)

    @property
    def unread(self) -> tuple[str, ...]:
        """The instances that could not be read lately, or never were."""
        return tuple(r.name for r in self.readings.values() if r.failing_since is not None or r.read_at is None)

    @property
    def untried(self) -> list[str]:
        """The instances that were never read, nor tried in vain."""
        return [r.name for r in self.readings.values() if r.read_at is None and r.failing_since is None]
