"""The command line: `python -m bot` (or `retune`) `run` and `check`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys

from bot.errors import RetuneError, SettingsError


def main() -> None:
    """Exit codes: 0 stopped or all checks passed, 1 a check failed or the start did, 2 faults in the settings."""
    parser = argparse.ArgumentParser(prog="retune", description=__import__("bot").__doc__)
    parser.add_argument(
        "command",
        nargs="?",
        default="run",
        choices=("run", "check"),
        help="run: the bot (default); check: tests tokens, channel, instances and policy, and says how to mend them",
    )
    command = parser.parse_args().command
    try:
        sys.exit(asyncio.run(_main(command)))
    except SettingsError as error:
        print("Retune cannot start. Mend these settings:", file=sys.stderr)
        for fault in error.faults:
            print(f"  {fault}", file=sys.stderr)
        sys.exit(2)
    except RetuneError as error:
        print(f"Retune cannot start: {error.text}", file=sys.stderr)
        sys.exit(1)


async def _main(command: str) -> int:
    from bot.settings import load

    settings = load()
    _logging(settings.log)
    if command == "check":
        from bot.check import check

        return await check(settings, print)
    from bot.app import run

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await run(settings, stop)
    return 0


def _logging(form: str) -> None:
    handler = logging.StreamHandler()
    if form == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # These log whole requests, with tokens and form values, when asked for more; and every request at INFO.
    for noisy in ("slack_sdk", "slack_bolt", "httpx", "httpcore", "apscheduler", "aiohttp", "ibm-cloud-sdk-core"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
