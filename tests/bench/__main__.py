"""`python -m tests.bench`: prints the measurements."""

from __future__ import annotations

import argparse
import asyncio

from tests.bench.acks import acks
from tests.bench.history import history
from tests.bench.reading import reading
from tests.bench.work import tick, unchanged_pass


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true", help="one round, small bursts")
    quick = parser.parse_args().quick
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


if __name__ == "__main__":
    asyncio.run(main())
