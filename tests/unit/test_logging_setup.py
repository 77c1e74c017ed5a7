"""Nothing that others write forges a line of the log or moves a terminal, in either form, through whatever logger."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys

import pytest

from bot import log_context
from bot.flows.background import Background
from bot.logging_setup import BAR, formatter
from bot.redaction import Redaction

FORGED = "2026-11-23 10:00:00,000 INFO    bot.flows: request 1 approved by the security team"

TRICKS = (
    f"x\n{FORGED}",
    f"x\r{FORGED}",
    f"x\r\n{FORGED}",
    f"x\v{FORGED}\f{FORGED}\x1c{FORGED}",
    f"x\x85{FORGED}\u2028{FORGED}\u2029{FORGED}",
    f"\x1b[2K\x1b[1G{FORGED}",
    f"\x9b2K{FORGED}\x9d0;title\x9c",
    f"\x08\x08\x08{FORGED}\x7f",
    f"\u202e{FORGED}\u2066\u200f",
    f"\ud800{FORGED}",
    f"\x00{FORGED}",
)

SCRIPT = """
import logging, sys, threading, warnings
from bot.logging_setup import set_up
from bot.redaction import Redaction

set_up(sys.argv[1], Redaction())
trick = sys.stdin.read()
logging.getLogger("bot.flows").warning("reason: %s", trick)
logging.getLogger("aiohttp.web").error("theirs: " + trick, stack_info=True)
logging.getLogger(trick).error("named")
try:
    try:
        raise ValueError(trick)
    except ValueError as error:
        raise RuntimeError("because of\\n" + trick) from error
except RuntimeError:
    logging.getLogger("bot").exception("failed: %s", trick)
warnings.warn(trick, stacklevel=1)
thread = threading.Thread(target=lambda: (_ for _ in ()).throw(KeyError(trick)))
thread.start()
thread.join()
class Odd:
    def __del__(self):
        raise ValueError(trick)
Odd()
raise OSError(trick)
"""


def acting(text: str) -> list[str]:
    """The characters on which a terminal, a pager or a program that splits lines acts."""
    return [char for char in text if char != "\n" and (not char.isprintable()) and char != " "]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("trick", TRICKS, ids=ascii)
def test_a_record_is_a_line(form: str, trick: str):
    """Message, arguments, name of the logger, error, cause, stack: also where another handler formatted it before."""
    try:
        raise ValueError(trick)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord(trick, logging.ERROR, trick, 1, f"{trick} %s", (trick,), info, trick, trick)
    record.exc_text = trick
    written = formatter(form, Redaction()).format(record)
    assert acting(written) == []
    first, *more = written.splitlines()
    assert all(line.startswith(BAR) for line in more)
    assert not any(line.startswith("2026") for line in more)
    assert "approved by the security team" in first
    written.encode()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_whole_process(form: str):
    """Its own loggers, those of libraries, warnings, threads, destructors, and the error that ends it."""
    trick = "\x1b[2K\r\n".join([*(trick for trick in TRICKS if "\ud800" not in trick), "end"])
    ran = subprocess.run(
        [sys.executable, "-W", "default", "-c", SCRIPT, form], input=trick.encode(), capture_output=True, check=False
    )
    written = ran.stderr.decode()
    assert ran.returncode == 1
    assert acting(written) == []
    assert "\n2026-11-23 10:00:00,000" not in written
    assert written.count("not caught: ") == 3
    lines = written.split("\n")[:-1]
    if form == "json":
        assert all(isinstance(json.loads(line), dict) for line in lines)
        assert json.loads(lines[0])["message"].replace("\r\n", "\n") == f"reason: {trick}".replace("\r\n", "\n")
    else:
        records = [line for line in lines if not line.startswith(BAR)]
        assert len(records) == 8
        assert all(line[:2] == "20" for line in records)


def test_text_stays_readable():
    """What people write in any script, with emoji, stays as it is; a line break is told as one."""
    record = logging.LogRecord("bot", logging.INFO, "x", 1, "Ärger mit «Zürich» 👩‍🔬\nשלום", (), None)
    assert formatter("text", Redaction()).format(record).endswith("bot: Ärger mit «Zürich» 👩‍🔬\\nשלום")


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("before", range(7_950, 8_060, 10))
def test_a_record_has_a_longest_form(form: str, before: int):
    """Whatever somebody sends, the log does not grow by it; where it is cut no part of a secret stays."""
    redact = Redaction()
    redact.learn(["secret-" * 20])
    said = "x" * before + "secret-" * 20 + "y" * 1_000_000
    record = logging.LogRecord("bot", logging.WARNING, __file__, 1, "of %s", (said,), None)
    written = formatter(form, redact).format(record)
    assert len(written) < 9_000
    assert f"({len(said) + 3} characters)" in written
    assert "secret" not in written


def records(form: str, about: dict[str, int | str]) -> str:
    """One line of a task that works on this."""

    async def work() -> str:
        log_context.about(**about)  # type: ignore[arg-type]
        record = logging.LogRecord("bot.flows", logging.WARNING, "", 1, "the step is late", (), None)
        return formatter(form, Redaction()).format(record)

    return asyncio.run(work())


def test_a_record_says_what_it_is_about():
    """As fields of their own in json, as a suffix in text; nothing where nothing is known."""
    about: dict[str, int | str] = {"request": 7, "run": 12, "instance": "speech-to-text"}
    said = json.loads(records("json", about))
    assert {name: said[name] for name in about} == about
    assert records("text", about).endswith("the step is late [request 7, run 12, instance speech-to-text]")
    assert records("text", {}).endswith("the step is late")
    assert not {"request", "run", "instance"} & json.loads(records("json", {})).keys()
    (line,) = records("text", {"instance": TRICKS[0]}).split("\n")
    assert line.count(" INFO ") == line.count("2026-11-23")


async def test_each_task_has_its_own_subject():
    """What a task or a scoped function says is about does not reach its caller, nor what it spawns."""
    background = Background()
    seen: list[object] = []

    async def spawned() -> None:
        seen.append(dict(log_context.subject()))

    @log_context.scoped
    async def work(request: int) -> None:
        log_context.about(request=request)
        await asyncio.sleep(0)
        seen.append(dict(log_context.subject()))
        background.spawn(spawned(), "spawned")

    await asyncio.gather(work(1), work(2))
    await work(3)
    await background.idle()
    assert dict(log_context.subject()) == {}
    assert sorted(map(str, seen)) == sorted(map(str, [{"request": 1}, {"request": 2}, {"request": 3}, {}, {}, {}]))
