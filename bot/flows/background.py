"""Background tasks: tracked, so that stopping can wait for them and every failure is logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any

from bot.errors import StoreUnavailable
from bot.log_context import about_nothing

log = logging.getLogger(__name__)


MOST = 6000
"""Tasks at a time, far more than the largest burst of clicks needs; above it, new clicks are refused."""


class Background:
    """The tasks of this process. Everything durable is in the store already, so a lost task is resumed later."""

    def __init__(self) -> None:
        self.outage = Outage()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any] | None:
        """Run *work* as a task and return it; None after `drain` began, then it is not run.

        Its log records are about what it says itself, not about what spawned it.
        """
        if self._closed:
            work.close()
            return None
        task = asyncio.create_task(work, name=name, context=about_nothing())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreUnavailable):
            self.outage.begins(error)  # not a fault of the task itself
        elif error is not None:
            log.error("%s broke", task.get_name(), exc_info=error)

    @property
    def full(self) -> bool:
        """Whether too many tasks run to accept more clicks; Retune's own work continues."""
        return len(self._tasks) >= MOST

    async def idle(self) -> list[BaseException]:
        """Wait until no task runs; returns the failures, except those caused by the database."""
        broke: list[BaseException] = []
        while self._tasks:
            # Not `gather`: since 3.12 it does not yield when all tasks are done, so none would leave the set.
            done, _ = await asyncio.wait(set(self._tasks))
            broke += [error for task in done if not task.cancelled() and (error := task.exception()) is not None]
        return [error for error in broke if not isinstance(error, StoreUnavailable)]

    async def drain(self, deadline: float) -> None:
        """Wait up to *deadline* seconds for running tasks, then cancel the rest."""
        self._closed = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=deadline)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


CALM = 30.0
"""Seconds without a failure until a disk problem counts as over: a full disk accepts a small write now and then."""


class Outage:
    """Whether the database answers, for all background work; logged once when it stops and once when it is back."""

    def __init__(self) -> None:
        self.lasts = False
        self._calm_at = 0.0

    async def bear(self, work: Awaitable[object]) -> None:
        """Await *work*; a database failure ends it without an error of its own."""
        try:
            await work
        except StoreUnavailable as error:
            self.begins(error)

    def begins(self, error: StoreUnavailable) -> None:
        """Record that a read or write failed."""
        if not self.lasts:
            log.error("the database does not answer, because %s; work goes on when it does", error.cause)
        self.lasts = True
        if not error.passing:
            self._calm_at = asyncio.get_running_loop().time() + CALM

    def ends(self) -> None:
        """Record that a write succeeded."""
        if not self.lasts or asyncio.get_running_loop().time() < self._calm_at:
            return
        log.warning("the database answers again")
        self.lasts = False
