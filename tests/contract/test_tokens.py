"""Tokens: one failed request costs seconds, a hanging one holds nobody, and a good token serves on meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest
import requests
from ibm_cloud_sdk_core import ApiException

from bot.adapters import ibm_auth
from bot.adapters.ibm_auth import IbmAuth
from bot.adapters.watson import WatsonSpeech
from bot.adapters.watson_errors import without_token
from bot.errors import CredentialsRefused, ServiceUnavailable
from sandbox.watson.server import SpeechServer

TOKENS = "/identity/token"
LIFE = 3600.0


class Manager:
    """IBM's token manager as far as it is used: each request does what the next of *answers* says."""

    url = "https://iam.example.com"
    disable_ssl_verification = False

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.http_config: dict[str, Any] = {}
        self.expire_time = self.refresh_time = 0.0
        self.request_time = 0
        self.answers: list[Exception | threading.Event | None] = []
        self.asked = 0

    def get_token(self) -> str:
        assert self.request_time == 0, "IBM's would sleep now"
        assert self.expire_time == 0
        self.asked += 1
        number, answer = self.asked, self.answers.pop(0) if self.answers else None
        if isinstance(answer, threading.Event):
            answer.wait(10)
        self.request_time = 1
        if isinstance(answer, Exception):
            raise answer
        self.expire_time, self.refresh_time = self.now() + LIFE, self.now() + LIFE * 0.8
        return f"token-{number}"


