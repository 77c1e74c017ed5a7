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
    """A corpus, grammar or audio resource."""

    name: str = ""
    status: str = ""


class Corpora(msgspec.Struct):
    """The answer to `GET …/corpora`."""

    corpora: list[Resource] = []


class Grammars(msgspec.Struct):
    """The answer to `GET …/grammars`."""

    grammars: list[Resource] = []


class Word(msgspec.Struct):
    """A word; that it has an error at all means that it blocks training."""

    word: str = ""
    error: Any = None


class Words(msgspec.Struct):
    """The answer to `GET …/words`."""

    words: list[Word] = []


class Audio(msgspec.Struct):
    """The answer to `GET …/audio`."""

    total_minutes_of_audio: float = 0.0
    audio: list[Resource] = []


class Recognized(msgspec.Struct):
    """The answer to `POST /v1/recognize`."""

    warnings: list[str] = []


class Refused(msgspec.Struct):
    """An error's body; any part of it may be missing, and gateways send something else altogether."""

    error: Any = None
    message: Any = None
    errorMessage: Any = None
