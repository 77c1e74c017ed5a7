"""Estimates: how long a step may take. From our own proven steps, else from the length of the audio, else none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapreplace

from bot.domain.fleet import Holdings
from bot.domain.plans import Action, Estimate, Plan
from bot.domain.runs import Run

LAST = 3
"""How many past steps an estimate looks at: the service changes, so older ones say little."""

TIMES = 2
"""Data is of similar size when neither holds more than this many times what the other does."""

FEW_WORDS, FEW_RESOURCES, FEW_MINUTES = 50, 1, 2.0
"""Differences that never matter; otherwise one word and three words would be of different size."""

AUDIO = "length of the audio"


@dataclass(frozen=True, slots=True)
class Past:
    """A proven step of the same action and kind of model: the seconds it took, and what its model held, if known."""

    seconds: float
    holdings: Holdings | None = None


def estimate(holdings: Holdings | None, past: Sequence[Past]) -> Estimate | None:
    """The estimate for one step on a model that holds *holdings*; *past* is newest first. None: nothing to go by.

    Our own steps on as much data come first, then the audio, then our own steps on other amounts of data.
    """
    if holdings is not None:
        same_size = [one for one in past if one.holdings is not None and alike(one.holdings, holdings)]
        if same_size:
            return _like(same_size, "of this kind and size")
        if audio := by_audio(holdings, passes=1):
            return audio
    return _like(past, "of this kind") if past else None


def by_audio(holdings: Holdings, passes: int) -> Estimate | None:
    """IBM's documents disagree whether one pass takes as long as the audio or twice as long: give both."""
    if not holdings.audio_minutes:
        return None
    seconds = holdings.audio_minutes * 60 * passes
    return Estimate(seconds, seconds * 2, AUDIO)


def total(parts: Iterable[Estimate | None]) -> Estimate | None:
    """The estimate for several steps, one after the other; None when there is none for one of them."""
    listed = list(parts)
    known = [part for part in listed if part is not None]
    if not known or len(known) < len(listed):
        return None
    sources = dict.fromkeys(part.source for part in known)
    return Estimate(sum(part.low for part in known), sum(part.high for part in known), "; ".join(sources))


def whole(plans: Sequence[Plan], parallel: int) -> Estimate | None:
    """The estimate for a request with these plans in their order: the first alone, then *parallel* on each instance.

    None when there is none for one of them.
    """
    found = total(plan.estimate for plan in plans)
    if found is None or len(plans) == 1:
        return found
    low, high = (_makespan(plans, parallel, longest=longest) for longest in (False, True))
    return Estimate(low, high, found.source)


def _makespan(plans: Sequence[Plan], parallel: int, *, longest: bool) -> float:
    """Seconds from the start of the first to the end of the last."""
    seconds = [plan.estimate.high if longest else plan.estimate.low for plan in plans if plan.estimate is not None]
    free: dict[str, list[float]] = {}
    for plan, span in zip(plans[1:], seconds[1:], strict=True):
        slots = free.setdefault(plan.model.instance, [0.0] * parallel)
        heapreplace(slots, slots[0] + span)
    return seconds[0] + max(max(slots) for slots in free.values())


def expected_end(run: Run, estimate: Estimate | None) -> datetime | None:
    """When a run should be over by the longer estimate; *estimate* is of its present step. None: nobody can say."""
    record = run.current
    if record is None or record.started_at is None or estimate is None or record.step.action is Action.AWAIT_CHANGE:
        return None
    step_ends = record.started_at + timedelta(seconds=estimate.high)
    later = run.steps[record.number :]
    if not later:
        return step_ends
    if run.plan.estimate is None or run.started_at is None or run.retries:
        return None
    if any(one.step.action is Action.AWAIT_CHANGE for one in run.steps):  # how long a person takes, nobody can say
        return None
    return max(step_ends, run.started_at + timedelta(seconds=run.plan.estimate.high))


def alike(one: Holdings, other: Holdings) -> bool:
    """Whether two models hold data of similar size. Recordings do not count: their minutes do."""
    return (
        _near(one.words, other.words, FEW_WORDS)
        and _near(one.corpora + one.grammars, other.corpora + other.grammars, FEW_RESOURCES)
        and _near(one.audio_minutes, other.audio_minutes, FEW_MINUTES)
    )


def _near(one: float, other: float, few: float) -> bool:
    return abs(one - other) <= few or max(one, other) <= TIMES * min(one, other)


def _like(past: Sequence[Past], what: str) -> Estimate:
    last = past[:LAST]
    source = "like the last one" if len(last) == 1 else f"like the last {len(last)}"
    return Estimate(min(one.seconds for one in last), max(one.seconds for one in last), f"{source} {what}")
