"""Our app at Slack: its identity there, and Bolt configured with it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic, perf_counter

from aiohttp import ClientSession
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_answers import text_at
from bot.adapters.slack_calls import call
from bot.adapters.slack_routes import NotSecure
from bot.adapters.slack_scopes import granted
from bot.errors import ChatBusy, ChatRefused
from bot.secret import Secret
from bot.tally import Tally

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Self:
    """Our identity in the workspace, from Slack's `auth.test`. *ticket* is the first socket's address.

    *scopes*: granted scopes; None if Slack does not tell.
    """

    team: str
    user: str
    bot: str
    ticket: str | None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection to Slack: our identity, the client, and the session of all calls."""

    me: Self
    client: AsyncWebClient
    http: ClientSession
    api_url: str


async def identify(client: AsyncWebClient, app_token: Secret | None, patience: float = 0.0) -> Self:
    """Check both tokens at once: a wrong one is found before anything starts.

    *patience*: seconds to keep trying while Slack is in trouble. Raises `ChatRefused`, `ChatBusy`.
    """
    until, said = monotonic() + patience, ""
    while True:
        try:
            return await _identify(client, app_token)
        except ChatBusy as error:
            left = until - monotonic()
            if left <= 0 or isinstance(error.__cause__, NotSecure):  # waiting does not make the address https
                raise
            if error.text != said:
                log.warning("Slack is in trouble: %s Trying again for %.0f s", said := error.text, left)
            await asyncio.sleep(min(max(1.0, error.retry_after), left))


async def _identify(client: AsyncWebClient, app_token: Secret | None) -> Self:
    opening = call(client.apps_connections_open(app_token=app_token.reveal())) if app_token else asyncio.sleep(0)
    try:
        told, opened = await asyncio.gather(call(client.auth_test()), opening)
    except ChatRefused as error:
        raise ChatRefused(f"{error.text} Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN.", code=error.code) from error
    team, user, bot = (text_at(told, name) for name in ("team_id", "user_id", "bot_id"))
    return Self(team, user, bot, text_at(opened, "url") if opened else None, granted(told))


class CountingApp(AsyncApp):
    """Bolt, whose acknowledgements are counted and timed."""

    tally: Tally

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Handle what Slack sent; the answer is the acknowledgement."""
        began = perf_counter()
        answer = await super().async_dispatch(req)
        if answer.status == 200:
            self.tally.acknowledged.add(perf_counter() - began)
        else:
            self.tally.unacknowledged += 1
        return answer


def bolt(client: AsyncWebClient, me: Self, tally: Tally | None = None) -> AsyncApp:
    """Bolt with our identity, so that no click waits for `auth.test`.

    `process_before_response=True`: otherwise Bolt checks every 10 ms whether a listener has acknowledged.
    """

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=me.team, bot_id=me.bot, bot_user_id=me.user, bot_token=client.token
        )

    # Bolt warns about an unused token in the environment, and logs every reconnect.
    quiet = logging.getLogger("bot.bolt")
    quiet.setLevel(logging.ERROR)
    app = CountingApp(
        # Without a token: Bolt warns that it ignores one, and uses the one from `authorize`.
        client=AsyncWebClient(base_url=client.base_url, session=client.session),
        authorize=authorize,
        process_before_response=True,
        logger=quiet,
    )
    app.tally = tally or Tally()
    return app
