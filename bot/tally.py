"""What this process counted since its start, for the metrics. Plain numbers: to count costs less than a microsecond."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
"""Upper limits in seconds; Slack waits three seconds for an acknowledgement."""

SLACK, SPEECH = "slack", "speech_to_text"
"""The services, as the metrics name them."""


class Histogram:
    """How often something took how long."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one that took so long."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


@dataclass(eq=False)
class Tally:
    """The counts of one process. Its keys are words of ours and names of instances, so they are few."""

    acknowledged: Histogram = field(default_factory=Histogram)
    unacknowledged: int = 0
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By service and kind: a method of Slack; `read` or `write`."""
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By service and kind: `unreachable`, `unavailable`, `rate_limited`, `refused`."""
    limits: Counter[str] = field(default_factory=Counter)
    """Rate limits met, by service."""
    polls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Requests to see how runs get on, by instance and kind of model."""
    work: Histogram = field(default_factory=Histogram)
    """Work with the database."""
    database_errors: Counter[str] = field(default_factory=Counter)
    """By kind: `passing` ends by itself, such as a lock; `lasting` needs somebody."""
    waiting: int = 0
    """Work with the database that is not done yet."""

    def failed(self, service: str, kind: str) -> None:
        """Count a call that failed."""
        self.errors[service, kind] += 1

    def answered(self, service: str, status: int) -> None:
        """Count an answer with this status, if it is an error."""
        if status == 429:
            self.limits[service] += 1
            self.failed(service, "rate_limited")
        elif status >= 500:
            self.failed(service, "unavailable")
        elif status >= 400:
            self.failed(service, "refused")
