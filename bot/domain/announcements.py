"""Announcements: what a message about a fleet contains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from bot.domain.counts import Counts, count
from bot.domain.judged import Judged
from bot.domain.ranking import ranked
from bot.domain.snoozes import Silenced, Snooze, covering, indexed
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.turns import Work

COOL_DOWN = timedelta(minutes=10)
"""How long after an announcement nobody can send another to the same channel; scheduled ones go in any case."""

WORST = 300
"""Models listed at most, worst first; no message and its thread can show more."""

PIECE = 100
"""Models processed before the event loop gets a turn."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Content of an announcement: the models worth acting on, and the totals around them."""

    total: int
    outdated: int
    """Number of outdated models, including snoozed ones."""
    worth: tuple[Judgement, ...]
    """The worst models worth acting on, worst first; more than any message shows."""
    lists: Sequence[Sequence[Judgement]]
    """All models worth acting on, one list per instance."""
    silenced: tuple[Silenced, ...]
    """Also worth acting on, but snoozed or on hold."""
    unread: tuple[str, ...]
    """Instances that could not be read lately. The numbers are incomplete for these."""
    instances: int = 1
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    """Number of models by verdict, over all models."""
    risks: Mapping[Risk, int] = field(default_factory=dict)
    """Number of models worth acting on, by risk."""
    failed: int = 0
    """How many of them failed their last training."""
    counts: Counts = field(default_factory=Counts)
    """The counts of all models, the same on every surface."""

    @property
    def count(self) -> int:
        """Number of models worth acting on."""
        return sum(map(len, self.lists))

    @property
    def all_current(self) -> bool:
        """Whether there is nothing to do anywhere, as far as every instance could be read."""
        return not (self.worth or self.silenced or self.unread)


def compose(
    fleet: Judged, now: datetime, *, snoozes: Iterable[Snooze] = (), unread: Iterable[str] = ()
) -> Work[Findings]:
    """The announcement for a fleet. Only the *snoozes* in force count."""
    by_subject, counts, silenced = indexed(snoozes), Counter[tuple[Verdict, Risk]](), list[Silenced]()
    lists: list[Sequence[Judgement]] = []
    for part in fleet.instances.values():
        lists.append(part.acting)
        counts.update(part.index.acting)
        if by_subject:
            worth: list[Judgement] = []
            for number, judgement in enumerate(part.acting):
                if (snooze := covering(judgement, by_subject, now)) is None:
                    worth.append(judgement)
                else:
                    silenced.append(Silenced(judgement, snooze))
                if number % PIECE == 0:
                    yield
            lists[-1] = worth
        yield
    counts.subtract((each.judgement.verdict, each.judgement.risk) for each in silenced)
    risks: Counter[Risk] = Counter()
    for (_, risk), number in counts.items():
        risks[risk] += number
    of_all = yield from count(fleet, by_subject, now)
    return Findings(
        total=of_all.total,
        outdated=of_all.outdated,
        worth=tuple(islice(ranked(lists), WORST)),
        lists=lists,
        silenced=tuple(silenced),
        unread=tuple(sorted(unread)),
        instances=sum(1 for part in fleet.instances.values() if part.by_key),
        verdicts=fleet.verdicts,
        risks=risks,
        failed=sum(number for (verdict, _), number in counts.items() if verdict is Verdict.FAILED),
        counts=replace(of_all, unread=tuple(sorted(unread))),
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """The last announcement begun in a channel: its slot, who asked for it, and when."""

    slot: str
    by: str
    at: datetime


def cools_until(last: Sent | None, now: datetime) -> datetime | None:
    """When the next announcement can be sent; None: at once."""
    return None if last is None or abs(now - last.at) >= COOL_DOWN else last.at + COOL_DOWN


def at_risk(found: Findings) -> int:
    """Number of models that are expected to return recognition warnings."""
    return sum(found.risks.get(risk, 0) for risk in (Risk.EXPECTED, Risk.WARNED, Risk.IGNORED))
