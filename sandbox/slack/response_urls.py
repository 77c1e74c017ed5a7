"""`response_url`: answers without a token, five times within half an hour."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from aiohttp import web

from .blockkit import check_blocks, normalise_blocks
from .workspace import BOT, TEAM, Json, Refused, Workspace

USES, LIFE = 5, 1800.0


@dataclass
class ResponseUrl:
    """What one address stands for."""

    channel: str
    user: str
    born: float
    original: str | None = None
    ephemeral: bool = False
    uses: int = 0


class ResponseUrls:
    """All addresses that were given out."""

    def __init__(self, url: str, workspace: Workspace) -> None:
        self._url = url
        self._workspace = workspace
        self._known: dict[str, ResponseUrl] = {}

    def give(self, kind: str, channel: str, user: str, original: str | None = None, *, ephemeral: bool = False) -> str:
        """A new address; *original* is the message that carried the button."""
        token = secrets.token_hex(8)
        self._known[token] = ResponseUrl(channel, user, self._workspace.now(), original, ephemeral)
        return f"{self._url}/hooks/{kind}/{TEAM}/{token}"

    async def answer(self, request: web.Request) -> web.Response:
        """Takes one answer; failures are plain text, as Slack's."""
        known = self._known.get(request.match_info["token"])
        if known is None or self._workspace.now() - known.born > LIFE:
            return web.Response(status=404, text="expired_url")
        if known.uses >= USES:
            return web.Response(status=404, text="used_url")
        known.uses += 1
        body: Json = await request.json()
        if body.get("delete_original"):
            self._take_away(known)
            return web.Response(text="ok")
        if not body.get("text") and not body.get("blocks"):
            return web.Response(status=400, text="no_text")
        if "blocks" in body and check_blocks(body["blocks"], "message"):
            return web.Response(status=400, text="invalid_blocks")
        try:
            say(self._workspace, known, body)
        except Refused as error:
            return web.Response(status=404, text=error.error)
        return web.Response(text="ok")

    def _take_away(self, known: ResponseUrl) -> None:
        if known.original is None:
            return
        if known.ephemeral:
            self._workspace.unwhisper(known.user, known.original)
        else:
            self._workspace.remove(known.channel, known.original)


def say(workspace: Workspace, known: ResponseUrl, body: Json) -> None:
    """Shows an answer where its command or button was."""
    shown: Json = {"text": body.get("text", "")}
    if body.get("blocks"):
        shown["blocks"] = normalise_blocks(body["blocks"])
    if body.get("replace_original") and known.original is not None:
        if not known.ephemeral:
            workspace.edit(known.channel, known.original, shown)
            return
        workspace.unwhisper(known.user, known.original)
    if body.get("thread_ts"):
        shown["thread_ts"] = body["thread_ts"]
    if body.get("response_type") == "in_channel":
        workspace.post(known.channel, BOT, shown)
    else:
        workspace.whisper(known.channel, known.user, shown)
