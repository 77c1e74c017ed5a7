"""SIGTERM ends the process, whatever is under way: by itself, and what hangs by a limit below two seconds.

No time is measured: what hangs here hangs for a minute or for ever, so the process either ends soon or not in time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.__main__ import LIMIT
from sandbox.bot_process import BotProcess
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between

ROOT = Path(__file__).parents[2]

SOON = 30
"""Seconds, also on a busy machine; half of what the shortest thing here hangs for."""

BY_ITSELF = ("-c", "import bot.__main__ as main; main.LIMIT = 3600; main.main()")
"""A bot that no limit ends: it must stop waiting for what hangs."""

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


async def end(bot: BotProcess) -> None:
    """SIGTERM; fails where the process does not end."""
    assert bot.pid is not None
    os.kill(bot.pid, signal.SIGTERM)
    await asyncio.wait_for(bot.ended.wait(), SOON)
    assert "Traceback" not in bot.output()


def bot_between(speech: SpeechServer, slack: SlackServer, folder: Path, **others: str) -> BotProcess:
    """The bot between both services, without its limit."""
    settings = {**settings_between(speech, slack, folder), **others}
    return BotProcess(ROOT, folder, settings, quiet=True, arguments=BY_ITSELF)


@pytest.mark.parametrize("path", ["/identity/token", "*/customizations", "*"])
async def test_while_the_service_hangs(tmp_path: Path, path: str):
    """A token request, a list, everything: none of them is waited for."""
    async with SpeechServer() as speech, SlackServer(ROOT / "app-manifest.yml") as slack:
        held = speech.faults.hold(path, times=None)
        async with bot_between(speech, slack, tmp_path) as bot:
            await slack.until(lambda: slack.connections == 2, within=30)
            await asyncio.wait_for(held.held.wait(), 20)
            await end(bot)


async def test_while_a_token_service_takes_connections_only(tmp_path: Path):
    """No byte ever comes back: IBM's SDK would wait a minute for one, in a thread that Python waits for."""
    async with (
        SpeechServer() as speech,
        SlackServer(ROOT / "app-manifest.yml") as slack,
        silent() as tokens,
        bot_between(speech, slack, tmp_path, SPEECH_TO_TEXT_AUTH_URL=tokens.url) as bot,
    ):
        await asyncio.wait_for(tokens.reached.wait(), 30)
        await end(bot)


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open", "*"])
async def test_while_it_starts(tmp_path: Path, method: str):
    """Slack does not answer the first calls: the start is cut off."""
    async with SpeechServer() as speech, SlackServer(ROOT / "app-manifest.yml") as slack, silent() as hanging:
        others = {"SLACK_API_URL": f"{hanging.url}/api/"} if method == "*" else {}
        held = slack.faults.hold(method, times=MANY)
        async with bot_between(speech, slack, tmp_path, **others) as bot:
            if method == "*":
                await asyncio.wait_for(hanging.reached.wait(), 30)
            else:
                await slack.until(lambda: held.times != MANY, within=30)
            await end(bot)


@pytest.mark.parametrize(
    ("hanging", "limit"),
    [
        # A lookup of a name: the process ends by itself.
        ("asyncio.get_running_loop().run_in_executor(None, time.sleep, 60); await stop.wait()", 3600),
        ("await asyncio.sleep(60)", LIMIT),  # what does not look at *stop*
        ("[None for _ in iter(int, 1)]", LIMIT),  # what holds the loop
    ],
)
def test_whatever_else_hangs(tmp_path: Path, hanging: str, limit: float):
    """A thread that blocks is not waited for, and a limit ends what waits for itself."""
    script = (
        "import asyncio, sys, time, bot.__main__, bot.app\n"
        f"async def run(settings, stop):\n    print('up', flush=True); {hanging}\n"
        f"bot.__main__.LIMIT = {limit}\nbot.app.run = run\nsys.argv = ['retune']\nbot.__main__.main()\n"
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
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON) == 0


def test_the_limit_is_below_what_is_promised():
    """Two seconds, with some to spare for ending the process itself."""
    assert LIMIT < 2


@pytest.mark.parametrize("how", ["refused", "no ticket", "silent"])
async def test_while_sockets_reconnect(tmp_path: Path, how: str):
    """The network broke, and Slack refuses the handshake, gives no ticket, or hangs."""
    async with (
        SpeechServer() as speech,
        SlackServer(ROOT / "app-manifest.yml") as slack,
        bot_between(speech, slack, tmp_path) as bot,
    ):
        await slack.until(lambda: slack.connections == 2, within=30)
        if how == "refused":
            slack.faults.refuse_handshakes = MANY
        else:
            slack.faults.hold("apps.connections.open" if how == "no ticket" else "*", times=None)
        slack.cut_connections()
        await slack.until(lambda: slack.connections == 0)
        await end(bot)
        slack.faults.clear()
