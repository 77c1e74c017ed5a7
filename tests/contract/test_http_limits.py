"""HTTP mode at its limits: slow, half-open, huge and very many connections, the log, and stopping."""

from __future__ import annotations

import asyncio
import socket

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.adapters.http import HttpServer
from bot.adapters.http_connections import Limits
from bot.errors import SettingsError
from tests.contract.slack_over_http import (
    COMMAND,
    GOOD,
    LIMITS,
    SECRET,
    VIEW,
    Line,
    app_that_writes_down,
    form,
    head,
    payload,
    request,
    serving,
    signed,
    until,
)

SLOW = form(command="/slow", user_id="U1", team_id="T1")


def slow_app() -> tuple[AsyncApp, asyncio.Event, asyncio.Event]:
    """An app whose `/slow` says that it is going, and is done when it is let go."""
    going, go = asyncio.Event(), asyncio.Event()
    app = app_that_writes_down([])

    @app.command("/slow")
    async def slow(ack: AsyncAck) -> None:
        going.set()
        await go.wait()
        await ack(text="done")

    return app, going, go


async def test_a_head_that_does_not_end():
    """It is closed at its deadline, whether nothing comes, a piece, or a byte now and then."""
    async with serving(Limits(connections=64, backlog=16, head_seconds=0.2)) as bot:
        nothing, piece, dribble = [await bot.line() for _ in range(3)]
        piece.send(b"POST /slack/ev")

        async def slowly() -> None:
            for byte in request():
                dribble.send(bytes([byte]))
                await asyncio.sleep(0.01)

        dribbling = asyncio.create_task(slowly())
        async with asyncio.timeout(20):
            assert await nothing.ended()
            assert await piece.ended()
            assert await dribble.ended()
        dribbling.cancel()
        assert bot.heard == []
        early = socket.create_connection(("127.0.0.1", bot.server.port))
        early.sendall(request())  # it lies there before the deadline begins, however busy this machine is
        kept = Line(*await asyncio.open_connection(sock=early))
        async with asyncio.timeout(20):
            assert (await kept.hear()).status == 200
            kept.send(b"POST /slack/ev")
            assert await kept.ended()
        kept.close()


async def test_a_body_that_does_not_end(caplog: pytest.LogCaptureFixture):
    """It is refused at its deadline, and the connection closed."""
    async with serving(Limits(connections=64, backlog=16, body_seconds=0.2)) as bot:
        line = await bot.line()
        line.send(head(signed(COMMAND), len(COMMAND)) + COMMAND[:5])
        async with asyncio.timeout(20):
            answer = await line.hear()
            assert (answer.status, answer.body) == (401, b"")
            assert await line.ended()
        assert "too slow" in caplog.text


async def test_a_connection_that_stays_idle():
    """It is closed some time after its last request."""
    async with serving(Limits(connections=64, backlog=16, idle_seconds=0.2)) as bot:
        line = await bot.line()
        line.send(request())
        async with asyncio.timeout(20):
            assert (await line.hear()).status == 200
            assert await line.ended()


@pytest.mark.parametrize("how", ["length", "chunks"])
async def test_a_body_that_is_too_large(how: str, caplog: pytest.LogCaptureFixture):
    """Refused before it is read, or as soon as it is too large."""
    async with serving() as bot:
        line = await bot.line()
        if how == "length":
            line.send(head(signed(COMMAND), 10**9))
        else:
            line.send(head([*signed(COMMAND), ("Transfer-Encoding", "chunked")], None))
            for _ in range(20):
                line.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        async with asyncio.timeout(20):
            answer = await line.hear()
            assert (answer.status, answer.body) == (401, b"")
            assert await line.ended()
        assert "too large" in caplog.text


async def test_a_form_of_the_largest_size():
    """Slack's largest view fits."""
    view = VIEW | {"private_metadata": "é" * 120_000}
    async with serving() as bot:
        assert (await bot.ask(request(payload(type="view_submission", user={"id": "U1"}, view=view)))).status == 200


async def test_a_flood_of_half_open_connections(caplog: pytest.LogCaptureFixture):
    """Strangers go, the oldest first; what Slack signs gets in all the while; the log has a line or two."""
    async with serving(Limits(connections=64, backlog=16)) as bot:
        kept = await bot.line()
        kept.send(request())
        assert (await kept.hear()).status == 200
        for n in range(1100):
            line = await bot.line()
            line.send((b"", b"POST /sl", head(signed(COMMAND), len(COMMAND)) + b"comm")[n % 3])
            if n % 100 == 99:
                assert bot.server.connections <= 64
                assert (await bot.ask(request())).status == 200
                kept.send(request())
                assert (await kept.hear()).status == 200
        assert len(bot.heard) == 23
    assert len(caplog.records) <= 2
    assert "closed to make room" in caplog.text


