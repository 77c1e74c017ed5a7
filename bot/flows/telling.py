"""Telling: makes Slack show what the journal says. What is missing is posted, what changed is edited, once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from bot.domain.approvals import Policy
from bot.domain.plans import Estimate
from bot.domain.runs import Run
from bot.errors import ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused
from bot.flows.pausing import Pauses
from bot.messages.run import Telling, tellings
from bot.ports import Chat, Clock, Message
from bot.store import Store
from bot.store.messages import Posted

log = logging.getLogger(__name__)

PACE = timedelta(seconds=3)
"""The shortest time between two edits of one progress message."""

IN_FLIGHT = timedelta(seconds=15)
"""How long a post may be under way, in this process or another, before we look whether it arrived."""

REST = timedelta(seconds=30)
"""How long a run is left alone after Slack refused to show it."""


class Teller:
    """Brings the card and thread of a run up to date, after a change as after a crash: it is the same work."""

    def __init__(self, chat: Chat, store: Store, policies: Mapping[str, Policy], pauses: Pauses, clock: Clock) -> None:
        self._chat = chat
        self._store = store
        self._policies = policies
        self._pauses = pauses
        self._clock = clock
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._resting: dict[int, datetime] = {}

    async def tell_all(self) -> None:
        """Every run of which Slack does not show the present state."""
        now = self._clock.now()
        for run in self._store.runs.untold():
            if self._resting.get(run, now) <= now:
                await self.tell(run)

    async def tell(self, run_id: int) -> bool:
        """One run; true when Slack shows all of it. Trouble with Slack is logged, and mended by a later call."""
        lock = self._locks.setdefault(run_id, asyncio.Lock())
        async with lock:
            run = self._store.runs.get(run_id)
            if run is None:
                return True
            try:
                complete = await self._show_all(run)
            except ChatError as error:
                self._resting[run_id] = self._clock.now() + REST
                log.warning("Slack does not show run %s: %s", run_id, error.text)
                return False
            if complete:
                self._resting.pop(run_id, None)
                self._store.runs.told(run.id, run.version)
            return complete

    async def _show_all(self, run: Run) -> bool:
        known = self._store.messages.of(f"run:{run.id}:")
        policy = self._policies.get(run.plan.model.instance) or Policy((), 1, False, 0)
        complete = True
        card: str | None = None
        now = self._clock.now()
        wait = self._pauses.wait(run, now)
        for telling in tellings(run, policy, self.estimate(run), now, wait):
            if telling.threaded and card is None:
                return False
            posted = await self._show(telling, run.channel, card, known.get(telling.key))
            complete = complete and posted is not None
            if not telling.threaded:
                card = posted or (known[telling.key].ts if telling.key in known else None)
        return complete

    def estimate(self, run: Run) -> Estimate | None:
        """The plan's own estimate, or what past runs of its first step took."""
        return run.plan.estimate or past(self._store.journal.durations(run.plan.steps[0].action))

    async def post(self, key: str, channel: str, message: Message, thread: str | None = None) -> str | None:
        """Posts a message that can exist only once; its `ts`, or None while that is not known.

        Raises `ChatRefused` and `ChatBusy`; both mean that it is not there.
        """
        telling = Telling(key, message, threaded=thread is not None, lasting=True)
        return await self._show(telling, channel, thread, self._store.messages.get(key))

    async def look(self, key: str) -> str | None:
        """The `ts` of the message with that key; None if it is not there.

        Raises `ChatBusy` while nobody can know, because its post is under way.
        """
        posted = self._store.messages.get(key)
        if posted is None or posted.ts is not None:
            return posted.ts if posted else None
        if self._clock.now() - posted.intended_at < IN_FLIGHT:
            raise ChatBusy("The message is being posted.", retry_after=IN_FLIGHT.total_seconds())
        settled = await self._settle(posted)
        return settled.ts if settled else None

    async def keep(self, key: str, channel: str, message: Message) -> str | None:
        """Posts a message, or edits it where it is; posts it anew when somebody deleted it. Otherwise as `post`."""
        posted = self._store.messages.get(key)
        if posted is not None and posted.ts is not None:
            shows = _digest(message)
            ts = posted.ts
            if posted.digest == shows:
                return ts
            try:
                await self._chat.edit(channel, ts, message)
            except ChatRefused as error:
                if error.code != "message_not_found":
                    raise
                self._store.messages.lost(key, ts)
                posted = None
            else:
                self._store.messages.sent(key, ts, shows, self._clock.now())
                return ts
        return await self._show(Telling(key, message, threaded=False, lasting=False), channel, None, posted)

    async def _show(self, telling: Telling, channel: str, thread: str | None, posted: Posted | None) -> str | None:
        """The message's `ts` if it shows what it should; None if that must be tried again later."""
        now = self._clock.now()
        thread = thread if telling.threaded else None
        shows = _digest(telling.message)
        if posted is not None and posted.ts is None:
            if now - posted.intended_at < IN_FLIGHT:
                return None
            posted = await self._settle(posted)
        if posted is None:
            return await self._post(telling, channel, thread, shows)
        assert posted.ts is not None
        if telling.lasting or posted.digest == shows:
            return posted.ts
        if telling.threaded and posted.sent_at is not None and now - posted.sent_at < PACE:
            return None
        try:
            await self._chat.edit(channel, posted.ts, telling.message)
        except ChatRefused as error:
            if error.code != "message_not_found":
                raise
            log.warning("somebody deleted the message %s", telling.key)
        self._store.messages.sent(telling.key, posted.ts, shows, self._clock.now())
        return posted.ts

    async def _post(self, telling: Telling, channel: str, thread: str | None, shows: str) -> str | None:
        if not self._store.messages.intend(telling.key, channel, thread, shows, self._clock.now()):
            return None
        try:
            ts = await self._chat.post(channel, telling.message, key=telling.key, thread=thread)
        except ChatOutcomeUnknown:
            return None
        except (ChatRefused, ChatBusy):
            self._store.messages.forget(telling.key)
            raise
        self._store.messages.sent(telling.key, ts, shows, self._clock.now())
        return ts

    async def _settle(self, posted: Posted) -> Posted | None:
        """A post was begun and nobody knows how it ended: ask Slack, never post blindly."""
        ts = await self._chat.find(
            posted.channel, posted.key, thread=posted.thread, since=posted.intended_at - timedelta(seconds=60)
        )
        if ts is None:
            self._store.messages.forget(posted.key)
            return None
        self._store.messages.sent(posted.key, ts, posted.digest, posted.intended_at)
        return self._store.messages.get(posted.key)


def past(durations: list[float]) -> Estimate | None:
    """An estimate from the last three runs of the same kind."""
    if not durations:
        return None
    last = durations[:3]
    source = "like the last one" if len(last) == 1 else f"like the last {len(last)}"
    return Estimate(min(last), max(last), f"{source} of this kind")


def _digest(message: Message) -> str:
    return hashlib.sha256(json.dumps([message.text, message.blocks], sort_keys=True).encode()).hexdigest()[:16]
