"""Finding: the models that a person means by what they typed, whole or in part, and choices while they type."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from bot.domain.judged import Judged
from bot.domain.model_filter import Listing, passing
from bot.domain.ranking import JudgedInstance
from bot.domain.search import FAR, mask, nearest
from bot.domain.search import places as all_of
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import Judgement
from bot.turns import Work

OFFERED = 100
"""Slack's limit for the choices of one menu."""

NEAR = 3
"""Models offered for a name that no model has."""


def forms_of(readings: Sequence[str]) -> list[str]:
    """The readings of what was typed, in the form that is searched; as typed first, no empty ones."""
    return [form for form in dict.fromkeys(map(matching, readings)) if form]


def fitting(wanted: Sequence[str], judged: Judged, most: int) -> Work[tuple[int, list[Judgement]]]:
    """How many models one of the readings (`forms_of`) means, and the first *most* of them.

    By id or reference, else by whole name, else by a part of it.
    """
    for step in (_by_id, _by_name, _by_part):
        for form in wanted:
            count, found = 0, list[Judgement]()
            for part in judged.instances.values():
                places = step(part, form)
                count += places.bit_count()
                found += islice(part.at(places), max(0, most - len(found)))
                yield
            if count:
                return count, found
    return 0, []


def like(wanted: Sequence[str], judged: Judged, most: int = NEAR) -> Work[list[Judgement]]:
    """The models with the names nearest to the cleanest reading, one for each name."""
    if not wanted:
        return []
    parts = judged.instances.values()
    keys = yield from nearest(wanted[-1], (part.index.names for part in parts), most)
    return [next(j for part in parts for j in part.at(part.index.names.equal(key))) for key in keys]


def offered(readings: Sequence[str], judged: Judged, *, upgrading: bool = False) -> Work[list[Judgement]]:
    """At most `OFFERED` models to choose from, while a person types: the worst ones where nothing is typed yet.

    *upgrading*: those that can be upgraded come first. For a typed text: models with that name or id, then those that
    its words filter or whose names contain it; if there are none, those with the nearest names.
    """
    wanted = forms_of(readings)
    whole: list[Judgement] = []
    for step in (_by_id, _by_name):
        for form in wanted:
            for part in judged.instances.values():
                whole += islice(part.at(step(part, form)), max(0, OFFERED - len(whole)))
                yield
    words = wanted[-1].split() if wanted else []
    by_words = yield from passing(judged, words, lambda _: False)
    filtered = {part.name: places for part, places in by_words.parts}
    parts: list[tuple[JudgedInstance, int]] = []
    for part in judged.instances.values():
        places = filtered.get(part.name, 0)
        for form in wanted:
            places |= _by_part(part, form)
            yield
        parts.append((part, places))
    listing = Listing(parts)
    yield
    before = listing.upgradable().first(OFFERED) if upgrading else []
    found = {judgement.model.ref: judgement for judgement in (*whole, *before, *listing.first(OFFERED))}
    if not found:
        return (yield from like(wanted, judged, OFFERED // 10))
    return list(islice(found.values(), OFFERED))


def _by_id(part: JudgedInstance, form: str) -> int:
    places = mask(part.index.ids.get(form.rpartition("/")[2], ()))
    if places and "/" in form:  # a reference, not an id
        places = mask([one for one in all_of(places) if matching(part.ranked[one].model.ref) == form])
    return places


def _by_name(part: JudgedInstance, form: str) -> int:
    return part.index.names.equal(form[:FAR])


def _by_part(part: JudgedInstance, form: str) -> int:
    return part.index.names.having(form[:FAR])
