"""Doubts: readings that may come from another instance. They are not used until a person accepts them."""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

AT_LEAST = 3
"""Fewest missing models that raise a doubt: very few models are soon deleted by hand."""

LOOKS = 3
"""Consecutive doubtful readings before people are asked, the first included."""

LASTING = timedelta(minutes=2)
"""How long the doubt must have lasted by then."""

Listing = Collection[tuple[str, str]]
"""The models an instance lists, each by kind and id."""


class DoubtKind(StrEnum):
    """What is wrong with a reading."""

    NOTHING = "lists nothing"
    FEWER = "lost most of its models"
    NO_BASES = "serves no base models"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Consecutive doubtful readings: *since* is the first, *looks* their number.

    *had* and *has* are the numbers of models, or base models, listed before and now; *kept* how many are in both.
    *shape* identifies the last list.
    """

    kind: DoubtKind
    had: int
    has: int
    kept: int
    shape: str
    since: datetime
    looks: int = 1

    def ripe(self, now: datetime) -> bool:
        """Whether people are asked."""
        # A negative time: the clock was set back.
        return self.looks >= LOOKS and not timedelta() <= now - self.since < LASTING


def doubtful(
    had: Listing, has: Listing, served: Set[str] | None, serves: Set[str], last: Doubt | None, now: datetime
) -> Doubt | None:
    """Why a reading is doubtful; None if it is not.

    *had* and *served* are the models and base models listed before, *has* and *serves* those listed now; *last* is the
    doubt about the previous reading.
    """
    kind, counts = missing(had, has), (len(had), len(has), len(set(had) & set(has)))
    if kind is None and not serves and (served or has):
        kind, counts = DoubtKind.NO_BASES, (len(served or ()), 0, 0)
    if kind is None:
        return None
    shape = sha256(repr((sorted(has), sorted(serves))).encode()).hexdigest()[:16]
    return Doubt(kind, *counts, shape, last.since if last else now, last.looks + 1 if last else 1)


def missing(had: Listing, has: Listing) -> DoubtKind | None:
    """Whether more models are missing than people delete between two readings, of all models or of one kind."""
    gone = set(had) - set(has)
    if not gone:
        return None
    if not has:
        return DoubtKind.NOTHING
    parts = [(had, gone)]
    parts += [([h for h in had if h[0] == kind], {g for g in gone if g[0] == kind}) for kind in {h[0] for h in had}]
    most = any(len(lost) >= AT_LEAST and 2 * len(lost) > len(of_all) for of_all, lost in parts)
    return DoubtKind.FEWER if most else None
