"""Requests: who may make one, what fits together, and storing it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.domain.approvals import required, scope_of
from bot.domain.authority import Act, Authority, Person
from bot.domain.fleet import Ref
from bot.domain.holds import Holds, held
from bot.domain.hours import OwnZone, reminder_at
from bot.domain.outcomes import LeftOut
from bot.domain.plans import Plan
from bot.domain.policies import policy_of
from bot.domain.requests import Request, RequestState, together
from bot.domain.verdicts import Judgement
from bot.errors import ChatError, InputsRefused, Refusal
from bot.flows.candidates import Candidates, Gathering, Progress
from bot.flows.electorate import Electorate
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.flows.planning import Planning
from bot.flows.rests import Rests
from bot.flows.telling import Teller
from bot.flows.troubles import Troubles
from bot.log_context import about, scoped
from bot.messages.holds import may_not_end, set_meanwhile
from bot.messages.refusals import FORM_TOO_OLD, GONE, all_taken
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.requests import Proposal

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=30)
"""Longest look-up of possible approvers, and the pause after Slack did not answer."""

PART = 50
"""Plans read before the event loop gets a turn."""


@dataclass(eq=False)
class Requests:
    """Makes requests. *channel* is where cards go, *zone* the operator's time zone."""

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
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(
            log, "who could approve request %s is not known: %s", "who could approve request %s is known again"
        ),
        init=False,
    )
    gathering: Gathering = field(init=False)

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.db, self.inventory, self.planning, self.holds, self.clock)

    async def zone_of(self, user: str) -> OwnZone:
        """The time zone of the times that a person types."""
        return await self.electorate.zone_of(user, self.zone)

    async def may_ask(self, user: str) -> None:
        """Raises `Denied` for people who may not make requests, else a `ChatError`."""
        await self.electorate.may(user, Act.REQUEST)

    async def link(self, ref: str, language_id: str | None, user: str) -> None:
        """Store the language model (None: none) that an acoustic model was trained with. Raises as `may_ask`."""
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
        """The live request that already has a model."""
        return await self.db.read(lambda store: store.requests.holding(ref))

    async def get(self, id: int) -> Request | None:
        """One request."""
        return await self.db.read(lambda store: store.requests.get(id))

    async def candidates(self, judgements: Sequence[Judgement], user: str, seen: Progress | None = None) -> Candidates:
        """The candidates for a request: as `Gathering.gather`."""
        return await self.gathering.gather(judgements, user, seen)

    async def propose(
        self,
        form: str,
        drafts: Sequence[str],
        why: str,
        user: str,
        not_before: datetime | None = None,
        shown: Collection[int] = (),
        left_out: Sequence[LeftOut] = (),
    ) -> Request:
        """Store the request of a submitted form, and end the holds on its models. Call `show` afterwards.

        *form* identifies it, so that a second submit of it changes nothing; *drafts* are keys of plans. *not_before*:
        it starts then at the earliest. *shown* are the holds that the form showed, which it may end; *left_out* what
        was meant and cannot be in it. Raises `Refusal` when a plan is too old, or every model in another request;
        `InputsRefused`, by the keys of plans, for models with another hold, or with one that this person may not end;
        and a `ChatError`.
        """
        twin = await self.db.read(lambda store: store.requests.of_form(form))
        plans = await self.drafted(drafts) if twin is None else []
        now, holding = self.clock.now(), await self.holds.reader()
        holds_now = await self.db.read(holding)
        instances = {plan.model.instance for plan in plans if held(plan, holds_now)}
        person = await self.holds.person(user, instances) if instances else None
        digests = {plan.model.ref: draft.rpartition(" ")[2] for plan, draft in zip(plans, drafts, strict=False)}

        def write(store: Store) -> int:
            if (twin := store.requests.of_form(form)) is not None:
                return twin
            holds = holding(store)
            self._refuse_held(plans, holds, person, shown)
            ttl = min(policy_of(self.authority.policies, plan.model.instance).ttl for plan in plans)
            chosen, apart = together(plans)
            expires = now + timedelta(seconds=ttl)
            proposal = Proposal(
                *(form, chosen, user, why, self.channel, now, expires, not_before, (*apart, *left_out)), digests
            )
            proposed = store.requests.propose(proposal)
            if proposed.request is None:
                raise Refusal(all_taken(proposed.holder))
            for plan in chosen:
                self.holds.end_for(store, held(plan, holds), user, proposed.request)
            return proposed.request

        made = await self.db.write(write)
        request = await self.get(made)
        assert request is not None
        return request

    async def drafted(self, drafts: Sequence[str]) -> list[Plan]:
        """The plans with these keys, in their order. Raises `Refusal` where one is too old."""
        found: list[Plan | None] = []
        for start in range(0, len(drafts), PART):
            some = drafts[start : start + PART]
            found += await self.db.read(partial(_get, some))
            await asyncio.sleep(0)
        plans = [plan for plan in found if plan is not None]
        if len(plans) < len(drafts) or not plans:
            raise Refusal(FORM_TOO_OLD)
        return plans

    def _refuse_held(self, plans: Sequence[Plan], holds: Holds, person: Person | None, shown: Collection[int]) -> None:
        """Refuse to end holds that the person was not shown, or may not end."""
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

    @scoped
    async def show(self, request: Request) -> bool:
        """Find out once who could approve a request, and update its card; returns whether everything is shown."""
        about(request=request.id)
        await self.look_for_voters(request)
        return await self.teller.tell(request.id)

    @scoped
    async def look_for_voters(self, request: Request) -> None:
        """Store how many people could approve a request and when to remind; postponed if Slack fails."""
        about(request=request.id)
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
            self._troubles.begin(str(request.id), error.text)
            return
        self._troubles.end(str(request.id))
        remind_at = reminder_at(now, request.expires_at, zones)
        needed = required(self.authority.policies, request).needed
        await self.db.write(lambda store: store.requests.voters(request.id, count, needed, remind_at))
        self._looking.end(request.id)


def _get(keys: Sequence[str], store: Store) -> list[Plan | None]:
    return [*map(store.drafts.get, keys)]
