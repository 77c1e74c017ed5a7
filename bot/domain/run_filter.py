"""Filters on runs: the words that people type after `/stt-runs`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.runs import OPEN, RunState

ENDED = frozenset(RunState) - OPEN
KINDS = frozenset({"language", "acoustic"})


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are meant: all conditions together; an empty one is none.

    *parts* are casefolded: each is a run's number, its instance, or part of its model's name.
    """

    states: frozenset[RunState] = frozenset()
    kinds: frozenset[str] = frozenset()
    requester: str | None = None
    parts: tuple[str, ...] = ()

    def names(self, run: int, instance: str, name: str) -> bool:
        """Whether *parts* fit a run."""
        return all(part == str(run) or part == instance.casefold() or part in name.casefold() for part in self.parts)


def run_filter(text: str, user: str) -> RunFilter:
    """What somebody typed. Several states, or both kinds, are alternatives; *user* is who `mine` means."""
    states: frozenset[RunState] = frozenset()
    kinds: frozenset[str] = frozenset()
    requester, parts = None, []
    for typed in text.split():
        word = typed.casefold().strip("`#")
        if word == "open":
            states |= OPEN
        elif word == "ended":
            states |= ENDED
        elif word in set(RunState):
            states |= {RunState(word)}
        elif word in KINDS:
            kinds |= {word}
        elif word == "mine":
            requester = user
        elif word:
            parts.append(word)
    return RunFilter(states, kinds, requester, tuple(parts))
