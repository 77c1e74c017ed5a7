"""The child: a `Series` as JSON on standard input, a PNG on standard output."""

from __future__ import annotations

import sys

import matplotlib
import msgspec

from bot.adapters.charts.drawing import fleet
from bot.domain.history import Series


def main() -> None:
    """Draws once. What goes wrong ends in a traceback, whose last line the bot reports."""
    series = msgspec.json.decode(sys.stdin.buffer.read(), type=Series)
    matplotlib.rcdefaults()  # whatever a matplotlibrc of this machine says
    sys.stdout.buffer.write(fleet(series))


if __name__ == "__main__":
    main()
