"""Fleets for tests: judged ones from judgements, and large ones."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.fleet import Key, Snapshot
from bot.domain.judged import Judged
from bot.domain.ranking import instance_of
from bot.domain.verdicts import Judgement
from bot.turns import at_once


def judged_of(judgements: Iterable[Judgement], snapshot: Snapshot | None = None) -> Judged:
    """The fleet that has exactly these judgements."""
    parts: dict[str, dict[Key, Judgement]] = {}
    deployments = {}
    for judgement in judgements:
        parts.setdefault(judgement.model.instance, {})[judgement.model.key] = judgement
        deployments[judgement.model.instance] = judgement.model.deployment
    made = {name: at_once(instance_of(name, deployments[name], by_key, {})) for name, by_key in parts.items()}
    return Judged(made, snapshot.instances if snapshot else {})
