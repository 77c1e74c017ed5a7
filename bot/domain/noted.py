"""What was noted of a run: the rows of its audit as values, and what the journal adds to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.runs import Run


@dataclass(frozen=True, slots=True)
class Noted:
    """Who did what and when. *actor* is a Slack user id or `retune`, *model* a reference."""

    at: datetime
    actor: str
    action: str
    model: str | None = None
    detail: str = ""


def story(run: Run, noted: Iterable[Noted]) -> tuple[Noted, ...]:
    """Everything in the order in which it happened, with the votes of which no row tells.

    A vote that did not decide yet had no row in early versions of the audit.
    """
    rows = list(noted)
    told = {(row.actor, row.action) for row in rows}
    votes = [
        Noted(vote.at, vote.voter, vote.vote, run.plan.model.ref, vote.reason)
        for vote in run.votes
        if (vote.voter, vote.vote) not in told
    ]
    # Sorting keeps the order of what happened at the same moment: a vote stands before what it decided.
    return tuple(sorted([*votes, *rows], key=lambda row: row.at))
