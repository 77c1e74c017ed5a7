"""`train`: its conditions, what sets the status `failed`, and the effect on an improved base."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.watson.custom_models import CustomModel, Operation
from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON
from sandbox.watson.state import Instance, World
from sandbox.watson.upgrades import acoustic_seconds, usable_language_model
from sandbox.watson.versions import must_recreate

LEAST_MINUTES = 10
MOST_HOURS = {"cloud": 50, "cp4d": 200}
"""Limits of audio in an acoustic model (acoustic-create.md; IBM Cloud lowered its own in 2022)."""

_WHAT = {
    "invalid_corpus_files": "corpus files",
    "invalid_grammar_files": "grammar files",
    "invalid_words": "words",
    "invalid_audio_files": "audio files",
}


@dataclass(frozen=True, slots=True)
class LanguageTraining:
    """The options of a language model's training."""

    strict: bool = True
    force: bool = False
    weight: float | None = None


def language_seconds(model: CustomModel) -> float:
    """Duration of a language model's training, in seconds at speed 1: minutes, by its words and corpora."""
    total = sum(corpus.total_words for corpus in model.data.corpora.values())
    return 15 + len(model.data.words) / 8 + total / 20_000


def train_language(world: World, instance: Instance, model: CustomModel, asked: LanguageTraining) -> list[JSON]:
    """Begin a training; returns its `TrainingWarning`s. Raises `Refused`, after which the status may be `failed`."""
    model.refuse_if_busy()
    _refuse_empty(model)
    _refuse_recreate(instance, model)
    warnings = _check_resources(world, model, asked.strict)
    if not (model.modified or asked.force):
        _refuse_unmodified(world, model)
    improved = model.base_model_name in instance.improved
    target = instance.versions.newest(model.base_model_name)
    if asked.weight is not None:
        model.weight = asked.weight
    elif improved and target not in model.versions:
        model.weight = None  # a weight saved on the old version is dropped (custom-upgrade.md, improved bases)
    brought = target if improved and world.assumptions.training_extends_versions else None
    _begin(world, model, language_seconds(model), brought, None)
    return warnings


def train_acoustic(
    world: World, instance: Instance, model: CustomModel, language_model: str | None, strict: bool
) -> list[JSON]:
    """Begins a training of an acoustic model; as `train_language`."""
    model.refuse_if_busy()
    _refuse_empty(model)
    warnings = _check_resources(world, model, strict)
    minutes = model.data.minutes(world.clock.now())
    hours = MOST_HOURS[instance.deployment]
    if minutes < LEAST_MINUTES:
        model.fail()
        raise Refused("too_little_audio", minutes=f"{minutes:.1f}")
    if minutes > hours * 60:
        model.fail()
        raise Refused("too_much_audio", hours=hours)
    if language_model is not None:
        _check_language_model(instance, model, language_model)
    if not model.modified:
        _refuse_unmodified(world, model)
    _begin(world, model, acoustic_seconds(model), None, language_model)
    return warnings


def _check_resources(world: World, model: CustomModel, strict: bool) -> list[JSON]:
    invalid = model.data.invalid()
    if not invalid:
        return []
    if strict or not model.data.usable(world.clock.now()):
        model.fail()
        raise Refused("invalid_resources", names=", ".join(name for names in invalid.values() for name in names))
    return [
        {
            "code": code,
            "message": f"Analysis of the following {_WHAT[code]} has not completed successfully: "
            f"[{', '.join(names)}]. They will be excluded from custom {model.kind} model training.",
        }
        for code, names in invalid.items()
    ]


def _check_language_model(instance: Instance, model: CustomModel, id: str) -> None:
    try:
        partner = usable_language_model(instance, model, id)
        if not _same_version(instance, model, partner):
            raise Refused("language_model_other_base")
    except Refused as refused:
        if refused.name != "malformed_id":
            model.fail()
        raise


def _same_version(instance: Instance, one: CustomModel, other: CustomModel) -> bool:
    book = instance.versions
    return book.latest_of(one.base_model_name, one.versions) == book.latest_of(other.base_model_name, other.versions)


def _refuse_empty(model: CustomModel) -> None:
    """A training without data is refused and sets `failed`, as language-create.md and acoustic-create.md say."""
    if model.data.empty:
        model.fail()
        raise Refused("nothing_modified")


def _refuse_recreate(instance: Instance, model: CustomModel) -> None:
    newest = instance.versions.latest_of(model.base_model_name, model.versions)
    if newest is not None and must_recreate(model.base_model_name, newest):
        model.fail()
        raise Refused("must_recreate", version=newest)


def _refuse_unmodified(world: World, model: CustomModel) -> None:
    if world.assumptions.unmodified_training_fails:
        model.fail()
    raise Refused("nothing_modified")


def _begin(world: World, model: CustomModel, seconds: float, version: str | None, language_model: str | None) -> None:
    outcome = world.faults.take_outcome(model.name)
    ends = None if outcome == "stuck" else world.clock.after(seconds)
    model.begin(Operation("training", ends, outcome, "available", version, language_model))
