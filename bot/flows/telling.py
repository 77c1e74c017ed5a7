"""Telling: makes Slack show what the journal says of requests, each with one card and one thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import timedelta
from weakref import WeakValueDictionary

from bot.domain.approvals import required
from bot.domain.failures import marked
from bot.domain.holds import Holds, held_of
from bot.domain.outcomes import StepEnd
from bot.domain.policies import Policy
from bot.domain.requests import STOP_LATER, Request, was_steered
from bot.domain.words import waiting
from bot.errors import ChannelClosed, ChannelShared, ChatError, MessageGone, StoreUnavailable
from bot.flows.freezes import Freezes
from bot.flows.holds import HoldBook
from bot.flows.names import Names
from bot.flows.owners import Owning
from bot.flows.planning import estimate_now
from bot.flows.posting import Poster
from bot.flows.request_files import RequestFiles
from bot.flows.rests import PACE, REST, Rests
from bot.messages.card import Seen
from bot.messages.holds import Around
from bot.messages.requests import Telling, tellings
from bot.messages.rooms import channel_is_closed
from bot.messages.settled import ASKING, CHOICES
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

BROKEN = timedelta(minutes=1)
"""Pause for a request after an unexpected failure."""

NAMINGS = 3
"""Attempts to look up names before a card is shown; unknown names appear as ids."""

AT_ONCE = 4
"""Requests updated at the same time: a slow one delays no other."""


@dataclass(eq=False)
class Teller:
    """Updates the card and thread of a request; after a change and after a crash, it is the same work."""

    poster: Poster
    db: Database
    policies: Mapping[str, Policy]
    freezes: Freezes
    holds: HoldBook
    owning: Owning
    names: Names
    clock: Clock
    files: RequestFiles
    _: KW_ONLY
    parallel: int
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The URLs of instances, for what people can do by hand."""
    _locks: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary, init=False)
    _wanted: dict[int, None] = field(default_factory=dict, init=False)
    _at_work: set[int] = field(default_factory=set, init=False)
    _broken: Rests = field(default_factory=Rests, init=False)
    _paced: Rests = field(default_factory=Rests, init=False)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)

    def want(self, request: int) -> None:
        """Mark a request for an update though its journal did not change: time passed."""
        self._wanted.setdefault(request)

    def due(self, store: Store) -> bool:
        """Whether Slack may show an old state of a request, or a message twice."""
        return bool(self._wanted or store.requests.untold() or self._doubtful(store) or self.poster.twins.due(store))

    def _doubtful(self, store: Store) -> set[int]:
        """Requests with messages in an unknown state, e.g. after a crash."""
        return {int(key.split(":")[1]) for key in self.poster.doubtful(store, "request:")}

    async def tell_all(self) -> None:
        """Update every request that may be out of date in Slack; longest waiting first."""
        await self.poster.twins.tidy()
        for request in await self.db.read(lambda store: (*store.requests.untold(), *self._doubtful(store))):
            self.want(request)
        now = self.clock.now()
        resting = (self._broken, self._paced)
        mine = [id for id in self._wanted if id not in self._at_work and all(rests.may(now, id) for rests in resting)]
        self._at_work.update(mine)
        await asyncio.gather(*(self._in_turn(id) for id in mine))

    async def _in_turn(self, request: int) -> None:
        """One request; a failure is logged and delays no other."""
        try:
            async with self._gate:
                await self.tell(request)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("request %s cannot be told; it is tried again in %s", request, BROKEN)
            self._broken.rest(self.clock.now() + BROKEN, request)
        finally:
            self._at_work.discard(request)

    async def tell(self, id: int) -> bool:
        """Update one request; true if Slack shows all of it. Slack's failures are logged; a later call retries."""

        lock = self._locks.setdefault(id, asyncio.Lock())
        async with lock:
            read = await self._known(id)
            for _ in range(NAMINGS):
                if read is None or not await self._learn(read[1]):
                    break
                read = await self._known(id)  # asking Slack may have taken long
            if read is not None:
                await asyncio.sleep(0)  # reading and phrasing a thousand runs takes time
                if not await self._show_all(*read):
                    self.want(id)
                    await self.db.write(lambda store: store.requests.untell(id))
                    return False
                await self.db.write(lambda store: store.requests.told(read[0]))
                # Its thousand runs change all the time; the card changes once in three seconds at most.
                if read[0].large:
                    self._paced.rest(self.clock.now() + PACE, id)
            self._wanted.pop(id, None)
            return True

    async def _known(self, id: int) -> tuple[Request, Seen, dict[str, Posted]] | None:
        """A request, the facts for its messages, and its existing messages."""
        holding = await self.holds.reader()

        def read(store: Store) -> tuple[Request, Seen, dict[str, Posted]] | None:
            request = store.requests.get(id)
            if request is None or store.messages.swept(id):
                return None
            known = store.messages.of(f"request:{id}:")
            seen = self.seen(store, request, holding(store))
            asked = any(key.split(":")[2] in ASKING for key in known)
            if asked or was_steered(request) or any(map(marked, request.runs)):
                seen = replace(seen, acts=store.audit.of_actions(id, (*CHOICES, STOP_LATER, *StepEnd)))
                seen = self._named(seen)
            return request, seen, known

        return await self.db.read(read)

    def seen(self, store: Store, request: Request, holds: Holds) -> Seen:
        """The facts for a request's messages. Runs on the store's thread."""
        now = self.clock.now()
        # Whose each of a thousand models is would take as many questions; the files and Details do without. Whose those
        # are that wait for a change is asked: these people are named.
        runs = waiting(request.runs) if request.large else request.runs
        changes = {ref: name for run in runs for ref, name in run.plan.changes.items()}
        owners = {ref: found for ref, name in changes.items() if (found := self.owning.owner_by(store, ref, name))}
        seen = Seen(
            policy=required(self.policies, request),
            now=now,
            estimates={run.id: estimate_now(store, run) for run in request.runs},
            wait=self.freezes.holding_back(store, request, now),
            around=Around({one.hold.subject: one.hold for one in held_of(request, holds)}, owners),
            ended=store.snoozes.ended_for(request.id),
            involved=_involved(request),
            parallel=self.parallel,
            additions=store.words.of_request(request.id),
            addresses=self.addresses,
        )
        return self._named(seen)

    async def seen_now(self, request: Request) -> Seen:
        """The facts for a request's messages, read now."""
        holding = await self.holds.reader()
        seen = await self.db.read(lambda store: self.seen(store, request, holding(store)))
        await self._learn(seen)
        return self._named(seen)

    def _named(self, seen: Seen) -> Seen:
        return seen.named(self.names.known(seen.people), self.names.actors(seen.actors))

    async def _learn(self, seen: Seen) -> bool:
        """Whether there were names to ask for."""
        asked = await asyncio.gather(self.names.learn(seen.people), self.names.learn_actors(seen.actors))
        return any(asked)

    async def _show_all(self, request: Request, seen: Seen, known: Mapping[str, Posted]) -> bool:
        complete = True
        card: str | None = None
        every = tellings(request, seen, {key: posted.intended_at for key, posted in known.items() if posted.ts})
        for telling in every:
            if telling.threaded and (
                card is None or not await self.db.read(lambda store: store.requests.is_at(request))
            ):
                return False  # the last answer took long, so this state may be old: read it again
            try:
                ts = await self._show(telling, request, card, known)
            except ChannelShared:
                ts = None
            except ChannelClosed as error:
                await self._say_directly(request, every, error, known)
                self._broken.rest(self.clock.now() + REST, request.id)
                return False
            except ChatError as error:
                log.warning("Slack does not show %s: %s", telling.key, error.text)
                ts = None
            complete = complete and ts is not None
            if not telling.threaded:
                card = ts or (known[telling.key].ts if telling.key in known else None)
                if card is not None and request.large:
                    complete = await self._listed(request, card, known) and complete
        return complete

    async def _listed(self, request: Request, card: str, known: Mapping[str, Posted]) -> bool:
        """Whether the thread has the file with every model, and the one with the outcomes."""
        try:
            return await self.files.show(request, card, known)
        except ChatError as error:
            log.warning("the file of request %s cannot be posted: %s", request.id, error.text)
            return False

    async def _show(
        self, telling: Telling, request: Request, card: str | None, known: Mapping[str, Posted]
    ) -> str | None:
        """One message. If the thread is gone, the card is posted again first; the replies follow at the next call."""
        try:
            return await self.poster.show(telling, request.channel, card, known.get(telling.key))
        except MessageGone:
            if not telling.threaded or card is None:
                raise
        await self._renew(request, card)
        return None

    async def _renew(self, request: Request, gone: str) -> None:
        """Post a card again whose thread is gone, once."""
        posted = await self.poster.posted(f"request:{request.id}:card")
        if posted is not None and posted.ts == gone:
            telling = tellings(request, await self.seen_now(request))[0]
            await self.poster.again(telling, request.channel, None, posted)

    async def _say_directly(
        self, request: Request, every: list[Telling], error: ChannelClosed, known: Mapping[str, Posted]
    ) -> None:
        """Tell the requester directly what can't be posted in the channel: why, once, and the end."""
        key = f"request:{request.id}:direct"
        why = Telling(key, channel_is_closed(request, error.code), threaded=False, lasting=True)
        ends = [telling for telling in every if telling.key.startswith(f"request:{request.id}:end")]
        ended = [replace(end, key=f"{key}:{end.key.split(':', 2)[2]}", threaded=False) for end in ends]
        for telling in (why, *ended):
            try:
                await self.poster.show(telling, request.requester, None, known.get(telling.key))
            except ChatError as fault:
                log.warning("Slack does not show %s: %s", telling.key, fault.text)


def _involved(request: Request) -> frozenset[str]:
    """Who asked, voted or decided: their names stand where a mention would ping them for their own act."""
    acted = {request.requester, request.decided_by, *(vote.voter for vote in request.votes)}
    ended = {run.cancelled_by for run in request.runs}
    return frozenset(id for id in (*acted, *ended) if id)
