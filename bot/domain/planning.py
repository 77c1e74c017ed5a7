"""Planning: follows "Upgrading custom models" for each kind of model. Works on facts alone and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.catalog import Catalog
from bot.domain.estimates import by_audio
from bot.domain.fleet import IDLE, Holdings, Model
from bot.domain.plans import Action, Estimate, Link, NoPlan, Plan, Step, WhyNot
from bot.domain.verdicts import Judgement, Verdict


def plan(
    judgement: Judgement, holdings: Holdings, catalog: Catalog, *, link: Link | None = None, lenient: bool = False
) -> Plan | NoPlan:
    """The plan for one model, from a fresh judgement and its contents.

    *link* is needed for acoustic models only; None means unknown. *lenient*: a person chose to leave invalid resources
    out of a training that upgrades.
    """
    if judgement.verdict is Verdict.CURRENT and link is not None and link.second_pass_missing:
        return _second_pass(judgement, holdings, link)
    if blocked := _blocked(judgement, holdings):
        return blocked
    if judgement.model.kind == "acoustic":
        return _acoustic(judgement, holdings, catalog, link)
    return _language(judgement, holdings, catalog, lenient=lenient)


def plan_training(
    judgement: Judgement, holdings: Holdings, *, link: Link | None = None, lenient: bool = False
) -> Plan | NoPlan:
    """The plan that trains a `ready` model on its waiting data; an outdated one must be upgraded first."""
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
    step = _step(Action.TRAIN, model, expects_version=False, language_id=language_id, lenient=leave_out)
    passes = by_audio(holdings, passes=1) if model.kind == "acoustic" else None
    return _plan(judgement, holdings, [step], passes)


def _blocked(judgement: Judgement, holdings: Holdings) -> NoPlan | None:
    if judgement.verdict is Verdict.FAILED and holdings.empty:
        return NoPlan(WhyNot.EMPTY, judgement)  # training without data fails: nothing to repair
    if judgement.verdict not in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED):
        return NoPlan(WhyNot(judgement.verdict.value), judgement)  # every other verdict has a reason of the same name
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
    if improved is None or improved.certainty == "note_only":
        large, unsure = catalog.generation(model.base) == "large", improved is not None
        steps = _try_upgrade(judgement, holdings, doubtful=unsure or large)
        waiting = model.status == "ready"
        return _plan(judgement, holdings, steps, trains_after=waiting, uncertain=unsure, experimental=large)
    if holdings.invalid and not lenient:
        return NoPlan(WhyNot.INVALID, judgement, holdings.invalid)
    how = Action.FORCE_TRAIN if model.deployment == "cloud" else Action.TRAIN
    steps = [_step(how, model, lenient=bool(holdings.invalid))]
    if how is Action.TRAIN and model.status != "ready":
        steps.insert(0, _step(Action.AWAIT_CHANGE, model, expects_version=False))
    return _plan(judgement, holdings, steps, drops_weight=True)


def _try_upgrade(judgement: Judgement, holdings: Holdings, *, doubtful: bool) -> list[Step]:
    """upgrade_model; if IBM's pages disagree about the base, on IBM Cloud followed by a forced training after a
    refusal.

    The other order is worse: training an outdated model on an ordinary base only retrains it on the old version.
    """
    model = judgement.model
    fall_back = doubtful and model.deployment == "cloud" and not holdings.invalid
    steps = [_step(Action.UPGRADE, model, may_be_refused=fall_back)]
    return [*steps, _step(Action.FORCE_TRAIN, model, only_if_needed=True)] if fall_back else steps


def _acoustic(judgement: Judgement, holdings: Holdings, catalog: Catalog, link: Link | None) -> Plan | NoPlan:
    model = judgement.model
    alone = _step(Action.UPGRADE, model)
    waiting = model.status == "ready"
    if link is None:
        return NoPlan(WhyNot.LINK_UNKNOWN, judgement)
    if link.language is None:
        return _plan(judgement, holdings, [alone], by_audio(holdings, passes=1), trains_after=waiting)
    language = link.language
    steps: list[Step] = []
    if language.outdated:
        if _blocked(language, link.holdings or Holdings()):
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
        steps.append(_step(Action.TRAIN, language.model, expects_version=False))
    steps += [alone, _with_language(judgement, language)]
    return _plan(judgement, holdings, steps, by_audio(holdings, passes=2), trains_after=waiting)


def _second_pass(judgement: Judgement, holdings: Holdings, link: Link) -> Plan | NoPlan:
    """Only the step that an earlier attempt did not reach: the upgrade with the language model."""
    language = link.language
    if language is None:
        return NoPlan(WhyNot.CURRENT, judgement)
    if language.outdated or language.model.status != "available":
        return NoPlan(WhyNot.LINKED_BLOCKED, judgement, (language.model.name, language.model.status))
    return _plan(judgement, holdings, [_with_language(judgement, language)], by_audio(holdings, passes=1))


def _with_language(judgement: Judgement, language: Judgement) -> Step:
    action = Action.UPGRADE_WITH_LANGUAGE
    return _step(action, judgement.model, expects_version=False, language_id=language.model.id)


def _step(
    action: Action, model: Model, *, expects_version: bool = True, language_id: str | None = None, **rules: bool
) -> Step:
    return Step(action, model.ref, model.name, expects_version, language_id, **rules)


def _plan(
    judgement: Judgement, holdings: Holdings, steps: Sequence[Step], estimate: Estimate | None = None, **warnings: bool
) -> Plan:
    model, evidence = judgement.model, judgement.evidence
    have, target = model.newest, judgement.target
    return Plan(model, tuple(steps), have, target, estimate, evidence=evidence, holdings=holdings, **warnings)
