"""Telling: makes Slack show what the journal says. What is missing is posted, what changed is edited, once.

What is sent is read right before it is sent. So however long Slack makes a message wait, the newest state follows,
and the states between are never sent: there is nothing that could pile up.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from bot.domain.approvals import Policy, policy_of
from bot.domain.plans import Estimate
from bot.domain.runs import Run
from bot.errors import ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused
from bot.flows.estimates import estimate_now, estimate_plan
from bot.flows.freezes import Pauses
from bot.flows.limits import PACE, Limits
from bot.messages.run import Telling, tellings
from bot.ports import Chat, Clock, Message
from bot.store.database import Database
from bot.store.messages import Posted

log = logging.getLogger(__name__)

IN_FLIGHT = timedelta(seconds=15)
"""How long a post may be under way, in this process or another, before we look whether it arrived."""

BROKEN = timedelta(minutes=1)
"""How long a run rests whose telling broke in an unexpected way."""

AT_ONCE = 4
"""Runs that are told at the same time: one whose answer takes long holds back no other."""


class Teller:
    """Brings the card and thread of a run up to date, after a change as after a crash: it is the same work."""

    def __init__(self, chat: Chat, db: Database, policies: Mapping[str, Policy], pauses: Pauses, clock: Clock) -> None:
        self._chat = chat
        self._db = db
        self._store = db.store
        self._policies = policies
        self._pauses = pauses
        self._clock = clock
        self._limits = Limits(clock)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._wanted: dict[int, None] = {}
        self._at_work: set[int] = set()
        self._broken: dict[int, datetime] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)

    def want(self, run_id: int) -> None:
        """Notes that a run may look different by now, though nothing in the journal changed: time went on."""
        self._wanted.setdefault(run_id)

    def due(self) -> bool:
        """Whether there is a run of which Slack may not show the present state."""
        return bool(self._wanted) or bool(self._store.runs.untold())

    async def tell_all(self) -> None:
        """Every run of which Slack may not show the present state; those that have waited longest come first."""
        now = self._clock.now()
        for run_id in self._store.runs.untold():
            self._wanted.setdefault(run_id)
        self._broken = {run_id: until for run_id, until in self._broken.items() if until > now}
        mine = [run_id for run_id in self._wanted if run_id not in self._at_work and run_id not in self._broken]
        self._at_work.update(mine)
        await asyncio.gather(*(self._in_turn(run_id) for run_id in mine))

    async def _in_turn(self, run_id: int) -> None:
        """One run; what breaks in it is logged, and stops no other."""
        try:
            async with self._gate:
                await self.tell(run_id)
        except Exception:
            log.exception("run %s cannot be told; it is tried again in %s", run_id, BROKEN)
            self._broken[run_id] = self._clock.now() + BROKEN
        finally:
            self._at_work.discard(run_id)

    async def tell(self, run_id: int) -> bool:
        """One run; true when Slack shows all of it. Trouble with Slack is logged, and mended by a later call."""
        lock = self._locks.setdefault(run_id, asyncio.Lock())
        async with lock:
            run = self._store.runs.get(run_id)
            complete = run is None or run.campaign is not None  # a campaign has one card for all its runs
            if run is not None and not complete:
                complete = await self._show_all(run)
                if complete:
                    self._store.runs.told(run.id, run.version)
            if complete:
                self._wanted.pop(run_id, None)
            else:
                self._wanted.setdefault(run_id)
            return complete

    async def _show_all(self, run: Run) -> bool:
        known = self._store.messages.of(f"run:{run.id}:")
        policy = policy_of(self._policies, run.plan.model.instance)
        now = self._clock.now()
        estimate = estimate_now(self._store, run)
        complete = True
        card: str | None = None
        for telling in tellings(run, policy, estimate, now, self._pauses.wait(run, now)):
            if telling.threaded and (card is None or not self._store.runs.is_at(run.id, run.version)):
                return False  # what the answer before took so long for is not the newest any more: read anew
            try:
                ts = await self._show(telling, run.channel, card, known.get(telling.key))
            except ChatError as error:
                log.warning("Slack does not show %s: %s", telling.key, error.text)
                if error.permanent:
                    self._limits.rest(telling.key)
                ts = None
            complete = complete and ts is not None
            if not telling.threaded:
                card = ts or (known[telling.key].ts if telling.key in known else None)
        return complete

    def estimate(self, run: Run) -> Estimate | None:
        """For all of a run, from what steps like its own took, else what its plan says."""
        return estimate_plan(self._store, run.plan)

    async def post(self, key: str, channel: str, message: Message, thread: str | None = None) -> str | None:
        """Posts a message that can exist only once; its `ts`, or None while that is not known or must wait.

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
        telling = Telling(key, message, threaded=False, lasting=False)
        return await self._show(telling, channel, None, self._store.messages.get(key), anew=True)

    async def _show(
        self, telling: Telling, channel: str, thread: str | None, posted: Posted | None, *, anew: bool = False
    ) -> str | None:
        """The message's `ts` if it shows what it should; None if that must be tried again later.

        *anew*: one that somebody deleted is posted again.
        """
        now = self._clock.now()
        thread = thread if telling.threaded else None
        shows = _digest(telling.message)
        if posted is not None and posted.ts is None:
            if now - posted.intended_at < IN_FLIGHT or not self._limits.may_look(telling.key):
                return None
            posted = await self._settle(posted)
        if posted is None:
            return await self._post(telling, channel, thread, shows)
        assert posted.ts is not None
        if telling.lasting or posted.digest == shows:
            return posted.ts
        if _too_soon(telling, posted, now) or not self._limits.may_edit(telling.key):
            return None
        try:
            await self._chat.edit(channel, posted.ts, telling.message)
        except ChatError as error:
            if error.code != "message_not_found":
                self._limits.failed(telling.key, error, edit=True)
                raise
            log.warning("somebody deleted the message %s", telling.key)
            if anew:
                self._store.messages.lost(telling.key, posted.ts)
                return await self._post(telling, channel, thread, shows)
        self._limits.passed(telling.key, edit=True)
        self._store.messages.edited(telling.key, shows, self._clock.now())
        return posted.ts

    async def _post(self, telling: Telling, channel: str, thread: str | None, shows: str) -> str | None:
        if not self._limits.may_post(telling.key, channel):
            return None
        if not self._store.messages.intend(telling.key, channel, thread, shows, self._clock.now()):
            return None
        try:
            ts = await self._chat.post(channel, telling.message, key=telling.key, thread=thread)
        except ChatOutcomeUnknown:
            return None
        except (ChatRefused, ChatBusy) as error:
            self._store.messages.forget(telling.key)
            self._limits.failed(telling.key, error, post_to=channel)
            raise
        self._limits.passed(telling.key)
        self._store.messages.sent(telling.key, ts, shows, self._clock.now())
        return ts

    async def _settle(self, posted: Posted) -> Posted | None:
        """A post was begun and nobody knows how it ended: ask Slack, never post blindly."""
        since = posted.intended_at - timedelta(seconds=60)
        try:
            ts = await self._chat.find(posted.channel, posted.key, thread=posted.thread, since=since)
        except ChatError as error:
            self._limits.failed(posted.key, error)
            raise
        self._limits.passed(posted.key)
        if ts is None:
            self._store.messages.forget(posted.key)
            return None
        self._store.messages.sent(posted.key, ts, posted.digest, posted.intended_at)
        return self._store.messages.get(posted.key)


def _too_soon(telling: Telling, posted: Posted, now: datetime) -> bool:
    """Whether an edit has to wait for its pace. A card's first one has not: it answers somebody's click."""
    if posted.sent_at is None or not (telling.threaded or posted.edited):
        return False
    return now - posted.sent_at < PACE


def _digest(message: Message) -> str:
    return hashlib.sha256(json.dumps([message.text, message.blocks], sort_keys=True).encode()).hexdigest()[:16]
