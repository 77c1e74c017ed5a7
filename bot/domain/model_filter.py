"""What `/stt-models` and `/stt-upgrade outdated` filter by: words, of which each must fit a model."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import lru_cache

from bot.domain.fleet import Model
from bot.domain.foreign_text import matching
from bot.domain.search import FAR, PIECE, Names
from bot.domain.verdicts import Judgement, Risk
from bot.turns import Work

_form = lru_cache(maxsize=1024)(matching)
"""For words that return with every model: instances, languages, bases."""


def passing(
    judgements: Sequence[Judgement], names: Names, words: Iterable[str], snoozed: Container[str] = ()
) -> Work[list[Judgement]]:
    """The models that pass every word: verdict, risk, kind, instance, language, base, id, or part of a name.

    *names* are theirs in the same order, *snoozed* the references of those that are snoozed or on hold.
    """
    wanted = list(dict.fromkeys(matching(word)[:FAR] for word in words))
    named = {word: set(names.having(word)) for word in wanted}
    found = []
    for place, judgement in enumerate(judgements):
        facts = None
        for word in wanted:
            if place in named[word]:
                continue
            if word == "snoozed":
                fits = judgement.model.ref in snoozed
            else:
                facts = _facts(judgement) if facts is None else facts
                fits = word in facts
            if not fits:
                break
        else:
            found.append(judgement)
        if place % PIECE == 0:
            yield
    return found


def _facts(judgement: Judgement) -> set[str]:
    """The words that a model passes whatever it is called."""
    model: Model = judgement.model
    facts = {judgement.verdict.value, model.kind, model.id.casefold()}
    facts.update(_form(name) for name in (model.instance, model.language, model.base))
    if judgement.outdated:
        facts.add("outdated")
    else:
        facts.discard("outdated")
    if judgement.risk is not Risk.NONE:
        facts.add("risky")
    return facts
