"""Search: the models that somebody means, in time that grows with the fleet and not with what was typed."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable

from bot.domain.foreign_text import matching
from bot.turns import Work

FAR = 1000
"""Characters of a name that are searched; nobody can type more."""

ALIKE = 60
"""Characters that are compared to find the names most like another; beyond, the time grows with their product."""

LIKELY = 50
"""Names that are compared closely, of those that a quick look finds most like it."""

PIECE = 20
"""Names that are dealt with between two rests; those of 1,000 strange characters take 0.5 ms each."""


def key_of(name: str) -> str:
    """The form in which a name is searched."""
    key = matching(name[:FAR])[:FAR]
    return name if key == name else key  # so that most names are in memory once


class Names:
    """The keys of some names, as one text: Python finds a part of a long text in linear time, whatever is sought."""

    __slots__ = ("_joined", "_starts", "keys")

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        self._joined = "\n".join(self.keys)  # no key has a line break
        self._starts = array("L", [0])
        for key in self.keys:
            self._starts.append(self._starts[-1] + len(key) + 1)

    def having(self, part: str) -> list[int]:
        """The places of the names that have that part, which is a key itself."""
        found: list[int] = []
        at = self._joined.find(part)
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            found.append(place)
            at = self._joined.find(part, self._starts[place + 1])
        return found


def nearest(key: str, names: Iterable[Names], most: int) -> Work[list[str]]:
    """The keys that are most like a key, the best first; those that are hardly like it are left out."""
    from rapidfuzz import fuzz, process  # only a typo needs it, the first answer does not

    wanted, likely = key[:ALIKE], dict[str, float]()
    for of_some in names:
        for start in range(0, len(of_some.keys), PIECE):
            short = {each: each[:ALIKE] for each in of_some.keys[start : start + PIECE]}
            found = process.extract(wanted, short, scorer=fuzz.ratio, limit=LIKELY)
            likely.update((each, score) for _, score, each in found)
            yield
        if len(likely) > LIKELY:
            likely = {each: likely[each] for each in sorted(likely, key=lambda e: (-likely[e], e))[:LIKELY]}
    closely = {each: each[:ALIKE] for each in sorted(likely)}
    return [each for _, _, each in process.extract(wanted, closely, limit=most, score_cutoff=60)]
