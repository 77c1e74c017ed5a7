"""The models of one instance as people look for them: worst first, by name and id, by what is said of them.

Made once for each change of an instance, in turns. What is found is a place in the ranking, so that a change of what
nobody looks for, as of a time, leaves all of it as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from heapq import merge

from bot.domain.catalog import Deployment
from bot.domain.fleet import Key
from bot.domain.foreign_text import matching
from bot.domain.search import Names, mask, places, places_of
from bot.domain.verdicts import UPGRADABLE, Judgement, Risk, Verdict, calls_for_action
from bot.turns import Work

_VERDICTS = {verdict: number for number, verdict in enumerate(Verdict)}

Rank = tuple[bool, bool, int, date, str, str, Key]

OUTDATED, RISKY = "outdated", "risky"
"""The words for every model that is outdated, whatever its verdict is, and for every one at risk."""

PIECE = 50
"""Models that are looked at between two rests, in a quarter of a millisecond."""


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


def ranked(lists: Iterable[Iterable[Judgement]]) -> Iterator[Judgement]:
    """Several ranked lists as one; what is not looked at costs nothing."""
    return merge(*lists, key=rank)


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """What is known of the models in a ranking by their places in it, which are bits of numbers as in `Names`.

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
    """The models of one instance, the worst first. *keys* is what names are searched as, where not as themselves."""

    name: str
    deployment: Deployment
    by_key: Mapping[Key, Judgement] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    ranked: tuple[Judgement, ...] = ()
    index: Index = field(default_factory=Index)

    @property
    def acting(self) -> tuple[Judgement, ...]:
        """Those that somebody should act on."""
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
        """Those at some places."""
        return (self.ranked[place] for place in places(mask))

    def with_same(self, changed: Mapping[Key, Judgement]) -> JudgedInstance | None:
        """The instance with other judgements in place of some; None where anything that is looked for differs."""
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
    """All of a judgement but what an instance says of its model and nobody looks for."""
    model, said = judgement.model, (judgement.evidence, judgement.discontinued, judgement.successor, judgement.partner)
    dates = judgement.since, judgement.newer_since, judgement.grounds
    return rank(judgement), judgement.risk, judgement.target, *dates, *said, model.name, *_of_model(judgement)


def _of_model(judgement: Judgement) -> tuple[object, ...]:
    model = judgement.model
    return model.base, model.language, model.versions, model.status


def instance_of(
    name: str, deployment: Deployment, by_key: Mapping[Key, Judgement], keys: Mapping[str, str]
) -> Work[JudgedInstance]:
    """The models of an instance in their rank, and all that is known of them by their places."""
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
