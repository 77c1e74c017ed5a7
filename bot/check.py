"""`python -m bot check`: tests everything that a start needs, and says how to fix it."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot import credential_files
from bot.adapters.clock import SystemClock
from bot.adapters.slack import SlackChat
from bot.adapters.slack_answers import text_at
from bot.adapters.slack_app import identify
from bot.adapters.slack_calls import call, session, web_client
from bot.adapters.slack_people import no_approvers
from bot.adapters.slack_scopes import PRIVATE, REQUIRED, granted, lost
from bot.adapters.sockets import CONNECTIONS, connections
from bot.app import read_catalog
from bot.check_report import Report
from bot.check_report import as_json as written
from bot.domain.authority import Authority, Reason
from bot.domain.policies import GROUPS, Policy
from bot.flows.electorate import Electorate
from bot.services import connect_services
from bot.settings import Settings
from bot.store.database import Database
from bot.store.surroundings import LITTLE, free, warnings

WHO = {
    Reason.OTHER_WORKSPACE: "no one in this workspace has that id: correct it, or remove it from RETUNE_APPROVERS.",
    Reason.NOT_A_MEMBER: "a guest, bot or deactivated account cannot approve: remove it from RETUNE_APPROVERS.",
}
"""What is wrong with an approver who can't take part."""

PERSON = re.compile(r"[UW][A-Z0-9]+")

SKEW = 60.0
"""Seconds our clock may differ from Slack's; beyond that, signatures and schedules go wrong."""


async def check(settings: Settings, say: Callable[[str], None], *, as_json: bool = False) -> int:
    """Print one line for each check, or all as one JSON object; returns 0 if all passed, 1 otherwise."""
    report = Report((lambda _: None) if as_json else say)
    async with AsyncExitStack() as stack:
        with report.of("database"):
            await _database(settings.database, report)
        with report.of("files"):
            for warning in credential_files.warnings(settings.instances):
                report.warn(warning)
        if settings.health_port is not None:
            with report.of("health"):
                _port("health", settings.health_port, settings.bind, "RETUNE_HEALTH_PORT", report)
        with report.of("catalog"):
            report.good(f"catalog of {len(read_catalog(settings).bases)} base models")
        http = await stack.enter_async_context(session(plain=settings.slack_allow_http))
        client = web_client(settings.bot_token.reveal(), settings.slack_api_url, http)
        with report.of("Slack"):
            me = await identify(client, settings.app_token)
            with report.of("Socket Mode"):
                await _sockets(http, me.ticket, report)
            if settings.app_token is None:
                with report.of("HTTP"):
                    _port("HTTP", settings.port, settings.bind, "PORT", report)
            await _slack(client, SlackChat(client, http, settings.slack_api_url), settings, report)
        with report.of("instances"):
            await _instances(settings, stack, report)
    if as_json:
        say(written(report.findings))
    return 1 if report.failed else 0


async def _database(path: Path, report: Report) -> None:
    """Whether the file is readable, writable, sound, and in a safe place."""
    with Database(path) as db:
        await db.write(lambda store: store.pragma("user_version = 0"))
        if damage := await db.read(lambda store: store.damage()):
            report.bad(f"database {path}", f"it is damaged ({damage}): stop Retune and restore a backup.")
        elif (left := free(path)) < LITTLE:
            report.bad(f"database {path}", f"its disk is nearly full, {left // 2**20} MB are left: make space.")
        else:
            report.good(f"database {path}")
    for warning in warnings(path):
        report.warn(warning)


async def _slack(client: AsyncWebClient, chat: SlackChat, settings: Settings, report: Report) -> None:
    told = await call(client.auth_test())
    report.good(f"Slack: {text_at(told, 'user')} in {text_at(told, 'team')}")
    scopes = granted(told) or frozenset()
    with report.of("scopes"):
        _scopes(scopes, report)
    date = told.headers.get("Date")
    if date and abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()) > SKEW:
        with report.of("clock"):
            report.bad("clock", "it differs from Slack's by more than a minute; synchronize it (NTP).")
    with report.of(f"channel {settings.channel}"):
        await _channel(chat, settings, scopes, report)
    may = "may only read" if settings.guests_read else "may do nothing"
    with report.of("guests"):
        report.good(f"guests {may} (RETUNE_GUESTS={'read' if settings.guests_read else 'none'})")
    authority = Authority(text_at(told, "team_id"), {})
    for name in dict.fromkeys(name for policy in settings.policies.values() for name in policy.approvers):
        with report.of(f"approvers {name}"):
            await _approver(chat, authority, name, report)
    for policy in set(settings.policies.values()):
        with report.of("approvals"):
            await _policy(chat, authority, policy, report)


