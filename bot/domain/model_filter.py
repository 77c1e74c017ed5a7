"""What `/stt-models` and `/stt-upgrade outdated` filter by: words, of which each must fit a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.domain.foreign_text import matching
from bot.domain.judged import Judged, JudgedInstance, ranked
from bot.domain.search import FAR
from bot.domain.verdicts import UPGRADABLE, Judgement
from bot.turns import Work

SNOOZED = "snoozed"

PIECE = 200
"""Models that are looked at between two rests."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The models that pass: a ranked list for each instance."""

    lists: Sequence[Sequence[Judgement]]
    count: int
    outdated: int

    def page(self, number: int, size: int) -> Work[tuple[int, tuple[Judgement, ...]]]:
        """Page *number*, from 0, or the nearest that there is; which one it is, and its models, the worst first."""
        number = min(max(number, 0), max(0, (self.count - 1) // size))
        found = ranked(self.lists)
        for _ in range(number * size // PIECE):
            next(islice(found, PIECE - 1, None))
            yield
        left = number * size % PIECE
        return number, tuple(islice(found, left, left + size))


def passing(judged: Judged, words: Iterable[str], is_snoozed: Callable[[Judgement], bool]) -> Work[Listing]:
    """The models that pass every word: verdict, risk, kind, instance, language, base, id, or part of a name."""
    wanted = list(dict.fromkeys(matching(word)[:FAR] for word in words))
    if not wanted:
        lists = [part.ranked for part in judged.instances.values()]
        return Listing(lists, judged.total, judged.outdated)
    found: list[Sequence[Judgement]] = []
    outdated = 0
    for part in judged.instances.values():
        places = set(range(len(part.ranked)))
        for word in wanted:
            places &= yield from _places(part, word, is_snoozed)
            yield
        found.append([part.ranked[place] for place in sorted(places)])
        outdated += sum(judgement.outdated for judgement in found[-1])
        yield
    return Listing(found, sum(map(len, found)), outdated)


def _places(part: JudgedInstance, word: str, is_snoozed: Callable[[Judgement], bool]) -> Work[set[int]]:
    """Where in an instance the models are that pass one word."""
    places = set(part.names.having(word)).union(part.facts.get(word, ()))
    if word == SNOOZED:
        for place, judgement in enumerate(part.ranked):
            if is_snoozed(judgement):
                places.add(place)
            if place % PIECE == 0:
                yield
    return places


def upgradable(listing: Listing) -> Work[list[Judgement]]:
    """Those that an upgrade brings up to date, the worst first."""
    lists: list[Sequence[Judgement]] = []
    for each in listing.lists:
        lists.append([judgement for judgement in each if judgement.verdict in UPGRADABLE])
        yield
    found: list[Judgement] = []
    for judgement in ranked(lists):
        found.append(judgement)
        if len(found) % PIECE == 0:
            yield
    return found
