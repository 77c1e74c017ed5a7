"""Filters of `/stt-models` and `/stt-upgrade outdated`: words, all of which must match a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.domain.fleet import Ref
from bot.domain.judged import Judged
from bot.domain.ranking import OUTDATED, RISKY, JudgedInstance, ranked
from bot.domain.search import FAR, mask
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import Judgement
from bot.turns import Work

SNOOZED = "snoozed"

PIECE = 200
"""Models processed before the event loop gets a turn."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The matching models: for each instance, their places in its ranking."""

    parts: Sequence[tuple[JudgedInstance, int]]

    @property
    def count(self) -> int:
        """Number of matching models."""
        return sum(places.bit_count() for _, places in self.parts)

    def upgradable(self) -> Listing:
        """Those an upgrade can bring up to date."""
        return Listing([(part, part.index.upgradable & places) for part, places in self.parts])

    def first(self, most: int) -> list[Judgement]:
        """The worst of them, at most *most*."""
        return list(islice(self._ranked(), most))

    def every(self) -> Iterator[Judgement]:
        """All of them, worst first."""
        return self._ranked()

    def page(self, number: int, size: int) -> Work[tuple[int, tuple[Judgement, ...]]]:
        """Page *number*, from 0, or the nearest existing one: its number, and its models, worst first."""
        number = min(max(number, 0), max(0, (self.count - 1) // size))
        found = self._ranked()
        for _ in range(number * size // PIECE):
            next(islice(found, PIECE - 1, None))
            yield
        left = number * size % PIECE
        return number, tuple(islice(found, left, left + size))

    def _ranked(self) -> Iterator[Judgement]:
        return ranked([part.at(places) for part, places in self.parts])


def passing(judged: Judged, words: Iterable[str], is_snoozed: Callable[[Judgement], bool]) -> Work[Listing]:
    """The models that match every word: verdict, risk, kind, instance, language, base, id, or part of a name."""
    wanted = list(dict.fromkeys(matching(word)[:FAR] for word in words))
    found: list[tuple[JudgedInstance, int]] = []
    for part in judged.instances.values():
        places = (1 << len(part.ranked)) - 1
        for word in wanted:
            index = part.index
            if word == SNOOZED:
                places &= yield from _places(part, is_snoozed)
            elif word in (OUTDATED, RISKY):
                places &= index.facts.get(word, 0)
            else:
                places &= index.facts.get(word, 0) | index.names.having(word) | mask(index.ids.get(word, ()))
            yield
        if places:
            found.append((part, places))
        yield
    return Listing(found)


def exactly(judged: Judged, refs: Iterable[str]) -> Listing:
    """The models with these references, as far as they are known."""
    found: dict[str, list[int]] = {}
    for ref in refs:
        known = Ref.parse(ref)
        part = judged.instances.get(known.instance)
        at = part.index.ids.get(known.id.casefold(), ()) if part else ()
        found.setdefault(known.instance, []).extend(p for p in at if part and part.ranked[p].model.ref == ref)
    return Listing([(judged.instances[name], mask(places)) for name, places in found.items() if places])


def _places(part: JudgedInstance, fits: Callable[[Judgement], bool]) -> Work[int]:
    """The places of the matching models in an instance."""
    places: list[int] = []
    for place, judgement in enumerate(part.ranked):
        if fits(judgement):
            places.append(place)
        if place % PIECE == 0:
            yield
    return mask(places)
