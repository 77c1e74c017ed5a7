"""The adapters of Speech to Text against the local service, with a clock that tests move."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from bot.adapters.ibm_auth import IbmAuth
from bot.adapters.watson import WatsonSpeech
from bot.adapters.watson_routes import client
from bot.settings import authenticator
from sandbox.watson.server import SpeechServer


class Time:
    """A clock in seconds that moves only when told. It begins now, because tokens carry real times."""

    def __init__(self) -> None:
        import time

        self.at = time.time()

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def time_of_service() -> Time:
    """The local service's clock."""
    return Time()


@pytest.fixture
async def server(time_of_service: Time, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SpeechServer]:
    """The local service with its fleet; IBM's variables point to it."""
    async with SpeechServer(now=time_of_service) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("IBM_CREDENTIALS_FILE", os.devnull)
        yield running


@pytest.fixture
async def services(server: SpeechServer) -> AsyncIterator[dict[str, WatsonSpeech]]:
    """The adapter for each instance of the local service."""
    async with client(True) as http:
        made = {}
        for name in server.environment()["RETUNE_INSTANCES"].replace(",", " ").split():
            prefix = name.upper().replace("-", "_")
            url = server.environment()[f"{prefix}_URL"]
            deployment = server.environment().get(f"{prefix}_DEPLOYMENT", "cp4d" if url.endswith("/api") else "cloud")
            made[name] = WatsonSpeech(name, deployment, http, url, IbmAuth(authenticator(name)))  # type: ignore[arg-type]  # one of the two deployments
        yield made
