"""The real Bolt app on a bot of fakes: a payload goes in, the acknowledgement and what follows come out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_app import Self, bolt
from commands.listeners import Listeners
from commands.surface import Surface
from tests.world import CHANNEL, World


@dataclass
class Slack:
    """Sends payloads as Slack does, and waits for the work that follows the acknowledgement."""

    world: World
    dispatch: Callable[[dict[str, Any]], Awaitable[Any]]
    _sent_so_far: int = 0

    def _new(self, what: str) -> str:
        """An id that Slack gives once."""
        self._sent_so_far += 1
        return f"{what}{self._sent_so_far}"

    async def command(self, text: str, user: str = "UADA", trigger: str = "") -> str:
        """Types a command; gives all that the person reads, in messages and windows, as text."""
        return await self._sent(self.typed(text, user, trigger))

    def typed(self, text: str, user: str = "UADA", trigger: str = "") -> dict[str, Any]:
        """The payload of a command."""
        name, _, rest = text.partition(" ")
        return {
            "command": name,
            "text": rest,
            "user_id": user,
            "channel_id": CHANNEL,
            "team_id": "T1",
            "trigger_id": trigger or self._new("trigger"),
            "response_url": "https://hooks.slack.com/commands/1",
        }

    async def click(
        self,
        action: str,
        value: str,
        user: str = "UADA",
        channel: str | None = CHANNEL,
        view: Mapping[str, Any] | None = None,
    ) -> str:
        """Presses a button that somebody could have; gives what the person reads."""
        return await self.press({"type": "button", "action_id": action, "value": value}, user, channel, view)

    async def press(
        self,
        button: Mapping[str, Any],
        user: str = "UADA",
        channel: str | None = CHANNEL,
        view: Mapping[str, Any] | None = None,
    ) -> str:
        """Presses a button as it was shown, in a message or in a *view*; gives what the person reads."""
        channel = None if view else channel
        container = {"type": "message", "channel_id": channel, "message_ts": "1.2"} if channel else {"type": "view"}
        body = {
            "type": "block_actions",
            "user": {"id": user, "team_id": "T1"},
            "team": {"id": "T1"},
            "container": container,
            "channel": {"id": channel} if channel else None,
            **({"view": view} if view else {}),
            "trigger_id": self._new("trigger"),
            "actions": [{**button, "block_id": "b", "action_ts": "1"}],
        }
        return await self._sent(body)

    async def submit(self, view: Any, values: dict[str, Any], user: str = "UADA", view_id: str = "V0") -> Any:
        """Submits a modal; gives the acknowledgement's body."""
        body = {
            "type": "view_submission",
            "user": {"id": user, "team_id": "T1"},
            "team": {"id": "T1"},
            "trigger_id": self._new("trigger"),
            "view": {
                "id": view_id,
                "type": "modal",
                "callback_id": view["callback_id"],
                "private_metadata": view["private_metadata"],
                "state": {"values": values},
            },
        }
        answer = await self.dispatch(body)
        await self.world.settle()
        return json.loads(answer.body) if answer.body else None

    async def look_up(self, value: Any, block: str = "pick", user: str = "UADA", **over: Any) -> Any:
        """Types into a menu that the bot fills; gives the acknowledgement's body."""
        body = {
            "type": "block_suggestion",
            "user": {"id": user, "team_id": "T1"},
            "team": {"id": "T1"},
            "container": {"type": "view", "view_id": "V0"},
            "view": {"id": "V0", "type": "modal"},
            **{"block_id": block, "action_id": "v", "value": value},
            **over,
        }
        answer = await self.dispatch(body)
        assert answer.status == 200, answer
        await self.world.settle()
        return json.loads(answer.body)

    async def event(self, event: dict[str, Any]) -> str:
        """Delivers an event; gives what the person reads."""
        body = {
            "type": "event_callback",
            "team_id": "T1",
            "event_id": self._new("Ev"),
            "event": event,
            "authorizations": [],
        }
        return await self._sent(body)

    async def _sent(self, body: dict[str, Any]) -> str:
        chat = self.world.chat
        already, views = len(chat.whispers), dict(chat.views)
        answer = await self.dispatch(body)
        assert answer.status == 200, answer
        await self.world.settle()
        heard = [json.dumps(json.loads(answer.body), ensure_ascii=False)] if answer.body.startswith("{") else []
        for _, message in chat.whispers[already:]:
            heard.append(json.dumps([message.text, *message.blocks], ensure_ascii=False))
        shown = (view for id, view in chat.views.items() if views.get(id) is not view)
        heard += [json.dumps(view, ensure_ascii=False, default=str) for view in shown]
        return "\n".join(heard)


@pytest.fixture
async def slack(world: World) -> Slack:
    """The bot behind Bolt."""
    world.fleet()
    me = Self("T1", "UBOT", "BBOT", None)
    app = bolt(AsyncWebClient(token="xoxb-test"), me)
    answers = asyncio.get_running_loop().create_future()
    answers.set_result(Surface(world.desk))
    Listeners(world.background, answers).register(app)

    async def dispatch(body: dict[str, Any]) -> Any:
        return await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))

    return Slack(world, dispatch)
