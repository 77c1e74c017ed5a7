"""Filling in, submitting and closing modals, and what the app may answer."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, FIELD, SPEECH, Bot, Json, Line, menu, modal


def text(value: str | None) -> Json:
    """What stands in the field."""
    return {"why": {"v": {"type": "plain_text_input", "value": value}}}


def asked(**element: Any) -> Json:
    """An input with that element, by the same ids as the field."""
    return {**FIELD, "element": {"action_id": "v", **element}}


async def test_push(slack: SlackServer, bot: Bot):
    """Another view comes on top, up to three; the fourth is trouble."""
    view = await bot.opened(modal())
    for _ in range(2):
        bot.answers.append({"response_action": "push", "view": modal()})
        assert (await slack.submit(ADA)).error is None
    top = slack.modal(ADA) or {}
    assert (top["root_view_id"], top["id"] != view["id"]) == (view["id"], True)
    bot.answers.append({"response_action": "push", "view": modal()})
    assert (await slack.submit(ADA)).error == "push_limit_reached"


async def test_no_answer(impatient: SlackServer, http: aiohttp.ClientSession):
    """The modal stays open and says so; it is not sent again."""
    client = AsyncWebClient(token=impatient.bot_token, base_url=impatient.api_url, session=http)
    line = await Line.open(impatient, http)
    await impatient.send(ADA, SPEECH, "/stt-help")
    trigger = (await line.next())["payload"]["trigger_id"]
    await client.views_open(trigger_id=trigger, view=modal())
    for _ in range(2):
        outcome = await impatient.submit(ADA)
        assert (outcome.acknowledged, outcome.error) == (False, "operation_timeout")
    assert impatient.modal(ADA)
    assert [(await line.next())["payload"]["type"] for _ in range(2)] == ["view_submission"] * 2
    waiting = asyncio.create_task(impatient.send(ADA, SPEECH, "/stt-runs"))
    assert (await line.next())["payload"]["command"] == "/stt-runs"
    await waiting
    await line.socket.close()


OPTIONS = menu()["options"]


@pytest.mark.parametrize(
    ("element", "value", "fault"),
    [
        ({"type": "plain_text_input", "max_length": 2}, {"value": "abc"}, "too_long"),
        ({"type": "plain_text_input", "max_length": 3}, {"value": "abc"}, None),
        ({"type": "plain_text_input", "min_length": 4}, {"value": "abc"}, "too_short"),
        ({"type": "plain_text_input"}, {"value": ""}, "required: why"),
        ({"type": "plain_text_input"}, {"value": "x", "type": "number_input"}, "no_such_value"),
        ({"type": "number_input", "is_decimal_allowed": False}, {"value": "1.5"}, "no_number"),
        ({"type": "number_input", "is_decimal_allowed": True}, {"value": "1.5"}, None),
        ({"type": "number_input", "is_decimal_allowed": False, "max_value": "3"}, {"value": "4"}, "out_of_bounds"),
        ({"type": "static_select", "options": OPTIONS}, {"selected_option": {"value": "one"}}, None),
        ({"type": "static_select", "options": OPTIONS}, {"selected_option": {"value": "ten"}}, "no_such_option"),
        ({"type": "static_select", "options": OPTIONS}, {"selected_option": None}, "required: why"),
        ({"type": "checkboxes", "options": OPTIONS}, {"selected_options": []}, "required: why"),
        ({"type": "checkboxes", "options": OPTIONS}, {"selected_options": [{"value": "ten"}]}, "no_such_option"),
        (
            {"type": "multi_static_select", "options": OPTIONS, "max_selected_items": 1},
            {"selected_options": [{"value": "one"}, {"value": "two"}]},
            "too_many",
        ),
    ],
)
async def test_what_can_be_filled_in(slack: SlackServer, bot: Bot, element: Json, value: Json, fault: str | None):
    """Slack's client sends nothing that does not fit the input: the app never hears of it."""
    await bot.opened(modal(asked(**element)))
    before = len(bot.heard)
    outcome = await slack.submit(ADA, {"why": {"v": value}})
    assert outcome.error is None if fault is None else fault in str(outcome.error)
    assert len(bot.heard) == before + (fault is None)


async def test_no_submit_button(slack: SlackServer, bot: Bot):
    """A modal without one cannot be submitted, nor one that is not open."""
    assert (await slack.submit(ADA)).error == "no_such_view"
    view = modal()
    del view["submit"]
    await bot.opened(view)
    assert (await slack.submit(ADA)).error == "no_such_view"