def _scopes(scopes: frozenset[str], report: Report) -> None:
    if missing := sorted(REQUIRED - scopes):
        report.bad("scopes", f"{', '.join(missing)} missing: install the app again with app-manifest.yml.")
        return
    report.good("scopes")
    for names, what in lost(scopes):
        report.note(f"without the optional {names}", f"{what}. To get that, install the app again and allow it.")


async def _sockets(http: aiohttp.ClientSession, ticket: str | None, report: Report) -> None:
    """Whether another process uses our token. The connection used to ask is closed at once."""
    if ticket is None:
        return
    if others := await connections(http, ticket) - 1:
        report.note(
            f"Socket Mode, {others} other connections of this app",
            f"a running Retune has {CONNECTIONS}. If more than one deployment uses this app-level token, each command "
            "and click reaches only one of them, by chance: give each an app of its own. Two processes on one "
            "database are fine.",
        )
    else:
        report.good("Socket Mode")


def _port(use: str, port: int, bind: str | None, setting: str, report: Report) -> None:
    """Whether we can listen there. Whether others can reach us can't be checked from here."""
    where = f"port {port} of {bind or 'all addresses'}"
    family = socket.AF_INET6 if ":" in (bind or "") else socket.AF_INET
    try:
        socket.create_server((bind or "", port), family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            report.bad(f"{use}, {where}", f"it cannot be used ({error.strerror}): change {setting} or RETUNE_BIND.")
            return
        report.note(f"{use}, {where}, is in use", f"by a running Retune, if there is one; else change {setting}.")
        return
    report.good(f"{use}, {where}")


async def _channel(chat: SlackChat, settings: Settings, scopes: frozenset[str], report: Report) -> None:
    """The channel for cards and announcements."""
    room = await chat.room(settings.channel)
    if room is None:
        fix = "there is no such channel, or it is private and the bot is not in it: /invite @retune there."
        report.bad(f"channel {settings.channel}", fix)
        return
    name = f"channel #{room.name}"
    if not room.member:
        report.bad(name, "the bot is not in it: /invite @retune there.")
    if room.private and (missing := sorted(PRIVATE - scopes)):
        report.bad(name, f"it is private, which needs {', '.join(missing)}: install the app again and allow it.")
    if room.archived:
        report.bad(name, "it is archived: choose another one in RETUNE_CHANNEL.")
    if room.external and not settings.shared_channel:
        report.bad(
            name,
            "it is shared with another organization, so nothing is posted there: remove that organization from it, "
            "choose another one in RETUNE_CHANNEL, or set RETUNE_SHARED_CHANNEL=yes.",
        )
    elif room.member and not room.archived and not (room.private and PRIVATE - scopes):
        report.good(f"{name}, shared with another organization (RETUNE_SHARED_CHANNEL=yes)" if room.external else name)


async def _approver(chat: SlackChat, authority: Authority, name: str, report: Report) -> None:
    """An approver who can't approve: a typing error, a deactivated account, a channel that anyone can join."""
    if name.startswith("S"):
        if not await chat.members(name):
            report.bad(
                f"approvers {name}",
                "it has no members, or this workspace has no user groups: name people (U…), or a private channel (C…) "
                "of approvers with the bot in it, in RETUNE_APPROVERS.",
            )
    elif name[:1] in GROUPS:
        if why := no_approvers(await chat.room(name)):
            report.bad(f"approvers {name}", why)
    elif not PERSON.fullmatch(name):
        report.bad(f"approvers {name}", "it is not an id: in a profile, “Copy member ID” gives one (U…).")
    else:
        person = await chat.person(name)
        if (reason := authority.takes_part(person)) is not Reason.COUNTS:
            called = f" ({person.name})" if person.name != name else ""
            report.bad(f"approvers {name}{called}", WHO[reason])


async def _policy(chat: SlackChat, authority: Authority, policy: Policy, report: Report) -> None:
    """A policy that can't be satisfied: fewer approvers than approvals, counting one less for the requester."""
    people = await Electorate(chat, authority, SystemClock()).approvers(policy)
    could = f"{policy.needed} of {len(people)} people"
    if len(people) < policy.needed:
        fix = f"{policy.needed} needed and only {len(people)} people may approve: add some to RETUNE_APPROVERS."
        report.bad("approvals", fix)
    elif len(people) == policy.needed and not policy.self_approval:
        report.good(f"approvals: {could} (when one of them makes a request, no one else is left: add an approver)")
    else:
        report.good(f"approvals: {could}")


async def _instances(settings: Settings, stack: AsyncExitStack, report: Report) -> None:
    for name, service in (await connect_services(settings, stack)).items():
        with report.of(f"instance {name}"):
            language, acoustic = await service.models("language"), await service.models("acoustic")
            await service.bases()
            report.good(f"instance {name}: {len(language)} language and {len(acoustic)} acoustic models")
