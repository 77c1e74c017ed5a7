"""Words: what a person adds to a model that waits for a change, sent once, and looked for if no answer came."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta

from bot.domain.authority import Act, Scope
from bot.domain.fleet import Ref
from bot.domain.holds import Holds, held
from bot.domain.requests import Request
from bot.domain.runs import Run
from bot.domain.words import Addition, End, Word, faults, settled, shows
from bot.errors import AnswerUnreadable, InputsRefused, ModelBusy, OutcomeUnknown, Refusal, ServiceError
from bot.flows.electorate import Electorate
from bot.flows.freezes import Freezes
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.flows.owners import Owning
from bot.flows.rests import Rests
from bot.messages import words as messages
from bot.messages.denials import NO_SUCH_REQUEST
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

log = logging.getLogger(__name__)

PACE = timedelta(seconds=5)
"""The time between two looks at words with an unknown result."""


@dataclass(eq=False)
class Words:
    """Everything is checked when it is asked for and again when it is sent: a waiting run may go on meanwhile."""

    db: Database
    inventory: Inventory
    electorate: Electorate
    owning: Owning
    freezes: Freezes
    holds: HoldBook
    clock: Clock
    _: KW_ONLY
    wake: Callable[[], None]
    _rests: Rests = field(default_factory=Rests, init=False)

    async def waiting(self, request: int, run: int, user: str) -> tuple[Request, Run]:
        """A run that waits for a change, if this person may make it now.

        Raises `Denied`, `Refusal` with what to do instead, else a `ChatError`.
        """
        found = await self.db.read(lambda store: store.requests.get(request))
        about = found.run(run) if found is not None else None
        if found is None or about is None:
            raise Refusal(NO_SUCH_REQUEST, markup=True)
        model = about.plan.model
        owner = await self.owning.owner_of(model)
        scope = Scope((model.instance,), found.requester, owner=owner.id if owner else "")
        await self.electorate.may(user, Act.ADD_WORD, scope)
        await self._possible(about)
        return found, about

    async def _possible(self, run: Run) -> None:
        """Raises `Refusal` where a change would not help, or is not allowed now."""
        holding = await self.holds.reader()

        def look(store: Store) -> str:
            return self._hindrance(store, run, holding)

        if why := await self.db.read(look):
            raise Refusal(why, markup=True)

    def _hindrance(self, store: Store, run: Run, holding: Callable[[Store], Holds]) -> str:
        """Why nothing can be added for a run now, with what to do; "" where it can. For the store's thread."""
        fresh, now = store.requests.run(run.id), self.clock.now()
        if fresh is None or not fresh.waits_for_a_person or fresh.cancelled_by is not None:
            return messages.over(fresh or run)
        if (freeze := self.freezes.of_step(store, run.plan.model.ref, now)) is not None:
            return messages.frozen(run, freeze)
        if on_hold := held(run.plan, holding(store)):
            return messages.on_hold(on_hold)
        return ""

    async def add(self, form: str, request: Request, run: Run, word: Word, user: str) -> Addition:
        """Sends a word once; the same form twice gives the first result.

        `Addition.outcome` is None where no answer proves anything: looks will tell, and the thread says it. Raises
        `InputsRefused`, `Refusal` or a `ServiceError` where nothing was added.
        """
        check(word, run)
        if (twin := await self.db.read(lambda store: store.words.of_form(form))) is not None:
            return twin
        ref = Ref.parse(run.plan.model.ref)
        service = self.inventory.service(ref.instance)
        seen = await self.inventory.look(ref)
        if seen is None or seen.status != "available":
            raise Refusal(messages.not_now(run, seen.status if seen else None), markup=True)
        if shows(word, await service.word(ref.id, word.word)):
            raise Refusal(messages.known_already(run, word), markup=True)
        holding = await self.holds.reader()

        def intend(store: Store) -> Addition | None:
            if why := self._hindrance(store, run, holding):
                raise Refusal(why, markup=True)
            if others := [one for one in store.words.of_run(run.id) if one.outcome is None]:
                raise Refusal(messages.another(others[0]), markup=True)
            return store.words.intend(form, run, run.plan.model.ref, word, user, self.clock.now())

        addition = await self.db.write(intend, durable=True)
        if addition is None:
            twin = await self.db.read(lambda store: store.words.of_form(form))
            assert twin is not None
            return twin
        return await self._send(addition, request, ref)

    async def _send(self, addition: Addition, request: Request, ref: Ref) -> Addition:
        try:
            await self.inventory.service(ref.instance).add_word(ref.id, addition.word)
        except (OutcomeUnknown, AnswerUnreadable) as error:
            log.warning("request %s, a word: %s", request.id, error.text)
            why = str(error.status) if error.status is not None else "no answer"
            now = self.clock.now()
            await self.db.write(lambda store: store.words.unanswered(addition, request.id, now, why), done=True)
            self.wake()
            return addition
        except ServiceError as error:
            await self._end(addition, End.REFUSED, why="busy" if isinstance(error, ModelBusy) else error.text)
            raise
        return await self._end(addition, End.ADDED)

    async def _end(self, addition: Addition, outcome: End, *, why: str = "") -> Addition:
        """Stores the result; where the word is there, its run is looked at now."""
        now = self.clock.now()

        def write(store: Store) -> Addition:
            run = store.requests.run(addition.run)
            assert run is not None
            if store.words.end(addition, run.request, outcome, now, why) and outcome is not End.REFUSED:
                store.requests.touch(run.request)
                if outcome is End.ADDED and run.waits_for_a_person and run.current is not None:
                    store.journal.schedule(run.id, run.current.number, now)
            return next(one for one in store.words.of_run(run.id) if one.id == addition.id)

        settled_now = await self.db.write(write, done=True)
        self.wake()
        return settled_now

    def due(self, store: Store) -> bool:
        """Whether there are words to look for, because no answer came. For the store's thread."""
        return self._rests.may(self.clock.now()) and bool(store.words.open())

    async def settle(self) -> None:
        """Looks for each: its answer was lost, or a process died before it came."""
        self._rests.rest(self.clock.now() + PACE)
        for addition in await self.db.read(lambda store: store.words.open()):
            ref = Ref.parse(addition.ref)
            try:
                found = await self.inventory.service(ref.instance).word(ref.id, addition.word.word)
            except (ServiceError, Refusal) as error:  # it is looked for again
                log.warning("whether a word was added is not known yet: %s", error.text)
                continue
            if (outcome := settled(addition, found, self.clock.now())) is not None:
                await self._end(addition, outcome)


def check(word: Word, run: Run) -> None:
    """Raises `InputsRefused` for what the service would not take."""
    if wrong := faults(word, run.plan.model.language):
        raise InputsRefused(messages.fault_texts(wrong, run.plan.model.language))
