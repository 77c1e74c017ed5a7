"""Search: the models that somebody means, in time that grows with the fleet and not with what was typed."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate

from bot.domain.foreign_text import matching
from bot.turns import Work

FAR = 1000
"""Characters of a name that are searched; nobody can type more."""

ALIKE = 60
"""Characters that are compared to find the names most like another; beyond, the time grows with their product."""

LIKELY = 50
"""Names that are compared closely, of those that a quick look finds most like it."""

ONE = ord("1")

SHORT = 100
"""Characters of a part, and of names on average, up to which each name is looked at by itself."""

MANY = 500
"""Names that are compared at a time to find those most like another, in less than a millisecond."""

PIECE = 20
"""Names that are dealt with between two rests; those of 1,000 strange characters take 0.5 ms each."""


def key_of(name: str) -> str:
    """The form in which a name is searched."""
    key = matching(name[:FAR])[:FAR]
    return name if key == name else key  # so that most names are in memory once


class Names:
    """The keys of some names, as one text: Python finds a part of a long text in linear time, whatever is sought.

    What is found are places, as the bits of a number: so thousands are counted and compared at once.
    """

    __slots__ = ("_joined", "_places", "_starts", "keys", "longest")

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        self._joined = "\n".join(self.keys)  # no key has a line break
        self._starts = array("L", accumulate((len(key) + 1 for key in self.keys), initial=0))
        self._places = places_of(self.keys)
        self.longest = max(map(len, self.keys), default=0)

    def having(self, part: str) -> int:
        """The places of the names that have that part, which is a key itself."""
        at = self._joined.find(part)
        if at < 0:
            return 0
        if len(part) <= SHORT and len(self._joined) <= SHORT * len(self.keys):
            return mask([place for place, key in enumerate(self.keys) if part in key])  # five times as fast for many
        found: list[int] = []
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            found.append(place)
            at = self._joined.find(part, self._starts[place + 1])
        return mask(found)

    def equal(self, key: str) -> int:
        """The places of the names with that key."""
        return mask(self._places.get(key, ()))


def places_of(keys: Iterable[str]) -> dict[str, list[int]]:
    """The places of each key."""
    found: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return found


def mask(places: Collection[int]) -> int:
    """Places as the bits of a number."""
    if not places:
        return 0
    size = max(places)
    digits = bytearray(b"0") * (size + 1)
    for place in places:
        digits[size - place] = ONE
    return int(digits, 2)  # four times as fast as bit by bit, for thousands


def places(mask: int) -> Iterator[int]:
    """The places that a number has as its bits, the first one first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def nearest(key: str, names: Iterable[Names], most: int) -> Work[list[str]]:
    """The keys that are most like a key, the best first; those that are hardly like it are left out."""
    from rapidfuzz import fuzz, process  # only a typo needs it, the first answer does not

    wanted, likely, least = key[:ALIKE], dict[str, float](), 0.0
    for of_some in names:
        for start in range(0, len(of_some.keys), MANY):
            some = of_some.keys[start : start + MANY]
            short = [each[:ALIKE] for each in some] if of_some.longest > ALIKE else some
            found = process.extract(wanted, short, scorer=fuzz.ratio, limit=LIKELY, score_cutoff=least)
            likely.update((some[place], score) for _, score, place in found)
            yield
        if len(likely) > LIKELY:
            likely = {each: likely[each] for each in sorted(likely, key=lambda e: (-likely[e], e))[:LIKELY]}
            least = min(likely.values())
    closely = {each: each[:ALIKE] for each in sorted(likely)}
    return [each for _, _, each in process.extract(wanted, closely, limit=most, score_cutoff=60)]
