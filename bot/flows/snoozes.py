"""Snoozing: who may snooze and end, and what ends by itself. One transaction each; speaking comes last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.approvals import Person, Policy, Reason, is_approver, may_take_part
from bot.domain.snoozes import (
    RETUNE,
    Index,
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
from bot.errors import InputsRefused, Refusal
from bot.flows.inventory import Inventory
from bot.messages.snoozes import WHY, fault_texts, gone, not_yours, taken
from bot.ports import Clock, People
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
        self._store = db.store
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

    def in_force(self) -> tuple[Snooze, ...]:
        """What is snoozed now, oldest first; what is over is left out, also before `lapse` has noted it."""
        return in_force(self._store.snoozes.in_force(), self._inventory.judged_now().judgements, self._clock.now())

    def index(self) -> Index:
        """What is snoozed now, for looking up many models with `standing` and `covering` of the domain."""
        return indexed(self.in_force())

    async def may_snooze(self, user: str) -> None:
        """Raises `Refusal` for people who may not snooze: guests, bots, other workspaces."""
        self._take_part(await self._people.person(user, ()))

    def _take_part(self, person: Person) -> None:
        reason = may_take_part(person, self._team)
        if reason is Reason.OTHER_WORKSPACE:
            raise Refusal("Only members of this workspace can snooze models.")
        if reason is not Reason.COUNTS:
            raise Refusal("Guests and bots cannot snooze models. Ask a member of this workspace to do it.")

    async def snooze(self, wish: Wish, user: str, request: str) -> Snooze:
        """Puts a wish in force. Raises `Refusal` for people who may not, `InputsRefused` for what is wrong with it.

        *request* identifies the form, so that a second submit of it changes nothing. What is in force for the same
        subject is replaced, if this person may end it.
        """
        person = await self._person(user, self._deciding(wish.scope, wish.subject))
        self._take_part(person)
        twin = self._store.snoozes.requested(request)
        if twin is not None:
            return twin
        now, today = self._clock.now(), self.today()
        judgements = self._inventory.judged_now().judgements
        if found := faults(wish, judgements, today):
            raise InputsRefused(fault_texts(found, today))
        over_at = datetime.combine(wish.until, time(), self._zone) if wish.until else None
        known = known_targets(wish.scope, wish.subject, judgements)
        with self._store.transaction():
            old = self._store.snoozes.of(wish.scope, wish.subject)
            if old is not None:
                why = over(old, judgements, now)
                if why is None and not self._may_end(old, person):
                    raise InputsRefused({WHY: taken(old)})
                self._store.snoozes.end(old.id, RETUNE if why else user, why or "replaced by a newer one", now)
            return self._store.snoozes.add(request, wish, over_at, known, user, now)

    async def end(self, id: int, user: str) -> str | None:
        """Ends one early. None when it counts; otherwise what to tell that person, and nothing has changed."""
        found = self._store.snoozes.get(id)
        if found is None or found.ended_at is not None:
            return gone(found)
        person = await self._person(user, self._deciding(found.scope, found.subject))
        now = self._clock.now()
        if not self._may_end(found, person):
            self._store.audit.note(now, user, "denied", detail=f"end of {found.kind} {id}")
            deciding = self._deciding(found.scope, found.subject)
            return not_yours(found, tuple(dict.fromkeys(name for policy in deciding for name in policy.approvers)))
        if self._store.snoozes.end(id, user, "ended early", now) is None:
            return gone(self._store.snoozes.get(id))
        return None

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
        policy = self._policies.get(subject.split("/", 1)[0])
        return (policy,) if policy is not None else ()

    async def _person(self, user: str, policies: Iterable[Policy]) -> Person:
        groups = dict.fromkeys(name for policy in policies for name in policy.groups)
        return await self._people.person(user, tuple(groups))

    def lapse(self) -> tuple[Snooze, ...]:
        """Ends what is over, and gives all whose end is not said yet, for `say`.

        Called every second; looks once a minute, with one indexed read, and writes only what is over.
        """
        now = self._clock.now()
        if self._looked is not None and now - self._looked < LOOK:
            return ()
        self._looked = now
        unsettled = self._store.snoozes.unsettled()
        if not unsettled:
            return ()
        ends = ending(unsettled, self._inventory.judged_now().judgements, now)
        ended = [self._store.snoozes.end(id, RETUNE, why, now) for id, why in ends.items()]
        return (*(s for s in unsettled if s.ended_at is not None), *(s for s in ended if s is not None))

    async def say(self, lapsed: Iterable[Snooze]) -> None:
        """Says the end of each; what cannot be said now is given by a later `lapse` again."""
        for snooze in lapsed:
            if await self._said(snooze, snooze.ended_why):
                self._store.snoozes.said(snooze.id)
