"""`python -m sandbox`: a local Slack, a local Speech to Text, and the bot as a process of its own.

The bot starts as in production: Socket Mode over a real WebSocket, or with `--http` signed requests to its port; the
Web API over HTTP; a database on disk. Only `SLACK_API_URL` and IBM's URL variables point here. If it dies it is started
again, as a host would.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.bot_process import BotProcess
from sandbox.slack.methods_chat import LONGEST_MESSAGE
from sandbox.slack.server import SlackServer
from sandbox.switches import process_switches, speech_switches
from sandbox.tour import TourFailed, play
from sandbox.watson.server import SpeechServer

ROOT = Path(__file__).resolve().parent.parent
CHANNEL, APPROVERS = "C0SPEECH", "S0APPROVE"


def main() -> None:
    """Exit codes: 0 stopped, or the tour succeeded; 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Retune with everything it needs, locally.")
    parser.add_argument("--port", type=int, default=8765, help="port of the page (0: any free one)")
    parser.add_argument("--tour", action="store_true", help="run an upgrade without a browser and print it")
    parser.add_argument("--http", action="store_true", help="Slack reaches the bot over HTTP instead of Socket Mode")
    parser.add_argument(
        "--speed", type=float, default=None, help="how many times faster than real time Speech to Text works"
    )
    parser.add_argument("--data", type=Path, default=None, help="keep the bot's database in this folder")
    parser.add_argument(
        "--longest-message",
        type=int,
        default=LONGEST_MESSAGE,
        help="longest block JSON of a message, in characters",
    )
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(_main(options)))


async def _main(options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        speed = options.speed or (1.0 if options.tour else 20.0)
        speech = await stack.enter_async_context(SpeechServer(speed=speed))
        port = 0 if options.tour else options.port
        bot_port = free_port() if options.http else None
        request_url = f"http://127.0.0.1:{bot_port}/slack/events" if bot_port else None
        try:
            slack = await stack.enter_async_context(
                SlackServer(
                    ROOT / "app-manifest.yml",
                    port=port,
                    longest_message=options.longest_message,
                    request_url=request_url,
                )
            )
        except OSError as error:
            print(f"Port {port} cannot be used ({error.strerror}); try --port 0.", file=sys.stderr)
            return 1
        folder = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="retune-")))
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **speech.environment(),
            "SLACK_BOT_TOKEN": slack.bot_token,
            **way_in(slack, bot_port),
            "SLACK_API_URL": slack.api_url,
            "RETUNE_CHANNEL": CHANNEL,
            "RETUNE_APPROVERS": APPROVERS,
            "RETUNE_DATABASE": str(folder / "retune.db"),
        }
        if options.tour:
            environment["RETUNE_ANNOUNCE"] = _soon()
        bot = await stack.enter_async_context(BotProcess(ROOT, folder, environment, quiet=options.tour))
        if options.tour:
            return await _tour(slack, speech, bot)
        speech_switches(slack.switchboard, speech.faults)
        process_switches(slack.switchboard, bot, folder / "retune.db")
        await slack.until(lambda: slack.connections or bot.gave_up, within=60)
        if bot.gave_up:
            return 1
        print(f"\nRetune is running. Open {slack.url}/ in your browser.", flush=True)
        if request_url:
            print(f"Slack sends signed requests to {request_url}.")
        print(f"The bot is process {bot.pid}; its database is in {folder}. Ctrl+C stops everything.", flush=True)
        giving_up = asyncio.create_task(bot.ended.wait())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, giving_up}, return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, giving_up):
            task.cancel()
        return 1 if bot.gave_up else 0


def free_port() -> int:
    """A free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def way_in(slack: SlackServer, port: int | None) -> dict[str, str]:
    """The bot's settings for Socket Mode, or for HTTP at *port*."""
    if port is None:
        return {"SLACK_APP_TOKEN": slack.app_token}
    return {"SLACK_SIGNING_SECRET": slack.signing_secret, "PORT": str(port), "RETUNE_BIND": "127.0.0.1"}


def _soon() -> str:
    """A cron rule for the next minute that is at least 15 s away, in UTC: the tour waits for one announcement."""
    then = datetime.now(UTC) + timedelta(seconds=75)
    return f"{then.minute} {then.hour} * * *"


async def _tour(slack: SlackServer, speech: SpeechServer, bot: BotProcess) -> int:
    try:
        await play(slack, speech)
    except TourFailed as fault:
        print(f"\nThe tour failed: {fault}", file=sys.stderr)
        print(bot.output(), file=sys.stderr)
        return 1
    finally:
        print(f"\n{slack.transcript('U0ADA')}", flush=True)
    print("\nIt really happened: the service lists the new version, and the thread says so.")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
