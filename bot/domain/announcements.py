"""Announcements: what is worth saying."""

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
"""How long after an announcement nobody can send another one to the same channel; scheduled ones go all the same."""

WORST = 300
"""Models that a message and its thread can show, and more."""

PIECE = 100
"""Models that are looked at between two rests."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an announcement says: the models worth acting on, and what they are part of."""

    total: int
    outdated: int
    """How many are outdated, snoozed ones among them."""
    worth: tuple[Judgement, ...]
    """The worst of those worth acting on, the worst first: more than any message shows."""
    lists: Sequence[Sequence[Judgement]]
    """All of those, by instance."""
    silenced: tuple[Silenced, ...]
    """Worth acting on too, but snoozed or on hold."""
    unread: tuple[str, ...]
    """Instances that could not be read lately: what is said does not cover them fully."""
    instances: int = 1
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    """How many of all models have each verdict."""
    risks: Mapping[Risk, int] = field(default_factory=dict)
    """How many of those worth acting on are at each risk."""
    failed: int = 0
    """How many of them failed their last training."""
    counts: Counts = field(default_factory=Counts)
    """The counts of all models, as every surface says them."""

    @property
    def count(self) -> int:
        """How many are worth acting on."""
        return sum(map(len, self.lists))

    @property
    def all_current(self) -> bool:
        """Whether nothing is to be done anywhere, as far as everything could be read."""
        return not (self.worth or self.silenced or self.unread)


def compose(
    fleet: Judged, now: datetime, *, snoozes: Iterable[Snooze] = (), unread: Iterable[str] = ()
) -> Work[Findings]:
    """The announcement for a fleet. *snoozes* are those in force."""
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
    """The last announcement that was begun in a channel: which slot it was for, who asked for it, and when."""

    slot: str
    by: str
    at: datetime


def cools_until(last: Sent | None, now: datetime) -> datetime | None:
    """When somebody can send the next announcement; None: at once."""
    return None if last is None or abs(now - last.at) >= COOL_DOWN else last.at + COOL_DOWN


def at_risk(found: Findings) -> int:
    """How many of the models are expected to return recognition warnings."""
    return sum(found.risks.get(risk, 0) for risk in (Risk.EXPECTED, Risk.WARNED, Risk.IGNORED))
