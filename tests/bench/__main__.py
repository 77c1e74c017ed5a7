"""`python -m tests.bench`: prints the measurements."""

from __future__ import annotations

import argparse
import asyncio

from sandbox.slack.server import SlackServer
from tests.bench.acks import acks
from tests.bench.fleets import INVENTORY
from tests.bench.history import history
from tests.bench.large import Fleet, measure, table
from tests.bench.reading import reading
from tests.bench.subjects import ROOT
from tests.bench.work import tick, unchanged_pass


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true", help="one round, small bursts")
    parser.add_argument("--fleet", action="store_true", help="only what grows with the fleet")
    asked = parser.parse_args()
    quick = asked.quick
    if not asked.fleet:
        await small(quick)
    await large(quick)


async def small(quick: bool) -> None:
    """What a small fleet costs."""
    print("acknowledgements: Retune against a bare Bolt app tuned in the same way; medians of the rounds")
    print(f"{'':34}{'ours':>10}{'floor':>10}{'ratio':>8}  bar")
    for row in await acks(1 if quick else 3, (100,) if quick else (500, 2000)):
        print(f"{f'{row.what} ({row.unit})':34}{row.ours:10.2f}{row.floor:10.2f}{row.ratio:8.2f}  {row.bar}")
    print("\none poll of running upgrades on one instance")
    for count in (0, 1, 2, 10):
        found = await tick(count) if count else None
        asked = dict(found.service) if found else "nothing (the inventory only)"
        print(f"{count:5} running: service {asked}, Slack {dict(found.slack) if found else 'nothing'}")
    count = 100 if quick else 1000
    passed = await unchanged_pass(count)
    print(
        f"\nan unchanged pass with {count} runs in flight: {passed.milliseconds:.2f} ms a second, "
        f"{passed.wrote} of 20 passes wrote, {passed.calls} calls made"
    )
    requests, notes = (5000, 10_000) if quick else (50_000, 300_000)
    print(
        f"\nafter years: {requests:,} ended requests and {notes:,} rows of the audit against 100 and 600; medians, ms"
    )
    print(f"{'':34}{'years':>10}{'a week':>10}{'ratio':>8}  bar")
    for cost in await history(requests, notes):
        print(f"{cost.what:34}{cost.long:10.2f}{cost.short:10.2f}{cost.ratio:8.2f}  {cost.bar}")
    read = await reading(1 if quick else 5)
    print(
        f"\nreading 50 instances from nothing: {read.whole:.0f} ms, one answer {read.answer:.0f} ms: "
        f"{read.ratio:.1f} times as long (at most 5)"
    )


async def large(quick: bool) -> None:
    """What grows with the fleet, and what does not."""
    fleets = Fleet(1, 200), Fleet(*((10, 500) if quick else (50, 2000)))
    async with SlackServer(ROOT / "app-manifest.yml") as slack:
        found = [await measure(slack, fleet, 4 if quick else 12) for fleet in fleets]
    print(f"\nacknowledgements with {fleets[0]} and with {fleets[1]} models, read again every {INVENTORY} s, in ms")
    print(f"{'':32}{'p50':>8}{'p50':>8}{'ratio':>7}{'slowest':>9}{'':8}{'ratio':>7}  bars: 3, 10, none over 1,000")
    print("\n".join(table(*found)))
    more = fleets[1].instances * fleets[1].models - fleets[0].instances * fleets[0].models
    kb = (found[1].memory - found[0].memory) * 1000 / more
    print(f"memory: {found[0].memory:.0f} and {found[1].memory:.0f} MB, {kb:.2f} kB a model; bar: 3")
    print(f"CPU: {found[0].cpu:.1f} and {found[1].cpu:.1f} % of a core; read after {found[1].read:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
