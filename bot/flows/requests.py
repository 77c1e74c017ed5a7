"""Requests: who may ask, what can be asked for together, and writing down what somebody asks for."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.approvals import required, scope_of
from bot.domain.authority import Act, Authority, Person
from bot.domain.fleet import Ref
from bot.domain.holds import Holds, held
from bot.domain.hours import reminder_at
from bot.domain.outcomes import Cause, CauseKind, LeftOut
from bot.domain.plans import Plan
from bot.domain.policies import policy_of
from bot.domain.requests import MOST, Request, RequestState, together
from bot.domain.snoozes import Held
from bot.domain.verdicts import Judgement
from bot.errors import ChatError, InputsRefused, Refusal, RetuneError
from bot.flows.electorate import Electorate
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.flows.planning import Planning
from bot.flows.rests import Rests
from bot.flows.telling import Teller
from bot.messages.holds import may_not_end, set_meanwhile
from bot.messages.refusals import FORM_TOO_OLD, GONE, all_taken
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.requests import Proposal

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=30)
"""How long a look for who could approve may take, and rests after Slack did not answer."""

AT_ONCE = 6
"""Models of one instance that are read at the same time while many are planned, however many people ask: a service
answers a few well, dozens badly.
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a request could hold, in the order in which it would start, and what it could not, with the reason.

    *held* are the models on hold, by the keys of the plans that change them: the person who asks may end each.
    """

    plans: tuple[Plan, ...]
    left_out: tuple[LeftOut, ...]
    held: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)


@dataclass(eq=False)
class Requests:
    """Asking. *channel* is where cards go, *zone* the operator's time zone."""

    db: Database
    inventory: Inventory
    planning: Planning
    holds: HoldBook
    teller: Teller
    electorate: Electorate
    authority: Authority
    clock: Clock
    _: KW_ONLY
    channel: str
    zone: ZoneInfo
    _looking: Rests = field(default_factory=Rests, init=False)
    _gates: defaultdict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE)), init=False
    )

    async def may_ask(self, user: str) -> None:
        """Raises `Denied` for people who may not ask, else a `ChatError`."""
        await self.electorate.may(user, Act.REQUEST)

    async def link(self, ref: str, language_id: str | None, user: str) -> None:
        """Remembers with which language model (None: with none) an acoustic model was trained. Raises as `may_ask`."""
        await self.electorate.may(user, Act.LINK)
        judged = await self.inventory.judged()
        model = judged.of(ref)
        if model is None or model.model.kind != "acoustic":
            raise Refusal(GONE)
        if language_id not in (None, *(one.id for one in await self.planning.language_models(model.model))):
            raise Refusal(GONE)
        language = None if language_id is None else str(Ref(Ref.parse(ref).instance, "language", language_id))
        now = self.clock.now()

        def write(store: Store) -> None:
            if store.observed.linked(ref) != (True, language):
                store.observed.link(ref, language, user, now)
                store.audit.note(now, user, "link", model=ref, detail=language or "none")

        await self.db.write(write)

    async def live_for(self, ref: str) -> Request | None:
        """The live request that has a model already."""
        return await self.db.read(lambda store: store.requests.holding(ref))

    async def get(self, id: int) -> Request | None:
        """One request."""
        return await self.db.read(lambda store: store.requests.get(id))

    async def candidates(self, judgements: Sequence[Judgement], user: str) -> Candidates:
        """Reads and plans each of these models; what cannot be planned says why, and stops no other.

        A model on hold is a candidate for somebody who may end its hold. Raises a `ChatError`.
        """

        async def one(judgement: Judgement) -> Plan | LeftOut:
            name = judgement.model.name
            try:
                async with self._gates[judgement.model.instance]:
                    prepared = await self.planning.prepare(judgement.model.ref)
            except RetuneError as error:
                return LeftOut(name, Cause(CauseKind.UNREAD, detail=error.text))
            if prepared.request is not None:
                return LeftOut(name, Cause(CauseKind.IN_REQUEST, request=prepared.request.id))
            if isinstance(prepared.outlook, Plan):
                return prepared.outlook
            return LeftOut(name, Cause(CauseKind.NO_PLAN, no_plan=prepared.outlook))

        found = await asyncio.gather(*(one(judgement) for judgement in judgements[:MOST]))
        holds = await self.holds.now()
        planned = [item for item in found if isinstance(item, Plan)]
        stopped = {plan.key: on_hold for plan in planned if (on_hold := held(plan, holds))}
        instances = {plan.model.instance for plan in planned if plan.key in stopped}
        person = await self.holds.person(user, instances) if stopped else None
        endable = {key for key, on_hold in stopped.items() if person and self.holds.may_end(person, on_hold)}
        plans, overlapping = together(
            [plan for plan in planned if plan.key not in stopped], [plan for plan in planned if plan.key in endable]
        )
        left_out = [
            LeftOut(plan.model.name, Cause(CauseKind.ON_HOLD, held=stopped[plan.key]))
            for plan in planned
            if plan.key in stopped.keys() - endable
        ]
        unplanned = (item for item in found if isinstance(item, LeftOut))
        ends = {plan.key: stopped[plan.key] for plan in plans if plan.key in endable}
        return Candidates(plans, (*left_out, *overlapping, *unplanned), ends)

    async def propose(
        self,
        form: str,
        drafts: Sequence[str],
        why: str,
        user: str,
        not_before: datetime | None = None,
        shown: Collection[int] = (),
    ) -> Request:
        """Writes the request that a submitted form asks for, and ends the holds on its models. Call `show` afterwards.

        *form* identifies it, so that a second submit of it changes nothing; *drafts* are keys of plans. *not_before*:
        it starts then at the earliest. *shown* are the holds that the form showed, which it may end. Raises `Refusal`
        when a plan is too old, or every model in another request; `InputsRefused`, by the keys of plans, for models
        with another hold, or with one that this person may not end; and a `ChatError`.
        """
        now, holding = self.clock.now(), await self.holds.reader()
        kept, holds_now = await self.db.read(lambda store: ([*map(store.drafts.get, drafts)], holding(store)))
        instances = {plan.model.instance for plan in kept if plan and held(plan, holds_now)}
        person = await self.holds.person(user, instances) if instances else None

        def write(store: Store) -> Request:
            if (twin := store.requests.of_form(form)) is not None:
                return twin
            plans = [plan for draft in drafts if (plan := store.drafts.get(draft)) is not None]
            if len(plans) < len(drafts) or not plans:
                raise Refusal(FORM_TOO_OLD)
            holds = holding(store)
            self._refuse_held(plans, holds, person, shown)
            ttl = min(policy_of(self.authority.policies, plan.model.instance).ttl for plan in plans)
            chosen, left_out = together(plans)
            expires = now + timedelta(seconds=ttl)
            proposal = Proposal(form, chosen, user, why, self.channel, now, expires, not_before, left_out)
            proposed = store.requests.propose(proposal)
            if proposed.request is None:
                raise Refusal(all_taken(proposed.holder))
            for run in proposed.request.runs:
                self.holds.end_for(store, held(run.plan, holds), user, proposed.request.id)
            return proposed.request

        return await self.db.write(write)

    def _refuse_held(self, plans: Sequence[Plan], holds: Holds, person: Person | None, shown: Collection[int]) -> None:
        """Nobody ends a hold that they were not shown, or may not end."""
        faults = {}
        for plan in plans:
            stopped = held(plan, holds)
            fresh = [one for one in stopped if one.hold.id not in shown]
            if fresh:
                faults[plan.key] = set_meanwhile(fresh[0])
            elif stopped and (person is None or not self.holds.may_end(person, stopped)):
                faults[plan.key] = may_not_end(stopped[0])
        if faults:
            raise InputsRefused(faults)

    async def show(self, request: Request) -> bool:
        """Finds out who could approve a request, once, and brings its card up to date; whether all of it is shown."""
        await self.look_for_voters(request)
        return await self.teller.tell(request.id)

    async def look_for_voters(self, request: Request) -> None:
        """Writes how many people could approve a request and when to remind; Slack's troubles put it off."""
        now = self.clock.now()
        unwatched = request.voters is None and request.state is RequestState.OPEN
        if not unwatched or not self._looking.may(now, request.id):
            return
        self._looking.rest(now + LOOK_AGAIN, request.id)
        policies = dict.fromkeys(policy_of(self.authority.policies, instance) for instance in request.instances)
        try:
            count = await self.electorate.count(scope_of(request))
            zones = [zone for policy in policies for zone in await self.electorate.zones(policy, self.zone)]
        except ChatError as error:
            log.warning("who could approve request %s is not known: %s", request.id, error.text)
            return
        remind_at = reminder_at(now, request.expires_at, zones)
        needed = required(self.authority.policies, request).needed
        await self.db.write(lambda store: store.requests.voters(request.id, count, needed, remind_at))
        self._looking.end(request.id)
