"""Verdicts on custom models: `judge` turns a snapshot and the catalog into verdicts with evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.catalog import Catalog, RecreateRange
from bot.domain.evidence import Evidence, EvidenceKind, Strength, grounds, newer, newest_of
from bot.domain.fleet import IN_PROGRESS, InstanceReading, Model, Snapshot, embedded_date
from bot.domain.observations import NOTHING, Observations, Stage, partners
from bot.domain.siblings import Siblings


class Verdict(StrEnum):
    """The verdict on a model; worst to best, and in the order people see them."""

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
"""What an upgrade changes."""


class Risk(StrEnum):
    """What recognition requests with the model get, today or once the old version is removed; worst first."""

    IGNORED = "customization ignored"
    RETIRED = "retired base"
    REFUSED = "requests fail"
    WARNED = "returns warnings"
    EXPECTED = "warning expected"
    PAIR = "pair on the older base"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one model.

    *target* is the newest version known by name, None if only its existence is known. *since* is the day from which the
    verdict holds: for an outdated model when the newer version came, for a busy or failed one its last change, for a
    retired one when its base was discontinued; None where unknown. *newer_since* is the day of the newer version for
    any verdict. *outdated* holds also while a model is busy or failed. *grounds* are why a current one is current.
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
    """The model it is used with, where the two are on different versions: recognition takes the older."""
    newer_since: date | None = None
    grounds: tuple[Evidence, ...] = ()

    @property
    def outdated(self) -> bool:
        """Whether a newer version of its base model is known, and it holds data to upgrade."""
        return bool(self.evidence) and self.verdict is not Verdict.EMPTY


def judge(snapshot: Snapshot, catalog: Catalog, today: date, observed: Observations = NOTHING) -> tuple[Judgement, ...]:
    """A judgement for each model of the snapshot, in the snapshot's order.

    *today* dates the snapshot's own evidence if an instance does not say when it was read.
    """
    siblings, others = Siblings(), partners(snapshot.models, observed.links)
    for reading in snapshot.instances.values():
        siblings.put(reading, today)
    return tuple(
        judge_one(model, snapshot.instances[model.instance], catalog, siblings, observed, others.get(model.ref))
        for model in snapshot.models
    )


def calls_for_action(judgement: Judgement) -> bool:
    """Whether a model is worth acting on."""
    return judgement.outdated or judgement.verdict in (Verdict.RETIRED, Verdict.RECREATE, Verdict.FAILED)


def judge_one(
    model: Model,
    reading: InstanceReading,
    catalog: Catalog,
    siblings: Siblings,
    observed: Observations = NOTHING,
    partner: Model | None = None,
) -> Judgement:
    """The judgement of one model in the instance of *reading*. *partner* as in `Judgement`."""
    entry = catalog.base(model.base)
    discontinued = entry.discontinued.get(model.deployment) if entry else None
    successor = entry.successor if entry else None
    have = model.newest
    evidence: tuple[Evidence, ...] = ()
    target = since = newer_since = None
    if reading.bases is not None and model.base not in reading.bases:
        verdict, risk, since = Verdict.RETIRED, Risk.RETIRED, discontinued
    elif have is not None and (found := _recreate(model, have, catalog)) is not None:
        verdict, risk, since = Verdict.RECREATE, Risk.REFUSED, found.noted
    else:
        evidence = newer(model, catalog, siblings, observed)
        target = newest_of(evidence)
        newer_since = _came(evidence, target)
        here = siblings.here(model.base, model.instance)
        verdict = _verdict(model, evidence, known=entry is not None or (here is not None and here.several))
        risk = _risk(model, verdict, evidence, observed)
        since = _since(model, verdict, newer_since)
    if partner is not None and risk is Risk.NONE:
        risk = Risk.PAIR
    current = grounds(model, catalog, siblings, observed) if verdict is Verdict.CURRENT else ()
    return Judgement(
        *(model, verdict, risk, evidence, target, since, discontinued, successor, partner, newer_since, current)
    )


def _came(evidence: tuple[Evidence, ...], target: str | None) -> date | None:
    """The day from which a newer version is known to exist: its note's, its own, or that of the first warning."""
    noted = min((e.on for e in evidence if e.kind is EvidenceKind.CATALOG), default=None)
    own = embedded_date(target) if target is not None else None
    return noted or own or min((e.on for e in evidence if e.kind is EvidenceKind.WARNING), default=None)


def _since(model: Model, verdict: Verdict, newer_since: date | None) -> date | None:
    """The day from which a verdict holds that is not about the base alone.

    The service accepts no change to a model that it is working on, and a change to the data of a failed one ends that
    status: so its last change is the one that began it.
    """
    if verdict in UPGRADABLE:
        return newer_since
    return model.updated.date() if verdict in (Verdict.BUSY, Verdict.FAILED) and model.updated else None


def _recreate(model: Model, have: str, catalog: Catalog) -> RecreateRange | None:
    """The range of versions that includes the model and can't be upgraded; None if it was already re-created."""
    found = catalog.must_recreate(model.base, model.deployment, have)
    return None if found is not None and _made_after(model, found) else found


def _made_after(model: Model, found: RecreateRange) -> bool:
    """Whether a model on the last version of a re-create range was created after IBM's note, so already re-created."""
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
