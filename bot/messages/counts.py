"""Counts in words: numbers that need no sum, the same everywhere."""

from __future__ import annotations

from bot.domain.counts import Counts
from bot.messages.text import counted, escape, listed


def groups_text(counts: Counts) -> str:
    """Each group with its number; together they are all: `4 outdated, 2 can't be upgraded, 9 current`."""
    return ", ".join(f"{models:,} {group.value}" for group, models in counts.groups.items())


def fleet_text(counts: Counts) -> str:
    """All of them, and each group: `15 custom models: 4 outdated, 2 can't be upgraded, 9 current`."""
    what = counted(counts.total, "custom model")
    return f"{what}: {groups_text(counts)}" if counts.total else what


def matching_text(counts: Counts, filters: str) -> str:
    """The same for models that match filters: `17 models match “risky”: 15 outdated, 2 can't be upgraded`."""
    match = "matches" if counts.total == 1 else "match"
    return f"{counted(counts.total, 'model')} {match} “{escape(filters)}”: {groups_text(counts)}"


def snoozed_text(counts: Counts) -> str:
    """What announcements leave out: `2 snoozed`; "" for none."""
    return f"{counts.snoozed:,} snoozed" if counts.snoozed else ""


def outdated_text(counts: Counts) -> str:
    """How many outdated ones can be upgraded now, and why the others can't; "" for none.

    `Of the 4 outdated, 2 can be upgraded now and 2 are on hold`.
    """
    parts = (
        (counts.upgradable, "can be upgraded now", "can be upgraded now"),
        (counts.on_hold, "is on hold", "are on hold"),
        (counts.outdated_busy, "is busy", "are busy"),
        (counts.outdated_failed, "failed its last training", "failed their last training"),
    )
    said = [f"{number:,} {one if number == 1 else many}" for number, one, many in parts if number]
    if not said or (len(said) == 1 and counts.upgradable):
        return ""
    if counts.outdated == 1:
        return f"The outdated one {said[0].partition(' ')[2]}"
    return f"Of the {counts.outdated:,} outdated, {listed(said)}"


def stuck_text(counts: Counts) -> str:
    """Why some can't be upgraded: `1 on a retired base, 1 must be created again`; "" for none."""
    parts = {"on a retired base": counts.retired, "must be created again": counts.recreate}
    return ", ".join(f"{number:,} {word}" for word, number in parts.items() if number)
