"""What is known of IBM's base models, and what follows from it. The data is in `catalog.yaml`, beside this.

The API tells neither which versions of a base model exist nor whether it has improved customization: only
IBM's release notes and tables do. So this is data that an operator can read, replace and extend.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
import yaml

from bot.errors import CatalogError

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: the same result, five times as slow (measured)
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # same methods, no common base

SHIPPED: Final = "catalog.yaml"
"""The catalog that comes with Retune: a resource of the package `bot.domain`."""

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
"""The shapes of every base model's name in IBM's tables (models.md, models-ng.md, models-large-speech-language.md)."""
_DATED: Final = re.compile(r"\.v([0-9]{4}-[0-9]{2}-[0-9]{2})\Z")


@dataclass(frozen=True, slots=True)
class Customization:
    """How far custom language and acoustic models are supported on a base (custom-support.md, tables 1 to 3)."""

    language: Support
    acoustic: Support


@dataclass(frozen=True, slots=True)
class Improved:
    """A base has improved customization: from *since* on, training is what upgrades its custom models.

    *certainty*: `table` = model and day stand in custom-support.md; `note_and_list` = a release note names the
    language and custom.md the model; `note_only` = a release note names the language and nothing the model.
    """

    since: datetime.date
    certainty: Certainty
    source: str


@dataclass(frozen=True, slots=True)
class RequiredUpdate:
    """An update of a base, in one deployment, after which existing custom models need an upgrade.

    *date* is the release note's. *version* is None unless the note gives the string; hardly any note does.
    """

    date: datetime.date
    version: str | None
    method: Method
    source: str


@dataclass(frozen=True, slots=True)
class RecreateRange:
    """Custom models on the versions from *first* (None: any) to *last* cannot be upgraded, only made anew.

    Both ends count: IBM writes "from … to …" and leaves open whether *last* does. A model on *last* that was
    created after *noted*, the day of the note, may already be the one made anew.
    """

    first: str | None
    last: str
    noted: datetime.date
    source: str

    def __post_init__(self) -> None:
        """Refuse a range that could not be compared with any version."""
        first, last = _embedded(self.first or self.last), _embedded(self.last)
        if first is None or last is None or first > last:
            raise ValueError("a range goes from one version to a later one, both ending in .vYYYY-MM-DD")

    def covers(self, day: datetime.date) -> bool:
        """Whether a version with that date inside lies in the range."""
        return (_embedded(self.first or "") or day) <= day <= (_embedded(self.last) or day)


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version string that was published, the date inside it, and the day of its probable release note.

    Either date is None where it is not known; *released* is our matching, IBM states none.
    """

    version: str
    embedded: datetime.date | None = None
    released: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class BaseEntry:
    """One base model; of a deployment that is missing from a mapping nothing is known there.

    *kind* is broadband, narrowband, telephony, multimedia or large; *min_rate_hz* the lowest sampling rate.
    *successor* is where to migrate: the large speech model of the same locale, else the next-generation model,
    None if there is neither. *required* is oldest first.
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
        """Refuse updates out of order: the last one is taken for the latest."""
        for deployment, updates in self.required.items():
            if any(later.date < earlier.date for earlier, later in pairwise(updates)):
                raise ValueError(f"required.{deployment} must be in the order of dates, oldest first")


@dataclass(frozen=True, slots=True)
class Catalog:
    """What is known of base models, as of a day for each deployment: how far the release notes reach.

    *retired_names* leads from names that the service refuses to those that replaced them.
    """

    as_of: Mapping[Deployment, datetime.date]
    bases: Mapping[str, BaseEntry]
    retired_names: Mapping[str, str]

    def base(self, name: str) -> BaseEntry | None:
        """The entry of exactly that name; a retired name has none."""
        return self.bases.get(name)

    def generation(self, name: str) -> Generation:
        """The generation of any base model: by its entry, else by the shape of its name."""
        entry = self.bases.get(name)
        return entry.generation if entry else _generation_by_shape(name)

    def improved(self, name: str, deployment: Deployment) -> Improved | None:
        """Since when and how surely a base has improved customization in that deployment; None if not known."""
        entry = self.bases.get(name)
        return entry.improved.get(deployment) if entry else None

    def last_required(self, name: str, deployment: Deployment) -> RequiredUpdate | None:
        """The latest update of a base that required an upgrade in that deployment; None if none is known."""
        entry = self.bases.get(name)
        updates = entry.required.get(deployment, ()) if entry else ()
        return updates[-1] if updates else None

    def must_recreate(self, name: str, deployment: Deployment, version: str) -> RecreateRange | None:
        """The range of versions in which *version* lies and out of which IBM knows no upgrade, if there is one.

        None as well for a *version* that carries no date: nothing can be said of it.
        """
        entry, day = self.bases.get(name), _embedded(version)
        ranges = entry.recreate.get(deployment, ()) if entry else ()
        return next((each for each in ranges if day and each.covers(day)), None)


def parse(text: str) -> Catalog:
    """Read a catalog in the shape that the head of the shipped file explains.

    Raises `CatalogError` with a line for each fault and its place: the base model and the key, or the line of
    the text where it is not YAML.
    """
    try:
        content = yaml.load(text, _Loader)  # a safe loader: plain values only, whatever tags the text has
    except yaml.MarkedYAMLError as fault:
        line = f"line {fault.problem_mark.line + 1}: " if fault.problem_mark else ""
        raise _unreadable([f"{line}{fault.problem}"]) from fault
    except (yaml.YAMLError, ValueError, KeyError, AttributeError) as fault:  # not only its own: `!!bool maybe`
        raise _unreadable([f"not YAML: {fault}"]) from fault
    if faults := ["it is empty"] if content is None else _faults(content, _File, ""):
        raise _unreadable(faults)
    read = msgspec.convert(content, _File)
    if faults := list(_contradictions(read)):
        raise _unreadable(faults)
    return Catalog(read.as_of, {entry.name: entry for entry in read.bases}, read.retired_names)


@dataclass(frozen=True, slots=True)
class _File:
    """The catalog as it is written."""

    as_of: Mapping[Deployment, datetime.date]
    bases: tuple[BaseEntry, ...]
    retired_names: Mapping[str, str] = field(default_factory=dict)


class _Loader(_SafeLoader):
    """Leaves dates as text, so that a wrong one is found with its place, and refuses a key given twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
        start: [(tag, shape) for tag, shape in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for start, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """PyYAML takes the last of two equal keys and says nothing: the first would be lost unseen."""
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(None, None, f"“{key.value}” is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _unreadable(faults: list[str]) -> CatalogError:
    return CatalogError("\n".join(("The catalog of base models cannot be read.", *faults)))


def _faults(value: object, shape: Any, place: str) -> list[str]:
    """The innermost faults in *value*, each with its place.

    msgspec judges each part. Left to the whole at once it would stop at the first fault, give `[...]` for the
    deployment and a number for the base model, and let keys pass that a dataclass does not have.
    """
    if inner := [fault for part in _parts(value, shape, place) for fault in _faults(*part)]:
        return inner
    at = place or "top level"
    if isinstance(value, dict) and (keys := _hints(shape)) and (unknown := [k for k in value if k not in keys]):
        return [f"{at}: unknown key “{key}”; the keys are {', '.join(keys)}" for key in unknown]
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as fault:
        found = "" if isinstance(value, dict | list) else f" (found {value!r})"
        return [f"{at}: {str(fault).partition(' - at `')[0]}{found}"]
    return []


def _parts(value: object, shape: Any, place: str) -> Iterator[tuple[object, Any, str]]:
    """What *value* consists of, each with the shape it must have and its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            inner_shape = get_args(shape)[1] if get_origin(shape) is Mapping else _hints(shape).get(key)
            if inner_shape is not None:
                yield inner, inner_shape, f"{place}.{key}" if place else str(key)
    elif isinstance(value, list) and get_origin(shape) is tuple:
        for number, inner in enumerate(value, 1):
            name = inner.get("name") if isinstance(inner, dict) else None
            yield inner, get_args(shape)[0], str(name) if name else f"{place}, item {number}"


@cache
def _hints(shape: Any) -> dict[str, Any]:
    """The fields of a dataclass, none for any other shape."""
    return get_type_hints(shape) if is_dataclass(shape) else {}


def _contradictions(read: _File) -> Iterator[str]:
    """Faults that show only when the entries are seen together."""
    yield from (f"as_of: no day for {each}" for each in get_args(Deployment) if each not in read.as_of)
    listed = Counter(entry.name for entry in read.bases)
    yield from (f"{name}: listed {count} times" for name, count in listed.items() if count > 1)
    leads = [(f"retired_names.{old}", new) for old, new in read.retired_names.items()]
    for entry in read.bases:
        leads += [(f"{entry.name}.successor", n) for n in (entry.successor, *entry.successor_alternatives) if n]
    for place, name in leads:
        if name not in listed and _generation_by_shape(name) == "unknown":
            yield f"{place}: “{name}” is neither listed nor shaped like the name of a base model"


def _generation_by_shape(name: str) -> Generation:
    return next((generation for shape, generation in _NAMES if shape.fullmatch(name)), "unknown")


def _embedded(version: str) -> datetime.date | None:
    """The date at the end of a version string of today's shape; None for older shapes, which no range uses."""
    found = _DATED.search(version)
    try:
        return datetime.date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
