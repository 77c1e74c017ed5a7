"""Pairs: an acoustic model and the language model that it is used with."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.fleet import Model, Snapshot


def partners(snapshot: Snapshot, links: Mapping[str, str]) -> dict[str, Model]:
    """For both halves of each linked pair on different versions: the other half, by reference.

    "Only one upgraded": recognition with both uses the older version, because that is what they share.
    *links* has language models by acoustic models, as references.
    """
    if not links:
        return {}
    known = {model.ref: model for model in snapshot.models}
    found: dict[str, Model] = {}
    for acoustic, language in links.items():
        one, other = known.get(acoustic), known.get(language)
        if one is not None and other is not None and one.newest != other.newest:
            found[acoustic], found[language] = other, one
    return found
