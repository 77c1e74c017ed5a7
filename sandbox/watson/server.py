"""The local Speech to Text service as an HTTP server on the loopback interface."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Any, TypeVar

from aiohttp import web

from sandbox.watson import (
    routes_acoustic,
    routes_corpora,
    routes_language,
    routes_models,
    routes_recognize,
    routes_words,
)
from sandbox.watson.auth import TokenRefused, Tokens
from sandbox.watson.clock import Clock
from sandbox.watson.damage import cut, half, planned, spoiled
from sandbox.watson.exchange import Exchange, Route, Routes
from sandbox.watson.failures import Refused
from sandbox.watson.faults import Faults
from sandbox.watson.ledger import LEDGER, Entry
from sandbox.watson.routes_control import add_control
from sandbox.watson.seed import seed_fleet
from sandbox.watson.state import Instance, World
from sandbox.watson.unexpected import warned

T = TypeVar("T")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ROUTES: Routes = MappingProxyType(
    {
        **routes_models.ROUTES,
        **routes_language.ROUTES,
        **routes_corpora.ROUTES,
        **routes_words.ROUTES,
        **routes_acoustic.ROUTES,
        **routes_recognize.ROUTES,
    }
)

_CLOUD = "/instances/{instance_id}"
_CLUSTER = "/speech-to-text/{release}/instances/{instance_id}/api"
_PLACE = re.compile(r"^(?:/speech-to-text/[^/]+)?/instances/(?P<id>[^/]+)(?:/api(?=/v1))?(?P<path>/.*)$")
_MOST_BYTES = 100 * 1024**2


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an instance. *path* begins with `/v1` and has no slash at its end.

    *status* is the service's answer, even if it was lost; 0 if the connection was cut before. *instance* is empty for
    an unknown one.
    """

    method: str
    path: str
    query: Mapping[str, str]
    status: int
    at: float
    instance: str


