"""The electorate: who may decide, as Slack knows it now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.approvals import Person, Policy, Reason, can_approve, may_approve, may_take_part
from bot.domain.hours import zone_named
from bot.errors import ChatError, Refusal
from bot.messages.refusals import may_not
from bot.ports import Clock, People

log = logging.getLogger(__name__)

KEPT = timedelta(minutes=5)
"""How long the list of possible approvers is kept. Only cards and reminders use it; a click always asks Slack."""

SEEN = timedelta(minutes=1)
"""How long we remember who looks at App Home, which is published again whenever something changes."""

LOOKED_AT = 30
"""Of how many possible approvers we ask at a time who they are, until there are enough: Slack limits the calls."""


@dataclass(eq=False)
class Electorate:
    """Looks people up: live for a decision, from a short memory for what is only shown."""

    people: People
    team: str
    clock: Clock
    _kept: dict[Policy, tuple[datetime, tuple[Person, ...]]] = field(default_factory=dict, init=False)
    _seen: dict[tuple[str, tuple[str, ...]], tuple[datetime, Person]] = field(default_factory=dict, init=False)

    async def person(self, user: str, policy: Policy | None = None) -> Person:
        """Who somebody is at this moment. Raises a `ChatError`."""
        return await self.people.person(user, policy.groups if policy else ())

    async def persons(self, users: Iterable[str], policies: Iterable[Policy]) -> tuple[Person, ...]:
        """Several people at this moment, with the groups that any of *policies* asks for. Raises a `ChatError`."""
        groups = tuple(dict.fromkeys(name for policy in policies for name in policy.groups))
        return tuple(await asyncio.gather(*(self.people.person(user, groups) for user in users)))

    async def shown(self, user: str, policies: Iterable[Policy]) -> dict[Policy, Person]:
        """Somebody as each policy sees them, a minute old at most: for what is shown. Raises a `ChatError`."""
        now = self.clock.now()
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen[0] < SEEN}
        found = {}
        for policy in policies:
            key = (user, policy.groups)
            if key not in self._seen:
                self._seen[key] = (now, await self.person(user, policy))
            found[policy] = self._seen[key][1]
        return found

    async def approvers(self, policy: Policy) -> tuple[Person, ...]:
        """Who could decide under a policy: all of them, or more than it needs. Raises a `ChatError`."""
        now = self.clock.now()
        kept = self._kept.get(policy)
        if kept is not None and now - kept[0] < KEPT:
            return kept[1]
        listed = await asyncio.gather(*(self.people.members(name) for name in policy.groups))
        members = dict(zip(policy.groups, listed, strict=True))
        named = [name for name in policy.approvers if name not in policy.groups]
        ids = list(dict.fromkeys([*named, *sorted(frozenset().union(*members.values()))]))
        found: tuple[Person, ...] = ()
        for first in range(0, len(ids), LOOKED_AT):
            # Who is in which group is known by now: asking again for each person would meet Slack's limits.
            people = await asyncio.gather(*(self.people.person(user, ()) for user in ids[first : first + LOOKED_AT]))
            known = (
                replace(person, groups=frozenset(name for name in members if person.id in members[name]))
                for person in people
            )
            found += tuple(person for person in known if can_approve(policy, [person], team=self.team))
            if len(found) > policy.needed:  # enough, even when one of them is the requester
                break
        self._kept[policy] = (now, found)
        return found

    async def count(self, policies: Collection[Policy], requester: str) -> int:
        """How many people could approve what *requester* asks for, under all *policies*. Raises a `ChatError`."""
        found = [await self.approvers(policy) for policy in policies]
        if len(found) == 1:
            people = found[0]
        else:  # somebody whom one policy names may be a member of another's group
            people = await self.persons(sorted({person.id for listed in found for person in listed}), policies)
        return sum(
            all(may_approve(person, policy, team=self.team, requester=requester) for policy in policies)
            for person in people
        )

    async def warn(self, policies: Mapping[str, Policy]) -> None:
        """Tells the operator of policies that nobody can satisfy; the cards tell the others."""
        for instance, policy in policies.items():
            try:
                people = await self.approvers(policy)
            except ChatError as error:
                log.warning("who may approve on %s is not known: %s", instance, error.text)
                continue
            if len(people) < policy.needed:
                log.warning(
                    "nobody can satisfy the policy of %s: %d approvals needed, %d people may approve; add some to "
                    "RETUNE_APPROVERS",
                    *(instance, policy.needed, len(people)),
                )

    async def zones(self, policy: Policy, fallback: ZoneInfo) -> tuple[ZoneInfo, ...]:
        """The time zones of the approvers. Raises a `ChatError`."""
        return tuple(zone_named(person.zone) or fallback for person in await self.approvers(policy)) or (fallback,)

    def is_member(self, person: Person) -> bool:
        """Whether Slack vouches for a full, present member of our own workspace."""
        return may_take_part(person, self.team) is Reason.COUNTS

    async def admit(self, user: str, what: str, policies: Iterable[Policy] = ()) -> Person:
        """Who somebody is now. Raises `Refusal` for guests, bots, other workspaces, else a `ChatError`."""
        (person,) = await self.persons([user], policies)
        reason = may_take_part(person, self.team)
        if reason is not Reason.COUNTS:
            raise Refusal(may_not(reason, what))
        return person
