"""Advice on a filter that nothing matches: what its words mean, and the filters that may be meant instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from bot.domain.judged import Judged
from bot.domain.model_filter import SNOOZED
from bot.domain.ranking import OUTDATED, RISKY
from bot.domain.request_filter import KINDS, MINE, STATES
from bot.domain.search import ALIKE, Names, nearest
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import Verdict
from bot.turns import Work

LIKE, CORRECTED, TRIED = 2, 3, 6
"""Words that one may be meant as, words that are corrected in one filter, and filters that are tried."""

SOME, TYPO, CLOSE = 6, 65, 10
"""Words that are looked at for one; of a hundred characters so many are the same in a typing error, and at most so many
fewer than in the likest word.
"""

WORDS = 2000
"""Words that filters can have, of which the likest is looked for: no fleet has so many bases and languages."""

LONGEST = 200
"""Characters of a filter that is offered."""


class Role(StrEnum):
    """What a word says of a model or a request."""

    STATE = "state"
    KIND = "kind"
    MINE = "mine"
    LANGUAGE = "language"
    BASE = "base"
    INSTANCE = "instance"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Word:
    """A word that filters, as it is written, and what it says."""

    text: str
    role: Role


@dataclass(frozen=True, slots=True)
class Instead:
    """A filter that matches something. *count*: how many; None where they are more than are counted."""

    filters: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Advice:
    """*words* are those that were typed, *unknown* those of them that say nothing. *instead*: the likest first."""

    words: tuple[Word, ...]
    unknown: tuple[str, ...] = ()
    instead: tuple[Instead, ...] = ()


def words_of_models(judged: Judged) -> Work[dict[str, Word]]:
    """The words that models are filtered by, but for parts of names, in the form in which they are compared."""
    verdicts = [verdict.value for verdict in Verdict if " " not in verdict.value]
    found = {word: Word(word, Role.STATE) for word in (OUTDATED, RISKY, SNOOZED, *verdicts)}
    found |= {word: Word(word, Role.KIND) for word in sorted(KINDS)}
    for part in judged.instances.values():
        found.setdefault(matching(part.name), Word(part.name, Role.INSTANCE))
        for judgement in islice(part.examples, WORDS):
            model = judgement.model
            found.setdefault(matching(model.language), Word(model.language, Role.LANGUAGE))
            found.setdefault(matching(model.base), Word(model.base, Role.BASE))
        yield
        if len(found) > WORDS:
            break
    return found


def words_of_requests(instances: Collection[str]) -> dict[str, Word]:
    """The same for requests."""
    found = {word: Word(word, Role.STATE) for word in STATES}
    found |= {word: Word(word, Role.KIND) for word in sorted(KINDS)}
    found[MINE] = Word(MINE, Role.MINE)
    return found | {matching(name): Word(name, Role.INSTANCE) for name in islice(instances, WORDS)}


def meant(typed: Sequence[str], known: Mapping[str, Word]) -> tuple[Word, ...]:
    """What each word says: what is no word of ours is part of a name."""
    return tuple(known.get(matching(word).strip("#")) or Word(word, Role.NAME) for word in typed)


def like(word: str, known: Mapping[str, Word], judged: Judged) -> Work[list[str]]:
    """What a word may be meant as: words that filter, and names of models."""
    from rapidfuzz import fuzz  # only a typo needs it, the first answer does not

    parts, form = judged.instances.values(), matching(word)
    keys = yield from nearest(form, (Names(known), *(part.index.names for part in parts)), SOME)
    alike = {key: fuzz.ratio(form[:ALIKE], key[:ALIKE]) for key in keys}
    least = max(TYPO, max(alike.values(), default=0) - CLOSE)
    found = []
    for key in sorted((key for key in keys if alike[key] >= least), key=lambda key: -alike[key])[:LIKE]:
        named = (j.model.name for part in parts for j in part.at(part.index.names.equal(key)))
        found.append(known[key].text if key in known else next(named))
    return found


def corrected(typed: Sequence[str], likes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Filters with other words in place of those that say nothing, then without those, the likest first."""
    for place in range(LIKE):
        yield from _filter([_at(place, word, likes.get(word)) for word in typed])
    yield from _filter([_at(0, word, likes.get(word)) for word in typed if likes.get(word, [word])])
    yield from _filter([word for word in typed if word not in likes])


def _at(place: int, word: str, likes: Sequence[str] | None) -> str:
    return likes[min(place, len(likes) - 1)] if likes else word


def wider(typed: Sequence[str]) -> Iterator[str]:
    """Filters with one word less, then with one alone."""
    if len(typed) > 1:
        for place in range(len(typed)):
            yield from _filter([*typed[:place], *typed[place + 1 :]])
        for word in typed:
            yield from _filter([word])


def _filter(words: Sequence[str]) -> Iterator[str]:
    text = " ".join(" ".join(words).split())
    if text and len(text) <= LONGEST:
        yield text
