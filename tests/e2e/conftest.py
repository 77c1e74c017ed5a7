"""The tour waits for the next minute of the clock, so it plays beside the other tests instead of before them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]


@dataclass
class Tour:
    """`python -m sandbox --tour`, under way."""

    process: subprocess.Popen[str]
    output: IO[str]

    def finish(self, seconds: float) -> str:
        """Waits for its end and gives what it printed."""
        self.process.wait(seconds)
        self.output.seek(0)
        return self.output.read()


KEY = pytest.StashKey[Tour]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tour is looked at last."""
    items.sort(key=lambda item: item.name == "test_the_tour")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the tour, if it was chosen."""
    if session.config.option.collectonly or not any(item.name == "test_the_tour" for item in session.items):
        return
    output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed when the session ends
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--tour", "--speed", "5"],
        cwd=ROOT,
        env={**os.environ, "RETUNE_POLL_LANGUAGE": "1"},
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )
    session.config.stash[KEY] = Tour(process, output)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing is left behind when the session ends early."""
    tour = session.config.stash.get(KEY, None)
    if tour is not None:
        tour.process.terminate()
        tour.process.wait(10)
        tour.output.close()


@pytest.fixture
def tour(request: pytest.FixtureRequest) -> Tour:
    """The tour that plays beside the other tests."""
    return request.config.stash[KEY]
