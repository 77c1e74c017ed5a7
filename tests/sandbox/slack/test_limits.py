"""How often an app may call: limits that are on from the start, on a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.limits import BURST, PER_MINUTE, TIERS, WORKSPACE, Limits
from sandbox.slack.server import SlackServer

from .bot_side import ADA, MANIFEST, SPEECH, refused
from .conftest import Now


@pytest.fixture
async def slack(now: Now) -> AsyncIterator[SlackServer]:
    """Slack's own limits."""
    async with SlackServer(MANIFEST, now=now, limits=Limits(now)) as server:
        yield server


async def posts(client: AsyncWebClient, number: int, channel: str = SPEECH) -> None:
    """That many posts, none of them refused."""
    for index in range(number):
        await client.chat_postMessage(channel=channel, text=str(index))


async def test_posts_in_one_channel(slack: SlackServer, client: AsyncWebClient, now: Now):
    """A short burst, then one a second; what is refused says when to come back, and is not in the channel."""
    await posts(client, BURST)
    answer = await refused(client.chat_postMessage(channel=SPEECH, text="too early"))
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert len(slack.messages(ADA, SPEECH)) == BURST
    now.at += 1
    await posts(client, 1)
    await refused(client.chat_postMessage(channel=SPEECH, text="too early"))
    now.at += BURST + 10
    await posts(client, BURST)
    await refused(client.chat_postMessage(channel=SPEECH, text="too early"))


async def test_other_channels_and_methods_go_on(slack: SlackServer, client: AsyncWebClient):
    """A limit is a channel's for posts, and a method's for the rest."""
    await posts(client, BURST)
    await refused(client.chat_postMessage(channel=SPEECH, text="too early"))
    await posts(client, BURST, "C0PARTNERS")
    await client.users_info(user=ADA)
    await client.chat_postEphemeral(channel=SPEECH, user=ADA, text="x")


def test_posts_in_all_channels(now: Now):
    """The workspace has a limit of its own, over any number of channels."""
    limits = Limits(now)
    waits = [limits.wait("chat.postMessage", {"channel": f"C{index}"}) for index in range(WORKSPACE + 2)]
    assert waits == [*[None] * WORKSPACE, 1, 1]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("usergroups.list", {}),
        ("conversations.info", {"channel": SPEECH}),
        ("users.info", {"user": ADA}),
    ],
)
async def test_the_tiers(slack: SlackServer, client: AsyncWebClient, now: Now, method: str, arguments: dict[str, Any]):
    """Twenty, fifty or a hundred a minute and method; refused calls count no further."""
    most = PER_MINUTE[TIERS[method]]
    for _ in range(most):
        await client.api_call(method, params=arguments)
    for _ in range(3):
        answer = await refused(client.api_call(method, params=arguments))
    assert (answer.status_code, int(answer.headers["Retry-After"])) == (429, -(-60 // most))
    now.at += int(answer.headers["Retry-After"])
    await client.api_call(method, params=arguments)


async def test_every_call_has_a_tier(slack: SlackServer):
    """The special ones are known by name."""
    assert slack.methods - TIERS.keys() == {"auth.test", "chat.getPermalink", "chat.postMessage"}
    assert TIERS.keys() <= slack.methods


async def test_they_are_on_from_the_start(http: aiohttp.ClientSession):
    """Whoever starts a local Slack and says nothing about limits has Slack's."""
    async with SlackServer(MANIFEST) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http, retry_handlers=[])
        with pytest.raises(Exception, match="ratelimited"):
            await posts(client, 50)
