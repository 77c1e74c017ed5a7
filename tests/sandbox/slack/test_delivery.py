"""Socket Mode: tickets, connections, one envelope to one connection, acknowledgements, what is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.delivery import Outcome
from sandbox.slack.server import SlackServer

from .bot_side import ADA, MANIFEST, SPEECH, Bot, Line, button, modal, row


async def test_an_envelope(slack: SlackServer, http: aiohttp.ClientSession):
    """Its keys are Slack's; an acknowledgement with another id, or that is no JSON, counts for nothing."""
    line = await Line.open(slack, http)
    first = asyncio.create_task(slack.send(ADA, SPEECH, "/stt-help"))
    envelope = await line.next()
    assert envelope.keys() == {"type", "envelope_id", "accepts_response_payload", "payload"}
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    await line.socket.send_str("Ping from nobody")
    await line.socket.send_str("[]")
    await line.ack({"envelope_id": "another"})
    # Frames are read in order: when this one has counted, those before it have been read.
    second = asyncio.create_task(slack.send(ADA, SPEECH, "/stt-runs"))
    await line.ack(await line.next())
    assert (await second).acknowledged
    assert not first.done()
    await line.ack(envelope)
    assert (await first).acknowledged
    await line.socket.close()


async def test_each_envelope_goes_to_one_connection(slack: SlackServer, client: AsyncWebClient):
    """In turn over the two that there are; nothing is broadcast."""
    async with Bot(slack, client) as first, Bot(slack, client) as second:
        for _ in range(4):
            assert (await slack.send(ADA, SPEECH, "/stt-help")).acknowledged
        assert (len(first.heard), len(second.heard)) == (2, 2)


async def test_a_command_that_nobody_answers(impatient: SlackServer, http: aiohttp.ClientSession):
    """The person is told in Slack's words; it is not sent again."""
    line = await Line.open(impatient, http)
    outcome = await impatient.send(ADA, SPEECH, "/stt-help")
    assert (outcome.acknowledged, outcome.error) == (False, "operation_timeout")
    (told,) = impatient.ephemerals(ADA)
    assert (told["text"], told["user"]) == ('/stt-help failed with the error "operation_timeout"', "USLACKBOT")
    await impatient.send(ADA, SPEECH, "/stt-runs")
    assert [(await line.next())["payload"]["command"] for _ in range(2)] == ["/stt-help", "/stt-runs"]
    await line.socket.close()


async def test_an_acknowledgement_that_comes_late(impatient: SlackServer, http: aiohttp.ClientSession):
    """Changes nothing any more, and disturbs nothing."""
    line = await Line.open(impatient, http)
    await impatient.send(ADA, SPEECH, "/stt-help")
    await line.ack(await line.next(), {"text": "late"})
    await impatient.send(ADA, SPEECH, "/stt-runs")
    assert "late" not in [m["text"] for m in impatient.ephemerals(ADA)]
    await line.socket.close()


async def test_events_are_sent_again(impatient: SlackServer, http: aiohttp.ClientSession):
    """The same event with its count and reason, three times more at most, then no more."""
    line = await Line.open(impatient, http)
    await impatient.open_home(ADA)
    tries = [await line.next() for _ in range(4)]
    assert [(t["retry_attempt"], t["retry_reason"]) for t in tries] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
        (3, "timeout"),
    ]
    assert len({t["payload"]["event_id"] for t in tries}) == 1
    assert len({t["envelope_id"] for t in tries}) == 4
    assert not tries[0]["accepts_response_payload"]
    # Two commands, each waited for longer than an event would be: nothing comes between them.
    for _ in range(2):
        await impatient.send(ADA, SPEECH, "/stt-help")
    assert [(await line.next())["type"] for _ in range(2)] == ["slash_commands"] * 2
    await line.socket.close()


async def test_an_acknowledged_event_is_not_sent_again(http: aiohttp.ClientSession):
    """After a second try was acknowledged there is no third."""
    async with SlackServer(MANIFEST, ack_timeout=0.5) as slack:
        line = await Line.open(slack, http)
        await slack.open_home(ADA)
        first, second = await line.next(), await line.next()
        assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)
        await line.ack(second)
        # A command that nobody answers takes as long as an event waits: a third try would come before the second one.
        for _ in range(2):
            await slack.send(ADA, SPEECH, "/stt-help")
        assert [(await line.next())["type"] for _ in range(2)] == ["slash_commands"] * 2
        await line.socket.close()


async def test_what_may_be_answered(slack: SlackServer, client: AsyncWebClient, http: aiohttp.ClientSession):
    """A command, a submission and a search for options; a click may not: what comes is dropped."""
    line = await Line.open(slack, http)
    blocks = [row(button(), {"type": "external_select", "action_id": "pick"})]
    ts = (await client.chat_postMessage(channel=SPEECH, text="x", blocks=blocks))["ts"]

    async def accepts(doing: Awaitable[Outcome]) -> tuple[bool, Outcome]:
        task = asyncio.ensure_future(doing)
        envelope = await line.next()
        await line.ack(envelope, {"text": "more"})
        return envelope["accepts_response_payload"], await task

    assert (await accepts(slack.send(ADA, SPEECH, "/stt-help")))[0] is True
    allowed, outcome = await accepts(slack.click(ADA, SPEECH, ts, "go"))
    assert (allowed, outcome.acknowledged, outcome.body) == (False, True, None)
    where = {"type": "message", "channel": SPEECH, "ts": ts}
    assert (await accepts(slack.people.suggest(ADA, where, "decide", "pick", "x")))[0] is True
    opening = asyncio.ensure_future(slack.send(ADA, SPEECH, "/stt-help"))
    command = await line.next()
    await line.ack(command)
    await opening
    view = modal(notify_on_close=True)
    await client.views_open(trigger_id=command["payload"]["trigger_id"], view=view)
    assert (await accepts(slack.submit(ADA)))[0] is True
    await line.socket.close()


async def test_redelivered_events(slack: SlackServer, http: aiohttp.ClientSession):
    """Though it was acknowledged, an event comes again: the same one, with its count; clicks and commands do not."""
    slack.faults.redeliveries = 2
    line = await Line.open(slack, http)
    await slack.open_home(ADA)
    tries = []
    for _ in range(3):
        tries.append(await line.next())
        await line.ack(tries[-1])
    assert [(t["retry_attempt"], t["retry_reason"]) for t in tries] == [(0, ""), (1, "timeout"), (2, "timeout")]
    assert len({t["payload"]["event_id"] for t in tries}) == 1
    sending = asyncio.ensure_future(slack.send(ADA, SPEECH, "/stt-help"))
    await line.ack(await line.next())
    assert (await sending).acknowledged
    slack.faults.clear()
    await slack.open_home(ADA)
    again = await line.next()
    await line.ack(again)
    assert again["retry_attempt"] == 0
    await line.socket.close()
