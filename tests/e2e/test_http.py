"""The bot as its own process, reached over HTTP: a flood, replays, a stop, and what an unsigned world sends."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path

import psutil
import pytest

from bot.store import Store
from sandbox.__main__ import free_port, way_in
from sandbox.bot_process import BotProcess
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between
from tests.contract.slack_over_http import Line, form, head, request, signed
from tests.e2e.test_process import ADA, CHANNEL, ROOT
from tests.e2e.test_stopping import BY_ITSELF, end

DESCRIPTORS = 1024
"""What a process usually may have."""

FLOOD = 1200


@contextmanager
def descriptors(most: int) -> Iterator[None]:
    """Processes that are started meanwhile may open so many files."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Stage:
    """Both services and the bot, which answers."""

    def __init__(self, slack: SlackServer, bot: BotProcess, port: int, settings: dict[str, str]) -> None:
        self.slack, self.bot, self.port, self.settings = slack, bot, port, settings
        self.lines: list[Line] = []

    async def line(self) -> Line:
        self.lines.append(Line(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.lines[-1]

    def signed(self, body: bytes) -> bytes:
        return request(body, signed(body, secret=self.slack.signing_secret))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    async with AsyncExitStack() as stack:
        speech = await stack.enter_async_context(SpeechServer(speed=6))
        slack = await stack.enter_async_context(SlackServer(ROOT / "app-manifest.yml", request_url=url))
        settings = settings_between(speech, slack, tmp_path) | way_in(slack, port)
        del settings["SLACK_APP_TOKEN"]
        with descriptors(DESCRIPTORS):
            bot = BotProcess(ROOT, tmp_path, settings, quiet=True, arguments=BY_ITSELF)
            await stack.enter_async_context(bot)
        await slack.until(lambda: slack.connections == 1, within=30)
        await slack.until(lambda: "Retune is ready" in bot.output(), within=30)
        made = Stage(slack, bot, port, settings)
        try:
            yield made
        finally:
            for line in made.lines:
                line.close()


async def test_a_flood_of_half_open_connections(stage: Stage):
    """More than the process has descriptors: people are answered all the while, and the log says it in a line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * FLOOD:
        pytest.skip(f"this machine lets nobody have {2 * FLOOD} connections (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * FLOOD), hard))
    held: list[socket.socket] = []
    try:
        for n in range(FLOOD):
            one = socket.create_connection(("127.0.0.1", stage.port), timeout=20)
            one.sendall((b"", b"POST /slack/events HTTP/1.1\r\n")[n % 2])
            held.append(one)
            if n % 200 == 199:
                assert (await stage.slack.send(ADA, CHANNEL, "/stt-help")).acknowledged
        assert (await stage.slack.send(ADA, CHANNEL, "/stt-models outdated")).acknowledged
    finally:
        for one in held:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    said = stage.bot.output()
    assert "Traceback" not in said
    assert said.count("closed to make room") == 1
    assert len(said) < 5000


async def test_a_replay(stage: Stage):
    """The same signed command again, as whoever recorded it may send it: it is answered once."""
    body = form(
        command="/stt-help",
        text="",
        user_id=ADA,
        channel_id=CHANNEL,
        team_id="T0RETUNE",
        trigger_id="1.2.3",
        user_name="a",
    )
    line = await stage.line()
    line.send(stage.signed(body))
    assert b"/stt-models" in (await line.hear()).body
    line.send(stage.signed(body))
    again = await line.hear()
    assert (again.status, again.body) == (200, b"")


async def test_what_is_not_signed(stage: Stage):
    """It gets nothing but a number, and the log one line for all."""
    for data, status in (
        (request(b'{"type": ', [("Content-Type", "application/json")]), 401),
        (request(b"{}", [("X-Slack-Request-Timestamp", "nan"), ("X-Slack-Signature", "v0=é")]), 401),
        (head([("\udcff", "\udcfe")], 0), 401),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (stage.signed(b'{"type": "event_callback", "event": 5}'), 400),
    ):
        line = await stage.line()
        line.send(data)
        answer = await line.hear()
        assert (answer.status, answer.body) == (status, b"")
    assert "Traceback" not in stage.bot.output()
    assert stage.bot.output().count("refused over HTTP") == 1
    assert (await stage.slack.send(ADA, CHANNEL, "/stt-help")).acknowledged


async def test_stopping(stage: Stage):
    """With connections that are idle, half open, and in the middle of a body."""
    body = form(command="/stt-help", user_id=ADA, channel_id=CHANNEL, team_id="T0RETUNE", trigger_id="1.2.4")
    lines = [await stage.line() for _ in range(30)]
    for n, line in enumerate(lines):
        line.send((b"", b"POST /sl", head(signed(body), 500) + b"x")[n % 3])
    idle = await stage.line()
    idle.send(stage.signed(body))
    assert (await idle.hear()).status == 200
    await end(stage.bot)


async def test_a_port_that_is_taken(stage: Stage, tmp_path: Path):
    """The start ends with the settings to look at, and no traceback."""
    settings = {**stage.settings, "RETUNE_DATABASE": str(tmp_path / "other.db")}
    async with BotProcess(ROOT, tmp_path, settings, quiet=True) as second:
        await asyncio.wait_for(second.ended.wait(), 20)
        assert f"PORT, RETUNE_BIND: port {stage.port} of 127.0.0.1 cannot be used" in second.output()
        assert "Traceback" not in second.output()


def files_of(pid: int) -> list[str]:
    """The files that a process has open."""
    return [file.path for file in psutil.Process(pid).open_files()]


@pytest.mark.parametrize("over_http", [True, False])
async def test_a_stop_while_it_starts(tmp_path: Path, over_http: bool):
    """Whoever was acknowledged is told that nothing was done, and the log has no traceback."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events" if over_http else None
    async with AsyncExitStack() as stack:
        speech = await stack.enter_async_context(SpeechServer(speed=6))
        slack = await stack.enter_async_context(SlackServer(ROOT / "app-manifest.yml", request_url=url))
        settings = settings_between(speech, slack, tmp_path)
        if over_http:
            settings |= way_in(slack, port)
            del settings["SLACK_APP_TOKEN"]
        with Store(Path(settings["RETUNE_DATABASE"])):
            pass
        other = stack.enter_context(closing(sqlite3.connect(settings["RETUNE_DATABASE"])))
        other.execute("BEGIN EXCLUSIVE")  # the start waits for it
        bot = await stack.enter_async_context(BotProcess(ROOT, tmp_path, settings, quiet=True))
        await slack.until(lambda: slack.connections >= 1 or "listening for Slack" in bot.output(), within=30)
        assert (await slack.send(ADA, CHANNEL, "/stt-models")).acknowledged
        assert bot.pid is not None
        pid, database = bot.pid, settings["RETUNE_DATABASE"]
        await slack.until(lambda: database in files_of(pid), within=30)  # what could be imported is
        os.kill(pid, signal.SIGTERM)
        await asyncio.wait_for(bot.ended.wait(), 20)
        assert "Nothing was done" in slack.transcript(ADA)
        assert "Traceback" not in bot.output()
