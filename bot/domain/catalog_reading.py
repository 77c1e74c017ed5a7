"""Reads a catalog of base models from YAML and reports each fault with its place.

Separate from `catalog`, because YAML and the shipped file cost 60 ms, and the first answer in Slack need not wait for
them.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec
import yaml

from bot.domain.catalog import BaseEntry, Catalog, Deployment, generation_by_shape
from bot.errors import CatalogError

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: the same result, five times as slow (measured)
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # same methods, no common base

NAME = 40
"""Most characters shown of a key or value."""

SHIPPED: Final = "catalog.yaml"
"""The catalog shipped with Retune: a resource of the package `bot.domain`."""


def parse(text: str) -> Catalog:
    """Read a catalog. The head of the shipped file explains the format.

    Raises `CatalogError` with one line for each fault and its place: base model and key, or the line of the text if it
    is not YAML.
    """
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 - a safe loader: plain values only, whatever the tags
    except yaml.MarkedYAMLError as fault:
        line = f"line {fault.problem_mark.line + 1}: " if fault.problem_mark else ""
        raise _unreadable([f"{line}{fault.problem}"]) from fault
    # PyYAML raises more than its own errors: `!!bool maybe`
    except (yaml.YAMLError, ValueError, KeyError, AttributeError) as fault:
        raise _unreadable([f"not YAML: {fault}"]) from fault
    if faults := ["it is empty"] if content is None else _faults(content, _File, ""):
        raise _unreadable(faults)
    read = msgspec.convert(content, _File)
    if faults := list(_contradictions(read)):
        raise _unreadable(faults)
    return Catalog(read.as_of, {entry.name: entry for entry in read.bases}, read.retired_names)


@dataclass(frozen=True, slots=True)
class _File:
    """The catalog file."""

    as_of: Mapping[Deployment, datetime.date]
    bases: tuple[BaseEntry, ...]
    retired_names: Mapping[str, str] = field(default_factory=dict)


class _Loader(_SafeLoader):
    """Keeps dates as text, to report a wrong one with its place, and refuses duplicate keys."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
        start: [(tag, shape) for tag, shape in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for start, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse duplicate keys: PyYAML silently keeps the last one."""
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

    msgspec checks each part separately. On the whole value it would stop at the first fault, print `[...]` for the
    deployment and a number for the base model, and accept keys that the dataclass does not have.
    """
    if inner := [fault for part in _parts(value, shape, place) for fault in _faults(*part)]:
        return inner
    at = place or "top level"
    if isinstance(value, dict) and (keys := _hints(shape)) and (unknown := [k for k in value if k not in keys]):
        named = [f"unknown key “{key}”" for key in unknown if _is_name(key)]
        if len(named) < len(unknown):  # perhaps not a catalog at all: don't show its content
            named.append(f"{len(unknown) - len(named)} lines that are not keys of a catalog")
        return [f"{at}: {what}; the keys are {', '.join(keys)}" for what in named]
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as fault:
        found = "" if isinstance(value, dict | list) or len(repr(value)) > NAME else f" (found {value!r})"
        return [f"{at}: {str(fault).partition(' - at `')[0]}{found}"]
    return []


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier() and len(key) <= NAME


def _parts(value: object, shape: Any, place: str) -> Iterator[tuple[object, Any, str]]:
    """The parts of *value*, each with its expected type and its place."""
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
    """The fields of a dataclass; none for other types."""
    return get_type_hints(shape) if is_dataclass(shape) else {}


def _contradictions(read: _File) -> Iterator[str]:
    """Faults between entries that are valid one by one."""
    yield from (f"as_of: no day for {each}" for each in get_args(Deployment) if each not in read.as_of)
    listed = Counter(entry.name for entry in read.bases)
    yield from (f"{name}: listed {count} times" for name, count in listed.items() if count > 1)
    leads = [(f"retired_names.{old}", new) for old, new in read.retired_names.items()]
    for entry in read.bases:
        leads += [(f"{entry.name}.successor", n) for n in (entry.successor, *entry.successor_alternatives) if n]
    for place, name in leads:
        if name not in listed and generation_by_shape(name) == "unknown":
            yield f"{place}: “{name}” is not listed and does not look like the name of a base model"
