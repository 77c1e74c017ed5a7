"""Evidence: why a newer version of a model's base is believed to exist, and why a current model is current."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from bot.domain.catalog import Catalog, RequiredUpdate
from bot.domain.fleet import Model, embedded_date, is_newer
from bot.domain.observations import Observations, Stage
from bot.domain.siblings import Best, Siblings


class EvidenceKind(StrEnum):
    """Where evidence comes from; `warning` and `canary` are observed on purpose, the others are read."""

    WARNING = "warning"
    SIBLING = "sibling"
    CANARY = "canary"
    CATALOG = "catalog"


class Strength(StrEnum):
    """How much evidence proves."""

    PROOF = "proof"
    STRONG = "strong"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a verdict.

    *version* is the newer version, None if it is unknown. *source* is the name of the sibling model or the release
    note; *on* the day it was seen or published. *further*: how many other instances have a newer version too.
    """

    kind: EvidenceKind
    strength: Strength
    version: str | None
    source: str
    on: date
    further: int = 0


LEAD = timedelta(days=112)
"""A date inside a version string lies up to 111 days (16 weeks) before the release note of that version."""


def newer(model: Model, catalog: Catalog, siblings: Siblings, observed: Observations) -> tuple[Evidence, ...]:
    """Every reason to believe that a newer version than the model's exists."""
    return (
        *_from_probe(model, observed),
        *_from_siblings(model, siblings),
        *_from_canary(model, observed),
        *_from_catalog(model, catalog),
    )


def grounds(model: Model, catalog: Catalog, siblings: Siblings, observed: Observations) -> tuple[Evidence, ...]:
    """Why a model is current for which no newer version is known: others have the same version, or an older one.

    Evidence without a version is about something older: siblings on older versions, or notes that require nothing.
    """
    have = model.newest
    if have is None:
        return ()
    found: list[Evidence] = []
    best = siblings.here(model.base, model.instance)
    if best is not None and (name := best.twin if best.name == model.name else best.name) and best.version == have:
        found.append(_evidence(EvidenceKind.SIBLING, Strength.PROOF, have, name, best.on))
    elif best is not None and best.several:
        found.append(_evidence(EvidenceKind.SIBLING, Strength.LIKELY, None, "", best.on))
    canary = observed.canaries.get((model.instance, model.base))
    if canary is not None and canary.version == have:
        found.append(_evidence(EvidenceKind.CANARY, Strength.STRONG, have, "a new model", canary.at.date()))
    update, reach = catalog.last_required(model.base, model.deployment), catalog.as_of.get(model.deployment)
    if update is not None:
        found += _required_by(update)
    elif catalog.base(model.base) is not None and reach is not None:
        found.append(_evidence(EvidenceKind.CATALOG, Strength.LIKELY, None, "", reach))
    return tuple(found)


_evidence = lru_cache(maxsize=4096)(Evidence)
"""One object, shared by thousands of models."""


def _from_probe(model: Model, observed: Observations) -> tuple[Evidence, ...]:
    """Recognition warned of the version that the model still has. Silence proves nothing."""
    probe = observed.probes.get(model.ref)
    if probe is None or probe.stage is Stage.SILENT or probe.version != model.newest:
        return ()
    return (Evidence(EvidenceKind.WARNING, Strength.PROOF, None, "recognition", probe.at.date()),)


def _from_canary(model: Model, observed: Observations) -> tuple[Evidence, ...]:
    """A model made on this base later was given a newer version: only existing models stay behind."""
    canary = observed.canaries.get((model.instance, model.base))
    if canary is None or model.newest is None or not is_newer(canary.version, model.newest):
        return ()
    return (Evidence(EvidenceKind.CANARY, Strength.STRONG, canary.version, "a new model", canary.at.date()),)


def _from_siblings(model: Model, siblings: Siblings) -> tuple[Evidence, ...]:
    """Another model on the same base has a newer version.

    In the same instance that is proof. Another instance of IBM Cloud makes it likely: versions agree between regions as
    far as is known, but IBM does not promise it. All of those are one piece of evidence.
    """
    have = model.newest
    if have is None:
        return ()
    found: list[Evidence] = []
    best = siblings.here(model.base, model.instance)
    if best is not None and is_newer(best.version, have):
        found.append(_shown_by(best, Strength.PROOF, 0))
    if model.deployment == "cloud" and (newer := siblings.newer_elsewhere(model.base, model.instance, have)):
        best, count = newer
        found.append(_shown_by(best, Strength.LIKELY, count - 1))
    return tuple(found)


def _shown_by(best: Best, strength: Strength, further: int) -> Evidence:
    return _evidence(EvidenceKind.SIBLING, strength, best.version, best.name, best.on, further)


def _from_catalog(model: Model, catalog: Catalog) -> tuple[Evidence, ...]:
    """A release note after the model's newest version requires an upgrade."""
    update = catalog.last_required(model.base, model.deployment)
    have = model.newest
    if update is None or have is None or not _precedes(have, model, update):
        return ()
    return _required_by(update)


@lru_cache(maxsize=4096)
def _required_by(update: RequiredUpdate) -> tuple[Evidence]:
    return (Evidence(EvidenceKind.CATALOG, Strength.LIKELY, update.version, update.source, update.date),)


def _precedes(have: str, model: Model, update: RequiredUpdate) -> bool:
    if update.version is not None and (newer := is_newer(update.version, have)) is not None:
        return newer
    if model.versions and len(model.versions) == 1 and model.created and model.created.date() > update.date:
        return False  # made after the update, so on it: only existing models stay behind
    embedded = embedded_date(have)
    return embedded is not None and embedded + LEAD < update.date


def newest_of(evidence: tuple[Evidence, ...]) -> str | None:
    """The newest version named by evidence; None where evidence names none."""
    best: str | None = None
    for item in evidence:
        if item.version is not None and (best is None or is_newer(item.version, best)):
            best = item.version
    return best
