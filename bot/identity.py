"""Who we are in the workspace: both tokens are tried before anything starts."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_answers import text_at
from bot.adapters.slack_calls import call
from bot.adapters.slack_routes import NotSecure
from bot.adapters.slack_scopes import granted
from bot.errors import ChatBusy, ChatRefused
from bot.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Self:
    """Who we are in the workspace, as Slack's `auth.test` says. *ticket* is the first socket's address.

    *scopes*: what we may do; None where Slack does not say.
    """

    team: str
    user: str
    bot: str
    ticket: str | None
    scopes: frozenset[str] | None = None


async def identify(client: AsyncWebClient, settings: Settings, patience: float = 0.0) -> Self:
    """Checks both tokens at once: a wrong one is found before anything starts.

    *patience*: for so many seconds it tries again while Slack is in trouble. Raises `ChatRefused`, `ChatBusy`.
    """
    until, said = monotonic() + patience, ""
    while True:
        try:
            return await _identify(client, settings)
        except ChatBusy as error:
            left = until - monotonic()
            if left <= 0 or isinstance(error.__cause__, NotSecure):  # waiting makes no address https
                raise
            if error.text != said:
                log.warning("Slack is in trouble: %s It is tried again for %.0f s", said := error.text, left)
            await asyncio.sleep(min(max(1.0, error.retry_after), left))


async def _identify(client: AsyncWebClient, settings: Settings) -> Self:
    token = settings.app_token
    opening = call(client.apps_connections_open(app_token=token.reveal())) if token else asyncio.sleep(0)
    try:
        told, opened = await asyncio.gather(call(client.auth_test()), opening)
    except ChatRefused as error:
        raise ChatRefused(f"{error.text} Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN.", code=error.code) from error
    team, user, bot = (text_at(told, name) for name in ("team_id", "user_id", "bot_id"))
    return Self(team, user, bot, text_at(opened, "url") if opened else None, granted(told))
