"""Whatever the libraries below can raise becomes one of our errors."""

from __future__ import annotations

import inspect
from typing import Any

import aiohttp
import httpx
import jwt
import pytest
import requests
from ibm_cloud_sdk_core import ApiException
from slack_sdk import errors as slack_errors

from bot import errors
from bot.adapters.slack_answers import CLOSED, CONTENT, GONE, MAY_HAVE_HAPPENED, TRANSIENT
from bot.adapters.slack_calls import call
from bot.adapters.watson import WatsonSpeech
from bot.domain.plans import Action
from bot.errors import (
    BlocksRefused,
    ChannelClosed,
    ChatBusy,
    ChatError,
    ChatOutcomeUnknown,
    ChatRefused,
    MessageGone,
    OutcomeUnknown,
    ServiceError,
)


def every(base: type[BaseException], module: Any) -> list[type[BaseException]]:
    """Every exception of a library below *base*."""
    return [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, base)]


def made(kind: type[BaseException]) -> BaseException:
    """An instance of an exception, whatever its constructor wants."""
    error = kind.__new__(kind)
    error.args = ("fault",)
    return error


class Raising:
    """An HTTP client whose every request raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def get(self, *args: Any, **kwargs: Any) -> Any:
        raise self.error

    request = get


def api_exception() -> ApiException:
    return ApiException(400, message="Provided API key could not be found.")


@pytest.mark.parametrize(
    "error",
    [
        *(made(kind) for kind in every(httpx.HTTPError, httpx) if kind is not httpx.HTTPStatusError),
        *(made(kind) for kind in every(requests.RequestException, requests)),
        *(made(kind) for kind in every(jwt.exceptions.PyJWTError, jwt.exceptions)),
        api_exception(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_speech_to_text(error: BaseException):
    """Reading and beginning: every error of httpx, requests, PyJWT and IBM's core becomes a `ServiceError`."""
    stt = WatsonSpeech("stt", "cloud", Raising(error), "http://x", httpx.Auth())  # type: ignore[arg-type]  # raises only
    with pytest.raises(ServiceError):
        await stt.models("language")
    with pytest.raises(ServiceError) as caught:
        await stt.begin(Action.UPGRADE, "language", "id")
    sent = isinstance(error, httpx.HTTPError) and not isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout
    )
    assert isinstance(caught.value, OutcomeUnknown) is sent


async def failing(error: BaseException) -> Any:
    raise error


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        *(made(kind) for kind in every(aiohttp.ClientError, aiohttp) if "SSL" not in kind.__name__),
        *(
            made(kind)
            for kind in every(slack_errors.SlackClientError, slack_errors)
            if kind is not slack_errors.SlackApiError
        ),
        TimeoutError(),
        TypeError("'ClientResponse' object is not subscriptable"),
        AttributeError("'str' object has no attribute 'get'"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
async def test_slack(error: BaseException, writes: bool):
    """Every way in which slack_sdk and aiohttp fail becomes a `ChatError`; after a write nobody claims to know."""
    with pytest.raises(ChatError):
        await call(failing(error), writes=writes)


class Response(dict[str, Any]):
    """What slack_sdk hangs on its `SlackApiError`."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status_code = status
        self.headers = headers or {}


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(429, {"error": None}, {"Retry-After": "7"}), ChatBusy),
        *((Response(200, {"error": code}), ChatBusy) for code in sorted(TRANSIENT)),
        *((Response(200, {"error": code}), ChatOutcomeUnknown) for code in sorted(MAY_HAVE_HAPPENED)),
        (Response(503, {"error": None}), ChatOutcomeUnknown),
        *((Response(200, {"error": code}), ChannelClosed) for code in sorted(CLOSED)),
        *((Response(200, {"error": code}), MessageGone) for code in sorted(GONE)),
        *((Response(200, {"error": code}), BlocksRefused) for code in sorted(CONTENT)),
        (Response(200, {"error": "missing_scope", "needed": "chat:write"}), ChatRefused),
        (Response(200, {"error": "cant_update_message", "response_metadata": {"messages": ["x"]}}), ChatRefused),
    ],
)
async def test_slack_answers(response: Response, kind: type[ChatError]):
    """Slack's own refusals: what cannot help, what can later, and what may have happened."""
    error = slack_errors.SlackApiError("fault", response)
    with pytest.raises(ChatError) as caught:
        await call(failing(error), writes=True)
    assert type(caught.value) is kind
    if response.status_code == 429:
        assert caught.value.retry_after == 7


def test_the_drawn_tree_is_the_real_one():
    """The picture on top of `errors.py` names every error of ours."""
    drawn = errors.__doc__ or ""
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.RetuneError):
            assert name in drawn
