"""What we say of a custom model, and why: `judge` turns a snapshot and the catalog into verdicts with evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from bot.domain.catalog import Catalog, RecreateRange, RequiredUpdate
from bot.domain.fleet import IN_PROGRESS, InstanceReading, Model, Snapshot, embedded_date, is_newer
from bot.domain.observations import NOTHING, Observations, Stage, partners
from bot.domain.siblings import Best, Siblings


class Verdict(StrEnum):
    """What we say of a model; the order is from worst to best and the one in which people see them."""

    RETIRED = "retired"
    RECREATE = "recreate"
    OUTDATED = "outdated"
    LIKELY_OUTDATED = "likely outdated"
    FAILED = "failed"
    BUSY = "busy"
    UNKNOWN = "unknown"
    EMPTY = "empty"
    CURRENT = "current"


UPGRADABLE = frozenset({Verdict.OUTDATED, Verdict.LIKELY_OUTDATED})
"""What an upgrade mends."""


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


class Risk(StrEnum):
    """What recognition requests with the model meet, today or when the old version goes; the worst first."""

    IGNORED = "customization ignored"
    RETIRED = "retired base"
    REFUSED = "requests fail"
    WARNED = "returns warnings"
    EXPECTED = "warning expected"
    PAIR = "pair on the older base"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a verdict.

    *version* is the newer version it speaks of, None if it does not tell. *source* is the name of the sibling
    model or the release note; *on* the day it was seen or published. *further*: how many other instances have a newer
    version too.
    """

    kind: EvidenceKind
    strength: Strength
    version: str | None
    source: str
    on: date
    further: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one model.

    *target* is the newest version we know by name, None if only its existence is known. *since* is the day
    from which the newer base model is known to exist. *outdated* holds also while a model is busy or failed.
    """

    model: Model
    verdict: Verdict
    risk: Risk
    evidence: tuple[Evidence, ...] = ()
    target: str | None = None
    since: date | None = None
    discontinued: date | None = None
    successor: str | None = None
    partner: Model | None = None
    """The model it is used together with, where the two are on different versions: recognition takes the older."""

    @property
    def outdated(self) -> bool:
        """Whether a newer version of its base model exists, for all that is known, and it holds data to upgrade."""
        return bool(self.evidence) and self.verdict is not Verdict.EMPTY


LEAD = timedelta(days=112)
"""A date inside a version string lies up to 111 days (16 weeks) before the release note of that version."""


def judge(snapshot: Snapshot, catalog: Catalog, today: date, observed: Observations = NOTHING) -> tuple[Judgement, ...]:
    """A judgement for each model of the snapshot, in the snapshot's order.

    *today* dates what is seen in the snapshot itself where an instance does not say when it was read.
    """
    siblings, others = Siblings(), partners(snapshot.models, observed.links)
    for reading in snapshot.instances.values():
        siblings.put(reading, today)
    return tuple(
        judge_one(model, snapshot.instances[model.instance], catalog, siblings, observed, others.get(model.ref))
        for model in snapshot.models
    )


def calls_for_action(judgement: Judgement) -> bool:
    """Whether somebody should act on a model."""
    return judgement.outdated or judgement.verdict in (Verdict.RETIRED, Verdict.RECREATE, Verdict.FAILED)


def judge_one(
    model: Model,
    reading: InstanceReading,
    catalog: Catalog,
    siblings: Siblings,
    observed: Observations = NOTHING,
    partner: Model | None = None,
) -> Judgement:
    """The judgement of one model of the instance that *reading* is of. *partner* as in `Judgement`."""
    entry = catalog.base(model.base)
    discontinued = entry.discontinued.get(model.deployment) if entry else None
    successor = entry.successor if entry else None
    have = model.newest
    evidence: tuple[Evidence, ...] = ()
    target = since = None
    if reading.bases is not None and model.base not in reading.bases:
        verdict, risk = Verdict.RETIRED, Risk.RETIRED
    elif have is not None and (found := _recreate(model, have, catalog)) is not None:
        verdict, risk, since = Verdict.RECREATE, Risk.REFUSED, found.noted
    else:
        evidence = (
            *_from_probe(model, observed),
            *_from_siblings(model, siblings),
            *_from_canary(model, observed),
            *_from_catalog(model, catalog),
        )
        target = _target(evidence)
        since = min((e.on for e in evidence if e.kind is EvidenceKind.CATALOG), default=None)
        if since is None and target is not None:
            since = embedded_date(target)
        here = siblings.here(model.base, model.instance)
        verdict = _verdict(model, evidence, known=entry is not None or (here is not None and here.several))
        risk = _risk(model, verdict, evidence, observed)
    if partner is not None and risk is Risk.NONE:
        risk = Risk.PAIR
    return Judgement(model, verdict, risk, evidence, target, since, discontinued, successor, partner)


def _recreate(model: Model, have: str, catalog: Catalog) -> RecreateRange | None:
    """The range of versions that the model is in and that cannot be upgraded; None where it was made anew already."""
    found = catalog.must_recreate(model.base, model.deployment, have)
    return None if found is not None and _made_after(model, found) else found


def _made_after(model: Model, found: RecreateRange) -> bool:
    """Whether a model on the last version of a re-create range was made after IBM's note, so made anew already."""
    return model.newest == found.last and model.created is not None and model.created.date() > found.noted


def _verdict(model: Model, evidence: tuple[Evidence, ...], *, known: bool) -> Verdict:
    if model.status in IN_PROGRESS:
        return Verdict.BUSY
    if model.status == "failed":
        return Verdict.FAILED
    if model.status == "pending":
        return Verdict.EMPTY
    if any(e.strength in (Strength.PROOF, Strength.STRONG) for e in evidence):
        return Verdict.OUTDATED
    if evidence:
        return Verdict.LIKELY_OUTDATED
    if model.newest is None or not known:
        return Verdict.UNKNOWN
    return Verdict.CURRENT


def _risk(model: Model, verdict: Verdict, evidence: tuple[Evidence, ...], observed: Observations) -> Risk:
    probe = observed.probes.get(model.ref)
    if any(item.kind is EvidenceKind.WARNING for item in evidence) and probe is not None:
        return Risk.IGNORED if probe.stage is Stage.IGNORED else Risk.WARNED
    return Risk.EXPECTED if evidence and verdict is not Verdict.EMPTY else Risk.NONE


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

    In the same instance that is proof. Another instance of IBM Cloud makes it likely: versions agree between
    regions as far as anybody knows, but nobody promises it. All of those are one piece of evidence.
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


@lru_cache(maxsize=4096)
def _shown_by(best: Best, strength: Strength, further: int) -> Evidence:
    """One object for the thousands of models that it is evidence for."""
    return Evidence(EvidenceKind.SIBLING, strength, best.version, best.name, best.on, further)


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


def _target(evidence: tuple[Evidence, ...]) -> str | None:
    best: str | None = None
    for item in evidence:
        if item.version is not None and (best is None or is_newer(item.version, best)):
            best = item.version
    return best
