"""Ranking of one instance's models: worst first, with indexes by name, id and facts.

Built once for each change of an instance, in turns. Searches return places in the ranking, so a change of a fact that
is not searched, such as a time, leaves the indexes as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from heapq import merge

from bot.domain.catalog import Deployment
from bot.domain.fleet import Key
from bot.domain.search import Names, mask, places, places_of
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import UPGRADABLE, Judgement, Risk, Verdict, calls_for_action
from bot.turns import Work

_VERDICTS = {verdict: number for number, verdict in enumerate(Verdict)}

Rank = tuple[bool, bool, int, date, str, str, Key]

OUTDATED, RISKY = "outdated", "risky"
"""The search words for every outdated model, whatever its verdict, and for every model at risk."""

PIECE = 50
"""Models processed before the event loop gets a turn, in a quarter of a millisecond."""


def rank(judgement: Judgement) -> Rank:
    """Sort key, worst first: models worth acting on before others, ignored ones and the longest known first."""
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


def ranked(lists: Iterable[Iterable[Judgement]]) -> Iterator[Judgement]:
    """Several ranked lists merged; costs nothing for models that are not read."""
    return merge(*lists, key=rank)


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Indexes of a ranking. Sets of places are bits of numbers, as in `Names`.

    *facts* are the words that models pass whatever they are called. *acting* counts the models that somebody should act
    on, which are the first ones, by verdict and risk. *examples* are one model of each base, verdict and target: what
    speaks of many models asks no more. *kinds* are the places of each verdict and risk. *versions* are those that the
    models of each base show, where they count; *haves* are their newest ones.
    """

    names: Names = field(default_factory=lambda: Names(()))
    ids: Mapping[str, Sequence[int]] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)
    upgradable: int = 0
    acting: Counter[tuple[Verdict, Risk]] = field(default_factory=Counter)
    examples: tuple[int, ...] = ()
    kinds: Mapping[tuple[Verdict, Risk], int] = field(default_factory=dict)
    versions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    haves: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class JudgedInstance:
    """The models of one instance, worst first. *keys* are the search keys of names that differ from the name."""

    name: str
    deployment: Deployment
    by_key: Mapping[Key, Judgement] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    ranked: tuple[Judgement, ...] = ()
    index: Index = field(default_factory=Index)

    @property
    def acting(self) -> tuple[Judgement, ...]:
        """The models worth acting on."""
        return self.ranked[: self.index.acting.total()]

    @property
    def counts(self) -> dict[tuple[Verdict, Risk], int]:
        """How many have each verdict and risk."""
        return {kind: places.bit_count() for kind, places in self.index.kinds.items()}

    @property
    def acts(self) -> int:
        """The places of those."""
        return (1 << self.index.acting.total()) - 1

    @property
    def examples(self) -> tuple[Judgement, ...]:
        """One model of each base, verdict and target."""
        return tuple(self.ranked[place] for place in self.index.examples)

    def at(self, mask: int) -> Iterator[Judgement]:
        """The models at these places."""
        return (self.ranked[place] for place in places(mask))

    def with_same(self, changed: Mapping[Key, Judgement]) -> JudgedInstance | None:
        """The instance with some judgements replaced; None if a searchable fact differs."""
        listed = list(self.ranked)
        for key, new in changed.items():
            old = self.by_key.get(key)
            if old is None or _looks(old) != _looks(new):
                return None
            listed[next(place for place in self.index.ids[key[1].casefold()] if listed[place] is old)] = new
        return JudgedInstance(
            *(self.name, self.deployment, {**self.by_key, **changed}, self.keys, tuple(listed), self.index)
        )


def _looks(judgement: Judgement) -> tuple[object, ...]:
    """The searchable part of a judgement."""
    model, said = judgement.model, (judgement.evidence, judgement.discontinued, judgement.successor, judgement.partner)
    dates = judgement.since, judgement.newer_since, judgement.grounds
    return rank(judgement), judgement.risk, judgement.target, *dates, *said, model.name, *_of_model(judgement)


def _of_model(judgement: Judgement) -> tuple[object, ...]:
    model = judgement.model
    return model.base, model.language, model.versions, model.status


def instance_of(
    name: str, deployment: Deployment, by_key: Mapping[Key, Judgement], keys: Mapping[str, str]
) -> Work[JudgedInstance]:
    """The models of an instance in their ranking, with all indexes."""
    listed = tuple(sorted(by_key.values(), key=rank))
    yield
    names = Names(keys.get(judgement.model.name, judgement.model.name) for judgement in listed)
    yield
    ids = places_of(judgement.model.id.casefold() for judgement in listed)
    yield
    facts: dict[str, list[int]] = {}
    versions: dict[str, set[str]] = {}
    haves: dict[str, set[str]] = {}
    examples: dict[tuple[str, Verdict, str | None], int] = {}
    kinds: dict[tuple[Verdict, Risk], list[int]] = {}
    acting = Counter[tuple[Verdict, Risk]]()
    words_of: dict[tuple[str, ...], frozenset[str]] = {}
    upgradable: list[int] = []
    for place, judgement in enumerate(listed):
        model, verdict = judgement.model, judgement.verdict
        said = (model.kind, model.language, model.base, verdict.value)
        if said not in words_of:
            words_of[said] = frozenset(map(matching, (*said, name))) - {OUTDATED, RISKY}
        words = words_of[said]
        if judgement.outdated:
            words |= {OUTDATED}
        if judgement.risk is not Risk.NONE:
            words |= {RISKY}
        for word in words:
            facts.setdefault(word, []).append(place)
        if calls_for_action(judgement):
            acting[verdict, judgement.risk] += 1
        if verdict in UPGRADABLE:
            upgradable.append(place)
        examples.setdefault((model.base, verdict, judgement.target), place)
        kinds.setdefault((verdict, judgement.risk), []).append(place)
        if model.status != "pending":
            versions.setdefault(model.base, set()).update(model.versions or ())
        if (have := model.newest) is not None:
            haves.setdefault(model.base, set()).add(have)
        if place % PIECE == 0:
            yield
    yield
    index = Index(
        *(names, ids, {word: mask(at) for word, at in facts.items()}, mask(upgradable), acting),
        tuple(examples.values()),
        {kind: mask(at) for kind, at in kinds.items()},
        *(_frozen(versions), _frozen(haves)),
    )
    return JudgedInstance(name, deployment, by_key, keys, listed, index)


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(of_it) for name, of_it in found.items()}
