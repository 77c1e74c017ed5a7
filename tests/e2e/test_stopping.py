"""SIGTERM ends the process within two seconds, whatever is under way: the bar of each case is the same."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between

ROOT = Path(__file__).parents[2]

BAR = 3.0
"""Seconds. It is two for the process itself; a loaded machine also has to let it run and to notice its end."""

CUT_OFF = 1.5
"""Seconds where nothing is worth waiting for: less than after which everything is ended."""

MANY = 1000


class Silent:
    """Takes connections and says nothing, for ever."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.url = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached.set()
        await reader.read()
        writer.close()


@asynccontextmanager
async def silent() -> AsyncIterator[Silent]:
    """A server that hangs."""
    made = Silent()
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


async def seconds_to_end(bot: BotProcess) -> float:
    """SIGTERM, and how long the process lives on."""
    assert bot.pid is not None
    began = time.monotonic()
    os.kill(bot.pid, signal.SIGTERM)
    await asyncio.wait_for(bot.ended.wait(), 20)
    took = time.monotonic() - began
    assert "Traceback" not in bot.output()
    return took


@pytest.mark.parametrize("path", ["/identity/token", "*/customizations", "*"])
async def test_while_the_service_hangs(tmp_path: Path, path: str):
    """A token request, a list, everything: none of them is waited for."""
    async with SpeechServer() as speech, SlackServer(ROOT / "app-manifest.yml") as slack:
        held = speech.faults.hold(path, times=None)
        async with BotProcess(ROOT, tmp_path, settings_between(speech, slack, tmp_path), quiet=True) as bot:
            await slack.until(lambda: slack.connections == 2, within=30)
            await asyncio.wait_for(held.held.wait(), 20)
            assert await seconds_to_end(bot) < BAR


async def test_while_a_token_service_takes_connections_only(tmp_path: Path):
    """No byte ever comes back: IBM's SDK would wait a minute for one, in a thread that Python waits for."""
    async with SpeechServer() as speech, SlackServer(ROOT / "app-manifest.yml") as slack, silent() as tokens:
        settings = {**settings_between(speech, slack, tmp_path), "SPEECH_TO_TEXT_AUTH_URL": tokens.url}
        async with BotProcess(ROOT, tmp_path, settings, quiet=True) as bot:
            await asyncio.wait_for(tokens.reached.wait(), 30)
            assert await seconds_to_end(bot) < BAR


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open", "*"])
async def test_while_it_starts(tmp_path: Path, method: str):
    """Slack does not answer the first calls: the start is cut off."""
    async with SpeechServer() as speech, SlackServer(ROOT / "app-manifest.yml") as slack, silent() as hanging:
        settings = {**settings_between(speech, slack, tmp_path), "SLACK_API_URL": f"{hanging.url}/api/"}
        if method != "*":
            settings = settings_between(speech, slack, tmp_path)
        held = slack.faults.hold(method, times=MANY)
        async with BotProcess(ROOT, tmp_path, settings, quiet=True) as bot:
            if method == "*":
                await asyncio.wait_for(hanging.reached.wait(), 30)
            else:
                await slack.until(lambda: held.times != MANY, within=30)
            assert await seconds_to_end(bot) < CUT_OFF


@pytest.mark.parametrize(
    "hanging",
    [
        "asyncio.get_running_loop().run_in_executor(None, time.sleep, 60); await stop.wait()",  # a lookup of a name
        "await asyncio.sleep(60)",  # what does not look at *stop*
    ],
)
def test_whatever_else_hangs(tmp_path: Path, hanging: str):
    """A thread that blocks is not waited for, and a limit ends what waits for itself."""
    script = (
        "import asyncio, sys, time, bot.__main__, bot.app\n"
        f"async def run(settings, stop):\n    print('up', flush=True); {hanging}\n"
        "bot.app.run = run\nsys.argv = ['retune']\nbot.__main__.main()\n"
    )
    settings = {
        **{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "RETUNE_CHANNEL": "C1", "RETUNE_APPROVERS": "U1"},
        **{"SPEECH_TO_TEXT_URL": "http://127.0.0.1:1/instances/x", "SPEECH_TO_TEXT_AUTH_TYPE": "noAuth"},
        **{"PYTHONPATH": str(ROOT), "IBM_CREDENTIALS_FILE": os.devnull},
    }
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=tmp_path, env=settings, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - began < (BAR if "sleep(60)" in hanging else CUT_OFF)


@pytest.mark.parametrize("how", ["refused", "no ticket", "silent"])
async def test_while_sockets_reconnect(tmp_path: Path, how: str):
    """The network broke, and Slack refuses the handshake, gives no ticket, or hangs."""
    async with (
        SpeechServer() as speech,
        SlackServer(ROOT / "app-manifest.yml") as slack,
        BotProcess(ROOT, tmp_path, settings_between(speech, slack, tmp_path), quiet=True) as bot,
    ):
        await slack.until(lambda: slack.connections == 2, within=30)
        if how == "refused":
            slack.faults.refuse_handshakes = MANY
        else:
            slack.faults.hold("apps.connections.open" if how == "no ticket" else "*", times=None)
        slack.cut_connections()
        await slack.until(lambda: slack.connections == 0)
        assert await seconds_to_end(bot) < BAR
        slack.faults.clear()
