"""Facts beyond the service's lists: recognition warnings, versions of new models, and pairs of models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from bot.domain.fleet import Model

PREVIOUS = "Using previous version of base model"
REMOVED = "Using non-customized default base model"
"""The beginnings of the two recognition warnings. Only the beginning of the second is certain; the rest is known from
2018.
"""

CANARY = "retune-canary-"
"""Prefix of the models that Retune creates to see the newest version, and deletes again."""


class Stage(IntEnum):
    """What recognition with a custom model says about its version."""

    SILENT = 0
    """No warning. This does not prove that it is current."""
    PREVIOUS = 1
    """Served by an older version of the base model, for a limited time."""
    IGNORED = 2
    """The older version is gone: requests succeed, but the customization is ignored."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One recognition request to see a model's warning. *version* was the model's newest then."""

    ref: str
    version: str | None
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class Canary:
    """The version that *instance* gave to a new, empty custom model on *base*."""

    instance: str
    base: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Observations:
    """The latest probe of each model, and the latest canary of each instance and base.

    *links*: language model by acoustic model, as references, set by people.
    """

    probes: dict[str, Probe] = field(default_factory=dict)
    canaries: dict[tuple[str, str], Canary] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


NOTHING = Observations()


def stage_of(warnings: tuple[str, ...]) -> Stage:
    """The stage shown by the warnings of one recognition answer."""
    if any(warning.startswith(REMOVED) for warning in warnings):
        return Stage.IGNORED
    if any(warning.startswith(PREVIOUS) for warning in warnings):
        return Stage.PREVIOUS
    return Stage.SILENT


def partners(models: Iterable[Model], links: Mapping[str, str]) -> dict[str, Model]:
    """The partner of each model in a linked pair on different versions, by reference; *links* as in `Observations`.

    Recognition with both uses the older version, the one they share.
    """
    known = {model.ref: model for model in models} if links else {}
    found: dict[str, Model] = {}
    for acoustic, language in links.items():
        one, other = known.get(acoustic), known.get(language)
        if one is not None and other is not None and one.newest != other.newest:
            found[acoustic], found[language] = other, one
    return found
