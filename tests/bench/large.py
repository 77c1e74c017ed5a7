"""From the envelope to its acknowledgement, answer included, while the fleet is read again every few seconds."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

from sandbox.slack.server import SlackServer
from tests.bench.acks import percentile
from tests.bench.fleets import INVENTORY, environment, name
from tests.bench.subjects import ROOT, command, running

ASKED: Mapping[str, tuple[str, str]] = {
    "/stt-help": ("/stt-help", ""),
    "/stt-models": ("/stt-models", ""),
    "/stt-models outdated language": ("/stt-models", "outdated language"),
    "/stt-models PART that one has": ("/stt-models", "00-0042"),
    "/stt-models PART that many have": ("/stt-models", "claims"),
    "/stt-model NAME": ("/stt-model", name(0, 42)),
    "/stt-model PART that many have": ("/stt-model", "support-claims"),
    "/stt-model TYPO": ("/stt-model", "suport-clams-00-042"),
    "/stt-upgrade NAME": ("/stt-upgrade", name(0, 44)),
    "/stt-announce": ("/stt-announce", ""),
    "/stt-announce preview": ("/stt-announce", "preview"),
    "App Home": ("", ""),
}
PEOPLE = ("U0ADA", "U0GRACE", "U0TOMAS", "U0MEI")
"""Who asks in turn: readings of the service are paid from a budget of each."""


@dataclass(frozen=True)
class Fleet:
    """How many instances with how many models each."""

    instances: int
    models: int

    def __str__(self) -> str:
        return f"{self.instances} × {self.models:,}"


@dataclass(frozen=True)
class Measured:
    """Milliseconds of the acknowledgements by what was asked, memory in MB, CPU in % of a core, seconds to read all."""

    acks: dict[str, list[float]]
    memory: float
    cpu: float
    read: float


@asynccontextmanager
async def _served(fleet: Fleet) -> AsyncIterator[dict[str, str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).parent / "fleets.py"), str(fleet.instances), str(fleet.models)),
        env={"PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield environment(f"http://127.0.0.1:{port}", fleet.instances)
    finally:
        process.stdin.close()
        await process.wait()


async def measure(slack: SlackServer, fleet: Fleet, rounds: int) -> Measured:
    """Asks everything so many times, spread over the readings."""
    found: dict[str, list[float]] = defaultdict(list)
    async with _served(fleet) as variables, running("ours", slack, variables) as process:
        await slack.until(lambda: slack.connections == 2, within=60)
        began = perf_counter()
        total = f"{fleet.instances * fleet.models:,} custom models"
        while total not in (said := str((await _send(slack, *ASKED["/stt-models"], PEOPLE[0])).body)):
            assert perf_counter() - began < 120, said
            await asyncio.sleep(0.2)
        read = perf_counter() - began
        await asyncio.sleep(2 * INVENTORY)
        process.cpu_percent()
        for turn in range(rounds):
            for what, (name, text) in ASKED.items():
                began = perf_counter()
                outcome = await _send(slack, name, text, PEOPLE[turn % len(PEOPLE)])
                assert outcome.acknowledged, (what, outcome)
                found[what].append((perf_counter() - began) * 1000)
                await asyncio.sleep(0.02)
        return Measured(dict(found), process.memory_info().rss / 1e6, process.cpu_percent(), read)


async def _send(slack: SlackServer, name: str, text: str, user: str) -> Any:
    if not name:
        event = {"type": "app_home_opened", "user": user, "channel": "D0", "tab": "home", "event_ts": "1.2"}
        body = {"type": "event_callback", "team_id": "T0RETUNE", "event_id": f"Ev{perf_counter_ns()}", "event": event}
        return await slack.delivery.send("events_api", body)
    ask = {**command(slack), "command": name, "text": text, "user_id": user, "trigger_id": f"{perf_counter_ns()}.1"}
    return await slack.delivery.send("slash_commands", ask)


def table(small: Measured, large: Measured) -> list[str]:
    """The lines of the result: p50 and slowest of each, small and large, and their ratios."""
    lines = []
    for what, values in large.acks.items():
        before = small.acks[what]
        middle, slowest = statistics.median(values), max(values)
        ratios = middle / statistics.median(before), slowest / max(before)
        lines.append(
            f"{what:32}{statistics.median(before):8.1f}{middle:8.1f}{ratios[0]:7.1f}"
            f"{max(before):9.1f}{slowest:8.1f}{ratios[1]:7.1f}"
        )
    every = [[value for each in found.acks.values() for value in each] for found in (small, large)]
    (p50, slowest), (p50_large, slowest_large) = ((percentile(all, 0.5), max(all)) for all in every)
    lines.append(
        f"{'all':32}{p50:8.1f}{p50_large:8.1f}{p50_large / p50:7.1f}"
        f"{slowest:9.1f}{slowest_large:8.1f}{slowest_large / slowest:7.1f}"
    )
    return lines
