"""Changes made outside Retune: found by comparing two readings of an instance, and their effect on plans."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.doubts import Doubt
from bot.domain.fleet import InstanceReading, Model, is_newer, newest
from bot.domain.observations import CANARY
from bot.domain.plans import UPGRADES, Action, Plan

SILENCE = timedelta(minutes=10)
"""An instance must fail this long before people are told; most failures end sooner."""


class ChangeKind(StrEnum):
    """The kind of a change, worst first; shown in this order."""

    NEWEST_GONE = "newest version disappeared"
    """The newest version of a model is no longer listed, and no newer one replaced it."""
    VERSION_GONE = "version disappeared"
    """An older version is no longer listed; the model has a newer one."""
    BASE_GONE = "base model gone"
    LOST = "instance lost"
    DOUBTED = "instance lists something else"
    DELETED = "deleted"
    UPGRADED = "upgraded"
    FOUND = "instance answers again"
    TRUSTED = "instance lists its models again"
    CREATED = "created"
    TRAINED = "trained"


QUIET = frozenset({ChangeKind.CREATED, ChangeKind.TRAINED})
"""Everyday work: kept in the history, not posted in the channel."""

RECURRING = frozenset({ChangeKind.NEWEST_GONE, ChangeKind.VERSION_GONE, ChangeKind.BASE_GONE})
"""May come and go through a fault of the service, so noted at most once a day."""


EPISODES = frozenset({ChangeKind.LOST, ChangeKind.FOUND, ChangeKind.DOUBTED, ChangeKind.TRUSTED})
"""States of an instance: noted once each time one begins."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, noticed at *at*; *old* and *new* are versions, or times of trainings.

    *ref*, *name* and *base* are empty for a whole instance. For a base model that is gone, *ref* is empty and *names*
    are the custom models built on it. For an instance that is lost or doubted, *old* is the start, and *doubt* why its
    readings are doubted.
    """

    kind: ChangeKind
    instance: str
    at: datetime
    ref: str = ""
    name: str = ""
    base: str = ""
    old: str = ""
    new: str = ""
    names: tuple[str, ...] = ()
    doubt: Doubt | None = None

    @property
    def key(self) -> str:
        """Identifies the change, so that it is noted once even if it is noticed several times."""
        facts = [self.kind.value, self.ref or self.instance]
        if self.kind in EPISODES:
            return "|".join((*facts, self.old))
        if self.kind is ChangeKind.BASE_GONE:
            facts.append(self.base)
        if self.kind in RECURRING:
            return "|".join((*facts, self.old, self.at.date().isoformat()))
        return "|".join((*facts, self.new))


def compare(
    before: InstanceReading, after: InstanceReading, now: datetime, *, ours: Set[str] = frozenset()
) -> tuple[Change, ...]:
    """The changes between two readings of one instance; none without an earlier reading.

    *ours* are models that one of our runs changed meanwhile: only their deletion is reported. Retune's own canary
    models are never reported.
    """
    if before.read_at is None:
        return ()
    if before.models is after.models and before.bases == after.bases:
        return ()
    had = {model.key: model for model in before.models if not model.name.startswith(CANARY)}
    has = {model.key: model for model in after.models if not model.name.startswith(CANARY)}
    found = [_of(ChangeKind.DELETED, model, now) for key, model in had.items() if key not in has]
    for key, model in has.items():
        if key not in had:
            found.append(_of(ChangeKind.CREATED, model, now))
        elif had[key] is not model and had[key] != model and model.ref not in ours:
            found += _changed(had[key], model, now)
    if before.bases is not None and after.bases is not None:
        for base in sorted(before.bases - after.bases):
            names = tuple(model.name for model in has.values() if model.base == base)
            if names:
                found.append(Change(ChangeKind.BASE_GONE, after.name, now, base=base, names=names))
    return tuple(found)


def _of(kind: ChangeKind, model: Model, now: datetime, old: str = "", new: str = "") -> Change:
    return Change(kind, model.instance, now, model.ref, model.name, model.base, old, new)


def _changed(had: Model, has: Model, now: datetime) -> list[Change]:
    """The changes of one model. If the earlier versions are unknown or empty, no upgrade is reported."""
    found: list[Change] = []
    gained = newest(v for v in has.versions or () if had.versions and v not in had.versions)
    lost = newest(v for v in had.versions or () if has.versions is not None and v not in has.versions)
    if gained is not None and is_newer(gained, had.newest or "") is not False:
        found.append(_of(ChangeKind.UPGRADED, has, now, had.newest or "", gained))
    if lost is not None:
        kind = ChangeKind.NEWEST_GONE if not found and lost == had.newest else ChangeKind.VERSION_GONE
        found.append(_of(kind, has, now, lost, has.newest or ""))
    moved = had.updated is not None and has.updated is not None and has.updated > had.updated
    if not found and moved and had.status in ("ready", "training") and has.status == "available":
        found.append(_of(ChangeKind.TRAINED, has, now, str(had.updated), str(has.updated)))
    return found


class Effect(StrEnum):
    """The effect of a change on a plan that has not started, strongest first."""

    GONE = "gone"
    """The model was deleted."""
    RETIRED = "retired"
    """Its base model is no longer offered: an upgrade can't help."""
    URGENT = "urgent"
    """A different plan is needed, now."""
    NOTHING_LEFT = "nothing left"
    """The plan's work was already done by hand."""
    OTHER_PLAN = "other plan"
    """The plan would now differ from the requested one."""


