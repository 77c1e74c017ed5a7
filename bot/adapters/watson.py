"""`SpeechService` over httpx: the paths of the customization API, IBM's own authenticators, our own errors.

Reading is retried on 429, 5xx and lost connections, with backoff and `Retry-After`. What begins something is sent
once: if its answer is lost, `OutcomeUnknown` says so, and the caller looks before it repeats anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec
from httpx_retries import Retry, RetryTransport

from bot.adapters.built_in_audio import one_second
from bot.adapters.watson_answers import (
    Audio,
    Corpora,
    CustomModel,
    CustomModels,
    Grammars,
    Recognized,
    Resource,
    SpeechModels,
    Words,
)
from bot.adapters.watson_errors import UNAVAILABLE, refusal, transaction, without_token
from bot.domain.catalog import Deployment
from bot.domain.fleet import Holdings, Kind, Model
from bot.domain.plans import Action
from bot.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    RequestRefused,
    ServiceUnavailable,
)
from bot.ports import Receipt

T = TypeVar("T")

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
ROOTS: Mapping[Kind, str] = {"language": "customizations", "acoustic": "acoustic_customizations"}


class WatsonSpeech:
    """One instance."""

    def __init__(
        self, name: str, deployment: Deployment, client: httpx.AsyncClient, url: str, auth: httpx.Auth
    ) -> None:
        self._name = name
        self._deployment: Deployment = deployment
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
        root = f"/v1/{ROOTS[model.kind]}/{model.id}"
        if model.kind == "acoustic":
            audio = await self._read(f"{root}/audio", Audio, kind=model.kind)
            return Holdings(
                recordings=len(audio.audio),
                audio_minutes=audio.total_minutes_of_audio,
                processing=_named(audio.audio, "being_processed"),
                invalid=_named(audio.audio, "invalid"),
            )
        corpora, words, grammars = await asyncio.gather(
            self._read(f"{root}/corpora", Corpora, kind=model.kind),
            self._read(f"{root}/words?word_type=user", Words, kind=model.kind),
            self._read_grammars(root, model.kind),
        )
        listed = [*corpora.corpora, *grammars.grammars]
        return Holdings(
            corpora=len(corpora.corpora),
            words=len(words.words),
            grammars=len(grammars.grammars),
            processing=_named(listed, "being_processed"),
            invalid=(*_named(listed, "undetermined"), *(word.word for word in words.words if word.error)),
        )

    async def _read_grammars(self, root: str, kind: Kind) -> Grammars:
        """Large models and some clusters have no grammars at all and may refuse to list them."""
        try:
            return await self._read(f"{root}/grammars", Grammars, kind=kind)
        except RequestRefused:
            return Grammars()

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
        """One second of built-in audio: 16 kHz suits every base model, which takes its own rate or a higher one."""
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
        """A 401 on one id means either: the list tells which."""
        try:
            response = await self._client.get(f"{self._url}/v1/{ROOTS['language']}", auth=self._auth)
        except httpx.HTTPError:
            return False
        return response.status_code == 200

    def _unreachable(self, error: Exception) -> ServiceUnavailable:
        return ServiceUnavailable(
            f"{self._name} cannot be reached ({type(error).__name__}). Check its URL and the network.",
            instance=self._name,
        )

    def _model(self, kind: Kind, sent: CustomModel) -> Model:
        return Model(
            instance=self._name,
            deployment=self._deployment,
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


def client(verify: bool | str) -> httpx.AsyncClient:
    """The HTTP client for all instances with the same TLS rule: one for the process."""
    transport = RetryTransport(
        transport=httpx.AsyncHTTPTransport(verify=verify, limits=httpx.Limits(max_connections=40)),
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


def _named(resources: list[Resource], status: str) -> tuple[str, ...]:
    return tuple(resource.name for resource in resources if resource.status == status)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
