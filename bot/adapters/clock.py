"""The real time: now, and an alarm clock: APScheduler rings, the database knows what is due.

Jobs live in memory and carry nothing, so there is nothing to lose: a missed ring is made up by the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic


class SystemClock:
    """`Clock` over the machine's clock."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds since some moment."""
        return monotonic()


class AlarmClock:
    """Rings functions. `misfire_grace_time=None`: late is better than never, once (`coalesce`)."""

    def __init__(self) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # a tenth of a second that no first click waits for

        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(job_defaults=options, timezone="UTC")

    def every(self, seconds: float, name: str, ring: Callable[[], None]) -> None:
        """Rings at once and then at a steady pace."""

        async def rung() -> None:  # APScheduler runs plain functions in a thread; ours belong to the loop's thread
            ring()

        self._scheduler.add_job(rung, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC))

    def wake(self) -> None:
        """Rings now and counts anew from here.

        For a wall clock that was set: APScheduler notes by it when a job is next. Set back by a day, it would let the
        job sleep for a day.
        """
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))
        self._scheduler.wakeup()

    def start(self) -> None:
        """Begins to ring."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stops ringing. What is under way is not ours to wait for."""
        self._scheduler.shutdown(wait=False)
