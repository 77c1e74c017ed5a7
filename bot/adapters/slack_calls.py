"""Calls of Slack's Web API: one session, one client, and each kind of failure as one of our errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.slack_answers import fields, lost, refusal
from bot.adapters.slack_routes import NotSecure, guard, why
from bot.errors import ChatBusy, ChatError, ChatRefused
from bot.network import trust
from bot.tally import SLACK, Tally

SHORT = 5
"""Seconds of a rate limit that a call waits for; longer ones are raised, so that nothing waits behind it."""


def session(*, plain: bool = False) -> aiohttp.ClientSession:
    """The one HTTP session for all Slack calls; slack_sdk would otherwise open a session and connection for each.

    *plain*: plain http to other machines is allowed.
    """
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=12),
        connector=aiohttp.TCPConnector(limit=20, ssl=trust()),
        middlewares=[guard(plain)],
    )


class ShortWaits(AsyncRateLimitErrorRetryHandler):
    """Waits for one short rate limit. slack_sdk's own handler has no upper limit: `Retry-After: 600` blocks a call for
    ten minutes. An edit never waits here: its content may be old by then.
    """

    def __init__(self, tally: Tally) -> None:
        super().__init__(max_retry_count=1)
        self._tally = tally

    async def can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        """Whether to wait for it; sees every answer, so rate limits are counted here."""
        if response is not None and response.status_code == 429 and error is None:
            self._tally.limits[SLACK] += 1
        return await super().can_retry_async(state=state, request=request, response=response, error=error)

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or response.status_code != 429 or request.url.endswith("chat.update"):
            return False
        asked = next((value[0] for name, value in response.headers.items() if name.lower() == "retry-after"), "1")
        return asked.isdigit() and int(asked) <= SHORT


class CountingClient(AsyncWebClient):
    """Slack's own client, whose calls are counted by method, and its errors by kind."""

    def __init__(self, token: str, api_url: str, http: aiohttp.ClientSession, tally: Tally) -> None:
        super().__init__(token, api_url, session=http, retry_handlers=[ShortWaits(tally)])
        self._tally = tally

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """One call. Raises as slack_sdk does."""
        self._tally.calls[SLACK, api_method] += 1
        try:
            return await super().api_call(api_method, **options)
        except SlackApiError as error:
            self._tally.failed(SLACK, _kind(_status(error.response)))
            raise
        except Exception:
            self._tally.failed(SLACK, "unreachable")
            raise


def web_client(token: str, api_url: str, http: aiohttp.ClientSession, tally: Tally | None = None) -> AsyncWebClient:
    """Slack's own client. It waits for one short rate limit; never retries lost connections: a post may be there."""
    return CountingClient(token, api_url, http, tally or Tally())


async def call(calling: Awaitable[Any], *, writes: bool = False, unless: Collection[str] = ()) -> Any:
    """Await one Web API call. *writes*: it is not idempotent, so after a lost answer its result is unknown.

    Returns None if Slack refuses with one of the codes in *unless*: the caller expects those.
    """
    try:
        answer = await calling
    except SlackApiError as error:
        refused = _refused(error.response, writes=writes)
        if isinstance(refused, ChatRefused) and refused.code in unless:
            return None
        raise refused from error
    except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, NotSecure) as error:
        raise ChatBusy(f"Slack cannot be reached.{why(error)}") from error
    except (
        *(TimeoutError, aiohttp.ClientError),
        # slack_sdk fails like this on a 200 whose body is not JSON or nested too deep: another server answered.
        *(SlackClientError, AttributeError, TypeError, ValueError, RecursionError),
    ) as error:
        raise lost(writes, why(error)) from error
    if fields(answer).get("ok") is not True:
        raise lost(writes)
    return answer


async def pages(method: Callable[..., Awaitable[Any]], **options: Any) -> AsyncIterator[Any]:
    """Every page of a paged answer."""
    cursor: str | None = ""
    while cursor is not None:
        answer = await call(method(limit=200, cursor=cursor, **options))
        yield answer
        more = fields(answer).get("response_metadata")
        told = more.get("next_cursor") if isinstance(more, dict) else None
        cursor = told if isinstance(told, str) and told else None


def _refused(response: Any, *, writes: bool) -> ChatError:
    """A slack_sdk failure as one of our errors."""
    headers = getattr(response, "headers", None) or {}
    return refusal(_status(response), response, headers.get("Retry-After"), writes=writes)


def _status(response: Any) -> int:
    return int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)


def _kind(status: int) -> str:
    """The kind of an error, for the metrics."""
    if status == 429:
        return "rate_limited"
    return "unavailable" if status >= 500 else "refused"
