"""The tour waits for the next minute of the clock, so it plays beside the other tests instead of before them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.e2e.page import CHROMIUM, QUIET

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


@pytest.fixture
def address() -> Iterator[str]:
    """The page of a running sandbox."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--speed", "5"],
        cwd=ROOT,
        env={**os.environ, "RETUNE_POLL_LANGUAGE": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"Open (http://\S+)", line):
            yield found[1]
            break
    else:
        pytest.fail("".join(lines))
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    assert process.wait(10) == 0
    process.stdout.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without its calls home."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, with every error of its scripts and every request elsewhere noted."""
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))

    def requested(request: Request) -> None:
        if not request.url.startswith((address, "data:")):
            wrong.append(request.url)

    opened.on("request", requested)
    opened.goto(address)
    expect(opened.get_by_test_id("connection")).to_have_text("bot connected", timeout=20_000)
    yield opened
    assert wrong == []
