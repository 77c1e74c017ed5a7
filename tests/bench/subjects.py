"""The processes that are measured: Retune and the floor, both between the same local services."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from sandbox.slack.limits import Limits
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer

ROOT = Path(__file__).parents[2]
COMMANDS = {"ours": ["-m", "bot"], "floor": [str(Path(__file__).parent / "floor.py")]}


@asynccontextmanager
async def services() -> AsyncIterator[tuple[SlackServer, SpeechServer]]:
    """Both local services."""
    async with SpeechServer() as speech, SlackServer(ROOT / "app-manifest.yml", limits=Limits(scale=1000)) as slack:
        yield slack, speech


@asynccontextmanager
async def running(name: str, slack: SlackServer, service: Mapping[str, str]) -> AsyncIterator[psutil.Process]:
    """One subject as a process, from its start to its end. *service* are the variables of the instances."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *COMMANDS[name],
            cwd=folder,
            env={
                **os.environ,
                **service,
                "PYTHONPATH": str(ROOT),
                "IBM_CREDENTIALS_FILE": os.devnull,
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "SLACK_API_URL": slack.api_url,
                "RETUNE_CHANNEL": "C0SPEECH",
                "RETUNE_APPROVERS": "S0APPROVE",
                "RETUNE_DATABASE": str(Path(folder) / "retune.db"),
            },
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            await process.wait()
            await slack.until(lambda: slack.connections == 0)


def command(slack: SlackServer) -> dict[str, str]:
    """The payload of one `/stt-help`."""
    return {
        "command": "/stt-help",
        "text": "",
        "user_id": "U0ADA",
        "channel_id": "C0SPEECH",
        "team_id": "T0RETUNE",
        "trigger_id": "1.2.3",
        "response_url": f"{slack.url}/hooks/commands/T0RETUNE/none",
    }
