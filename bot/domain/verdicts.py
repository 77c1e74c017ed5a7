"""What we say of a custom model, and why: `judge` turns a snapshot and the catalog into verdicts with evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.catalog import Catalog, RecreateRange, RequiredUpdate
from bot.domain.fleet import IN_PROGRESS, Model, Snapshot, embedded_date, is_newer
from bot.domain.observations import NOTHING, Observations, Stage, partners


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
    model or the release note; *on* the day it was seen or published.
    """

    kind: EvidenceKind
    strength: Strength
    version: str | None
    source: str
    on: date


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
        """Whether any evidence says that a newer version of the base model exists."""
        return bool(self.evidence)


LEAD = timedelta(days=112)
"""A date inside a version string lies up to 111 days (16 weeks) before the release note of that version."""


def judge(snapshot: Snapshot, catalog: Catalog, today: date, observed: Observations = NOTHING) -> tuple[Judgement, ...]:
    """A judgement for each model of the snapshot, in the snapshot's order.

    *today* dates what is seen in the snapshot itself where an instance does not say when it was read.
    """
    peers, others = _peers(snapshot), partners(snapshot, observed.links)
    judged = (_judge_one(model, snapshot, catalog, peers, today, observed) for model in snapshot.models)
    return tuple(_with_partner(judgement, others.get(judgement.model.ref)) for judgement in judged)


def _with_partner(judgement: Judgement, partner: Model | None) -> Judgement:
    if partner is None:
        return judgement
    risk = Risk.PAIR if judgement.risk is Risk.NONE else judgement.risk
    return replace(judgement, partner=partner, risk=risk)


def acting_on(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """The judgements that somebody should act on, worst first, longest waiting first among equals."""
    order = list(Verdict)
    worth = [j for j in judgements if j.outdated or j.verdict in (Verdict.RETIRED, Verdict.RECREATE, Verdict.FAILED)]

    def urgency(j: Judgement) -> tuple[bool, int, date, str]:
        return j.risk is not Risk.IGNORED, order.index(j.verdict), j.since or date.max, j.model.name.casefold()

    return tuple(sorted(worth, key=urgency))


_Peers = dict[str, dict[str, tuple[Model, int]]]
"""For each base and instance: the model with the newest version, and how many models say their versions."""


def _peers(snapshot: Snapshot) -> _Peers:
    found: _Peers = {}
    for model in snapshot.models:
        if model.newest is None or model.status == "pending":
            continue  # IBM never says that a model without data shows the versions it would have
        here = found.setdefault(model.base, {})
        best, count = here.get(model.instance, (model, 0))
        if is_newer(model.newest, best.newest or ""):
            best = model
        here[model.instance] = (best, count + 1)
    return found


def _judge_one(
    model: Model, snapshot: Snapshot, catalog: Catalog, peers: _Peers, today: date, observed: Observations
) -> Judgement:
    reading = snapshot.instances[model.instance]
    entry = catalog.base(model.base)
    discontinued = entry.discontinued.get(model.deployment) if entry else None
    successor = entry.successor if entry else None
    if reading.bases is not None and model.base not in reading.bases:
        return Judgement(model, Verdict.RETIRED, Risk.RETIRED, discontinued=discontinued, successor=successor)
    have = model.newest
    found = catalog.must_recreate(model.base, model.deployment, have) if have is not None else None
    if found is not None and not _made_after(model, found):
        return Judgement(
            model, Verdict.RECREATE, Risk.REFUSED, since=found.noted, discontinued=discontinued, successor=successor
        )
    evidence = (
        *_from_probe(model, observed),
        *_from_siblings(model, snapshot, peers, today),
        *_from_canary(model, observed),
        *_from_catalog(model, catalog),
    )
    target = _target(evidence)
    since = min((e.on for e in evidence if e.kind is EvidenceKind.CATALOG), default=None)
    if since is None and target is not None:
        since = embedded_date(target)
    here = peers.get(model.base, {}).get(model.instance)
    verdict = _verdict(model, evidence, known=entry is not None or (here is not None and here[1] > 1))
    return Judgement(
        model, verdict, _risk(model, verdict, evidence, observed), evidence, target, since, discontinued, successor
    )


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


def _from_siblings(model: Model, snapshot: Snapshot, peers: _Peers, today: date) -> tuple[Evidence, ...]:
    """Another model on the same base has a newer version.

    In the same instance that is proof. Another instance of IBM Cloud makes it likely: versions agree between
    regions as far as anybody knows, but nobody promises it. Clusters have what their release brought, so
    nothing is carried between them, nor between the two deployments.
    """
    have = model.newest
    if have is None:
        return ()
    found: list[Evidence] = []
    for instance, (best, _) in peers.get(model.base, {}).items():
        same = instance == model.instance
        reading = snapshot.instances[instance]
        if not same and (model.deployment != "cloud" or reading.deployment != "cloud"):
            continue
        if best.newest is not None and is_newer(best.newest, have):
            strength = Strength.PROOF if same else Strength.LIKELY
            day = reading.read_at.date() if reading.read_at else today
            found.append(Evidence(EvidenceKind.SIBLING, strength, best.newest, best.name, day))
    return tuple(sorted(found, key=lambda e: (e.strength is not Strength.PROOF, e.source)))


def _from_catalog(model: Model, catalog: Catalog) -> tuple[Evidence, ...]:
    """A release note after the model's newest version requires an upgrade."""
    update = catalog.last_required(model.base, model.deployment)
    have = model.newest
    if update is None or have is None or not _precedes(have, model, update):
        return ()
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
