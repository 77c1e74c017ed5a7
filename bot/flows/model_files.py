"""Model files: lists of models that are too long for messages, as CSV files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.authority import Act
from bot.domain.verdicts import Judgement
from bot.errors import Refusal, RetuneError
from bot.flows.electorate import Electorate
from bot.flows.rooms import Rooms
from bot.messages import model_sheet
from bot.ports import Clock, Files
from bot.store.database import Database

log = logging.getLogger(__name__)

PART = 100
"""Rows that are made before others of the loop get their turn."""


@dataclass(eq=False)
class ModelFiles:
    """Makes them, and puts them where a list goes on."""

    files: Files
    db: Database
    rooms: Rooms
    electorate: Electorate
    clock: Clock

    async def export(self, user: str, judgements: Sequence[Judgement], typed: str) -> tuple[str, bytes]:
        """The name and content of a file for *user*, noted in the audit. Raises `Denied`, `Refusal`, a `ChatError`."""
        await self.electorate.may(user, Act.EXPORT)
        if not judgements:
            raise Refusal(model_sheet.nothing(typed))
        content, now = await _content(judgements), self.clock.now()
        detail = f"{len(judgements)} models as csv{f': {typed}' if typed else ''}"
        await self.db.write(lambda store: store.audit.note(now, user, "export", detail=detail))
        return model_sheet.name(f"{now:%Y-%m-%d}"), content

    async def accompany(self, channel: str, thread: str, judgements: Sequence[Judgement]) -> bool:
        """Posts a list beside a message that stands without it; a fault is only logged."""
        title, alt_text = model_sheet.about(len(judgements))
        name = model_sheet.name(f"{self.clock.now():%Y-%m-%d}")
        try:
            await self.rooms.admit(channel)
            content = await _content(judgements)
            await self.files.upload(channel, name, content, title=title, alt_text=alt_text, thread=thread)
        except RetuneError as error:
            log.warning("the list of models is left out: %s", error.text)
            return False
        return True


async def _content(judgements: Sequence[Judgement]) -> bytes:
    parts = []
    for start in range(0, len(judgements), PART):
        parts.append(model_sheet.part(judgements[start : start + PART], headline=start == 0))
        await asyncio.sleep(0)
    return b"".join(parts)
