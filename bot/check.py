"""`python -m bot check`: tests everything that a start needs, and says how to fix it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.clock import SystemClock
from bot.adapters.slack import SlackChat
from bot.adapters.slack_calls import SCOPES, call, session, web_client
from bot.app import connect_services, identify, read_catalog
from bot.domain.authority import Authority, Policy
from bot.errors import RetuneError
from bot.flows.electorate import Electorate
from bot.settings import Settings
from bot.store import Store

SKEW = 60.0
"""Seconds by which our clock may differ from Slack's; signatures and schedules go wrong beyond that."""


async def check(settings: Settings, say: Callable[[str], None]) -> int:
    """Says one line for each check; 0 when all passed, 1 otherwise."""
    report = Report(say)
    async with AsyncExitStack() as stack:
        with report.of("database"):
            Store(settings.database).close()
            report.good(f"database {settings.database}")
        with report.of("catalog"):
            report.good(f"catalog of {len(read_catalog(settings).bases)} base models")
        http = await stack.enter_async_context(session())
        client = web_client(settings.bot_token.reveal(), settings.slack_api_url, http)
        with report.of("Slack"):
            await _slack(client, SlackChat(client, http, settings.slack_api_url), settings, report)
        with report.of("instances"):
            await _instances(settings, stack, report)
    return 1 if report.failed else 0


class Report:
    """The lines of a check."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.failed = False

    def good(self, what: str) -> None:
        """Something is as it should be."""
        self._say(f"ok    {what}")

    def bad(self, what: str, mend: str) -> None:
        """Something must be mended."""
        self.failed = True
        self._say(f"FAIL  {what}: {mend}")

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """A check that ends with the first error of ours, which says how to mend it."""
        try:
            yield
        except RetuneError as error:
            self.bad(what, error.text)


async def _slack(client: AsyncWebClient, chat: SlackChat, settings: Settings, report: Report) -> None:
    await identify(client, settings)
    told = await call(client.auth_test())
    report.good(f"Slack: {told['user']} in {told['team']}")
    granted = {scope.strip() for scope in str(told.headers.get("x-oauth-scopes", "")).split(",")}
    if missing := sorted(SCOPES - granted):
        report.bad("scopes", f"{', '.join(missing)} missing: install the app again with app-manifest.yml.")
    else:
        report.good("scopes")
    date = told.headers.get("Date")
    if date and abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()) > SKEW:
        report.bad("clock", "it differs from Slack's by more than a minute; set it by NTP.")
    with report.of(f"channel {settings.channel}"):
        channel = (await call(client.conversations_info(channel=settings.channel)))["channel"]
        if channel.get("is_member"):
            report.good(f"channel #{channel.get('name')}")
        else:
            report.bad(f"channel #{channel.get('name')}", "the bot is not in it: /invite @retune there.")
    for policy in set(settings.policies.values()):
        await _policy(chat, told["team_id"], policy, report)
        await _open_channels(client, policy, report)


async def _open_channels(client: AsyncWebClient, policy: Policy, report: Report) -> None:
    """Who can join a public channel could make themselves an approver."""
    for name in policy.groups:
        if name.startswith("S"):
            continue
        try:
            channel = (await call(client.conversations_info(channel=name)))["channel"]
        except RetuneError:
            continue  # said as a group without members
        if not channel.get("is_private"):
            mend = "anybody can join this public channel and decide: name a private one in RETUNE_APPROVERS."
            report.bad(f"approvers {name}", mend)


async def _policy(chat: SlackChat, team: str, policy: Policy, report: Report) -> None:
    """A policy that nobody can satisfy: fewer approvers than approvals, counting one for the requester's own."""
    for name in policy.groups:
        if not await chat.members(name):
            report.bad(
                f"approvers {name}",
                "it has no members, or this workspace has no user groups, or the bot is not in that channel: name "
                "people (U…), or a channel (C…) of approvers with the bot in it, in RETUNE_APPROVERS.",
            )
    try:
        people = await Electorate(chat, Authority(team, {}), SystemClock()).approvers(policy)
    except RetuneError as error:
        report.bad("approvers", error.text)
        return
    could = f"{policy.needed} of {len(people)} people"
    if len(people) < policy.needed:
        mend = f"{policy.needed} needed and only {len(people)} people may approve: add some to RETUNE_APPROVERS."
        report.bad("approvals", mend)
    elif len(people) == policy.needed and not policy.self_approval:
        report.good(f"approvals: {could} (when one of them asks, nobody else is left: add an approver)")
    else:
        report.good(f"approvals: {could}")


async def _instances(settings: Settings, stack: AsyncExitStack, report: Report) -> None:
    for name, service in (await connect_services(settings, stack)).items():
        with report.of(f"instance {name}"):
            language, acoustic = await service.models("language"), await service.models("acoustic")
            await service.bases()
            report.good(f"instance {name}: {len(language)} language and {len(acoustic)} acoustic models")