class SpeechServer:
    """The service. Use as an asynchronous context manager; *port* 0 takes a free one.

    *now* gives seconds since 1970, *speed* 60 lets an upgrade of 30 minutes take 30 seconds, *seed* puts the
    sandbox's fleet in place; without it there are the instances and no custom models.
    """

    def __init__(
        self, *, port: int = 0, now: Callable[[], float] = time.time, speed: float = 1.0, seed: bool = True
    ) -> None:
        self.world = World(Clock(now, speed))
        self.faults: Faults = self.world.faults
        self.tokens = Tokens(self.world)
        self.calls: list[Call] = []
        self.url = ""
        self._port = port
        self._runner: web.AppRunner | None = None
        self._heard = asyncio.Event()
        seed_fleet(self.world, models=seed)

    async def __aenter__(self) -> SpeechServer:
        app = web.Application(middlewares=[self._middleware()], client_max_size=_MOST_BYTES)
        for entry in LEDGER:
            handler = self._handler(entry, ROUTES.get((entry.method, entry.path)))
            for place in (_CLOUD, _CLUSTER):
                app.router.add_route(entry.method, place + entry.path, handler)
                app.router.add_route(entry.method, f"{place}{entry.path}/", handler)
        app.router.add_post("/identity/token", self._iam)
        app.router.add_post("/icp4d-api/v1/authorize", self._authorize)
        add_control(app, self.world)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.clear()
        if self._runner is not None:
            await self._runner.cleanup()

    def service_url(self, instance: str) -> str:
        """The service URL of an instance, as on its credentials page."""
        return self.url + self.world.instance(instance).path

    def environment(self) -> dict[str, str]:
        """The variables a client needs to find all instances: `RETUNE_INSTANCES` and IBM's own for each."""
        found = {"RETUNE_INSTANCES": ",".join(self.world.instances)}
        for instance in self.world.instances.values():
            prefix = instance.name.upper().replace("-", "_")
            for name, value in self._variables(instance).items():
                found[f"{prefix}_{name}"] = value
        return found

    async def until(self, condition: Callable[[], T], within: float = 10.0) -> T:
        """The first true value of *condition*, checked now and after every request.

        Raises `TimeoutError` with the requests so far after *within* seconds.
        """
        try:
            async with asyncio.timeout(within):
                while not (found := condition()):
                    await self._heard.wait()
                return found
        except TimeoutError:
            said = "\n".join(f"{call.instance} {call.method} {call.path} {call.status}" for call in self.calls)
            raise TimeoutError(f"not within {within:g} s; the requests were:\n{said}") from None

    def _variables(self, instance: Instance) -> dict[str, str]:
        held = instance.credentials
        found = {"URL": self.url + instance.path, "AUTH_TYPE": held.auth_type}
        if held.auth_type == "iam":
            found |= {"APIKEY": held.apikey, "AUTH_URL": self.url}
        elif held.auth_type == "basic":
            found |= {"USERNAME": "apikey", "PASSWORD": held.apikey}
        elif held.auth_type == "bearerToken":
            found |= {"BEARER_TOKEN": held.bearer_token}
        elif held.auth_type == "cp4d":
            secret = {"PASSWORD": held.password} if held.password else {"APIKEY": held.apikey}
            found |= {"USERNAME": held.username, "AUTH_URL": f"{self.url}/icp4d-api", **secret}
        if instance.deployment == "cp4d" and held.auth_type != "cp4d":
            found["DEPLOYMENT"] = "cp4d"
        return found

    def _middleware(self) -> Any:
        @web.middleware
        async def around(request: web.Request, handler: _Handler) -> web.StreamResponse:
            if request.path.startswith("/_sandbox"):
                return await handler(request)
            response = await self._with_faults(request, handler)
            response.headers["X-Global-Transaction-Id"] = request.headers.get(
                "X-Global-Transaction-Id"
            ) or secrets.token_hex(16)
            return response

        return around

    async def _with_faults(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        at = self.world.clock.now()
        fault = self.faults.take(request.method, request.path.rstrip("/"))
        if fault is not None and fault.kind == "hold":
            fault.held.set()
            await fault.gate.wait()
        if fault is not None and fault.kind == "cut":
            self._record(request, 0, at)
            return cut(request)
        if fault is not None and fault.kind == "answer":
            response: web.StreamResponse = planned(fault)
        else:
            response = await self._guarded(request, handler)
        self._record(request, response.status, at)
        match fault.kind if fault is not None else "":
            case "lose":
                return cut(request)
            case "half":
                return await half(request, response)
            case "instead" if fault is not None:
                return planned(fault)
            case "nonsense" | "omit" | "replace" | "odd" | "few" if fault is not None:
                return spoiled(fault, response)
        return response

    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """The service's answer; every refusal becomes an error body."""
        try:
            return await handler(request)
        except TokenRefused as refused:
            return web.json_response(refused.body, status=refused.status)
        except Refused as refused:
            status, body = self.world.answers.of(refused)
            return web.json_response(body, status=status)
        except web.HTTPMethodNotAllowed:
            status, body = self.world.answers.of(Refused("no_such_method"))
            return web.json_response(body, status=status)
        except web.HTTPNotFound:
            status, body = self.world.answers.of(Refused("no_such_path"))
            return web.json_response(body, status=status)
        except web.HTTPException as error:  # a body over 100 MB: aiohttp says 413 in plain text
            body = {"code": error.status, "code_description": error.reason, "error": error.reason}
            return web.json_response(body, status=error.status)

    def _handler(self, entry: Entry, route: Route | None) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            instance = self._instance(request)
            if instance is None:
                raise Refused("forbidden")
            self.tokens.admit(instance, request.headers.get("Authorization"))
            if route is None:
                raise Refused("not_played", why=entry.reason)
            url = self.url + instance.path
            if entry.customization and instance.plan == "lite":
                raise Refused("lite_plan", url=url)
            known = entry.parameters("cloud" if self.world.assumptions.cluster_honours_force else instance.deployment)
            query = {name: value for name, value in request.query.items() if name in known}
            unknown = tuple(name for name in request.query if name not in known)
            reply = await route(Exchange(request, self.world, instance, query, unknown, url))
            body = warned(entry, reply.body, unknown) if unknown and entry.customization else reply.body
            return web.json_response(body, status=reply.status)

        return handle

    async def _iam(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        return web.json_response(self.tokens.from_iam({k: v for k, v in form.items() if isinstance(v, str)}))

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        return web.json_response(self.tokens.from_cluster(body if isinstance(body, dict) else {}))

    def _instance(self, request: web.Request) -> Instance | None:
        place = _PLACE.match(request.path)
        known = self.world.instances.values()
        return next((one for one in known if place and request.path.startswith(one.path + "/")), None)

    def _record(self, request: web.Request, status: int, at: float) -> None:
        place = _PLACE.match(request.path)
        if place is None:
            return
        instance = self._instance(request)
        name = instance.name if instance is not None else ""
        self.calls.append(Call(request.method, place["path"].rstrip("/"), dict(request.query), status, at, name))
        self._heard.set()
        self._heard = asyncio.Event()
