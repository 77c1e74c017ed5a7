"""Posting: each message appears in Slack once, whatever happens to the answers. A missing one is posted, never a
second.

Content is read right before it is sent. If Slack makes a message wait, the newest state is sent next and the states in
between never are, so nothing piles up.

After a lost answer, or an edit by another process, it is unknown what Slack shows. This doubt is recorded before each
edit and cleared by its answer; what remains is checked in Slack until it agrees.
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
    """Our messages by key. A key identifies a message by its meaning, so there can be only one."""

    chat: Chat
    db: Database
    clock: Clock
    rooms: Rooms
    twins: Twins = field(init=False)
    _limits: Limits = field(init=False)
    _looks: Rests = field(default_factory=Rests, init=False)
    """When a doubtful message is checked again."""
    _differs: dict[str, int] = field(default_factory=dict, init=False)
    """How often in a row a message differed from its content."""

    def __post_init__(self) -> None:
        self.twins = Twins(self.chat, self.db, self.clock)
        self._limits = Limits(self.clock)

    async def post(self, key: str, channel: str, message: Message, thread: str | None = None) -> str | None:
        """Post a message that may exist only once; returns its `ts`, or None while that is unknown or must wait.

        Raises `ChatRefused`, also for a shared channel or a missing thread, and `ChatBusy`; after each the message does
        not exist.
        """
        telling = Telling(key, message, threaded=thread is not None, lasting=True)
        return await self.show(telling, channel, thread, await self.posted(key))

    async def keep(self, key: str, channel: str, message: Message) -> str | None:
        """Post a message, or edit it if it exists; post it again if it was deleted. Otherwise as `post`."""
        telling = Telling(key, message, threaded=False, lasting=False, present=True)
        return await self.show(telling, channel, None, await self.posted(key))

    async def look(self, key: str) -> str | None:
        """The `ts` of a message, None if it does not exist. Raises `ChatBusy` while it is being posted."""
        posted = await self.posted(key)
        if posted is None or posted.ts is not None:
            return posted.ts if posted else None
        if within(IN_FLIGHT, posted.intended_at, self.clock.now()):
            raise ChatBusy("The message is being posted.", retry_after=IN_FLIGHT.total_seconds())
        return (await self._settle(posted)).ts

    async def posted(self, key: str) -> Posted | None:
        """What is stored of the message with that key."""
        return await self.db.read(lambda store: store.messages.get(key))

    async def show(self, telling: Telling, channel: str, thread: str | None, posted: Posted | None) -> str | None:
        """Its `ts` once it shows the right content, else None. Raises a `ChatError`.

        A message that should be edited but is gone is posted again, and says so. A reply whose thread is gone is not
        posted and raises `MessageGone`.
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
        """Post a message again that is gone, or whose thread is; otherwise as `show`."""
        log.warning("%s is gone from %s; it is posted again", telling.key, channel)
        return await self._post(_said(telling, again=True), channel, thread, posted)

    def doubtful(self, store: Store, prefix: str) -> list[str]:
        """The keys with that prefix of messages to check now. Runs on the store's thread."""
        now = self.clock.now()
        return [key for key in store.messages.doubtful(prefix, now - PACE) if self._looks.may(now, key)]

    async def _agrees(self, posted: Posted) -> bool:
        """Whether Slack shows the stored content, as far as is known. If not, the message may be edited.

        A lost request may still arrive and overtake a later one, so it is checked again later.
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
        """Check a message edited in doubt soon, and less often the longer that does not help."""
        times = self._differs[key] = min(self._differs.get(key, -1) + 1, 10)
        self._looks.rest(now + min(PACE * 2**times, LONGEST), key)

    async def _post(self, telling: Telling, channel: str, thread: str | None, before: Posted | None) -> str | None:
        """Post it, replacing *before*, which is gone or was not found."""
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
        """A reply landed outside its thread. If it can't be deleted now, the next post of the reply finds it."""
        try:
            if stray is not None:
                log.warning("%s landed outside its thread; it is deleted there", key)
                await self.chat.delete(channel, stray)
        except ChatError as error:
            log.warning("%s cannot be deleted there: %s", key, error.text)
            return
        await self.db.write(lambda store: store.messages.forget(key, begun))

    async def _admitted(self, key: str, channel: str) -> None:
        """Checked right before each message and edit: a channel can become shared at any time."""
        try:
            await self.rooms.admit(channel)
        except ChatError as error:
            self._failed(key, channel, error)
            raise

    def _failed(self, key: str, channel: str, error: ChatError, place: str | None = None) -> None:
        """Make the right thing wait: everything for a closed channel, otherwise the message."""
        if isinstance(error, ChannelClosed):
            self.rooms.closed(channel, error)
        elif not isinstance(error, MessageGone):
            self._limits.failed(key, error, place)

    def _passed(self, key: str, channel: str, place: str | None = None) -> None:
        self.rooms.opened(channel)
        self._limits.passed(key, place)

    async def _settle(self, posted: Posted) -> Posted:
        """A post was begun, its result is unknown: check Slack, never post blindly. Without `ts`: not there."""
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
        """Its place. If its thread is gone, a reply may have landed outside it; that one does not count."""
        try:
            return await self.chat.find(posted.channel, posted.key, thread=posted.thread, since=since)
        except MessageGone:
            await remove(self.chat, posted, await self.chat.find(posted.channel, posted.key, thread=None, since=since))
            return ()


def _said(telling: Telling, *, again: bool) -> Telling:
    """A message posted again says so, unless it always shows the current state anyway."""
    if not again or telling.lasting or telling.present or telling.again:
        return telling
    return replace(telling, message=continued(telling.message), again=True)


def _too_soon(telling: Telling, posted: Posted, now: datetime) -> bool:
    """Whether an edit must wait for its pace. A card's first edit must not: it answers a click."""
    paced = telling.threaded or posted.edited
    return paced and posted.sent_at is not None and within(PACE, posted.sent_at, now)
