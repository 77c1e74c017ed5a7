"""The alarm clock: APScheduler rings, the database knows what is due.

Jobs live in memory and carry nothing, so there is nothing to lose: a missed ring is made up by the next one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.domain.announcements import Schedule

SLOTS = "slots"
"""The job that rings at slots: there is one at most."""


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler ships no types
    """Fires at the slots of our own schedule.

    APScheduler's crontab counts weekdays from Monday = 0 and fires twice when clocks are set back; ours does not.
    """

    def __init__(self, current: Callable[[], Schedule | None]) -> None:
        self._current = current

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The first slot after the previous firing, or after now; None, which ends the job, while there is none."""
        schedule = self._current()
        return schedule.next_after(previous or now) if schedule else None


class AlarmClock:
    """Rings functions. `misfire_grace_time=None`: late is better than never, once (`coalesce`)."""

    def __init__(self) -> None:
        options: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(job_defaults=options, timezone="UTC")

    def every(self, seconds: float, ring: Callable[[], Any]) -> None:
        """Rings at a steady pace."""
        self._scheduler.add_job(_on_loop(ring), IntervalTrigger(seconds=seconds))

    def at_slots(self, current: Callable[[], Schedule | None], ring: Callable[[], Awaitable[None]]) -> None:
        """Rings at each slot of the schedule that is current; call again whenever it is another one."""
        if self._scheduler.get_job(SLOTS) is not None:
            self._scheduler.remove_job(SLOTS)
        self._scheduler.add_job(ring, SlotTrigger(current), id=SLOTS)

    def start(self) -> None:
        """Begins to ring."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stops ringing. What is under way is not ours to wait for."""
        self._scheduler.shutdown(wait=False)


def _on_loop(ring: Callable[[], Any]) -> Callable[[], Awaitable[None]]:
    """APScheduler runs plain functions in a thread; the store belongs to the loop's thread."""

    async def rung() -> None:
        ring()

    return rung
