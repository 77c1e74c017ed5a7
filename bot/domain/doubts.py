"""Doubts: readings of an instance that may be of another one by now, and are not believed before people look."""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

AT_LEAST = 3
"""Models that must be missing at least: of very few, most are soon deleted by hand."""

LOOKS = 3
"""Readings in a row, the first one counted, before people are asked."""

LASTING = timedelta(minutes=2)
"""How long it must have lasted by then."""

Listing = Collection[tuple[str, str]]
"""What an instance lists: the kind and id of each model."""


class DoubtKind(StrEnum):
    """What is odd about a reading."""

    NOTHING = "lists nothing"
    FEWER = "lost most of its models"
    NO_BASES = "serves no base models"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Readings in a row that are not believed: the first was *since*, there were *looks*.

    *had* and *has* count the models, or the base models, that were and are listed, *kept* those that still are;
    *shape* tells what was listed last.
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
        return self.looks >= LOOKS and not timedelta() <= now - self.since < LASTING  # or the clock was set back


def doubtful(
    had: Listing, has: Listing, served: Set[str] | None, serves: Set[str], last: Doubt | None, now: datetime
) -> Doubt | None:
    """Why a reading is not believed; None where it is.

    *had* and *served* are what the instance listed before, *has* and *serves* what it lists now; *last* is the doubt
    about the reading before.
    """
    kind, counts = missing(had, has), (len(had), len(has), len(set(had) & set(has)))
    if kind is None and not serves and (served or has):
        kind, counts = DoubtKind.NO_BASES, (len(served or ()), 0, 0)
    if kind is None:
        return None
    shape = sha256(repr((sorted(has), sorted(serves))).encode()).hexdigest()[:16]
    return Doubt(kind, *counts, shape, last.since if last else now, last.looks + 1 if last else 1)


def missing(had: Listing, has: Listing) -> DoubtKind | None:
    """Whether more is missing than people delete between two readings, of all models or of one kind."""
    gone = set(had) - set(has)
    if not gone:
        return None
    if not has:
        return DoubtKind.NOTHING
    parts = [(had, gone)]
    parts += [([h for h in had if h[0] == kind], {g for g in gone if g[0] == kind}) for kind in {h[0] for h in had}]
    most = any(len(lost) >= AT_LEAST and 2 * len(lost) > len(of_all) for of_all, lost in parts)
    return DoubtKind.FEWER if most else None
