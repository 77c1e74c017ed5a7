"""`Chat`, `Windows` and `People` over Slack's Web API."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_calls import call
from bot.domain.approvals import Person
from bot.errors import ChatBusy, ChatError, ChatRefused
from bot.ports import Message, Place, Room

log = logging.getLogger(__name__)

EVENT = "retune_message"
"""The metadata type under which a message carries its key."""

NO_SUCH_GROUP = frozenset(
    {
        *("no_such_subteam", "plan_upgrade_required", "subteam_not_found", "paid_teams_only"),
        *("channel_not_found", "not_in_channel"),
    }
)


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
