"""Requests: read a model, plan what it needs, and write down what somebody asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.approvals import Policy, Reason, may_take_part, policy_of
from bot.domain.catalog import Catalog
from bot.domain.fleet import Holdings, Model
from bot.domain.planning import plan, plan_training
from bot.domain.plans import Action, Link, NoPlan, Plan, WhyNot
from bot.domain.runs import Run, RunState
from bot.domain.timing import reminder_at
from bot.domain.verdicts import Judgement
from bot.errors import ChatError, Refusal
from bot.flows.electorate import Electorate
from bot.flows.estimates import estimate_plan
from bot.flows.inventory import Inventory
from bot.flows.telling import Teller
from bot.messages.text import code
from bot.ports import Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=30)
"""How long a look for who could approve may take, and rests after Slack did not answer."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known right before somebody asks: the judgement, the data, the plan or why there is none.

    *linked* says in words with which language model an acoustic model was trained.
    """

    judgement: Judgement
    holdings: Holdings
    outlook: Plan | NoPlan
    linked: str | None
    run: Run | None
    """The open run that has the model already."""


class Requests:
    """Everything between a wish and an approved run."""

    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        teller: Teller,
        electorate: Electorate,
        catalog: Callable[[], Catalog],
        policies: Mapping[str, Policy],
        clock: Clock,
        *,
        channel: str,
        zone: ZoneInfo,
    ) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._teller = teller
        self._electorate = electorate
        self._catalog = catalog
        self._policies = policies
        self._clock = clock
        self.channel = channel
        self.zone = zone
        self._looking: dict[int, datetime] = {}

    def policy(self, instance: str) -> Policy:
        """The instance's policy. One that is not configured any more lets nobody decide."""
        return policy_of(self._policies, instance)

    async def prepare_again(self, approved: Plan) -> Prepared:
        """Plans anew what was approved, of the same kind. Raises as `prepare`."""
        lenient = any(step.lenient for step in approved.steps)
        return await self.prepare(approved.model.ref, training=approved.is_training, lenient=lenient)

    async def prepare(self, ref: str, *, training: bool = False, lenient: bool = False) -> Prepared:
        """Reads a model anew and plans its upgrade, or its training. Raises a `ServiceError` or `Refusal`."""
        judgement = await self._inventory.fresh(ref)
        holdings = await self._inventory.holdings(judgement.model)
        link, linked = await self._link(judgement.model)
        if training:
            outlook = plan_training(judgement, holdings, link=link, lenient=lenient)
        else:
            outlook = plan(judgement, holdings, self._catalog(), link=link, lenient=lenient)
        if isinstance(outlook, Plan):
            outlook = replace(outlook, estimate=estimate_plan(self._store, outlook))
            self._store.runs.draft(outlook, self._clock.now())
        return Prepared(judgement, holdings, outlook, linked, self._store.runs.open_for(ref))

    async def _link(self, model: Model) -> tuple[Link | None, str | None]:
        if model.kind != "acoustic":
            return None, None
        said, ref = self._store.observed.linked(model.ref)
        if not said:
            return None, None
        if ref is None:
            return Link(None), "no language model"
        language = await self._inventory.fresh(ref)
        holdings = await self._inventory.holdings(language.model)
        return Link(language, holdings, self._second_pass_missing(model)), language.model.name

    def _second_pass_missing(self, model: Model) -> bool:
        """Whether the last run of an acoustic model did not get to its upgrade with the language model.

        However it ended: failed, cancelled between the steps, or not taken up again because something changed.
        """
        last = next((run for run in self._store.runs.of_model(model.ref) if run.started_at is not None), None)
        if last is None or last.current is None:
            return False
        return last.current.step.action is Action.UPGRADE_WITH_LANGUAGE

    def candidates(self, model: Model) -> list[Model]:
        """The language models with which an acoustic model can have been trained: same instance, same base."""
        return [
            j.model
            for j in self._inventory.judged_now().judgements
            if j.model.kind == "language" and j.model.instance == model.instance and j.model.base == model.base
        ]

    async def link(self, ref: str, language_id: str | None, user: str) -> None:
        """Remembers with which language model (None: with none) an acoustic model was trained."""
        await self._full_member(user)
        instance = ref.split("/", 1)[0]
        language = None if language_id is None else f"{instance}/language/{language_id}"
        now = self._clock.now()
        with self._store.transaction():
            self._store.observed.link(ref, language, user, now)
            self._store.audit.note(now, user, "link", model=ref, detail=language or "none")
        self._inventory.changed()

    async def may_ask(self, user: str) -> None:
        """Raises `Refusal` for people who may not ask: guests, bots, other workspaces."""
        await self._full_member(user)

    async def _full_member(self, user: str) -> None:
        reason = may_take_part(await self._electorate.person(user), self._electorate.team)
        if reason is Reason.OTHER_WORKSPACE:
            raise Refusal("Only members of this workspace can ask for upgrades.")
        if reason is not Reason.COUNTS:
            raise Refusal("Guests and bots cannot ask for upgrades. Ask a member of this workspace to do it.")

    def propose(
        self, request: str, draft: str, why: str, user: str, not_before: datetime | None = None
    ) -> tuple[Run, bool]:
        """Writes the run that a submitted modal asks for; gives it and whether it is new. Call `show` afterwards.

        *request* identifies the modal, so that a second submit of it changes nothing. *not_before*: it starts then
        at the earliest. Raises `Refusal` when the draft is gone.
        """
        wanted = self._store.runs.drafted(draft)
        if wanted is None:
            raise Refusal("That form is too old. Ask again with /stt-upgrade.")
        now = self._clock.now()
        policy = self.policy(wanted.model.instance)
        expires = now + timedelta(seconds=policy.ttl)
        return self._store.runs.propose(request, wanted, user, why, self.channel, now, expires, not_before=not_before)

    async def show(self, run: Run) -> None:
        """Finds out who could approve a run, once, and brings its card up to date."""
        await self.look_for_voters(run)
        await self._teller.tell(run.id)

    async def look_for_voters(self, run: Run) -> None:
        """Writes how many people could approve a run and when to remind them; Slack's troubles put it off."""
        if run.voters is not None or run.state is not RunState.WAITING:
            return
        now = self._clock.now()
        if self._looking.get(run.id, now) > now:
            return
        self._looking[run.id] = now + LOOK_AGAIN
        policy = self.policy(run.plan.model.instance)
        try:
            voters = await self._electorate.count(policy, run.requester)
            zones = await self._electorate.zones(policy, self.zone)
        except ChatError as error:
            log.warning("who could approve request %s is not known: %s", run.id, error.text)
            return
        self._looking.pop(run.id, None)
        remind_at = reminder_at(now, run.expires_at, zones)
        self._store.votes.voters(run.id, voters, policy.needed, remind_at)

    def in_the_way(self, run: Run, user: str) -> str:
        """What somebody hears who asks for a model that an open run has already."""
        return (
            f"{code(run.plan.model.name)} is already in request {run.id} by <@{run.requester}>, "
            f"which is {run.state.value}. See its card in <#{run.channel}>."
        )


def needs_link(prepared: Prepared) -> bool:
    """Whether the plan only waits for somebody to say with which language model the model was trained."""
    return isinstance(prepared.outlook, NoPlan) and prepared.outlook.reason is WhyNot.LINK_UNKNOWN