async def test_bodies_that_are_never_verified(caplog: pytest.LogCaptureFixture):
    """All together they hold so much memory and no more."""
    limits = Limits(connections=64, backlog=16, bodies_size=300_000)
    async with serving(limits) as bot:
        for _ in range(20):
            line = await bot.line()
            line.send(head(signed(COMMAND), 100_000) + b"x" * 50_000)
        await until(lambda: bot.server.connections <= 6)
        assert (await bot.ask(request(GOOD["form"]))).status == 200


async def test_signed_work_is_not_closed_to_make_room():
    """A request that is being answered keeps its connection, however many come."""
    app, going, go = slow_app()
    async with serving(Limits(connections=4, backlog=16), app) as bot:
        lines = [await bot.line() for _ in range(4)]
        for line in lines:
            line.send(request(SLOW))
        await going.wait()
        await until(lambda: bot.server.connections == 4)
        late = await bot.line()
        late.send(request())
        async with asyncio.timeout(20):
            assert await late.ended()
            go.set()
            assert [(await line.hear()).body for line in lines] == [b"done"] * 4


async def test_the_log_is_not_filled(caplog: pytest.LogCaptureFixture):
    """The first is said at once, the others are counted and said once in ten minutes."""
    async with serving() as bot:
        for _ in range(50):
            await bot.ask(request(COMMAND, []))
        assert len(caplog.records) == 1
        bot.time.at = 601
        await bot.ask(request(COMMAND, []))
    assert len(caplog.records) == 2
    assert "50 not signed by Slack" in caplog.records[1].getMessage()


@pytest.mark.parametrize("how", ["half open", "idle", "half a body", "unread answer"])
async def test_stopping_with_open_connections(how: str):
    """Nobody is waited for who has nothing that is signed under way."""
    async with serving() as bot:
        for _ in range(20):
            line = await bot.line()
            if how == "idle":
                line.send(request())
                await line.hear()
            elif how != "half open":
                line.send(request() * 5 if how == "unread answer" else head(signed(COMMAND), 500) + b"x")
        await until(lambda: bot.server.connections == 20)
        async with asyncio.timeout(20):  # aiohttp itself would wait for a minute
            await bot.server.close()


async def test_stopping_answers_what_is_under_way():
    """What is signed and being worked on is answered, if that does not take long."""
    app, going, go = slow_app()
    async with serving(app=app) as bot:
        line = await bot.line()
        line.send(request(SLOW))
        await going.wait()
        closing = asyncio.create_task(bot.server.close())
        await asyncio.sleep(0)
        go.set()
        assert (await line.hear()).body == b"done"
        await closing


async def test_a_port_that_is_taken():
    """A fault in the settings, named."""
    async with serving() as bot:
        port = bot.server.port
        with pytest.raises(SettingsError) as raised:
            await HttpServer(app_that_writes_down([]), SECRET, port, limits=LIMITS).open()
    assert raised.value.faults[0].startswith(f"PORT, RETUNE_BIND: port {port} of 127.0.0.1 cannot be used")


@pytest.mark.parametrize(("soft", "connections", "backlog"), [(1024, 384, 128), (256, 96, 32), (10**6, 512, 128)])
def test_descriptors(monkeypatch: pytest.MonkeyPatch, soft: int, connections: int, backlog: int):
    """Fewer than half of what the process may have, and no burst reaches the end of it."""
    monkeypatch.setattr("resource.getrlimit", lambda which: (soft, soft))
    limits = Limits.of_process()
    assert (limits.connections, limits.backlog) == (connections, backlog)
    assert limits.connections + 2 * limits.backlog < soft * 2 / 3


async def test_who_does_not_wait_for_the_answer(caplog: pytest.LogCaptureFixture):
    """The work goes on, the log has nothing."""
    app, going, go = slow_app()
    async with serving(app=app) as bot:
        line = await bot.line()
        line.send(request(SLOW))
        await going.wait()
        line.close()
        await until(lambda: bot.server.connections == 0)
        go.set()
        assert (await bot.ask(request())).status == 200
    assert caplog.records == []
