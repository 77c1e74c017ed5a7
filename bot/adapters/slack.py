"""`Chat`, `Windows` and `People` over Slack's Web API; every way a call can fail becomes one of our errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals import Person
from bot.errors import ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused
from bot.ports import Message, Place, Room

log = logging.getLogger(__name__)

EVENT = "retune_message"
"""The metadata type under which a message carries its key."""

TRANSIENT = frozenset({"ratelimited", "rate_limited", "request_timeout", "service_unavailable", "team_added_to_org"})
SHORT = 5
"""Seconds of a rate limit that a call waits out by itself; longer ones it reports, so that nothing waits behind."""

MAY_HAVE_HAPPENED = frozenset({"internal_error", "fatal_error"})

NO_SUCH_GROUP = frozenset(
    {
        *("no_such_subteam", "plan_upgrade_required", "subteam_not_found", "paid_teams_only"),
        *("channel_not_found", "not_in_channel"),
    }
)

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


def session() -> aiohttp.ClientSession:
    """The one HTTP session for all Slack calls; slack_sdk would otherwise open one, and a connection, per call."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=12),
        connector=aiohttp.TCPConnector(limit=20),
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
    return AsyncWebClient(
        token=token,
        base_url=api_url,
        session=http,
        retry_handlers=[ShortWaits(max_retry_count=1)],
    )


SCOPES = frozenset(
    {
        *("app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write"),
        *("groups:history", "groups:read", "im:history", "im:write", "pins:write", "reactions:write"),
        *("usergroups:read", "users:read"),
    }
)
"""What app-manifest.yml asks for."""


