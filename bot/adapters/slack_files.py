"""`Files` over Slack's three steps of an upload.

slack_sdk's `files_upload_v2` does the same, but tells a file that was never shared from one whose sharing was not
answered by nothing: both are one kind of error.
"""

from __future__ import annotations

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_calls import call
from bot.errors import ChatBusy, ChatRefused

SENDING = aiohttp.ClientTimeout(total=60)
"""Seconds for the bytes themselves; all other calls are small."""


class SlackFiles:
    """Uploads over the client and the session of all other calls."""

    def __init__(self, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
        self._client = client
        self._http = http

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

    async def _send(self, url: str, content: bytes) -> None:
        try:
            async with self._http.post(url, data=content, timeout=SENDING) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatBusy("Slack cannot be reached; the file was not sent. Try again in a moment.") from error
        if status == 429 or status >= 500:
            raise ChatBusy(f"Slack cannot take the file now ({status}). Try again in a moment.")
        if status != 200:
            raise ChatRefused(f"Slack does not take the file ({status}).", code=str(status))
