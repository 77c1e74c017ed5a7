"""Request files: the list of every model of a large request in its thread, and the outcome of each at its end.

Slack has no key to find a posted file again, so posts are recorded: a crash between a post and its record posts the
file twice, but never omits it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.requests import Request
from bot.errors import ChatError
from bot.flows.posting import Poster
from bot.flows.rests import REST, Rests
from bot.flows.rooms import Rooms
from bot.flows.troubles import Troubles
from bot.messages import request_sheet
from bot.ports import Clock, Files
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

PART = 100
"""Rows processed before the event loop gets a turn."""


@dataclass(eq=False)
class RequestFiles:
    """Posts the files of large requests into their threads, each once for each card."""

    files: Files
    poster: Poster
    db: Database
    rooms: Rooms
    clock: Clock
    _rests: Rests = field(default_factory=Rests, init=False)
    _troubles: Troubles = field(
        default_factory=lambda: Troubles(log, "Slack does not show %s: %s", "Slack shows %s now"), init=False
    )

    async def show(self, request: Request, card: str, known: Mapping[str, Posted]) -> bool:
        """Whether all files are in the thread of *card*; a refusal by Slack is reported there."""
        wanted = [False, *([True] if request_sheet.is_over(request) else [])]
        return all([await self._show(request, card, known, ended=ended) for ended in wanted])

    async def _show(self, request: Request, card: str, known: Mapping[str, Posted], *, ended: bool) -> bool:
        retries = sum(run.retries for run in request.runs) if ended else 0  # a retried request has a new end
        key = f"request:{request.id}:{'outcome' if ended else 'list'}{f':{retries}' if retries else ''}"
        posted, now = known.get(key), self.clock.now()
        if posted is not None and posted.thread == card:
            return True
        if not self._rests.may(now, key):
            return False
        name = request_sheet.name(request, ended=ended)
        title, alt_text = request_sheet.about(request, ended=ended)
        try:
            await self.rooms.admit(request.channel)
            content = await _content(request, ended=ended)
            await self.files.upload(request.channel, name, content, title=title, alt_text=alt_text, thread=card)
        except ChatError as error:
            self._troubles.begin(key, error.text)
            self._rests.rest(now + REST, key)
            if not error.permanent:
                return False
            said = request_sheet.refused(request, error.text, ended=ended)
            return await self.poster.post(f"{key}:refused", request.channel, said, card) is not None
        self._troubles.end(key)
        await self.db.write(lambda store: store.messages.filed(key, request.channel, card, name, now), done=True)
        return True


async def _content(request: Request, *, ended: bool) -> bytes:
    parts = []
    for start in range(0, len(request.runs), PART):
        rows = request_sheet.rows(request, request.runs[start : start + PART], ended=ended)
        parts.append(request_sheet.part(rows, ended=ended, headline=start == 0))
        await asyncio.sleep(0)
    return b"".join(parts)
