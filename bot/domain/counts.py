"""Counts: how many models there are of what; the one place they come from, so that no two surfaces tell two numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import or_

from bot.domain.fleet import Ref
from bot.domain.judged import Judged
from bot.domain.ranking import JudgedInstance
from bot.domain.search import mask
from bot.domain.snoozes import Index, Reach, SnoozeKind, covering, standing
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import UPGRADABLE, Judgement, Risk, Verdict
from bot.turns import Work

Kinds = Mapping[tuple[Verdict, Risk], int]
"""How many models there are of each verdict and risk; nothing is said of what does not occur."""

PIECE = 100
"""Models that are looked at between two rests."""


class Group(StrEnum):
    """Where a model is counted, each in one group alone; in the order in which they are said."""

    OUTDATED = "outdated"
    """A newer version is known, also of a model that is busy or failed meanwhile: both have that to do afterwards."""
    STUCK = "can't be upgraded"
    """Its base is retired, or IBM says that it must be created again."""
    FAILED = "failed"
    BUSY = "busy"
    UNKNOWN = "unknown"
    EMPTY = "empty"
    CURRENT = "current"


_BY_VERDICT = {
    Verdict.RETIRED: Group.STUCK,
    Verdict.RECREATE: Group.STUCK,
    Verdict.OUTDATED: Group.OUTDATED,
    Verdict.LIKELY_OUTDATED: Group.OUTDATED,
    Verdict.FAILED: Group.FAILED,
    Verdict.BUSY: Group.BUSY,
    Verdict.UNKNOWN: Group.UNKNOWN,
    Verdict.EMPTY: Group.EMPTY,
    Verdict.CURRENT: Group.CURRENT,
}

_OF_OUTDATED = frozenset({Risk.EXPECTED, Risk.WARNED, Risk.IGNORED})
"""Risks that come from evidence of a newer version alone."""


def group(verdict: Verdict, risk: Risk) -> Group:
    """Where a model of that verdict and risk is counted."""
    if verdict in (Verdict.BUSY, Verdict.FAILED) and risk in _OF_OUTDATED:
        return Group.OUTDATED
    return _BY_VERDICT[verdict]


def group_of(judgement: Judgement) -> Group:
    """Where one model is counted."""
    return group(judgement.verdict, judgement.risk)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many models there are in each group, and what the outdated ones wait for.

    *kinds* has every model once, by verdict and risk. *on_hold* are outdated models that only a hold keeps from being
    upgraded, *snoozed* those that announcements leave out. *unread* are the instances that could not be read lately:
    what is counted does not cover them fully.
    """

    kinds: Kinds = field(default_factory=dict)
    on_hold: int = 0
    snoozed: int = 0
    unread: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many models there are."""
        return sum(self.kinds.values())

    @property
    def groups(self) -> dict[Group, int]:
        """How many are in each group that occurs, in their order; all of them are all models."""
        found = Counter[Group]()
        for kind, models in self.kinds.items():
            found[group(*kind)] += models
        return {each: found[each] for each in Group if found[each]}

    def of(self, *groups: Group) -> int:
        """How many are in one of these groups."""
        return sum(models for kind, models in self.kinds.items() if group(*kind) in groups)

    @property
    def outdated(self) -> int:
        """For how many a newer version is known."""
        return self.of(Group.OUTDATED)

    @property
    def upgradable(self) -> int:
        """How many of the outdated can be upgraded now."""
        return sum(models for (verdict, _), models in self.kinds.items() if verdict in UPGRADABLE) - self.on_hold

    @property
    def outdated_failed(self) -> int:
        """How many of the outdated failed their last training, which comes first."""
        return self._outdated(Verdict.FAILED)

    @property
    def outdated_busy(self) -> int:
        """How many of the outdated the service is working on."""
        return self._outdated(Verdict.BUSY)

    @property
    def retired(self) -> int:
        """How many of those that can't be upgraded are on a retired base."""
        return self.having(Verdict.RETIRED)

    @property
    def recreate(self) -> int:
        """How many of those that can't be upgraded must be created again."""
        return self.having(Verdict.RECREATE)

    def having(self, verdict: Verdict) -> int:
        """How many have a verdict."""
        return sum(models for (of_it, _), models in self.kinds.items() if of_it is verdict)

    def at(self, risk: Risk) -> int:
        """How many are at a risk."""
        return sum(models for (_, of_it), models in self.kinds.items() if of_it is risk)

    def _outdated(self, verdict: Verdict) -> int:
        kinds = self.kinds.items()
        return sum(n for (v, risk), n in kinds if v is verdict and group(v, risk) is Group.OUTDATED)


def count(judged: Judged, snoozes: Index, now: datetime) -> Work[Counts]:
    """The counts of the whole fleet. *snoozes* are those in force: `indexed`."""
    parts = [(part, (1 << len(part.ranked)) - 1) for part in judged.instances.values()]
    return (yield from count_those(parts, snoozes, now, judged.unread))


def count_those(
    parts: Iterable[tuple[JudgedInstance, int]], snoozes: Index, now: datetime, unread: Iterable[str] = ()
) -> Work[Counts]:
    """The counts of some models: of each instance those at some places of its ranking."""
    kinds = Counter[tuple[Verdict, Risk]]()
    on_hold = snoozed = 0
    for part, places in parts:
        for kind, at in part.index.kinds.items():
            if models := (at & places).bit_count():
                kinds[kind] += models
        spoken_of = _spoken_of(part, snoozes) & places & part.acts if snoozes else 0
        for number, judgement in enumerate(part.at(spoken_of)):
            found = standing(judgement, snoozes, now)
            held = found is not None and found.kind is SnoozeKind.HOLD
            on_hold += held and judgement.verdict in UPGRADABLE
            snoozed += not held and covering(judgement, snoozes, now) is not None
            if number % PIECE == 0:
                yield
        yield
    return Counts(kinds, on_hold, snoozed, tuple(sorted(unread)))


def _spoken_of(part: JudgedInstance, snoozes: Index) -> int:
    """The places of the models that some snooze may speak of."""
    return reduce(or_, (_reached(part, scope, subject) for scope, subject in snoozes), 0)


def _reached(part: JudgedInstance, scope: Reach, subject: str) -> int:
    match scope:
        case Reach.INSTANCE:
            return (1 << len(part.ranked)) - 1 if subject == part.name else 0
        case Reach.BASE:
            return part.index.facts.get(matching(subject), 0)
        case Reach.MODEL:
            ref = Ref.parse(subject)
            return mask(part.index.ids.get(ref.id.casefold(), ())) if ref.instance == part.name else 0
