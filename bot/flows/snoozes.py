"""Snoozing: who may snooze and end, and what is over by itself. One transaction each; speaking comes last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.domain.approvals import Person, Policy, Reason, is_approver, may_take_part
from bot.domain.fleet import Ref
from bot.domain.snoozes import (
    RETUNE,
    End,
    Index,
    NotEnded,
    Scope,
    Snooze,
    Wish,
    ending,
    faults,
    in_force,
    indexed,
    known_targets,
    over,
)
from bot.domain.verdicts import Judgement
from bot.errors import InputsRefused, Refusal
from bot.flows.inventory import Inventory
from bot.messages.snoozes import MEMBERS_ONLY, NO_GUESTS, WHY, fault_texts, taken
from bot.ports import Clock, People
from bot.store import Store
from bot.store.database import Database

LOOK = timedelta(minutes=1)
"""The shortest time between two looks for what is over: an end comes at most that late."""

Said = Callable[[Snooze, str], Awaitable[bool]]
"""Says that a snooze is over, and why; true once it is said. It may be asked again: say it once by its own key."""


async def _to_nobody(snooze: Snooze, why: str) -> bool:
    return True


class Snoozer:
    """Snoozes and holds. *zone* is the operator's: a day begins and ends there."""

    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        people: People,
        policies: Mapping[str, Policy],
        clock: Clock,
        *,
        zone: ZoneInfo,
        team: str,
        said: Said = _to_nobody,
    ) -> None:
        self._db = db
        self._inventory = inventory
        self._people = people
        self._policies = policies
        self._clock = clock
        self._zone = zone
        self._team = team
        self._said = said
        self._looked: datetime | None = None

    def today(self) -> date:
        """The operator's day."""
        return self._clock.now().astimezone(self._zone).date()

    async def in_force(self) -> tuple[Snooze, ...]:
        """What is snoozed now, oldest first; what is over is left out, also before `ring` has noted it."""
        snoozes = await self._db.read(lambda store: store.snoozes.in_force())
        return in_force(snoozes, (await self._inventory.judged()).judgements, self._clock.now())

    async def index(self) -> Index:
        """What is snoozed now, for looking up many models with `standing` and `covering` of the domain."""
        return indexed(await self.in_force())

    async def may_snooze(self, user: str) -> None:
        """Raises `Refusal` for people who may not snooze: guests, bots, other workspaces."""
        self._take_part(await self._people.person(user, ()))

    def _take_part(self, person: Person) -> None:
        reason = may_take_part(person, self._team)
        if reason is Reason.OTHER_WORKSPACE:
            raise Refusal(MEMBERS_ONLY)
        if reason is not Reason.COUNTS:
            raise Refusal(NO_GUESTS)

    async def snooze(self, wish: Wish, user: str, request: str) -> Snooze:
        """Puts a wish in force. Raises `Refusal` for people who may not, `InputsRefused` for what is wrong with it.

        *request* identifies the form, so that a second submit of it changes nothing. What is in force for the same
        subject is replaced, if this person may end it.
        """
        person = await self._person(user, self._deciding(wish.scope, wish.subject))
        self._take_part(person)
        judgements, now = (await self._inventory.judged()).judgements, self._clock.now()
        return await self._db.write(lambda store: self._put(store, wish, person, request, judgements, now))

    def _put(
        self,
        store: Store,
        wish: Wish,
        person: Person,
        request: str,
        judgements: tuple[Judgement, ...],
        now: datetime,
    ) -> Snooze:
        twin = store.snoozes.requested(request)
        if twin is not None:
            return twin
        today = self.today()
        if found := faults(wish, judgements, today):
            raise InputsRefused(fault_texts(found, today))
        old = store.snoozes.of(wish.scope, wish.subject)
        if old is not None:
            why = over(old, judgements, now)
            if why is None and not self._may_end(old, person):
                raise InputsRefused({WHY: taken(old)})
            store.snoozes.end(old.id, RETUNE if why else person.id, why or "replaced by a newer one", now)
        over_at = datetime.combine(wish.until, time(), self._zone) if wish.until else None
        known = known_targets(wish.scope, wish.subject, judgements)
        return store.snoozes.add(request, wish, over_at, known, person.id, now)

    async def end(self, id: int, user: str) -> End:
        """Ends one early, if this person may."""
        found = await self._db.read(lambda store: store.snoozes.get(id))
        if found is None or found.ended_at is not None:
            return End(found, NotEnded.GONE)
        deciding = self._deciding(found.scope, found.subject)
        person, now = await self._person(user, deciding), self._clock.now()
        if self._may_end(found, person):
            return await self._db.write(lambda store: _ended(store, id, user, now))
        about = f"end of {found.kind} {id}"
        await self._db.write(lambda store: store.audit.note(now, user, "denied", detail=about))
        approvers = dict.fromkeys(name for policy in deciding for name in policy.approvers)
        return End(found, NotEnded.NOT_YOURS, tuple(approvers))

    def _may_end(self, snooze: Snooze, person: Person) -> bool:
        """Its author, or an approver of an instance that it speaks of; full members of this workspace only."""
        if may_take_part(person, self._team) is not Reason.COUNTS:
            return False
        deciding = self._deciding(snooze.scope, snooze.subject)
        return person.id == snooze.author or any(is_approver(person, policy) for policy in deciding)

    def _deciding(self, scope: Scope, subject: str) -> tuple[Policy, ...]:
        """The policies of the instances that a snooze speaks of: a base is on all of them."""
        if scope is Scope.BASE:
            return tuple(self._policies.values())
        policy = self._policies.get(Ref.parse(subject).instance if scope is Scope.MODEL else subject)
        return (policy,) if policy is not None else ()

    async def _person(self, user: str, policies: Iterable[Policy]) -> Person:
        groups = dict.fromkeys(name for policy in policies for name in policy.groups)
        return await self._people.person(user, tuple(groups))

    def due(self) -> bool:
        """Whether it is time to look for what is over: once a minute."""
        return self._looked is None or self._clock.now() - self._looked >= LOOK

    async def ring(self) -> None:
        """Ends what is over, and says each end; what cannot be said now is said at a later ring."""
        now = self._looked = self._clock.now()
        unsettled = await self._db.read(lambda store: store.snoozes.unsettled())
        if not unsettled:
            return
        over_now = ending(unsettled, (await self._inventory.judged()).judgements, now)
        ended = await self._db.write(lambda store: _end_all(store, over_now, now)) if over_now else ()
        for snooze in (*(s for s in unsettled if s.ended_at is not None), *ended):
            if await self._said(snooze, snooze.ended_why):
                await self._db.write(partial(_mark_said, snooze.id))


def _ended(store: Store, id: int, user: str, now: datetime) -> End:
    ended = store.snoozes.end(id, user, "ended early", now)
    return End(store.snoozes.get(id), NotEnded.GONE) if ended is None else End(ended)


def _end_all(store: Store, why: Mapping[int, str], now: datetime) -> tuple[Snooze, ...]:
    ended = [store.snoozes.end(id, RETUNE, reason, now) for id, reason in why.items()]
    return tuple(snooze for snooze in ended if snooze is not None)


def _mark_said(id: int, store: Store) -> None:
    store.snoozes.said(id)
