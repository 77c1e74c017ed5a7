"""Freezes, and everything else that delays a start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.hours import Window


@dataclass(frozen=True, slots=True)
class Freeze:
    """No new step starts on *instance* (empty: on any) until *until*; every card shows *reason* and *author*."""

    id: int
    instance: str
    reason: str
    author: str
    at: datetime
    until: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def holds(self, instance: str, now: datetime) -> bool:
        """Whether it applies to an instance now."""
        return self.instance in ("", instance) and self.ended_at is None and now < self.until


def frozen(freezes: Iterable[Freeze], instance: str, now: datetime) -> Freeze | None:
    """The freeze that lasts longest for an instance, None if there is none."""
    holding = [freeze for freeze in freezes if freeze.holds(instance, now)]
    return max(holding, key=lambda freeze: freeze.until, default=None)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why an approved run does not start yet, and until when; *freeze* or *hours* is the cause."""

    why: Literal["freeze", "time", "window"]
    until: datetime
    freeze: Freeze | None = None
    hours: str = ""


def starts(
    instance: str, not_before: datetime | None, window: Window | None, freezes: Iterable[Freeze], now: datetime
) -> datetime:
    """When a start is possible, as far as is known now."""
    held = tuple(freezes)
    while (wait := waits(instance, not_before, window, held, now)) is not None and wait.until > now:
        now = wait.until
    return now


def waits(
    instance: str, not_before: datetime | None, window: Window | None, freezes: Iterable[Freeze], now: datetime
) -> Wait | None:
    """The strictest reason to delay a start now; None if it may start."""
    freeze = frozen(freezes, instance, now)
    if freeze is not None:
        return Wait("freeze", freeze.until, freeze)
    if not_before is not None and now < not_before:
        return Wait("time", not_before)
    if window is not None and not window.is_open(now):
        return Wait("window", window.opens(now), hours=str(window))
    return None
