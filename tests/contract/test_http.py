"""HTTP mode over raw sockets: what Slack signed comes in, and nothing else does or breaks anything."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.signature import Clock

from tests.contract.slack_over_http import (
    CLICK,
    COMMAND,
    EVENT,
    GOOD,
    VIEW,
    Bot,
    form,
    head,
    payload,
    request,
    serving,
    signed,
)


@pytest.fixture
async def bot(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Bot]:
    """One with usual limits. Whatever comes, no test makes it write a traceback."""
    caplog.set_level(logging.INFO)
    async with serving() as made:
        yield made
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.mark.parametrize("kind", GOOD)
async def test_what_slack_sends(bot: Bot, kind: str):
    """Commands, clicks, forms, options and events come in by one path, and get their acknowledgement."""
    answer = await bot.ask(request(GOOD[kind]))
    assert answer.status == 200
    assert len(bot.heard) == 1
    assert answer.body == {"command": b"here you are", "options": b'{"options": []}'}.get(kind, b"")


async def test_what_slack_asks_of_the_address(bot: Bot):
    """The challenge when the address is set, and the probe of its certificate; both signed."""
    challenge = await bot.ask(request(b'{"type": "url_verification", "challenge": "abc", "token": "t"}'))
    assert (challenge.status, json.loads(challenge.body)) == (200, {"challenge": "abc"})
    assert (await bot.ask(request(form(ssl_check="1", token="t")))).status == 200
    assert bot.heard == []


async def test_one_connection_for_many(bot: Bot):
    """A connection that Slack, or a proxy, keeps takes one request after the other, also in pieces."""
    line = await bot.line()
    for _ in range(3):
        line.send(request())
        assert (await line.hear()).status == 200
    for piece in request(payload(**CLICK)).partition(b"payload"):
        line.send(piece)
        await line.writer.drain()
    assert (await line.hear()).status == 200
    assert len(bot.heard) == 4


async def test_a_retry(bot: Bot):
    """Slack's headers for a redelivery change nothing here: the door takes each event once, by its id."""
    headers = [*signed(EVENT.encode()), ("X-Slack-Retry-Num", "1"), ("X-Slack-Retry-Reason", "http_timeout")]
    assert (await bot.ask(request(EVENT.encode(), headers))).status == 200
    assert bot.heard[0]["event_id"] == "Ev1"


async def test_headers_that_are_not_signed_are_no_orders(bot: Bot):
    """Whoever repeats a signed request cannot add to it what Bolt would obey."""
    for extra in (("X-Slack-Bolt-Lazy-Only", "1"), ("X-Slack-Bolt-Lazy-Function-Name", "on_command")):
        answer = await bot.ask(request(COMMAND, [*signed(COMMAND), extra]))
        assert (answer.status, answer.body) == (200, b"here you are")


def changed(name: str, value: str | None) -> list[tuple[str, str]]:
    kept = [(key, held) for key, held in signed(COMMAND) if key != name]
    return kept if value is None else [*kept, (name, value)]


STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
UNSIGNED: dict[str, bytes] = {
    **{
        f"timestamp {value!r}": request(COMMAND, changed(STAMP, value))
        for value in (
            *(None, "", "nan", "inf", "-1", "1e9", "0x10", "1_0", "+5", "١٢٣", "\udcff", "9" * 12, "9" * 4000),
            *("0", "1767000000.5", "NaN", "now"),
        )
    },
    **{
        f"signature {value!r}": request(COMMAND, changed(SIGNATURE, value))
        for value in (None, "", "v0=", "v0=é", "\udcff\udcfe", "v1=" + "0" * 64, "v0=" + "0" * 64, "v0=" + "A" * 64)
    },
    "no header at all": request(COMMAND, []),
    "another secret": request(COMMAND, signed(COMMAND, secret="other")),
    "two signatures": request(COMMAND, [*signed(COMMAND), (SIGNATURE, "v0=" + "0" * 64)]),
    "two timestamps": request(COMMAND, [*signed(COMMAND), (STAMP, "1")]),
    "another body": head(signed(COMMAND), len(COMMAND)) + COMMAND[:-1] + b"X",
    "a longer body": head(signed(COMMAND), len(COMMAND) + 1) + COMMAND + b"X",
    "an empty body": request(b"", signed(COMMAND)),
    "malformed JSON": request(b'{"type": ', [("Content-Type", "application/json"), *changed("Content-Type", None)]),
    "JSON that nests": request(b"[" * 50_000, [("Content-Type", "application/json")]),
    "no UTF-8": request(b"\xff\xfe", signed(COMMAND)),
    "a content type of nobody": request(b"x", [("Content-Type", "nobody/knows; charset=nothing"), (STAMP, "nan")]),
    "a compressed body": head([*signed(COMMAND), ("Content-Encoding", "gzip")], 5) + b"\x1f\x8b123",
    "unsigned ssl_check": request(b"ssl_check=1", [("Content-Type", "application/x-www-form-urlencoded")]),
    "unsigned challenge": request(b'{"type":"url_verification","challenge":"x"}', [("Content-Type", "text/plain")]),
    "chunks that are none": head([*signed(COMMAND), ("Transfer-Encoding", "chunked")], None) + b"zz\r\nhello\r\n",
    "chunks and a length": head([*signed(COMMAND), ("Transfer-Encoding", "chunked")], 5) + b"hello",
    "an unknown transfer": head([*signed(COMMAND), ("Transfer-Encoding", "magic")], None) + b"hello",
    "two lengths": head([*signed(COMMAND), ("Content-Length", "3")], 5) + b"hello",
    "a length below zero": head(signed(COMMAND), -5) + b"hello",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50 + b"\r\n\r\n",
    "no method": b"hello\r\n\r\n",
    "a header without a name": b"POST /slack/events HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "a header without an end": b"POST /slack/events HTTP/1.1\r\nHost: x\r\nA\x00B: y\r\n\r\n",
    "a header that is too long": request(COMMAND, [*signed(COMMAND), ("A", "b" * 9000)]),
    "headers without end": request(COMMAND, [*signed(COMMAND), *((f"A{n}", "b") for n in range(200))]),
    "another version": b"POST /slack/events HTTP/9.9\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("what", UNSIGNED)
async def test_what_slack_did_not_sign(bot: Bot, what: str, caplog: pytest.LogCaptureFixture):
    """An empty 401, the end of the connection, and one line in the log at most."""
    line = await bot.line()
    line.send(UNSIGNED[what])
    async with asyncio.timeout(20):
        answer = await line.hear()
        assert (answer.status, answer.body) == (401, b"")
        assert await line.ended()
    assert bot.heard == []
    assert (await bot.ask(request())).status == 200
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (-299, 200), (302, 401), (-302, 401)])
async def test_old_and_early_timestamps(seconds: float, status: int):
    """Five minutes either way, by the clock that is given."""

    class Then(Clock):
        def now(self) -> float:
            return 1_767_000_000.0

    async with serving(clock=Then()) as bot:
        assert (await bot.ask(request(COMMAND, signed(COMMAND, Then().now() + seconds)))).status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/slack/events", 405), ("PUT", "/slack/events", 405), ("HEAD", "/slack/events", 405)),
        *(("POST", "/", 404), ("GET", "/", 404), ("POST", "/slack/events/", 404), ("POST", "/slack/../etc", 404)),
        *(("OPTIONS", "*", 404), ("POST", "http://other/slack", 404), ("POST", "/slack/events?x=1", 200)),
    ],
)
async def test_other_paths_and_methods(bot: Bot, method: str, path: str, status: int):
    """There is one path and one method, signed or not."""
    assert (await bot.ask(head(signed(COMMAND), len(COMMAND), method, path) + COMMAND)).status == status


