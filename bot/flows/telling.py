"""Telling: makes Slack show what the journal says of requests, each with one card and one thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import timedelta
from weakref import WeakValueDictionary

from bot.domain.approvals import required
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
"""How long a request rests whose telling broke in an unexpected way."""

NAMINGS = 3
"""How often names are asked for before a card is shown; what is not named by then stands there by its id."""

AT_ONCE = 4
"""Requests that are told at the same time: one whose answer takes long holds back no other."""


@dataclass(eq=False)
class Teller:
    """Brings the card and thread of a request up to date, after a change as after a crash: it is the same work."""

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
        """Notes that a request may look different by now, though nothing in the journal changed: time went on."""
        self._wanted.setdefault(request)

    def due(self, store: Store) -> bool:
        """Whether there is a request of which Slack may not show the present state, or a message twice."""
        return bool(self._wanted or store.requests.untold() or self._doubtful(store) or self.poster.twins.due(store))

    def _doubtful(self, store: Store) -> set[int]:
        """Requests of whose messages nobody knows what they show, since a crash say."""
        return {int(key.split(":")[1]) for key in self.poster.doubtful(store, "request:")}

    async def tell_all(self) -> None:
        """Every request of which Slack may not show the present state; those that have waited longest come first."""
        await self.poster.twins.tidy()
        for request in await self.db.read(lambda store: (*store.requests.untold(), *self._doubtful(store))):
            self.want(request)
        now = self.clock.now()
        resting = (self._broken, self._paced)
        mine = [id for id in self._wanted if id not in self._at_work and all(rests.may(now, id) for rests in resting)]
        self._at_work.update(mine)
        await asyncio.gather(*(self._in_turn(id) for id in mine))

    async def _in_turn(self, request: int) -> None:
        """One request; what breaks in it is logged, and stops no other."""
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
        """One request; true when Slack shows all of it. Trouble with Slack is logged, and ended by a later call."""

        lock = self._locks.setdefault(id, asyncio.Lock())
        async with lock:
            read = await self._known(id)
            for _ in range(NAMINGS):
                if read is None or not await self.names.learn(read[1].people):
                    break
                read = await self._known(id)  # asking Slack may have taken long
            if read is not None:
                await asyncio.sleep(0)  # reading a thousand runs takes its time, and so does what is said of them
                if not await self._show_all(*read):
                    self.want(id)
                    await self.db.write(lambda store: store.requests.untell(id))
                    return False
                await self.db.write(lambda store: store.requests.told(read[0]))
                if read[0].large:  # its thousand runs change all the time, and a card once in three seconds at most
                    self._paced.rest(self.clock.now() + PACE, id)
            self._wanted.pop(id, None)
            return True

    async def _known(self, id: int) -> tuple[Request, Seen, dict[str, Posted]] | None:
        """A request, what its messages need to know beside it, and those that are there."""
        holding = await self.holds.reader()

        def read(store: Store) -> tuple[Request, Seen, dict[str, Posted]] | None:
            request = store.requests.get(id)
            if request is None or store.messages.swept(id):
                return None
            known = store.messages.of(f"request:{id}:")
            seen = self.seen(store, request, holding(store))
            if was_steered(request) or any(key.split(":")[2] in ASKING for key in known):
                seen = replace(seen, acts=store.audit.of_actions(id, (*CHOICES, STOP_LATER, *StepEnd)))
                seen = seen.named(self.names.known(seen.people))
            return request, seen, known

        return await self.db.read(read)

    def seen(self, store: Store, request: Request, holds: Holds) -> Seen:
        """What the messages of a request need to know beside it. Work for the store."""
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
        return seen.named(self.names.known(seen.people))

    async def seen_now(self, request: Request) -> Seen:
        """What the messages of a request need to know beside it, read now."""
        holding = await self.holds.reader()
        seen = await self.db.read(lambda store: self.seen(store, request, holding(store)))
        return seen.named(await self.names.of(seen.people))

    async def _show_all(self, request: Request, seen: Seen, known: Mapping[str, Posted]) -> bool:
        complete = True
        card: str | None = None
        every = tellings(request, seen, {key: posted.intended_at for key, posted in known.items() if posted.ts})
        for telling in every:
            if telling.threaded and (
                card is None or not await self.db.read(lambda store: store.requests.is_at(request))
            ):
                return False  # what the answer before took so long for is not the newest any more: read it again
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
        """Whether the thread has the file with every model, and the one with what became of them."""
        try:
            return await self.files.show(request, card, known)
        except ChatError as error:
            log.warning("the file of request %s cannot be posted: %s", request.id, error.text)
            return False

    async def _show(
        self, telling: Telling, request: Request, card: str | None, known: Mapping[str, Posted]
    ) -> str | None:
        """One message. Where the thread is gone the card comes first, anew; the replies follow at the next call."""
        try:
            return await self.poster.show(telling, request.channel, card, known.get(telling.key))
        except MessageGone:
            if not telling.threaded or card is None:
                raise
        await self._renew(request, card)
        return None

    async def _renew(self, request: Request, gone: str) -> None:
        """A card whose thread is gone is posted anew, once."""
        posted = await self.poster.posted(f"request:{request.id}:card")
        if posted is not None and posted.ts == gone:
            telling = tellings(request, await self.seen_now(request))[0]
            await self.poster.again(telling, request.channel, None, posted)

    async def _say_directly(
        self, request: Request, every: list[Telling], error: ChannelClosed, known: Mapping[str, Posted]
    ) -> None:
        """What cannot be said in the channel, to the requester: why, once, and the end."""
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
