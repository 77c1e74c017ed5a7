"""Plans: the ordered steps that bring one custom model up to date, or the reason there are none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from bot.domain.evidence import Evidence
from bot.domain.fleet import Holdings, Model
from bot.domain.verdicts import Judgement


class Action(StrEnum):
    """The action of one step."""

    UPGRADE = "upgrade"
    """`POST …/upgrade_model`, for a language model, or an acoustic model alone."""
    UPGRADE_WITH_LANGUAGE = "upgrade with language model"
    """The second upgrade of an acoustic model, with `custom_language_model_id`."""
    TRAIN = "train"
    """`POST …/train` of a model in status `ready`."""
    FORCE_TRAIN = "train with force"
    """`POST …/train?force=true`: upgrades a model on an improved base on IBM Cloud."""
    AWAIT_CHANGE = "wait for a change"
    """A person changes a word, corpus or grammar; the model's status becomes `ready` (improved base, cluster)."""


UPGRADES = frozenset({Action.UPGRADE, Action.UPGRADE_WITH_LANGUAGE})
TRAININGS = frozenset({Action.TRAIN, Action.FORCE_TRAIN})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan, on one model (*ref*, *name*); *language_id* only for the second acoustic upgrade.

    *expects_version*: a newer version in `versions` proves the step.
    """

    action: Action
    ref: str
    name: str
    expects_version: bool
    language_id: str | None = None
    may_be_refused: bool = False
    """It is unknown whether the service takes it; after a refusal the next step follows and the run goes on."""
    only_if_needed: bool = False
    """Skipped if an earlier step already brought the newer version."""
    lenient: bool = False
    """Training with `strict=false`: leaves out invalid resources, because a person chose so."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Range of a plan's duration in seconds, and the basis of the figure; always shown as an estimate."""

    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps exactly as the approvers see them.

    *have* is the newest version now, *target* the expected version (None: a newer one of unknown name). *drops_weight*:
    a saved customization weight is lost. *trains_after*: data waits that needs another training. *uncertain*: IBM's
    pages disagree how this base upgrades; *experimental*: no page says how. *evidence* is why the model was judged
    outdated.
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
    holdings: Holdings | None = None
    """The model's contents at planning time; None in plans made before this was stored."""

    @property
    def key(self) -> str:
        """Identifies the plan: the model's reference, a space, and the digest."""
        return f"{self.model.ref} {self.digest}"

    @property
    def models(self) -> frozenset[str]:
        """The references of all models it works on; they are locked for other requests."""
        return frozenset({step.ref for step in self.steps} | {self.model.ref})

    @property
    def changes(self) -> dict[str, str]:
        """The names of all models it changes for good, by reference: its own first, then the others."""
        others = {step.ref: step.name for step in self.steps if step.action is not Action.AWAIT_CHANGE}
        return {self.model.ref: self.model.name, **others}

    @property
    def is_training(self) -> bool:
        """Whether it only trains on waiting data: no upgrade, nothing irreversible."""
        return all(step.action in TRAININGS and not step.expects_version for step in self.steps)

    @property
    def digest(self) -> str:
        """Changes with everything an approval is bound to: the model's versions and the steps."""
        facts = {
            "model": self.model.ref,
            "versions": self.model.versions,
            "steps": [asdict(step) for step in self.steps],
            "target": self.target,
            "trains_after": self.trains_after,
            "holdings": asdict(self.holdings) if self.holdings else None,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


class Difference(StrEnum):
    """A difference from the approved plan; `messages` has the sentence for each."""

    VERSIONS = "versions"
    TARGET = "target"
    STEPS = "steps"
    STATUS = "status"
    DATA = "data"


LONGER = 2
"""More audio matters if the upgrade takes at least this many times as long as approved."""


def differences(approved: Plan, fresh: Plan, done: int = 0) -> tuple[Difference, ...]:
    """The differences that matter between the approved plan and the plan as it would be now.

    A target that got a name is no difference, nor is data that the steps do not touch. *done* is how many steps were
    proven before a run is retried: their effects were approved.
    """
    found = []
    rest = approved.steps[done:]
    if not done and approved.model.versions != fresh.model.versions:
        found.append(Difference.VERSIONS)
    if not done and approved.target not in (None, fresh.target):
        found.append(Difference.TARGET)
    if (fresh.steps[-len(rest) :] if done else fresh.steps) != rest:
        found.append(Difference.STEPS)
    if not done and approved.trains_after != fresh.trains_after:
        found.append(Difference.STATUS)
    if approved.holdings is not None and fresh.holdings is not None and _data_matters(approved, fresh, done):
        found.append(Difference.DATA)
    return tuple(found)


def _data_matters(approved: Plan, fresh: Plan, done: int) -> bool:
    before, now = approved.holdings, fresh.holdings
    assert before is not None
    assert now is not None
    if any(step.action is Action.AWAIT_CHANGE for step in approved.steps[:done]):
        return False  # the plan asked a person to change the data
    if any(step.action in TRAININGS for step in approved.steps if step.ref == approved.model.ref):
        return before != now
    return now.audio_minutes > before.audio_minutes * LONGER


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
    LINKED_BLOCKED = "linked model blocked"
    UPGRADE_FIRST = "upgrade first"


@dataclass(frozen=True, slots=True)
class NoPlan:
    """The reason there is no plan; *about* names resources, a status, or the model in the way."""

    reason: WhyNot
    judgement: Judgement
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """The language model an acoustic model was trained with; *language* None: with none.

    *second_pass_missing*: an earlier run upgraded the acoustic model alone and did not reach the last step.
    """

    language: Judgement | None
    holdings: Holdings | None = None
    second_pass_missing: bool = False
