"""People in messages: mentioned, or only named.

A mention pings. So nobody is mentioned in a message that their own act caused; their name stands there instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.domain.failures import MARK, marked
from bot.domain.policies import Policy
from bot.domain.requests import Noted, Request, RequestState
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


def asked(policy: Policy, actor: str | None, names: Mapping[str, str]) -> str:
    """Whom a message asks to decide that *actor* caused: all who may, of whom the actor alone is named."""
    return listed([person(id, actor, names) for id in policy.approvers], "or")


def named(ids: Iterable[str], names: Mapping[str, str]) -> str:
    """Several of them, by name."""
    return listed([called(id, names) for id in dict.fromkeys(ids)])


def actor_of(request: Request, acts: Sequence[Noted] = ()) -> str | None:
    """Whose act brought a request into its state; None where time, the service or Retune did.

    *acts* are those of people on it, oldest first: who marked its last model as failed.
    """
    if request.state in DECIDED:
        return request.decided_by
    # Of a pause and a failure, the person who marked the model as failed that ended last.
    ended = [(run.ended_at, run.id, run) for run in request.runs if run.ended_at is not None]
    if not ended or not marked(max(ended)[2]):
        return None
    return next((act.actor for act in reversed(acts) if act.action in MARK), None)
