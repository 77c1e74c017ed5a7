"""Snoozes and holds: findings that the team silenced for a while, and when that ends.

A model whose customization is already ignored (`Risk.IGNORED`) is never silenced. Its snooze accepted a wait for an
upgrade, not callers being served by the plain base model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.domain.fleet import Model, is_newer
from bot.domain.hours import LONGEST
from bot.domain.verdicts import Judgement, Risk, Verdict

RETUNE = "retune"
"""The actor when a snooze ends by itself."""


class Reach(StrEnum):
    """What a snooze covers; most specific first, and the most specific one counts."""

    MODEL = "model"
    BASE = "base"
    INSTANCE = "instance"


class SnoozeKind(StrEnum):
    """A hold is a deliberate snooze of one model: it has an end date, and its author was shown the risk."""

    SNOOZE = "snooze"
    HOLD = "hold"


class Ended(StrEnum):
    """Why a snooze is over; `messages` has the sentence for each, the audit has the same words."""

    EARLY = "ended early"
    REPLACED = "replaced by a newer one"
    REQUESTED = "ended for a request"
    DATE = "its date came"
    LONGEST = "as long as any may last"
    CURRENT = "on the newest known version"
    NEXT = "next version known"
    OTHER = "another version is the newest known"


@dataclass(frozen=True, slots=True)
class Over:
    """That a snooze is over, and why; *version* is the one that ended it."""

    why: Ended
    version: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A snooze or hold that a person asks for.

    *subject* is a model's reference, or the name of a base model or instance. *until* is the day it ends, None for the
    next base version (*by_version*).
    """

    kind: SnoozeKind
    scope: Reach
    subject: str
    until: date | None
    by_version: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """One snooze or hold.

    *until* is the day on which it ends and *over_at* the moment at which that day begins for its author; one that lasts
    until the next base version (*by_version*) ends then at the latest. *known* are the newest versions (`target`) known
    of its models at the time: any other is the next one. *ended_version* is the version that ended it, *ended_for* the
    request for which a person ended it.
    """

    id: int
    kind: SnoozeKind
    scope: Reach
    subject: str
    until: date
    over_at: datetime
    known: frozenset[str]
    reason: str
    author: str
    at: datetime
    by_version: bool = False
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_why: Ended | None = None
    ended_version: str = ""
    ended_for: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A model, by *name*, that a hold keeps on its old version."""

    name: str
    hold: Snooze


@dataclass(frozen=True, slots=True)
class Silenced:
    """A silenced judgement and its snooze."""

    judgement: Judgement
    snooze: Snooze


@dataclass(frozen=True, slots=True)
class End:
    """The result of a click that ends a snooze early.

    *snooze* is its state now, None if unknown. *late*: it was already over.
    """

    snooze: Snooze | None
    late: bool = False


class Fault(StrEnum):
    """Why a wish is refused; `messages` has the sentence for each."""

    NO_REASON = "no reason"
    NO_DATE = "no date"
    PAST_DATE = "past date"
    TOO_FAR = "too far"
    NO_NEXT_VERSION = "no next version"
    UNKNOWN = "unknown"
    CURRENT = "current"


def faults(wish: Wish, judgements: Iterable[Judgement], today: date) -> tuple[Fault, ...]:
    """All that is wrong with a wish. *today* is the person's."""
    meant = [j for j in judgements if subject_of(wish.scope, j.model) == wish.subject]
    found = []
    if not wish.reason.strip():
        found.append(Fault.NO_REASON)
    if not meant:
        found.append(Fault.UNKNOWN)
    elif wish.scope is Reach.MODEL and meant[0].verdict is Verdict.CURRENT:
        found.append(Fault.CURRENT)
    if wish.kind is SnoozeKind.HOLD or not wish.by_version:
        if wish.until is None:
            found.append(Fault.NO_DATE)
        elif wish.until <= today:
            found.append(Fault.PAST_DATE)
        elif wish.until > latest(today):
            found.append(Fault.TOO_FAR)
    elif meant and all(j.verdict in (Verdict.RETIRED, Verdict.RECREATE) for j in meant):
        found.append(Fault.NO_NEXT_VERSION)
    return tuple(found)


