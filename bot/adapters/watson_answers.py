"""The service's answers, as far as we read them, record by record: one that makes no sense hides no other."""

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
"""Records that are read between two rests, in half a millisecond."""

KEPT = 2000
"""Characters of what is only shown that are kept of one record; nobody is shown more."""

BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises, also for what is nested too deep."""


class CustomModel(msgspec.Struct):
    """`LanguageModel` and `AcousticModel` as the service sends them; only the id is promised."""

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
    """A base model, as far as we need it."""

    name: str


class SpeechModels(msgspec.Struct):
    """The answer to `GET /v1/models`."""

    models: list[msgspec.Raw]


class Resource(msgspec.Struct):
    """A corpus, grammar or audio resource; or a word, which has a *word* and, if it blocks training, an *error*."""

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
    """The answer to `GET …/words/{word_name}`, as far as we read it."""

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
    """One custom model. Raises what is in `BAD` for a record that makes no sense."""
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
    """What is wrong with a model: the service puts JSON into a string there, which nobody wants to read."""
    if error is None or error == "":
        return ""
    return reason_in(error) or unreadable(status_in(error) if isinstance(error, str) else None)


@lru_cache(maxsize=4096)
def _once(versions: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for equal versions: thousands of models have the same."""
    return tuple(map(intern, versions))


@dataclass(frozen=True, slots=True)
class Sent:
    """A list of models: the digest of what was sent, its models, and each by the hash of its record.

    Python keys the hash anew for each process, and it has 64 bits: nobody can make two records alike.
    """

    seen: bytes = b""
    models: Listed[Model] = field(default_factory=lambda: Listed(()))
    records: Mapping[int, Model] = field(default_factory=dict)


def models_in(
    raws: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], Model], kind: Kind, before: Mapping[int, Model]
) -> Work[tuple[Listed[Model], dict[int, Model]]]:
    """The models of a list, and each by the hash of its record; those that are as *before* are not read again."""
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
    """Every record that *read* can read, and the others by what identifies them: the text of *key*."""
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
    """What a model holds. A record that makes no sense counts as held, and nothing is said of its state."""
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
    """What an acoustic model holds."""
    held, minutes = (yield from resources(sent.audio)), sent.total_minutes_of_audio
    sound = isinstance(minutes, int | float) and math.isfinite(minutes) and minutes > 0
    return Holdings(
        recordings=len(held),
        audio_minutes=float(minutes) if sound else 0.0,
        processing=_named(held, "being_processed"),
        invalid=_named(held, "invalid"),
    )


def texts(corpora: Resources, words: Resources, grammars: Resources) -> Work[Holdings]:
    """What a language model holds."""
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
    """A moment of the service's, in UTC where it names no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
