"""How far behind a model is, and how far behind the catalog: newer versions than either knows."""

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
    """How many newer versions are known; *exact* is false where one exists whose name nothing tells."""

    count: int
    exact: bool


def lags(worth: Iterable[Judgement], fleet: Judged, catalog: Catalog) -> dict[str, Lag]:
    """How far each outdated model of *worth* is behind, by reference; *fleet* is everything that was read.

    As with evidence, nothing is carried to or from a cluster: it has what its release brought.
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
    """The versions that are dated after the release notes that the catalog was made from: it is out of date."""
    found = set()
    for part in instances:
        reach = catalog.as_of.get(part.deployment)
        for version in frozenset[str]().union(*part.index.versions.values()):
            if reach and (day := embedded_date(version)) and day > reach:
                found.add(version)
    return found
