"""Estimates of how long a step takes: from our own proven steps, else from the length of the audio, else none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.fleet import Holdings
from bot.domain.plans import Action, Estimate
from bot.domain.runs import Run

LAST = 3
"""Past steps used for an estimate; older ones say little, since the service changes."""

TIMES = 2
"""Data is of similar size if neither amount is more than this many times the other."""

FEW_WORDS, FEW_RESOURCES, FEW_MINUTES = 50, 1, 2.0
"""Differences that never matter; without them, one word and three words would differ in size."""

AUDIO = "length of the audio"


@dataclass(frozen=True, slots=True)
class Past:
    """A proven step of the same action and kind of model: its duration in seconds and its model's data, if known."""

    seconds: float
    holdings: Holdings | None = None


def estimate(holdings: Holdings | None, past: Sequence[Past]) -> Estimate | None:
    """The estimate for one step on a model with *holdings*; *past* is newest first. None if there is no basis.

    The basis is our own steps on as much data, else the audio, else our own steps on other amounts of data.
    """
    if holdings is not None:
        same_size = [one for one in past if one.holdings is not None and alike(one.holdings, holdings)]
        if same_size:
            return _like(same_size, "of this kind and size")
        if audio := by_audio(holdings, passes=1):
            return audio
    return _like(past, "of this kind") if past else None


def by_audio(holdings: Holdings, passes: int) -> Estimate | None:
    """A range, since IBM's pages disagree whether one pass takes as long as the audio or twice as long."""
    if not holdings.audio_minutes:
        return None
    seconds = holdings.audio_minutes * 60 * passes
    return Estimate(seconds, seconds * 2, AUDIO)


def total(parts: Iterable[Estimate | None]) -> Estimate | None:
    """The estimate for several steps in sequence; None if one of them has none."""
    listed = list(parts)
    known = [part for part in listed if part is not None]
    if not known or len(known) < len(listed):
        return None
    sources = dict.fromkeys(part.source for part in known)
    return Estimate(sum(part.low for part in known), sum(part.high for part in known), "; ".join(sources))


def expected_end(run: Run, estimate: Estimate | None) -> datetime | None:
    """When a run should end by the longer estimate; *estimate* is of its present step. None: unknown."""
    record = run.current
    if record is None or record.started_at is None or estimate is None or record.step.action is Action.AWAIT_CHANGE:
        return None
    step_ends = record.started_at + timedelta(seconds=estimate.high)
    later = run.steps[record.number :]
    if not later:
        return step_ends
    if run.plan.estimate is None or run.started_at is None or run.retries:
        return None
    if any(one.step.action is Action.AWAIT_CHANGE for one in run.steps):  # how long a person takes is unknown
        return None
    return max(step_ends, run.started_at + timedelta(seconds=run.plan.estimate.high))


def alike(one: Holdings, other: Holdings) -> bool:
    """Whether two models hold data of similar size. Minutes of audio count, the number of recordings does not."""
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
