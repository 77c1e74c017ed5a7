"""The page's requests and live updates; page/README.md is the contract."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from .cast import APP, BOT, TEAM
from .delivery import Delivery, Outcome
from .forms import Forms
from .manifest import Manifest
from .people import People
from .shown import shown_channel, shown_message, shown_view
from .workspace import Json, Refused, Workspace

FOLDER = Path(__file__).parent / "page"
SHOWN = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class PageApi:
    """Serves the page and carries out people's actions."""

    def __init__(
        self, workspace: Workspace, manifest: Manifest, people: People, forms: Forms, delivery: Delivery
    ) -> None:
        self._w = workspace
        self._manifest = manifest
        self._people = people
        self._forms = forms
        self._delivery = delivery
        self._open: set[web.WebSocketResponse] = set()

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The page's own files, and nothing beside them."""
        # Looked up by name and never joined to a path: no way out of the folder, and no invalid names.
        served = {path.name: path for path in FOLDER.iterdir() if path.suffix in SHOWN}
        path = served.get(request.match_info.get("name", "index.html"))
        if path is None:
            return web.Response(status=404)
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'",
        }
        return web.Response(body=path.read_bytes(), content_type=SHOWN[path.suffix], charset="utf-8", headers=headers)

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Everything one person may see, then every change of it."""
        user = request.query.get("user", "")
        if user not in self._w.people:
            return web.Response(status=404)
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        changes: asyncio.Queue[Json] = asyncio.Queue()

        def heard(change: Json, person: str | None) -> None:
            if person in (None, user) and self._concerns(change, user):
                changes.put_nowait(change)

        silence = self._w.listen(heard)
        self._open.add(socket)
        await socket.send_str(json.dumps(self._hello(user)))
        telling = asyncio.create_task(_tell(socket, changes))
        try:
            async for frame in socket:
                if frame.type is WSMsgType.ERROR:
                    break
        finally:
            silence()
            self._open.discard(socket)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return socket

    def _concerns(self, change: Json, user: str) -> bool:
        channel = change.get("channel")
        if change["type"] == "message":
            channel = change["message"]["channel"]
        return not isinstance(channel, str) or self._w.sees(user, channel)

    def _hello(self, user: str) -> Json:
        channels = [c for c in self._w.channels.values() if user in c.members]
        messages = [
            shown_message(channel.id, message)
            for channel in channels
            for message in sorted(self._w.messages.get(channel.id, {}).values(), key=lambda m: m["ts"])
        ]
        home = self._w.homes.get(user)
        return {
            "type": "hello",
            "workspace": {"id": TEAM, "name": "Acme Speech"},
            "me": user,
            "people": [
                {
                    "id": p.id,
                    "name": p.name,
                    "real_name": p.real_name,
                    "role": p.role,
                    "tz": p.tz,
                    "is_bot": p.is_bot,
                    "deleted": p.deleted,
                    "is_restricted": p.is_restricted,
                }
                for p in self._w.people.values()
                if p.ours or any(p.id in channel.members for channel in self._w.channels.values())
            ],
            "channels": [shown_channel(channel, user) for channel in channels],
            "usergroups": list(self._w.groups.values()),
            "commands": [dict(command) for command in self._manifest.commands],
            "app": {
                "id": APP,
                "name": self._manifest.name,
                "bot_user": BOT,
                "background_color": self._manifest.color,
                "description": self._manifest.description,
                "home_enabled": self._manifest.home and self._w.people[user].ours,
            },
            "messages": messages,
            "stack": [shown_view(view) for view in self._w.stacks.get(user, [])],
            "home": shown_view(home) if home else None,
            "bot_connected": self._delivery.connections > 0,
        }

    async def act(self, request: web.Request) -> web.Response:
        """A person's action."""
        if request.content_type != "application/json":
            # Another site's page can send a form or plain text here, but not JSON: its browser would ask us first.
            return web.json_response({"ok": False, "error": "not JSON"}, status=415)
        try:
            body = await request.json()
            outcome = await self._act(body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return web.json_response({"ok": False, "error": f"bad request: {error}"}, status=400)
        except Refused as error:
            return web.json_response({"ok": False, "error": error.error})
        answer: Json = {"ok": outcome.error is None}
        if outcome.error is not None:
            answer["error"] = outcome.error
        for key in ("errors", "options", "option_groups"):
            if outcome.body and key in outcome.body:
                answer[key] = outcome.body[key]
        return web.json_response(answer)

    async def _act(self, body: dict[str, Any]) -> Outcome:
        user, people, forms = str(body["user"]), self._people, self._forms
        match body["kind"]:
            case "send":
                return await people.send(user, body["channel"], str(body["text"]), body.get("thread_ts"))
            case "click":
                where, action, block = body["container"], body["action_id"], body.get("block_id")
                element = body.get("element")
                if where["type"] == "message":
                    return await people.click(
                        user, where["channel"], where["ts"], action, block_id=block, element=element
                    )
                return await forms.click_view(
                    user,
                    action,
                    block_id=block,
                    element=element,
                    values=body.get("values"),
                    view_id=where["view_id"],
                )
            case "suggest":
                return await people.suggest(
                    user, body["container"], body["block_id"], body["action_id"], str(body["value"])
                )
            case "submit":
                return await forms.submit(user, body.get("values"), body["view_id"])
            case "close":
                return await forms.close_view(user, bool(body.get("all")), body["view_id"])
            case "home":
                return await people.open_home(user)
            case other:
                raise ValueError(f"unknown kind {other}")

    async def close(self) -> None:
        """Ends every page's connection."""
        for socket in list(self._open):
            await socket.close()


async def _tell(socket: web.WebSocketResponse, changes: asyncio.Queue[Json]) -> None:
    while True:
        await socket.send_str(json.dumps(await changes.get()))
