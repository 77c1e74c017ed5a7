"""Every listener there is: one for each kind of payload, because Bolt pays for each listener with every request.

They stand before that is imported which answers: until it is there, they acknowledge, and the answer follows.
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
    from commands.surface import Surface

log = logging.getLogger(__name__)

ANY = re.compile("")

QUICK = 2.5
"""Seconds that a form waits while we start: Slack waits three, and shows that it can be sent again."""


class Listeners:
    """*coming* is what answers, once it is there; cancelled when it will never be."""

    def __init__(self, background: Background, coming: asyncio.Future[Surface]) -> None:
        self._background = background
        self._coming = coming

    def register(self, app: AsyncApp) -> None:
        """Tells Bolt of all."""
        app.command(ANY)(self._command)
        app.action(ANY)(self._click)
        app.view(ANY)(self._submit)
        app.view_closed(ANY)(self._close)
        app.event("app_home_opened")(self._home)
        app.event("app_mention")(self._mention)
        app.event("message")(self._message)
        app.error(self._broke)

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        at = monotonic()
        if self._background.full:
            return  # Slack says that we do not answer
        if self._coming.done():
            await self._coming.result().command(body, at, ack)
        else:
            await ack()
            self._soon(lambda surface: surface.acknowledged(body, at))

    async def _click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        at = monotonic()
        if self._background.full:
            return
        await ack()
        self._soon(lambda surface: surface.click(body, at))

    async def _submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            surface = await asyncio.wait_for(asyncio.shield(self._coming), QUICK)
        except TimeoutError:
            return  # Slack keeps the form open and says that we do not answer
        answer = await surface.submit(body)
        await (ack() if answer is None else ack(**answer))

    async def _close(self, ack: AsyncAck) -> None:
        await ack()

    async def _home(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("tab") == "home" and not self._background.full:
            self._soon(lambda surface: surface.home(event, body))

    async def _mention(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        if not self._background.full:
            self._soon(lambda surface: surface.message(event, body))

    async def _message(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("channel_type") == "im" and not self._background.full:
            self._soon(lambda surface: surface.message(event, body))

    async def _broke(self, error: Exception) -> None:
        log.error("a listener broke", exc_info=error)

    def _soon(self, answer: Callable[[Surface], None]) -> None:
        """Answers now, or once it can."""
        if self._coming.done():
            answer(self._coming.result())
        else:
            self._background.spawn(self._once_there(answer), "what came while we start")

    async def _once_there(self, answer: Callable[[Surface], None]) -> None:
        answer(await asyncio.shield(self._coming))
