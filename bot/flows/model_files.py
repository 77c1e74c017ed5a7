"""Model files: lists too long for messages, as CSV files."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from bot.domain.authority import Act
from bot.domain.verdicts import Judgement
from bot.errors import NothingMatches, RetuneError
from bot.flows.electorate import Electorate
from bot.flows.rooms import Rooms
from bot.messages import model_sheet
from bot.ports import Clock, Files
from bot.store.database import Database
from bot.turns import Work, in_turns

log = logging.getLogger(__name__)

PART = 20
"""Rows processed before the event loop gets a turn."""


@dataclass(eq=False)
class ModelFiles:
    """Makes the files, and posts them where a list continues."""

    files: Files
    db: Database
    rooms: Rooms
    electorate: Electorate
    clock: Clock

    async def export(self, user: str, judgements: Iterable[Judgement], count: int, typed: str) -> tuple[str, bytes]:
        """The name and content of a file for *user*, recorded in the audit. Raises `Denied`, `Refusal`, `ChatError`."""
        await self.electorate.may(user, Act.EXPORT)
        if not count:
            raise NothingMatches(model_sheet.nothing(typed))
        content, now = await _content(judgements), self.clock.now()
        detail = f"{count} models as csv{f': {typed}' if typed else ''}"
        await self.db.write(lambda store: store.audit.note(now, user, "export", detail=detail))
        return model_sheet.name(f"{now:%Y-%m-%d}"), content

    async def accompany(self, channel: str, thread: str, judgements: Iterable[Judgement], count: int) -> bool:
        """Post a list beside a message that is complete without it; failures are only logged."""
        title, alt_text = model_sheet.about(count)
        name = model_sheet.name(f"{self.clock.now():%Y-%m-%d}")
        try:
            await self.rooms.admit(channel)
            content = await _content(judgements)
            await self.files.upload(channel, name, content, title=title, alt_text=alt_text, thread=thread)
        except RetuneError as error:
            log.warning("the list of models is left out: %s", error.text)
            return False
        return True


async def _content(judgements: Iterable[Judgement]) -> bytes:
    return b"".join(await in_turns(_parts(iter(judgements))))


def _parts(judgements: Iterator[Judgement]) -> Work[list[bytes]]:
    parts: list[bytes] = []
    while some := list(islice(judgements, PART)):
        parts.append(model_sheet.part(some, headline=not parts))
        yield
    return parts
