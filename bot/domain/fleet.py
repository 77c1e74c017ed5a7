"""The fleet as last read: instances, custom models, and the versions of their base models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Generic, Literal, TypeVar

from bot.domain.catalog import Deployment
from bot.domain.doubts import Doubt

T = TypeVar("T")

Kind = Literal["language", "acoustic"]

Key = tuple[Kind, str]
"""Identifies a model within its instance: kind and customization id."""

IDLE = frozenset({"ready", "available"})
"""Statuses in which the service accepts an upgrade ("Upgrading a custom language model", step 1)."""

IN_PROGRESS = frozenset({"training", "upgrading"})
"""Statuses in which the service is changing the model and accepts no other change."""

_SHAPES = (
    (re.compile(r"\.v(\d{4}-\d{2}-\d{2})$"), "%Y-%m-%d"),
    (re.compile(r"\.v\d{2}-\d{8}\.(\d{8})$"), "%m%d%Y"),  # en-US_BroadbandModel.v07-06082016.06202016
    (re.compile(r"\.lm(\d{8})\d{6}\.am\d{14}$"), "%Y%m%d"),  # es_ES.8kHz.general.lm2018….am2018…
)


@lru_cache(maxsize=4096)
def embedded_date(version: str) -> date | None:
    """The date inside a version string (`en-US_Telephony.v2021-10-04`), None if there is none.

    Not the release date: in every known pair it is 18 to 111 days before the release note.
    """
    for shape, layout in _SHAPES:
        if found := shape.search(version):
            try:
                return datetime.strptime(found.group(1), layout).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                return None
    return None


def newest(versions: Iterable[str]) -> str | None:
    """The newest of *versions*: by embedded date, or the last in the service's order if one has no date."""
    listed = list(versions)
    if len(listed) < 2:
        return listed[0] if listed else None
    dates = [embedded_date(version) for version in listed]
    known = [day for day in dates if day is not None]
    if len(known) < len(listed):
        return listed[-1]
    return listed[dates.index(max(known))]


def is_newer(version: str, than: str) -> bool | None:
    """Whether *version* is newer than *than*; None if the strings do not tell."""
    if version == than:
        return False
    left, right = embedded_date(version), embedded_date(than)
    if left is None or right is None:
        return None
    return left > right


@dataclass(frozen=True, slots=True)
class Ref:
    """Identifies a model everywhere in Retune; written `instance/kind/customization id`."""

    instance: str
    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.instance}/{self.kind}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """The reference written by `str`."""
        instance, _, rest = text.partition("/")
        kind, _, id = rest.partition("/")
        return cls(instance, "acoustic" if kind == "acoustic" else "language", id)


@dataclass(frozen=True, slots=True)
class Model:
    """One custom model as its instance describes it.

    *versions* are the versions of the base model it can be used with, in the service's order; None if the service did
    not send the field: unknown, not none. *status* is the service's word, even one that Retune does not know.
    """

    instance: str
    deployment: Deployment
    kind: Kind
    id: str
    name: str
    base: str
    language: str
    status: str
    versions: tuple[str, ...] | None
    created: datetime | None
    updated: datetime | None
    owner: str = ""
    description: str = ""
    error: str = ""

    @property
    def ref(self) -> str:
        """The model's reference as text: see `Ref`."""
        return f"{self.instance}/{self.kind}/{self.id}"

    @property
    def key(self) -> Key:
        """Identifies the model within its instance."""
        return self.kind, self.id

    @property
    def newest(self) -> str | None:
        """The newest base model version this model was upgraded to; None if unknown."""
        return newest(self.versions or ())


def in_order(models: Iterable[Model]) -> list[Model]:
    """Models of one instance in the order they are judged and listed: by name, then id."""
    return sorted(models, key=lambda m: (m.name.casefold(), m.id, m.kind))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An unreadable record of a list: *what* it lists, its *id* ("" if that is unreadable too), and why."""

    what: str
    id: str
    fault: str


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The readable records of a list, and the unreadable ones. *size*: bytes received, 0 if unknown."""

    items: tuple[T, ...]
    unreadable: tuple[Unreadable, ...] = ()
    size: int = 0

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Holdings:
    """The contents of a custom model, as far as upgrades and trainings depend on them.

    *processing* and *invalid* name resources; *audio_minutes* counts valid audio only, as the service does.
    """

    corpora: int = 0
    words: int = 0
    grammars: int = 0
    recordings: int = 0
    audio_minutes: float = 0.0
    processing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to upgrade ("Upgrade failures": the model contains no data)."""
        return not (self.corpora or self.words or self.grammars or self.recordings)


@dataclass(frozen=True, slots=True)
class InstanceReading:
    """The last good reading of one instance; *failing_since* if it fails now.

    *bases* are the base models the instance offers (`GET /v1/models`); None if never read. *unreadable* are the
    unreadable records of its lists, *doubt* is about newer readings that are not used.
    """

    name: str
    deployment: Deployment
    models: tuple[Model, ...] = ()
    bases: frozenset[str] | None = None
    read_at: datetime | None = None
    failing_since: datetime | None = None
    failure: str = ""
    unreadable: tuple[Unreadable, ...] = ()
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole fleet, instance by instance."""

    instances: Mapping[str, InstanceReading]

    @property
    def models(self) -> tuple[Model, ...]:
        """All models of all instances, ordered by instance, name and id."""
        return tuple(model for name in sorted(self.instances) for model in in_order(self.instances[name].models))

    @property
    def read_at(self) -> datetime | None:
        """The time of the oldest reading: the whole is at least this fresh."""
        times = [reading.read_at for reading in self.instances.values()]
        known = [time for time in times if time is not None]
        return min(known) if known and len(known) == len(times) else None

    def find(self, ref: str) -> Model | None:
        """The model with that reference, None if the last reading did not have it."""
        return next((model for model in self.models if model.ref == ref), None)
