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
from typing import Any

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


EXITS = {
    "run": {0: "it was asked to stop", 1: "it could not start: Slack", 2: "faulty settings"},
    "check": {0: "all checks passed", 1: "a check failed", 2: "faulty settings"},
    "audit": {0: "as asked", 1: "not as asked", 2: "faulty settings"},
    "audit verify": {
        0: "the chain is whole",
        1: "the chain is broken",
        2: "faulty settings, seals without their key, or a --kept that is no hash",
    },
    "audit export": {0: "all is written", 1: "the audit cannot be read", 2: "faulty settings or --output"},
}
"""The exit codes of each command. A database that cannot be used is a faulty setting; an unknown option is a 2, too."""


def main() -> None:
    """Run what the command line asks for, and exit with one of `EXITS`."""
    asked = _parser().parse_args()
    private.shut()
    redact = Redaction()
    redact.guard()
    audit, as_json = asked.command == "audit", asked.command == "check" and asked.json
    if asked.command == "run":
        gc.disable()
    try:
        sys.exit(_audit(asked) if audit else asyncio.run(_main(asked.command, redact, as_json=as_json)))
    except SettingsError as error:
        if as_json:
            from bot.check_report import faults_as_json

            print(redact(faults_as_json(error.faults)))
            sys.exit(2)
        print(f"{'The audit cannot be read' if audit else 'Retune cannot start'}. Fix these settings:", file=sys.stderr)
        for fault in error.faults:
            print(f"  {escaped(redact(fault))}", file=sys.stderr)
        sys.exit(2)
    except RetuneError as error:
        what = "The audit cannot be read" if audit else "Retune cannot start"
        print(f"{what}: {escaped(redact(error.text))}", file=sys.stderr)
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="retune", description=__import__("bot").__doc__, **_exits("run"))
    parser.set_defaults(command="run")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, what in (
        ("run", "the bot; also when no command is given"),
        ("check", "tests tokens, channel, instances and policy, and says how to fix what is wrong"),
    ):
        commands.add_parser(name, help=what, description=what, **_exits(name)).set_defaults(command=name)
    what = "one JSON object instead of lines: ok, and checks with name, result (ok, warn, fail), text and fix"
    commands.choices["check"].add_argument("--json", action="store_true", help=what)
    what = "verifies or exports the audit; needs RETUNE_DATABASE, and RETUNE_AUDIT_KEY to check seals"
    audit = commands.add_parser("audit", help=what, description=what, **_exits("audit"))
    audit.set_defaults(command="audit")
    wanted = audit.add_subparsers(dest="wanted", metavar="verify|export", required=True)
    what = "checks every row: number, place in the chain, content, seal"
    verify = wanted.add_parser("verify", help=what, description=what, **_exits("audit verify"))
    verify.add_argument("--kept", metavar="HASH", help="a last hash kept elsewhere: detects a cut-off end")
    what = "writes every row, oldest first"
    export = wanted.add_parser("export", help=what, description=what, **_exits("audit export"))
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    what = "a new file that only you can read; without it, standard output"
    export.add_argument("--output", metavar="FILE", type=Path, help=what)
    return parser


def _exits(command: str) -> dict[str, Any]:
    """The end of a command's help: its exit codes."""
    codes = "\n".join(f"  {code}  {means}" for code, means in EXITS[command].items())
    return {"epilog": f"exit codes:\n{codes}", "formatter_class": argparse.RawDescriptionHelpFormatter}


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


async def _main(command: str, redact: Redaction, *, as_json: bool) -> int:
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

        return await check(settings, lambda line: _say(redact(line)), as_json=as_json)
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
