"""The command line: `python -m bot` (or `retune`) `run`, `check` and `audit`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer

from bot import private
from bot.domain.untrusted_text import escaped
from bot.errors import RetuneError, SettingsError
from bot.network import trust
from bot.redaction import Redaction

GROWING = 3.0
"""Seconds after the start without garbage collection: imported modules stay, and scanning them again and again takes a
twelfth of the start.
"""

LIMIT = 1.8
"""Seconds from a stop request to the end of the process, whatever still hangs; the next start resumes it."""


def main() -> None:
    """Exit codes: 0 stopped, or all checks passed; 1 a check failed, or the start did; 2 faulty settings."""
    asked = _parser().parse_args()
    private.shut()
    redact = Redaction()
    redact.guard()
    audit = asked.command == "audit"
    if asked.command == "run":
        gc.disable()
    try:
        sys.exit(_audit(asked) if audit else asyncio.run(_main(asked.command, redact)))
    except SettingsError as error:
        print(f"{'The audit cannot be read' if audit else 'Retune cannot start'}. Fix these settings:", file=sys.stderr)
        for fault in error.faults:
            print(f"  {escaped(redact(fault))}", file=sys.stderr)
        sys.exit(2)
    except RetuneError as error:
        what = "The audit cannot be read" if audit else "Retune cannot start"
        print(f"{what}: {escaped(redact(error.text))}", file=sys.stderr)
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="retune", description=__import__("bot").__doc__)
    parser.set_defaults(command="run")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, what in (
        ("run", "the bot; also when no command is given"),
        ("check", "tests tokens, channel, instances and policy, and says how to fix what is wrong"),
    ):
        commands.add_parser(name, help=what, description=what).set_defaults(command=name)
    what = "verifies or exports the audit; needs RETUNE_DATABASE, and RETUNE_AUDIT_KEY to check seals"
    audit = commands.add_parser("audit", help=what, description=what)
    audit.set_defaults(command="audit")
    wanted = audit.add_subparsers(dest="wanted", metavar="verify|export", required=True)
    what = "checks every row: number, place in the chain, content, seal"
    verify = wanted.add_parser("verify", help=what, description=what)
    verify.add_argument("--kept", metavar="HASH", help="a last hash kept elsewhere: detects a cut-off end")
    what = "writes every row, oldest first"
    export = wanted.add_parser("export", help=what, description=what)
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    what = "a new file that only you can read; without it, standard output"
    export.add_argument("--output", metavar="FILE", type=Path, help=what)
    return parser


def _audit(asked: argparse.Namespace) -> int:
    from bot.auditing import export, verify
    from bot.settings import database, key_of_audit

    if asked.wanted == "verify":
        key = key_of_audit()
        return verify(database(), asked.kept, _say, key.reveal() if key else None)
    try:
        with private.output(asked.output) as out:
            return export(database(), asked.format, lambda line: out.write(line.encode()))
    except BrokenPipeError:  # `| head` has closed the pipe; Python would complain once more when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


async def _main(command: str, redact: Redaction) -> int:
    Thread(target=_read_authorities, daemon=True).start()
    from bot.adapters.threads import DaemonThreads
    from bot.logging_setup import set_up
    from bot.settings import load, secrets

    settings = load()
    redact.learn(secrets(settings))
    set_up(settings.log, redact)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonThreads())  # name lookups: a hanging one must not delay the end
    if command == "check":
        from bot.check import check

        return await check(settings, lambda line: _say(redact(line)))
    from bot.app import run

    stop = asyncio.Event()

    def asked(*_: object) -> None:
        if not stop.is_set():
            loop.call_soon_threadsafe(stop.set)
            end = Timer(LIMIT, os._exit, (0,))
            end.daemon = True
            end.start()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, asked)  # not the loop's own handler: it waits for whatever blocks the loop
    loop.call_later(GROWING, _collect)
    await run(settings, stop)
    return 0


def _read_authorities() -> None:
    """Takes 20 ms in OpenSSL, while the other core imports; the settings report faults."""
    with suppress(OSError):
        trust()


def _collect() -> None:
    """Collect garbage from now on; everything that exists now is kept."""
    gc.freeze()
    gc.enable()


def _say(line: str) -> None:
    """Print one line, with control characters of services and settings escaped."""
    print(escaped(line), flush=True)


if __name__ == "__main__":
    main()
