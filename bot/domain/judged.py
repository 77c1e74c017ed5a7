"""The judged fleet, put together from the results of each instance, at a cost that does not grow with the models."""

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
    """The whole fleet with its verdicts. *state* is a new object whenever a model's or an instance's description
    changes.
    """

    instances: Mapping[str, JudgedInstance] = field(default_factory=dict)
    readings: Mapping[str, InstanceReading] = field(default_factory=dict)
    state: int = 0

    @cached_property
    def snapshot(self) -> Snapshot:
        """The readings of all instances."""
        return Snapshot(self.readings)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """Every judgement, in the order of the snapshot. Slow for large fleets: not for answers in Slack."""
        parts = (part.by_key for _, part in sorted(self.instances.items()))
        return tuple(by_key[model.key] for by_key in parts for model in in_order(j.model for j in by_key.values()))

    def of(self, ref: str) -> Judgement | None:
        """The judgement of one model, None if there is none."""
        found = Ref.parse(ref)
        part = self.instances.get(found.instance)
        judgement = part.by_key.get((found.kind, found.id)) if part else None
        return judgement if judgement is not None and judgement.model.ref == ref else None

    @cached_property
    def total(self) -> int:
        """Number of models."""
        return sum(len(part.by_key) for part in self.instances.values())

    @cached_property
    def counts(self) -> Counter[tuple[Verdict, Risk]]:
        """Number of models by verdict and risk."""
        found: Counter[tuple[Verdict, Risk]] = Counter()
        for part in self.instances.values():
            found.update(part.counts)
        return found

    @cached_property
    def verdicts(self) -> Counter[Verdict]:
        """Number of models by verdict."""
        found: Counter[Verdict] = Counter()
        for (verdict, _), models in self.counts.items():
            found[verdict] += models
        return found

    def acting(self) -> Iterator[Judgement]:
        """The models worth acting on, worst first."""
        return ranked([part.acting for part in self.instances.values()])

    def upgradable(self) -> Iterator[Judgement]:
        """The models an upgrade can bring up to date, worst first."""
        return ranked([part.at(part.index.upgradable) for part in self.instances.values()])

    def versions(self, instance: str, base: str) -> frozenset[str]:
        """The known versions of a base model in an instance; on IBM Cloud those of all its cloud instances."""
        cloud = self.instances[instance].deployment == "cloud"
        every = self.instances.values()
        parts = (part for part in every if part.name == instance or (cloud and part.deployment == "cloud"))
        return frozenset[str]().union(*(part.index.versions.get(base, ()) for part in parts))

    def about(self, scope: Reach, subject: str) -> tuple[Judgement, ...]:
        """A sample of the models a snooze covers: enough to tell whether it is over, and whether it is possible."""
        if scope is Reach.MODEL:
            return tuple(filter(None, (self.of(subject),)))
        parts = self.instances.values() if scope is Reach.BASE else filter(None, (self.instances.get(subject),))
        return tuple(j for part in parts for j in part.examples if scope is Reach.INSTANCE or j.model.base == subject)

    def spoken_of(self, snoozes: Iterable[Snooze]) -> Iterable[Judgement]:
        """The same sample for several snoozes."""
        return chain.from_iterable(self.about(each.scope, each.subject) for each in snoozes)

    @property
    def unread(self) -> tuple[str, ...]:
        """The instances that could not be read lately, or never were."""
        return tuple(r.name for r in self.readings.values() if r.failing_since is not None or r.read_at is None)

    @property
    def untried(self) -> list[str]:
        """Instances that were neither read nor tried yet."""
        return [r.name for r in self.readings.values() if r.read_at is None and r.failing_since is None]
