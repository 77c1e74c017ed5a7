"""The electorate: people as Slack describes them now, and what they may do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from bot.domain.approvals import could_approve
from bot.domain.authority import NOWHERE, Act, Authority, Person, Reason, Scope, is_approver
from bot.domain.hours import OwnZone, own_zone, zone_named
from bot.domain.policies import GROUPS, Policy
from bot.errors import ChatError, Denied
from bot.messages.denials import may_not
from bot.ports import Clock, People

log = logging.getLogger(__name__)

T = TypeVar("T")

KEPT = timedelta(minutes=5)
"""How long possible approvers are cached. Only cards and reminders use the cache; decisions ask Slack."""

SEEN = timedelta(minutes=1)
"""How long a person's profile is cached, for display only."""

BURST = timedelta(seconds=2)
"""An answer of Slack is shared by clicks within this time: a burst asks once."""

LOOKED_AT = 30
"""Possible approvers looked up at a time, until there are enough: Slack limits the calls."""


@dataclass(eq=False)
class Electorate:
    """Looks people up: live for a decision, from a short memory for display. *met* is told of each person looked up."""

    people: People
    authority: Authority
    clock: Clock
    met: Callable[[Person], None] = lambda _: None
    _kept: dict[Policy, tuple[datetime, tuple[Person, ...]]] = field(default_factory=dict, init=False)
    _seen: dict[Hashable, tuple[datetime, Any]] = field(default_factory=dict, init=False)
    _asked: dict[Hashable, tuple[datetime, asyncio.Task[Any]]] = field(default_factory=dict, init=False)

    async def person(self, user: str, policies: Iterable[Policy] = (), also: Iterable[str] = ()) -> Person:
        """A person now, with their groups among the policies' and *also*. Raises a `ChatError`.

        Groups are looked up only for members of our workspace: no one else gets rights from one.
        """
        person = await self._once(("person", user), lambda: self.people.person(user))
        self.met(person)
        return await self._with_groups(person, policies, also)

    async def persons(self, users: Iterable[str], policies: Iterable[Policy]) -> tuple[Person, ...]:
        """Several people, as of now. Raises a `ChatError`."""
        asked = tuple(policies)
        return tuple(await asyncio.gather(*(self.person(user, asked) for user in users)))

    async def persons_now(self, users: Iterable[str], policies: Iterable[Policy]) -> tuple[Person, ...]:
        """As `persons`, but asks Slack again: a start must not rely on the answer that a click got."""
        self._asked = {key: asked for key, asked in self._asked.items() if not asked[1].done()}
        return await self.persons(users, policies)

    async def visitor(self, user: str) -> Person:
        """A person without groups, from a cache of at most a minute; for display. Raises a `ChatError`."""
        return await self._lately(("visitor", user), lambda: self.person(user))

    async def may_read(self, user: str) -> None:
        """Raises `Denied` for people who may not even read, else a `ChatError`; the profile may be a minute old."""
        decision = self.authority.may(await self.visitor(user), Act.READ)
        if not decision.allowed:
            raise Denied(may_not(Act.READ, decision, self.authority, NOWHERE), f"{Act.READ}: {decision.reason}")

    async def may(self, user: str, act: Act, scope: Scope = NOWHERE) -> Person:
        """The person now, if they may do it. Raises `Denied`, else a `ChatError`."""
        owners = [scope.owner] if scope.owner[:1] in GROUPS else []
        person = await self.person(user, self.authority.policies_of(scope.instances), owners)
        decision = self.authority.may(person, act, scope)
        if not decision.allowed:
            raise Denied(may_not(act, decision, self.authority, scope), f"{act}: {decision.reason}")
        return person

    async def decides_on(self, user: str) -> frozenset[str]:
        """The instances a person is an approver of, asking Slack now. Raises a `ChatError`."""
        return self.authority.decides_on(await self.person(user, self.authority.policies.values()))

    async def seems(self, user: str, groups: Collection[str]) -> Person:
        """A person, with their groups among all policies' and *groups*.

        A minute old at most; for display, not for decisions. Raises a `ChatError`.
        """
        person = await self._lately(("seems", user), lambda: self.person(user, self.authority.policies.values()))
        if self.authority.takes_part(person) is not Reason.COUNTS:
            return person
        also = [group for group in sorted(groups) if user in await self._seen_in(group)]
        return replace(person, groups=person.groups.union(also))

    async def _seen_in(self, group: str) -> frozenset[str]:
        """The members of a group, a minute old at most; empty while Slack does not tell."""
        try:
            return await self._lately(("members", group), lambda: self.people.members(group))
        except ChatError as error:
            log.warning("the members of %s are not known: %s", group, error.text)
            return frozenset()

    async def approvers(self, policy: Policy) -> tuple[Person, ...]:
        """People who could decide under a policy: all, or more than it needs. Raises a `ChatError`."""
        now = self.clock.now()
        kept = self._kept.get(policy)
        if kept is not None and abs(now - kept[0]) < KEPT:
            return kept[1]
        named = [name for name in policy.approvers if name not in policy.groups]
        members = await asyncio.gather(*(self._members(name) for name in policy.groups))
        ids = list(dict.fromkeys([*named, *sorted(frozenset().union(*members))]))
        found: tuple[Person, ...] = ()
        for first in range(0, len(ids), LOOKED_AT):
            # The members of each group are known by now: asking again for each person would hit Slack's limits.
            people = await self.persons(ids[first : first + LOOKED_AT], (policy,))
            found += tuple(
                person
                for person in people
                if is_approver(person, policy) and self.authority.takes_part(person) is Reason.COUNTS
            )
            if len(found) > policy.needed:  # enough, even if one of them is the requester
                break
        self._kept[policy] = (now, found)
        return found

    async def count(self, scope: Scope) -> int:
        """Number of people who could approve this. Raises a `ChatError`."""
        policies = [self.authority.policies[name] for name in scope.instances if name in self.authority.policies]
        found = [await self.approvers(policy) for policy in dict.fromkeys(policies)]
        # A person named by one policy may be a member of another policy's group.
        people = await self.persons(sorted({person.id for listed in found for person in listed}), policies)
        return len(could_approve(self.authority, people, scope))

    async def warn(self) -> None:
        """Warn the operator of policies that can't be satisfied; cards tell everyone else."""
        for instance, policy in self.authority.policies.items():
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

    async def zone_of(self, user: str, operators: ZoneInfo) -> OwnZone:
        """The time zone in which a person types; the *operators* zone if Slack does not tell, or not just now."""
        try:
            return own_zone((await self.visitor(user)).zone, operators)
        except ChatError as error:
            log.warning("the time zone of %s is not known: %s", user, error.text)
            return OwnZone(operators, told=False)

    async def _with_groups(self, person: Person, policies: Iterable[Policy], also: Iterable[str]) -> Person:
        if self.authority.takes_part(person) is not Reason.COUNTS:
            return person
        groups = tuple(dict.fromkeys([*(name for policy in policies for name in policy.groups), *also]))
        members = await asyncio.gather(*(self._members(name) for name in groups))
        mine = frozenset(name for name, ids in zip(groups, members, strict=True) if person.id in ids)
        return replace(person, groups=mine)

    async def _members(self, group: str) -> frozenset[str]:
        return await self._once(("members", group), lambda: self.people.members(group))

    async def _lately(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        now = self.clock.now()
        while self._seen and abs(now - next(iter(self._seen.values()))[0]) >= SEEN:  # oldest first
            del self._seen[next(iter(self._seen))]
        known = self._seen.get(key)
        if known is not None and abs(now - known[0]) < SEEN:
            return cast("T", known[1])
        answer = await ask()
        self._seen.pop(key, None)
        self._seen[key] = (now, answer)
        return answer

    async def _once(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Slack's answer; calls meanwhile, or a moment later, share it. Failures are not cached."""
        now = self.clock.now()
        while self._asked and _over(next(iter(self._asked.values())), now):  # oldest first
            del self._asked[next(iter(self._asked))]
        known = self._asked.get(key)
        if known is None or _over(known, now):
            self._asked.pop(key, None)
            known = self._asked[key] = (now, asyncio.create_task(ask()))
        try:
            return cast("T", await asyncio.shield(known[1]))
        except ChatError:
            if self._asked.get(key) is known:
                del self._asked[key]
            raise


def _over(asked: tuple[datetime, asyncio.Task[Any]], now: datetime) -> bool:
    at, task = asked
    return task.done() and abs(now - at) >= BURST
