"""Snoozing: who may snooze and end, and what is over by itself. One transaction each; speaking comes last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.authority import Act, Authority, Person, Scope
from bot.domain.fleet import Ref
from bot.domain.snoozes import (
    RETUNE,
    End,
    Index,
    NotEnded,
    Reach,
    Snooze,
    SnoozeKind,
    Wish,
    ending,
    faults,
    in_force,
    indexed,
    known_targets,
    over,
)
from bot.errors import InputsRefused
from bot.flows.electorate import Electorate
from bot.flows.inventory import Inventory
from bot.flows.rests import Rests
from bot.messages.snoozes import WHY, fault_texts, taken
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

LOOK = timedelta(minutes=1)
"""The shortest time between two looks for what is over: an end comes at most that late."""

Said = Callable[[Snooze, str], Awaitable[bool]]
"""Says that a snooze is over, and why; true once it is said. It may be asked again: say it once by its own key."""


@dataclass(eq=False)
class Snoozer:
    """Snoozes and holds. *zone* is the operator's: a day begins and ends there."""

    db: Database
    inventory: Inventory
    electorate: Electorate
    authority: Authority
    clock: Clock
    _: KW_ONLY
    zone: ZoneInfo
    said: Said
    _looks: Rests = field(default_factory=Rests, init=False)

    def today(self) -> date:
        """The operator's day."""
        return self.clock.now().astimezone(self.zone).date()

    async def in_force(self) -> tuple[Snooze, ...]:
        """What is snoozed now, oldest first; what is over is left out, also before `ring` has noted it."""
        snoozes = await self.db.read(lambda store: store.snoozes.in_force())
        return in_force(snoozes, (await self.inventory.judged()).judgements, self.clock.now())

    async def index(self) -> Index:
        """What is snoozed now, for looking up many models with `standing` and `covering` of the domain."""
        return indexed(await self.in_force())

    async def snooze(self, wish: Wish, user: str, request: str) -> Snooze:
        """Puts a wish in force, instead of what is for its subject if this person may end that. *request* counts once.

        Raises `Refusal` for people who may not, `InputsRefused` for what is wrong with it.
        """
        person = await self.electorate.may(user, act_of(wish.kind, wish.scope), self._scope(wish.scope, wish.subject))
        judgements, now, today = (await self.inventory.judged()).judgements, self.clock.now(), self.today()

        def put(store: Store) -> Snooze:
            twin = store.snoozes.requested(request)
            if twin is not None:
                return twin
            if found := faults(wish, judgements, today):
                raise InputsRefused(fault_texts(found, today))
            old = store.snoozes.of(wish.scope, wish.subject)
            if old is not None:
                why = over(old, judgements, now)
                if why is None and not self._may_end(old, person):
                    raise InputsRefused({WHY: taken(old)})
                store.snoozes.end(old.id, RETUNE if why else person.id, why or "replaced by a newer one", now)
            over_at = datetime.combine(wish.until, time(), self.zone) if wish.until else None
            known = known_targets(wish.scope, wish.subject, judgements)
            return store.snoozes.add(request, wish, over_at, known, person.id, now)

        return await self.db.write(put)

    async def end(self, id: int, user: str) -> End:
        """Ends one early, if this person may."""
        found = await self.db.read(lambda store: store.snoozes.get(id))
        if found is None or found.ended_at is not None:
            return End(found, NotEnded.GONE)
        scope = self._scope(found.scope, found.subject)
        policies = self.authority.policies_of(scope.instances)
        person = await self.electorate.person(user, policies)
        now = self.clock.now()
        if self._may_end(found, person):
            return await self.db.write(lambda store: _ended(store, id, user, now))
        about = f"end of {found.kind} {id}"
        await self.db.write(lambda store: store.audit.note(now, user, "denied", detail=about))
        approvers = dict.fromkeys(name for policy in policies for name in policy.approvers)
        return End(found, NotEnded.NOT_YOURS, tuple(approvers))

    def _may_end(self, snooze: Snooze, person: Person) -> bool:
        """Its author, or an approver of every instance that it speaks of."""
        scope = self._scope(snooze.scope, snooze.subject, snooze.author)
        return self.authority.may(person, Act.END, scope).allowed

    def _scope(self, reach: Reach, subject: str, author: str = "") -> Scope:
        """The instances that a snooze speaks of: a base is on all of them."""
        if reach is Reach.BASE:
            return replace(self.authority.everywhere, author=author)
        return Scope((Ref.parse(subject).instance if reach is Reach.MODEL else subject,), author=author)

    def due(self) -> bool:
        """Whether it is time to look for what is over: once a minute."""
        return self._looks.may(self.clock.now())

    async def ring(self) -> None:
        """Ends what is over, and says each end; what cannot be said now is said at a later ring."""
        now = self.clock.now()
        self._looks.rest(now + LOOK)
        unsettled = await self.db.read(lambda store: store.snoozes.unsettled())
        if not unsettled:
            return
        over_now = ending(unsettled, (await self.inventory.judged()).judgements, now)
        if over_now:
            ended = await self.db.write(
                lambda store: [store.snoozes.end(id, RETUNE, why, now) for id, why in over_now.items()]
            )
            unsettled = (*unsettled, *(snooze for snooze in ended if snooze is not None))
        for snooze in unsettled:
            if snooze.ended_at is not None:
                await self._say(snooze)

    async def _say(self, snooze: Snooze) -> None:
        if await self.said(snooze, snooze.ended_why):
            await self.db.write(lambda store: store.snoozes.said(snooze.id))


def act_of(kind: SnoozeKind, reach: Reach) -> Act:
    """What a snooze is to the authority."""
    if reach is not Reach.MODEL:
        return Act.SNOOZE_ALL
    return Act.HOLD if kind is SnoozeKind.HOLD else Act.SNOOZE


def _ended(store: Store, id: int, user: str, now: datetime) -> End:
    ended = store.snoozes.end(id, user, "ended early", now)
    return End(store.snoozes.get(id), NotEnded.GONE) if ended is None else End(ended)
