"""The picture itself, and the process that draws it."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from bot.adapters.charts import SIGNATURE, ChartProcess
from bot.adapters.charts.drawing import COLOURS, fleet, spread, weeks
from bot.domain.history import Day, Series, State
from bot.errors import ChartError

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 23)
STATES = {State.OUTDATED: 9, State.STUCK: 2, State.OTHER: 3, State.CURRENT: 21}
BANDS = {state: tuple(round(part * 255) for part in to_rgb(colour)) for state, colour in COLOURS.items()}


def shown(length: int, states: dict[State, int], *instances: str, read: bool = True) -> Series:
    """That many days alike."""
    days = [Day(TODAY - timedelta(days=ago), states, 1, read) for ago in range(length)]
    return Series(tuple(days[::-1]), instances or ("stt",))


def pixels(png: bytes) -> dict[tuple[int, ...], int]:
    """How often each colour occurs; the picture's size under the empty key."""
    assert png.startswith(SIGNATURE)
    picture = imread(io.BytesIO(png))
    height, width, _ = picture.shape
    assert (width, height) in ((2400, 1260), (2400, 420))
    flat = (picture[:, :, :3].reshape(-1, 3) * 255).round().astype(int)
    code = flat[:, 0] * 65536 + flat[:, 1] * 256 + flat[:, 2]
    return {band: int((code == band[0] * 65536 + band[1] * 256 + band[2]).sum()) for band in BANDS.values()}


@pytest.mark.parametrize(
    ("series", "bands"),
    [
        (shown(57, STATES), set(State)),
        (shown(57, STATES, read=False), set(State)),
        (shown(3, {State.CURRENT: 1}), {State.CURRENT}),
        (shown(57, {State.OUTDATED: 4, State.CURRENT: 99_996}), {State.OUTDATED}),
        (shown(57, {State.OUTDATED: 40_000, State.CURRENT: 60_000}), {State.OUTDATED, State.CURRENT}),
        (shown(57, STATES, *[f"{name}-$x^$-{'long-' * 60}" for name in "abcdef"]), set(State)),
        (shown(1, STATES), set(State)),
        (shown(9, {}), set()),
        (Series(()), set()),
    ],
    ids=["all", "not read", "three days", "thin", "many", "long names", "one day", "no models", "nothing"],
)
def test_each_band_is_there_in_its_colour(series: Series, bands: set[State]):
    """A PNG of the right size that shows what is to be seen, large enough, and nothing else."""
    found = pixels(fleet(series))
    assert {state for state in State if state is not State.STUCK and found[BANDS[state]] > 4000} == bands - {
        State.STUCK
    }
    assert (found[BANDS[State.STUCK]] > 4000) is (State.STUCK in bands)


def test_the_bands_are_as_high_as_their_numbers():
    """Nine outdated of 35 take nine parts of 35 of what is drawn."""
    found = pixels(fleet(shown(57, STATES)))
    share = found[BANDS[State.OUTDATED]] / (found[BANDS[State.OUTDATED]] + found[BANDS[State.CURRENT]])
    assert share == pytest.approx(9 / 30, abs=0.02)


@given(st.integers(1, 60))
def test_weeks_end_today(length: int):
    """The last day is named, and never so many that their names touch."""
    ticks = weeks(length)
    assert ticks[-1] == length - 1
    assert len(ticks) <= 9
    assert ticks[0] >= 0


HEIGHTS = st.lists(st.floats(0.05, 0.12), min_size=1, max_size=4)


@given(st.data(), HEIGHTS)
def test_words_beside_bands_do_not_overlap(data: st.DataObject, heights: list[float]):
    """Whatever the bands are, the words stay apart and inside."""
    wanted = sorted(data.draw(st.floats(0.15, 0.8)) for _ in heights)
    placed = spread(wanted, heights, 0.135, 0.8)
    for number in range(1, len(placed)):
        gap = placed[number] - placed[number - 1]
        assert gap >= (heights[number] + heights[number - 1]) / 2 - 1e-9
    assert placed[0] - heights[0] / 2 >= 0.135 - 1e-9
    assert placed[-1] + heights[-1] / 2 <= 0.8 + 1e-9


def children() -> frozenset[int]:
    """The processes that this one started and that are still there."""
    return frozenset(child.pid for child in psutil.Process().children(recursive=True))


@pytest.fixture
def before() -> frozenset[int]:
    """What other tests left running is not ours."""
    return children()


async def test_the_child_draws_the_same(before: frozenset[int]):
    """Through JSON, a process and back; nothing stays behind."""
    drawn = await ChartProcess().fleet(shown(57, STATES))
    assert pixels(drawn) == pixels(fleet(shown(57, STATES)))
    assert children() <= before


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("import sys; sys.exit(3)", "exit code 3"),
        ("raise ModuleNotFoundError('matplotlib')", "ModuleNotFoundError: matplotlib"),
        ("print('no picture')", "cannot be drawn"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -9"),
        ("import time; time.sleep(60)", "not drawn within 0.5 s"),
        ("import subprocess; subprocess.run(['sleep', '60'])", "not drawn within 0.5 s"),
        ("import time; print('x' * 1_000_000, flush=True); time.sleep(60)", "not drawn within 0.5 s"),
    ],
)
async def test_a_broken_or_slow_child(script: str, says: str, before: frozenset[int]):
    """An error of ours in plain words, and no process left, nor what the child had started."""
    slow = "within" in says
    with pytest.raises(ChartError, match=says):
        await ChartProcess([sys.executable, "-c", script], timeout=0.5 if slow else 30).fleet(Series(()))
    assert children() <= before


async def test_no_child_at_all():
    """An interpreter that is not there."""
    with pytest.raises(ChartError, match="cannot be drawn"):
        await ChartProcess(["/nonexistent/python"]).fleet(Series(()))


async def test_stopping_while_it_draws(before: frozenset[int]):
    """Cancelled: the child goes at once."""
    task = asyncio.create_task(ChartProcess([sys.executable, "-c", "import time; time.sleep(60)"]).fleet(Series(())))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.3)
    assert children() <= before


async def test_the_child_gets_no_token(monkeypatch: pytest.MonkeyPatch):
    """What it complains of is what it sees of the environment."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    with pytest.raises(ChartError) as caught:
        await ChartProcess([sys.executable, "-c", "import os; raise SystemExit(str(dict(os.environ)))"]).fleet(
            Series(())
        )
    assert "PYTHONPATH" in caught.value.text
    assert "xoxb-secret" not in caught.value.text


def test_the_bot_does_not_import_the_library():
    """Its memory would stay with a process that lives on 90 MB."""
    script = "import sys, bot.app, bot.wiring, bot.services; print({'matplotlib', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
