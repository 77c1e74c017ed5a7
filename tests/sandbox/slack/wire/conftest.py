"""A local Slack, its clock, Slack's own SDK as one end, and a bare socket as the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.limits import Limits
from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import MANIFEST, App, Now, connect


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def slack(now: Now) -> AsyncIterator[SlackServer]:
    """Patient, so that a busy machine makes no difference."""
    async with SlackServer(MANIFEST, now=now, ack_timeout=10, limits=Limits(scale=1000)) as server:
        yield server


@pytest.fixture
async def impatient(now: Now) -> AsyncIterator[SlackServer]:
    """For what is never acknowledged: gives up soon."""
    async with SlackServer(MANIFEST, now=now, ack_timeout=0.1) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(slack: SlackServer, http: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http, retry_handlers=[])


@pytest.fixture
async def app(slack: SlackServer, http: aiohttp.ClientSession) -> AsyncIterator[App]:
    made = await connect(slack, http)
    yield made
    await made.socket.close()
