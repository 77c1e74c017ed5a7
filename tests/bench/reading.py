"""Reading a fleet: 50 instances behind a network, each with a token and three lists, beside the time of one answer."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ibm_cloud_sdk_core.authenticators import IAMAuthenticator

from bot.adapters.ibm_auth import IbmAuth
from bot.adapters.watson import WatsonSpeech
from bot.adapters.watson_routes import client
from tests.world import World


@dataclass(frozen=True)
class Reading:
    """Milliseconds of one answer, and of reading everything."""

    answer: float
    whole: float

    @property
    def ratio(self) -> float:
        return self.whole / self.answer


@asynccontextmanager
async def far(models: int) -> AsyncIterator[str]:
    """The address of instances with so many models of each kind, in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.far", str(models)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def read_all(url: str, instances: int) -> float:
    """Reads that many instances at *url* from nothing: no token, no connection. Milliseconds."""
    async with AsyncExitStack() as stack:
        services = {}
        for number in range(instances):
            http = await stack.enter_async_context(client(True))
            auth = IbmAuth(IAMAuthenticator("key", url=url))
            services[f"stt-{number}"] = WatsonSpeech(f"stt-{number}", "cloud", http, f"{url}/stt-{number}", auth)
        world = World(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bench.db", services=services)
        stack.callback(world.close)
        began = time.perf_counter()
        await world.inventory.refresh()
        took = (time.perf_counter() - began) * 1000
        assert all(one.read_at for one in (await world.inventory.judged()).snapshot.instances.values())
        return took


async def answer(url: str) -> float:
    """Milliseconds of one answer, over a connection that is open."""
    async with client(True) as http:
        await http.get(f"{url}/stt-0/v1/models")
        began = time.perf_counter()
        await http.get(f"{url}/stt-0/v1/models")
        return (time.perf_counter() - began) * 1000


async def reading(rounds: int, instances: int = 50, models: int = 20) -> Reading:
    """The medians of so many rounds."""
    async with far(models) as url:
        found = [Reading(await answer(url), await read_all(url, instances)) for _ in range(rounds)]
    return Reading(statistics.median(one.answer for one in found), statistics.median(one.whole for one in found))
