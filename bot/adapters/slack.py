"""`Chat`, `Windows`, `People` and `Files` over Slack's Web API.

slack_sdk's `files_upload_v2` uploads as well, but tells a file that was never shared from one whose sharing was not
answered by nothing: both are one kind of error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_calls import call, fields, pages
from bot.adapters.slack_people import ids_in, no_approvers, person_in, room_in
from bot.adapters.slack_routes import why
from bot.domain.authority import Person
from bot.errors import ChatBusy, ChatError, ChatRefused
from bot.network import is_slack
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

NO_SUCH_PERSON = frozenset({"user_not_found", "user_not_visible", "users_not_found"})

SENDING = aiohttp.ClientTimeout(total=60)
"""Seconds for the bytes of a file; all other calls are small."""


class SlackChat:
    """One workspace."""

    def __init__(self, client: AsyncWebClient, http: aiohttp.ClientSession, api_url: str) -> None:
        self._client = client
        self._http = http
        self._host = urlsplit(api_url).hostname
        self._empty: dict[str, str] = {}
        """Why which group of approvers counts as empty, as the log has it."""

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        """Posts a message that carries its key as metadata."""
        answer = await call(
            self._client.chat_postMessage(
                **_content(message),
                channel=channel,
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
        client = self._client
        method: Callable[..., Any] = client.conversations_history if thread is None else client.conversations_replies
        where = {"channel": channel, "oldest": f"{since.timestamp():.6f}", **({"ts": thread} if thread else {})}
        async for page in pages(method, include_all_metadata=True, **where):
            for message in page.get("messages", []):
                about = message.get("metadata") or {}
                if about.get("event_type") == EVENT and about.get("event_payload", {}).get("key") == key:
                    return str(message["ts"])
        return None

    async def whisper(self, place: Place, message: Message) -> None:
        """Answers privately: by `response_url`, else as an ephemeral message, else as a direct message."""
        if place.response_url:
            await self._respond(place.response_url, message)
            return
        if place.channel and not place.channel.startswith("D"):
            said = await call(
                self._client.chat_postEphemeral(
                    channel=place.channel, user=place.user, thread_ts=place.thread, **_content(message)
                ),
                unless=("not_in_channel", "channel_not_found", "user_not_in_channel"),
            )
            if said is not None:
                return
        opened = await call(self._client.conversations_open(users=place.user))
        await call(
            self._client.chat_postMessage(
                **_content(message),
                channel=opened["channel"]["id"],
                thread_ts=place.thread if place.channel.startswith("D") else None,
            ),
            writes=True,
        )

    async def _respond(self, url: str, message: Message) -> None:
        """slack_sdk's webhook client opens a session for each call and hides failures; this one does neither."""
        if not self._is_slacks(url):
            raise ChatRefused("That response address is not Slack's.", code="invalid_response_url")
        body = {**_content(message), "response_type": "ephemeral", "replace_original": False}
        try:
            async with self._http.post(url, json=body) as answer:
                code, status = (await answer.text())[:100], answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatBusy(f"Slack cannot be reached.{why(error)}") from error
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
        updating = self._client.views_update(view_id=view_id, view=dict(view))
        await call(updating, unless=("not_found", "view_not_found"))

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Sets App Home."""
        await call(self._client.views_publish(user_id=user, view=dict(view)))

    async def pin(self, channel: str, ts: str) -> None:
        """Pins."""
        await call(self._client.pins_add(channel=channel, timestamp=ts), unless=("already_pinned",))

    async def link(self, channel: str, ts: str) -> str:
        """Asks Slack: only it knows the workspace's address."""
        return str((await call(self._client.chat_getPermalink(channel=channel, message_ts=ts)))["permalink"])

    async def room(self, channel: str) -> Room | None:
        """A private channel that the bot is not in does not exist for it."""
        asking = self._client.conversations_info(channel=channel)
        answer = await call(asking, unless=("channel_not_found", "invalid_channel"))
        return None if answer is None else room_in(channel, fields(answer).get("channel"))

    async def receive(self, channel: str, ts: str) -> None:
        """Eyes on a message."""
        try:
            await call(self._client.reactions_add(channel=channel, timestamp=ts, name="eyes"))
        except ChatError as error:
            log.debug("no eyes on %s: %s", ts, error.text)

    async def person(self, user: str) -> Person:
        """Asks Slack each time: who was deactivated a minute ago must not approve."""
        answer = await call(self._client.users_info(user=user), unless=NO_SUCH_PERSON)
        return Person(user, user, "") if answer is None else person_in(user, fields(answer).get("user"))

    async def name(self, id: str) -> str:
        """A person's real name, or a user group's handle."""
        try:
            if not id.startswith("S"):
                return (await self.person(id)).name
            answer = await call(self._client.usergroups_list())
        except ChatRefused as error:
            log.warning("the name of %s is not known: %s", id, error.text)
            return id
        listed = fields(answer).get("usergroups")
        groups = [group for group in listed if isinstance(group, Mapping)] if isinstance(listed, list) else []
        found = (group for group in groups if group.get("id") == id)
        return next((str(group.get("name") or group.get("handle") or id) for group in found), id)

    async def members(self, group: str) -> frozenset[str]:
        """A group that Slack does not know, or cannot have on this plan, has no members: fail closed."""
        try:
            if group.startswith("S"):
                answer = await call(self._client.usergroups_users_list(usergroup=group))
                members = ids_in(fields(answer).get("users"))
            elif why := no_approvers(await self.room(group)):
                return self._nobody(group, why)
            else:
                lists = [page async for page in pages(self._client.conversations_members, channel=group)]
                members = frozenset[str]().union(*(ids_in(fields(page).get("members")) for page in lists))
        except ChatRefused as error:
            if error.code not in NO_SUCH_GROUP:
                raise
            return self._nobody(group, error.text)
        self._empty.pop(group, None)
        return members

    def _nobody(self, group: str, why: str) -> frozenset[str]:
        """Said once for each reason: every vote asks."""
        if self._empty.get(group) != why:
            log.warning("approvers %s: %s", group, why)
        self._empty[group] = why
        return frozenset()

    async def upload(
        self, channel: str, name: str, content: bytes, *, title: str, alt_text: str = "", thread: str | None = None
    ) -> None:
        """Asks where to put the bytes, puts them there, and shares them; only the last step is seen by anybody."""
        if channel[:1] in ("U", "W"):
            channel = (await call(self._client.conversations_open(users=channel)))["channel"]["id"]
        place = await call(
            self._client.files_getUploadURLExternal(filename=name, length=len(content), alt_txt=alt_text or None)
        )
        await self._send(place["upload_url"], content)
        await call(
            self._client.files_completeUploadExternal(
                files=[{"id": place["file_id"], "title": title}], channel_id=channel, thread_ts=thread
            ),
            writes=True,
        )

    def _is_slacks(self, url: str) -> bool:
        """Slack's own hosts give addresses on any of them; a stand-in's are on its own."""
        host = urlsplit(url).hostname
        return is_slack(host) if is_slack(self._host) else host == self._host

    async def _send(self, url: str, content: bytes) -> None:
        if not self._is_slacks(url):
            raise ChatRefused("That address for the file is not Slack's.", code="invalid_upload_url")
        try:
            async with self._http.post(url, data=content, timeout=SENDING) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatBusy(f"Slack cannot be reached; the file was not sent.{why(error)}") from error
        if status == 429 or status >= 500:
            raise ChatBusy(f"Slack cannot take the file now ({status}).")
        if status != 200:
            raise ChatRefused(f"Slack does not take the file ({status}).", code=str(status))


def _content(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}
