"""Planning: reads a model and what it needs, plans, estimates, and checks whether an approved plan still holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.catalog import Catalog
from bot.domain.estimates import estimate, total
from bot.domain.fleet import Holdings, Model, Ref, in_order
from bot.domain.links import ALONE, LinkChoice, link_choice, link_in
from bot.domain.outcomes import Cause, CauseKind
from bot.domain.planning import plan, plan_training
from bot.domain.plans import Action, Estimate, Link, NoPlan, Plan, Step, WhyNot, differences
from bot.domain.requests import Request
from bot.domain.runs import Run, RunState
from bot.domain.verdicts import Judgement
from bot.errors import DeletedModel, Refusal
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything known before a request: the judgement, the data, and the plan or the reason there is none.

    *linked* is the name of the language model that an acoustic model was trained with, "" for none, None if unknown.
    *request* is the live one that already has the model.
    """

    judgement: Judgement
    holdings: Holdings
    outlook: Plan | NoPlan
    linked: str | None
    request: Request | None

    @property
    def needs_link(self) -> bool:
        """Whether only the language model that the model was trained with is missing."""
        return isinstance(self.outlook, NoPlan) and self.outlook.reason is WhyNot.LINK_UNKNOWN


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether a plan still holds: *cause* is why not; *later*: unknown for now, or the model is busy."""

    cause: Cause | None = None
    later: bool = False


@dataclass(eq=False)
class Planning:
    """Reads models and plans their upgrades."""

    db: Database
    inventory: Inventory
    catalog: Callable[[], Catalog]
    holds: HoldBook
    clock: Clock

    async def prepare(
        self, ref: str, *, training: bool = False, lenient: bool = False, read: Judgement | None = None
    ) -> Prepared:
        """Read a model and plan its upgrade, or its training. Raises a `ServiceError` or `Refusal`.

        *read* is a reading from a moment ago.
        """
        judgement = read or await self.inventory.fresh(ref)
        model = judgement.model
        holdings = await self.inventory.service(model.instance).holdings(model)
        link = await self._link(model)
        if training:
            outlook = plan_training(judgement, holdings, link=link, lenient=lenient)
        else:
            outlook = plan(judgement, holdings, self.catalog(), link=link, lenient=lenient)
        now = self.clock.now()

        def keep(store: Store) -> Prepared:
            found = outlook
            if isinstance(found, Plan):
                found = replace(found, estimate=estimate_plan(store, found))
                store.drafts.keep(found, now)
            linked = None if link is None else link.language.model.name if link.language else ""
            return Prepared(judgement, holdings, found, linked, store.requests.holding(ref))

        return await self.db.write(keep)

    async def estimated(self, request: Request) -> Request:
        """A request with its plans estimated again, from the steps proven since."""
        plans = [run.plan for run in request.runs]
        found = await self.db.read(lambda store: [replace(plan, estimate=estimate_plan(store, plan)) for plan in plans])
        runs = (replace(run, plan=plan) for run, plan in zip(request.runs, found, strict=True))
        return replace(request, runs=tuple(runs))

    async def still_holds(self, run: Run) -> Validity:
        """Plan again what was approved: would it be the same now? Raises a `ServiceError`."""
        if found := await self.holds.of(run.plan):
            return Validity(Cause(CauseKind.ON_HOLD, held=found))
        approved = run.plan
        lenient = any(step.lenient for step in approved.steps)
        try:
            prepared = await self.prepare(approved.model.ref, training=approved.is_training, lenient=lenient)
        except DeletedModel:
            return Validity(Cause(CauseKind.DELETED))
        except Refusal:  # the instance was removed from the settings
            return Validity(Cause(CauseKind.NOT_CONFIGURED))
        outlook = prepared.outlook
        if isinstance(outlook, NoPlan):
            if outlook.reason in (WhyNot.BUSY, WhyNot.PROCESSING):
                return Validity(later=True)
            return Validity(Cause(CauseKind.NO_PLAN, no_plan=outlook))
        return Validity(Cause(CauseKind.DIFFERS, fresh=outlook) if differences(approved, outlook, run.done) else None)

    async def _link(self, model: Model) -> Link | None:
        if model.kind != "acoustic":
            return None
        (said, ref), second_pass_missing = await self.db.read(
            lambda store: (store.observed.linked(model.ref), _second_pass_missing(store, model))
        )
        if ref is None:
            return Link(None) if said else None
        language = await self.inventory.fresh(ref)
        holdings = await self.inventory.service(model.instance).holdings(language.model)
        return Link(language, holdings, second_pass_missing)

    async def link_choice(self, model: Model) -> LinkChoice:
        """What a person may answer that an acoustic model was trained with, and the answer given before."""
        said = await self.db.read(lambda store: _said(store, model.ref))
        return link_choice(model, await self.language_models(model), said)

    async def language_models(self, model: Model) -> list[Model]:
        """The language models it can have been trained with: same instance, same base."""
        models = (await self.inventory.fleet.reading(model.instance)).models
        return in_order(other for other in models if other.kind == "language" and other.base == model.base)


def _said(store: Store, ref: str) -> str | None:
    """The id of the language model answered by a person, else that of the last run; `ALONE` for none, None: unknown."""
    said, language = store.observed.linked(ref)
    if said:
        return Ref.parse(language).id if language else ALONE
    last = _last_run(store, ref)
    return None if last is None or last.plan.is_training else link_in(last.plan)


def _second_pass_missing(store: Store, model: Model) -> bool:
    """Whether the last run of a model ended before its upgrade with the language model."""
    last = _last_run(store, model.ref)
    at = last.current if last else None
    return at is not None and at.step.action is Action.UPGRADE_WITH_LANGUAGE


def _last_run(store: Store, ref: str) -> Run | None:
    runs = (run for request in store.requests.of_model(ref) for run in request.runs)
    return next((run for run in runs if run.plan.model.ref == ref and run.started_at is not None), None)


def estimate_now(store: Store, run: Run) -> Estimate | None:
    """For the current step of a run; None also if there is no estimate, or the service is not at work."""
    if run.state is not RunState.RUNNING or run.current is None:
        return None
    return estimate_step(store, run.plan, run.current.step)


def estimate_plan(store: Store, plan: Plan) -> Estimate | None:
    """For all steps that certainly come, else the plan's own estimate."""
    sure = [step for step in plan.steps if not step.only_if_needed and step.action is not Action.AWAIT_CHANGE]
    return total(estimate_step(store, plan, step) for step in sure) or plan.estimate


def estimate_step(store: Store, plan: Plan, step: Step) -> Estimate | None:
    """For one step. A person's change is never estimated."""
    if step.action is Action.AWAIT_CHANGE:
        return None
    past = store.journal.past(step.action, Ref.parse(step.ref).kind)
    return estimate(plan.holdings if step.ref == plan.model.ref else None, past)
