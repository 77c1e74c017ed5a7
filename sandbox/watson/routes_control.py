"""`/_sandbox/…`: the switches of a running sandbox. Nothing of this exists in the real service.

- `GET /_sandbox/faults` lists what is armed, `DELETE` disarms all, `DELETE /_sandbox/faults/{id}` one.
- `POST /_sandbox/faults` arms: an object with `kind` and the settings of `Fault`, for example
  `{"kind": "answer", "path": "*/upgrade_model", "times": 2, "status": 503, "headers": {"Retry-After": "2"}}`;
  or `{"kind": "outcome", "model": "call-center-us", "outcome": "failed"}`; or `{"kind": "expire_tokens"}`.
- `POST /_sandbox/versions`: `{"do": "release", "where": "cloud", "base": …, "version": …}`, and without `base`
  `"do": "remove"`, without `version` `"do": "retire"`.
- `GET /_sandbox/assumptions` lists the service's choices where its documentation is silent; `POST` changes some:
  `{"equal_names": false}` refuses a second model of one name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from sandbox.watson.faults import KINDS
from sandbox.watson.resources import JSON
from sandbox.watson.state import World

_SETTINGS = frozenset({"path", "method", "times", "status", "body", "headers", "fields", "values", "record", "records"})


def add_control(app: web.Application, world: World) -> None:
    """Adds the switches to *app*."""

    async def listed(request: web.Request) -> web.Response:
        return web.json_response({"faults": [fault.summary() for fault in world.faults.armed]})

    async def arm(request: web.Request) -> web.Response:
        return await _changing(request, lambda body: _arm(world, body))

    async def disarm(request: web.Request) -> web.Response:
        number = request.match_info.get("id")
        if number is None:
            world.faults.clear()
        else:
            try:
                world.faults.disarm(int(number))
            except (LookupError, ValueError) as error:
                return web.json_response({"error": str(error)}, status=404)
        return web.json_response({})

    async def assumptions(request: web.Request) -> web.Response:
        return web.json_response(asdict(world.assumptions))

    async def assume(request: web.Request) -> web.Response:
        return await _changing(request, lambda body: _assume(world, body))

    async def versions(request: web.Request) -> web.Response:
        return await _changing(request, lambda body: _change_versions(world, body))

    app.router.add_get("/_sandbox/faults", listed)
    app.router.add_post("/_sandbox/faults", arm)
    app.router.add_delete("/_sandbox/faults", disarm)
    app.router.add_delete("/_sandbox/faults/{id}", disarm)
    app.router.add_post("/_sandbox/versions", versions)
    app.router.add_get("/_sandbox/assumptions", assumptions)
    app.router.add_post("/_sandbox/assumptions", assume)


async def _changing(request: web.Request, change: Callable[[JSON], JSON]) -> web.Response:
    try:
        body = json.loads(await request.read())
        if not isinstance(body, dict):
            raise ValueError("an object is expected")
        return web.json_response(change(body), status=201)
    except (ValueError, LookupError, TypeError) as error:
        text = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return web.json_response({"error": text}, status=400)


def _arm(world: World, body: JSON) -> JSON:
    kind = body.get("kind")
    if kind == "outcome":
        world.faults.next_outcome(str(body["model"]), body["outcome"])
        return {}
    if kind == "expire_tokens":
        world.faults.expire_tokens()
        return {}
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, outcome, expire_tokens")
    settings: dict[str, Any] = {key: value for key, value in body.items() if key != "kind"}
    if unknown := settings.keys() - _SETTINGS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(sorted(_SETTINGS))}")
    if "fields" in settings:
        settings["fields"] = tuple(settings["fields"])
    return world.faults.add(kind, **settings).summary()


def _assume(world: World, body: JSON) -> JSON:
    known = asdict(world.assumptions)
    for name, value in body.items():
        if name not in known:
            raise ValueError(f"unknown: {name}; there are {', '.join(known)}")
        if not isinstance(value, bool):
            raise TypeError(f"{name} is true or false")
    world.assumptions = replace(world.assumptions, **body)
    return asdict(world.assumptions)


def _change_versions(world: World, body: JSON) -> JSON:
    where = str(body["where"])
    if body.get("do") == "release":
        world.release(where, str(body["base"]), str(body["version"]))
    elif body.get("do") == "remove":
        world.remove_version(where, str(body["version"]))
    elif body.get("do") == "retire":
        world.retire(where, str(body["base"]))
    else:
        raise ValueError("do must be release, remove or retire")
    return {}
