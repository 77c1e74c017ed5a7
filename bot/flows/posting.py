"""Posting: makes Slack show a message once, whatever becomes of the answers. What is missing is posted, never twice.

What is sent is read right before it is sent. So however long Slack makes a message wait, the newest state follows,
and the states between are never sent: there is nothing that could pile up.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused
from bot.flows.rests import EDITS, PACE, Limits
from bot.flows.rooms import Rooms
from bot.messages.requests import Telling
from bot.ports import Chat, Clock, Message
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

IN_FLIGHT = timedelta(seconds=15)
"""How long a post may be under way, in this process or another, before we look whether it arrived."""


@dataclass(eq=False)
class Poster:
    """The messages of ours by key. A key says what a message means, so there can be only one."""

    chat: Chat
    db: Database
    clock: Clock
    rooms: Rooms
    _limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        self._limits = Limits(self.clock)

    async def post(self, key: str, channel: str, message: Message, thread: str | None = None) -> str | None:
        """Posts a message that can exist only once; its `ts`, or None while that is not known or must wait.

        Raises `ChatRefused`, also for a channel that is shared, and `ChatBusy`; both mean that it is not there.
        """
        telling = Telling(key, message, threaded=thread is not None, lasting=True)
        return await self.show(telling, channel, thread, await self.posted(key))

    async def keep(self, key: str, channel: str, message: Message) -> str | None:
        """Posts a message, or edits it where it is; posts it again when somebody deleted it. Otherwise as `post`."""
        telling = Telling(key, message, threaded=False, lasting=False)
        return await self.show(telling, channel, None, await self.posted(key), again=True)

    async def look(self, key: str) -> str | None:
        """The `ts` of a message, None if it is not there. Raises `ChatBusy` while its post is under way."""
        posted = await self.posted(key)
        if posted is None or posted.ts is not None:
            return posted.ts if posted else None
        if _within(IN_FLIGHT, posted.intended_at, self.clock.now()):
            raise ChatBusy("The message is being posted.", retry_after=IN_FLIGHT.total_seconds())
        settled = await self._settle(posted)
        return settled.ts if settled else None

    async def posted(self, key: str) -> Posted | None:
        """What is known of the message with that key."""
        return await self.db.read(lambda store: store.messages.get(key))

    async def show(
        self, telling: Telling, channel: str, thread: str | None, posted: Posted | None, *, again: bool = False
    ) -> str | None:
        """The `ts` once it shows what it should, else None; *again* reposts a deleted one. Raises a `ChatError`."""
        now = self.clock.now()
        thread = thread if telling.threaded else None
        shows = _digest(telling.message)
        if posted is not None and posted.ts is None:
            if _within(IN_FLIGHT, posted.intended_at, now) or not self._limits.may(telling.key):
                return None
            posted = await self._settle(posted)
        if posted is None:
            return await self._post(telling, channel, thread, shows)
        ts = posted.ts
        assert ts is not None
        if telling.lasting or posted.digest == shows:
            return ts
        if _too_soon(telling, posted, now) or not self._limits.may(telling.key, EDITS):
            return None
        await self._admitted(telling.key, channel)
        try:
            await self.chat.edit(channel, ts, telling.message)
        except ChatError as error:
            if error.code != "message_not_found":
                self._limits.failed(telling.key, error, EDITS)
                raise
            log.warning("somebody deleted the message %s", telling.key)
            if again:
                await self.db.write(lambda store: store.messages.lost(telling.key, ts))
                return await self._post(telling, channel, thread, shows)
        self._limits.passed(telling.key, EDITS)
        edited = self.clock.now()
        alone = await self.db.write(lambda store: store.messages.edited(posted, shows, edited))
        return ts if alone else None

    async def _post(self, telling: Telling, channel: str, thread: str | None, shows: str) -> str | None:
        key = telling.key
        if not self._limits.may(key, channel):
            return None
        await self._admitted(key, channel)
        now = self.clock.now()
        if not await self.db.write(lambda store: store.messages.intend(key, channel, thread, shows, now)):
            return None
        try:
            ts = await self.chat.post(channel, telling.message, key=key, thread=thread)
        except ChatOutcomeUnknown:
            return None
        except (ChatRefused, ChatBusy) as error:
            await self.db.write(lambda store: store.messages.forget(key, now))
            self._limits.failed(key, error, channel)
            raise
        self._limits.passed(key)
        sent = self.clock.now()
        await self.db.write(lambda store: store.messages.sent(key, ts, shows, sent), done=True)
        return ts

    async def _admitted(self, key: str, channel: str) -> None:
        """Asked right before each message and edit: a channel can be shared at any time, and stop being shared."""
        try:
            await self.rooms.admit(channel)
        except ChatError as error:
            self._limits.failed(key, error)
            raise

    async def _settle(self, posted: Posted) -> Posted | None:
        """A post was begun and nobody knows how it ended: ask Slack, never post blindly."""
        key, since = posted.key, posted.intended_at - timedelta(seconds=60)
        try:
            ts = await self.chat.find(posted.channel, key, thread=posted.thread, since=since)
        except ChatError as error:
            self._limits.failed(key, error)
            raise
        self._limits.passed(key)
        if ts is None:
            await self.db.write(lambda store: store.messages.forget(key, posted.intended_at))
            return None
        await self.db.write(lambda store: store.messages.sent(key, ts, posted.digest, posted.intended_at))
        return await self.posted(key)


def _too_soon(telling: Telling, posted: Posted, now: datetime) -> bool:
    """Whether an edit has to wait for its pace. A card's first one has not: it answers somebody's click."""
    paced = telling.threaded or posted.edited
    return paced and posted.sent_at is not None and _within(PACE, posted.sent_at, now)


def _within(span: timedelta, since: datetime, now: datetime) -> bool:
    """Whether less than *span* is over. A moment that is further ahead than that says that the clock was set back."""
    return abs(now - since) < span


def _digest(message: Message) -> str:
    return hashlib.sha256(json.dumps([message.text, message.blocks], sort_keys=True).encode()).hexdigest()[:16]
