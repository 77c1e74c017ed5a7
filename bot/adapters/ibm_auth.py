"""IBM's own authenticators as httpx authentication.

IBM's own pacing is not used: after a failed token request it sleeps for up to a minute in a thread, and a hanging
request blocks one for another minute. Here a valid token stays in use while the next one is requested, a failed request
is retried within seconds, and nothing waits for a thread.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx
import jwt
import requests
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import Authenticator

from bot.adapters.threads import DaemonThreads
from bot.network import authorities, proxy_for

PATIENCE = 6.0
"""Seconds a request waits for a token, all attempts together."""

TIMEOUT = (3, 6)
"""Seconds to connect and between two bytes; IBM's is 60. It also ends a thread that is no longer waited for."""

TRIES = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
"""Longest pause in seconds between two attempts; pauses double after each failure."""

EARLY = 10
"""Seconds before its expiry from which a token is no longer used, as in IBM's own."""


class IbmAuth(httpx.Auth):
    """One instance's credentials. All requests that need a token wait for the same one.

    Raises what IBM's authenticators raise, or `TimeoutError`. A 401 is retried once with a new token.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        *,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._authenticator = authenticator
        self._now = now
        self._pause = pause
        self._threads = DaemonThreads()
        self._tokens: Any = getattr(authenticator, "token_manager", None)
        self._token: str | None = None
        self._good_until = self._renew_at = 0.0
        self._fetching: asyncio.Task[None] | None = None
        self._failed: Exception | None = None
        self._failures = 0
        self._not_before = 0.0
        for manager in (self._tokens, getattr(self._tokens, "iam_delegate", None)):
            if manager is not None:
                _connect(manager)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the header; once more with a new token after a 401."""
        used = await self._authorize(request)
        response = yield request
        if response.status_code == 401 and used is not None:
            if used == self._token:  # no other request has got a newer one yet
                self._token = None
            await self._authorize(request)
            yield request

    async def _authorize(self, request: httpx.Request) -> str | None:
        if self._tokens is None:  # an API key, or a token renewed elsewhere: no token request
            wrapped: dict[str, Any] = {"headers": {}}
            self._authenticator.authenticate(wrapped)
            request.headers.update(wrapped["headers"])
            return None
        token = await self._current()
        request.headers["Authorization"] = f"Bearer {token}"
        return token

    async def _current(self) -> str | None:
        """A valid token; the current one while the next is requested."""
        now = self._now()
        if self._token is None or now >= self._good_until:
            if self._failed is not None and now < self._not_before:
                raise self._failed.with_traceback(None)
            await asyncio.shield(self._fetched())
        elif now >= max(self._renew_at, self._not_before):
            self._fetched()
        return self._token

    def _fetched(self) -> asyncio.Task[None]:
        """The token request in progress, or a new one."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(), name="token")
            self._fetching.add_done_callback(_seen)
        return self._fetching

    async def _fetch(self) -> None:
        """Request a token, with retries if they may help; only one attempt while the current token is valid."""
        tries = TRIES if self._token is None or self._now() >= self._good_until else 1
        try:
            async with asyncio.timeout(PATIENCE):
                self._token, self._good_until, self._renew_at = await self._asked(tries)
        except Exception as error:
            self._failed, self._failures = error, self._failures + 1
            self._not_before = self._now() + min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
            raise
        self._failed, self._failures, self._not_before = None, 0, 0.0

    async def _asked(self, tries: int) -> tuple[str, float, float]:
        for tried in range(tries):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, _new_token, self._tokens)
            except (ApiException, requests.RequestException) as error:
                if tried + 1 == tries or not _may_pass(error):
                    raise
            await self._pause(FIRST_PAUSE * 2**tried)
        raise AssertionError


def _new_token(manager: Any) -> tuple[str, float, float]:
    """A token, its last time of use, and the time to request the next; runs in a thread."""
    for one in (manager, getattr(manager, "iam_delegate", None)):
        if one is not None:
            one.request_time = 0  # otherwise IBM's pacing sleeps after a failed request
    manager.expire_time = 0
    try:
        return str(manager.get_token()), manager.expire_time - EARLY, manager.refresh_time
    except (AttributeError, KeyError, TypeError, RecursionError) as error:  # JSON without a token or times
        raise jwt.DecodeError(type(error).__name__) from error


def _connect(manager: Any) -> None:
    """Use the proxy, certificate authorities and time limits of all other clients; follow no redirects.

    Both schemes are set: requests takes an unset one from the environment, by rules of its own.
    """
    proxy = proxy_for(str(manager.url))
    manager.http_config = {
        "timeout": TIMEOUT,
        "allow_redirects": False,
        "proxies": {"http": proxy, "https": proxy, "all": None},
        "verify": authorities(),
    }
    if manager.disable_ssl_verification:  # warned once at the start; urllib3 would warn at each request
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")


def _may_pass(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, ApiException):
        return error.status_code in (408, 429) or error.status_code >= 500
    return not isinstance(error, requests.exceptions.SSLError | requests.exceptions.InvalidURL)


def _seen(task: asyncio.Task[None]) -> None:
    """Mark a failed refresh as seen: it is retried, and asyncio should not log it."""
    if not task.cancelled():
        task.exception()
