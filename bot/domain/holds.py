"""Holds: models kept on their old version on purpose, and the requests and runs this stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bot.domain.authority import Scope
from bot.domain.fleet import Ref
from bot.domain.plans import Plan
from bot.domain.requests import Request
from bot.domain.runs import Run, RunState
from bot.domain.snoozes import Held, Snooze, over
from bot.domain.verdicts import Judgement

Holds = Mapping[str, Snooze]
"""The holds in force by model reference. A snooze stops nothing."""


def in_force(holds: Iterable[Snooze], judgement: Callable[[str], Judgement | None], now: datetime) -> Holds:
    """The *holds* that are not over, even if their end was not recorded yet; *judgement* looks up a reference."""
    found = {}
    for hold in holds:
        known = judgement(hold.subject)
        if hold.ended_at is None and over(hold, () if known is None else (known,), now) is None:
            found[hold.subject] = hold
    return found


def held(plan: Plan, holds: Holds) -> tuple[Held, ...]:
    """The models on hold among those a plan changes for good."""
    return tuple(Held(name, holds[ref]) for ref, name in plan.changes.items() if ref in holds) if holds else ()


def waiting(request: Request) -> tuple[Run, ...]:
    """The runs that a hold stops: those that have not started."""
    return tuple(run for run in request.runs if run.state is RunState.QUEUED)


def held_of(request: Request, holds: Holds) -> tuple[Held, ...]:
    """The models on hold among those a request has yet to start on."""
    found = (one for run in waiting(request) for one in held(run.plan, holds))
    return tuple({one.hold.id: one for one in found}.values())


def stopping(request: Request, holds: Holds) -> tuple[Held, ...]:
    """The models on hold if they stop the whole request; none if something may start."""
    runs = waiting(request)
    return held_of(request, holds) if runs and all(held(run.plan, holds) for run in runs) else ()


def ending(hold: Snooze) -> Scope:
    """The scope of ending a hold early."""
    return Scope((Ref.parse(hold.subject).instance,), author=hold.author)
