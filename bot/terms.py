"""The operator's terms: the settings that flows depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.hours import Window
from bot.domain.owners import OwnerRule
from bot.domain.policies import Policy
from bot.domain.timing import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The operator's settings that flows depend on. *schedule* is in the operator's time zone."""

    channel: str
    policies: Mapping[str, Policy]
    hours: Mapping[str, Window | None]
    """The hours in which upgrades of an instance may start."""
    schedule: Schedule
    owners: tuple[OwnerRule, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The URL of each instance, for what people can do without Retune."""
    guests_read: bool = False
    """Whether guests of the workspace may read; they can never do more."""
    shared_channel: bool = False
    """Whether channels shared with another organization may show the fleet."""
    parallel: int = 2
    poll_language: float = 10.0
    poll_acoustic: float = 60.0
    """Seconds between two readings of a model in progress."""
    probe_every: timedelta | None = None
    canary_every: timedelta | None = None