MALFORMED: dict[str, bytes] = {
    **{
        text: text.encode()
        for text in (
            *("{", '{"type": ', "{}", '{"type": 5}', '{"type": null}', '{"type": "event_callback"}'),
            *('{"type": "event_callback", "event": 5}', '{"type": "event_callback", "event": {}}'),
            *('{"type": "event_callback", "event": {"type": 5}}', '{"type": "event_callback", "event": []}'),
            *('{"type": "event_callback", "event": {"type": "app_mention"}, "authorizations": 5}',),
            *('{"type": "event_callback", "event": {"type": "app_mention"}, "authorizations": [5]}',),
            *('{"type": "event_callback", "event": {"type": "message", "user": 5}}', '{"a": ' * 100_000),
            *('{"type": "url_verification", "challenge": {"a": 1}}', '{"type": "block_actions"}'),
            *('{"enterprise": 5, "command": "/x"}', '{"type": "event_callback", "event": "a", "a": "\ud7ff"}'),
        )
    },
    "a number": form(payload="5"),
    "a list": form(payload="[]"),
    "nothing": form(payload="null"),
    "no JSON": form(payload="{"),
    "nested": form(payload="[" * 100_000),
    "another kind": b'{"type": "shortcut", "callback_id": "x"}',
    "no event": b'{"type": "event_callback", "event": null}',
    "no actions": payload(type="block_actions", actions=[]),
    "actions of nothing": payload(type="block_actions", actions=[5]),
    "actions of objects": payload(type="block_actions", actions=[{}]),
    "a click of 5": payload(**CLICK | {"user": 5}),
    "a click in 5": payload(**CLICK | {"team": 5}),
    "a click at 5": payload(**CLICK | {"channel": [5]}),
    "a form without a view": payload(type="view_submission"),
    "a form of 5": payload(type="view_submission", view=5),
    "a form of 5 named 5": payload(type="view_submission", view=VIEW | {"callback_id": 5}),
    "no fields": b"hello",
    "nothing at all": b"",
    "very many fields": b"&".join(b"a%d=1" % n for n in range(5000)),
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_malformed_although_signed(bot: Bot, what: str):
    """An empty 400, that Slack need not send again; the connection that follows works."""
    body = MALFORMED[what]
    answer = await bot.ask(request(body))
    assert (answer.status, answer.body, answer.headers["x-slack-no-retry"]) == (400, b"", "1")
    assert (await bot.ask(request())).status == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
async def test_any_value_in_any_field(data: st.DataObject, caplog: pytest.LogCaptureFixture):
    """Whatever stands in a field of what Slack sends, nothing breaks."""
    names = sorted({*CLICK, "event", "view", "actions", "authorizations", "enterprise", "channel", "response_urls"})
    names += ["function_data", "thread_ts", "assistant_thread", "item", "message", "is_enterprise_install", "container"]
    kind = data.draw(
        st.sampled_from(["block_actions", "view_submission", "view_closed", "event_callback", "block_suggestion"])
    )
    body: dict[str, Any] = {"type": kind, "view": VIEW, "event": {"type": "app_mention"}, "actions": CLICK["actions"]}
    body |= data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=4))
    if data.draw(st.booleans()):
        inner = data.draw(st.sampled_from(["event", "view"]))
        if isinstance(body.get(inner), dict):
            fields = st.sampled_from(["type", "user", "channel", "team", "callback_id", "message", "user_team", "item"])
            body[inner] = body[inner] | data.draw(st.dictionaries(fields, JSON, max_size=3))
    async with serving() as bot:
        answer = await bot.ask(request(json.dumps(body).encode()))
    assert answer.status in (200, 400, 404)
    assert not [record for record in caplog.records if record.exc_info]


async def test_null_for_nothing(bot: Bot):
    """Where Slack has nothing to say, it may say so."""
    for body in (CLICK | {"view": None, "event": None, "enterprise": None}, CLICK | {"channel": None, "message": None}):
        assert (await bot.ask(request(payload(**body)))).status == 200
    unknown = b'{"type": "event_callback", "event": {"type": "team_join"}, "view": null}'
    assert (await bot.ask(request(unknown))).status == 200


async def test_what_nobody_listens_to(bot: Bot):
    """An event that nobody wants is taken, or Slack would send it again; a command gets Slack's own error."""
    assert (await bot.ask(request(b'{"type": "event_callback", "event": {"type": "team_join"}}'))).status == 200
    assert (await bot.ask(request(form(command="/other", user_id="U1")))).status == 404
