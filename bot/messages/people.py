"""People in messages: mentioned, or only named.

A mention pings. So nobody is mentioned in a message that their own act caused; their name stands there instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.requests import Request, RequestState
from bot.messages.refusals import called, mention
from bot.messages.text import listed

DECIDED = frozenset({RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.CANCELLED})
"""States that only a person's decision leads to."""


def who_to_mention(people: Iterable[str], actor: str | None) -> tuple[str, ...]:
    """Those of *people* to mention in a message that *actor* caused: each once, never the actor. None: nobody's act."""
    return tuple(id for id in dict.fromkeys(people) if id != actor)


def person(id: str, actor: str | None, names: Mapping[str, str]) -> str:
    """A user or user group within a sentence: mentioned, or named where it is their own act."""
    return called(id, names) if id == actor else mention(id)


def named(ids: Iterable[str], names: Mapping[str, str]) -> str:
    """Several of them, by name."""
    return listed([called(id, names) for id in dict.fromkeys(ids)])


def actor_of(request: Request) -> str | None:
    """The person whose act brought a request into its state; None where time, the service or Retune did."""
    return request.decided_by if request.state in DECIDED else None
