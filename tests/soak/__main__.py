"""`python -m tests.soak --seeds 200 [--first N]`: plays seeds, tells what broke and how often what was injected."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import monotonic

from tests.soak.faults import OFF, Fault
from tests.soak.play import Played, play


def main() -> int:
    """0 when every seed held, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many schedules")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--trace", action="store_true", help="the whole trace of each seed, also where nothing broke")
    asked = parser.parse_args()
    began, struck, broken, sent, posted = monotonic(), Counter[Fault](), [], 0, 0
    for seed in range(asked.first, asked.first + asked.seeds):
        played = one(seed)
        struck += played.struck
        sent, posted = sent + played.sent, posted + played.posted
        if played.wrong or asked.trace:
            print(report(played), flush=True)
        if played.wrong:
            broken.append(seed)
    print(f"{asked.seeds} schedules in {monotonic() - began:.0f} s: {sent} requests sent, {posted} messages posted")
    for fault in Fault:
        print(f"  {struck[fault]:6d}  {fault}{f'  (off: {OFF[fault]})' if fault in OFF else ''}")
    print(f"broken: {' '.join(map(str, broken)) or 'none'}")
    return 1 if broken else 0


def one(seed: int) -> Played:
    """Plays one seed in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return play(seed, Path(folder))


def report(played: Played) -> str:
    """What somebody must read to understand a seed that broke."""
    head = f"=== seed {played.seed}: {'; '.join(played.wrong) or 'nothing broke'}"
    return "\n".join([head, *played.trace, ""])


if __name__ == "__main__":
    sys.exit(main())