def affects(change: Change, plan: Plan) -> Effect | None:
    """The effect of a change on a plan, None if the plan still holds. Agrees with `differences` from a new plan."""
    if change.kind is ChangeKind.BASE_GONE:
        same = (change.instance, change.base) == (plan.model.instance, plan.model.base)
        return Effect.RETIRED if same else None
    if change.ref == plan.model.ref:
        return _on_its_model(change, plan)
    if change.ref in subjects(plan):
        return _on_its_partner(change, plan)
    return None


def worst_effect(changes: Iterable[Change], plan: Plan) -> tuple[Change, Effect] | None:
    """The change with the strongest effect on a plan, None if the plan still holds."""
    found = [(change, effect) for change in changes if (effect := affects(change, plan)) is not None]
    order = list(Effect)
    return min(found, key=lambda pair: order.index(pair[1]), default=None)


def subjects(plan: Plan) -> frozenset[str]:
    """The models in a plan: those of its steps, and the language model that a step names."""
    linked = {f"{plan.model.instance}/language/{step.language_id}" for step in plan.steps if step.language_id}
    return frozenset({plan.model.ref} | {step.ref for step in plan.steps} | linked)


def _on_its_model(change: Change, plan: Plan) -> Effect | None:
    known = plan.model.versions or ()
    match change.kind:
        case ChangeKind.DELETED:
            return Effect.GONE
        case ChangeKind.UPGRADED if change.new not in known:
            wanted = plan.target is None or change.new == plan.target or bool(is_newer(change.new, plan.target))
            alone = all(step.ref == change.ref and step.action in UPGRADES for step in plan.steps)
            return Effect.NOTHING_LEFT if wanted and alone and len(plan.steps) == 1 else Effect.OTHER_PLAN
        case ChangeKind.NEWEST_GONE if change.old in known:
            return Effect.URGENT
        case ChangeKind.VERSION_GONE if change.old in known:
            return Effect.OTHER_PLAN
        case ChangeKind.TRAINED:
            return _trained(change, plan)
        case _:
            return None


def _on_its_partner(change: Change, plan: Plan) -> Effect | None:
    """The effect of a change to the language model that an acoustic model is upgraded with."""
    upgrades_it = any(step.ref == change.ref and step.expects_version for step in plan.steps)
    if change.kind is ChangeKind.DELETED or (change.kind is ChangeKind.UPGRADED and upgrades_it):
        return Effect.OTHER_PLAN
    return _trained(change, plan) if change.kind is ChangeKind.TRAINED else None


def _trained(change: Change, plan: Plan) -> Effect | None:
    """A training by hand matters only if the plan has a training that waits for no person."""
    actions = [step.action for step in plan.steps if step.ref == change.ref]
    if Action.TRAIN not in actions or Action.AWAIT_CHANGE in actions:
        return None
    return Effect.NOTHING_LEFT if plan.is_training else Effect.OTHER_PLAN
