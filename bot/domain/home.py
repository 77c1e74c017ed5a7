"""App Home: what waits for one person, and what they may do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from bot.domain.approvals import OF_RUN, Possible, Vote, Wish, decide, settle
from bot.domain.authority import Act, Authority, Person, Scope
from bot.domain.fleet import InstanceReading
from bot.domain.owners import Owner, asked
from bot.domain.requests import Request, RequestState
from bot.domain.runs import Run
from bot.domain.words import waiting
from bot.turns import Work


@dataclass(frozen=True, slots=True)
class Needed:
    """A request that waits for this person: what they may decide, and the runs whose model they are asked to change."""

    request: Request
    offers: frozenset[Possible] = frozenset()
    changes: tuple[Run, ...] = ()


def offers(person: Person, authority: Authority, request: Request, now: datetime) -> frozenset[Possible]:
    """What this person may decide on a waiting request; nothing where it waits for no decision.

    For display, not for decisions: a click is checked again when it comes.
    """
    found: set[Possible] = set()
    if request.state is RequestState.OPEN:
        if not decide("approve", person, authority, request, now=now).allowed:
            return frozenset()
        return frozenset((vote, None) for vote in get_args(Vote))
    if request.state is RequestState.PAUSED:
        pausing: tuple[Wish, ...] = ("resume", "cancel")
        found |= {(wish, None) for wish in pausing if settle(wish, person, authority, request, None).allowed}
    unclear: tuple[Wish, ...] = ("send again", "mark as failed")
    found |= {
        (wish, run.id)
        for run in request.runs
        if run.unclear
        for wish in unclear
        if wish in OF_RUN and settle(wish, person, authority, request, run).allowed
    }
    return frozenset(found)


def to_change(person: Person, request: Request, owners: Mapping[str, Owner]) -> tuple[Run, ...]:
    """The runs whose model this person is asked by name to change, also as a member of a group."""
    mine = {person.id, *person.groups}
    return tuple(
        run for run in waiting(request.runs) if asked(owners.get(run.plan.model.ref), request.requester) in mine
    )


def changing(live: Iterable[Request]) -> Work[frozenset[str]]:
    """The models that wait for a change by hand."""
    found: set[str] = set()
    for request in live:
        found.update(run.plan.model.ref for run in waiting(request.runs))
        yield
    return frozenset(found)


def needed(
    person: Person, authority: Authority, live: Iterable[Request], owners: Mapping[str, Owner], now: datetime
) -> Work[tuple[Needed, ...]]:
    """The requests that wait for this person, in their order; *owners* of the models that wait for a change."""
    found: list[Needed] = []
    for request in live:
        each = Needed(request, offers(person, authority, request, now), to_change(person, request, owners))
        if each.offers or each.changes:
            found.append(each)
        yield
    return tuple(found)


def doubted(
    person: Person, authority: Authority, readings: Iterable[InstanceReading], now: datetime
) -> tuple[InstanceReading, ...]:
    """The instances in doubt whose lists this person may accept."""
    return tuple(
        reading
        for reading in readings
        if reading.doubt is not None
        and reading.doubt.ripe(now)
        and authority.may(person, Act.ACCEPT, Scope((reading.name,))).allowed
    )
