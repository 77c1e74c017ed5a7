"""`SpeechService` over httpx: the paths of the customization API, IBM's own authenticators, our own errors.

Reading is retried on 429, 5xx and lost connections, with backoff and `Retry-After`. What begins something is sent
once: if its answer is lost, `OutcomeUnknown` says so, and the caller looks before it repeats anything.
"""

from __future__ import annotations

import asyncio
import io
import math
import wave
from array import array
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import httpx
import msgspec
from httpx_retries import Retry, RetryTransport

from bot.adapters.watson_answers import CustomModel, CustomModels, Recognized, Resource, Resources, SpeechModels
from bot.adapters.watson_errors import UNAVAILABLE, refusal, transaction, without_token
from bot.adapters.watson_routes import Routed, unreachable
from bot.domain.catalog import Deployment
from bot.domain.fleet import Holdings, Kind, Model
from bot.domain.plans import Action
from bot.errors import AnswerUnreadable, OutcomeUnknown, RequestRefused, ServiceUnavailable
from bot.ports import Receipt

T = TypeVar("T")

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
RATE = 16_000
"""Hertz of the audio that a probe sends: every base model takes its own rate or a higher one, none has a higher one."""

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

    async def models(self, kind: Kind) -> tuple[Model, ...]:
        """All custom models of one kind; the list has no pages."""
        answer = await self._read(f"/v1/{ROOTS[kind]}", CustomModels)
        return tuple(self._model(kind, model) for model in answer.customizations)

    async def model(self, kind: Kind, id: str) -> Model:
        """One custom model."""
        return self._model(kind, await self._read(f"/v1/{ROOTS[kind]}/{id}", CustomModel, kind=kind))

    async def bases(self) -> frozenset[str]:
        """The base models that are still served here."""
        return frozenset(model.name for model in (await self._read("/v1/models", SpeechModels)).models)

    async def holdings(self, model: Model) -> Holdings:
        """What a model holds, from the calls that list its resources."""
        if model.kind == "acoustic":
            held = await self._list(model, "audio")
            return Holdings(
                recordings=len(held.audio),
                audio_minutes=held.total_minutes_of_audio,
                processing=_named(held.audio, "being_processed"),
                invalid=_named(held.audio, "invalid"),
            )
        paths = ("corpora", "words?word_type=user", "grammars")
        corpora, words, grammars = await asyncio.gather(*(self._list(model, path) for path in paths))
        listed = [*corpora.corpora, *grammars.grammars]
        return Holdings(
            corpora=len(corpora.corpora),
            words=len(words.words),
            grammars=len(grammars.grammars),
            processing=_named(listed, "being_processed"),
            invalid=(*_named(listed, "undetermined"), *(word.word for word in words.words if word.error)),
        )

    async def _list(self, model: Model, what: str) -> Resources:
        """Large models and some clusters have no grammars at all and may refuse to list them."""
        try:
            return await self._read(f"/v1/{ROOTS[model.kind]}/{model.id}/{what}", Resources, kind=model.kind)
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
        """Sends the one request of a step."""
        training = action in (Action.TRAIN, Action.FORCE_TRAIN)
        query = {}
        if language_id is not None:
            query["custom_language_model_id"] = language_id
        if force:
            query["force"] = "true"
        if lenient:
            query["strict"] = "false"
        path = f"/v1/{ROOTS[kind]}/{id}/{'train' if training else 'upgrade_model'}"
        response = await self._write("POST", path, params=query)
        if response.status_code in (500, 502, 504):
            text = f"{self._name} answered {response.status_code} to the request; Retune looks whether it began."
            raise OutcomeUnknown(text, instance=self._name, transaction=transaction(response))
        await self._check(response, kind)
        return Receipt(transaction(response))

    async def warnings(self, model: Model) -> tuple[str, ...]:
        """Recognizes one second of a quiet tone."""
        which = "language_customization_id" if model.kind == "language" else "acoustic_customization_id"
        response = await self._write(
            "POST",
            "/v1/recognize",
            params={"model": model.base, which: model.id},
            content=one_second(),
            headers={"Content-Type": "audio/wav", "X-Watson-Learning-Opt-Out": "true"},
        )
        await self._check(response, model.kind)
        return tuple(self._decoded(response, Recognized).warnings)

    async def create(self, kind: Kind, name: str, base: str) -> str:
        """Creates an empty custom model."""
        body = {"name": name, "base_model_name": base, "description": "made and deleted again by Retune"}
        response = await self._write("POST", f"/v1/{ROOTS[kind]}", json=body)
        await self._check(response, None)
        return self._decoded(response, CustomModel).customization_id

    async def delete(self, kind: Kind, id: str) -> None:
        """Deletes a custom model."""
        await self._check(await self._write("DELETE", f"/v1/{ROOTS[kind]}/{id}"), kind)

    async def _write(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request that is sent once. Raises `ServiceUnavailable` or `OutcomeUnknown` when it has no answer."""
        try:
            return await self._client.request(method, self._url + path, auth=self._auth, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._unreachable(error) from error
        except httpx.HTTPError as error:
            text = f"The answer of {self._name} to the request was lost; Retune looks before it repeats it."
            raise OutcomeUnknown(text, instance=self._name) from error
        except Exception as error:
            raise without_token(self._name, error) from error

    async def _read(self, path: str, shape: type[T], *, kind: Kind | None = None) -> T:
        try:
            response = await self._client.get(self._url + path, auth=self._auth)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except Exception as error:
            raise without_token(self._name, error) from error
        await self._check(response, kind)
        return self._decoded(response, shape)

    def _decoded(self, response: httpx.Response, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise AnswerUnreadable(
                f"{self._name} sent an answer that is not what its documentation describes ({error}).",
                instance=self._name,
                status=response.status_code,
                transaction=transaction(response),
            ) from error

    async def _check(self, response: httpx.Response, kind: Kind | None) -> None:
        """Raises for every status that is not a success. A 401 on one id means either: the list tells which."""
        if not 200 <= response.status_code < 300:
            unknown_id = response.status_code == 401 and kind is not None and await self._credentials_work()
            raise refusal(self._name, response, one_model=kind is not None, unknown_id=unknown_id)

    async def _credentials_work(self) -> bool:
        try:
            response = await self._client.get(f"{self._url}/v1/{ROOTS['language']}", auth=self._auth)
        except httpx.HTTPError:
            return False
        return response.status_code == 200

    def _unreachable(self, error: Exception) -> ServiceUnavailable:
        return ServiceUnavailable(unreachable(self._name, self._url, error), instance=self._name)

    def _model(self, kind: Kind, sent: CustomModel) -> Model:
        return Model(
            instance=self._name,
            deployment=self.deployment,
            kind=kind,
            id=sent.customization_id,
            name=sent.name or sent.customization_id,
            base=sent.base_model_name,
            language=sent.language or sent.base_model_name[:5],
            status=sent.status,
            versions=None if sent.versions is None else tuple(sent.versions),
            created=_moment(sent.created),
            updated=_moment(sent.updated),
            owner=sent.owner,
            description=sent.description or "",
            error="" if sent.error is None else str(sent.error),
        )


def client(verify: bool) -> httpx.AsyncClient:
    """The HTTP client for all instances with the same TLS rule: one for the process."""
    transport = RetryTransport(
        transport=Routed(verify, connections=40),
        retry=Retry(
            total=3,
            allowed_methods=["GET"],
            status_forcelist=sorted(UNAVAILABLE),
            backoff_factor=0.3,
            max_backoff_wait=10,
            total_timeout=25,
        ),
    )
    return httpx.AsyncClient(transport=transport, timeout=TIMEOUT, headers={"Accept": "application/json"})


@cache
def one_second() -> bytes:
    """A WAV file: enough for a recognition answer with its warnings, and too little to cost anything worth a word."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        tone = (round(800 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(RATE))
        out.writeframes(array("h", tone).tobytes())
    return file.getvalue()


def _named(resources: list[Resource], status: str) -> tuple[str, ...]:
    return tuple(resource.name for resource in resources if resource.status == status)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
