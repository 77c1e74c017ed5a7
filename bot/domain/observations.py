"""What is known beyond the service's lists: recognition warnings, versions of new models, which models are pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from bot.domain.fleet import Model

PREVIOUS = "Using previous version of base model"
REMOVED = "Using non-customized default base model"
"""How the two warnings of recognition begin; the rest of the second is known from 2018 only."""

CANARY = "retune-canary-"
"""How the names of the models begin that Retune creates to see the newest version, and deletes again."""


class Stage(IntEnum):
    """What recognition with a custom model says of its version."""

    SILENT = 0
    """No warning. That is no proof of being current."""
    PREVIOUS = 1
    """Served by an older version of the base model, for a limited time."""
    IGNORED = 2
    """The older version is gone: requests succeed, and the customization is ignored."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One recognition request with a model, made to see its warning. *version* is the model's newest then."""

    ref: str
    version: str | None
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class Canary:
    """The version that a new, empty custom model on *base* was given by *instance*."""

    instance: str
    base: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Observations:
    """The newest probe of each model, the newest canary of each instance and base.

    *links*: language model by acoustic model, as references, as people told.
    """

    probes: dict[str, Probe] = field(default_factory=dict)
    canaries: dict[tuple[str, str], Canary] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


NOTHING = Observations()


def stage_of(warnings: tuple[str, ...]) -> Stage:
    """What the warnings of one recognition answer mean."""
    if any(warning.startswith(REMOVED) for warning in warnings):
        return Stage.IGNORED
    if any(warning.startswith(PREVIOUS) for warning in warnings):
        return Stage.PREVIOUS
    return Stage.SILENT


def partners(models: Iterable[Model], links: Mapping[str, str]) -> dict[str, Model]:
    """For both halves of each linked pair (*links* as in `Observations`) on different versions: the other half, by ref.

    Recognition with both uses the older version, because that is what they share.
    """
    known = {model.ref: model for model in models} if links else {}
    found: dict[str, Model] = {}
    for acoustic, language in links.items():
        one, other = known.get(acoustic), known.get(language)
        if one is not None and other is not None and one.newest != other.newest:
            found[acoustic], found[language] = other, one
    return found
