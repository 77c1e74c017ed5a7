"""The stage of one seed: the true Slack and service, the machine with its clock and database, and what was seen."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from bot import ports
from bot.domain.authority import Person
from bot.domain.fleet import IDLE, Holdings
from bot.store import Store
from tests.fakes import FakeChat, FakeSpeech, FrozenClock
from tests.soak.faults import END, Fault, Killed, Schedule
from tests.soak.passing import PassingLoop
from tests.world import CHANNEL, GRACE, GUS, NEW, OLD, TOMAS, model

NAMES = ("call-center-us", "billing-us", "claims-us")
"""Language models that are outdated."""


@dataclass(eq=False)
class Sent:
    """One request that left a bot to begin something, and what became of it: what the service did not take is over."""

    action: str
    id: str
    force: bool
    end: str = ""
    request: int = 0

    @property
    def standing(self) -> bool:
        """Whether the same must not be sent again: it is under way, or had its effect."""
        return self.end in ("", "grown")


@dataclass(eq=False)
class Stage:
    """Everything outside of the bots, and the seed's own chance."""

    seed: int
    folder: Path
    loop: PassingLoop
    needed: int = 1
    random: Random = field(init=False)
    schedule: Schedule = field(init=False)
    trace: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    approvals: set[tuple[int, str]] = field(default_factory=set)
    """Who pressed Approve for which request, and may."""
    stopped: set[int] = field(default_factory=set)
    """Of which requests somebody who may pressed *Stop watching*, *Send again* or *Mark as failed*."""
    unlocked: asyncio.Event = field(default_factory=asyncio.Event)
    service_down: bool = False
    slack_down: bool = False
    full: bool = False
    noticed_troubles: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.schedule = Schedule(self.random)
        self.true, self.wall = FrozenClock(), FrozenClock()
        self.loop.clocks += [self.true, self.wall]
        self.chat = FakeChat(self.true)
        self.speech = FakeSpeech(clock=self.true, latest={"en-US_NarrowbandModel": NEW})
        self.chat.rooms[CHANNEL] = ports.Room(CHANNEL, "speech-models", member=True)
        self.chat.people[GUS] = Person(GUS, "Gus", "T1", is_guest=True)
        for user in (GRACE, TOMAS):
            self.chat.people[user] = Person(user, user.title(), "T1", groups=frozenset({"SAPPROVE"}))
        self.speech.add(model("support-desk-us", versions=(OLD, NEW)))
        for words, name in enumerate(NAMES, start=100):
            self.speech.add(model(name), Holdings(corpora=2, words=words))
        self.speech.add(model("terms"))
        self.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
        self.unlocked.set()
        self.store = Store(self.path)
        """The soak's own look into the database."""
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def path(self) -> Path:
        """The database that all bots share."""
        return self.folder / "retune.db"

    def tell(self, what: str) -> None:
        """A line of the trace."""
        self.trace.append(f"{self.loop.time():8.2f}  {self.wall.now():%d %H:%M:%S}  {what}")

    def fault(self, what: str) -> None:
        """Something that must never be."""
        self.tell(f"!! {what}")
        self.wrong.append(what)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Goes on beside the others; what breaks in it is wrong."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Killed):
            self.fault(f"the soak itself broke: {error!r}")
            logging.getLogger("soak").error("broke", exc_info=error)

    async def close(self) -> None:
        """Ends what goes on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.store.close()

    def work(self, sent: Sent) -> None:
        """The service works on a model for a while."""
        self.spawn(self._work(sent))

    async def _work(self, sent: Sent) -> None:
        await asyncio.sleep(self.random.uniform(3, 70))
        match self.schedule.at(END):
            case Fault.SERVICE_FAILS:
                sent.end = "failed"
                self.speech.finish(sent.id, status="failed", grow=False)
            case Fault.SERVICE_IDLE:
                sent.end = "idle"
                self.speech.finish(sent.id, grow=False)
            case _:
                sent.end = "grown"
                self.speech.finish(sent.id)
        self.tell(f"service: {sent.id} {sent.end}")

    def by_hand(self) -> None:
        """Somebody begins an upgrade without Retune."""
        idle = [
            model for model in self.speech.kept.values() if model.status in IDLE and NEW not in (model.versions or ())
        ]
        if idle:
            model = self.random.choice(idle)
            self.speech.before[model.id] = model.status
            self.speech.kept[model.id] = replace(model, status="upgrading")
            self.tell(f"service: somebody upgrades {model.id} by hand")
            self.spawn(self._by_hand(model.id))

    async def _by_hand(self, id: str) -> None:
        await asyncio.sleep(self.random.uniform(3, 60))
        self.speech.finish(id)
        self.tell(f"service: {id} was upgraded by hand")

    async def lock(self, seconds: float) -> None:
        """Another program holds the write lock."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return
            self.unlocked.clear()
            try:
                await asyncio.sleep(seconds)
            finally:
                other.execute("ROLLBACK")
                self.unlocked.set()
