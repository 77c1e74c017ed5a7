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


KEY = pytest.StashKey[dict[str, Tour]]()

WAYS: dict[str, list[str]] = {"socket": [], "http": ["--http"]}
"""How Slack reaches the bot: by Socket Mode, or by HTTP."""

both_ways = pytest.mark.parametrize("way", WAYS, indirect=True)
"""Plays a test once by each."""


def way_of_tour(item: pytest.Item) -> str | None:
    """The way of a test that looks at a tour."""
    name, _, way = item.name.partition("[")
    return way.rstrip("]") if name == "test_the_tour" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tours are looked at last."""
    items.sort(key=lambda item: way_of_tour(item) is not None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the tours that were chosen."""
    if session.config.option.collectonly:
        return
    tours = session.config.stash[KEY] = {}
    for way in filter(None, map(way_of_tour, session.items)):
        output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed when the session ends
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--tour", "--speed", "5", *WAYS[way]],
            cwd=ROOT,
            env={**os.environ, "RETUNE_POLL_LANGUAGE": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        tours[way] = Tour(process, output)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing is left behind when the session ends early."""
    for tour in session.config.stash.get(KEY, {}).values():
        tour.process.terminate()
        tour.process.wait(10)
        tour.output.close()


@pytest.fixture
def way(request: pytest.FixtureRequest) -> str:
    """How Slack reaches the bot; by Socket Mode unless a test plays both."""
    return str(getattr(request, "param", "socket"))


@pytest.fixture
def tour(request: pytest.FixtureRequest, way: str) -> Tour:
    """The tour that plays beside the other tests."""
    return request.config.stash[KEY][way]


@pytest.fixture
def address(way: str) -> Iterator[str]:
    """The page of a running sandbox."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--speed", "5", *WAYS[way]],
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
