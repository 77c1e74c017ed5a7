"""IBM's base models and what is known of each. The data is in `catalog.yaml`, beside this module.

The API lists neither the versions of a base model nor whether it has improved customization; only IBM's release notes
and tables do. So this is data, for operators to read, replace and extend.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

Deployment = Literal["cloud", "cp4d"]
Generation = Literal["previous", "next", "large", "unknown"]
Support = Literal["ga", "beta", "none", "unknown"]
Method = Literal["upgrade_model", "train"]
Certainty = Literal["table", "note_and_list", "note_only"]

_NAMES: Final[tuple[tuple[re.Pattern[str], Generation], ...]] = (
    (re.compile(r"[a-z]{2}-[A-Z]{2}(_ShortForm)?_(Broadband|Narrowband)Model"), "previous"),
    (re.compile(r"[a-z]{2}-[A-Z]{2}(_Medical)?_(Telephony|Multimedia)"), "next"),
    (re.compile(r"[a-z]{2}-[A-Z]{2}"), "large"),
)
"""Name patterns of all base models in IBM's tables (models.md, models-ng.md, models-large-speech-language.md)."""
_DATED: Final = re.compile(r"\.v([0-9]{4}-[0-9]{2}-[0-9]{2})\Z")


@dataclass(frozen=True, slots=True)
class Customization:
    """Support for custom language and acoustic models on a base (custom-support.md, tables 1 to 3)."""

    language: Support
    acoustic: Support


@dataclass(frozen=True, slots=True)
class Improved:
    """A base with improved customization: from *since* on, training upgrades its custom models.

    *certainty*: `table` = custom-support.md has the model and the day; `note_and_list` = a release note names the
    language and custom.md the model; `note_only` = a release note names the language, no page the model.
    """

    since: datetime.date
    certainty: Certainty
    source: str


@dataclass(frozen=True, slots=True)
class RequiredUpdate:
    """An update of a base in one deployment; existing custom models need an upgrade after it.

    *date* is the date of the release note. *version* is None unless the note gives it; hardly any note does.
    """

    date: datetime.date
    version: str | None
    method: Method
    source: str


@dataclass(frozen=True, slots=True)
class RecreateRange:
    """Custom models on versions from *first* (None: any) to *last* can't be upgraded, only re-created.

    Both ends are included: IBM writes "from … to …" and does not say whether *last* is. A model on *last* created after
    *noted*, the day of the note, may already be the new one.
    """

    first: str | None
    last: str
    noted: datetime.date
    source: str

    def __post_init__(self) -> None:
        """Refuse a range that can't be compared with versions."""
        first, last = _embedded(self.first or self.last), _embedded(self.last)
        if first is None or last is None or first > last:
            raise ValueError("a range goes from one version to a later one, both ending in .vYYYY-MM-DD")

    def covers(self, day: datetime.date) -> bool:
        """Whether a version with that embedded date is in the range."""
        return (_embedded(self.first or "") or day) <= day <= (_embedded(self.last) or day)


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A published version, its embedded date, and the day of its probable release note.

    A date is None if unknown; *released* is our own matching, IBM states none.
    """

    version: str
    embedded: datetime.date | None = None
    released: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class BaseEntry:
    """One base model. A deployment that is missing from a mapping has no known data.

    *kind* is broadband, narrowband, telephony, multimedia or large; *min_rate_hz* the lowest sampling rate. *successor*
    is the base to migrate to: the large speech model of the same locale, else the next-generation model, else None.
    *required* is oldest first.
    """

    name: str
    language: str
    generation: Generation
    kind: str
    min_rate_hz: int
    discontinued: Mapping[Deployment, datetime.date] = field(default_factory=dict)
    successor: str | None = None
    successor_alternatives: tuple[str, ...] = ()
    customization: Mapping[Deployment, Customization] = field(default_factory=dict)
    improved: Mapping[Deployment, Improved] = field(default_factory=dict)
    required: Mapping[Deployment, tuple[RequiredUpdate, ...]] = field(default_factory=dict)
    recreate: Mapping[Deployment, tuple[RecreateRange, ...]] = field(default_factory=dict)
    known_versions: tuple[KnownVersion, ...] = ()

    def __post_init__(self) -> None:
        """Refuse updates out of order: the last one is used as the latest."""
        for deployment, updates in self.required.items():
            if any(later.date < earlier.date for earlier, later in pairwise(updates)):
                raise ValueError(f"required.{deployment} must be in the order of dates, oldest first")


@dataclass(frozen=True, slots=True)
class Catalog:
    """The known base models. *as_of* is the last day of release notes read, by deployment.

    *retired_names* maps names that the service refuses to their replacements.
    """

    as_of: Mapping[Deployment, datetime.date]
    bases: Mapping[str, BaseEntry]
    retired_names: Mapping[str, str]

    def base(self, name: str) -> BaseEntry | None:
        """The entry with exactly that name; retired names have none."""
        return self.bases.get(name)

    def generation(self, name: str) -> Generation:
        """The generation of any base model, from its entry or else its name."""
        entry = self.bases.get(name)
        return entry.generation if entry else generation_by_shape(name)

    def improved(self, name: str, deployment: Deployment) -> Improved | None:
        """Since when, and how surely, a base has improved customization in that deployment; None if unknown."""
        entry = self.bases.get(name)
        return entry.improved.get(deployment) if entry else None

    def last_required(self, name: str, deployment: Deployment) -> RequiredUpdate | None:
        """The latest update of a base that required an upgrade in that deployment; None if unknown."""
        entry = self.bases.get(name)
        updates = entry.required.get(deployment, ()) if entry else ()
        return updates[-1] if updates else None

    def must_recreate(self, name: str, deployment: Deployment, version: str) -> RecreateRange | None:
        """The range around *version* that IBM offers no upgrade for; None if there is none.

        Also None for a *version* without a date: nothing is known of it.
        """
        entry, day = self.bases.get(name), _embedded(version)
        ranges = entry.recreate.get(deployment, ()) if entry else ()
        return next((each for each in ranges if day and each.covers(day)), None)


def generation_by_shape(name: str) -> Generation:
    """The generation, judged by the name."""
    return next((generation for shape, generation in _NAMES if shape.fullmatch(name)), "unknown")


@lru_cache(maxsize=4096)
def _embedded(version: str) -> datetime.date | None:
    """The date at the end of a current version string; None for older formats, which no range uses."""
    found = _DATED.search(version)
    try:
        return datetime.date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
