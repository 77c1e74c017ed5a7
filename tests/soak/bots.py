"""A bot on the stage: started, killed, terminated, started again; and what Slack delivers to it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_app import Self, bolt
from bot.store.database import Database
from commands.listeners import Listeners
from commands.surface import Surface
from tests.soak.faults import COMMIT, Fault, Killed
from tests.soak.lines import ServiceLine, SlackLine
from tests.soak.stage import Stage
from tests.world import World

ANNOUNCE = 5.0
"""Seconds between two looks whether an announcement is due, as in `bot.services`."""

DRAIN = 1.5


def full() -> sqlite3.OperationalError:
    """What SQLite says when the file cannot grow."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class Bot:
    """One process of the two."""

    def __init__(self, stage: Stage, number: int, **terms: Any) -> None:
        self.stage, self.number, self.alive, self.lives_on = stage, number, False, True
        self.starts = 0
        self.listens = False
        self.world = World(stage.path, clock=stage.wall, **terms)
        self._terms = terms
        self._ringing: list[asyncio.Task[Any]] = []
        self._start()

    @property
    def name(self) -> str:
        """As the trace calls it."""
        return f"bot {self.number}.{self.starts}"

    def lives(self, start: int) -> None:
        """Raises `Killed` when it died since that start: whatever still runs of it must do nothing more."""
        if not self.alive or self.starts != start:
            raise Killed

    def die(self) -> None:
        """`kill -9`, here and now; somebody starts it again later."""
        if self.alive:
            self.alive = self.listens = False
            self.stage.spawn(self._buried())
        raise Killed

    async def _buried(self) -> None:
        self.stage.tell(f"{self.name}: dead")
        await self._stopped()
        self.world.close()
        await self._again(self.stage.random.uniform(0.5, 25))

    async def _stopped(self) -> None:
        for task in self._ringing:
            task.cancel()
        await asyncio.gather(*self._ringing, return_exceptions=True)
        await self.world.background.drain(0)

    async def terminate(self) -> None:
        """SIGTERM: it ends what it can, as `bot.app` does."""
        if not self.alive:
            return
        self.listens = False
        began, start, world = self.stage.loop.time(), self.starts, self.world
        for task in self._ringing:
            task.cancel()
        await asyncio.gather(*self._ringing, return_exceptions=True)
        try:
            await world.background.drain(DRAIN)
            await world.worker.leave()
            await world.desk.budgets.close()
            self.lives(start)
        except Killed:
            return  # killed while it stopped
        self.alive = False
        if (took := self.stage.loop.time() - began) > 2:
            self.stage.fault(f"{self.name}: took {took:.1f} s to stop")
        world.close()
        self.stage.tell(f"{self.name}: stopped")
        self.stage.spawn(self._again(self.stage.random.uniform(0.5, 25)))

    async def _again(self, after: float) -> None:
        await asyncio.sleep(after)
        await self.stage.unlocked.wait()
        self._start()

    def _start(self) -> None:
        self.starts += 1
        self.alive = self.listens = True
        line: Any = SlackLine(self.stage, self)
        self.world.chat = line
        self.world.rebuild(holder=self.name, services={"stt": ServiceLine(self.stage, self)})
        store = self.world.store
        store.transaction = self._committing(store.transaction)
        store.reading = self._reading(store.reading)
        self.app = self._app()
        self.stage.tell(f"{self.name}: starts")
        self.woken = asyncio.Event()
        self._ringing = [self.stage.spawn(self._run()), self.stage.spawn(self._announcing())]

    def _app(self) -> AsyncApp:
        me: Any = Self("T1", "UBOT", "BBOT", None)
        app = bolt(AsyncWebClient(token="xoxb-test"), me)
        answers = self.stage.loop.create_future()
        answers.set_result(Surface(self.world.desk))
        Listeners(self.world.background, answers).register(app)
        return app

    async def _run(self) -> None:
        await self.world.worker.run(self.woken, lambda: None)

    async def _announcing(self) -> None:
        while True:
            self.world.worker.announce()
            await asyncio.sleep(ANNOUNCE)

    def _committing(self, real: Callable[..., AbstractContextManager[None]]) -> Any:
        start = self.starts

        @contextmanager
        def transaction(*, durable: bool = False) -> Iterator[None]:
            self.lives(start)
            with real(durable=durable):
                yield
                if self.stage.full:
                    raise full()
                fault = self.stage.schedule.at(COMMIT)
                if fault is not None:
                    self.stage.tell(f"{self.name}: {fault}")
                if fault is Fault.KILLED_BEFORE_COMMIT:
                    self.die()
            if fault is Fault.KILLED_AFTER_COMMIT:
                self.die()

        return transaction

    def _reading(self, real: Callable[[], AbstractContextManager[None]]) -> Any:
        start = self.starts

        @contextmanager
        def reading() -> Iterator[None]:
            self.lives(start)
            with real():
                yield

        return reading

    @property
    def db(self) -> Database:
        """Its own connection."""
        return self.world.db

    async def deliver(self, body: dict[str, Any]) -> Any:
        """What Slack delivers; None where the bot died before it answered."""
        began, starts = self.stage.loop.time(), self.starts
        try:
            answer = await self.app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        except Killed:
            return None
        if not self.alive or self.starts != starts:
            return None
        took = self.stage.loop.time() - began
        if took > 3 or answer.status != 200:
            self.stage.fault(f"{self.name}: acknowledged with {answer.status} after {took:.1f} s")
        return answer

    @property
    def over(self) -> bool:
        """Whether what should go on for ever does not."""
        return any(task.done() for task in self._ringing)

    async def quit(self) -> list[BaseException]:
        """The end of the soak: it stops; what broke in it."""
        for task in self._ringing:
            task.cancel()
        await asyncio.gather(*self._ringing, return_exceptions=True)
        broke = await self.world.settle()
        self.alive = False
        self.world.close()
        return broke
