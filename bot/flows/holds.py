"""Holds: the models on hold now, who may end a hold, and the cards that show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.authority import Act, Person
from bot.domain.holds import Holds, ending, held, in_force
from bot.domain.plans import Plan
from bot.domain.snoozes import Ended, Held, Over
from bot.flows.electorate import Electorate
from bot.flows.inventory import Inventory
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database


@dataclass(eq=False)
class HoldBook:
    """Reads the store each time, so a hold takes effect at once in every process."""

    db: Database
    inventory: Inventory
    electorate: Electorate
    clock: Clock

    async def reader(self) -> Callable[[Store], Holds]:
        """A reader of the holds in force, to call inside the transaction that depends on them."""
        known = (await self.inventory.judged()).of
        return lambda store: in_force(store.snoozes.holds(), known, self.clock.now())

    async def now(self) -> Holds:
        """The holds in force now."""
        return await self.db.read(await self.reader())

    async def of(self, plan: Plan) -> tuple[Held, ...]:
        """The models on hold among those a plan changes for good."""
        return held(plan, await self.now())

    async def person(self, user: str, instances: Iterable[str]) -> Person:
        """A person as of now, for `may_end` of holds on these instances. Raises a `ChatError`."""
        return await self.electorate.person(user, self.electorate.authority.policies_of(instances))

    def may_end(self, person: Person, held: Iterable[Held]) -> bool:
        """Whether a person may end each of these holds: as its author, or an approver of its instance."""
        authority = self.electorate.authority
        return all(authority.may(person, Act.END, ending(one.hold)).allowed for one in held)

    async def may_end_all(self, user: str, plan: Plan, held: Iterable[Held]) -> bool:
        """The same for the holds on one plan, asking Slack now. Raises a `ChatError`."""
        return self.may_end(await self.person(user, [plan.model.instance]), held)

    def end_for(self, store: Store, held: Iterable[Held], user: str, request: int) -> None:
        """End holds for a request and update every card that shows them. Runs on the store's thread."""
        now = self.clock.now()
        for one in held:
            store.snoozes.end(one.hold.id, user, Over(Ended.REQUESTED), now, request=request)
            store.requests.touch_changing(one.hold.subject)
