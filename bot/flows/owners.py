"""Owners: whom a model belongs to, and who may change that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.authority import Act
from bot.domain.fleet import Model
from bot.domain.owners import Assigned, Owner, OwnerRule, owner_id, owner_of
from bot.errors import InputsRefused, Refusal
from bot.flows.electorate import Electorate
from bot.flows.inventory import Inventory
from bot.messages.owners import GROUP, NO_GROUP, NOT_BOTH, NOT_HERE, USER
from bot.messages.refusals import GONE
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database


@dataclass(eq=False)
class Owning:
    """Owners set by hand and by the operator's rules."""

    db: Database
    inventory: Inventory
    electorate: Electorate
    clock: Clock
    rules: tuple[OwnerRule, ...]

    async def owner_of(self, model: Model) -> Owner | None:
        """The current owner of a model."""
        return await self.db.read(lambda store: self.owner_in(store, model))

    def owner_in(self, store: Store, model: Model) -> Owner | None:
        """The same, inside a transaction."""
        return self.owner_by(store, model.ref, model.name)

    def owner_by(self, store: Store, ref: str, name: str) -> Owner | None:
        """The same for a model by its reference and name."""
        return owner_of(name, store.owners.of(ref), self.rules)

    def by_rule(self, name: str) -> Owner | None:
        """The owner of a model of that name by the rules alone."""
        return owner_of(name, None, self.rules)

    async def owners_of(self, models: Iterable[Model]) -> dict[str, Owner]:
        """The owners of many models by reference; models without an owner are left out."""
        said = await self.db.read(lambda store: store.owners.every())
        found = ((model.ref, owner_of(model.name, said.get(model.ref), self.rules)) for model in models)
        return {ref: owner for ref, owner in found if owner is not None}

    async def owners_by(self, names: Mapping[str, str]) -> dict[str, Owner]:
        """The same for models given by reference and name."""
        found = await self.db.read(lambda store: {ref: self.owner_by(store, ref, name) for ref, name in names.items()})
        return {ref: owner for ref, owner in found.items() if owner is not None}

    async def may_say(self, user: str) -> None:
        """Raises `Denied` for people who may not set owners."""
        await self.electorate.may(user, Act.OWN)

    async def assign(self, ref: str, person: str, group: str, user: str) -> Owner | None:
        """Set the owner to a person or a group (an id or a mention), or clear it if both are empty.

        Returns the owner that now applies. Raises `Refusal`, and `InputsRefused` for faulty inputs.
        """
        await self.may_say(user)
        judgement = (await self.inventory.judged()).of(ref)
        if judgement is None:
            raise Refusal(GONE)
        said = await self.db.read(lambda store: store.owners.of(ref))
        chosen, now = await self._chosen(person, group.strip(), said), self.clock.now()

        def write(store: Store) -> Owner | None:
            if chosen:
                store.owners.assign(ref, chosen, user, now)
            else:
                store.owners.clear(ref, user, now)
            store.requests.touch_changing(ref)
            return self.owner_in(store, judgement.model)

        return await self.db.write(write)

    async def _chosen(self, person: str, group: str, said: Assigned | None) -> str:
        """The owner that was meant, "" for none. If both inputs are filled in, the old owner's is ignored."""
        found = owner_id(group) if group else ""
        if person and group and said is not None and said.owner in (person, found):
            person, group = ("", group) if said.owner == person else (person, "")
        if person and group:
            raise InputsRefused({GROUP: NOT_BOTH})
        if group and (found is None or not found.startswith("S")):
            raise InputsRefused({GROUP: NO_GROUP})
        if person and not await self._here(person):
            raise InputsRefused({USER: NOT_HERE})
        return person or (found or "" if group else "")

    async def _here(self, person: str) -> bool:
        """Whether a person can be told about a model: an active account. Guests can own models."""
        found = await self.electorate.person(person)
        return self.electorate.authority.is_ours(found) and not found.is_bot and not found.deactivated
