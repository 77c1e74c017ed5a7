"""Announcements: when one is due, and what is worth saying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.domain.fleet import is_newer
from bot.domain.snoozes import Snooze, awake
from bot.domain.verdicts import Judgement, Risk, Verdict, acting_on

FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron rule in a time zone. Daylight saving: a rule fires once where the clock is set back or forward."""

    rule: str
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime:
        """The first slot after *moment* (aware), in UTC-comparable form."""
        return next(CronSim(self.rule, moment.astimezone(self.zone)))

    def last_until(self, moment: datetime, reach: timedelta = timedelta(days=8)) -> datetime | None:
        """The newest slot that is due at *moment*, None if there was none within *reach*."""
        start = (moment + timedelta(seconds=1)).astimezone(self.zone)
        try:
            slot = next(CronSim(self.rule, start, reverse=True))
        except StopIteration:
            return None
        return slot if moment - slot <= reach else None


def check_rule(rule: str) -> str | None:
    """What is wrong with a cron rule, None if nothing is."""
    try:
        CronSim(rule, datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")))
    except CronSimError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an announcement says: the models worth acting on, worst first, and how many models there are."""

    total: int
    outdated: int
    worth: tuple[Judgement, ...]
    unread: tuple[str, ...]
    """Instances that could not be read lately: what is said does not cover them fully."""
    silenced: frozenset[str] = frozenset()
    """Models that would be worth it and that somebody snoozed or holds."""
    behind: Mapping[str, int] = field(default_factory=dict)
    """For each model worth acting on, how many versions of its base are known that are newer than its own."""


def compose(
    judgements: Iterable[Judgement], unread: Iterable[str] = (), snoozes: Iterable[Snooze] = (), now: datetime = FIRST
) -> Announcement:
    """The announcement for a fleet at *now*, which ends snoozes."""
    listed = tuple(judgements)
    worth, silenced = awake(acting_on(listed), snoozes, now)
    outdated = sum(1 for j in listed if j.outdated and j.verdict is not Verdict.EMPTY)
    known = _known_versions(listed)
    behind = {j.model.ref: versions_behind(j, known.get(j.model.base, frozenset())) for j in worth}
    refs = frozenset(item.judgement.model.ref for item in silenced)
    return Announcement(len(listed), outdated, tuple(worth), tuple(sorted(unread)), refs, behind)


def _known_versions(judgements: Iterable[Judgement]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for judgement in judgements:
        versions = found.setdefault(judgement.model.base, set())
        versions.update(judgement.model.versions or ())
        versions.update(item.version for item in judgement.evidence if item.version is not None)
    return {base: frozenset(versions) for base, versions in found.items()}


def versions_behind(judgement: Judgement, known: frozenset[str]) -> int:
    """How many known versions of its base are newer than a model's newest; at least one where it is outdated."""
    have = judgement.model.newest
    newer = sum(1 for version in known if have is not None and is_newer(version, have))
    return max(newer, 1) if judgement.outdated else newer


def at_risk(announcement: Announcement) -> int:
    """How many of the models are expected to return recognition warnings."""
    return sum(1 for j in announcement.worth if j.risk in (Risk.EXPECTED, Risk.WARNED, Risk.IGNORED))


def seen_risk(announcement: Announcement, risk: Risk) -> int:
    """How many of the models were seen to be at that risk."""
    return sum(1 for j in announcement.worth if j.risk is risk)


Findings = Mapping[str, str]
"""What was found, by model: verdict and risk. A message is new when these are not those of the last one."""


def findings(announcement: Announcement) -> dict[str, str]:
    """What an announcement found."""
    return {j.model.ref: f"{j.verdict.value}, {j.risk.value}" for j in announcement.worth}


@dataclass(frozen=True, slots=True)
class Published:
    """The last announcement that people really read in a channel."""

    slot: str
    at: datetime
    found: Findings


class Occasion(StrEnum):
    """Why an announcement is worth a message; without one a slot passes in silence."""

    FIRST = "first"
    CHANGED = "changed"
    DIGEST = "weekly digest"
    CURRENT = "all current"


def occasion(said: Announcement, last: Published | None, now: datetime, zone: ZoneInfo) -> Occasion | None:
    """Why a slot at *now* says something: the set or a level changed, or the week's digest is due.

    "All current" is said once. That somebody snoozed a model, or that the snooze is over, is no news by itself.
    """
    found = findings(said)
    if last is None:
        return Occasion.FIRST if found else Occasion.CURRENT
    if found != {ref: what for ref, what in last.found.items() if ref not in said.silenced}:
        return Occasion.CHANGED if found else Occasion.CURRENT
    if not found:
        return None
    week, last_week = now.astimezone(zone).isocalendar()[:2], last.at.astimezone(zone).isocalendar()[:2]
    return Occasion.DIGEST if week != last_week else None


def remembered(said: Announcement, last: Published | None) -> dict[str, str]:
    """What the next announcement is compared with: what was found, and what is snoozed as it was known before."""
    before = last.found if last is not None else {}
    return {**{ref: what for ref, what in before.items() if ref in said.silenced}, **findings(said)}


def level(judgement: Judgement) -> int:
    """How bad it is: the smaller, the worse."""
    return list(Risk).index(judgement.risk) * 100 + list(Verdict).index(judgement.verdict)


def newly_found(announcement: Announcement, mentioned: Mapping[str, int]) -> frozenset[str]:
    """The models of which their owners have not heard yet, or only when it was less bad."""
    return frozenset(
        j.model.ref for j in announcement.worth if j.model.ref not in mentioned or level(j) < mentioned[j.model.ref]
    )
