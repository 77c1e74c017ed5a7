"""A local Slack with a clock that tests move, and the app on its other side."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.limits import Limits
from sandbox.slack.server import SlackServer

from .bot_side import MANIFEST, Bot


class Now:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Now:
    """The time of the local Slack."""
    return Now()


@pytest.fixture
async def slack(now: Now) -> AsyncIterator[SlackServer]:
    """A workspace, patient enough that a busy machine makes no difference."""
    async with SlackServer(MANIFEST, now=now, ack_timeout=10, limits=Limits(scale=1000)) as server:
        yield server


@pytest.fixture
async def impatient(now: Now) -> AsyncIterator[SlackServer]:
    """A workspace for what is never acknowledged: it gives up at once."""
    async with SlackServer(MANIFEST, now=now, ack_timeout=0.05) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Bare HTTP."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(slack: SlackServer, http: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's SDK with the bot's token; nothing is tried twice."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http, retry_handlers=[])


@pytest.fixture
async def bot(slack: SlackServer, client: AsyncWebClient) -> AsyncIterator[Bot]:
    """A connected Bolt app."""
    async with Bot(slack, client) as made:
        yield made
