"""`Chat`, `Windows`, `People` and `Files` over Slack's Web API.

slack_sdk's `files_upload_v2` is not used: it raises the same error for a file that was never shared and for one whose
sharing was not answered.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_answers import ABOUT_THE_APP, CONTENT, about, fields, messages_in, posted_at, text_at
from bot.adapters.slack_calls import call, pages
from bot.adapters.slack_content import EDITED, in_some_form, whole
from bot.adapters.slack_newer import NewerBlocks
from bot.adapters.slack_people import NO_GROUPS, groups_in, ids_in, no_approvers, person_in, room_in
from bot.adapters.slack_routes import why
from bot.adapters.slack_views import SlackViews
from bot.domain.authority import Person
from bot.errors import BlocksRefused, ChatBusy, ChatError, ChatRefused, MessageGone
from bot.network import is_slack
from bot.ports import Group, Message, Place, Room

log = logging.getLogger(__name__)

EVENT = "retune_message"
"""The metadata type of our messages; it carries their key."""

SENDING = aiohttp.ClientTimeout(total=60)
"""Seconds for a file's bytes; all other calls are small."""


class SlackChat(SlackViews):
    """One workspace."""

    def __init__(self, client: AsyncWebClient, http: aiohttp.ClientSession, api_url: str) -> None:
        super().__init__(client, NewerBlocks())
        self._http = http
        self._host = urlsplit(api_url).hostname
        self._direct: dict[str, str] = {}
        """The direct message channel of each person, by their id."""
        self._skipped: dict[str, str] = {}
        """People and groups that are not counted as approvers, with the reason last logged."""

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        """Post a message with its key and digest as metadata."""
        where = await self._place(channel)

        async def send(content: Mapping[str, Any]) -> Any:
            return await call(
                self._client.chat_postMessage(
                    **content,
                    channel=where,
                    thread_ts=thread,
                    unfurl_links=False,
                    unfurl_media=False,
                    metadata=_metadata(key, message),
                ),
                writes=True,
            )

        return posted_at(await in_some_form(message, send, key, self._newer), thread)

    async def edit(self, channel: str, ts: str, message: Message, *, key: str) -> None:
        """Replace text, blocks and digest."""
        where = await self._place(channel)

        async def send(content: Mapping[str, Any]) -> Any:
            editing = self._client.chat_update(channel=where, ts=ts, **content, metadata=_metadata(key, message))
            return await call(editing, writes=True)

        text_at(await in_some_form(message, send, key, self._newer, text=EDITED), "ts", writes=True)

    async def shows(self, channel: str, ts: str, *, thread: str | None) -> str | None:
        """Read one message. A deleted parent with replies is replaced by a tombstone."""
        client = self._client
        where: dict[str, Any] = {"channel": await self._place(channel), "include_all_metadata": True}
        where |= {"oldest": ts, "latest": ts, "inclusive": True, "limit": 2}
        try:
            answer = await call(
                client.conversations_history(**where)
                if thread is None
                else client.conversations_replies(**where, ts=thread)
            )
        except MessageGone:
            return None
        found = next((message for message in messages_in(answer) if message["ts"] == ts), None)
        if found is None or found.get("subtype") == "tombstone":
            return None
        return str(about(found, EVENT).get("shows", ""))

    async def find(self, channel: str, key: str, *, thread: str | None, since: datetime) -> tuple[str, ...]:
        """Search the messages since then for our key."""
        client = self._client
        method: Callable[..., Any] = client.conversations_history if thread is None else client.conversations_replies
        where = {"channel": await self._place(channel), **({"ts": thread} if thread else {})}
        oldest = f"{since.timestamp():.6f}"
        found: list[str] = []
        async for page in pages(method, include_all_metadata=True, oldest=oldest, **where):
            found += [message["ts"] for message in messages_in(page) if about(message, EVENT).get("key") == key]
        return tuple(sorted(found))

    async def delete(self, channel: str, ts: str) -> None:
        """Delete."""
        deleting = self._client.chat_delete(channel=await self._place(channel), ts=ts)
        await call(deleting, unless=("message_not_found",))

    async def _place(self, channel: str) -> str:
        """The channel: a person's id stands for the direct message with them, which has its own id."""
        if channel[:1] not in ("U", "W"):
            return channel
        if channel not in self._direct:
            opened = await call(self._client.conversations_open(users=channel))
            self._direct[channel] = text_at(opened, "channel", "id")
        return self._direct[channel]

    async def whisper(self, place: Place, message: Message) -> None:
        """Answer privately: by `response_url`, else as an ephemeral message, else as a direct message."""
        if place.response_url:
            await self._respond(place.response_url, message, "ephemeral")
            return
        direct = place.channel.startswith("D")

        async def show(content: Mapping[str, Any]) -> Any:
            return await call(
                self._client.chat_postEphemeral(
                    channel=place.channel, user=place.user, thread_ts=place.thread, **content
                ),
                unless=("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived"),
            )

        if place.channel and not direct and await self._answered(message, show) is not None:
            return
        where = await self._place(place.user)

        async def send(content: Mapping[str, Any]) -> Any:
            thread = place.thread if direct else None
            return await call(self._client.chat_postMessage(**content, channel=where, thread_ts=thread), writes=True)

        await self._answered(message, send)

    async def respond(self, url: str, message: Message) -> None:
        """Answers in public, in the channel."""
        await self._respond(url, message, "in_channel")

    def acknowledging(self, message: Message) -> Message | None:
        """A refused block in an acknowledgement can't be sent again."""
        shown = self._newer.on("message", message.blocks)
        if not self._newer.known("message", shown):
            return None
        fit = replace(message, blocks=shown)
        return whole(fit) or fit

    async def _answered(self, message: Message, send: Callable[[Mapping[str, Any]], Awaitable[Any]]) -> Any:
        return await in_some_form(message, send, "an answer", self._newer)

    async def _respond(self, url: str, message: Message, seen: str) -> None:
        """slack_sdk's webhook client opens a session for each call and hides failures; this one does neither."""
        if not self._is_slacks(url):
            raise ChatRefused("That response address is not Slack's.", code="invalid_response_url")
        await self._answered(message, lambda content: self._send_back(url, content, seen))

    async def _send_back(self, url: str, content: Mapping[str, Any], seen: str) -> bool:
        body = {**content, "response_type": seen, "replace_original": False}
        try:
            async with self._http.post(url, json=body) as answer:
                code, status = (await answer.text())[:100], answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatBusy(f"Slack cannot be reached.{why(error)}") from error
        if status == 429 or status >= 500:
            raise ChatBusy(f"Slack cannot take the answer now ({status}).")
        if status != 200:
            kind = BlocksRefused if code in CONTENT else ChatRefused
            raise kind(f"Slack does not take the answer ({code}).", code=code)
        return True

    async def pin(self, channel: str, ts: str) -> None:
        """Pin, if the app may: the scope is optional."""
        await call(self._client.pins_add(channel=channel, timestamp=ts), unless=("already_pinned", "missing_scope"))

    async def link(self, channel: str, ts: str) -> str:
        """Slack's link; only Slack knows the workspace's address."""
        answer = await call(self._client.chat_getPermalink(channel=channel, message_ts=ts))
        return text_at(answer, "permalink")

    async def room(self, channel: str) -> Room | None:
        """Slack treats a private channel without the bot as unknown."""
        asking = self._client.conversations_info(channel=channel)
        answer = await call(asking, unless=("channel_not_found", "invalid_channel"))
        return None if answer is None else room_in(channel, fields(answer).get("channel"))

    async def receive(self, channel: str, ts: str) -> None:
        """Add 👀 to a message, if the app may: the scope is optional."""
        try:
            await call(self._client.reactions_add(channel=channel, timestamp=ts, name="eyes"))
        except ChatError as error:
            log.debug("no eyes on %s: %s", ts, error.text)

    async def person(self, user: str) -> Person:
        """Asks Slack each time: a person deactivated a minute ago must not approve."""
        try:
            answer = await call(self._client.users_info(user=user))
        except ChatRefused as error:
            if error.code in ABOUT_THE_APP:
                raise
            self._skip(user, f"{user} counts as nobody: {error.text}")
            return Person(user, user, "")
        self._skipped.pop(user, None)
        return person_in(user, fields(answer).get("user"))

    async def name(self, id: str) -> str:
        """A person's real name, or a user group's handle."""
        try:
            if not id.startswith("S"):
                return (await self.person(id)).name
            return next((group.name for group in await self.groups() if group.id == id), id)
        except ChatRefused as error:
            log.warning("the name of %s is not known: %s", id, error.text)
            return id

    async def groups(self) -> tuple[Group, ...]:
        """Slack lists groups in use."""
        answer = await call(self._client.usergroups_list(), unless=NO_GROUPS)
        return () if answer is None else groups_in(fields(answer).get("usergroups"))

    async def members(self, group: str) -> frozenset[str]:
        """An unknown group, or one that the plan does not allow, has no members: fail closed."""
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
            if error.code in ABOUT_THE_APP:
                raise
            return self._nobody(group, error.text)
        self._skipped.pop(group, None)
        return members

    def _nobody(self, group: str, why: str) -> frozenset[str]:
        self._skip(group, f"approvers {group}: {why}")
        return frozenset()

    def _skip(self, id: str, why: str) -> None:
        """Logged once for each reason: every vote asks."""
        if self._skipped.get(id) != why:
            log.warning("%s", why)
        self._skipped[id] = why

    async def upload(
        self, channel: str, name: str, content: bytes, *, title: str, alt_text: str = "", thread: str | None = None
    ) -> None:
        """Request an upload address, send the bytes, share the file; people see only the last step."""
        where = await self._place(channel)
        place = await call(
            self._client.files_getUploadURLExternal(filename=name, length=len(content), alt_txt=alt_text or None)
        )
        file = text_at(place, "file_id")
        await self._send(text_at(place, "upload_url"), content)
        await call(
            self._client.files_completeUploadExternal(
                files=[{"id": file, "title": title}], channel_id=where, thread_ts=thread
            ),
            writes=True,
        )

    def _is_slacks(self, url: str) -> bool:
        """Slack's own hosts give addresses on any of them; another API host only on its own."""
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


def _metadata(key: str, message: Message) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"key": key, "shows": message.digest}}
