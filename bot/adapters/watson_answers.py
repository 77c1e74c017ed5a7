"""The service's answers, as far as we read them. What is not promised has a default; what is wrong does not decode."""

from __future__ import annotations

from typing import Any

import msgspec


class CustomModel(msgspec.Struct):
    """`LanguageModel` and `AcousticModel` as the service sends them; only the id is promised."""

    customization_id: str
    name: str = ""
    base_model_name: str = ""
    language: str = ""
    status: str = ""
    versions: list[str] | None = None
    created: str | None = None
    updated: str | None = None
    owner: str = ""
    description: str | None = None
    error: Any = None


class CustomModels(msgspec.Struct):
    """The answer to both list calls."""

    customizations: list[CustomModel]


class SpeechModelName(msgspec.Struct):
    """A base model, as far as we need it."""

    name: str


class SpeechModels(msgspec.Struct):
    """The answer to `GET /v1/models`."""

    models: list[SpeechModelName]


class Resource(msgspec.Struct):
    """A corpus, grammar or audio resource; or a word, which has a *word* and, if it blocks training, an *error*."""

    name: str = ""
    status: str = ""
    word: str = ""
    error: Any = None


class Resources(msgspec.Struct):
    """The answer to `GET …/corpora`, `…/grammars`, `…/words` or `…/audio`: each fills its own field."""

    corpora: list[Resource] = []
    grammars: list[Resource] = []
    words: list[Resource] = []
    audio: list[Resource] = []
    total_minutes_of_audio: float = 0.0


class Recognized(msgspec.Struct):
    """The answer to `POST /v1/recognize`."""

    warnings: list[str] = []


class Refused(msgspec.Struct):
    """An error's body; any part of it may be missing, and gateways send something else altogether."""

    error: Any = None
    message: Any = None
    errorMessage: Any = None
