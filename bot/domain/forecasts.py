"""Forecasts: when all models of a request may be done, from the estimates of their plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from bot.domain.offers import by_hand
from bot.domain.plans import Estimate, Plan
from bot.turns import Work, at_once

Opens = Callable[[str, datetime], datetime]
"""The earliest possible start on an instance at or after a moment: hours and freezes delay it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the first model starts, and between which moments the last one is done.

    *unknown* are models without an estimate, *by_hand* those that wait for a change by a person; neither counts any
    time here. *sources* are the sources of the figures.
    """

    begins: datetime
    low: datetime
    high: datetime
    models: int
    unknown: int = 0
    by_hand: int = 0
    sources: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return self.unknown < self.models


def forecast(
    plans: Sequence[Plan], start: datetime, parallel: int, opens: Opens = lambda _, moment: moment
) -> Work[Forecast]:
    """The forecast for one or more plans, in the order in which they would start, from *start* on.

    The first one goes alone; when it is done, the others follow, at most *parallel* at a time on each instance.
    """
    begins = opens(plans[0].model.instance, start)
    known = [plan.estimate for plan in plans if plan.estimate is not None]
    return Forecast(
        begins,
        (yield from _done(plans, begins, parallel, opens, lambda estimate: estimate.low)),
        (yield from _done(plans, begins, parallel, opens, lambda estimate: estimate.high)),
        len(plans),
        len(plans) - len(known),
        sum(1 for plan in plans if by_hand(plan)),
        tuple(dict.fromkeys(estimate.source for estimate in known)),
    )


def _done(
    plans: Sequence[Plan], begins: datetime, parallel: int, opens: Opens, seconds: Callable[[Estimate], float]
) -> Work[datetime]:
    """When the last plan is done, where each takes that many seconds."""
    took = [timedelta(seconds=seconds(plan.estimate) if plan.estimate else 0.0) for plan in plans]
    proven = last = begins + took[0]
    free: dict[str, list[datetime]] = {}
    for plan, span in zip(plans[1:], took[1:], strict=True):
        instance = plan.model.instance
        lanes = free.setdefault(instance, [proven] * max(1, parallel))
        ends = opens(instance, heappop(lanes)) + span
        heappush(lanes, ends)
        last = max(last, ends)
        yield  # with freezes and hours, a start takes up to 0.02 ms
    return last


def whole(plans: Sequence[Plan], parallel: int) -> Estimate | None:
    """How long a request takes once it starts, with nothing in its way; None when one plan has no estimate."""
    found = at_once(forecast(plans, datetime(1970, 1, 1, tzinfo=UTC), parallel))
    if found.unknown:
        return None
    low, high = ((end - found.begins).total_seconds() for end in (found.low, found.high))
    return Estimate(low, high, "; ".join(found.sources))
