"""Owned: the models of one person, by hand, by rule, or through a group, for fleets of any size."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_

from bot.domain.fleet import Ref
from bot.domain.judged import Judged
from bot.domain.owners import OwnerRule, by_rules
from bot.domain.ranking import Index, JudgedInstance, ranked
from bot.domain.search import mask
from bot.domain.verdicts import Judgement
from bot.store.database import Database
from bot.turns import behind, in_turns


@dataclass(frozen=True, slots=True)
class Models:
    """Some models of the fleet, given by their places in the rankings of their instances."""

    parts: tuple[tuple[JudgedInstance, int], ...] = ()

    def worst_first(self) -> Iterator[Judgement]:
        """All of them; models that are not read cost nothing."""
        return ranked([part.at(places) for part, places in self.parts])

    def __bool__(self) -> bool:
        return bool(self.parts)


@dataclass(eq=False)
class Owned:
    """Knows the owners by rule of each instance's models, until its names change."""

    db: Database
    rules: tuple[OwnerRule, ...]
    _by_rule: dict[str, tuple[Index, Mapping[str, int]]] = field(default_factory=dict, init=False)

    async def groups(self) -> frozenset[str]:
        """The groups that own models."""
        said = await self.db.read(lambda store: store.owners.groups())
        return frozenset({*said, *(rule.owner for rule in self.rules if rule.owner.startswith("S"))})

    async def of(self, owners: Collection[str], judged: Judged) -> Models:
        """The models of any of these people and groups."""
        ruled = {rule.owner for rule in self.rules}
        if ruled.isdisjoint(owners):
            by_hand = await self.db.read(lambda store: store.owners.refs_of(owners))
            return _those(judged, {}, _places(by_hand, judged), {})
        by_rule = {name: await self._ruled(part) for name, part in judged.instances.items()}
        said = await self.db.read(lambda store: store.owners.every())
        mine = [ref for ref, one in said.items() if one.owner in owners]
        others = [ref for ref, one in said.items() if one.owner not in owners]
        found = {
            name: reduce(or_, (places for owner, places in of_it.items() if owner in owners), 0)
            for name, of_it in by_rule.items()
        }
        return _those(judged, found, _places(mine, judged), _places(others, judged))

    async def _ruled(self, part: JudgedInstance) -> Mapping[str, int]:
        known = self._by_rule.get(part.name)
        if known is None or known[0] is not part.index:
            async with behind():
                places = await in_turns(by_rules(part.index.names.keys, self.rules))
            known = self._by_rule[part.name] = part.index, {owner: mask(at) for owner, at in places.items()}
        return known[1]


def _places(refs: Iterable[str], judged: Judged) -> dict[str, int]:
    """The places of these models in the rankings of their instances; missing ones are left out."""
    found: dict[str, list[int]] = {}
    for ref in refs:
        parsed = Ref.parse(ref)
        part = judged.instances.get(parsed.instance)
        at = part.index.ids.get(parsed.id.casefold(), ()) if part else ()
        found.setdefault(parsed.instance, []).extend(
            place for place in at if part is not None and part.ranked[place].model.ref == ref
        )
    return {name: mask(places) for name, places in found.items()}


def _those(judged: Judged, by_rule: Mapping[str, int], said: Mapping[str, int], others: Mapping[str, int]) -> Models:
    """By rule, without models given to others by hand; and those given to them by hand."""
    places = partial(_at, by_rule=by_rule, said=said, others=others)
    return Models(tuple((part, at) for name, part in judged.instances.items() if (at := places(name))))


def _at(name: str, by_rule: Mapping[str, int], said: Mapping[str, int], others: Mapping[str, int]) -> int:
    return (by_rule.get(name, 0) & ~others.get(name, 0)) | said.get(name, 0)
