"""Draws the fleet over time. Imports matplotlib, so only the child process imports this.

White background, since Slack's may be dark. Colours by Okabe and Ito, distinguishable with red-green colour blindness;
every band is labelled at its end, and white lines separate the bands.
"""

from __future__ import annotations

import io
import math
import sys
import textwrap
from collections.abc import Sequence
from datetime import date

import matplotlib
import msgspec
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.domain.history import Series, State
from bot.messages.charts import label, notes, subtitle, title, too_little

WIDTH, HEIGHT, DPI = 12.0, 6.3, 200
"""1200 × 630 screen points at double resolution."""

COLOURS = {
    State.OUTDATED: "#D55E00",
    State.STUCK: "#000000",
    State.OTHER: "#8C8C8C",
    State.CURRENT: "#56B4E9",
}
INK, SOFT, GROUND = "#1D1C1D", "#5A5A5A", "#FFFFFF"

LEFT, RIGHT, BOTTOM, TOP = 0.085, 0.735, 0.155, 0.80
"""The plot within the picture; the rest of the width is for the labels."""

MARGIN = 0.03
WORDS = 22
"""Characters per line of a label."""


def fleet(series: Series) -> bytes:
    """The picture as PNG."""
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=GROUND)
    FigureCanvasAgg(figure)
    if not any(day.total for day in series.days):
        figure.set_figheight(HEIGHT / 3)
        _line(figure, 0.60, title(series), 23, weight="bold")
        _line(figure, 0.28, too_little(series), 16, colour=SOFT)
        return _png(figure)
    _line(figure, 0.915, title(series), 23, weight="bold")
    if series.drawable:
        _line(figure, 0.855, subtitle(series), 14, colour=SOFT)
        _plot(figure, series)
    else:
        _one_day(figure, series)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _line(figure: Figure, y: float, text: str, size: float, *, colour: str = INK, weight: str = "normal") -> None:
    """One line over the whole width, smaller if it would be cut off."""
    # parse_math=False everywhere: a `$` in a name is a dollar sign, not a formula.
    drawn = figure.text(MARGIN, y, text, fontsize=size, color=colour, fontweight=weight, parse_math=False)
    room, needed = (1 - 2 * MARGIN) * WIDTH * DPI, drawn.get_window_extent().width
    if needed > room:
        drawn.set_fontsize(size * room / needed)


def _plot(figure: Figure, series: Series) -> None:
    axes = figure.add_axes((LEFT, BOTTOM, RIGHT - LEFT, TOP - BOTTOM))
    length = len(series.days)
    edges = list(range(length + 1))
    ground = [0] * length  # the top of the bands so far
    ends: list[tuple[State, int, float]] = []
    for state in series.shown:
        models = [day.states.get(state, 0) for day in series.days]
        top = [below + here for below, here in zip(ground, models, strict=True)]
        axes.stairs(top, edges, baseline=ground, fill=True, color=COLOURS[state], linewidth=0)
        axes.stairs(top, edges, baseline=None, color=GROUND, linewidth=1.6)
        ends.append((state, models[-1], (ground[-1] + top[-1]) / 2))
        ground = top
    for number, day in enumerate(series.days):
        if not day.read:
            axes.axvspan(number, number + 1, facecolor="none", edgecolor=GROUND, hatch="///", linewidth=0)
    highest = max(ground) * 1.04
    axes.set_xlim(0, length)
    axes.set_ylim(0, highest)
    _scales(axes, [day.on for day in series.days])
    _beside(figure, ends, highest)
    _footnotes(figure, series)


def _scales(axes: Axes, days: Sequence[date]) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(SOFT)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="y", color=GROUND, alpha=0.45, linewidth=0.8)
    ticks = weeks(len(days))
    axes.set_xticks([number + 0.5 for number in ticks], [f"{days[number].day} {days[number]:%b}" for number in ticks])
    axes.tick_params(axis="both", labelsize=13, labelcolor=INK, color=SOFT, length=0)
    axes.tick_params(axis="x", length=5)


def weeks(length: int) -> list[int]:
    """The labelled days: the last one and each week before it; more if there are few weeks."""
    step = 7 if length > 14 else math.ceil(length / 8)
    return list(range(length - 1, -1, -step))[::-1]


def _beside(figure: Figure, ends: Sequence[tuple[State, int, float]], highest: float) -> None:
    """The labels at the end of each band, moved apart where bands are thin."""
    words = [_wrapped(label(state, models)) for state, models, _ in ends]
    heights = [0.052 + 0.046 * text.count("\n") for text in words]
    wanted = [BOTTOM + middle / highest * (TOP - BOTTOM) for _, _, middle in ends]
    placed = spread(wanted, heights, BOTTOM - 0.02, TOP)
    for (state, _, _), text, at, y in zip(ends, words, wanted, placed, strict=True):
        across = [RIGHT + step for step in (0.004, 0.010, 0.020, 0.025)]
        leader = Line2D(across, (at, at, y, y), color=SOFT, linewidth=0.9, solid_joinstyle="round")
        leader.set_transform(figure.transFigure)
        figure.add_artist(leader)
        _named(figure, RIGHT + 0.028, y, state, text)


def _named(figure: Figure, x: float, y: float, state: State, text: str, size: float = 14) -> None:
    """A label with a square in the colour of its band; the most important is bold."""
    side = size * 0.0019
    _box(figure, x, y - side / 2, side * HEIGHT / WIDTH, side, state)
    figure.text(
        x + size * 0.0016,
        y,
        text,
        fontsize=size,
        fontweight="bold" if state is State.OUTDATED else "normal",
        color=INK,
        va="center",
        linespacing=1.2,
        parse_math=False,
    )


def _box(figure: Figure, x: float, y: float, width: float, height: float, state: State) -> None:
    box = Rectangle((x, y), width, height, facecolor=COLOURS[state], linewidth=0)
    box.set_transform(figure.transFigure)
    figure.add_artist(box)


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WORDS))


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Centres as close to the *wanted* ones (ascending) as possible without overlap, between *low* and *high*."""
    placed: list[float] = []
    edge = low
    for at, height in zip(wanted, heights, strict=True):
        placed.append(max(at, edge + height / 2))
        edge = placed[-1] + height / 2
    edge = high
    for number in range(len(placed) - 1, -1, -1):
        placed[number] = min(placed[number], edge - heights[number] / 2)
        edge = placed[number] - heights[number] / 2
    return placed


def _one_day(figure: Figure, series: Series) -> None:
    """One labelled bar instead of an empty plot, with the reason."""
    _line(figure, 0.84, too_little(series), 16, colour=SOFT)
    day = series.days[-1]
    x, room = MARGIN, 1 - 2 * MARGIN
    for number, (state, models) in enumerate(day.states.items()):
        width = models / day.total * room
        _box(figure, x, 0.60, max(width - 0.0015, 0.001), 0.14, state)
        _named(figure, MARGIN, 0.50 - 0.085 * number, state, label(state, models), 18)
        x += width
    _footnotes(figure, series)


def _footnotes(figure: Figure, series: Series) -> None:
    for number, note in enumerate(notes(series)):
        _line(figure, 0.06 - 0.038 * number, note, 12, colour=SOFT)


def main() -> None:
    """Draw once, from a `Series` as JSON. Failures end in a traceback; the bot reports its last line."""
    series = msgspec.json.decode(sys.stdin.buffer.read(), type=Series)
    matplotlib.rcdefaults()  # ignore this machine's matplotlibrc
    sys.stdout.buffer.write(fleet(series))


if __name__ == "__main__":
    main()
