"""Siblings: the newest version of each base model in each instance, found once for any number of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from bot.domain.fleet import InstanceReading, in_order, is_newer


@dataclass(frozen=True, slots=True)
class Best:
    """The newest version of a base model in one instance, and the first model that has it.

    *twin* is the name of the next one that has it, "" for none. *on* is the day it was seen; *several*: more than one
    model there tells its versions.
    """

    version: str
    name: str
    on: date
    several: bool = False
    twin: str = ""


def bests_of(reading: InstanceReading, today: date) -> dict[str, Best]:
    """The newest version of each base model in one instance. *today* dates a reading without a time."""
    day = reading.read_at.date() if reading.read_at else today
    found: dict[str, Best] = {}
    for model in in_order(reading.models):
        version = model.newest
        if version is None or model.status == "pending":
            continue  # IBM never says that a model without data lists versions
        best = found.get(model.base)
        if best is None:
            found[model.base] = Best(version, model.name, day)
        elif is_newer(version, best.version):
            found[model.base] = Best(version, model.name, day, several=True)
        elif not best.several or (not best.twin and version == best.version):
            found[model.base] = replace(best, several=True, twin=model.name if version == best.version else best.twin)
    return found


class Siblings:
    """The newest version of each base model, by instance."""

    def __init__(self) -> None:
        self._cloud: dict[str, dict[str, Best]] = {}
        """Instances on IBM Cloud, where versions agree as far as is known."""
        self._alone: dict[str, dict[str, Best]] = {}
        """Clusters: each has the versions of its release and is compared with no other."""
        self._newer: dict[str, dict[tuple[str, str], tuple[Best, int] | None]] = {}
        """Cache by base, instance and version of what is newer elsewhere: thousands of models ask the same."""

    def put(self, reading: InstanceReading, today: date) -> dict[str, frozenset[str]]:
        """Replace what was known of an instance.

        Returns the base models this changes, each with the versions that were and are newest.
        """
        bests = bests_of(reading, today)
        here, elsewhere = (self._cloud, self._alone) if reading.deployment == "cloud" else (self._alone, self._cloud)
        changed: dict[str, frozenset[str]] = {}
        for base in set(bests).union(self._bases_of(reading.name)):
            before, now = self.here(base, reading.name), bests.get(base)
            if base in elsewhere:
                elsewhere[base].pop(reading.name, None)
            of_base = here.setdefault(base, {})
            if now is not None:
                of_base[reading.name] = now
            else:
                of_base.pop(reading.name, None)
            if before != now:
                self._newer.pop(base, None)
                changed[base] = frozenset(best.version for best in (before, now) if best is not None)
        return changed

    def here(self, base: str, instance: str) -> Best | None:
        """The newest version in one instance."""
        return self._cloud.get(base, {}).get(instance) or self._alone.get(base, {}).get(instance)

    def newer_elsewhere(self, base: str, instance: str, version: str) -> tuple[Best, int] | None:
        """The newest version in the other instances on IBM Cloud that have a newer one, and how many they are."""
        asked = instance, version
        known = self._newer.setdefault(base, {})
        if asked not in known:
            known[asked] = self._find_newer(base, instance, version)
        return known[asked]

    def _find_newer(self, base: str, instance: str, version: str) -> tuple[Best, int] | None:
        best, count = None, 0
        for name, other in sorted(self._cloud.get(base, {}).items()):
            if name == instance or not is_newer(other.version, version):
                continue
            count += 1
            if best is None or is_newer(other.version, best.version):
                best = other
        return (best, count) if best is not None else None

    def _bases_of(self, instance: str) -> set[str]:
        known: Iterator[tuple[str, Mapping[str, Best]]] = chain(self._cloud.items(), self._alone.items())
        return {base for base, of_base in known if instance in of_base}
