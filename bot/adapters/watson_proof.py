"""What an answer proves: whether it is the service's own, and whether the requested work has begun.

A gateway, a proxy or a sign-in page can answer in the service's place, before or after it took the request. Only the
service's own answers prove anything.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import StrEnum
from typing import Any

import httpx
import msgspec

from bot.adapters.watson_answers import BAD


class Proof(StrEnum):
    """What an answer to a request that begins something proves."""

    BEGUN = "begun"
    REFUSED = "refused"
    LOOK = "look"
    """Nothing: it may have begun, so check before sending it again."""


REFUSING = frozenset({400, 401, 403, 404, 409, 415})
"""The statuses the service refuses with."""

WORDS = 64 * 1024
"""Bytes of an error or a receipt at most; the service's have a few hundred, and 15 MB took 2.6 s to read."""

_NO_JSON = object()


BEGUN = frozenset({200})
"""The statuses with which the service takes an upgrade or a training."""

ADDED = frozenset({200, 201})
"""Its statuses when it takes data; IBM's pages differ on which of the two a word gets."""


def proof(status: int, content_type: str, body: bytes, taken: frozenset[int] = BEGUN) -> Proof:
    """What an answer to an upgrade or a training proves, or to other data with its own statuses *taken*."""
    if status in taken:
        began = _json(content_type, body or b"{}") is not _NO_JSON  # IBM describes no body: an empty one is none
        return Proof.BEGUN if began else Proof.LOOK
    return Proof.REFUSED if status in REFUSING and own(status, content_type, body) else Proof.LOOK


def proof_of(response: httpx.Response, taken: frozenset[int] = BEGUN) -> Proof:
    """The same, of an answer as it came."""
    return proof(response.status_code, response.headers.get("Content-Type", ""), response.content, taken)


def own(status: int, content_type: str, body: bytes) -> bool:
    """Whether an error is the service's own JSON: `code` equals the status, or `error` says what is wrong.

    "Real bodies also lack `code_description`", and some lack `code`; other programs' JSON has neither.
    """
    said = _json(content_type, body)
    if not isinstance(said, dict):
        return False
    if "code" in said:
        return str(said["code"]) == str(status)
    return isinstance(said.get("error"), str) and bool(said["error"])


def is_own(response: httpx.Response) -> bool:
    """The same for a response."""
    return own(response.status_code, response.headers.get("Content-Type", ""), response.content)


def _json(content_type: str, body: bytes) -> Any:
    if "html" in content_type.lower() or len(body) > WORDS:
        return _NO_JSON
    try:
        return msgspec.json.decode(body)
    except BAD:
        return _NO_JSON


class OwnRefusalsOnly(httpx.Auth):
    """For requests sent once: passes only the service's own 401 to an authenticator.

    IBM's repeat a request with a new token after any 401; after a gateway's, an upgrade could begin twice.
    """

    def __init__(self, inner: httpx.Auth) -> None:
        self._inner = inner

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The authenticator's requests, up to the first answer that must not be followed by another."""
        flow = self._inner.async_auth_flow(request)
        try:
            response = yield await anext(flow)
            while True:
                await response.aread()
                if response.status_code == 401 and not is_own(response):
                    return
                response = yield await flow.asend(response)
        except StopAsyncIteration:
            return
        finally:
            await flow.aclose()
