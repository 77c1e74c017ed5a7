"""Counts: how many models there are of each kind. All surfaces take them from here, so their numbers agree."""

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
"""How many models there are of each verdict and risk; those that do not occur are left out."""

PIECE = 100
"""Models looked at between two rests."""


class Group(StrEnum):
    """The group in which a model is counted, and only there; in the order of mention."""

    OUTDATED = "outdated"
    """A newer version is known; also for a busy or failed model, which needs it afterwards."""
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
"""Risks that follow only from evidence of a newer version."""


def group(verdict: Verdict, risk: Risk) -> Group:
    """The group of a model with that verdict and risk."""
    if verdict in (Verdict.BUSY, Verdict.FAILED) and risk in _OF_OUTDATED:
        return Group.OUTDATED
    return _BY_VERDICT[verdict]


def group_of(judgement: Judgement) -> Group:
    """The group of one model."""
    return group(judgement.verdict, judgement.risk)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many models are in each group, and what the outdated ones wait for.

    *kinds* has every model once, by verdict and risk. *on_hold* are outdated models that only a hold stops, *snoozed*
    those that announcements leave out. *unread* are instances that could not be read lately: the counts do not cover
    them fully.
    """

    kinds: Kinds = field(default_factory=dict)
    on_hold: int = 0
    snoozed: int = 0
    unread: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All models."""
        return sum(self.kinds.values())

    @property
    def groups(self) -> dict[Group, int]:
        """The number in each group that occurs, in order; together they are all models."""
        found = Counter[Group]()
        for kind, models in self.kinds.items():
            found[group(*kind)] += models
        return {each: found[each] for each in Group if found[each]}

    def of(self, *groups: Group) -> int:
        """How many are in one of these groups."""
        return sum(models for kind, models in self.kinds.items() if group(*kind) in groups)

    @property
    def outdated(self) -> int:
        """Models for which a newer version is known."""
        return self.of(Group.OUTDATED)

    @property
    def upgradable(self) -> int:
        """Outdated models that can be upgraded now."""
        return sum(models for (verdict, _), models in self.kinds.items() if verdict in UPGRADABLE) - self.on_hold

    @property
    def outdated_failed(self) -> int:
        """Outdated models that failed their last training, which comes first."""
        return self._outdated(Verdict.FAILED)

    @property
    def outdated_busy(self) -> int:
        """Outdated models that the service is working on."""
        return self._outdated(Verdict.BUSY)

    @property
    def retired(self) -> int:
        """Models that can't be upgraded because their base is retired."""
        return self.having(Verdict.RETIRED)

    @property
    def recreate(self) -> int:
        """Models that can't be upgraded because they must be created again."""
        return self.having(Verdict.RECREATE)

    def having(self, verdict: Verdict) -> int:
        """Models with a verdict."""
        return sum(models for (of_it, _), models in self.kinds.items() if of_it is verdict)

    def at(self, risk: Risk) -> int:
        """Models at a risk."""
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
    """The counts of some models, given by their places in the rankings of their instances."""
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
    """The places of the models that a snooze may cover."""
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
