"""The service's answers, as far as we read them, record by record: an unreadable one does not hide others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any, TypeVar

import msgspec

from bot.domain.answers import reason_in, status_in, unreadable
from bot.domain.catalog import Deployment
from bot.domain.fleet import Holdings, Kind, Listed, Model, Unreadable
from bot.domain.words import Word
from bot.turns import Work

T = TypeVar("T")

PIECE = 50
"""Records read before the event loop gets a turn, in half a millisecond."""

KEPT = 2000
"""Characters kept of a record's display-only text; no more is ever shown."""

BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Exceptions of decoding, including for deep nesting."""


class CustomModel(msgspec.Struct):
    """`LanguageModel` and `AcousticModel` as the service sends them; only the id is guaranteed."""

    customization_id: str
    name: str | None = None
    base_model_name: str = ""
    language: str | None = None
    status: str = ""
    versions: list[str] | None = None
    created: Any = None
    updated: Any = None
    owner: Any = None
    description: Any = None
    error: Any = None


class CustomModels(msgspec.Struct):
    """The answer to both list calls."""

    customizations: list[msgspec.Raw]


class SpeechModelName(msgspec.Struct):
    """A base model, with the fields we need."""

    name: str


class SpeechModels(msgspec.Struct):
    """The answer to `GET /v1/models`."""

    models: list[msgspec.Raw]


class Resource(msgspec.Struct):
    """A corpus, grammar or audio resource; or a word, with a *word* and, if it blocks training, an *error*."""

    name: str = ""
    status: str = ""
    word: str = ""
    error: Any = None


class Resources(msgspec.Struct):
    """The answer to `GET …/corpora`, `…/grammars`, `…/words` or `…/audio`: each fills its own field."""

    corpora: list[msgspec.Raw] = []
    grammars: list[msgspec.Raw] = []
    words: list[msgspec.Raw] = []
    audio: list[msgspec.Raw] = []
    total_minutes_of_audio: Any = 0.0


class CustomWord(msgspec.Struct):
    """The answer to `GET …/words/{word_name}`, as far as it is read."""

    word: str
    sounds_like: list[str] = []
    display_as: str = ""


class Recognized(msgspec.Struct):
    """The answer to `POST /v1/recognize`."""

    warnings: list[Any] = []


def word(sent: CustomWord) -> Word:
    """A custom word."""
    return Word(sent.word, tuple(sent.sounds_like), sent.display_as)


def model(instance: str, deployment: Deployment, kind: Kind, raw: bytes | msgspec.Raw) -> Model:
    """One custom model. Raises one of `BAD` for an unreadable record."""
    sent = msgspec.json.decode(raw, type=CustomModel)
    if not sent.customization_id.strip():
        raise msgspec.ValidationError("it has no id")
    return Model(
        instance=instance,
        deployment=deployment,
        kind=kind,
        id=sent.customization_id,
        name=sent.name or sent.customization_id,
        base=intern(sent.base_model_name),
        language=intern(sent.language or sent.base_model_name[:5]),
        status=intern(sent.status),
        versions=None if sent.versions is None else _once(tuple(sent.versions)),
        created=moment(sent.created),
        updated=moment(sent.updated),
        owner=intern(_text(sent.owner)[:KEPT]),
        description=_text(sent.description)[:KEPT],
        error=_reason(sent.error),
    )


def _reason(error: object) -> str:
    """The error of a model: the service puts JSON into a string there, which no person wants to read."""
    if error is None or error == "":
        return ""
    return reason_in(error) or unreadable(status_in(error) if isinstance(error, str) else None)


@lru_cache(maxsize=4096)
def _once(versions: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for equal versions: thousands of models share them."""
    return tuple(map(intern, versions))


@dataclass(frozen=True, slots=True)
class Sent:
    """A list of models: the digest of the bytes, its models, and each by the hash of its record.

    Python keys the hash differently in each process, and it has 64 bits: collisions can't be forged.
    """

    seen: bytes = b""
    models: Listed[Model] = field(default_factory=lambda: Listed(()))
    records: Mapping[int, Model] = field(default_factory=dict)


def models_in(
    raws: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], Model], kind: Kind, before: Mapping[int, Model]
) -> Work[tuple[Listed[Model], dict[int, Model]]]:
    """The models of a list, and each by the hash of its record; records as *before* are not read again."""
    items: list[Model] = []
    unreadable: list[Unreadable] = []
    sent: dict[int, Model] = {}
    for number, raw in enumerate(raws):
        seen = hash(bytes(raw))
        try:
            model = before.get(seen) or read(raw)
        except BAD as error:
            unreadable.append(Unreadable(f"{kind} model", _id(raw, "customization_id"), str(error)))
        else:
            items.append(model)
            sent[seen] = model
        if number % PIECE == 0:
            yield
    return Listed(tuple(items), tuple(unreadable)), sent


def listed(raws: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], T], what: str, key: str) -> Listed[T]:
    """Every readable record, and the others by their identifying text in *key*."""
    items, unreadable = [], []
    for raw in raws:
        try:
            items.append(read(raw))
        except BAD as error:
            unreadable.append(Unreadable(what, _id(raw, key), str(error)))
    return Listed(tuple(items), tuple(unreadable))


def base_name(raw: msgspec.Raw) -> str:
    """The name of a base model."""
    return msgspec.json.decode(raw, type=SpeechModelName).name


def resources(raws: Iterable[msgspec.Raw]) -> Work[list[Resource]]:
    """A model's contents. An unreadable record counts as contained, with unknown state."""
    found: list[Resource] = []
    for raw in raws:
        try:
            found.append(msgspec.json.decode(raw, type=Resource))
        except BAD:
            found.append(Resource())
        if len(found) % PIECE == 0:
            yield
    return found


def audio(sent: Resources) -> Work[Holdings]:
    """The contents of an acoustic model."""
    held, minutes = (yield from resources(sent.audio)), sent.total_minutes_of_audio
    sound = isinstance(minutes, int | float) and math.isfinite(minutes) and minutes > 0
    return Holdings(
        recordings=len(held),
        audio_minutes=float(minutes) if sound else 0.0,
        processing=_named(held, "being_processed"),
        invalid=_named(held, "invalid"),
    )


def texts(corpora: Resources, words: Resources, grammars: Resources) -> Work[Holdings]:
    """The contents of a language model."""
    listed = [*(yield from resources(corpora.corpora)), *(yield from resources(grammars.grammars))]
    said = yield from resources(words.words)
    return Holdings(
        corpora=len(corpora.corpora),
        words=len(said),
        grammars=len(grammars.grammars),
        processing=_named(listed, "being_processed"),
        invalid=(*_named(listed, "undetermined"), *(word.word for word in said if word.error)),
    )


def _named(found: Iterable[Resource], status: str) -> tuple[str, ...]:
    return tuple(resource.name for resource in found if resource.status == status)


def _id(raw: msgspec.Raw, key: str) -> str:
    try:
        record = msgspec.json.decode(raw)
    except BAD:
        return ""
    return _text(record.get(key)) if isinstance(record, dict) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def moment(value: Any) -> datetime | None:
    """A time from the service, in UTC if it has no zone; None if it is not a time."""
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
