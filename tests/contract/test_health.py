"""The health port by real HTTP: what it answers, to whom, and while the bot's loop is held."""

from __future__ import annotations

import asyncio
import http.client
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bot.adapters.health import HealthServer
from bot.errors import SettingsError
from bot.flows.health import NO_SLACK, STARTING, Health
from tests.metrics import Metrics

ROOT = Path(__file__).parents[2]


def fetch(port: int, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str, dict[str, str]]:
    """One request, in whatever thread."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, path, body)
        answer = line.getresponse()
        return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        line.close()


@asynccontextmanager
async def serving(health: Health, **options: Any) -> AsyncIterator[Callable[..., Any]]:
    server = HealthServer(health, 0, "127.0.0.1", **options)
    port = await server.open()
    try:
        yield lambda *asked: asyncio.to_thread(fetch, port, *asked)
    finally:
        await server.close()


async def one() -> int:
    return 1


async def none() -> int:
    return 0


async def test_paths_and_methods():
    """Three paths, for GET and HEAD; another path is not found, another method not allowed."""
    async with serving(Health()) as ask:
        assert (await ask("/livez"))[:2] == (200, "live\n")
        assert (await ask("/livez?verbose=1"))[0] == 200
        assert (await ask("/livez", "HEAD"))[:2] == (200, "")
        for path in ("/", "/healthz", "/livez/", "/slack/events", "/metrics/x", "//livez", "/LIVEZ", "/%2e%2e/livez"):
            assert (await ask(path))[:2] == (404, ""), path
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"):
            status, _, headers = await ask("/metrics", method, b"x" * 10)
            assert (status, headers["allow"]) == (405, "GET, HEAD")


async def test_a_bot_that_starts():
    """It lives, it is not ready and says why, and there are metrics of what it counted."""
    health = Health()
    async with serving(health) as ask:
        status, said, _ = await ask("/readyz")
        assert (status, said.splitlines()) == (503, [NO_SLACK, STARTING])
        status, said, headers = await ask("/metrics")
        found = Metrics(said)
        assert status == 200
        assert headers["content-type"].startswith("text/plain; version=0.0.4")
        assert (found("ready"), found("database_up"), found("slack_connections")) == (0, 0, 0)
        assert found("acknowledgements_total", result="acknowledged") == 0
        assert found("requests", state="open") is None


async def test_a_held_loop_is_noticed():
    """While the bot's loop does not turn, every answer is a 503 in time; afterwards all is well again."""
    server = HealthServer(Health(), 0, "127.0.0.1", deadline=0.2)
    port = await server.open()
    seen: dict[str, tuple[int, str]] = {}

    def look() -> None:
        for path in ("/livez", "/readyz", "/metrics"):
            seen[path] = fetch(port, path)[:2]

    thread = Thread(target=look)
    thread.start()
    thread.join()  # on the loop's own thread: it is held until all were answered
    assert {status for status, _ in seen.values()} == {503}
    assert "event loop" in seen["/livez"][1]
    assert (await asyncio.to_thread(fetch, port, "/livez"))[0] == 200
    await server.close()


async def test_slack_goes_and_comes():
    """Ready depends on what reaches Slack at that moment."""
    health = Health()
    async with serving(health) as ask:
        health.slack = one
        assert NO_SLACK not in (await ask("/readyz"))[1]
        health.slack = none
        assert NO_SLACK in (await ask("/readyz"))[1]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50 + b"\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /livez HTTP/9.9\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nA: " + b"b" * 20_000 + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    ],
)
async def test_what_is_not_http(sent: bytes, caplog: pytest.LogCaptureFixture):
    """It ends without a word in the log, and the next one is answered."""
    server = HealthServer(Health(), 0, "127.0.0.1")
    port = await server.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(20):
        answer = await reader.read()
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")) or answer == b""
    writer.close()
    assert (await asyncio.to_thread(fetch, port, "/livez"))[0] == 200
    await server.close()
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []


async def test_many_connections():
    """Whoever opens connections and says nothing takes no place from a probe."""
    server = HealthServer(Health(), 0, "127.0.0.1")
    port = await server.open()
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
    assert (await asyncio.to_thread(fetch, port, "/livez"))[0] == 200
    for _, writer in idle:
        writer.close()
    await server.close()


async def test_a_port_that_is_taken():
    """A fault of the settings, which names them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HealthServer(Health(), taken.getsockname()[1], "127.0.0.1")
        with pytest.raises(SettingsError, match="cannot be used") as caught:
            await server.open()
        assert "RETUNE_HEALTH_PORT" in caught.value.faults[0]
        await server.close()


def test_who_does_not_ask_pays_nothing():
    """Without the port neither the server nor Prometheus' library is imported by a start."""
    script = "import sys, bot.__main__, bot.app, bot.wiring, bot.services, bot.flows.parts; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "bot.wiring" in imported
    assert not {"prometheus_client", "bot.adapters.health", "bot.adapters.metrics", "bot.flows.metrics"} & imported
