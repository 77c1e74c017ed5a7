"""The three steps of an upload, as the SDK takes them."""

from __future__ import annotations

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, GENERAL, SPEECH, refused


async def test_an_upload(slack: SlackServer, client: AsyncWebClient, http: aiohttp.ClientSession):
    """`files_upload_v2` ends in a message with the file, in the thread that was named; people can open it."""
    parent = (await client.chat_postMessage(channel=SPEECH, text="x"))["ts"]
    await client.files_upload_v2(
        channel=SPEECH, content="a,b", filename="runs.csv", title="Runs", thread_ts=parent, initial_comment="here"
    )
    message = slack.thread(ADA, SPEECH, parent)[-1]
    (file,) = message["files"]
    assert (message["text"], file["name"], file["title"], file["size"]) == ("here", "runs.csv", "Runs", 3)
    async with http.get(f"{slack.url}/page/files/{file['id']}") as answer:
        assert await answer.text() == "a,b"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_steps_that_are_missing(client: AsyncWebClient):
    """A file without bytes cannot be shared, nor one that nobody announced."""
    announced = await client.files_getUploadURLExternal(filename="a", length=1)
    for id in (announced["file_id"], "F0NOTHING"):
        call = client.files_completeUploadExternal(files=[{"id": id}], channel_id=SPEECH)
        assert (await refused(call))["error"] == "file_not_found"


async def test_where_files_cannot_go(slack: SlackServer, client: AsyncWebClient, http: aiohttp.ClientSession):
    """To channels that the bot is in only; the bytes go to the address that was given and to no other."""
    announced = await client.files_getUploadURLExternal(filename="a", length=1)
    async with http.post(announced["upload_url"], data=b"a") as answer:
        assert answer.status == 200
    call = client.files_completeUploadExternal(files=[{"id": announced["file_id"]}], channel_id=GENERAL)
    assert (await refused(call))["error"] == "not_in_channel"
    async with http.post(f"{slack.url}/upload/F0NOTHING", data=b"a") as answer:
        assert answer.status == 404
