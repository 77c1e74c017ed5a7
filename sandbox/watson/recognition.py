"""Recognition: the versions of base and custom models for a request, and its warnings."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.watson.custom_models import CustomModel
from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON
from sandbox.watson.state import Instance, World
from sandbox.watson.versions import must_recreate

PREVIOUS_VERSION = (
    "Using previous version of base model, because your custom model has been built with it. Please note that this "
    "version will be supported only for a limited time. Consider updating your custom model to the new base model. "
    "If you do not do that you will be automatically switched to base model when you used the non-updated custom model."
)
"""Stage 1: an old version that is still there (docstring of `SpeechRecognitionResults` in IBM's SDK)."""

NON_CUSTOMIZED = (
    "Using non-customized default base model, because your custom {type} model has been built with a version of the "
    "base model that is no longer supported."
)
"""Stage 2: the old version was removed (release-notes.md, 13 July 2018)."""

_SAID = {
    "de": "vielen dank für ihren anruf",
    "es": "gracias por llamar",
    "fr": "merci de votre appel",
    "ja": "お電話ありがとうございます",
    "zh": "感谢您的来电",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What recognition uses: *base* at *version*, with *customized* models, and the *warnings* for it."""

    base: str
    version: str
    customized: tuple[CustomModel, ...]
    warnings: tuple[str, ...] = ()


def choose(
    world: World,
    instance: Instance,
    base: str,
    language_model: CustomModel | None,
    acoustic_model: CustomModel | None,
    version: str | None,
) -> Choice:
    """Decides as custom-upgrade-use.md describes. Raises `Refused`.

    *version* is `base_model_version`. Without it a custom model gets its newest version, and two get the newest they
    share.
    """
    models = [model for model in (language_model, acoustic_model) if model is not None]
    for model in models:
        _check(world, instance, model, base)
    book = instance.versions
    if not models:
        if version is not None and (version not in book.of(base) or book.is_removed(version)):
            raise Refused("unknown_version", version=version)
        return Choice(base, version or book.newest(base), ())
    shared = [one for one in models[0].versions if all(one in model.versions for model in models[1:])]
    if not shared:
        raise Refused("no_common_version")
    if version is not None:
        if version not in shared or book.is_removed(version):
            raise Refused("unknown_version", version=version)
        return Choice(base, version, tuple(models))
    used = book.latest_of(base, shared) or shared[-1]
    if book.is_removed(used):
        texts = tuple(NON_CUSTOMIZED.format(type=model.kind) for model in models)
        return Choice(base, book.newest(base), (), texts)
    warnings = () if used == book.newest(base) else (PREVIOUS_VERSION,)
    return Choice(base, used, tuple(models), warnings)


def transcript(choice: Choice) -> str:
    """The transcript: a greeting, with a word of the custom language model if it was used."""
    greeting = _SAID.get(choice.base[:2], "thank you for calling")
    for model in choice.customized:
        words = sorted((w for w in model.data.words.values() if "user" in w.source), key=lambda w: w.word)
        if model.kind == "language" and words:
            return f"{greeting} {words[0].display_as or words[0].word} "
    return f"{greeting} "


def result(choice: Choice, in_query: tuple[str, ...], in_metadata: tuple[str, ...] = (), *, files: int = 1) -> JSON:
    """`SpeechRecognitionResults` of the API for that many *files*, with a warning of each unknown argument."""
    said = (("Unknown url query arguments", in_query), ("Unknown arguments", in_metadata))
    warnings = [*(f"{what}: {', '.join(names)}." for what, names in said if names), *choice.warnings]
    alternatives = [{"transcript": transcript(choice), "confidence": 0.94 if choice.customized else 0.81}]
    found: JSON = {"result_index": 0, "results": [{"final": True, "alternatives": alternatives} for _ in range(files)]}
    return found | ({"warnings": warnings} if warnings else {})


def _check(world: World, instance: Instance, model: CustomModel, base: str) -> None:
    if model.base_model_name != base:
        raise Refused("other_base", custom=model.base_model_name, base=base)
    newest = instance.versions.latest_of(base, model.versions)
    if newest is not None and must_recreate(base, newest):
        raise Refused("recognition_recreate", version=newest)
    changed = model.trained and model.status == "ready" and world.assumptions.changed_model_recognizes
    if not (model.recognizes or changed):
        raise Refused(f"{model.kind}_model_not_trained")
