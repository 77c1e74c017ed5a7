"""Doubts: an approver accepts the sudden new list of an instance."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.authority import Act, Scope
from bot.domain.doubts import Doubt
from bot.flows.electorate import Electorate
from bot.flows.inventory import Inventory
from bot.flows.reading import Accepted, Read


@dataclass(frozen=True, slots=True)
class Answered:
    """The effect of a click: the result of the reading, None if there was no doubt; and the remaining doubt."""

    read: Read | None
    left: Doubt | None = None


@dataclass(eq=False)
class Doubts:
    """Accepting is a decision about one instance, and only about the list that was shown."""

    inventory: Inventory
    electorate: Electorate

    async def accept(self, instance: str, shape: str, user: str) -> Answered:
        """Read the instance and use the reading if it matches. Raises `Denied` or `Refusal`, else a `ChatError`."""
        self.inventory.service(instance)
        await self.electorate.may(user, Act.ACCEPT, Scope((instance,)))
        if await self._doubt(instance) is None:
            return Answered(None)
        read = await self.inventory.accept(instance, Accepted(shape, user))
        return Answered(read, await self._doubt(instance))

    async def _doubt(self, instance: str) -> Doubt | None:
        reading = (await self.inventory.judged()).snapshot.instances.get(instance)
        return reading.doubt if reading else None
