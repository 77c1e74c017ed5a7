"""`response_url`: five uses in half an hour, in channels the bot is not in, and the only way to ephemeral messages."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, GENERAL, GRACE, SPEECH, Bot, button, row
from .conftest import Now


@pytest.fixture
def answer(http: aiohttp.ClientSession) -> Any:
    """Posts JSON to a response_url; gives the status and the text."""

    async def post(url: str, **body: Any) -> tuple[int, str]:
        async with http.post(url, json=body) as response:
            return response.status, await response.text()

    return post


async def test_five_uses(slack: SlackServer, bot: Bot, answer: Any):
    """The sixth is refused, and shows nothing."""
    url = await bot.response_url()
    assert [await answer(url, text=str(n)) for n in range(5)] == [(200, "ok")] * 5
    assert await answer(url, text="5") == (404, "used_url")
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["0", "1", "2", "3", "4"]


async def test_half_an_hour(bot: Bot, answer: Any, now: Now):
    """To the second; an address that nobody gave out is as good as expired."""
    url = await bot.response_url()
    now.at += 1800
    assert await answer(url, text="in time") == (200, "ok")
    now.at += 1
    assert await answer(url, text="late") == (404, "expired_url")
    assert await answer(url[:-1], text="x") == (404, "expired_url")


async def test_private_unless_it_says_otherwise(slack: SlackServer, bot: Bot, answer: Any):
    """An answer is the person's only; `in_channel` is everybody's, and in a thread where one is named."""
    url = await bot.response_url()
    await answer(url, text="psst")
    assert slack.messages(ADA, SPEECH) == slack.ephemerals(GRACE) == []
    await answer(url, text="all", response_type="in_channel")
    (shown,) = slack.messages(GRACE, SPEECH)
    assert (shown["text"], shown["bot_id"]) == ("all", "B0RETUNE")
    await answer(url, text="reply", response_type="in_channel", replace_original=False, thread_ts=shown["ts"])
    assert [m["text"] for m in slack.thread(GRACE, SPEECH, shown["ts"])] == ["all", "reply"]


async def test_faulty_answers(slack: SlackServer, bot: Bot, answer: Any, http: aiohttp.ClientSession):
    """Short codes without detail; nothing is shown."""
    url = await bot.response_url()
    assert await answer(url) == (400, "no_text")
    assert await answer(url, text="x", blocks=[{"type": "nothing"}]) == (400, "invalid_blocks")
    async with http.post(url, data=b"{") as response:
        assert (response.status, await response.text()) == (400, "invalid_payload")
    assert slack.ephemerals(ADA) == []


async def test_bolt_answers(slack: SlackServer, bot: Bot):
    """Bolt's own `respond` reaches the address."""
    await slack.send(ADA, SPEECH, "/stt-help")
    respond = bot.requests[-1].context.respond
    assert (await respond("by Bolt")).status_code == 200
    assert slack.ephemerals(ADA)[-1]["text"] == "by Bolt"


async def test_where_the_bot_is_not(slack: SlackServer, bot: Bot, answer: Any):
    """An answer to a command reaches channels that the bot cannot post to."""
    await slack.send(ADA, GENERAL, "/stt-help")
    url = bot.heard[-1]["response_url"]
    await answer(url, text="here too", response_type="in_channel")
    assert slack.messages(ADA, GENERAL)[-1]["text"] == "here too"


async def test_after_a_command_there_is_no_original(slack: SlackServer, bot: Bot, answer: Any):
    """What a person typed can be neither replaced nor deleted: an answer is a new message, deleting does nothing."""
    url = await bot.response_url()
    await answer(url, text="one", replace_original=True)
    await answer(url, text="two", replace_original=True)
    await answer(url, delete_original=True)
    assert [m["text"] for m in slack.ephemerals(ADA)] == ["one", "two"]


async def test_ephemeral_originals(slack: SlackServer, bot: Bot, client: AsyncWebClient, answer: Any):
    """Only this way can an ephemeral message change or go; it stays private whatever is asked."""
    blocks = [row(button())]
    ts = (await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="x", blocks=blocks))["message_ts"]
    await slack.click(ADA, SPEECH, ts, "go")
    url = bot.heard[-1]["response_url"]
    await answer(url, text="y", replace_original=True, response_type="in_channel")
    assert [(m["ts"], m["text"]) for m in slack.ephemerals(ADA)] == [(ts, "y")]
    assert slack.messages(ADA, SPEECH) == []
    await answer(url, delete_original=True)
    assert slack.ephemerals(ADA) == []
