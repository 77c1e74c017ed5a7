"""`SpeechService` over httpx: the paths of the customization API, IBM's own authenticators, our own errors.

Reads are retried on 429, 5xx and lost connections, with backoff and `Retry-After`. A request that begins something is
sent once: if no answer is conclusive (`watson_proof`), it raises `OutcomeUnknown` and the caller reads first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from bot.adapters.watson_answers import (
    BAD,
    CustomModel,
    CustomModels,
    CustomWord,
    Recognized,
    Resources,
    Sent,
    SpeechModels,
    audio,
    base_name,
    listed,
    models_in,
    texts,
)
from bot.adapters.watson_answers import model as record
from bot.adapters.watson_answers import word as word_of
from bot.adapters.watson_errors import facts, refusal, transaction, unproven, without_token
from bot.adapters.watson_proof import ADDED, BEGUN, OwnRefusalsOnly, Proof, is_own, proof_of
from bot.adapters.watson_routes import unreachable
from bot.adapters.watson_tone import one_second
from bot.domain.catalog import Deployment
from bot.domain.fleet import Holdings, Kind, Listed, Model
from bot.domain.plans import Action
from bot.domain.words import Word
from bot.errors import (
    AnswerUnreadable,
    CredentialsRefused,
    ModelDenied,
    ModelGone,
    OutcomeUnknown,
    PlanRefused,
    RecordUnreadable,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
)
from bot.ports import Receipt
from bot.turns import behind, in_turns

T = TypeVar("T")

BREATH = 1.0
"""Seconds before a read is repeated after a refusal that contradicts a recent success."""

Subject = tuple[Kind, str]
"""The custom model a request is about: its kind and id."""

ROOTS: Mapping[Kind, str] = {"language": "customizations", "acoustic": "acoustic_customizations"}


class WatsonSpeech:
    """One instance."""

    def __init__(
        self, name: str, deployment: Deployment, client: httpx.AsyncClient, url: str, auth: httpx.Auth
    ) -> None:
        self._name = name
        self.deployment: Deployment = deployment
        self._client = client
        self._url = url
        self._auth = auth
        self._worked = False
        self._lists: dict[Kind, Sent] = {}
        """The last lists: most of a list is the same the next time."""

    async def models(self, kind: Kind) -> Listed[Model]:
        """All custom models of one kind; the list is not paged."""
        return await self._listed(kind, await self._read(f"/v1/{ROOTS[kind]}"))

    async def _listed(self, kind: Kind, response: httpx.Response) -> Listed[Model]:
        seen, last = blake2b(response.content).digest(), self._lists.get(kind, Sent())
        if seen == last.seen:
            return last.models
        read = partial(record, self._name, self.deployment, kind)
        async with behind():
            answer = self._decoded(response, CustomModels)
            models, records = await in_turns(models_in(answer.customizations, read, kind, last.records))
        models = replace(models, size=response.num_bytes_downloaded)
        self._lists[kind] = Sent(seen, models, records)
        return models

    async def model(self, kind: Kind, id: str) -> Model:
        """One custom model. Raises `ModelGone` only if the service says so and its list, which works, lacks it."""
        response = await self._read(_path(kind, id), about=(kind, id))
        self._decoded(response, dict)  # otherwise it is not an answer of the service
        try:
            return record(self._name, self.deployment, kind, response.content)
        except BAD as error:
            text = f"{self._name} sends an unreadable record of {id} ({error})."
            raise RecordUnreadable(text, instance=self._name, transaction=transaction(response)) from error

    async def bases(self) -> Listed[str]:
        """The base models that the instance still offers."""
        answer = self._decoded(await self._read("/v1/models"), SpeechModels)
        return listed(answer.models, base_name, "base model", "name")

    async def holdings(self, model: Model) -> Holdings:
        """A model's contents, from the calls that list its resources."""
        if model.kind == "acoustic":
            return await in_turns(audio(await self._list(model, "audio")))
        paths = ("corpora", "words?word_type=user", "grammars")
        return await in_turns(texts(*await asyncio.gather(*(self._list(model, path) for path in paths))))

    async def _list(self, model: Model, what: str) -> Resources:
        """Large models and some clusters have no grammars and may refuse to list them."""
        try:
            about = (model.kind, model.id)
            return self._decoded(await self._read(_path(*about, what), about=about), Resources)
        except RequestRefused:
            if what != "grammars":
                raise
            return Resources()

    async def begin(
        self,
        action: Action,
        kind: Kind,
        id: str,
        *,
        language_id: str | None = None,
        force: bool = False,
        lenient: bool = False,
    ) -> Receipt:
        """Send the one request of a step."""
        training = action in (Action.TRAIN, Action.FORCE_TRAIN)
        query = {}
        if language_id is not None:
            query["custom_language_model_id"] = language_id
        if force:
            query["force"] = "true"
        if lenient:
            query["strict"] = "false"
        path = _path(kind, id, "train" if training else "upgrade_model")
        return await self._taken(await self._write("POST", path, params=query), (kind, id))

    async def word(self, id: str, word: str) -> Word | None:
        """A word by its name; the service answers 400 for one that it does not have."""
        response = await self._get(_path("language", id, "words", _part(word)))
        if response.status_code in (400, 404) and is_own(response):
            return None
        await self._check(response, ("language", id))
        return word_of(self._decoded(response, CustomWord))

    async def add_word(self, id: str, word: Word) -> Receipt:
        """The call for one word, which is done at once and refuses an invalid sounds-like."""
        optional = {"sounds_like": list(word.sounds_like), "display_as": word.display_as}
        body = {name: given for name, given in optional.items() if given}
        response = await self._write("PUT", _path("language", id, "words", _part(word.word)), json=body)
        return await self._taken(response, ("language", id), ADDED)

    async def _taken(self, response: httpx.Response, about: Subject, statuses: frozenset[int] = BEGUN) -> Receipt:
        """What proves that a request was taken. Raises where it was not, or nothing tells."""
        match proof_of(response, statuses):
            case Proof.LOOK:
                raise unproven(self._name, response)
            case Proof.REFUSED:
                raise await self._refusal(response, about)
        return Receipt(transaction(response))

    async def warnings(self, model: Model) -> tuple[str, ...]:
        """Recognize one second of a quiet tone."""
        which = "language_customization_id" if model.kind == "language" else "acoustic_customization_id"
        response = await self._write(
            "POST",
            "/v1/recognize",
            params={"model": model.base, which: model.id},
            content=one_second(),
            headers={"Content-Type": "audio/wav", "X-Watson-Learning-Opt-Out": "true"},
        )
        await self._check(response, (model.kind, model.id))
        return tuple(said for said in self._decoded(response, Recognized).warnings if isinstance(said, str))

    async def create(self, kind: Kind, name: str, base: str) -> str:
        """Create an empty custom model."""
        body = {"name": name, "base_model_name": base, "description": "made and deleted again by Retune"}
        response = await self._write("POST", f"/v1/{ROOTS[kind]}", json=body)
        await self._check(response, None)
        return self._decoded(response, CustomModel).customization_id

    async def delete(self, kind: Kind, id: str) -> None:
        """Delete a custom model."""
        await self._check(await self._write("DELETE", _path(kind, id)), (kind, id))

    async def _write(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request that is sent once. Raises `ServiceUnavailable` or `OutcomeUnknown` if it has no answer."""
        try:
            return await self._client.request(method, self._url + path, auth=OwnRefusalsOnly(self._auth), **options)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._unreachable(error) from error
        except httpx.HTTPError as error:
            text = f"The answer of {self._name} to the request was lost; Retune checks before it repeats it."
            raise OutcomeUnknown(text, instance=self._name) from error
        except Exception as error:
            raise without_token(self._name, error) from error

    async def _read(self, path: str, *, about: Subject | None = None) -> httpx.Response:
        """A successful answer; after a refusal that contradicts a recent success, one more attempt."""
        for again in (False, True):
            response = await self._get(path)
            try:
                await self._check(response, about)
            except ServiceError as error:
                if again or not self._contradicts(error):
                    raise
                await asyncio.sleep(BREATH)
            else:
                break
        return response

    async def _get(self, path: str) -> httpx.Response:
        try:
            return await self._client.get(self._url + path, auth=self._auth)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except Exception as error:
            raise without_token(self._name, error) from error

    def _contradicts(self, error: ServiceError) -> bool:
        """Whether the credentials or the plan just worked, or the list has the denied model."""
        if isinstance(error, CredentialsRefused | PlanRefused):
            worked, self._worked = self._worked, False
            return worked
        return isinstance(error, ModelDenied)

    def _decoded(self, response: httpx.Response, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=shape)
        except BAD as error:
            raise AnswerUnreadable(
                f"{self._name} sent an answer that is not what its documentation describes ({error}).",
                instance=self._name,
                status=response.status_code,
                transaction=transaction(response),
            ) from error

    async def _check(self, response: httpx.Response, about: Subject | None) -> None:
        """Raise for every status that is not a success."""
        if not 200 <= response.status_code < 300:
            raise await self._refusal(response, about)
        self._worked = True

    async def _refusal(self, response: httpx.Response, about: Subject | None) -> ServiceError:
        """The meaning of a refusal. A 401 or 404 about one model may mean that it is gone: the list tells."""
        status, said = response.status_code, facts(self._name, response)
        if about is not None and status in (401, 404) and is_own(response):
            try:
                ids = await self._ids(about[0])
            except ServiceError:
                ids = None
            if ids is not None and about[1] not in ids:
                gone = ModelGone(f"{self._name} does not know this model: deleted, or of another instance.", **said)
                gone.listed = ids
                return gone
            if ids is not None:
                return ModelDenied(f"{self._name} says that it does not know this model, and lists it.", **said)
        if about is not None and status == 404:
            return ServiceUnavailable(f"{self._name} does not answer where its models are ({status}).", **said)
        return refusal(self._name, response)

    async def _ids(self, kind: Kind) -> frozenset[str]:
        """The ids in the list of a kind, including unreadable records."""
        response = await self._get(f"/v1/{ROOTS[kind]}")
        if response.status_code != 200:
            raise refusal(self._name, response)
        found = await self._listed(kind, response)
        return frozenset({*(model.id for model in found), *(odd.id for odd in found.unreadable)})

    def _unreachable(self, error: Exception) -> ServiceUnavailable:
        return ServiceUnavailable(unreachable(self._name, self._url, error), instance=self._name)


def _path(kind: Kind, id: str, *rest: str) -> str:
    """The path of one custom model, or of what follows it."""
    return "/".join(("/v1", ROOTS[kind], _part(id), *rest))


def _part(untrusted: str) -> str:
    """A part of a path: nothing in it may lead elsewhere."""
    escaped = quote(untrusted, safe="")
    return escaped if escaped.strip(".") else "%2E" * len(escaped)
