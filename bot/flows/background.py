"""Work that goes on after an answer was given: tracked, so that stopping can wait for it and nothing dies unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any

from bot.errors import StoreUnavailable

log = logging.getLogger(__name__)


MOST = 6000
"""Tasks at a time, far more than the largest burst of clicks needs: beyond, people are not let in."""


class Background:
    """The tasks of this process. Everything durable is in the store already: a task that is lost is taken up again."""

    def __init__(self) -> None:
        self.outage = Outage()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any] | None:
        """Runs *work* as a task of its own and gives that; None after `drain` began: it is not run any more."""
        if self._closed:
            work.close()
            return None
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreUnavailable):
            self.outage.begins(error)  # no fault of its own
        elif error is not None:
            log.error("%s broke", task.get_name(), exc_info=error)

    @property
    def full(self) -> bool:
        """Whether so much goes on that nobody more should be let in; what Retune does by itself goes on."""
        return len(self._tasks) >= MOST

    async def idle(self) -> list[BaseException]:
        """Waits until nothing is running any more, and gives what broke; not what the database did not let be."""
        broke: list[BaseException] = []
        while self._tasks:
            # Not `gather`: since 3.12 that of ended tasks gives way to nobody, so that none would leave the set.
            done, _ = await asyncio.wait(set(self._tasks))
            broke += [error for task in done if not task.cancelled() and (error := task.exception()) is not None]
        return [error for error in broke if not isinstance(error, StoreUnavailable)]

    async def drain(self, deadline: float) -> None:
        """Waits up to *deadline* seconds for what is running, then cancels the rest."""
        self._closed = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=deadline)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


CALM = 30.0
"""Seconds without a failure after which a trouble of the disk is over: a full one takes a small write now and then."""


class Outage:
    """Whether the database answers, as all that works in the background finds it: the log hears of it once each way."""

    def __init__(self) -> None:
        self.lasts = False
        self._calm_at = 0.0

    async def bear(self, work: Awaitable[object]) -> None:
        """Waits for *work*; a database that does not answer ends it, and is no fault of its own."""
        try:
            await work
        except StoreUnavailable as error:
            self.begins(error)

    def begins(self, error: StoreUnavailable) -> None:
        """Something was not written or read."""
        if not self.lasts:
            log.error("the database does not answer, because %s; work goes on when it does", error.cause)
        self.lasts = True
        if not error.passing:
            self._calm_at = asyncio.get_running_loop().time() + CALM

    def ends(self) -> None:
        """Something was written."""
        if not self.lasts or asyncio.get_running_loop().time() < self._calm_at:
            return
        log.warning("the database answers again")
        self.lasts = False
