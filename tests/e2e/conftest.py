"""The tour waits for the next minute of the clock, so it plays beside the other tests instead of before them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.e2e.page import CHROMIUM, QUIET

ROOT = Path(__file__).parents[2]


PLAY = """
import pathlib, subprocess, sys
folder, *arguments = sys.argv[1:]
with open(f"{folder}/output", "w") as output:
    code = subprocess.call([sys.executable, "-m", "sandbox", *arguments], stdout=output, stderr=subprocess.STDOUT)
pathlib.Path(folder, "ending").write_text(str(code))
pathlib.Path(folder, "ending").rename(pathlib.Path(folder, "code"))
"""
"""Plays a tour and leaves what it printed and its exit code, for whichever process looks at it."""


@dataclass
class Tour:
    """`python -m sandbox --tour`, under way; *process* where this one of the test processes started it."""

    folder: Path
    process: subprocess.Popen[bytes] | None

    def finish(self, seconds: float) -> tuple[int, str]:
        """Waits for its end; gives its exit code and what it printed."""
        until = monotonic() + seconds
        while not (self.folder / "code").exists() and monotonic() < until:
            Event().wait(0.2)
        said = (self.folder / "output").read_text("utf-8")
        assert (self.folder / "code").exists(), said
        return int((self.folder / "code").read_text()), said


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
    """Starts the tours that were chosen, in one of the test processes."""
    if session.config.option.collectonly:
        return
    factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]  # no fixtures yet
    shared = factory.getbasetemp() if not hasattr(session.config, "workerinput") else factory.getbasetemp().parent
    tours = session.config.stash[KEY] = {}
    for way in filter(None, map(way_of_tour, session.items)):
        folder = shared / f"tour-{way}"
        tours[way] = Tour(folder, None)
        with suppress(FileExistsError):  # another process was first
            folder.mkdir()
            tours[way].process = subprocess.Popen(
                [sys.executable, "-c", PLAY, str(folder), "--tour", "--speed", "5", *WAYS[way]],
                cwd=ROOT,
                env={**os.environ, "RETUNE_POLL_LANGUAGE": "1"},
                start_new_session=True,
            )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Another process may still look at a tour of ours; nothing is left behind when the session ends early."""
    for tour in session.config.stash.get(KEY, {}).values():
        if tour.process is None:
            continue
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            with suppress(subprocess.TimeoutExpired):
                tour.process.wait(140)
        if tour.process.poll() is None:
            os.killpg(tour.process.pid, signal.SIGTERM)
            tour.process.wait(10)


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
