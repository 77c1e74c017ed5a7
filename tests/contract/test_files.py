"""What `bot.ports.Files` promises, held by the fake and by the adapter against the local Slack alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import SlackChat
from bot.adapters.slack_calls import session, web_client
from bot.errors import ChatBusy, ChatError, ChatOutcomeUnknown, ChatRefused
from bot.ports import Files
from sandbox.slack.server import SlackServer
from tests.fakes import FakeFiles

MANIFEST = Path(__file__).parents[2] / "app-manifest.yml"
ADA, CHANNEL = "U0ADA", "C0SPEECH"
CONTENT = "run;ü\r\n".encode()


@dataclass
class Real:
    """The adapter, and the local Slack behind it."""

    files: SlackChat
    slack: SlackServer
    client: AsyncWebClient
    http: aiohttp.ClientSession

    async def seen(self, channel: str, thread: str | None) -> list[tuple[str, str, bytes]]:
        """Name, title and bytes of the files that Ada can open there."""
        if channel == ADA:
            messages = self.slack.messages(ADA, "D0ADA")
        elif thread:
            messages = self.slack.thread(ADA, channel, thread)[1:]
        else:
            messages = self.slack.messages(ADA, channel)
        found = []
        for file in [file for message in messages for file in message.get("files", [])]:
            async with self.http.get(file["url_private"]) as answer:
                found.append((file["name"], file["title"], await answer.read()))
        return found


@dataclass
class Faked:
    """The fake."""

    files: FakeFiles

    async def seen(self, channel: str, thread: str | None) -> list[tuple[str, str, bytes]]:
        """As the real one."""
        kept = [file for file in self.files.uploaded if (file.channel, file.thread) == (channel, thread)]
        return [(file.name, file.title, file.content) for file in kept]


@pytest.fixture
async def real() -> AsyncIterator[Real]:
    async with SlackServer(MANIFEST) as slack, session() as http:
        client = web_client(slack.bot_token, slack.api_url, http)
        yield Real(SlackChat(client, http, slack.api_url), slack, client, http)


@pytest.mark.parametrize("which", ["fake", "adapter"])
@pytest.mark.parametrize("where", ["channel", "thread", "person"])
async def test_an_upload(real: Real, which: str, where: str):
    """The bytes, the name and the title are where they were sent, and nowhere else."""
    workspace = real if which == "adapter" else Faked(FakeFiles())
    files: Files = workspace.files
    parent = str((await real.client.chat_postMessage(channel=CHANNEL, text="asked"))["ts"])
    channel, thread = {"channel": (CHANNEL, None), "thread": (CHANNEL, parent), "person": (ADA, None)}[where]
    await files.upload(channel, "runs.csv", CONTENT, title="Runs", alt_text="A table", thread=thread)
    for place in ((CHANNEL, None), (CHANNEL, parent), (ADA, None)):
        assert await workspace.seen(*place) == ([("runs.csv", "Runs", CONTENT)] if place == (channel, thread) else [])


@pytest.mark.parametrize(
    ("method", "error", "kind"),
    [
        ("files.getUploadURLExternal", "file_uploads_disabled", ChatRefused),
        ("files.getUploadURLExternal", "service_unavailable", ChatBusy),
        ("files.completeUploadExternal", "not_in_channel", ChatRefused),
        ("conversations.open", "user_not_found", ChatRefused),
    ],
)
async def test_refusals(real: Real, method: str, error: str, kind: type[ChatError]):
    """Nobody sees a file that was refused, at whichever step."""
    real.slack.faults.refuse(method, error)
    with pytest.raises(kind):
        await real.files.upload(ADA, "runs.csv", CONTENT, title="Runs")
    assert await real.seen(ADA, None) == []


async def test_an_answer_that_is_lost(real: Real):
    """Only the last step can leave a file that nobody told us of; before, a lost answer is no file."""
    real.slack.faults.lose("files.getUploadURLExternal")
    with pytest.raises(ChatBusy):
        await real.files.upload(CHANNEL, "runs.csv", CONTENT, title="Runs")
    assert await real.seen(CHANNEL, None) == []
    real.slack.faults.lose("files.completeUploadExternal")
    with pytest.raises(ChatOutcomeUnknown):
        await real.files.upload(CHANNEL, "runs.csv", CONTENT, title="Runs")
    assert len(await real.seen(CHANNEL, None)) == 1


@pytest.mark.parametrize(("path", "kind"), [("/upload/F0NOTHING", ChatRefused), (None, ChatBusy)])
async def test_bytes_that_are_not_taken(
    real: Real, path: str | None, kind: type[ChatError], monkeypatch: pytest.MonkeyPatch
):
    """The address that Slack gave is no longer known, or cannot be reached: no file, and no doubt about it."""
    url = f"{real.slack.url}{path}" if path else "http://127.0.0.1:1/"

    async def elsewhere(**_: Any) -> dict[str, Any]:
        return {"ok": True, "upload_url": url, "file_id": "F0NOTHING"}

    monkeypatch.setattr(real.client, "files_getUploadURLExternal", elsewhere)
    with pytest.raises(kind):
        await real.files.upload(CHANNEL, "runs.csv", CONTENT, title="Runs")
    assert await real.seen(CHANNEL, None) == []
