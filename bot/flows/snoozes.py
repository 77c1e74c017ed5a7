"""Snoozes: who may begin and end them, and which end by themselves. One transaction each; posting comes last."""

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
"""Shortest time between two checks for ended snoozes: an end is noticed at most this late."""

Said = Callable[[Snooze], Awaitable[bool]]
"""Posts that a snooze began, or that it is over and why; true once posted. May be called again: must post only once."""


@dataclass(eq=False)
class Snoozer:
    """Snoozes and holds. A day begins in its author's time zone, or in *zone*, the operator's, if that is unknown."""

    db: Database
    inventory: Inventory
    electorate: Electorate
    authority: Authority
    clock: Clock
    _: KW_ONLY
    zone: ZoneInfo
    said: Said
    """Posts it in the channel."""
    _looks: Rests = field(default_factory=Rests, init=False)

    async def today(self, user: str) -> date:
        """Today in the person's time zone."""
        return self.clock.now().astimezone(await self._zone(user)).date()

    async def _zone(self, user: str) -> ZoneInfo:
        return (await self.electorate.zone_of(user, self.zone)).info

    async def in_force(self) -> tuple[Snooze, ...]:
        """The snoozes in force, oldest first; without those that are over, even if `ring` has not recorded that yet."""
        snoozes = await self.db.read(lambda store: store.snoozes.in_force())
        return in_force(snoozes, (await self.inventory.judged()).spoken_of(snoozes), self.clock.now())

    async def index(self) -> Index:
        """The snoozes in force, indexed for `standing` and `covering` of the domain."""
        return indexed(await self.in_force())

    async def reaches(self, user: str, *models: Model) -> tuple[Reach, ...]:
        """How far a person may snooze from each of these. Raises `Denied` where not even that, else a `ChatError`."""
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
        """Put a snooze in force, replacing the one of its subject if this person may end that. *request* counts once.

        Raises `Refusal` for people who may not, `InputsRefused` for faulty input.
        """
        person = await self.electorate.may(user, act_of(wish.kind, wish.scope), self._scope(wish.scope, wish.subject))
        judged, now, zone = await self.inventory.judged(), self.clock.now(), await self._zone(user)
        today = now.astimezone(zone).date()
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
            over_at = datetime.combine(until, time(), zone)
            known = known_targets(wish.scope, wish.subject, judgements)
            made = store.snoozes.add(request, wish, until, over_at, known, person.id, now)
            _touch(store, made)
            return made

        return await self.db.write(put)

    async def end(self, id: int, user: str) -> End:
        """End a snooze early. Raises `Denied` for people who may not, else a `ChatError`."""
        found = await self.db.read(lambda store: store.snoozes.get(id))
        if found is None or found.ended_at is not None:
            return End(found, late=True)
        await self.electorate.may(user, Act.END, self._scope(found.scope, found.subject, found.author))
        return await self.db.write(lambda store: self._ended(store, found, user))

    def _ended(self, store: Store, snooze: Snooze, user: str) -> End:
        ended = self._end(store, snooze, user, Over(Ended.EARLY))
        return End(store.snoozes.get(snooze.id), late=True) if ended is None else End(ended)

    def _end(self, store: Store, snooze: Snooze, by: str, why: Over) -> Snooze | None:
        """End a snooze; cards that showed it as a hold are updated."""
        _touch(store, snooze)
        return store.snoozes.end(snooze.id, by, why, self.clock.now())

    def _may_end(self, snooze: Snooze, person: Person) -> bool:
        """The author, or an approver of every instance it covers."""
        scope = self._scope(snooze.scope, snooze.subject, snooze.author)
        return self.authority.may(person, Act.END, scope).allowed

    def _scope(self, reach: Reach, subject: str, author: str = "") -> Scope:
        """The instances a snooze covers: for a base model, all of them."""
        if reach is Reach.BASE:
            return replace(self.authority.everywhere, author=author)
        return Scope((Ref.parse(subject).instance if reach is Reach.MODEL else subject,), author=author)

    def due(self) -> bool:
        """Whether it is time to check for ended snoozes: once a minute."""
        return self._looks.may(self.clock.now())

    async def ring(self) -> None:
        """End snoozes that are over, and post what is not posted yet; failures are posted at a later ring."""
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
        """Post what the channel has not been told yet: snoozes that silence more than one model, and ends."""
        await self._say(*await self.db.read(_unsettled))

    async def _say(self, unsettled: Iterable[Snooze], unsaid: Collection[int]) -> None:
        for snooze in unsettled:
            if snooze.id in unsaid and snooze.ended_at is None and await self.said(snooze):
                await self.db.write(partial(_begun_said, snooze.id))
            if snooze.ended_at is not None and await self.said(snooze):
                await self.db.write(partial(_end_said, snooze.id))


def act_of(kind: SnoozeKind, reach: Reach) -> Act:
    """The authority's name for a snooze."""
    if reach is not Reach.MODEL:
        return Act.SNOOZE_ALL
    return Act.HOLD if kind is SnoozeKind.HOLD else Act.SNOOZE


def _touch(store: Store, snooze: Snooze) -> None:
    """Update the cards of requests that wait for a model whose hold begins or ends."""
    if snooze.kind is SnoozeKind.HOLD:
        store.requests.touch_changing(snooze.subject)


def _unsettled(store: Store) -> tuple[tuple[Snooze, ...], frozenset[int]]:
    return store.snoozes.unsettled(), store.snoozes.unsaid()


def _begun_said(id: int, store: Store) -> None:
    store.snoozes.begun(id)


def _end_said(id: int, store: Store) -> None:
    store.snoozes.said(id)
