"""files.*: the three steps of an upload."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from aiohttp import web

from .cast import BOT
from .web_api import Method
from .workspace import Json, Refused, Workspace


class Files:
    """The methods over one workspace, and the address that takes the bytes."""

    def __init__(self, workspace: Workspace, url: Callable[[], str]) -> None:
        self._w = workspace
        self._url = url

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "files.getUploadURLExternal": Method(self.address, ("files:write",), ("filename", "length")),
            "files.completeUploadExternal": Method(self.complete, ("files:write",), ("files",)),
        }

    def address(self, a: Json) -> Json:
        """Step one: an address for the bytes."""
        if not re.fullmatch(r"\d{1,12}", str(a["length"])):
            raise Refused("invalid_arguments")
        if int(a["length"]) < 1:
            raise Refused("missing_argument")
        id = f"F{secrets.token_hex(5).upper()}"
        self._w.files[id] = {"id": id, "name": str(a["filename"]), "alt_txt": str(a.get("alt_txt") or ""), "data": None}
        return {"upload_url": f"{self._url()}/upload/{id}", "file_id": id}

    async def take(self, request: web.Request) -> web.Response:
        """Step two: the bytes, without a token."""
        file = self._w.files.get(request.match_info["id"])
        if file is None:
            return web.Response(status=404)
        file["data"] = await request.read()
        file["mimetype"] = "image/png" if file["data"].startswith(b"\x89PNG") else "text/plain"
        return web.Response(text="OK")

    def complete(self, a: Json) -> Json:
        """Step three: shares them."""
        if not isinstance(a["files"], list) or not all(isinstance(wanted, dict) for wanted in a["files"]):
            raise Refused("invalid_arguments")
        done = []
        for wanted in a["files"]:
            file = self._w.files.get(str(wanted.get("id")))
            if file is None or file["data"] is None:
                raise Refused("file_not_found")
            file["title"] = wanted.get("title") or file["name"]
            file["url_private"] = f"{self._url()}/page/files/{file['id']}"
            done.append(file)
        shown = [
            {
                "id": file["id"],
                "name": file["name"],
                "title": file["title"],
                "mimetype": file["mimetype"],
                "size": len(file["data"]),
                "alt_txt": file["alt_txt"],
                "url_private": file["url_private"],
            }
            for file in done
        ]
        channel = a.get("channel_id") or a.get("channels")
        if channel:
            body: Json = {"text": str(a.get("initial_comment") or ""), "files": shown}
            if a.get("thread_ts"):
                body["thread_ts"] = str(a["thread_ts"])
            self._w.post(self._w.writable(str(channel)).id, BOT, body)
        return {"files": [{"id": file["id"], "title": file["title"]} for file in done]}

    async def give(self, request: web.Request) -> web.Response:
        """A file for the page."""
        file = self._w.files.get(request.match_info["id"])
        if file is None or file["data"] is None:
            return web.Response(status=404)
        return web.Response(
            body=file["data"],
            content_type=file["mimetype"],
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"},
        )
