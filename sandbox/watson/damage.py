"""The answers that faults spoil."""

from __future__ import annotations

import json

from aiohttp import web

from sandbox.watson.faults import Fault


def planned(fault: Fault) -> web.Response:
    """The answer that *fault* gives instead of the service's."""
    headers = dict(fault.headers)
    if isinstance(fault.body, str) or fault.body is None:
        headers.setdefault("Content-Type", "text/plain")
        return web.Response(text=fault.body or "", status=fault.status, headers=headers)
    return web.json_response(fault.body, status=fault.status, headers=headers)


def spoiled(fault: Fault, response: web.StreamResponse) -> web.StreamResponse:
    """*response* as `nonsense`, `omit`, `replace`, `odd` and `few` leave it."""
    if fault.kind == "nonsense":
        return web.Response(text='{"customizations": [{"customi', content_type="application/json")
    if not isinstance(response, web.Response) or response.text is None:
        return response
    return web.json_response(fault.spoil(json.loads(response.text)), status=response.status)


async def half(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Announces the whole answer and sends the first half of it."""
    body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b"{}"
    partial = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
    partial.content_length = len(body) + 2
    await partial.prepare(request)
    await partial.write(body[: max(1, len(body) // 2)])
    cut(request)
    return partial


def cut(request: web.Request) -> web.StreamResponse:
    """Close the connection; the returned response can't be sent any more."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)
