"""Links: with which language model an acoustic model was trained. The service does not tell; people do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.fleet import Model
from bot.domain.plans import Plan
from bot.domain.untrusted_text import matching

ALONE = ""
"""In place of the id of a language model: trained with none."""


@dataclass(frozen=True, slots=True)
class LinkChoice:
    """What somebody may say that an acoustic *model* was trained with: one of the *candidates*, or none.

    *said* is what somebody said before, or an earlier run went by: an id, `ALONE`, or None where nobody did. *guessed*
    are the ids of the candidates that its description names; only a person can tell whether that is so.
    """

    model: Model
    candidates: tuple[Model, ...]
    said: str | None = None
    guessed: frozenset[str] = frozenset()


def link_choice(model: Model, candidates: Iterable[Model], said: str | None) -> LinkChoice:
    """The choice for a model; what was *said* counts only while that language model is there."""
    found = tuple(candidates)
    known = said if said in (ALONE, *(one.id for one in found)) else None
    return LinkChoice(model, found, known, frozenset(_named(model.description, found)))


def _named(description: str, candidates: Iterable[Model]) -> Iterable[str]:
    text = matching(description)
    if text:
        for one in candidates:
            if _has(text, matching(one.name)) or _has(text, matching(one.id)):
                yield one.id


def _has(text: str, word: str) -> bool:
    """Whether a name stands in a text by itself, not as a part of another one: `terms` is not in `kiosk-terms`."""
    start = text.find(word) if word else -1
    while start >= 0:
        around = text[max(0, start - 1) : start] + text[start + len(word) : start + len(word) + 1]
        if not any(sign.isalnum() or sign in "-_" for sign in around):
            return True
        start = text.find(word, start + 1)
    return False


def link_in(plan: Plan) -> str:
    """The id of the language model by which a plan of an acoustic model goes; `ALONE` for none."""
    ids = (step.language_id for step in plan.steps if step.ref == plan.model.ref)
    return next((id for id in ids if id is not None), ALONE)
