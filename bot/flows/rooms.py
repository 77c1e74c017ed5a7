"""Rooms: where the fleet may be shown. Not in channels shared with another organization, unless the operator allows it;
and not in channels that are archived or that the bot was removed from.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import ChannelClosed, ChannelShared, ChatError
from bot.flows.rests import REST, Rests
from bot.messages.rooms import SHARED, UNKNOWN
from bot.ports import Chat, Clock, Room

log = logging.getLogger(__name__)

KEPT = timedelta(minutes=1)
"""How long a channel's facts are cached."""

AGAIN = timedelta(seconds=5)
"""A failed look-up of a channel counts for this long for everyone who asks."""

CHANNELS = ("C", "G")
"""First letters of channel ids; direct messages are with people who were checked before."""

_Asked = tuple[datetime, asyncio.Task[Room | None]]


@dataclass(eq=False)
class Rooms:
    """Slack's facts about channels, asked once a minute at most. *shared*: shared channels may show everything."""

    chat: Chat
    clock: Clock
    shared: bool = False
    _asked: dict[str, _Asked] = field(default_factory=dict, init=False)
    _said: set[str] = field(default_factory=set, init=False)
    _closed: dict[str, ChannelClosed] = field(default_factory=dict, init=False)
    _shut: Rests = field(default_factory=Rests, init=False)

    async def room(self, channel: str) -> Room | None:
        """A channel, at most a minute old; None if Slack does not know or show it. Raises a `ChatError`."""
        now = self.clock.now()
        known = self._asked.get(channel)
        if known is None or _over(known, now):
            self._asked = {about: asked for about, asked in self._asked.items() if not _over(asked, now)}
            known = self._asked[channel] = (now, asyncio.create_task(self.chat.room(channel)))
        return await asyncio.shield(known[1])

    async def look(self, channel: str) -> Room | None:
        """The same, as of now. Raises a `ChatError`."""
        if (known := self._asked.get(channel)) is not None and known[1].done():
            del self._asked[channel]
        return await self.room(channel)

    def takes(self, room: Room) -> bool:
        """Whether a channel may show the fleet."""
        return self.shared or not room.external

    async def admit(self, channel: str) -> None:
        """Called before anything is posted, edited or uploaded. Raises `ChannelShared`, or `ChatError` while Slack does
        not answer.

        A channel that Slack does not show is allowed: posting there gets Slack's own refusal, which says what to do.
        After that, `ChannelClosed` is raised for a while, then one post tries again.
        """
        if channel in self._closed and not self._shut.may(self.clock.now(), channel):
            raise self._closed[channel]
        if self.shared or not channel.startswith(CHANNELS):
            return
        room = await self.room(channel)
        if room is None:
            return
        if room.external:
            refused = ChannelShared(channel)
            if channel not in self._said:
                log.warning("%s Until then nothing is posted there.", refused.text)
            self._said.add(channel)
            raise refused
        if channel in self._said:
            log.warning("%s is no longer shared with another organization: waiting messages are posted", channel)
            self._said.remove(channel)

    def closed(self, channel: str, error: ChannelClosed) -> None:
        """Slack refuses posts there. Logged once, until it accepts them again."""
        if channel not in self._closed:
            log.warning("nothing can be posted in %s: %s What waits follows once it can.", channel, error.text)
        self._closed[channel] = error
        self._shut.extend(self.clock.now() + REST, channel)

    def opened(self, channel: str) -> None:
        """Slack accepted a post there."""
        if self._closed.pop(channel, None) is not None:
            log.warning("%s takes messages again: what waited is posted", channel)

    async def withholds(self, channel: str) -> bool:
        """Whether it is known that nothing may be posted there."""
        try:
            await self.admit(channel)
        except ChannelShared:
            return True
        except ChatError as error:
            log.debug("what %s is cannot be said: %s", channel, error.text)
        return False

    async def why_private(self, channel: str) -> str | None:
        """Why an answer must stay private there; None if it may be public. If in doubt, it stays private."""
        if self.shared:
            return None
        try:
            room = await self.look(channel)
        except ChatError as error:
            log.debug("what %s is cannot be said: %s", channel, error.text)
            return UNKNOWN
        if room is None:
            return UNKNOWN
        return SHARED if room.external else None


def _over(asked: _Asked, now: datetime) -> bool:
    at, task = asked
    if not task.done():
        return False
    failed = task.cancelled() or task.exception() is not None
    return abs(now - at) >= (AGAIN if failed else KEPT)
