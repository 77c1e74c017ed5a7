"""The fleet as it was last read: instances, custom models, and the versions of their base models."""

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
"""What identifies a model within its instance: its kind and customization id."""

IDLE = frozenset({"ready", "available"})
"""Statuses in which the service accepts an upgrade ("Upgrading a custom language model", step 1)."""

IN_PROGRESS = frozenset({"training", "upgrading"})
"""Statuses in which the service changes the model and accepts no other change."""

_SHAPES = (
    (re.compile(r"\.v(\d{4}-\d{2}-\d{2})$"), "%Y-%m-%d"),
    (re.compile(r"\.v\d{2}-\d{8}\.(\d{8})$"), "%m%d%Y"),  # en-US_BroadbandModel.v07-06082016.06202016
    (re.compile(r"\.lm(\d{8})\d{6}\.am\d{14}$"), "%Y%m%d"),  # es_ES.8kHz.general.lm2018….am2018…
)


@lru_cache(maxsize=4096)
def embedded_date(version: str) -> date | None:
    """The date inside a version string (`en-US_Telephony.v2021-10-04`), None for shapes that carry none.

    It is not the release date: it lies 18 to 111 days before the release note in every pair that is known.
    """
    for shape, layout in _SHAPES:
        if found := shape.search(version):
            try:
                return datetime.strptime(found.group(1), layout).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                return None
    return None


def newest(versions: Iterable[str]) -> str | None:
    """The newest of *versions*: by embedded date; where one carries none, the last in the service's order."""
    listed = list(versions)
    if len(listed) < 2:
        return listed[0] if listed else None
    dates = [embedded_date(version) for version in listed]
    known = [day for day in dates if day is not None]
    if len(known) < len(listed):
        return listed[-1]
    return listed[dates.index(max(known))]


def is_newer(version: str, than: str) -> bool | None:
    """Whether *version* is newer than *than*; None when the strings do not tell."""
    if version == than:
        return False
    left, right = embedded_date(version), embedded_date(than)
    if left is None or right is None:
        return None
    return left > right


@dataclass(frozen=True, slots=True)
class Ref:
    """What identifies a model everywhere in Retune; written `instance/kind/customization id`."""

    instance: str
    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.instance}/{self.kind}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """The reference that `str` wrote."""
        instance, _, rest = text.partition("/")
        kind, _, id = rest.partition("/")
        return cls(instance, "acoustic" if kind == "acoustic" else "language", id)


@dataclass(frozen=True, slots=True)
class Model:
    """One custom model as its instance described it.

    *versions* are the versions of the base model it can be used with, in the service's order; None where the
    service did not send the field, which means unknown, not none. *status* is the service's word, also when
    it is one we have never heard of.
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
        """What identifies the model everywhere in Retune, as it is written: see `Ref`."""
        return f"{self.instance}/{self.kind}/{self.id}"

    @property
    def key(self) -> Key:
        """What identifies the model within its instance."""
        return self.kind, self.id

    @property
    def newest(self) -> str | None:
        """The newest version of the base model that this model was upgraded to; None if unknown."""
        return newest(self.versions or ())


def in_order(models: Iterable[Model]) -> list[Model]:
    """Models of one instance in the order in which they are judged and listed: by name, then by id."""
    return sorted(models, key=lambda m: (m.name.casefold(), m.id, m.kind))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record of a list that makes no sense: of *what*, with which *id* ("" where not even that can be read), why."""

    what: str
    id: str
    fault: str


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The records of a list that can be read, and the others. *size*: bytes that came over the wire, 0 if not known."""

    items: tuple[T, ...]
    unreadable: tuple[Unreadable, ...] = ()
    size: int = 0

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a custom model holds, as far as upgrading and training need to know it.

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
    """The last good reading of one instance, and since when it has failed, if it fails now.

    *bases* are the base models that the instance serves (`GET /v1/models`); None where that was never read.
    *unreadable* are the records of its lists that make no sense, *doubt* is about newer readings, not believed.
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
        """Every model of every instance, ordered by instance, name and id."""
        return tuple(model for name in sorted(self.instances) for model in in_order(self.instances[name].models))

    @property
    def read_at(self) -> datetime | None:
        """The oldest of the instances' readings: what the whole is at least as fresh as."""
        times = [reading.read_at for reading in self.instances.values()]
        known = [time for time in times if time is not None]
        return min(known) if known and len(known) == len(times) else None

    def find(self, ref: str) -> Model | None:
        """The model with that reference, None if the last reading had none."""
        return next((model for model in self.models if model.ref == ref), None)
