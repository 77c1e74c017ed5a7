"""Posting: makes Slack show a message once, whatever becomes of the answers. What is missing is posted, never twice.

What is sent is read right before it is sent. So however long Slack makes a message wait, the newest state follows,
and the states between are never sent: there is nothing that could pile up.

Where an answer was lost, or another process edited meanwhile, nobody knows what Slack shows. That is written before
each edit and taken back after its answer; what is left of it is read back from Slack until it agrees.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import ChannelClosed, ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused, MessageGone
from bot.flows.rests import EDITS, PACE, Limits, Rests
from bot.flows.rooms import Rooms
from bot.flows.twins import EARLIER, IN_FLIGHT, LONGEST, SETTLED, Twins, next_look, remove, within
from bot.messages.requests import Telling
from bot.messages.rooms import continued
from bot.ports import Chat, Clock, Message
from bot.store import Store
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Poster:
    """The messages of ours by key. A key says what a message means, so there can be only one."""

    chat: Chat
    db: Database
    clock: Clock
    rooms: Rooms
    twins: Twins = field(init=False)
    _limits: Limits = field(init=False)
    _looks: Rests = field(default_factory=Rests, init=False)
    """When a message that is in doubt is looked at again."""
    _differs: dict[str, int] = field(default_factory=dict, init=False)
    """How often in a row a message was not what it should be."""

    def __post_init__(self) -> None:
        self.twins = Twins(self.chat, self.db, self.clock)
        self._limits = Limits(self.clock)

    async def post(self, key: str, channel: str, message: Message, thread: str | None = None) -> str | None:
        """Posts a message that can exist only once; its `ts`, or None while that is not known or must wait.

        Raises `ChatRefused`, also for a channel that is shared and a thread that is gone, and `ChatBusy`; all mean
        that it is not there.
        """
        telling = Telling(key, message, threaded=thread is not None, lasting=True)
        return await self.show(telling, channel, thread, await self.posted(key))

    async def keep(self, key: str, channel: str, message: Message) -> str | None:
        """Posts a message, or edits it where it is; posts it again when somebody deleted it. Otherwise as `post`."""
        telling = Telling(key, message, threaded=False, lasting=False, present=True)
        return await self.show(telling, channel, None, await self.posted(key))

    async def look(self, key: str) -> str | None:
        """The `ts` of a message, None if it is not there. Raises `ChatBusy` while its post is under way."""
        posted = await self.posted(key)
        if posted is None or posted.ts is not None:
            return posted.ts if posted else None
        if within(IN_FLIGHT, posted.intended_at, self.clock.now()):
            raise ChatBusy("The message is being posted.", retry_after=IN_FLIGHT.total_seconds())
        return (await self._settle(posted)).ts

    async def posted(self, key: str) -> Posted | None:
        """What is known of the message with that key."""
        return await self.db.read(lambda store: store.messages.get(key))

    async def show(self, telling: Telling, channel: str, thread: str | None, posted: Posted | None) -> str | None:
        """The `ts` once it shows what it should, else None. Raises a `ChatError`.

        What is to be edited and is gone is posted again, and says so; a reply whose thread is gone is not there, and
        raises `MessageGone`.
        """
        thread = thread if telling.threaded else None
        if posted is not None and posted.ts is None:
            if within(IN_FLIGHT, posted.intended_at, self.clock.now()) or not self._limits.may(telling.key):
                return None
            posted = await self._settle(posted)
        if posted is None or posted.ts is None:
            return await self._post(telling, channel, thread, posted)
        if telling.lasting:
            return posted.ts
        telling = _said(telling, again=posted.continued)
        try:
            if posted.digest == telling.message.digest:
                if posted.doubt_at is None or await self._agrees(posted):
                    return posted.ts
                if not self._looks.may(self.clock.now(), posted.key):
                    return None
            return await self._edit(telling, channel, posted)
        except MessageGone:
            return await self.again(telling, channel, thread, posted)

    async def again(self, telling: Telling, channel: str, thread: str | None, posted: Posted) -> str | None:
        """Posts a message that is gone, or whose thread is; otherwise as `show`."""
        log.warning("%s is gone from %s; it is posted again", telling.key, channel)
        return await self._post(_said(telling, again=True), channel, thread, posted)

    def doubtful(self, store: Store, prefix: str) -> list[str]:
        """The keys with that prefix of messages that should be looked at now. Work for the store."""
        now = self.clock.now()
        return [key for key in store.messages.doubtful(prefix, now - PACE) if self._looks.may(now, key)]

    async def _agrees(self, posted: Posted) -> bool:
        """Whether Slack shows what is written, for all we know. Where it does not, the message may be edited.

        What was lost may still arrive for a while, and overtake what was sent after it: so we look again later.
        """
        key, now, doubt_at = posted.key, self.clock.now(), posted.doubt_at
        assert posted.ts is not None
        if doubt_at is None or within(PACE, doubt_at, now):
            self._looks.extend(now + PACE, key)
            return False
        calm = not within(SETTLED, doubt_at, now)
        if not self._looks.may(now, key) or not self._limits.may(key):
            return calm and key not in self._differs
        try:
            shown = await self.chat.shows(posted.channel, posted.ts, thread=posted.thread)
        except ChatError as error:
            self._limits.failed(key, error)
            self._looks.rest(now + PACE, key)
            raise
        if shown is None:
            raise MessageGone(f"{key} is gone.")
        if shown != posted.digest:
            return False
        self._differs.pop(key, None)
        if later := next_look(doubt_at, now):
            self._looks.rest(later, key)
            return calm
        return await self.db.write(lambda store: store.messages.known(posted))

    async def _edit(self, telling: Telling, channel: str, posted: Posted) -> str | None:
        key, ts, shows = telling.key, posted.ts, telling.message.digest
        assert ts is not None
        if _too_soon(telling, posted, self.clock.now()) or not self._limits.may(key, EDITS):
            return None
        await self._admitted(key, channel)
        began = self.clock.now()
        begun = await self.db.write(lambda store: store.messages.begin_edit(posted, began))
        if begun is None:
            return None
        try:
            await self.chat.edit(channel, ts, telling.message, key=key)
        except ChatOutcomeUnknown:
            log.warning("the answer to an edit of %s was lost; it is read back", key)
            lost = self.clock.now()
            await self.db.write(lambda store: store.messages.edited(begun, shows, lost, lost))
            return None
        except ChatError as error:
            await self.db.write(lambda store: store.messages.not_edited(begun))
            self._failed(key, channel, error, EDITS)
            raise
        self._passed(key, channel, EDITS)
        edited = self.clock.now()
        if begun.doubt_at is not None:
            self._wait_longer(key, edited)
        sure = await self.db.write(lambda store: store.messages.edited(begun, shows, edited, begun.doubt_at))
        return ts if sure else None

    def _wait_longer(self, key: str, now: datetime) -> None:
        """A message that was edited in doubt is looked at soon, and less often the longer it does not help."""
        times = self._differs[key] = min(self._differs.get(key, -1) + 1, 10)
        self._looks.rest(now + min(PACE * 2**times, LONGEST), key)

    async def _post(self, telling: Telling, channel: str, thread: str | None, before: Posted | None) -> str | None:
        """Posts it, in place of the one *before* that is gone, or was not there when we looked."""
        key = telling.key
        if not self._limits.may(key, channel):
            return None
        await self._admitted(key, channel)
        telling = _said(telling, again=before is not None and before.continued)
        shows, now = telling.message.digest, self.clock.now()
        if not await self.db.write(
            lambda store: (
                store.messages.intend(key, channel, thread, shows, now)
                if before is None
                else store.messages.intend_again(before, thread, shows, now)
            )
        ):
            return None
        try:
            ts = await self.chat.post(channel, telling.message, key=key, thread=thread)
        except ChatOutcomeUnknown:
            return None
        except MessageGone as error:
            await self._no_thread(key, channel, error.stray, now)
            raise
        except (ChatRefused, ChatBusy) as error:
            await self.db.write(lambda store: store.messages.forget(key, now))
            self._failed(key, channel, error, channel)
            raise
        self._passed(key, channel)
        sent = self.clock.now()
        await self.db.write(lambda store: store.messages.sent(key, ts, shows, sent), done=True)
        return ts

    async def _no_thread(self, key: str, channel: str, stray: str | None, begun: datetime) -> None:
        """A reply is not where it belongs. One that cannot be deleted now is found when the reply is to be posted."""
        try:
            if stray is not None:
                log.warning("%s landed outside its thread; it is deleted there", key)
                await self.chat.delete(channel, stray)
        except ChatError as error:
            log.warning("%s cannot be deleted there: %s", key, error.text)
            return
        await self.db.write(lambda store: store.messages.forget(key, begun))

    async def _admitted(self, key: str, channel: str) -> None:
        """Asked right before each message and edit: a channel can be shared at any time, and stop being shared."""
        try:
            await self.rooms.admit(channel)
        except ChatError as error:
            self._failed(key, channel, error)
            raise

    def _failed(self, key: str, channel: str, error: ChatError, place: str | None = None) -> None:
        """What has to wait: all of a channel that is closed, otherwise the message."""
        if isinstance(error, ChannelClosed):
            self.rooms.closed(channel, error)
        elif not isinstance(error, MessageGone):
            self._limits.failed(key, error, place)

    def _passed(self, key: str, channel: str, place: str | None = None) -> None:
        self.rooms.opened(channel)
        self._limits.passed(key, place)

    async def _settle(self, posted: Posted) -> Posted:
        """A post was begun and nobody knows how it ended: ask Slack, never post blindly. Without `ts`: not there."""
        key, since = posted.key, (posted.twin_at or posted.intended_at) - EARLIER
        try:
            found = await self._found(posted, since)
            await remove(self.chat, posted, found[1:])
        except ChatError as error:
            self._failed(key, posted.channel, error)
            raise
        self._limits.passed(key)
        if not found:
            return posted
        ts = found[0]
        await self.db.write(lambda store: store.messages.sent(key, ts, posted.digest, posted.intended_at))
        return await self.posted(key) or replace(posted, ts=ts)

    async def _found(self, posted: Posted, since: datetime) -> tuple[str, ...]:
        """Where it is. Where its thread is gone a reply may have landed beside it, and is no message of ours there."""
        try:
            return await self.chat.find(posted.channel, posted.key, thread=posted.thread, since=since)
        except MessageGone:
            await remove(self.chat, posted, await self.chat.find(posted.channel, posted.key, thread=None, since=since))
            return ()


def _said(telling: Telling, *, again: bool) -> Telling:
    """What is posted again says so, unless it always shows the present state anyhow."""
    if not again or telling.lasting or telling.present or telling.again:
        return telling
    return replace(telling, message=continued(telling.message), again=True)


def _too_soon(telling: Telling, posted: Posted, now: datetime) -> bool:
    """Whether an edit has to wait for its pace. A card's first one has not: it answers somebody's click."""
    paced = telling.threaded or posted.edited
    return paced and posted.sent_at is not None and within(PACE, posted.sent_at, now)
