"""Plans: the ordered steps that bring one custom model up to date, or the reason why there are none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from bot.domain.evidence import Evidence
from bot.domain.fleet import Holdings, Model
from bot.domain.verdicts import Judgement


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
    holdings: Holdings | None = None
    """What the model held when it was planned; None in plans made before this was kept."""

    @property
    def key(self) -> str:
        """What tells it from every other plan: the model's reference, a space, and the digest."""
        return f"{self.model.ref} {self.digest}"

    @property
    def models(self) -> frozenset[str]:
        """The references of all models that it works on; no other request may meanwhile."""
        return frozenset({step.ref for step in self.steps} | {self.model.ref})

    @property
    def changes(self) -> dict[str, str]:
        """The names of all models that it changes for good, by reference: its own first, then those changed with it."""
        others = {step.ref: step.name for step in self.steps if step.action is not Action.AWAIT_CHANGE}
        return {self.model.ref: self.model.name, **others}

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
            "trains_after": self.trains_after,
            "holdings": asdict(self.holdings) if self.holdings else None,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


class Difference(StrEnum):
    """What is not as it was approved; `messages` says each."""

    VERSIONS = "versions"
    TARGET = "target"
    STEPS = "steps"
    STATUS = "status"
    DATA = "data"


LONGER = 2
"""More audio matters when the upgrade takes at least this many times as long as those who approved were told."""


def differences(approved: Plan, fresh: Plan, done: int = 0) -> tuple[Difference, ...]:
    """What differs, in a way that matters, between what was approved and what would be done now.

    That the target got a name meanwhile changes nothing, nor does data that the steps do not touch. *done* is how
    many steps were proven before a run is taken up again: what these changed is what was approved.
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
        return False  # a person changed the data because the plan asked for it
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
    """The reason why there is no plan; *about* names resources, a status or the model in the way."""

    reason: WhyNot
    judgement: Judgement
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """With which language model an acoustic model was trained; *language* None means: with none.

    *second_pass_missing*: an earlier run upgraded the acoustic model alone and did not get to the last step.
    """

    language: Judgement | None
    holdings: Holdings | None = None
    second_pass_missing: bool = False
