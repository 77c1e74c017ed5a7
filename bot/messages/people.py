"""People in messages: whom a message mentions, and whom it only names.

A mention pings. So nobody is mentioned in a message that their own act caused; they are named plainly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.requests import Request, RequestState
from bot.messages.refusals import called, mention
from bot.messages.text import listed

DECIDED = frozenset({RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.CANCELLED})
"""States that somebody's decision led to, and nothing else."""


def who_to_mention(people: Iterable[str], actor: str | None) -> tuple[str, ...]:
    """Whom of *people* a message mentions that *actor* caused: each once, and never the actor. None: nobody's act."""
    return tuple(id for id in dict.fromkeys(people) if id != actor)


def person(id: str, actor: str | None, names: Mapping[str, str]) -> str:
    """A user or user group within a sentence: mentioned, or by name where it is their own act."""
    return called(id, names) if id == actor else mention(id)


def named(ids: Iterable[str], names: Mapping[str, str]) -> str:
    """Several of them by name."""
    return listed([called(id, names) for id in dict.fromkeys(ids)])


def actor_of(request: Request) -> str | None:
    """Whose act brought a request into its state; None where time, the service or Retune did."""
    return request.decided_by if request.state in DECIDED else None
