"""One request as a route sees it, and the route's answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.watson.custom_models import CustomModel, Kind
from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON
from sandbox.watson.state import Instance, World


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer: JSON *body* and HTTP *status*."""

    body: JSON
    status: int = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """An authenticated request to one instance.

    *query* holds the documented parameters, *unknown* the names of all others; *service_url* is the instance's.
    """

    request: web.Request
    world: World
    instance: Instance
    query: Mapping[str, str]
    unknown: tuple[str, ...]
    service_url: str

    def part(self, name: str) -> str:
        """A part of the path, decoded."""
        return self.request.match_info[name]

    def model(self, kind: Kind) -> CustomModel:
        """The custom model that the path names. Raises `Refused`."""
        return self.instance.find(kind, self.part("customization_id"))

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean parameter. Raises `Refused` for anything but true and false."""
        value = self.query.get(name)
        if value is None:
            return default
        if value.lower() not in ("true", "false"):
            raise Refused("invalid_parameter", name=name, value=value)
        return value.lower() == "true"

    def choice(self, name: str, *allowed: str) -> str:
        """A parameter out of *allowed*, of which the first is the default. Raises `Refused`."""
        value = self.query.get(name, allowed[0])
        if value not in allowed:
            raise Refused("invalid_parameter", name=name, value=value)
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number from *low* to *high*; None if it was not given. Raises `Refused`."""
        return as_number(name, self.query.get(name), low, high)

    async def json(self) -> JSON:
        """The body as a JSON object. Raises `Refused`."""
        try:
            found = json.loads(await self.request.read() or b"{}")
        except ValueError as error:
            raise Refused("invalid_json", why=str(error)) from error
        if not isinstance(found, dict):
            raise Refused("invalid_json", why="an object is expected")
        return found


Route = Callable[[Exchange], Awaitable[Reply]]
Routes = Mapping[tuple[str, str], Route]
"""Routes by method and path, the path as in IBM's documentation: `/v1/customizations/{customization_id}`."""


def as_number(name: str, value: object, low: float, high: float) -> float | None:
    """The number that *value* is, or says; None for None. Raises `Refused` for one out of *low* to *high*."""
    if value is None:
        return None
    try:
        found = float(str(value))
    except ValueError:
        raise Refused("invalid_parameter", name=name, value=value) from None
    if not low <= found <= high:
        raise Refused("invalid_parameter", name=name, value=value)
    return found


def text_field(body: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    """A text of a JSON body. Raises `Refused` if it is not text, or missing though *required*."""
    value = body.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or (required and not value):
        raise Refused("invalid_parameter", name=name, value=value)
    return value
