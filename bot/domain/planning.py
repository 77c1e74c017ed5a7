"""Planning: follows "Upgrading custom models" for each kind of model. It decides on facts alone and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.catalog import Catalog
from bot.domain.estimates import by_audio
from bot.domain.fleet import IDLE, Holdings
from bot.domain.plans import Action, Estimate, Link, NoPlan, Plan, Step, WhyNot
from bot.domain.verdicts import Judgement, Verdict

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
    if judgement.verdict is Verdict.CURRENT and link is not None and link.second_pass_missing:
        return _second_pass(judgement, holdings, link)
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
    passes = by_audio(holdings, passes=1) if model.kind == "acoustic" else None
    return _plan(judgement, holdings, (step,), passes)


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
            holdings,
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
    return _plan(judgement, holdings, steps, None, drops_weight=True)


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
        return _plan(judgement, holdings, (alone,), by_audio(holdings, passes=1), trains_after=waiting)
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
    steps.append(_with_language(judgement, language))
    return _plan(judgement, holdings, steps, by_audio(holdings, passes=2), trains_after=waiting)


def _second_pass(judgement: Judgement, holdings: Holdings, link: Link) -> Plan | NoPlan:
    """Only what an earlier attempt left undone: the upgrade with the language model."""
    language = link.language
    if language is None:
        return NoPlan(WhyNot.CURRENT, judgement)
    if language.outdated or language.model.status != "available":
        return NoPlan(WhyNot.LINKED_BLOCKED, judgement, (language.model.name, language.model.status))
    return _plan(judgement, holdings, (_with_language(judgement, language),), by_audio(holdings, passes=1))


def _with_language(judgement: Judgement, language: Judgement) -> Step:
    model = judgement.model
    return Step(
        Action.UPGRADE_WITH_LANGUAGE,
        model.ref,
        model.name,
        expects_version=False,
        language_id=language.model.id,
    )


def _plan(
    judgement: Judgement,
    holdings: Holdings,
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
        holdings=holdings,
    )
