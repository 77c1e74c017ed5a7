"""The clock, and an alarm clock: APScheduler rings, the database knows what is due.

Jobs are in memory and carry no data, so nothing can be lost: the next ring makes up for a missed one.
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
        """Monotonic seconds."""
        return monotonic()


class AlarmClock:
    """Calls functions at intervals. `misfire_grace_time=None`: late is better than never, once (`coalesce`)."""

    def __init__(self) -> None:
        # Its import takes 0.1 s; the first click does not wait for it.
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(job_defaults=options, timezone="UTC")

    def every(self, seconds: float, name: str, ring: Callable[[], None]) -> None:
        """Ring at once and then at a steady interval."""

        async def rung() -> None:  # APScheduler runs plain functions in a thread; ours must run on the loop's thread
            ring()

        self._scheduler.add_job(rung, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC))

    def wake(self) -> None:
        """Ring now and restart the interval.

        For a wall clock that was set: APScheduler schedules by it. Set back by a day, a job would not run for a day.
        """
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))
        self._scheduler.wakeup()

    def start(self) -> None:
        """Start ringing."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ringing. Work in progress is not waited for."""
        self._scheduler.shutdown(wait=False)
