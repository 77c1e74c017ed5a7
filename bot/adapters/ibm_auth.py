"""IBM's own authenticators in httpx's form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
from ibm_cloud_sdk_core.authenticators import Authenticator


class IbmAuth(httpx.Auth):
    """IBM's authenticator in httpx's form. Its token requests block, so they run in a thread.

    Tokens are refreshed before they end by the authenticator itself; a 401 is tried once more with a new token.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._lock = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Adds the header, and once more with a fresh token after a 401."""
        request.headers.update(await self._headers())
        response = yield request
        tokens = getattr(self._authenticator, "token_manager", None)
        if response.status_code == 401 and tokens is not None:
            tokens.expire_time = 0
            tokens.request_time = 0
            request.headers.update(await self._headers())
            yield request

    async def _headers(self) -> dict[str, str]:
        wrapped: dict[str, Any] = {"headers": {}}
        async with self._lock:  # one token request at a time for each instance
            await asyncio.to_thread(self._authenticator.authenticate, wrapped)
        return {str(name): str(value) for name, value in wrapped["headers"].items()}
