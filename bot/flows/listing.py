"""Look-ups: pages of requests, the log of one request, requests as a file, and the dossier of one model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

from bot.domain.authority import Act
from bot.domain.request_filter import RequestFilter
from bot.domain.requests import Noted, Request
from bot.domain.snoozes import in_force, indexed, standing
from bot.domain.verdicts import Judgement
from bot.errors import NothingMatches
from bot.flows.electorate import Electorate
from bot.flows.inventory import Inventory
from bot.flows.owners import Owning
from bot.flows.request_reading import read_those
from bot.messages.fleet import Dossier
from bot.messages.sheet import Format, Sheet, file_name, nothing_to_export, rows
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database
from bot.store.search import Place

ROWS = 200
"""Rows of a file written before the event loop gets a turn."""

PART = 20
"""Requests read at a time for a file, before the event loop gets a turn."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of matching requests; *ever*: whether there are any requests at all. *more* as in `Found`."""

    shown: tuple[Request, ...]
    live: int
    ended: int
    page: int
    ever: bool
    more: bool = False


@dataclass(eq=False)
class Listing:
    """Reads only."""

    db: Database

    async def page(self, wanted: RequestFilter, number: int, size: int) -> Page:
        """Page *number*, from 0, or the last page if there are fewer; live requests come first."""

        found, ever = await self.db.read(lambda store: (store.search.page(wanted, number, size), store.search.any()))
        shown = await read_those(self.db, found.shown)
        return Page(shown, found.live, found.ended, found.page, ever, found.more)

    async def count(self, wanted: RequestFilter) -> int | None:
        """How many match; None: more than are counted."""
        found = await self.db.read(lambda store: store.search.page(wanted, 0, 1))
        return None if found.more else found.live + found.ended

    async def history(self, id: int) -> tuple[Request, tuple[Noted, ...]] | None:
        """One request and its log, oldest first; None if there is none."""

        def read(store: Store) -> tuple[Request, tuple[Noted, ...]] | None:
            request = store.requests.get(id)
            return (request, store.audit.of_request(id)) if request else None

        return await self.db.read(read)


@dataclass(frozen=True, slots=True)
class Export:
    """A file and its number of requests."""

    name: str
    content: bytes
    requests: int


@dataclass(eq=False)
class Exporter:
    """Makes the file; the command decides where it goes."""

    db: Database
    electorate: Electorate
    clock: Clock

    async def export(self, user: str, wanted: RequestFilter, typed: str, form: Format) -> Export:
        """The file for *user*, recorded in the audit. Raises `Denied`, `Refusal`, or a `ChatError`."""
        await self.electorate.may(user, Act.EXPORT)
        now = self.clock.now()
        sheet, count = Sheet(form), 0
        async for some in self._parts(wanted):
            count += len(some)
            made = [row for request in some for row in rows(request)]
            for start in range(0, len(made), ROWS):
                sheet.add(made[start : start + ROWS])
                await asyncio.sleep(0)
        if not count:
            raise NothingMatches(nothing_to_export(typed))
        about = f": {typed}" if typed else ""
        detail = f"{count} requests as {form}{about}"
        await self.db.write(lambda store: store.audit.note(now, user, "export", detail=detail))
        return Export(file_name(f"{now:%Y-%m-%d}", form), sheet.content(), count)

    async def _parts(self, wanted: RequestFilter) -> AsyncIterator[tuple[Request, ...]]:
        """The matching requests, a few at a time; each once, even if it ends meanwhile."""
        live = await self.db.read(lambda store: store.search.live(wanted))
        for start in range(0, len(live), PART):
            yield await self._those(live[start : start + PART])
        seen, after = frozenset(live), None
        while True:
            ids, after = await self.db.read(partial(_ended, wanted, after))
            yield await self._those([id for id in ids if id not in seen])
            if after is None:
                return

    async def _those(self, ids: Sequence[int]) -> tuple[Request, ...]:
        return await read_those(self.db, ids)


def _ended(wanted: RequestFilter, after: Place | None, store: Store) -> tuple[tuple[int, ...], Place | None]:
    return store.search.ended(wanted, after, PART)


@dataclass(eq=False)
class Dossiers:
    """Builds dossiers, each in one read."""

    db: Database
    inventory: Inventory
    owning: Owning
    clock: Clock

    async def of(self, judgement: Judgement) -> Dossier:
        """Everything about one model. Raises `StoreUnavailable`."""
        judged, model, now = await self.inventory.judged(), judgement.model, self.clock.now()

        def read(store: Store) -> Dossier:
            snoozed = store.snoozes.in_force()
            snoozes = indexed(in_force(snoozed, judged.spoken_of(snoozed), now))
            said, language = store.observed.linked(model.ref)
            partner = judged.of(language) if language else None
            return Dossier(
                requests=store.requests.of_model(model.ref),
                changes=store.changes.of_model(model),
                snooze=standing(judgement, snoozes, now),
                owner=self.owning.owner_in(store, model),
                trained_with=(partner.model.name if partner else language or "") if said else None,
            )

        return await self.db.read(read)
