"""Findings: how bad each model worth acting on is, and whether a channel hears something new by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from bot.domain.announcements import Findings
from bot.domain.evidence import Strength
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.turns import Work

_RISKS, _VERDICTS = list(Risk), list(Verdict)

PIECE = 200
"""Models that are looked at between two rests."""


@dataclass(frozen=True, slots=True)
class Level:
    """How bad it is: the risk first, the verdict among equals."""

    risk: Risk
    verdict: Verdict

    def __str__(self) -> str:
        return f"{self.risk.value}|{self.verdict.value}"

    def worse_than(self, other: Level) -> bool:
        """Whether it got worse."""
        return self._rank < other._rank

    @property
    def _rank(self) -> tuple[int, int]:
        return _RISKS.index(self.risk), _VERDICTS.index(self.verdict)


def parse_level(text: str) -> Level | None:
    """The level that `str` wrote; None for one that this version of Retune does not know."""
    risk, _, verdict = text.partition("|")
    try:
        return _level(Risk(risk), Verdict(verdict))
    except ValueError:
        return None


_level = cache(Level)
"""There are few, and a fleet has thousands of each."""


def level_of(judgement: Judgement) -> Level:
    """A model that the service is working on keeps the verdict it had: being upgraded is no news, the end of it is."""
    verdict = judgement.verdict
    if verdict is Verdict.BUSY and judgement.outdated:
        sure = any(item.strength in (Strength.PROOF, Strength.STRONG) for item in judgement.evidence)
        verdict = Verdict.OUTDATED if sure else Verdict.LIKELY_OUTDATED
    return _level(judgement.risk, verdict)


def levels(judgements: Iterable[Judgement]) -> Work[dict[str, Level]]:
    """The level of each, by the model's reference."""
    found: dict[str, Level] = {}
    for judgement in judgements:
        found[judgement.model.ref] = level_of(judgement)
        if len(found) % PIECE == 0:
            yield
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel was told last.

    *week* is the ISO week whose digest it had (`2026-W48`), *at* when the last message was posted and *key* which.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    all_current: bool = False
    week: str = ""
    at: datetime | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What differs from what a channel was told last; references of models. *speaks*: a message is worth it."""

    new: frozenset[str] = frozenset()
    worse: frozenset[str] = frozenset()
    otherwise: frozenset[str] = frozenset()
    """Another risk or verdict, and not a worse one."""
    gone: frozenset[str] = frozenset()
    digest: bool = False
    speaks: bool = False

    @property
    def any(self) -> bool:
        """Whether anything differs."""
        return bool(self.new or self.worse or self.otherwise or self.gone)


def week_of(slot: datetime) -> str:
    """The ISO week of a slot, in the zone that it is given in."""
    year, week, _ = slot.isocalendar()
    return f"{year}-W{week:02}"


def news(told: Told, found: Findings, now: Mapping[str, Level], week: str) -> Work[News]:
    """What an announcement would tell that the channel does not know.

    It speaks when the models worth acting on, or a risk or verdict among them, are not those it told last; once a
    week while there are any; and once when all are current. Being snoozed is no news: somebody chose that.
    *now* are the levels of what is worth acting on.
    """
    hushed = yield from levels(silenced.judgement for silenced in found.silenced)
    new, worse, otherwise, gone = set[str](), set[str](), set[str](), set[str]()
    for number, (ref, level) in enumerate(now.items()):
        was = None if ref in hushed else told.levels.get(ref)
        if level != was:
            (new if was is None else worse if level.worse_than(was) else otherwise).add(ref)
        if number % PIECE == 0:
            yield
    for number, ref in enumerate(told.levels):
        if ref not in now and ref not in hushed:
            gone.add(ref)
        if number % PIECE == 0:
            yield
    sets = frozenset(new), frozenset(worse), frozenset(otherwise), frozenset(gone)
    differs = News(*sets, digest=week != told.week)
    due = (differs.digest and bool(now)) or (found.all_current and not told.all_current)
    return replace(differs, speaks=differs.any or due)


def unmentioned(worth: Iterable[Judgement], mentioned: Mapping[tuple[str, str], Level]) -> tuple[Judgement, ...]:
    """The findings for which nobody was mentioned yet: new ones, and those that got worse.

    *mentioned* has levels by reference and newest version: a model that was upgraded and is outdated again years
    later is another finding, one that vanishes from a list for a day and comes back is not.
    """
    found = []
    for judgement in worth:
        known = mentioned.get((judgement.model.ref, judgement.model.newest or ""))
        if known is None or level_of(judgement).worse_than(known):
            found.append(judgement)
    return tuple(found)
