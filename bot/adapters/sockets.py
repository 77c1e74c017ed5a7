"""Socket Mode: two connections, so that a refresh of one loses nothing, and a watchdog for dead tickets."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.adapters.slack_calls import session
from bot.errors import ChatBusy

log = logging.getLogger(__name__)

CONNECTIONS = 2
PING = 5.0
"""Seconds between pings; a connection that dies without a word is noticed after four of them."""


GOODBYE = 0.3
"""Seconds for closing in good order."""


class Sockets:
    """The connections to Slack."""

    def __init__(self, app: AsyncApp, app_token: str, ticket: str | None = None, *, plain: bool = False) -> None:
        """*ticket*: an address that Slack gave already, for the first connection. *plain*: `ws://` will do."""
        self._plain = plain
        self._handlers = [AsyncSocketModeHandler(app, app_token, ping_interval=PING) for _ in range(CONNECTIONS)]
        self._handlers[0].client.wss_uri = ticket
        self._watchdog: asyncio.Task[None] | None = None
        self._down = True

    async def connect(self, deadline: float = 15.0) -> None:
        """Connects all. Raises `ChatBusy` when Slack does not answer in time (slack_sdk would try for ever)."""
        for handler in self._handlers:  # slack_sdk's own session takes every host through the proxy, or none
            await handler.client.aiohttp_client_session.close()
            handler.client.aiohttp_client_session = session(plain=self._plain)
        self._watchdog = asyncio.create_task(self._watch(), name="socket watchdog")
        try:
            await asyncio.wait_for(asyncio.gather(*(h.connect_async() for h in self._handlers)), deadline)
        except TimeoutError as error:
            raise ChatBusy(f"Slack gave no socket connection within {deadline:.0f} s.") from error

    async def close(self) -> None:
        """Closes all. Slack need not say goodbye: aiohttp would wait ten seconds for that."""
        if self._watchdog is not None:
            self._watchdog.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await asyncio.gather(*(handler.close_async() for handler in self._handlers), return_exceptions=True)
        for handler in self._handlers:
            client = handler.client
            for task in (client.message_processor, client.current_session_monitor, client.message_receiver):
                if task is not None:
                    task.cancel()
            await client.aiohttp_client_session.close()

    async def _watch(self) -> None:
        """After a failed handshake slack_sdk tries the same single-use ticket for ever: take the ticket away.

        Says in the log once when all connections are gone, and once when one is back.
        """
        while True:
            await asyncio.sleep(0.5)
            standing = 0
            for handler in self._handlers:
                session = handler.client.current_session
                if session is None or session.closed:
                    handler.client.wss_uri = None
                else:
                    standing += 1
            if (standing == 0) != self._down:
                self._down = standing == 0
                log.warning("no connection to Slack") if self._down else log.info("connected to Slack")
