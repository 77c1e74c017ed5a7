"""`response_url`: answers without a token, five times within half an hour."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from .blockkit import check_addresses, check_blocks, normalise_blocks
from .cast import BOT, TEAM
from .workspace import Json, Refused, Workspace

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

    def __init__(self, url: Callable[[], str], workspace: Workspace) -> None:
        self._url = url
        self._workspace = workspace
        self._known: dict[str, ResponseUrl] = {}

    def give(self, kind: str, channel: str, user: str, original: str | None = None, *, ephemeral: bool = False) -> str:
        """A new address; *original* is the message that carried the button."""
        token = secrets.token_hex(8)
        self._known[token] = ResponseUrl(channel, user, self._workspace.now(), original, ephemeral)
        return f"{self._url()}/hooks/{kind}/{TEAM}/{token}"

    async def answer(self, request: web.Request) -> web.Response:
        """Takes one answer; failures are plain text, as Slack's."""
        known = self._known.get(request.match_info["token"])
        if known is None or self._workspace.now() - known.born > LIFE:
            return web.Response(status=404, text="expired_url")
        if known.uses >= USES:
            return web.Response(status=404, text="used_url")
        known.uses += 1
        try:
            body: Json = dict(await request.json())
        except (ValueError, TypeError):
            return web.Response(status=400, text="invalid_payload")
        if body.get("delete_original"):
            return self._take_away(known)
        if not body.get("text") and not body.get("blocks"):
            return web.Response(status=400, text="no_text")
        if "blocks" in body and (
            check_blocks(body["blocks"], "message", lacks=self._workspace.lacks)
            or check_addresses(body["blocks"], self._workspace.files)
        ):
            return web.Response(status=400, text="invalid_blocks")
        try:
            say(self._workspace, known, body)
        except Refused as error:
            return web.Response(status=404, text=error.error)
        return web.Response(text="ok")

    def _take_away(self, known: ResponseUrl) -> web.Response:
        """What a person typed as a command cannot be taken away; that there is nothing any more is told."""
        if known.original is not None and known.ephemeral:
            self._workspace.unwhisper(known.user, known.original)
        elif known.original is not None:
            if known.original not in self._workspace.messages.get(known.channel, {}):
                return web.Response(status=404, text="message_not_found")
            self._workspace.remove(known.channel, known.original)
        return web.Response(text="ok")


def say(workspace: Workspace, known: ResponseUrl, body: Json) -> None:
    """Shows an answer where its command or button was. Raises `Refused`."""
    shown: Json = {"text": str(body.get("text") or ""), "blocks": normalise_blocks(body.get("blocks") or [])}
    if body.get("replace_original") and known.original is not None:
        if known.ephemeral:
            workspace.rewhisper(known.channel, known.user, known.original, shown)
        else:
            workspace.edit(known.channel, known.original, shown)
        return
    if body.get("thread_ts"):
        shown["thread_ts"] = body["thread_ts"]
    if body.get("response_type") == "in_channel":
        workspace.post(known.channel, BOT, shown)
    else:
        workspace.whisper(known.channel, known.user, shown)
