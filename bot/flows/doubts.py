"""Doubts: an approver says that what an instance suddenly lists is right."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.authority import Act, Scope
from bot.domain.doubts import Doubt
from bot.flows.electorate import Electorate
from bot.flows.inventory import Inventory
from bot.flows.reading import Accepted, Read


@dataclass(frozen=True, slots=True)
class Answered:
    """What a click did: how the instance was read, None where there was nothing to say; the doubt that is left."""

    read: Read | None
    left: Doubt | None = None


@dataclass(eq=False)
class Doubts:
    """Believing is a decision about one instance, and only about what was shown."""

    inventory: Inventory
    electorate: Electorate

    async def accept(self, instance: str, shape: str, user: str) -> Answered:
        """Reads the instance and believes it if it lists that. Raises `Denied` or `Refusal`, else a `ChatError`."""
        self.inventory.service(instance)
        await self.electorate.may(user, Act.ACCEPT, Scope((instance,)))
        if await self._doubt(instance) is None:
            return Answered(None)
        read = await self.inventory.accept(instance, Accepted(shape, user))
        return Answered(read, await self._doubt(instance))

    async def _doubt(self, instance: str) -> Doubt | None:
        reading = (await self.inventory.judged()).snapshot.instances.get(instance)
        return reading.doubt if reading else None
