"""`check` against the local Slack: policies that nobody can satisfy, and what to name instead."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.slack_calls import session
from bot.check import check
from bot.settings import load
from sandbox.slack.cast import BOT
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer

MANIFEST = Path(__file__).parents[2] / "app-manifest.yml"


@pytest.fixture
async def slack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackServer]:
    """The local Slack; the settings point to it."""
    async with SpeechServer() as speech, SlackServer(MANIFEST) as running:
        for name, value in {
            **speech.environment(),
            "SLACK_BOT_TOKEN": running.bot_token,
            "SLACK_APP_TOKEN": running.app_token,
            "SLACK_API_URL": running.api_url,
            "RETUNE_CHANNEL": "C0SPEECH",
            "RETUNE_DATABASE": str(tmp_path / "retune.db"),
        }.items():
            monkeypatch.setenv(name, value)
        yield running


async def told(monkeypatch: pytest.MonkeyPatch, **settings: str) -> str:
    """What `check` says with these settings."""
    for name, value in settings.items():
        monkeypatch.setenv(f"RETUNE_{name}", value)
    lines: list[str] = []
    await check(load(None), lines.append)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("approvers", "needed", "said"),
    [
        ("S0APPROVE", "1", "ok    approvals: 1 of 2 people"),
        ("S0APPROVE", "3", "FAIL  approvals: 3 needed and only 2 people may approve"),
        ("S0APPROVE U0GUS", "3", "only 2 people"),  # a guest
        ("S0APPROVE U0OLD", "3", "only 2 people"),  # deactivated
        ("S0APPROVE U0GRACE", "3", "only 2 people"),  # counted once
        ("U0GRACE", "1", "when one of them makes a request, no one else is left"),
        ("C0PRIVATE", "2", "ok    approvals: 2 of 2 people"),
        ("S0NONE U0GRACE", "1", "FAIL  approvers S0NONE: it has no members"),
        ("C0NOWHERE", "1", "FAIL  approvers C0NOWHERE: there is no such channel, or the bot is not in it"),
        ("C0SPEECH", "1", "FAIL  approvers C0SPEECH: anyone can join"),
        ("C0SPEECH", "1", "only 0 people may approve"),
        ("C0PARTNERS", "1", "FAIL  approvers C0PARTNERS: it is shared with another organization"),
        ("U0GRACE U0TYPO", "1", "FAIL  approvers U0TYPO: no one in this workspace has that id"),
        ("U0GRACE U0EXT", "1", "FAIL  approvers U0EXT (Erin Doyle): no one in this workspace"),
        ("U0GRACE U0GUS", "1", "FAIL  approvers U0GUS (Gus Weber): a guest"),
        ("U0GRACE U0OLD", "1", "FAIL  approvers U0OLD (Otto Brandt): a guest, bot or deactivated account"),
        ("U0GRACE @tomas", "1", "FAIL  approvers @tomas: it is not an id"),
        ("U0GRACE U0NIA", "2", "ok    approvals: 2 of 2 people"),
    ],
)
async def test_policies(slack: SlackServer, monkeypatch: pytest.MonkeyPatch, approvers: str, needed: str, said: str):
    """Groups and channels are counted by who is in them now, and may decide."""
    slack.workspace.channels["C0PRIVATE"].members.add(BOT)
    assert said in await told(monkeypatch, APPROVERS=approvers, APPROVALS=needed)


async def test_a_plan_without_groups(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """Names what to use instead."""
    slack.faults.refuse("usergroups.users.list", "plan_upgrade_required", times=None)
    said = await told(monkeypatch, APPROVERS="S0APPROVE")
    assert "a private channel (C…) of approvers with the bot in it" in said


async def test_a_channel_that_is_shared(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """It is a fault, with the ways out, unless the operator wants it so."""
    settings = {"APPROVERS": "S0APPROVE", "CHANNEL": "C0PARTNERS"}
    said = await told(monkeypatch, **settings)
    assert "FAIL  channel #partners: it is shared with another organization, so nothing is posted there" in said
    assert "set RETUNE_SHARED_CHANNEL=yes" in said
    said = await told(monkeypatch, **settings, SHARED_CHANNEL="yes")
    assert "ok    channel #partners, shared with another organization (RETUNE_SHARED_CHANNEL=yes)" in said
    slack.workspace.channels["C0SPEECH"].pending = ["T0OTHER"]
    assert "FAIL  channel #speech-models" in await told(monkeypatch, CHANNEL="C0SPEECH", SHARED_CHANNEL="no")


@pytest.mark.parametrize(
    ("channel", "line"),
    [
        ("C0SPEECH", "ok    channel #speech-models"),
        ("C0GENERAL", "FAIL  channel #general: the bot is not in it"),
        ("C0NOWHERE", "FAIL  channel C0NOWHERE: there is no such channel"),
        ("C0PRIVATE", "FAIL  channel C0PRIVATE: there is no such channel, or it is private and the bot is not in it"),
    ],
)
async def test_channels(slack: SlackServer, monkeypatch: pytest.MonkeyPatch, channel: str, line: str):
    """Whether the bot can post there, and what to do where it cannot."""
    assert line in await told(monkeypatch, APPROVERS="S0APPROVE", CHANNEL=channel)


async def test_the_database(slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Sound; damaged where nobody looked yet; locked by somebody else; nothing that SQLite knows."""
    path = tmp_path / "retune.db"
    assert f"ok    database {path}" in await told(monkeypatch, APPROVERS="S0APPROVE")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("bot.store.OPENING", 0.05)
        said = await told(monkeypatch, APPROVERS="S0APPROVE")
        assert f"FAIL  database: RETUNE_DATABASE: {path} cannot be used, because another process has locked it" in said
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 4096)
    assert f"FAIL  database {path}: it is damaged" in await told(monkeypatch, APPROVERS="S0APPROVE")
    path.write_bytes(b"nothing that SQLite knows " * 500)
    assert "because the file is damaged" in await told(monkeypatch, APPROVERS="S0APPROVE")


