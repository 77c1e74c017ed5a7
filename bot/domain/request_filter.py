"""Filters on requests: the words after `/stt-runs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.requests import LIVE, RequestState
from bot.domain.untrusted_text import matching

ENDED = frozenset(RequestState) - LIVE
KINDS = frozenset({"language", "acoustic"})
MINE = "mine"

STATES: Mapping[str, frozenset[RequestState]] = {
    **{state.value: frozenset({state}) for state in RequestState},
    "open": LIVE,
    "ended": ENDED,
    "waiting": frozenset({RequestState.OPEN}),
    "approved": frozenset({RequestState.SCHEDULED}),
    "cancelled": frozenset({RequestState.CANCELLED}),
}
"""Words for states: those in lists, *waiting for approval* and *approved*, the states' own names, and *cancelled* for
*stopped*.
"""


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Conditions on requests, all of which must hold; an empty filter matches all.

    *parts* are in matching form: each is a request's number, one of its instances, or part of the name of one of its
    models.
    """

    states: frozenset[RequestState] = frozenset()
    kinds: frozenset[str] = frozenset()
    requester: str | None = None
    parts: tuple[str, ...] = ()

    def names(self, request: int, models: tuple[tuple[str, str], ...]) -> bool:
        """Whether *parts* match a request; *models* are the instance and name of each of its models."""
        compared = [(matching(at), matching(name)) for at, name in models]
        return all(
            part == str(request) or any(part == at or part in name for at, name in compared) for part in self.parts
        )


def request_filter(text: str, user: str) -> RequestFilter:
    """The filter in typed text. Several states, or both kinds, are alternatives; *user* is the person `mine` means."""
    states: frozenset[RequestState] = frozenset()
    kinds: frozenset[str] = frozenset()
    requester, parts = None, []
    for typed in text.split():
        word = matching(typed).strip("`#")
        if word in STATES:
            states |= STATES[word]
        elif word in KINDS:
            kinds |= {word}
        elif word == MINE:
            requester = user
        elif word:
            parts.append(word)
    return RequestFilter(states, kinds, requester, tuple(parts))