class Asker:
    """An `IbmAuth` over that manager, and a clock that tests move."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.paused: list[float] = []
        self.manager = Manager(lambda: self.at)
        self.auth = IbmAuth(SimpleNamespace(token_manager=self.manager), now=lambda: self.at, pause=self.pause)

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    async def header(self, *statuses: int) -> str:
        """The header of the last request; the service answers with *statuses*, else with 200."""
        flow = self.auth.async_auth_flow(request := httpx.Request("GET", "https://stt.example.com"))
        sent = await anext(flow)
        with contextlib.suppress(StopAsyncIteration):
            for status in (*statuses, 200):
                sent = await flow.asend(httpx.Response(status, request=request))
        return str(sent.headers["Authorization"])


@pytest.fixture
async def asker() -> Asker:
    """With nothing asked yet."""
    return Asker()


def unavailable(status: int = 503) -> ApiException:
    return ApiException(status, message="not now")


async def test_one_request_for_all_who_wait(asker: Asker):
    """And one thread; later requests need neither."""
    assert set(await asyncio.gather(*(asker.header() for _ in range(20)))) == {"Bearer token-1"}
    assert await asker.header() == "Bearer token-1"
    assert asker.manager.asked == 1


@pytest.mark.parametrize("fault", [unavailable(), unavailable(429), requests.ConnectionError(), requests.Timeout()])
async def test_a_failed_request_is_repeated_at_once(asker: Asker, fault: Exception):
    """With a pause that doubles; whoever asked does not notice."""
    asker.manager.answers = [fault, fault]
    assert await asker.header() == "Bearer token-3"
    assert asker.paused == [0.5, 1.0]


@pytest.mark.parametrize(
    "fault", [unavailable(400), unavailable(401), unavailable(302), requests.exceptions.SSLError()]
)
async def test_a_refusal_is_not(asker: Asker, fault: Exception):
    """A wrong key stays wrong."""
    asker.manager.answers = [fault]
    with pytest.raises(type(fault)):
        await asker.header()
    assert asker.manager.asked == 1


async def test_back_off(asker: Asker):
    """While it rests all are refused at once; then it is asked again, after at most eight seconds."""
    waits: list[float] = []
    for _ in range(6):
        asker.manager.answers = [unavailable()] * 3
        with pytest.raises(ApiException):
            await asker.header()
        asked, began = asker.manager.asked, asker.at
        with pytest.raises(ApiException):
            await asker.header()
        assert asker.manager.asked == asked
        while asker.manager.asked == asked:
            asker.at += 0.5
            asker.manager.answers = [unavailable(400)]
            with pytest.raises(ApiException):
                await asker.header()
        waits.append(asker.at - began)
        asker.manager.answers = []
        asker.at += 8
    assert waits == [1.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    assert await asker.header() == f"Bearer token-{asker.manager.asked}"


async def test_a_good_token_serves_on(asker: Asker):
    """At four fifths of its life the next is asked for, and nobody waits: also not when that fails or hangs."""
    await asker.header()
    asker.at += LIFE * 0.9
    gate = threading.Event()
    asker.manager.answers = [unavailable(), gate]
    for _ in range(3):
        assert await asker.header() == "Bearer token-1"
    await asyncio.wait({asker.auth._fetching} if asker.auth._fetching else set())
    assert await asker.header() == "Bearer token-1"
    await asyncio.wait({asker.auth._fetching} if asker.auth._fetching else set())
    assert asker.manager.asked == 2  # it rests for a second
    asker.at += 1.0
    assert await asker.header() == "Bearer token-1"
    gate.set()
    await asyncio.wait({asker.auth._fetching} if asker.auth._fetching else set())
    assert await asker.header() == "Bearer token-3"


async def test_a_hanging_request(asker: Asker, monkeypatch: pytest.MonkeyPatch):
    """Nobody waits longer than they may; the thread is left alone, and its token is taken when it comes no more."""
    monkeypatch.setattr(ibm_auth, "PATIENCE", 0.05)
    gate = threading.Event()
    asker.manager.answers = [gate]
    results = await asyncio.gather(*(asker.header() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, TimeoutError) for result in results)
    asker.at += 8
    asker.manager.request_time = 1  # as IBM's has it while the first is still under way
    assert await asker.header() == "Bearer token-2"
    gate.set()


async def test_a_token_that_is_refused(asker: Asker):
    """Is replaced once; a second refusal is the answer."""
    assert await asker.header(401) == "Bearer token-2"
    assert asker.manager.asked == 2


async def test_one_who_waits_gives_up(asker: Asker):
    """The others still get their token."""
    gate = threading.Event()
    asker.manager.answers = [gate]
    first, second = asyncio.create_task(asker.header()), asyncio.create_task(asker.header())
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == "Bearer token-1"


def test_what_is_said():
    """Each with the setting to look at, and no page of a gateway."""
    for error, kind, part in (
        (unavailable(400), CredentialsRefused, "Check its key"),
        (ApiException(502, message="<html>secret</html>"), ServiceUnavailable, "STT_X_AUTH_URL"),
        (unavailable(302), ServiceUnavailable, "redirect"),
        (requests.ConnectionError(), ServiceUnavailable, "STT_X_AUTH_URL"),
        (requests.exceptions.ProxyError(), ServiceUnavailable, "HTTPS_PROXY"),
        (TimeoutError(), ServiceUnavailable, "STT_X_AUTH_URL"),
        (jwt.DecodeError(), CredentialsRefused, "STT_X_AUTH_URL"),
    ):
        said = without_token("stt-x", error)
        assert type(said) is kind
        assert part in said.text
        assert "<" not in said.text


@pytest.mark.parametrize(
    "answer",
    [
        *("[]", "{}", '"token"', "null", "<html>", '{"access_token": "no.jwt"}', '{"access_token": 5}'),
        *("[" * 100_000, '{"access_token": [], "expires_in": {}}', '{"access_token": "é.é.é", "expiration": "x"}'),
        '{"access_token": "x", "expires_in": "soon", "expiration": 1e999}',
    ],
    ids=lambda answer: answer[:40],
)
async def test_nonsense(services: dict[str, WatsonSpeech], server: SpeechServer, answer: str):
    """Whatever the token service answers is one of our errors."""
    fault = server.faults.add("answer", TOKENS, times=None, status=200, body=answer)
    assert fault is not None
    with pytest.raises((CredentialsRefused, ServiceUnavailable)):
        await services["speech-to-text"].models("language")


async def test_over_the_wire(services: dict[str, WatsonSpeech], server: SpeechServer):
    """One 503 of the token service: the instance answers all the same, within seconds. IBM's pauses for a minute."""
    server.faults.unavailable(TOKENS)
    async with asyncio.timeout(30):
        assert await services["speech-to-text"].models("language")