def latest(today: date) -> date:
    """The last possible end date of a snooze that begins today."""
    return today + LONGEST


def subject_of(scope: Reach, model: Model) -> str:
    """The subject that a snooze of that scope needs to cover a model."""
    match scope:
        case Reach.MODEL:
            return model.ref
        case Reach.BASE:
            return model.base
        case Reach.INSTANCE:
            return model.instance


def known_targets(scope: Reach, subject: str, judgements: Iterable[Judgement]) -> frozenset[str]:
    """The newest versions known now of all models a snooze would cover."""
    return frozenset(j.target for j in judgements if j.target is not None and subject_of(scope, j.model) == subject)


def over(snooze: Snooze, judgements: Iterable[Judgement], now: datetime) -> Over | None:
    """Why a snooze is over; None while it lasts.

    A snooze until the next base version is over when one of its models has a target that was unknown when it was made.
    A snooze of one model is also over when that model is on the newest version. A missing model ends nothing: it may
    only be unread.
    """
    if snooze.over_at <= now:
        return Over(Ended.LONGEST if snooze.by_version else Ended.DATE)
    for judgement in judgements:
        if subject_of(snooze.scope, judgement.model) != snooze.subject:
            continue
        if snooze.scope is Reach.MODEL and judgement.verdict is Verdict.CURRENT:
            return Over(Ended.CURRENT, judgement.model.newest or "")
        if snooze.by_version and judgement.target is not None and judgement.target not in snooze.known:
            return _next(judgement.target, judgement.model, snooze)
    return None


def _next(target: str, model: Model, snooze: Snooze) -> Over:
    same_base = [version for version in snooze.known if version.startswith(f"{model.base}.")]
    older = any(is_newer(target, version) is False for version in same_base)
    return Over(Ended.OTHER if older else Ended.NEXT, target)


def in_force(snoozes: Iterable[Snooze], judgements: Iterable[Judgement], now: datetime) -> tuple[Snooze, ...]:
    """The snoozes that were not ended and are not over, even if their end was not recorded yet."""
    listed = tuple(snoozes)
    ends = ending(listed, judgements, now)
    return tuple(s for s in listed if s.ended_at is None and s.id not in ends)


def ending(snoozes: Iterable[Snooze], judgements: Iterable[Judgement], now: datetime) -> dict[int, Over]:
    """The snoozes that are over but not ended yet, by id, with the reason: `over` for all in one pass."""
    by_subject = indexed(snoozes)
    ends = {s.id: why for s in by_subject.values() if (why := over(s, (), now)) is not None}
    scopes = {scope for scope, _ in by_subject}
    for judgement in judgements if scopes else ():
        for scope in scopes:
            found = by_subject.get((scope, subject_of(scope, judgement.model)))
            if found is not None and found.id not in ends and (why := over(found, (judgement,), now)) is not None:
                ends[found.id] = why
    return ends


Index = Mapping[tuple[Reach, str], Snooze]
"""The snoozes in force by subject; the store has at most one for each."""


def indexed(snoozes: Iterable[Snooze]) -> Index:
    """An index to look up many judgements."""
    return {(s.scope, s.subject): s for s in snoozes if s.ended_at is None}


def standing(judgement: Judgement, snoozes: Index, now: datetime) -> Snooze | None:
    """The most specific snooze of a model now, even if the model's risk overrides it."""
    found = (snoozes.get((scope, subject_of(scope, judgement.model))) for scope in Reach)
    return next((each for each in found if each is not None and over(each, (judgement,), now) is None), None)


def covering(judgement: Judgement, snoozes: Index, now: datetime) -> Snooze | None:
    """The most specific snooze that silences a judgement now. `Risk.IGNORED` is never silenced: see above."""
    return None if judgement.risk is Risk.IGNORED else standing(judgement, snoozes, now)
