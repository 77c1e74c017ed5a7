"""Candidates: the models that a request for several can hold. Each is read and planned, or gets a reason why not."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.fleet import Ref
from bot.domain.holds import held
from bot.domain.judged import Judged
from bot.domain.links import LinkChoice
from bot.domain.offers import Offer, open_key
from bot.domain.outcomes import Cause, CauseKind, LeftOut
from bot.domain.plans import Plan
from bot.domain.requests import LISTED, MOST, together
from bot.domain.selections import Choice, Selection
from bot.domain.snoozes import Held
from bot.domain.verdicts import Judgement
from bot.errors import OutcomeUnknown, RetuneError, ServiceUnavailable
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.flows.planning import Planning
from bot.ports import Clock
from bot.store.database import Database

AT_ONCE = 6
"""Models of one instance read at the same time, for all people together: a service answers a few well, dozens badly."""

SILENT = 12
"""After this many unanswered models of an instance in a row, the others are not tried: each takes half a minute."""

LINKS = 10
"""Acoustic models that one form asks about: each takes a menu of all language models."""

PART = 100
"""Plans processed before the event loop gets a turn."""

Progress = Callable[[int], Awaitable[None]]
"""Called with the number of models read so far."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a request could hold, in the order in which it would start, and what it could not, with the reason.

    *held* are the models on hold, by the keys of the plans that change them: the person who asks may end each.
    *keys* are the keys of the plans. *links* are what the acoustic models among them were trained with, as far as a
    form may ask; *unlinked* those that can be planned only when somebody has said it, and their holds.
    """

    plans: tuple[Plan, ...]
    left_out: tuple[LeftOut, ...]
    held: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    links: Mapping[str, LinkChoice] = field(default_factory=dict)
    unlinked: tuple[tuple[LinkChoice, tuple[Held, ...]], ...] = ()

    def offers(self, judgements: Iterable[Judgement]) -> tuple[Offer, ...]:
        """What a form offers one by one; the *judgements* are of all these models."""
        known = {judgement.model.ref: judgement for judgement in judgements}
        planned = (
            Offer(key, known[plan.model.ref], plan, self.held.get(key, ()), self.links.get(key))
            for key, plan in zip(self.keys, self.plans, strict=True)
        )
        waiting = (
            Offer(open_key(choice.model.ref), known[choice.model.ref], None, held, choice)
            for choice, held in self.unlinked
        )
        return (*planned, *waiting)


@dataclass(eq=False)
class Gathering:
    """Reads and plans many models, a few of each instance at a time."""

    db: Database
    inventory: Inventory
    planning: Planning
    holds: HoldBook
    clock: Clock
    _gates: defaultdict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE)), init=False
    )

    async def gather(self, judgements: Sequence[Judgement], user: str, seen: Progress | None = None) -> Candidates:
        """Reads and plans each of these models; what cannot be planned says why, and stops no other.

        A model on hold is a candidate for somebody who may end its hold; not in a form that only counts them. Raises a
        `ChatError`.
        """
        wanted = judgements[:MOST]
        large = len(wanted) > LISTED
        told, silent = await self._listed({j.model.instance for j in wanted}) if large else (Judged(), {})
        unanswered, done = Counter[str](), 0

        async def one(judgement: Judgement) -> Plan | LeftOut:
            nonlocal done
            instance = judgement.model.instance
            async with self._gates[instance]:
                if instance in silent:
                    return LeftOut(judgement.model.name, Cause(CauseKind.UNREAD, detail=silent[instance]))
                try:
                    found = await self._one(judgement, told.of(judgement.model.ref))
                    unanswered[instance] = 0
                except RetuneError as error:
                    found = LeftOut(judgement.model.name, Cause(CauseKind.UNREAD, detail=error.text))
                    unanswered[instance] += 1 if isinstance(error, ServiceUnavailable | OutcomeUnknown) else 0
                    if unanswered[instance] >= SILENT:
                        silent[instance] = error.text
                await asyncio.sleep(0)  # however fast a service answers, a few are planned between two turns
            done += 1
            if seen is not None:
                await seen(done)
            return found

        found = await asyncio.gather(*(one(judgement) for judgement in wanted))
        unlinked = [] if large else [j for j, item in zip(wanted, found, strict=True) if _waits_for_link(item)][:LINKS]
        planned = {item.model.ref: item for item in found if isinstance(item, Plan)}
        keys = {}
        for number, (ref, plan) in enumerate(planned.items()):
            keys[ref] = plan.key
            if number % PART == PART - 1:
                await asyncio.sleep(0)
        holds = await self.holds.now()
        stopped = {ref: on_hold for ref, plan in planned.items() if (on_hold := held(plan, holds))}
        for judgement in unlinked:
            if (ref := judgement.model.ref) in holds:
                stopped[ref] = (Held(judgement.model.name, holds[ref]),)
        instances = {Ref.parse(ref).instance for ref in stopped}
        person = await self.holds.person(user, instances) if stopped and not large else None
        endable = {ref for ref, on_hold in stopped.items() if person and self.holds.may_end(person, on_hold)}
        plans, overlapping = together(
            [plan for ref, plan in planned.items() if ref not in stopped],
            [planned[ref] for ref in stopped if ref in endable and ref in planned],
        )
        names = {judgement.model.ref: judgement.model.name for judgement in wanted}
        left_out = [
            LeftOut(names[ref], Cause(CauseKind.ON_HOLD, held=on_hold))
            for ref, on_hold in stopped.items()
            if ref not in endable
        ]
        asked = {judgement.model.ref for judgement in unlinked}
        unplanned = (
            item
            for judgement, item in zip(wanted, found, strict=True)
            if isinstance(item, LeftOut) and judgement.model.ref not in asked
        )
        ends = {keys[ref]: stopped[ref] for plan in plans if (ref := plan.model.ref) in endable}
        return Candidates(
            plans,
            (*left_out, *overlapping, *unplanned),
            ends,
            tuple(keys[p.model.ref] for p in plans),
            {} if large else await self._links([plan for plan in plans if plan.model.kind == "acoustic"], len(asked)),
            tuple(
                [
                    (await self.planning.link_choice(judgement.model), stopped.get(ref, ()))
                    for judgement in unlinked
                    if (ref := judgement.model.ref) not in stopped or ref in endable
                ]
            ),
        )

    async def _links(self, plans: Sequence[Plan], asked: int) -> dict[str, LinkChoice]:
        """What these were trained with, for as many as the form has room for beside the open questions."""
        room = max(0, LINKS - asked)
        return {plan.key: await self.planning.link_choice(plan.model) for plan in plans[:room]}

    async def _one(self, judgement: Judgement, read: Judgement | None) -> Plan | LeftOut:
        name, prepared = judgement.model.name, await self.planning.prepare(judgement.model.ref, read=read)
        if prepared.request is not None:
            return LeftOut(name, Cause(CauseKind.IN_REQUEST, request=prepared.request.id))
        if isinstance(prepared.outlook, Plan):
            return prepared.outlook
        return LeftOut(name, Cause(CauseKind.NO_PLAN, no_plan=prepared.outlook))

    async def replan(self, refs: Sequence[str]) -> tuple[list[str], list[LeftOut]]:
        """Reads and plans models again after an answer about them; keys of plans, and the others."""
        judged = await self.inventory.judged()
        keys, left_out = [], []
        for ref in refs:
            if (judgement := judged.of(ref)) is None:
                left_out.append(LeftOut(Ref.parse(ref).id, Cause(CauseKind.DELETED)))
                continue
            try:
                found = await self._one(judgement, None)
            except RetuneError as error:
                found = LeftOut(judgement.model.name, Cause(CauseKind.UNREAD, detail=error.text))
            if isinstance(found, LeftOut):
                left_out.append(found)
            else:
                keys.append(found.key)
        return keys, left_out

    async def _listed(self, instances: set[str]) -> tuple[Judged, dict[str, str]]:
        """The fleet of the instances whose lists were read just now, and what silent instances answered.

        Three lists take the place of a thousand questions; what a list does not tell is asked of the model alone.
        """
        began = self.clock.now()
        await self.inventory.refresh(instances)
        judged = await self.inventory.judged()
        readings = [judged.snapshot.instances[name] for name in instances if name in judged.snapshot.instances]
        silent = {reading.name: reading.failure for reading in readings if reading.failing_since is not None}
        good = {one.name for one in readings if one.name not in silent and one.read_at and one.read_at >= began}
        return Judged({name: part for name, part in judged.instances.items() if name in good}), silent

    async def select(self, found: Candidates, judgements: Sequence[Judgement]) -> tuple[str, Selection]:
        """Keeps what a form offers together; its key, and the selection."""
        risks = {judgement.model.ref: judgement.risk for judgement in judgements}
        pairs = zip(found.plans, found.keys, strict=True)
        selection = Selection(tuple(Choice.of(plan, key, risks[plan.model.ref]) for plan, key in pairs))
        now = self.clock.now()
        return await self.db.write(lambda store: store.drafts.keep_all(selection, now)), selection

    async def selected(self, key: str) -> Selection | None:
        """What a form offered together; None where it is too old."""
        return await self.db.read(lambda store: store.drafts.all(key))


def _waits_for_link(found: Plan | LeftOut) -> bool:
    return isinstance(found, LeftOut) and found.cause.link_is_missing
