"""Lag: how many versions a model is behind, and versions newer than the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.catalog import Catalog
from bot.domain.fleet import embedded_date, is_newer
from bot.domain.judged import Judged
from bot.domain.ranking import JudgedInstance
from bot.domain.verdicts import Judgement


@dataclass(frozen=True, slots=True)
class Lag:
    """Number of newer versions known; *exact* is false if there is one more without a known name."""

    count: int
    exact: bool


def lags(worth: Iterable[Judgement], fleet: Judged, catalog: Catalog) -> dict[str, Lag]:
    """The lag of each outdated model of *worth*, by reference; *fleet* has all readings.

    Versions are not compared between clusters: each has the versions of its release.
    """
    return {j.model.ref: _lag(j, fleet, catalog) for j in worth if j.outdated}


def _lag(judgement: Judgement, fleet: Judged, catalog: Catalog) -> Lag:
    model, target = judgement.model, judgement.target
    have = model.newest
    if have is None or target is None or is_newer(target, have) is None:
        return Lag(1, exact=False)
    pool = {item.version for item in judgement.evidence if item.version is not None}
    pool |= fleet.versions(model.instance, model.base)
    entry = catalog.base(model.base)
    if entry is not None:
        pool |= {update.version for update in entry.required.get(model.deployment, ()) if update.version is not None}
        if model.deployment == "cloud":
            pool |= {known.version for known in entry.known_versions}
    between = {version for version in pool if is_newer(version, have) and not is_newer(version, target)}
    return Lag(max(1, len(between)), exact=True)


def beyond(instances: Iterable[JudgedInstance], catalog: Catalog) -> set[str]:
    """Versions dated after the release notes in the catalog: the catalog is out of date."""
    found = set()
    for part in instances:
        reach = catalog.as_of.get(part.deployment)
        for version in frozenset[str]().union(*part.index.versions.values()):
            if reach and (day := embedded_date(version)) and day > reach:
                found.add(version)
    return found