class SlackChat:
    """One workspace."""

    def __init__(self, client: AsyncWebClient, http: aiohttp.ClientSession, api_url: str) -> None:
        self._client = client
        self._http = http
        host = urlsplit(api_url).hostname or ""
        self._response_host = "hooks.slack.com" if host.endswith("slack.com") else host

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        """Posts a message that carries its key as metadata."""
        answer = await call(
            self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=list(message.blocks),
                thread_ts=thread,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": EVENT, "event_payload": {"key": key}},
            ),
            writes=True,
        )
        return str(answer["ts"])

    async def edit(self, channel: str, ts: str, message: Message) -> None:
        """Replaces text and blocks."""
        await call(
            self._client.chat_update(channel=channel, ts=ts, text=message.text[:3900], blocks=list(message.blocks))
        )

    async def find(self, channel: str, key: str, *, thread: str | None, since: datetime) -> str | None:
        """Looks through what was posted since then for our key."""
        cursor = ""
        while True:
            options: dict[str, Any] = {
                "oldest": f"{since.timestamp():.6f}",
                "limit": 200,
                "include_all_metadata": True,
                "cursor": cursor,
            }
            if thread is None:
                answer = await call(self._client.conversations_history(channel=channel, **options))
            else:
                answer = await call(self._client.conversations_replies(channel=channel, ts=thread, **options))
            for message in answer.get("messages", []):
                about = message.get("metadata") or {}
                if about.get("event_type") == EVENT and about.get("event_payload", {}).get("key") == key:
                    return str(message["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None

    async def whisper(self, place: Place, message: Message) -> None:
        """Answers privately: by `response_url`, else as an ephemeral message, else as a direct message."""
        if place.response_url:
            await self._respond(place.response_url, message)
            return
        if place.channel and not place.channel.startswith("D"):
            try:
                await call(
                    self._client.chat_postEphemeral(
                        channel=place.channel,
                        user=place.user,
                        text=message.text,
                        blocks=list(message.blocks),
                        thread_ts=place.thread,
                    )
                )
            except ChatRefused as error:
                if error.code not in ("not_in_channel", "channel_not_found", "user_not_in_channel"):
                    raise
            else:
                return
        opened = await call(self._client.conversations_open(users=place.user))
        await call(
            self._client.chat_postMessage(
                channel=opened["channel"]["id"],
                text=message.text,
                blocks=list(message.blocks),
                thread_ts=place.thread if place.channel.startswith("D") else None,
            ),
            writes=True,
        )

    async def _respond(self, url: str, message: Message) -> None:
        """slack_sdk's webhook client opens a session for each call and hides failures; this one does neither."""
        if urlsplit(url).hostname != self._response_host:
            raise ChatRefused("That response address is not Slack's.", code="invalid_response_url")
        body = {
            "text": message.text,
            "blocks": list(message.blocks),
            "response_type": "ephemeral",
            "replace_original": False,
        }
        try:
            async with self._http.post(url, json=body) as answer:
                code = (await answer.text())[:100]
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatBusy("Slack cannot be reached.") from error
        if status == 429 or status >= 500:
            raise ChatBusy(f"Slack cannot take the answer now ({status}).")
        if status != 200:
            raise ChatRefused(f"Slack does not take the answer ({code}).", code=code)

    async def open(self, trigger: str, view: Mapping[str, Any]) -> str:
        """Opens a modal."""
        answer = await call(self._client.views_open(trigger_id=trigger, view=dict(view)))
        return str(answer["view"]["id"])

    async def update(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Replaces a modal; that the person closed it is nobody's fault."""
        try:
            await call(self._client.views_update(view_id=view_id, view=dict(view)))
        except ChatRefused as error:
            if error.code not in ("not_found", "view_not_found"):
                raise

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Sets App Home."""
        await call(self._client.views_publish(user_id=user, view=dict(view)))

    async def pin(self, channel: str, ts: str) -> None:
        """Pins."""
        try:
            await call(self._client.pins_add(channel=channel, timestamp=ts))
        except ChatRefused as error:
            if error.code != "already_pinned":
                raise

    async def link(self, channel: str, ts: str) -> str:
        """Asks Slack: only it knows the workspace's address."""
        return str((await call(self._client.chat_getPermalink(channel=channel, message_ts=ts)))["permalink"])

    async def room(self, channel: str) -> Room | None:
        """A private channel that the bot is not in does not exist for it."""
        try:
            found = (await call(self._client.conversations_info(channel=channel)))["channel"]
        except ChatRefused as error:
            if error.code not in ("channel_not_found", "invalid_channel"):
                raise
            return None
        return Room(
            id=str(found["id"]),
            name=str(found.get("name") or ""),
            member=bool(found.get("is_member")),
            archived=bool(found.get("is_archived")),
            external=bool(found.get("is_ext_shared")),
        )

    async def receive(self, channel: str, ts: str) -> None:
        """Eyes on a message."""
        try:
            await call(self._client.reactions_add(channel=channel, timestamp=ts, name="eyes"))
        except ChatError as error:
            log.debug("no eyes on %s: %s", ts, error.text)

    async def person(self, user: str, groups: tuple[str, ...]) -> Person:
        """Asks Slack each time: who was deactivated a minute ago must not approve."""
        found = (await call(self._client.users_info(user=user)))["user"]
        member = set()
        for group in groups:
            if user in await self.members(group):
                member.add(group)
        return Person(
            id=user,
            name=str(found.get("real_name") or found.get("name") or user),
            team=str(found.get("team_id", "")),
            is_guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted") or found.get("is_stranger")),
            is_bot=bool(found.get("is_bot")),
            deactivated=bool(found.get("deleted")),
            groups=frozenset(member),
            zone=str(found.get("tz") or ""),
        )

    async def name(self, id: str) -> str:
        """A person's real name, or a user group's handle."""
        try:
            if not id.startswith("S"):
                return (await self.person(id, ())).name
            answer = await call(self._client.usergroups_list())
        except ChatRefused as error:
            log.warning("the name of %s is not known: %s", id, error.text)
            return id
        found = (group for group in answer.get("usergroups", []) if group.get("id") == id)
        return next((str(group.get("name") or group.get("handle") or id) for group in found), id)

    async def members(self, group: str) -> frozenset[str]:
        """A group that Slack does not know, or cannot have on this plan, has no members: fail closed."""
        try:
            if group.startswith("S"):
                answer = await call(self._client.usergroups_users_list(usergroup=group))
                return frozenset(str(user) for user in answer.get("users", []))
            return await self._channel_members(group)
        except ChatRefused as error:
            if error.code not in NO_SUCH_GROUP:
                raise
            log.warning("approvers %s: %s", group, error.text)
            return frozenset()

    async def _channel_members(self, channel: str) -> frozenset[str]:
        users: set[str] = set()
        cursor = ""
        while True:
            answer = await call(self._client.conversations_members(channel=channel, limit=200, cursor=cursor))
            users.update(str(user) for user in answer.get("members", []))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(users)


async def call(calling: Awaitable[Any], *, writes: bool = False) -> Any:
    """Awaits one Web API call. *writes*: it is not idempotent, so a lost answer means that nobody knows."""
    try:
        return await calling
    except SlackApiError as error:
        raise _refusal(error, writes=writes) from error
    except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as error:
        if isinstance(error, aiohttp.ClientConnectorError):
            raise ChatBusy("Slack cannot be reached.") from error
        raise _lost(writes) from error
    except (TimeoutError, aiohttp.ClientError) as error:
        raise _lost(writes) from error
    except (SlackClientError, AttributeError, TypeError, json.JSONDecodeError) as error:
        # slack_sdk fails so on a 200 whose body is not JSON: something between us and Slack answered.
        raise _lost(writes) from error


def _lost(writes: bool) -> ChatError:
    if writes:
        return ChatOutcomeUnknown("Slack's answer was lost; the message may be there.")
    return ChatBusy("Slack's answer was lost.")


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
