"""Plans: the ordered steps that bring one custom model up to date, or the reason why there are none.

`plan` follows "Upgrading custom models" for each kind of model; it decides on facts alone and sends nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from bot.domain.catalog import Catalog
from bot.domain.fleet import IDLE, Holdings, Model
from bot.domain.verdicts import Evidence, Judgement, Verdict


class Action(StrEnum):
    """What one step does."""

    UPGRADE = "upgrade"
    """`POST …/upgrade_model`, for a language model or for an acoustic model alone."""
    UPGRADE_WITH_LANGUAGE = "upgrade with language model"
    """The second upgrade of an acoustic model, with `custom_language_model_id`."""
    TRAIN = "train"
    """`POST …/train` of a model whose status is `ready`."""
    FORCE_TRAIN = "train with force"
    """`POST …/train?force=true`: how IBM Cloud upgrades a model on an improved base."""
    AWAIT_CHANGE = "wait for a change"
    """A person changes a word, corpus or grammar, which moves the model to `ready` (improved base, cluster)."""


UPGRADES = frozenset({Action.UPGRADE, Action.UPGRADE_WITH_LANGUAGE})
TRAININGS = frozenset({Action.TRAIN, Action.FORCE_TRAIN})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan, on one model (*ref*, *name*); *language_id* only for the second acoustic upgrade.

    *expects_version* says whether the step is proven by a newer version in `versions`.
    """

    action: Action
    ref: str
    name: str
    expects_version: bool
    language_id: str | None = None
    may_be_refused: bool = False
    """Nobody knows whether the service takes it; a refusal leads to the next step instead of ending the run."""
    only_if_needed: bool = False
    """Skipped when an earlier step brought the newer version already."""
    lenient: bool = False
    """Training with `strict=false`: invalid resources are left out, because a person chose so."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a plan may take, in seconds, and where the figure comes from; always said as an estimate."""

    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, exactly as it is shown to those who approve.

    *have* is the newest version now, *target* the version expected (None: a newer one, whose name nobody knows
    yet). *drops_weight* warns that a saved customization weight is lost. *trains_after* says that data waits
    which only a training takes in. *uncertain*: IBM's pages disagree how this base
    upgrades; *experimental*: no page says how. *evidence* is why the model was believed to be outdated.
    """

    model: Model
    steps: tuple[Step, ...]
    have: str | None
    target: str | None
    estimate: Estimate | None
    drops_weight: bool = False
    trains_after: bool = False
    uncertain: bool = False
    experimental: bool = False
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_training(self) -> bool:
        """Whether this only takes in data that waits: no upgrade, nothing that cannot be undone."""
        return all(step.action in TRAININGS and not step.expects_version for step in self.steps)

    @property
    def digest(self) -> str:
        """Changes when anything changes that an approval is bound to: the model's versions, or the steps."""
        facts = {
            "model": self.model.ref,
            "versions": self.model.versions,
            "steps": [asdict(step) for step in self.steps],
            "target": self.target,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def still_holds(approved: Plan, fresh: Plan) -> bool:
    """Whether what was approved is what would be done now. That the target got a name meanwhile changes nothing."""
    return (
        approved.model.versions == fresh.model.versions
        and approved.steps == fresh.steps
        and approved.target in (None, fresh.target)
    )


class WhyNot(StrEnum):
    """Why there is no plan; `messages` says each with what would make it possible."""

    CURRENT = "current"
    UNKNOWN = "unknown"
    EMPTY = "empty"
    BUSY = "busy"
    FAILED = "failed"
    RETIRED = "retired"
    RECREATE = "recreate"
    PROCESSING = "processing"
    INVALID = "invalid"
    STATUS = "status"
    LINK_UNKNOWN = "link unknown"
    LINKED_MISSING = "linked model missing"
    LINKED_BLOCKED = "linked model blocked"
    UPGRADE_FIRST = "upgrade first"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class NoPlan:
    """The reason why there is no plan; *about* names resources, a status or the model in the way."""

    reason: WhyNot
    judgement: Judgement
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """With which language model an acoustic model was trained; *language* None means: with none."""

    language: Judgement | None
    holdings: Holdings | None = None


_NO_PLAN = {
    Verdict.CURRENT: WhyNot.CURRENT,
    Verdict.BUSY: WhyNot.BUSY,
    Verdict.FAILED: WhyNot.FAILED,
    Verdict.EMPTY: WhyNot.EMPTY,
    Verdict.RETIRED: WhyNot.RETIRED,
    Verdict.RECREATE: WhyNot.RECREATE,
    Verdict.UNKNOWN: WhyNot.UNKNOWN,
}


def plan(
    judgement: Judgement, holdings: Holdings, catalog: Catalog, *, link: Link | None = None, lenient: bool = False
) -> Plan | NoPlan:
    """The plan for one model, from a fresh judgement of it and what it holds.

    *link* is needed for acoustic models only; None there means that nobody has said yet. *lenient*: a person chose
    to leave invalid resources out of a training that upgrades.
    """
    blocked = _blocked(judgement, holdings)
    if blocked is not None:
        return blocked
    if judgement.model.kind == "acoustic":
        return _acoustic(judgement, holdings, catalog, link)
    return _language(judgement, holdings, catalog, lenient=lenient)


def plan_training(
    judgement: Judgement, holdings: Holdings, *, link: Link | None = None, lenient: bool = False
) -> Plan | NoPlan:
    """The plan that takes in the data that waits in a `ready` model; an outdated one is upgraded first."""
    model = judgement.model
    if model.status != "ready":
        return NoPlan(WhyNot.STATUS, judgement, (model.status,))
    if judgement.outdated:
        return NoPlan(WhyNot.UPGRADE_FIRST, judgement)
    if holdings.processing:
        return NoPlan(WhyNot.PROCESSING, judgement, holdings.processing)
    if holdings.invalid and not lenient:
        return NoPlan(WhyNot.INVALID, judgement, holdings.invalid)
    language_id = None
    if model.kind == "acoustic":
        if link is None:
            return NoPlan(WhyNot.LINK_UNKNOWN, judgement)
        if link.language is not None:
            if link.language.model.status != "available" or link.language.model.newest != model.newest:
                return NoPlan(WhyNot.LINKED_BLOCKED, judgement, (link.language.model.name, link.language.model.status))
            language_id = link.language.model.id
    leave_out = lenient and bool(holdings.invalid)
    step = Step(Action.TRAIN, model.ref, model.name, expects_version=False, language_id=language_id, lenient=leave_out)
    passes = _by_audio(holdings, passes=1) if model.kind == "acoustic" else None
    return _plan(judgement, (step,), passes)


def _blocked(judgement: Judgement, holdings: Holdings) -> NoPlan | None:
    if judgement.verdict in _NO_PLAN:
        return NoPlan(_NO_PLAN[judgement.verdict], judgement)
    if judgement.model.status not in IDLE:
        return NoPlan(WhyNot.STATUS, judgement, (judgement.model.status,))
    if holdings.processing:
        return NoPlan(WhyNot.PROCESSING, judgement, holdings.processing)
    if holdings.empty:
        return NoPlan(WhyNot.EMPTY, judgement)
    return None


def _language(judgement: Judgement, holdings: Holdings, catalog: Catalog, *, lenient: bool = False) -> Plan | NoPlan:
    model = judgement.model
    improved = catalog.improved(model.base, model.deployment)
    large = catalog.generation(model.base) == "large"
    if improved is None or improved.certainty == "note_only":
        return _plan(
            judgement,
            _try_upgrade(judgement, holdings, doubtful=improved is not None or large),
            None,
            trains_after=model.status == "ready",
            uncertain=improved is not None,
            experimental=large,
        )
    if holdings.invalid and not lenient:
        return NoPlan(WhyNot.INVALID, judgement, holdings.invalid)
    leave_out = bool(holdings.invalid)
    train = Step(Action.TRAIN, model.ref, model.name, expects_version=True, lenient=leave_out)
    steps: tuple[Step, ...]
    if model.deployment == "cloud":
        steps = (Step(Action.FORCE_TRAIN, model.ref, model.name, expects_version=True, lenient=leave_out),)
    elif model.status == "ready":
        steps = (train,)
    else:
        steps = (Step(Action.AWAIT_CHANGE, model.ref, model.name, expects_version=False), train)
    return _plan(judgement, steps, None, drops_weight=True)


def _try_upgrade(judgement: Judgement, holdings: Holdings, *, doubtful: bool) -> tuple[Step, ...]:
    """upgrade_model; where nobody knows whether the service takes it, on IBM Cloud a forced training after a refusal.

    The other order is worse: training an outdated model on an ordinary base only retrains it on the old version.
    """
    model = judgement.model
    fall_back = doubtful and model.deployment == "cloud" and not holdings.invalid
    first = Step(Action.UPGRADE, model.ref, model.name, expects_version=True, may_be_refused=fall_back)
    if not fall_back:
        return (first,)
    return (first, Step(Action.FORCE_TRAIN, model.ref, model.name, expects_version=True, only_if_needed=True))


def _acoustic(judgement: Judgement, holdings: Holdings, catalog: Catalog, link: Link | None) -> Plan | NoPlan:
    model = judgement.model
    alone = Step(Action.UPGRADE, model.ref, model.name, expects_version=True)
    waiting = model.status == "ready"
    if link is None:
        return NoPlan(WhyNot.LINK_UNKNOWN, judgement)
    if link.language is None:
        return _plan(judgement, (alone,), _by_audio(holdings, passes=1), trains_after=waiting)
    language = link.language
    steps: list[Step] = []
    if language.outdated:
        blocked = _blocked(language, link.holdings or Holdings())
        if blocked is not None:
            return NoPlan(WhyNot.LINKED_BLOCKED, judgement, (language.model.name, language.verdict.value))
        first = _language(language, link.holdings or Holdings(), catalog)
        if isinstance(first, NoPlan):
            return NoPlan(WhyNot.LINKED_BLOCKED, judgement, (language.model.name, first.reason.value))
        steps.extend(first.steps)
    elif language.model.status not in IDLE:
        return NoPlan(WhyNot.LINKED_BLOCKED, judgement, (language.model.name, language.model.status))
    if language.model.status == "ready":
        if link.holdings is not None and link.holdings.invalid:
            return NoPlan(WhyNot.LINKED_BLOCKED, judgement, (language.model.name, *link.holdings.invalid))
        steps.append(Step(Action.TRAIN, language.model.ref, language.model.name, expects_version=False))
    steps.append(alone)
    steps.append(
        Step(
            Action.UPGRADE_WITH_LANGUAGE,
            model.ref,
            model.name,
            expects_version=False,
            language_id=language.model.id,
        )
    )
    return _plan(judgement, steps, _by_audio(holdings, passes=2), trains_after=waiting)


def _by_audio(holdings: Holdings, passes: int) -> Estimate | None:
    """IBM's documents disagree whether one pass takes as long as the audio or twice as long: give both."""
    if not holdings.audio_minutes:
        return None
    seconds = holdings.audio_minutes * 60 * passes
    return Estimate(seconds, seconds * 2, "length of the audio")


def _plan(
    judgement: Judgement,
    steps: Sequence[Step],
    estimate: Estimate | None,
    *,
    drops_weight: bool = False,
    trains_after: bool = False,
    uncertain: bool = False,
    experimental: bool = False,
) -> Plan:
    model = judgement.model
    return Plan(
        model,
        tuple(steps),
        model.newest,
        judgement.target,
        estimate,
        drops_weight=drops_weight,
        trains_after=trains_after,
        uncertain=uncertain,
        experimental=experimental,
        evidence=judgement.evidence,
    )
