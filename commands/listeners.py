"""All listeners, one for each kind of payload, because Bolt pays for each listener with every request.

They are there before the code that answers is imported: until then they acknowledge, and the answer follows.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.flows.background import Background

if TYPE_CHECKING:
    from bot.ports import Place
    from commands.surface import Surface

log = logging.getLogger(__name__)

ANY = re.compile("")

QUICK = 2.5
"""Seconds that a form waits while we start; Slack waits three, then shows that it can be sent again."""


class Listeners:
    """*coming* is the surface that answers, once it is there; cancelled when it never will be."""

    def __init__(self, background: Background, coming: asyncio.Future[Surface]) -> None:
        self._background = background
        self._coming = coming
        self._waiting: list[dict[str, Any]] = []

    @property
    def _closed(self) -> bool:
        """Whether nothing more is let in. Slack then says that the app did not respond."""
        return self._background.full or self._coming.cancelled()

    def give_up(self, bot_user: str) -> list[Place]:
        """No surface will come: the places of people whose act was acknowledged and not answered."""
        if not self._coming.cancel():
            return []
        from commands import payloads

        asked = []
        for body in self._waiting:
            if event := payloads.mapping(body.get("event")):
                asked.append(payloads.said(event, body, bot_user))
            else:
                asked.append((payloads.command if body.get("command") else payloads.click)(body, 0.0))
        return [ask.place for ask in asked if ask is not None]

    def register(self, app: AsyncApp) -> None:
        """Registers all of them with Bolt."""
        app.command(ANY)(self._command)
        app.action(ANY)(self._click)
        app.view(ANY)(self._submit)
        app.view_closed(ANY)(self._close)
        app.options(ANY)(self._look_up)
        app.event("app_home_opened")(self._home)
        app.event("app_mention")(self._mention)
        app.event("message")(self._message)
        app.error(self._broke)

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        at = monotonic()
        if self._closed:
            return
        if self._coming.done():
            await self._coming.result().command(body, at, ack)
        else:
            await ack()
            self._soon(lambda surface: surface.acknowledged(body, at), body)

    async def _click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        at = monotonic()
        if self._closed:
            return
        await ack()
        self._soon(lambda surface: surface.click(body, at), body)

    async def _submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        if self._closed:
            return
        try:
            surface = await asyncio.wait_for(asyncio.shield(self._coming), QUICK)
        except TimeoutError:
            return  # Slack keeps the form open and says that the app did not respond
        answer = await surface.submit(body)
        await (ack() if answer is None else ack(**answer))

    async def _look_up(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        at = monotonic()
        if self._closed:
            return
        try:
            surface = await asyncio.wait_for(asyncio.shield(self._coming), QUICK)
        except TimeoutError:
            return  # Slack says in the menu that the app did not respond
        await ack(**await surface.look_up(body, at))

    async def _close(self, ack: AsyncAck) -> None:
        await ack()

    async def _home(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("tab") == "home" and not self._closed:
            self._soon(lambda surface: surface.home(event, body))

    async def _mention(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        if not self._closed:
            self._soon(lambda surface: surface.message(event, body), body)

    async def _message(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("channel_type") == "im" and not self._closed:
            self._soon(lambda surface: surface.message(event, body), body)

    async def _broke(self, error: Exception) -> None:
        log.error("a listener broke", exc_info=error)

    def _soon(self, answer: Callable[[Surface], None], body: dict[str, Any] | None = None) -> None:
        """Answers now, or once it can. *body*: its sender waits for words."""
        if self._coming.done():
            answer(self._coming.result())
        else:
            if body is not None:
                self._waiting.append(body)
            self._background.spawn(self._once_there(answer), "what came while we start")

    async def _once_there(self, answer: Callable[[Surface], None]) -> None:
        surface = await asyncio.shield(self._coming)
        self._waiting.clear()
        answer(surface)
