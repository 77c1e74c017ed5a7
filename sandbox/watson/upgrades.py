"""`upgrade_model`: conditions, duration and result (custom-upgrade.md)."""

from __future__ import annotations

from sandbox.watson.custom_models import IDLE, CustomModel, Operation
from sandbox.watson.failures import Refused
from sandbox.watson.state import Instance, World
from sandbox.watson.versions import must_recreate

BASIC_SECONDS = 10.0
SECONDS_PER_WORD = 0.1
"""An upgrade of a language model takes "on the order of minutes", by the number of words: 150 words, 25 seconds."""


def language_seconds(model: CustomModel) -> float:
    """Duration of a language model's upgrade, in seconds at speed 1."""
    return BASIC_SECONDS + SECONDS_PER_WORD * len(model.data.words)


def acoustic_seconds(model: CustomModel) -> float:
    """Duration of one pass over an acoustic model, in seconds at speed 1: as long as its audio."""
    return max(60.0, model.data.minutes(model.clock.now()) * 60)


def upgrade_language(world: World, instance: Instance, model: CustomModel) -> None:
    """Begins the upgrade of a language model. Raises `Refused`."""
    target = _refuse_in_general(instance, model)
    if model.base_model_name in instance.improved:
        raise Refused("improved_base", base=model.base_model_name)
    if target in model.versions:
        raise Refused("already_newest")
    _begin(world, model, language_seconds(model), target)


def upgrade_acoustic(
    world: World, instance: Instance, model: CustomModel, language_model: str | None, force: bool
) -> None:
    """Begin an upgrade of an acoustic model, alone or with a language model. Raises `Refused`.

    With a language model it is the last of the three steps: language model, acoustic model alone, both together.
    *force* is for that step only, if nothing was modified since the last training.
    """
    target = _refuse_in_general(instance, model)
    if language_model is None:
        linked = _linked(instance, model)
        if linked is not None and target not in linked.versions:
            raise Refused("language_model_behind")
        if target in model.versions:
            raise Refused("already_newest")
        _begin(world, model, acoustic_seconds(model), target)
        return
    partner = usable_language_model(instance, model, language_model)
    if _newest(instance, partner) != _newest(instance, model) or target not in model.versions:
        raise Refused("language_model_behind")
    if not model.modified and not force:
        raise Refused("nothing_modified")
    _begin(world, model, acoustic_seconds(model), target, partner.customization_id)


def usable_language_model(instance: Instance, model: CustomModel, id: str) -> CustomModel:
    """The language model in a request for acoustic *model*: owned, `available`, on the same base.

    Raises `Refused`. An id of another instance counts as unknown.
    """
    try:
        found = instance.find("language", id)
    except Refused as refused:
        if refused.name == "malformed_id":
            raise
        raise Refused("language_model_unusable") from refused
    if found.base_model_name != model.base_model_name:
        raise Refused("language_model_other_base")
    if found.status != "available":
        raise Refused("language_model_unusable")
    return found


def _refuse_in_general(instance: Instance, model: CustomModel) -> str:
    """The checks common to all upgrades; returns the version an upgrade would bring."""
    model.refuse_if_busy()
    if model.data.empty:
        raise Refused("no_data")
    if model.status not in IDLE:
        raise Refused("wrong_status", status=model.status)
    if model.base_model_name not in instance.base_models:
        raise Refused("base_gone", base=model.base_model_name)
    newest = _newest(instance, model)
    if newest is not None and must_recreate(model.base_model_name, newest):
        raise Refused("must_recreate", version=newest)
    return instance.versions.newest(model.base_model_name)


def _linked(instance: Instance, model: CustomModel) -> CustomModel | None:
    if model.language_model is None:
        return None
    known = (one for one in instance.models("language") if one.customization_id == model.language_model)
    return next(known, None)


def _newest(instance: Instance, model: CustomModel) -> str | None:
    return instance.versions.latest_of(model.base_model_name, model.versions)


def _begin(world: World, model: CustomModel, seconds: float, target: str, language_model: str | None = None) -> None:
    before = model.status
    outcome = world.faults.take_outcome(model.name)
    ends = None if outcome == "stuck" else world.clock.after(seconds)
    model.begin(Operation("upgrading", ends, outcome, before, target, language_model))
