"""The fleet with its verdicts, instance by instance, as people look at it: worst first, by name, in numbers.

Everything that is made of all models of an instance is made once, when it is first asked for, and anew when something
changes there. What is said of the whole fleet is put together from that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from heapq import merge
from itertools import chain

from bot.domain.catalog import Deployment
from bot.domain.fleet import InstanceReading, Key, Ref, Snapshot, in_order
from bot.domain.foreign_text import matching
from bot.domain.history import Counts, counts
from bot.domain.search import Names
from bot.domain.snoozes import Reach, Snooze
from bot.domain.verdicts import UPGRADABLE, Judgement, Risk, Verdict, calls_for_action
from bot.turns import Work

_VERDICTS = {verdict: number for number, verdict in enumerate(Verdict)}

MADE = (
    *("ranked", "acting", "upgradable", "names", "by_name", "by_id", "facts"),
    *("counts", "outdated", "versions", "haves", "examples"),
)
"""What is made of the models of an instance, in this order."""

Rank = tuple[bool, bool, int, date, str, str, Key]


def rank(judgement: Judgement) -> Rank:
    """What orders models from the worst on: what somebody should act on, ignored ones and the longest known first."""
    acts, model = calls_for_action(judgement), judgement.model
    return (
        not acts,
        acts and judgement.risk is not Risk.IGNORED,
        _VERDICTS[judgement.verdict],
        (judgement.since if acts else None) or date.max,
        model.name.casefold(),
        model.instance,
        model.key,
    )


@dataclass(frozen=True, eq=False)
class JudgedInstance:
    """The models of one instance. *keys* has what names are searched as, where that is not the name itself."""

    name: str
    deployment: Deployment
    by_key: Mapping[Key, Judgement] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def prepared(self) -> Work[None]:
        """Makes all that answers are put together from, so that none waits for it."""
        for made in MADE:
            getattr(self, made)
            yield

    @cached_property
    def ranked(self) -> tuple[Judgement, ...]:
        """Its models, the worst first."""
        return tuple(sorted(self.by_key.values(), key=rank))

    @cached_property
    def upgradable(self) -> tuple[Judgement, ...]:
        """Those that an upgrade brings up to date, the worst first."""
        return tuple(judgement for judgement in self.ranked if judgement.verdict in UPGRADABLE)

    @cached_property
    def names(self) -> Names:
        """Their names as they are searched, the worst model first."""
        return Names(self.keys.get(j.model.name, j.model.name) for j in self.ranked)

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[Judgement]]:
        """Its models by their names as they are searched."""
        found: dict[str, list[Judgement]] = {}
        for judgement, key in zip(self.ranked, self.names.keys, strict=True):
            found.setdefault(key, []).append(judgement)
        return found

    @cached_property
    def by_id(self) -> Mapping[str, Sequence[Judgement]]:
        """Its models by their ids as they are compared."""
        found: dict[str, list[Judgement]] = {}
        for judgement in self.ranked:
            found.setdefault(judgement.model.id.casefold(), []).append(judgement)
        return found

    @cached_property
    def facts(self) -> Mapping[str, frozenset[int]]:
        """The words that models pass whatever they are called, with the places of those models among the ranked."""
        found: dict[str, set[int]] = {}
        known: dict[str, str] = {}
        for place, judgement in enumerate(self.ranked):
            model = judgement.model
            words = {model.kind, model.id.casefold(), judgement.verdict.value}
            for name in (model.instance, model.language, model.base):
                if name not in known:
                    known[name] = matching(name)
                words.add(known[name])
            words.discard("outdated")
            if judgement.outdated:
                words.add("outdated")
            if judgement.risk is not Risk.NONE:
                words.add("risky")
            for word in words:
                found.setdefault(word, set()).add(place)
        return {word: frozenset(places) for word, places in found.items()}

    @cached_property
    def counts(self) -> Counts:
        """How many of its models have each verdict and risk."""
        return counts(self.by_key.values())

    @cached_property
    def outdated(self) -> int:
        """How many are outdated."""
        return sum(j.outdated for j in self.by_key.values())

    @cached_property
    def acting(self) -> tuple[Judgement, ...]:
        """Those that somebody should act on, the worst first."""
        return tuple(filter(calls_for_action, self.ranked))

    @cached_property
    def versions(self) -> Mapping[str, frozenset[str]]:
        """For each base model the versions that its models show; one without data shows none that count."""
        found: dict[str, set[str]] = {}
        for judgement in self.by_key.values():
            if judgement.model.status != "pending":
                found.setdefault(judgement.model.base, set()).update(judgement.model.versions or ())
        return {base: frozenset(versions) for base, versions in found.items()}

    @cached_property
    def haves(self) -> Mapping[str, frozenset[str]]:
        """For each base model the newest versions that its models have."""
        found: dict[str, set[str]] = {}
        for judgement in self.by_key.values():
            if (have := judgement.model.newest) is not None:
                found.setdefault(judgement.model.base, set()).add(have)
        return {base: frozenset(haves) for base, haves in found.items()}

    @cached_property
    def examples(self) -> tuple[Judgement, ...]:
        """One model of each base, verdict and target: what speaks of many models asks no more of them."""
        return tuple({(j.model.base, j.verdict, j.target): j for j in reversed(self.ranked)}.values())


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
    def outdated(self) -> int:
        """How many are outdated."""
        return sum(part.outdated for part in self.instances.values())

    @cached_property
    def counts(self) -> Counter[tuple[Verdict, Risk]]:
        """How many have each verdict and risk."""
        found: Counter[tuple[Verdict, Risk]] = Counter()
        for part in self.instances.values():
            found.update(part.counts)
        return found

    def ranked(self) -> Iterator[Judgement]:
        """Every model, the worst first; what is not looked at costs nothing."""
        return ranked([part.ranked for part in self.instances.values()])

    def acting(self) -> Iterator[Judgement]:
        """Those that somebody should act on, the worst first."""
        return ranked([part.acting for part in self.instances.values()])

    def upgradable(self) -> Iterator[Judgement]:
        """Those that an upgrade brings up to date, the worst first."""
        return ranked([part.upgradable for part in self.instances.values()])

    def versions(self, instance: str, base: str) -> frozenset[str]:
        """The versions of a base model that count in an instance: its own; on IBM Cloud those of every one there."""
        cloud = self.instances[instance].deployment == "cloud"
        every = self.instances.values()
        parts = (part for part in every if part.name == instance or (cloud and part.deployment == "cloud"))
        return frozenset[str]().union(*(part.versions.get(base, ()) for part in parts))

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
    def untried(self) -> list[str]:
        """The instances that were never read, nor tried in vain."""
        return [r.name for r in self.readings.values() if r.read_at is None and r.failing_since is None]


def ranked(parts: Iterable[Sequence[Judgement]]) -> Iterator[Judgement]:
    """Several ranked lists as one."""
    return merge(*parts, key=rank)
