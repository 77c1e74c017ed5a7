"""The command line: `python -m bot` (or `retune`) `run`, `check` and `audit`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from threading import Timer

from bot import private
from bot.errors import RetuneError, SettingsError
from bot.redaction import Redaction

LIMIT = 1.8
"""Seconds from being asked to stop to the end of the process, whatever still hangs: it is taken up after the start."""


def main() -> None:
    """Exit codes: 0 stopped or all checks passed, 1 a check failed or the start did, 2 faults in the settings."""
    asked = _parser().parse_args()
    private.shut()
    redact = Redaction()
    redact.guard()
    audit = asked.command == "audit"
    try:
        sys.exit(_audit(asked) if audit else asyncio.run(_main(asked.command, redact)))
    except SettingsError as error:
        print(f"{'The audit cannot be read' if audit else 'Retune cannot start'}. Fix these settings:", file=sys.stderr)
        for fault in error.faults:
            print(redact(f"  {fault}"), file=sys.stderr)
        sys.exit(2)
    except RetuneError as error:
        print(redact(f"Retune cannot start: {error.text}"), file=sys.stderr)
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="retune", description=__import__("bot").__doc__)
    parser.set_defaults(command="run")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, what in (
        ("run", "the bot; also when no command is given"),
        ("check", "tests tokens, channel, instances and policy, and says how to fix them"),
    ):
        commands.add_parser(name, help=what, description=what).set_defaults(command=name)
    what = "tests or gives the record of who did what; needs RETUNE_DATABASE only"
    audit = commands.add_parser("audit", help=what, description=what)
    audit.set_defaults(command="audit")
    wanted = audit.add_subparsers(dest="wanted", metavar="verify|export", required=True)
    what = "tests that no row was changed, taken out or put in"
    verify = wanted.add_parser("verify", help=what, description=what)
    verify.add_argument("--kept", metavar="HASH", help="a last hash that was kept elsewhere: shows a cut-off end")
    what = "gives every row, oldest first"
    export = wanted.add_parser("export", help=what, description=what)
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    what = "a new file that only you can read; without it, standard output"
    export.add_argument("--output", metavar="FILE", type=Path, help=what)
    return parser


def _audit(asked: argparse.Namespace) -> int:
    from bot.auditing import export, verify
    from bot.settings import database

    if asked.wanted == "verify":
        return verify(database(), asked.kept, print)
    try:
        with private.output(asked.output) as out:
            return export(database(), asked.format, lambda line: out.write(line.encode()))
    except BrokenPipeError:  # `| head` has seen enough; Python would complain once more when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


async def _main(command: str, redact: Redaction) -> int:
    from bot.adapters.threads import DaemonThreads
    from bot.settings import load, secrets

    settings = load()
    redact.learn(secrets(settings))
    _logging(settings.log, redact)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonThreads())  # lookups of names: one that hangs must not keep us from ending
    if command == "check":
        from bot.check import check

        return await check(settings, lambda line: print(redact(line)))
    from bot.app import run

    stop = asyncio.Event()

    def asked() -> None:
        if not stop.is_set():
            stop.set()
            end = Timer(LIMIT, os._exit, (0,))
            end.daemon = True
            end.start()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, asked)
    await run(settings, stop)
    return 0


class _Masked(logging.Formatter):
    """No secret in any line, whoever writes it."""

    def __init__(self, form: logging.Formatter, redact: Redaction) -> None:
        super().__init__()
        self._form = form
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(self._form.format(record))


def _logging(form: str, redact: Redaction) -> None:
    handler = logging.StreamHandler()
    if form == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(_Masked(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"), redact))
    else:
        handler.setFormatter(_Masked(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"), redact))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # These log whole requests, with tokens and form values, when asked for more; and every request at INFO.
    for noisy in ("slack_sdk", "slack_bolt", "httpx", "httpcore", "apscheduler", "aiohttp", "ibm-cloud-sdk-core"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
