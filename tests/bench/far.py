"""Instances of Speech to Text far away, with their token service: every answer comes late. A process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import jwt
from aiohttp import web

DELAY = 0.1
"""Seconds that each answer takes."""

BASES = json.dumps({"models": [{"name": "en-US_NarrowbandModel"}]}).encode()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Far:
    """Instances with so many models of each kind, and their token service.

    All answers come after `DELAY`; where *together* is given, once so many requests for the same thing are under way.
    """

    def __init__(self, models: int, together: int | None = None) -> None:
        self.asked: Counter[str] = Counter()
        self._together = together
        self._all_here: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._lists = {kind: _models(kind, models) for kind in ("language", "acoustic")}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        app = web.Application(middlewares=[self._late])
        app.router.add_post("/identity/token", self._token)
        app.router.add_get("/{instance}/v1/models", self._bases)
        app.router.add_get("/{instance}/v1/customizations", self._language)
        app.router.add_get("/{instance}/v1/acoustic_customizations", self._acoustic)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    @web.middleware
    async def _late(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        what = request.path.rpartition("/")[2]
        self.asked[what] += 1
        if self._together is None:
            await asyncio.sleep(DELAY)
        elif self.asked[what] < self._together:
            await self._all_here[what].wait()
        else:
            self._all_here[what].set()
        return await handler(request)

    async def _token(self, request: web.Request) -> web.Response:
        now = int(time.time())
        token = jwt.encode({"iat": now, "exp": now + 3600}, "a key of 32 bytes, or more than that")
        return web.json_response({"access_token": token, "expires_in": 3600, "expiration": now + 3600})

    async def _bases(self, request: web.Request) -> web.Response:
        return web.Response(body=BASES, content_type="application/json")

    async def _language(self, request: web.Request) -> web.Response:
        return web.Response(body=self._lists["language"], content_type="application/json")

    async def _acoustic(self, request: web.Request) -> web.Response:
        return web.Response(body=self._lists["acoustic"], content_type="application/json")


def _models(kind: str, count: int) -> bytes:
    return json.dumps(
        {
            "customizations": [
                {
                    "customization_id": f"{kind}-{number:06}",
                    "created": "2024-01-01T00:00:00.000Z",
                    "updated": "2024-01-01T00:00:00.000Z",
                    "language": "en-US",
                    "versions": ["en-US_NarrowbandModel.v2018-07-31"],
                    "owner": "11111111-2222-3333-4444-555555555555",
                    "name": f"{kind} model {number}",
                    "base_model_name": "en-US_NarrowbandModel",
                    "status": "available",
                    "progress": 100,
                }
                for number in range(count)
            ]
        }
    ).encode()


async def main() -> None:
    """Prints its address; serves until the standard input ends."""
    async with Far(int(sys.argv[1])).serving() as url:
        print(url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
