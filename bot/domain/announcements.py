"""Announcements: what is worth saying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.snoozes import Silenced, Snooze, awake
from bot.domain.verdicts import Judgement, Risk, Verdict, acting_on


@dataclass(frozen=True, slots=True)
class Findings:
    """What an announcement says: the models worth acting on, worst first, and what they are part of."""

    total: int
    outdated: int
    """How many are outdated, snoozed ones among them."""
    worth: tuple[Judgement, ...]
    silenced: tuple[Silenced, ...]
    """Worth acting on too, but snoozed or on hold."""
    unread: tuple[str, ...]
    """Instances that could not be read lately: what is said does not cover them fully."""
    instances: int = 1
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    """How many of all models have each verdict."""

    @property
    def all_current(self) -> bool:
        """Whether nothing is to be done anywhere, as far as everything could be read."""
        return not (self.worth or self.silenced or self.unread)


def compose(
    judgements: Iterable[Judgement], now: datetime, *, snoozes: Iterable[Snooze] = (), unread: Iterable[str] = ()
) -> Findings:
    """The announcement for a fleet. *snoozes* are those in force."""
    listed = tuple(judgements)
    worth, silenced = awake(acting_on(listed), snoozes, now)
    return Findings(
        total=len(listed),
        outdated=sum(1 for j in listed if j.outdated and j.verdict is not Verdict.EMPTY),
        worth=worth,
        silenced=silenced,
        unread=tuple(sorted(unread)),
        instances=len({j.model.instance for j in listed}),
        verdicts=Counter(j.verdict for j in listed),
    )


def at_risk(found: Findings) -> int:
    """How many of the models are expected to return recognition warnings."""
    return sum(1 for j in found.worth if j.risk in (Risk.EXPECTED, Risk.WARNED, Risk.IGNORED))


def seen_risk(found: Findings, risk: Risk) -> int:
    """How many of the models are at that risk."""
    return sum(1 for j in found.worth if j.risk is risk)
