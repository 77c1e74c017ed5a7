"""Base models: generations, supported customizations, and their descriptions in `GET /v1/models`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from sandbox.watson.resources import JSON

Deployment = Literal["cloud", "cp4d"]
Generation = Literal["previous", "next", "large"]

_PREVIOUS = re.compile(r"^[a-z]{2}-[A-Z]{2}(_ShortForm)?_(Broadband|Narrowband)Model$")
_NEXT = re.compile(r"^[a-z]{2}-[A-Z]{2}(_Medical)?_(Telephony|Multimedia)$")

_NEXT_NAMES = """
    ar-MS_Telephony cs-CZ_Telephony de-DE_Multimedia de-DE_Telephony en-AU_Multimedia en-AU_Telephony
    en-GB_Multimedia en-GB_Telephony en-IN_Telephony en-US_Multimedia en-US_Telephony en-WW_Medical_Telephony
    es-ES_Multimedia es-ES_Telephony es-LA_Telephony fr-CA_Multimedia fr-CA_Telephony fr-FR_Multimedia
    fr-FR_Telephony hi-IN_Telephony it-IT_Multimedia it-IT_Telephony ja-JP_Multimedia ja-JP_Telephony
    ko-KR_Multimedia ko-KR_Telephony nl-BE_Telephony nl-NL_Multimedia nl-NL_Telephony pt-BR_Multimedia
    pt-BR_Telephony sv-SE_Telephony zh-CN_Telephony
"""
_LARGE_NAMES = """
    de-DE en-AU en-GB en-IN en-US es-AR es-CL es-CO es-ES es-MX es-PE fr-CA fr-FR it-IT ja-JP nl-NL pt-BR pt-PT
"""

NOT_IN_LANGUAGE_MODELS = frozenset({"ar-MS_BroadbandModel", "zh-CN_BroadbandModel", "zh-CN_NarrowbandModel"})
"""Bases that support custom acoustic models only (custom-support.md, table 1)."""

UNCERTAIN_LARGE = frozenset({"it-IT", "nl-NL"})
"""Large models in the table of models but not in the table of customization; not customizable here."""

_DATED = """
    en-AU_Multimedia en-AU_Telephony en-IN_Telephony en-GB_Multimedia en-GB_Telephony en-US_Multimedia
    en-US_Telephony ja-JP_Multimedia ja-JP_Telephony
"""
_BY_NOTE_AND_LIST = """
    fr-FR_Multimedia fr-FR_Telephony de-DE_Multimedia de-DE_Telephony pt-BR_Multimedia pt-BR_Telephony
    fr-CA_Multimedia
"""
IMPROVED: Mapping[Deployment, frozenset[str]] = {
    # custom-support.md has dates for nine; for the others, a release note and custom.md agree.
    "cloud": frozenset((*_DATED.split(), *_BY_NOTE_AND_LIST.split())),
    "cp4d": frozenset(_DATED.split()),
}
"""Bases with improved customization: their custom language models are upgraded by training."""

RETIRED_NAMES = frozenset({"ar-AR_BroadbandModel", "en-UK_BroadbandModel", "en-UK_NarrowbandModel"})
"""Refused since 20 January 2023 (release-notes.md)."""

_LANGUAGES: Mapping[str, str] = {
    "ar-MS": "Modern Standard Arabic",
    "cs-CZ": "Czech",
    "de-DE": "German",
    "en-AU": "Australian English",
    "en-GB": "UK English",
    "en-IN": "Indian English",
    "en-US": "US English",
    "en-WW": "English",
    "es-AR": "Argentinian Spanish",
    "es-CL": "Chilean Spanish",
    "es-CO": "Colombian Spanish",
    "es-ES": "Castilian Spanish",
    "es-LA": "Latin American Spanish",
    "es-MX": "Mexican Spanish",
    "es-PE": "Peruvian Spanish",
    "fr-CA": "Canadian French",
    "fr-FR": "French",
    "hi-IN": "Indian Hindi",
    "it-IT": "Italian",
    "ja-JP": "Japanese",
    "ko-KR": "Korean",
    "nl-BE": "Belgian Dutch",
    "nl-NL": "Netherlands Dutch",
    "pt-BR": "Brazilian Portuguese",
    "pt-PT": "Portuguese",
    "sv-SE": "Swedish",
    "zh-CN": "Mandarin Chinese",
}


def generation(base: str) -> Generation:
    """The generation, judged by the name."""
    if _PREVIOUS.match(base):
        return "previous"
    return "next" if _NEXT.match(base) else "large"


def language(base: str) -> str:
    """The first five characters: `en-US`."""
    return base[:5]


def rate(base: str) -> int:
    """The lowest sampling rate of audio, in Hz; large models take 8 and 16 kHz."""
    return 16000 if base.endswith(("BroadbandModel", "_Multimedia")) else 8000


def served(deployment: Deployment) -> list[str]:
    """The base models that every instance of *deployment* offers; those of the previous generation are added.

    German is the one large model without a mention for Cloud Pak for Data.
    """
    large = [name for name in _LARGE_NAMES.split() if not (deployment == "cp4d" and name == "de-DE")]
    return [*_NEXT_NAMES.split(), *large]


def takes_language_models(base: str) -> bool:
    """Whether custom language models can be made on *base*."""
    return base not in NOT_IN_LANGUAGE_MODELS and base not in UNCERTAIN_LARGE


def takes_acoustic_models(base: str) -> bool:
    """Whether custom acoustic models can be made on *base*: previous generation only."""
    return generation(base) == "previous"


def takes_grammars(base: str) -> bool:
    """Whether grammars can be added to custom language models on *base*: not on large models."""
    return generation(base) != "large"


def dialects(base: str) -> tuple[str, ...]:
    """The dialects that a custom language model on *base* may have; the first is the default."""
    if generation(base) == "previous" and language(base).startswith("es-"):
        return ({"es-ES": "es-ES", "es-MX": "es-US"}.get(language(base), "es-LA"),)
    return (language(base),)


def describe(base: str, url: str) -> JSON:
    """`SpeechModel` of the API; *url* is the service URL of the instance. It has no version and no date."""
    made = generation(base)
    features: JSON = {
        "custom_language_model": takes_language_models(base),
        "custom_acoustic_model": takes_acoustic_models(base),
        "speaker_labels": True,
    }
    if made != "previous":
        features["low_latency"] = made == "next"
    spoken = _LANGUAGES.get(language(base), language(base))
    kind = {"previous": base.rpartition("_")[2].removesuffix("Model").lower(), "large": "large speech"}.get(
        made, base.rpartition("_")[2].lower()
    )
    return {
        "name": base,
        "language": language(base),
        "rate": rate(base),
        "url": f"{url}/v1/models/{base}",
        "supported_features": features,
        "description": f"{spoken} {kind} model.",
    }
