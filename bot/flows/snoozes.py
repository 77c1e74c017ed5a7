"""Snoozing: who may snooze and end, and what is over by itself. One transaction each; speaking comes last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.domain.authority import Act, Authority, Person, Scope
from bot.domain.fleet import Model, Ref
from bot.domain.snoozes import (
    RETUNE,
    End,
    Ended,
    Index,
    Over,
    Reach,
    Snooze,
    SnoozeKind,
    Wish,
    ending,
    faults,
    in_force,
    indexed,
    known_targets,
    latest,
    over,
    subject_of,
)
from bot.errors import InputsRefused
from bot.flows.electorate import Electorate
from bot.flows.inventory import Inventory
from bot.flows.rests import Rests
from bot.messages.snooze_form import WHY, fault_texts
from bot.messages.snoozes import taken
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

LOOK = timedelta(minutes=1)
"""The shortest time between two looks for what is over: an end comes at most that late."""

Said = Callable[[Snooze], Awaitable[bool]]
"""Says that a snooze began, or that it is over and why; true once it is said. It may be asked again: say it once."""


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
    """How the channel hears of it."""
    _looks: Rests = field(default_factory=Rests, init=False)

    def today(self) -> date:
        """The operator's day."""
        return self.clock.now().astimezone(self.zone).date()

    async def in_force(self) -> tuple[Snooze, ...]:
        """What is snoozed now, oldest first; what is over is left out, also before `ring` has noted it."""
        snoozes = await self.db.read(lambda store: store.snoozes.in_force())
        return in_force(snoozes, (await self.inventory.judged()).spoken_of(snoozes), self.clock.now())

    async def index(self) -> Index:
        """What is snoozed now, for looking up many models with `standing` and `covering` of the domain."""
        return indexed(await self.in_force())

    async def reaches(self, user: str, *models: Model) -> tuple[Reach, ...]:
        """How far somebody may snooze from each of these. Raises `Denied` where not even that, else a `ChatError`."""
        person = await self.electorate.person(user, self.authority.policies_of(self.authority.everywhere.instances))
        found = []
        for reach in Reach:
            scopes = (self._scope(reach, subject_of(reach, model)) for model in models)
            if all(self.authority.may(person, act_of(SnoozeKind.SNOOZE, reach), scope).allowed for scope in scopes):
                found.append(reach)
        if not found:
            await self.electorate.may(user, Act.SNOOZE)
        return tuple(found)

    async def snooze(self, wish: Wish, user: str, request: str) -> Snooze:
        """Puts a wish in force, instead of what is for its subject if this person may end that. *request* counts once.

        Raises `Refusal` for people who may not, `InputsRefused` for what is wrong with it.
        """
        person = await self.electorate.may(user, act_of(wish.kind, wish.scope), self._scope(wish.scope, wish.subject))
        judged, now, today = await self.inventory.judged(), self.clock.now(), self.today()
        judgements = judged.about(wish.scope, wish.subject)

        def put(store: Store) -> Snooze:
            twin = store.snoozes.requested(request)
            if twin is not None:
                return twin
            if found := faults(wish, judgements, today):
                raise InputsRefused(fault_texts(found, today))
            old = store.snoozes.of(wish.scope, wish.subject)
            if old is not None:
                ends = over(old, judgements, now)
                if ends is None and not self._may_end(old, person):
                    raise InputsRefused({WHY: taken(old)})
                self._end(store, old, RETUNE if ends else person.id, ends or Over(Ended.REPLACED))
            until = wish.until or latest(today)
            over_at = datetime.combine(until, time(), self.zone)
            known = known_targets(wish.scope, wish.subject, judgements)
            made = store.snoozes.add(request, wish, until, over_at, known, person.id, now)
            _touch(store, made)
            return made

        return await self.db.write(put)

    async def end(self, id: int, user: str) -> End:
        """Ends one early. Raises `Denied` for people who may not, else a `ChatError`."""
        found = await self.db.read(lambda store: store.snoozes.get(id))
        if found is None or found.ended_at is not None:
            return End(found, late=True)
        await self.electorate.may(user, Act.END, self._scope(found.scope, found.subject, found.author))
        return await self.db.write(lambda store: self._ended(store, found, user))

    def _ended(self, store: Store, snooze: Snooze, user: str) -> End:
        ended = self._end(store, snooze, user, Over(Ended.EARLY))
        return End(store.snoozes.get(snooze.id), late=True) if ended is None else End(ended)

    def _end(self, store: Store, snooze: Snooze, by: str, why: Over) -> Snooze | None:
        """Ends one that is in force; cards that showed a hold are told again."""
        _touch(store, snooze)
        return store.snoozes.end(snooze.id, by, why, self.clock.now())

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
        """Ends what is over, and says what is unsaid; what cannot be said now is said at a later ring."""
        now = self.clock.now()
        self._looks.rest(now + LOOK)
        unsettled, unsaid = await self.db.read(_unsettled)
        if not unsettled:
            return
        over_now = ending(unsettled, (await self.inventory.judged()).spoken_of(unsettled), now)
        lapsed = [(snooze, over_now[snooze.id]) for snooze in unsettled if snooze.id in over_now]
        if lapsed:
            ended = await self.db.write(lambda store: [self._end(store, each, RETUNE, why) for each, why in lapsed])
            unsettled = (*unsettled, *filter(None, ended))
        await self._say(unsettled, unsaid)

    async def say(self) -> None:
        """Says what the channel has not heard yet: beginnings that silence more than one model, and ends."""
        await self._say(*await self.db.read(_unsettled))

    async def _say(self, unsettled: Iterable[Snooze], unsaid: Collection[int]) -> None:
        for snooze in unsettled:
            if snooze.id in unsaid and snooze.ended_at is None and await self.said(snooze):
                await self.db.write(partial(_begun_said, snooze.id))
            if snooze.ended_at is not None and await self.said(snooze):
                await self.db.write(partial(_end_said, snooze.id))


def act_of(kind: SnoozeKind, reach: Reach) -> Act:
    """What a snooze is to the authority."""
    if reach is not Reach.MODEL:
        return Act.SNOOZE_ALL
    return Act.HOLD if kind is SnoozeKind.HOLD else Act.SNOOZE


def _touch(store: Store, snooze: Snooze) -> None:
    """What waits for a model shows a hold that begins or ends."""
    if snooze.kind is SnoozeKind.HOLD:
        store.requests.touch_changing(snooze.subject)


def _unsettled(store: Store) -> tuple[tuple[Snooze, ...], frozenset[int]]:
    return store.snoozes.unsettled(), store.snoozes.unsaid()


def _begun_said(id: int, store: Store) -> None:
    store.snoozes.begun(id)


def _end_said(id: int, store: Store) -> None:
    store.snoozes.said(id)
