"""Owning: whom a model belongs to, and who may say so."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.approvals import Person, Reason, may_take_part
from bot.domain.fleet import Model
from bot.domain.owners import Assigned, Owner, OwnerRule, owner_id, owner_of
from bot.errors import ChatRefused, InputsRefused, Refusal
from bot.flows.inventory import Inventory
from bot.messages.owners import GROUP, NO_GROUP, NOT_BOTH, NOT_HERE, USER
from bot.ports import Clock, People
from bot.store.database import Database


class Owning:
    """Owners by hand and by the operator's rules."""

    def __init__(
        self,
        db: Database,
        inventory: Inventory,
        people: People,
        clock: Clock,
        *,
        rules: tuple[OwnerRule, ...],
        team: str,
    ) -> None:
        self._db = db
        self._store = db.store
        self._inventory = inventory
        self._people = people
        self._clock = clock
        self._rules = rules
        self._team = team

    def owner_of(self, ref: str, name: str) -> Owner | None:
        """Whom a model belongs to now."""
        return owner_of(name, self._store.owners.of(ref), self._rules)

    def by_rule(self, name: str) -> Owner | None:
        """Whom a model of that name belongs to while nobody says otherwise."""
        return owner_of(name, None, self._rules)

    def owners_of(self, models: Iterable[Model]) -> dict[str, Owner]:
        """The owners of many models by reference, with one read; models without an owner are left out."""
        said = self._store.owners.every()
        found = ((model.ref, owner_of(model.name, said.get(model.ref), self._rules)) for model in models)
        return {ref: owner for ref, owner in found if owner is not None}

    async def may_say(self, user: str) -> None:
        """Raises `Refusal` for people who may not say whom a model belongs to: guests, bots, other workspaces."""
        reason = may_take_part(await self._people.person(user, ()), self._team)
        if reason is Reason.OTHER_WORKSPACE:
            raise Refusal("Only members of this workspace can set owners.")
        if reason is not Reason.COUNTS:
            raise Refusal("Guests and bots cannot set owners. Ask a member of this workspace to do it.")

    async def assign(self, ref: str, person: str, group: str, user: str) -> Owner | None:
        """Sets the owner to a person or to a group (an id or a mention), or clears it where both are empty.

        Gives the owner that counts now. Raises `Refusal`, and `InputsRefused` for what is wrong with the inputs.
        """
        await self.may_say(user)
        judgement = self._inventory.judged_now().of(ref)
        if judgement is None:
            raise Refusal("That model is not known any more. /stt-models lists all of them.")
        chosen = await self._chosen(person, group.strip(), self._store.owners.of(ref))
        now = self._clock.now()
        if chosen:
            self._store.owners.assign(ref, chosen, user, now)
        else:
            self._store.owners.clear(ref, user, now)
        return self.owner_of(ref, judgement.model.name)

    async def _chosen(self, person: str, group: str, said: Assigned | None) -> str:
        """The one that was meant, "" for nobody. Where both are filled in, the one that stood there before is left."""
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
        """Whether somebody can be told about a model: a person who is still here. A guest can own one."""
        try:
            found: Person = await self._people.person(person, ())
        except ChatRefused:
            return False
        return not found.is_bot and not found.deactivated
