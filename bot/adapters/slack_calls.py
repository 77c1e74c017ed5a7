"""Calls of Slack's Web API: one session, one client, and each way in which a call can fail as one of our errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_routes import NotSecure, guard, why
from bot.errors import ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused
from bot.network import trust

TRANSIENT = frozenset({"ratelimited", "rate_limited", "request_timeout", "service_unavailable", "team_added_to_org"})
SHORT = 5
"""Seconds of a rate limit that a call waits out by itself; longer ones it reports, so that nothing waits behind."""

MAY_HAVE_HAPPENED = frozenset({"internal_error", "fatal_error"})

ADVICE = {
    "invalid_auth": "the bot token is not valid (SLACK_BOT_TOKEN)",
    "token_revoked": "the bot token was revoked: install the app again",
    "account_inactive": "the bot token belongs to a removed app: install it again",
    "not_in_channel": "invite the bot to the channel: /invite @retune",
    "channel_not_found": "the channel does not exist or the bot cannot see it: invite it with /invite @retune",
    "is_archived": "the channel is archived: choose another one in RETUNE_CHANNEL",
    "plan_upgrade_required": "this workspace has no user groups: name people, or a channel of approvers, instead",
    "missing_scope": "the app lacks a scope: install it again with app-manifest.yml",
}


def session(*, plain: bool = False) -> aiohttp.ClientSession:
    """The one HTTP session for all Slack calls; slack_sdk would otherwise open one, and a connection, per call.

    *plain*: plain http to other machines is allowed.
    """
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=12),
        connector=aiohttp.TCPConnector(limit=20, ssl=trust()),
        middlewares=[guard(plain)],
    )


class ShortWaits(AsyncRateLimitErrorRetryHandler):
    """Waits out one short rate limit. slack_sdk's own handler has no upper limit: `Retry-After: 600` blocks a call
    for ten minutes. An edit never waits here: when it may be sent, what it shows may be old.
    """

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


def web_client(token: str, api_url: str, http: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's own client. It waits out one short rate limit, and retries no lost connection: a post may be there."""
    return AsyncWebClient(token, api_url, session=http, retry_handlers=[ShortWaits(max_retry_count=1)])


SCOPES = frozenset(
    {
        *("app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write"),
        *("groups:history", "groups:read", "im:history", "im:write", "pins:write", "reactions:write"),
        *("usergroups:read", "users:read"),
    }
)
"""What app-manifest.yml asks for."""


async def call(calling: Awaitable[Any], *, writes: bool = False, unless: Collection[str] = ()) -> Any:
    """Awaits one Web API call. *writes*: it is not idempotent, so a lost answer means that nobody knows.

    None where Slack refuses with one of the codes in *unless*: those are no fault to whoever calls.
    """
    try:
        return await calling
    except SlackApiError as error:
        refused = _refusal(error, writes=writes)
        if isinstance(refused, ChatRefused) and refused.code in unless:
            return None
        raise refused from error
    except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, NotSecure) as error:
        raise ChatBusy(f"Slack cannot be reached.{why(error)}") from error
    except (
        *(TimeoutError, aiohttp.ClientError),
        # slack_sdk fails so on a 200 whose body is not JSON: something between us and Slack answered.
        *(SlackClientError, AttributeError, TypeError, json.JSONDecodeError),
    ) as error:
        raise _lost(writes, why(error)) from error


def fields(answer: Any) -> Mapping[str, Any]:
    """What an answer holds; nothing where it is not JSON."""
    data = answer.data
    return data if isinstance(data, Mapping) else {}


async def pages(method: Callable[..., Awaitable[Any]], **options: Any) -> AsyncIterator[Any]:
    """Every page of an answer that comes in pages."""
    cursor: str | None = ""
    while cursor is not None:
        answer = await call(method(limit=200, cursor=cursor, **options))
        yield answer
        more = fields(answer).get("response_metadata")
        told = more.get("next_cursor") if isinstance(more, dict) else None
        cursor = told if isinstance(told, str) and told else None


def _lost(writes: bool, reason: str = "") -> ChatError:
    if writes:
        return ChatOutcomeUnknown(f"Slack's answer was lost; the message may be there.{reason}")
    return ChatBusy(f"Slack's answer was lost.{reason}")


def _refusal(error: SlackApiError, *, writes: bool) -> ChatError:
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    try:
        code = response["error"]
    except (TypeError, KeyError):
        code = None
    if status == 429 or code in TRANSIENT:
        wait = str(getattr(response, "headers", {}).get("Retry-After", "1"))
        return ChatBusy("Slack asks to wait.", code=code, retry_after=float(wait) if wait.isdigit() else 1.0)
    if code in MAY_HAVE_HAPPENED or status >= 500 or code is None:
        return _lost(writes)
    needed = f" ({response['needed']})" if code == "missing_scope" else ""
    details = "; ".join((response.get("response_metadata") or {}).get("messages", [])[:3])
    advice = ADVICE.get(str(code), details)
    return ChatRefused(f"Slack refuses: {code}{needed}{f', {advice}' if advice else ''}.", code=str(code))
