"""The local Speech to Text service on a clock that tests move, asked over real HTTP."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from ibm_cloud_sdk_core.authenticators import BasicAuthenticator
from ibm_watson import SpeechToTextV1

from sandbox.watson.server import SpeechServer

CLUSTER_TOKEN = "a-token-that-never-expires"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class MovedClock:
    """Seconds since 1970, moved only by tests. It starts at the real time, which IBM's SDK measures tokens with."""

    def __init__(self) -> None:
        self._at = time.time()

    def __call__(self) -> float:
        return self._at

    def advance(self, seconds: float) -> None:
        """Lets *seconds* pass."""
        self._at += seconds


@dataclass(frozen=True)
class Heard:
    """An answer: status, JSON body (or text that is none) and headers."""

    status: int
    body: Any
    headers: Any


class Client:
    """Asks the service over HTTP, with valid credentials for the instance unless told otherwise."""

    def __init__(self, server: SpeechServer, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._session = session

    async def __call__(
        self, method: str, path: str, *, at: str = "speech-to-text", auth: bool = True, **settings: Any
    ) -> Heard:
        """*path* begins with `/v1`, or is a whole URL; {name} in it stands for the id of that custom model."""
        instance = self._server.world.instance(at)
        headers = dict(settings.pop("headers", {}))
        if auth and instance.deployment == "cp4d":
            headers["Authorization"] = f"Bearer {CLUSTER_TOKEN}"
        elif auth:
            key = base64.b64encode(f"apikey:{instance.credentials.apikey}".encode()).decode()
            headers["Authorization"] = f"Basic {key}"
        url = path if path.startswith("http") else self._server.service_url(at) + self._named(path)
        async with self._session.request(method, url, headers=headers, **settings) as answer:
            text = await answer.text()
            body = await answer.json() if answer.content_type == "application/json" and _is_json(text) else text
            return Heard(answer.status, body, answer.headers)

    def _named(self, path: str) -> str:
        before, brace, rest = path.partition("{")
        if not brace:
            return path
        name, _, after = rest.partition("}")
        return before + self.id(name) + after

    def id(self, name: str) -> str:
        """The id of a custom model."""
        return self._server.world.model(name).customization_id


def _is_json(text: str) -> bool:
    return text.endswith(("}", "]"))


@pytest.fixture
def moved() -> MovedClock:
    """The service's clock."""
    return MovedClock()


@pytest.fixture
async def speech(moved: MovedClock) -> AsyncIterator[SpeechServer]:
    """The service with its fleet."""
    async with SpeechServer(now=moved) as server:
        cluster = server.world.instance("stt-cluster")
        cluster.credentials = replace(cluster.credentials, bearer_token=CLUSTER_TOKEN)
        yield server


@pytest.fixture
async def ask(speech: SpeechServer) -> AsyncIterator[Client]:
    """Asks the service."""
    async with aiohttp.ClientSession() as session:
        yield Client(speech, session)


@pytest.fixture
def sdk(speech: SpeechServer) -> Iterator[SpeechToTextV1]:
    """IBM's SDK, unchanged, for the instance `speech-to-text`."""
    key = speech.world.instance("speech-to-text").credentials.apikey
    client = SpeechToTextV1(BasicAuthenticator("apikey", key))
    client.set_service_url(speech.service_url("speech-to-text"))
    yield client
    client.http_client.close()


async def run(call: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    """The result of a call of IBM's SDK, which blocks and so runs in a thread."""
    return (await asyncio.to_thread(call, *arguments, **settings)).get_result()
