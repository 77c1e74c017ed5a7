"""The Web API: one entry for all methods. Token, scope and arguments are checked as Slack does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .faults import Fault, Faults
from .grants import Grants
from .limits import Limits
from .workspace import Json, Refused, Workspace

BOT_TOKEN, APP_TOKEN = "xoxb-local-sandbox-bot-token", "xapp-1-local-sandbox-app-token"
JSON_ARGUMENTS = ("blocks", "view", "metadata", "attachments", "files")


@dataclass(frozen=True, slots=True)
class Call:
    """One call received."""

    method: str
    arguments: Json
    answer: Json
    at: float


Handler = Callable[[Json], Awaitable[Json] | Json]


@dataclass(frozen=True, slots=True)
class Method:
    """How a method is called: its scopes (one of them suffices) and required arguments."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    token: str = "bot"


@dataclass
class WebApi:
    """Routes calls to methods."""

    workspace: Workspace
    grants: Grants
    faults: Faults
    limits: Limits
    methods: dict[str, Method] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._late: set[asyncio.Task[None]] = set()

    def add(self, methods: Mapping[str, Method]) -> None:
        """Adds a family of methods."""
        self.methods.update(methods)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call from its bytes to its answer."""
        name, arguments, early = request.match_info["method"], Json(), None
        fault = self.faults.take(name)
        try:
            arguments = await _arguments(request)
            answer = await _instead(fault)
            if fault is not None and fault.kind == "late":
                self._do_later(fault, name, request, arguments)
            if answer is None and (early := self.limits.wait(name, arguments)) is not None:
                raise Refused("ratelimited")
            if answer is None:
                answer = {"ok": True, **await self._call(name, request, arguments)}
        except Refused as error:
            answer = {"ok": False, "error": error.error, **error.details}
        if fault is not None and fault.kind == "refuse":
            answer = {"ok": False, "error": fault.settings["error"]}
        self.calls.append(Call(name, arguments, answer, self.workspace.now()))
        if early is not None:
            return web.json_response(answer, status=429, headers={"Retry-After": str(early)})
        if fault is None:
            return web.json_response(answer, headers={"x-oauth-scopes": self.grants.told})
        return _misbehave(fault, answer, request)

    def _do_later(self, fault: Fault, name: str, request: web.Request, arguments: Json) -> None:
        """The call takes effect once it is released; its result is lost."""

        async def work() -> None:
            await fault.release.wait()
            with contextlib.suppress(Refused):
                await self._call(name, request, arguments)

        task = asyncio.create_task(work())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _call(self, name: str, request: web.Request, arguments: Json) -> Json:
        method = self.methods.get(name)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        self._authorise(method, request)
        missing = [key for key in method.required if arguments.get(key) in (None, "")]
        if missing:
            raise Refused("missing_argument" if missing != ["channel"] else "channel_not_found")
        answer = method.handler(arguments)
        return answer if isinstance(answer, dict) else await answer

    def _authorise(self, method: Method, request: web.Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not token:
            raise Refused("not_authed")
        if token not in (BOT_TOKEN, APP_TOKEN):
            raise Refused("invalid_auth")
        if (token == APP_TOKEN) != (method.token == "app"):
            raise Refused("not_allowed_token_type")
        if method.scopes and not self.grants.scopes.intersection(method.scopes):
            raise Refused("missing_scope", needed=method.scopes[0], provided=self.grants.told)


async def _instead(fault: Fault | None) -> Json | None:
    """A fault's answer instead of the method's; None if the method runs anyway."""
    if fault is None:
        return None
    if fault.kind == "hold":
        await fault.release.wait()
    not_done = fault.kind in ("refuse", "answer") and not fault.settings["done"]
    if fault.kind in ("rate_limit", "status", "late") or not_done:
        return {"ok": False, "error": "ratelimited" if fault.kind == "rate_limit" else "internal_error"}
    return None


def _misbehave(fault: Fault, answer: Json, request: web.Request) -> web.Response:
    """The bytes of a faulty answer."""
    match fault.kind:
        case "rate_limit":
            return web.json_response(answer, status=429, headers={"Retry-After": str(fault.settings["retry_after"])})
        case "status" if fault.settings["html"]:
            text = "<html><body>Bad gateway</body></html>"
            return web.Response(status=fault.settings["status"], text=text, content_type="text/html")
        case "status":
            return web.json_response(answer, status=fault.settings["status"])
        case "answer":
            return web.json_response(fault.settings["answer"])
        case "lose" | "late" if request.transport is not None:
            request.transport.abort()
    return web.json_response(answer)


async def _arguments(request: web.Request) -> Json:
    """Arguments come in the query string, as a form, or as JSON; objects may be JSON inside a string."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            # Slack accepts an empty body as no arguments: slack_sdk's synchronous client sends one.
            body = json.loads(await request.text() or "{}")
        except ValueError as error:
            raise Refused("invalid_json") from error
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        arguments.update(body)
    elif request.can_read_body:
        arguments.update(await request.post())
    for key in JSON_ARGUMENTS:
        value: Any = arguments.get(key)
        if isinstance(value, str):
            try:
                arguments[key] = json.loads(value)
            except ValueError as error:
                raise Refused("invalid_blocks_format" if key == "blocks" else "invalid_arguments") from error
    return arguments
