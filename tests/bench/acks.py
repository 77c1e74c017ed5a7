"""From the envelope to its acknowledgement: one at a time, 500 and 2,000 at once, and from the start of the process."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass

from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.bench.subjects import command, running, services


@dataclass(frozen=True)
class Row:
    """One line of the result: medians over the rounds, in *unit*."""

    what: str
    unit: str
    ours: float
    floor: float
    bar: str

    @property
    def ratio(self) -> float:
        return self.ours / self.floor if self.floor else float("nan")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def one(slack: SlackServer) -> float:
    """Milliseconds of one acknowledgement. Raises when it was lost or late."""
    began = time.perf_counter()
    outcome = await slack.delivery.send("slash_commands", command(slack))
    assert outcome.acknowledged, outcome
    return (time.perf_counter() - began) * 1000


async def measure(name: str, slack: SlackServer, speech: SpeechServer, bursts: tuple[int, ...]) -> dict[str, float]:
    """One round with one subject."""
    found: dict[str, float] = {}
    began = time.perf_counter()
    async with running(name, slack, speech.environment()) as process:
        while True:
            await slack.until(lambda: slack.connections > 0, within=30)
            if (await slack.delivery.send("slash_commands", command(slack))).acknowledged:
                break
        found["start to first ack, s"] = time.perf_counter() - began
        await slack.until(lambda: slack.connections == 2, within=30)
        await asyncio.sleep(2)  # the first inventory and the late imports are not what is measured
        alone = [await one(slack) for _ in range(bursts[0])]
        found["one at a time p50, ms"] = percentile(alone, 0.5)
        found["one at a time p99, ms"] = percentile(alone, 0.99)
        for burst in bursts:
            used = sum(process.cpu_times()[:2])
            together = await asyncio.gather(*(one(slack) for _ in range(burst)))
            cpu = sum(process.cpu_times()[:2]) - used
            found[f"{burst} at once p50, ms"] = percentile(list(together), 0.5)
            found[f"{burst} at once p99, ms"] = percentile(list(together), 0.99)
            found[f"{burst} at once CPU, µs each"] = cpu / burst * 1e6
        process.cpu_percent()
        await asyncio.sleep(4)
        found["idle CPU, %"] = process.cpu_percent()
        found["memory, MB"] = process.memory_info().rss / 1e6
    return found


BARS = {"p50": "2", "p99": "1.5", "CPU, µs": "1.5", "start": "1.5", "idle": "under 1 %", "memory": "at most 90 MB"}


async def acks(rounds: int, bursts: tuple[int, ...]) -> list[Row]:
    """Medians over *rounds*, the two subjects in turn."""
    found: dict[str, dict[str, list[float]]] = {"ours": defaultdict(list), "floor": defaultdict(list)}
    async with services() as (slack, speech):
        for _ in range(rounds):
            for name in ("floor", "ours"):
                for what, value in (await measure(name, slack, speech, bursts)).items():
                    found[name][what].append(value)
    rows = []
    for what, values in found["ours"].items():
        label, _, unit = what.rpartition(", ")
        bar = next(bar for part, bar in BARS.items() if part in what)
        rows.append(Row(label, unit, statistics.median(values), statistics.median(found["floor"][what]), bar))
    return rows
