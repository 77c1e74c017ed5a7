"""Exporting: the requests that fit a filter, as a file for one person."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.domain.run_filter import RunFilter
from bot.errors import Refusal
from bot.flows.electorate import Electorate
from bot.messages.run_sheet import Format, as_file, file_name, row
from bot.ports import Clock
from bot.store.database import Database

BREATH = 50
"""After how many runs others get their turn: reading one takes part of a millisecond."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file, and how many requests are in it."""

    name: str
    content: bytes
    requests: int


class Exporter:
    """Makes the file; where it goes is for the command to say."""

    def __init__(self, db: Database, electorate: Electorate, clock: Clock) -> None:
        self._db = db
        self._store = db.store
        self._electorate = electorate
        self._clock = clock

    async def export(self, user: str, wanted: RunFilter, typed: str, form: Format) -> Export:
        """The file for *user*, noted in the audit. Raises `Refusal`, or a `ChatError` if nobody knows who that is."""
        person = await self._electorate.person(user)
        now = self._clock.now()
        if not self._electorate.is_member(person):
            self._store.audit.note(now, user, "denied", detail="export: not a member")
            raise Refusal("Guests, bots and people of other workspaces cannot export. Ask a member of this workspace.")
        found = self._store.search.runs(wanted).all
        if not found:
            raise Refusal(f"No request fits “{typed}”, so there is nothing to export. /stt-runs lists all of them.")
        rows = []
        for number, id in enumerate(found, start=1):
            run = self._store.runs.get(id)
            if run is not None:
                rows.append(row(run))
            if number % BREATH == 0:
                await asyncio.sleep(0)
        content = as_file(rows, form)
        about = f": {typed}" if typed else ""
        self._store.audit.note(now, user, "export", detail=f"{len(rows)} requests as {form}{about}")
        return Export(file_name(f"{now:%Y-%m-%d}", form), content, len(rows))
