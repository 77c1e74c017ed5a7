"""Search for models by name, in time that grows with the fleet and not with the typed text."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate

from bot.domain.untrusted_text import matching
from bot.turns import Work

FAR = 1000
"""Characters of a name that are searched; people can't type more."""

ALIKE = 60
"""Characters compared to find the most similar names; beyond, time grows with the product of the lengths."""

LIKELY = 50
"""Names compared closely, preselected by a quick comparison."""

ONE = ord("1")

SHORT = 100
"""Names are searched one by one if the part and the average name have no more characters than this."""

MANY = 500
"""Names compared at a time for similarity, in less than a millisecond."""

PIECE = 20
"""Names processed before the event loop gets a turn; names of 1,000 unusual characters take 0.5 ms each."""


def key_of(name: str) -> str:
    """The form in which a name is searched."""
    key = matching(name[:FAR])[:FAR]
    return name if key == name else key  # most names are in memory only once this way


class Names:
    """The keys of some names in one text: Python finds any part of a long text in linear time.

    Results are places as the bits of a number, to count and compare thousands at once.
    """

    __slots__ = ("_joined", "_places", "_starts", "keys", "longest")

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        self._joined = "\n".join(self.keys)  # no key has a line break
        self._starts = array("L", accumulate((len(key) + 1 for key in self.keys), initial=0))
        self._places = places_of(self.keys)
        self.longest = max(map(len, self.keys), default=0)

    def having(self, part: str) -> int:
        """The places of the names that contain *part*, which must be a key."""
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
    """The places in a number's bits, in ascending order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def nearest(key: str, names: Iterable[Names], most: int) -> Work[list[str]]:
    """The keys most similar to a key, best first; hardly similar ones are left out."""
    from rapidfuzz import fuzz, process  # imported only for typos, not for the first answer

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
