"""The service's answers, as far as we read them, record by record: one that makes no sense hides no other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from bot.domain.catalog import Deployment
from bot.domain.fleet import Holdings, Kind, Listed, Model, Unreadable

T = TypeVar("T")

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


class Recognized(msgspec.Struct):
    """The answer to `POST /v1/recognize`."""

    warnings: list[Any] = []


class Refused(msgspec.Struct):
    """An error's body; any part of it may be missing, and gateways send something else altogether."""

    error: Any = None
    message: Any = None
    errorMessage: Any = None


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
        base=sent.base_model_name,
        language=sent.language or sent.base_model_name[:5],
        status=sent.status,
        versions=None if sent.versions is None else tuple(sent.versions),
        created=moment(sent.created),
        updated=moment(sent.updated),
        owner=_text(sent.owner),
        description=_text(sent.description),
        error="" if sent.error is None else str(sent.error),
    )


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


def resources(raws: Iterable[msgspec.Raw]) -> list[Resource]:
    """What a model holds. A record that makes no sense counts as held, and nothing is said of its state."""
    found = []
    for raw in raws:
        try:
            found.append(msgspec.json.decode(raw, type=Resource))
        except BAD:
            found.append(Resource())
    return found


def audio(sent: Resources) -> Holdings:
    """What an acoustic model holds."""
    held, minutes = resources(sent.audio), sent.total_minutes_of_audio
    sound = isinstance(minutes, int | float) and math.isfinite(minutes) and minutes > 0
    return Holdings(
        recordings=len(held),
        audio_minutes=float(minutes) if sound else 0.0,
        processing=_named(held, "being_processed"),
        invalid=_named(held, "invalid"),
    )


def texts(corpora: Resources, words: Resources, grammars: Resources) -> Holdings:
    """What a language model holds."""
    listed, said = [*resources(corpora.corpora), *resources(grammars.grammars)], resources(words.words)
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
