"""Socket Mode: two connections, so that refreshing one loses nothing, and a watchdog for dead tickets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.slack_answers import connections_in, text_at
from bot.adapters.slack_calls import call, session
from bot.errors import ChatBusy

log = logging.getLogger(__name__)

CONNECTIONS = 2
PING = 5.0
"""Seconds between pings; a silently dead connection is noticed after four of them."""


GOODBYE = 0.3
"""Seconds for an orderly close."""

TICKET = 60.0
"""Longest wait in seconds before another address is requested; Slack gives about one a minute."""

SHARED = (
    "Slack counts %d connections of this app, %d of them ours. If another deployment uses the same app-level token, "
    "each command and click reaches only one of the two, by chance: give that deployment an app of its own. Two "
    "processes on one database are fine, and connections that were cut off count for a while."
)


class Tickets(AsyncWebClient):
    """Requests socket addresses. An invalid address counts as a lost answer; the next one is requested later."""

    async def apps_connections_open(self, *, app_token: str, **options: Any) -> AsyncSlackResponse:
        """One address."""
        try:
            answer: AsyncSlackResponse = await call(super().apps_connections_open(app_token=app_token, **options))
            text_at(answer, "url")
        except ChatBusy as error:
            await asyncio.sleep(min(error.retry_after, TICKET))
            raise
        return answer


async def connections(http: aiohttp.ClientSession, ticket: str) -> int:
    """This app's connections, including the one opened to ask. Raises `ChatBusy`."""
    try:
        async with asyncio.timeout(5), http.ws_connect(ticket) as socket:
            return connections_in(await socket.receive_json())
    except (TimeoutError, aiohttp.ClientError, ValueError, TypeError, RecursionError) as error:
        raise ChatBusy("Slack gave an address for Socket Mode but does not answer there.") from error


class Sockets:
    """The connections to Slack."""

    def __init__(self, app: AsyncApp, app_token: str, ticket: str | None = None, *, plain: bool = False) -> None:
        """*ticket*: an address that Slack already gave, for the first connection. *plain*: `ws://` is allowed."""
        self._plain = plain
        web = app.client
        tickets = Tickets(base_url=web.base_url, timeout=web.timeout, ssl=web.ssl, proxy=web.proxy, session=web.session)
        self._handlers = [
            AsyncSocketModeHandler(app, app_token, web_client=tickets, ping_interval=PING) for _ in range(CONNECTIONS)
        ]
        for handler in self._handlers:
            handler.client.message_listeners.append(self._greeted)
        self._handlers[0].client.wss_uri = ticket
        self._watchdog: asyncio.Task[None] | None = None
        self._down = True
        self._crowded = False

    async def connect(self, deadline: float = 60.0) -> None:
        """Open all connections. Raises `ChatBusy` if Slack does not answer in time (slack_sdk would try forever)."""
        for handler in self._handlers:  # slack_sdk's own session sends all hosts through the proxy, or none
            await handler.client.aiohttp_client_session.close()
            handler.client.aiohttp_client_session = session(plain=self._plain)
        self._watchdog = asyncio.create_task(self._watch(), name="socket watchdog")
        try:
            async with asyncio.timeout(deadline):  # `wait_for` does not retrieve the result of `gather` when cancelled
                await asyncio.gather(*(handler.connect_async() for handler in self._handlers))
        except TimeoutError as error:
            raise ChatBusy(f"Slack gave no socket connection within {deadline:.0f} s.") from error

    async def close(self) -> None:
        """Close all connections without waiting for Slack's goodbye: aiohttp would wait ten seconds for it."""
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

    async def standing(self) -> int:
        """The number of connections that Slack answers: open, with a pong within four pings."""
        return [await handler.client.is_connected() for handler in self._handlers].count(True)

    async def _greeted(self, client: object, frame: dict[str, Any], raw: str | None = None) -> None:
        """Log once if another process uses our token."""
        count = connections_in(frame)
        if count > CONNECTIONS and not self._crowded:
            log.warning(SHARED, count, CONNECTIONS)
        self._crowded = count > CONNECTIONS if count else self._crowded

    async def _watch(self) -> None:
        """After a failed handshake slack_sdk retries the same single-use ticket forever: remove the ticket.

        Logs once when all connections are gone, and once when one is back.
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
