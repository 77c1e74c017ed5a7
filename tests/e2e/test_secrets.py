"""A whole day of a real bot with every library at its most talkative: no secret is in what it leaves behind.

The services hear the secrets, which is what they are for. Looked through are all output, every file of the bot, the
environment and the command line of its children, and the addresses that both services were asked for.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import psutil
import pytest

from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer

ROOT = Path(__file__).parents[2]
CHANNEL, ADA, GRACE = "C0SPEECH", "U0ADA", "U0GRACE"

TALKATIVE = """
import asyncio, logging
logging.getLogger().level = logging.DEBUG
logging.Logger.setLevel = lambda self, level: None  # nobody makes a library quieter
asyncio.BaseEventLoop.slow_callback_duration = property(lambda self: 0.0, lambda self, value: None)
from bot.__main__ import main
main()
"""

LIBRARIES = ("slack_sdk", "slack_bolt", "bot.bolt", "httpx", "httpcore", "urllib3", "apscheduler", "asyncio")
"""Loggers that must have said something, else this test tests nothing of them."""


def forms(secret: str) -> Iterator[str]:
    """How a secret may be written down."""
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1])
    yield secret.encode().hex()
    for before in (b"", b"a", b"ab"):
        coded = base64.b64encode(before + secret.encode()).decode().rstrip("=")
        yield coded[4 if before else 0 : -1]


@asynccontextmanager
async def started(folder: Path, environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The bot at its most talkative; what it prints goes into a file. Stopped at the end."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with (folder / "output").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", TALKATIVE),
            cwd=folder,
            env={**inherited, **environment, "PYTHONPATH": str(ROOT), "PYTHONASYNCIODEBUG": "1"},
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def children(process: asyncio.subprocess.Process, found: list[str], until: asyncio.Event) -> None:
    """Notes the environment and command line of everything that the process starts."""
    parent, seen = psutil.Process(process.pid), set[int]()
    while not until.is_set():
        with suppress(psutil.Error):
            for child in parent.children(recursive=True):
                with suppress(psutil.Error):
                    told = f"{child.cmdline()} {child.environ()}"
                    if "charts.drawing" in told and child.pid not in seen:  # before that it is a copy of its parent
                        seen.add(child.pid)
                        found.append(told)
        await asyncio.sleep(0.01)


def asks(message: dict[str, Any]) -> bool:
    """Whether it is the card of the request."""
    return any(element.get("action_id") == "approve" for b in message["blocks"] for element in b.get("elements", ()))


def settings(slack: SlackServer, speech: SpeechServer, folder: Path) -> dict[str, str]:
    return {
        **speech.environment(),
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "SLACK_SIGNING_SECRET": "hush-signing-4711/+",
        "RETUNE_CHANNEL": CHANNEL,
        "RETUNE_APPROVERS": "S0APPROVE",
        "RETUNE_DATABASE": str(folder / "retune.db"),
        "RETUNE_POLL_LANGUAGE": "1",
    }


def secrets_in(environment: dict[str, str]) -> dict[str, str]:
    """What an operator has set that must not show."""
    named = {
        name: value
        for name, value in environment.items()
        if name.endswith(("TOKEN", "APIKEY", "PASSWORD", "SECRET")) and len(value) > 5
    }
    assert len(named) >= 5
    return named


def overhear(
    monkeypatch: pytest.MonkeyPatch, of: Any, method: str, found: list[str], part: Callable[[Any], str]
) -> None:
    """Notes *part* of what a method of a service gives out."""
    gives = getattr(of, method)

    def noting(*arguments: Any, **options: Any) -> Any:
        given = gives(*arguments, **options)
        found.append(part(given))
        return given

    monkeypatch.setattr(of, method, noting)


@pytest.mark.timeout(120)  # each callback is a line of the log
async def test_nothing_that_is_left_behind_has_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Start, commands, an upgrade, a chart, a token that ends, services in trouble, and a stop."""
    folder = tmp_path / "bot"
    folder.mkdir()
    (folder / ".env").write_text("RETUNE_TIMEZONE=UTC\n")
    (folder / ".env").chmod(0o644)
    found, over = list[str](), asyncio.Event()
    tokens, tickets, answers = list[str](), list[str](), list[str]()
    async with SpeechServer(speed=6) as speech, SlackServer(ROOT / "app-manifest.yml") as slack:
        environment = {**settings(slack, speech, folder), "RETUNE_LOG": "json"}
        overhear(monkeypatch, speech.tokens, "from_iam", tokens, lambda given: str(given["access_token"]))
        overhear(monkeypatch, speech.tokens, "from_cluster", tokens, lambda given: str(given["token"]))
        overhear(monkeypatch, slack.delivery, "ticket", tickets, lambda given: given.split("ticket=")[1].split("&")[0])
        overhear(monkeypatch, slack.urls, "give", answers, lambda given: given.rpartition("/")[2])
        async with started(folder, environment) as bot:
            watching = asyncio.create_task(children(bot, found, over))
            await slack.until(lambda: slack.connections == 2, within=40)
            await slack.send(ADA, CHANNEL, "/stt-models zebra")  # the first command waits until the fleet was read
            await slack.until(lambda: slack.ephemerals(ADA), within=30)
            await slack.send(ADA, CHANNEL, "/stt-announce chart")
            await slack.send(ADA, CHANNEL, "/stt-upgrade call-center-us")
            await slack.until(lambda: (slack.modal(ADA) or {}).get("callback_id") == "request", within=20)
            await slack.submit(ADA)
            card = await slack.until(lambda: next(filter(asks, slack.messages(ADA, CHANNEL)), None))
            speech.faults.expire_tokens()
            slack.faults.refuse_handshakes = 1
            slack.cut_connections()
            await slack.until(lambda: slack.connections == 0)
            await slack.until(lambda: slack.connections, within=40)
            await slack.click(GRACE, CHANNEL, card["ts"], "approve")
            await slack.until(
                lambda: any("*done*" in m["text"] for m in slack.thread(ADA, CHANNEL, card["ts"])), within=60
            )
            await slack.until(lambda: found, within=40)
            if sys.platform == "linux":
                assert psutil.Process(bot.pid).rlimit(psutil.RLIMIT_CORE) == (0, 0)
            over.set()
            await watching
        secrets = secrets_in(environment)
        asked = [f"{call.path}" for call in speech.calls] + [json.dumps(call.arguments) for call in slack.calls]
    output = (folder / "output").read_text()
    assert bot.returncode == 0, output[-3000:]
    for library in LIBRARIES:
        assert library in output, library
    assert ".env can be read by other users of this machine: chmod 600 .env" in output
    left: dict[str, Any] = {path.name: path.read_bytes().decode("latin-1") for path in folder.iterdir()}
    assert {"output", "retune.db"} <= set(left)
    left |= {"children": " ".join(found), "addresses and arguments": " ".join(asked)}
    for name, secret in secrets.items():
        for form in forms(secret):
            for where, text in left.items():
                assert form not in text, f"{name} is in {where}: …{text[text.index(form) - 200 :][:300]}…"
    assert tokens
    assert tickets
    assert answers
    for passing in (*tokens, *tickets):
        for where in left.keys() - {"addresses and arguments"}:
            assert passing not in left[where], f"{passing} is in {where}"
    for answer in answers:
        assert answer not in left["output"], left["output"][left["output"].index(answer) - 300 :][:400]