@pytest.mark.parametrize(("guests", "line"), [("none", "guests may do nothing"), ("read", "guests may only read")])
async def test_guests(slack: SlackServer, monkeypatch: pytest.MonkeyPatch, guests: str, line: str):
    """What the operator let them do."""
    assert f"ok    {line}" in await told(monkeypatch, APPROVERS="S0APPROVE", GUESTS=guests)


async def test_a_channel_without_an_answer(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """Slack is in trouble: said for what could not be asked, and the rest is checked."""
    slack.faults.status("conversations.info", 500, times=None)
    said = await told(monkeypatch, APPROVERS="C0PRIVATE")
    assert "FAIL  channel C0SPEECH: Slack's answer was lost" in said
    assert "FAIL  approvers C0PRIVATE: Slack's answer was lost" in said
    assert "ok    instance" in said


async def test_somebody_else_listens(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """More connections than the one that asks: named, with what it means; that alone fails nothing."""
    assert "ok    Socket Mode" in await told(monkeypatch, APPROVERS="S0APPROVE")
    first, second = slack.delivery.ticket(), slack.delivery.ticket()
    async with session() as http, http.ws_connect(first), http.ws_connect(second):
        await slack.until(lambda: slack.connections == 2)
        said = await told(monkeypatch, APPROVERS="S0APPROVE")
    assert "note  Socket Mode, 2 other connections of this app: a running Retune has 2." in said
    assert "FAIL" not in said


async def test_sockets_that_do_not_answer(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """The address does not work: said, and the rest is checked."""
    slack.faults.dead_tickets = 1
    said = await told(monkeypatch, APPROVERS="S0APPROVE")
    assert "FAIL  Socket Mode: Slack gave an address for Socket Mode but does not answer there." in said
    assert "ok    channel #speech-models" in said


async def test_files_that_others_can_read(slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Warned of, with what to type; they fail nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").touch(0o644)
    (tmp_path / ".env").chmod(0o644)
    said = await told(monkeypatch, APPROVERS="S0APPROVE")
    assert "WARN  .env can be read by other users of this machine: chmod 600 .env" in said
    assert "FAIL" not in said


async def test_optional_scopes(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """What is lost without them is said and fails nothing, unless a setting needs one."""
    assert "the optional" not in await told(monkeypatch, APPROVERS="S0APPROVE")
    slack.grants.withhold = True
    said = await told(monkeypatch, APPROVERS="S0APPROVE")
    assert "ok    scopes" in said
    assert "note  without the optional groups:history, groups:read: no private channel can have cards" in said
    assert "note  without the optional pins:write: the living card is not pinned" in said
    assert "note  without the optional reactions:write: mentions get their answer" in said
    assert "FAIL" not in said
    slack.workspace.channels["C0PRIVATE"].members.add(BOT)
    said = await told(monkeypatch, APPROVERS="C0PRIVATE", CHANNEL="C0PRIVATE")
    assert "FAIL  channel C0PRIVATE: Slack refuses: missing_scope (groups:read)" in said
    assert "FAIL  approvers C0PRIVATE: Slack refuses: missing_scope (groups:read)" in said


async def test_half_of_what_a_private_channel_needs(
    tmp_path: Path, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
):
    """The bot sees the channel and could not look for its posts there: that fails, with the scope to allow."""
    slack.grants.manifest = replace(slack.manifest, scopes=slack.manifest.scopes - {"groups:history"})
    slack.workspace.channels["C0PRIVATE"].members.add(BOT)
    said = await told(monkeypatch, APPROVERS="S0APPROVE", CHANNEL="C0PRIVATE")
    assert "FAIL  channel #speech-leads: it is private, which needs groups:history: install the app again" in said
    assert "ok    channel" not in said


async def test_needed_scopes(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """Without one of them, that fails."""
    slack.grants.manifest = replace(slack.manifest, scopes=slack.manifest.scopes - {"files:write", "pins:write"})
    said = await told(monkeypatch, APPROVERS="S0APPROVE")
    assert "FAIL  scopes: files:write missing: install the app again" in said


@pytest.mark.parametrize(
    ("bind", "taken", "said"),
    [
        ("127.0.0.1", False, "ok    HTTP, port {port} of 127.0.0.1"),
        ("127.0.0.1", True, "note  HTTP, port {port} of 127.0.0.1, is in use: by a running Retune, if there is one"),
        ("192.0.2.1", False, "FAIL  HTTP, port {port} of 192.0.2.1: it cannot be used"),
    ],
)
async def test_where_http_listens(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch, bind: str, taken: bool, said: str
):
    """Whether the port can be had; that a running Retune has it is no fault."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        if not taken:
            held.close()
        monkeypatch.delenv("SLACK_APP_TOKEN")
        monkeypatch.setenv("SLACK_SIGNING_SECRET", "secret")
        monkeypatch.setenv("PORT", str(port))
        assert said.format(port=port) in await told(monkeypatch, APPROVERS="S0APPROVE", BIND=bind)


async def test_as_json(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """One object with what the lines say, under names that stay the same."""
    monkeypatch.setenv("RETUNE_APPROVERS", "S0APPROVE U0OLD")
    monkeypatch.setenv("RETUNE_CHANNEL", "C0GENERAL")
    lines: list[str] = []
    objects: list[str] = []
    assert await check(load(None), lines.append) == 1
    assert await check(load(None), objects.append, as_json=True) == 1
    (said,) = objects
    found = json.loads(said)
    assert found["ok"] is False
    marks = {"ok": ("ok    ", "note  "), "warn": ("WARN  ",), "fail": ("FAIL  ",)}
    assert len(found["checks"]) == len(lines)
    for one, line in zip(found["checks"], lines, strict=True):
        assert set(one) == {"name", "result", "text", "fix"}
        assert line.startswith(marks[one["result"]])
        assert line[6:] == (f"{one['text']}: {one['fix']}" if one["fix"] else one["text"])
        assert one["fix"] or one["result"] != "fail"
    by_name = {one["name"]: one["result"] for one in found["checks"]}
    assert by_name["channel C0GENERAL"] == by_name["approvers U0OLD"] == "fail"
    assert by_name["scopes"] == by_name["database"] == by_name["instance speech-to-text"] == "ok"
    monkeypatch.setenv("RETUNE_APPROVERS", "S0APPROVE")
    monkeypatch.setenv("RETUNE_CHANNEL", "C0SPEECH")
    assert await check(load(None), objects.append, as_json=True) == 0
    assert json.loads(objects[-1])["ok"] is True


async def test_the_health_port(slack: SlackServer, monkeypatch: pytest.MonkeyPatch):
    """Whether it can be used."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = await told(monkeypatch, APPROVERS="S0APPROVE", HEALTH_PORT=port)
        assert f"note  health, port {port} of 127.0.0.1, is in use" in said
    assert f"ok    health, port {port}" in await told(monkeypatch, HEALTH_PORT=port)
