"""What comes while we start: Slack is connected, and what answers is not there yet."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_app import Self, bolt
from commands import listeners
from commands.listeners import Listeners
from commands.surface import Surface
from tests.commands.conftest import Slack
from tests.world import World


@dataclass
class Starting:
    """A bot that listens; `ready` lets it answer."""

    world: World
    slack: Slack
    answers: asyncio.Future[Surface]
    listeners: Listeners

    async def ready(self) -> None:
        self.answers.set_result(Surface(self.world.desk))
        await self.world.settle()

    def heard(self) -> str:
        chat = self.world.chat
        return json.dumps([[m.text, *m.blocks] for _, m in chat.whispers]) + str(chat.views)


@pytest.fixture
async def starting(world: World) -> Starting:
    world.fleet()
    await world.inventory.refresh()
    answers: asyncio.Future[Surface] = asyncio.get_running_loop().create_future()
    app = bolt(AsyncWebClient(token="xoxb-test"), Self("T1", "UBOT", "BBOT", None))
    listening = Listeners(world.background, answers)
    listening.register(app)

    async def dispatch(body: dict[str, Any]) -> Any:
        return await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))

    return Starting(world, Slack(world, dispatch), answers, listening)


CLICK = {
    "type": "block_actions",
    "user": {"id": "UADA", "team_id": "T1"},
    "team": {"id": "T1"},
    "container": {"type": "message", "channel_id": "CSPEECH", "message_ts": "1.2"},
    "channel": {"id": "CSPEECH"},
    "trigger_id": "early",
    "actions": [{"type": "button", "action_id": "model", "value": "stt/language/id-call-center-us", "block_id": "b"}],
}
EVENT = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "authorizations": []}
MENTION = {"type": "app_mention", "user": "UADA", "channel": "CSPEECH", "text": "<@UBOT> models", "ts": "1.3"}
DIRECT = {"type": "message", "channel_type": "im", "user": "UADA", "channel": "DADA", "text": "models", "ts": "1.4"}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (None, "2 custom models"),
        (CLICK, "support-desk-us"),
        ({**EVENT, "event": MENTION}, "2 custom models"),
        ({**EVENT, "event": DIRECT}, "2 custom models"),
    ],
)
async def test_acknowledged_at_once_and_answered_later(starting: Starting, body: dict[str, Any] | None, answer: str):
    """Slack waits for nothing, and the person gets the whole answer."""
    acknowledged = await starting.slack.dispatch(body or starting.slack.typed("/stt-models"))
    assert (acknowledged.status, acknowledged.body) == (200, "")
    assert answer not in starting.heard()
    await starting.ready()
    assert answer in starting.heard()


async def test_a_form_waits(starting: Starting):
    """Its answer is the acknowledgement itself."""
    sending = asyncio.create_task(starting.slack.submit({"callback_id": "request", "private_metadata": ""}, {}))
    await asyncio.sleep(0)
    assert not sending.done()
    starting.answers.set_result(Surface(starting.world.desk))
    assert "response_action" in await sending


async def test_a_form_that_waits_too_long(starting: Starting, monkeypatch: pytest.MonkeyPatch):
    """It is not acknowledged: Slack keeps it open, and says that it can be sent again."""
    monkeypatch.setattr(listeners, "QUICK", 0.0)
    body = {"type": "view_submission", "user": {"id": "UADA"}, "view": {"type": "modal", "callback_id": "request"}}
    assert (await starting.slack.dispatch(body)).status == 404


async def test_a_start_that_ends_early(starting: Starting, caplog: pytest.LogCaptureFixture):
    """Nothing is done, and nothing breaks."""
    await starting.slack.dispatch(CLICK)
    starting.answers.cancel()
    assert await starting.world.settle() == []
    assert caplog.records == []


async def test_who_waits_when_the_start_fails(starting: Starting):
    """They are told; a form was not acknowledged, and neither is what comes then."""
    own = {**EVENT, "event": {**MENTION, "user": "UBOT"}}
    for body in (
        starting.slack.typed("/stt-models"),
        CLICK,
        {**EVENT, "event": MENTION},
        {**EVENT, "event": DIRECT},
        own,
    ):
        assert (await starting.slack.dispatch(body)).status == 200
    sending = asyncio.create_task(starting.slack.submit({"callback_id": "request", "private_metadata": ""}, {}))
    await asyncio.sleep(0)
    places = starting.listeners.give_up("UBOT")
    assert [(place.user, place.channel) for place in places] == [("UADA", "CSPEECH")] * 3 + [("UADA", "DADA")]
    assert (await asyncio.gather(sending, return_exceptions=True))[0] is not None
    for body in (starting.slack.typed("/stt-models"), CLICK):
        assert (await starting.slack.dispatch(body)).status == 404
    assert starting.listeners.give_up("UBOT") == []


async def test_nobody_waits_after_the_start(starting: Starting):
    """Who was answered is not told otherwise."""
    await starting.slack.dispatch(CLICK)
    await starting.ready()
    assert starting.listeners.give_up("UBOT") == []
