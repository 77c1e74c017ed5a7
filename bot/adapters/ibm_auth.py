"""IBM's own authenticators in httpx's form.

IBM's own pacing is left out: after a failed token request it sleeps for up to a minute, in a thread, and a request that
hangs does so for another. Here a token that can still be used is used while the next one is asked for, a failed request
is repeated within seconds, and nobody waits for a thread.
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
"""Seconds for which a request waits for a token, all tries together."""

TIMEOUT = (3, 6)
"""Seconds to connect and between two bytes; IBM's is 60. The thread ends by it, also when nobody waits any more."""

TRIES = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
"""Seconds between two requests: twice as many after each failure."""

EARLY = 10
"""Seconds before its end from which on a token is not used any more, as in IBM's own."""


class IbmAuth(httpx.Auth):
    """One instance's credentials. All requests that need a token wait for the same one, and no longer than it takes.

    Raises what IBM's authenticators raise, or `TimeoutError`. A 401 is tried once more with a new token.
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
        """Adds the header, and once more with a fresh token after a 401."""
        used = await self._authorize(request)
        response = yield request
        if response.status_code == 401 and used is not None:
            if used == self._token:  # nobody has a newer one yet
                self._token = None
            await self._authorize(request)
            yield request

    async def _authorize(self, request: httpx.Request) -> str | None:
        if self._tokens is None:  # a key, or a token that somebody else renews: nothing is asked for
            wrapped: dict[str, Any] = {"headers": {}}
            self._authenticator.authenticate(wrapped)
            request.headers.update(wrapped["headers"])
            return None
        token = await self._current()
        request.headers["Authorization"] = f"Bearer {token}"
        return token

    async def _current(self) -> str | None:
        """A token that can be used; the one at hand while the next is asked for."""
        now = self._now()
        if self._token is None or now >= self._good_until:
            if self._failed is not None and now < self._not_before:
                raise self._failed.with_traceback(None)
            await asyncio.shield(self._fetched())
        elif now >= max(self._renew_at, self._not_before):
            self._fetched()
        return self._token

    def _fetched(self) -> asyncio.Task[None]:
        """The one request that is under way, or a new one."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(), name="token")
            self._fetching.add_done_callback(_seen)
        return self._fetching

    async def _fetch(self) -> None:
        """Asks for a token, a few times where that can help; a token that is still good makes do with one try."""
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
    """A token, the time until which it is used, and from which on the next is asked for; runs in a thread."""
    for one in (manager, getattr(manager, "iam_delegate", None)):
        if one is not None:
            one.request_time = 0  # else IBM's pacing sleeps after a request that failed
    manager.expire_time = 0
    try:
        return str(manager.get_token()), manager.expire_time - EARLY, manager.refresh_time
    except (AttributeError, KeyError, TypeError, RecursionError) as error:  # JSON, but no token or no times in it
        raise jwt.DecodeError(type(error).__name__) from error


def _connect(manager: Any) -> None:
    """The proxy, the certificate authorities and the time limits of all other clients; no redirect is followed.

    Both schemes are given: what is not given requests takes from the environment, by rules of its own.
    """
    proxy = proxy_for(str(manager.url))
    manager.http_config = {
        "timeout": TIMEOUT,
        "allow_redirects": False,
        "proxies": {"http": proxy, "https": proxy, "all": None},
        "verify": authorities(),
    }
    if manager.disable_ssl_verification:  # said once at the start; urllib3 would say it at each request
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")


def _may_pass(error: BaseException) -> bool:
    """Whether the same request can succeed a moment later."""
    if isinstance(error, ApiException):
        return error.status_code in (408, 429) or error.status_code >= 500
    return not isinstance(error, requests.exceptions.SSLError | requests.exceptions.InvalidURL)


def _seen(task: asyncio.Task[None]) -> None:
    """A refresh that nobody waited for and that failed is tried again; asyncio need not complain."""
    if not task.cancelled():
        task.exception()
