"""A fleet of any size as Speech to Text lists it: made once, packed, and given again at every reading.

A process of its own: `python fleets.py INSTANCES MODELS` prints its address and serves until its input ends. At each
reading of an instance another one of its models was changed, so that no reading is quite the one before.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from typing import Any

from aiohttp import web

BASE = "en-US_NarrowbandModel"
OLD, NEW = f"{BASE}.v2018-07-31", f"{BASE}.v2020-01-16"
KINDS = {"customizations": "language", "acoustic_customizations": "acoustic"}
VARIANTS = 3
"""How many different answers an instance gives in turn."""

INVENTORY = 3
"""Seconds between two readings."""


def name(instance: int, number: int) -> str:
    """What a model is called."""
    return f"support-{('desk', 'calls', 'claims', 'sales')[number % 4]}-{instance:02}-{number:04}"


def record(instance: int, kind: str, number: int, variant: int) -> dict[str, Any]:
    """One model as the service shows it, with about 500 bytes."""
    return {
        "customization_id": f"{instance:08x}-{number:04x}-{'4' if kind == 'language' else '5'}000-8000-{number:012x}",
        "created": "2019-03-01T10:00:00.000Z",
        "updated": f"2019-03-01T10:00:{variant if number == 7 else 0:02}.000Z",
        "language": "en-US",
        "dialect": "en-US",
        "versions": [OLD, NEW] if number % 3 == 0 else [OLD],
        "owner": "d7c3e0a1-0000-4000-8000-000000000000",
        "name": name(instance, number),
        "description": f"Calls of team {number % 12}: names, products and what people say of them in the field.",
        "base_model_name": BASE,
        "status": "available",
        "progress": 100,
    }


def answers(instance: int, models: int) -> dict[str, list[bytes]]:
    """What an instance answers by path, in turn."""
    found = {}
    for path, kind in KINDS.items():
        numbers = range(models // 2) if kind == "language" else range(models // 2, models)
        listed = [
            {"customizations": [record(instance, kind, number, variant) for number in numbers]}
            for variant in range(VARIANTS)
        ]
        found[path] = [gzip.compress(json.dumps(each).encode(), 1) for each in listed]
    return found | {"models": [gzip.compress(json.dumps({"models": [{"name": BASE}]}).encode())]}


async def serve(instances: int, models: int) -> None:
    """Serves until the input ends."""
    fleet, turns = [answers(number, models) for number in range(instances)], [0] * instances

    async def answer(request: web.Request) -> web.Response:
        instance, path = int(request.match_info["instance"]), request.match_info["path"]
        if path not in fleet[instance]:
            return web.json_response({"corpora": [], "words": [], "grammars": [], "audio": []})
        turns[instance] += path == "models"
        listed = fleet[instance][path]
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return web.Response(body=listed[turns[instance] % len(listed)], headers=headers)

    async def one(request: web.Request) -> web.Response:
        id = request.match_info["id"]
        kind = KINDS[request.match_info["path"]]
        return web.json_response(record(int(id[:8], 16), kind, int(id[9:13], 16), 0))

    app = web.Application()
    app.router.add_get("/{instance}/v1/{path}", answer)
    app.router.add_get("/{instance}/v1/{path}/{id}", one)
    app.router.add_get("/{instance}/v1/{path}/{id}/{what}", lambda _: _empty())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


async def _empty() -> web.Response:
    return web.json_response({"corpora": [{"name": "c", "status": "analyzed"}], "words": [], "grammars": []})


def environment(url: str, instances: int) -> dict[str, str]:
    """The variables with which the bot finds all instances."""
    found = {"RETUNE_INSTANCES": ",".join(f"i{number:02}" for number in range(instances))}
    found["RETUNE_INVENTORY"] = f"{INVENTORY}s"
    for number in range(instances):
        found |= {f"I{number:02}_URL": f"{url}/{number}", f"I{number:02}_AUTH_TYPE": "noAuth"}
        found[f"I{number:02}_DEPLOYMENT"] = "cloud"
    return found


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
