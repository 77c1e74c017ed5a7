"""`check` against the local Slack: policies that nobody can satisfy, and what to name instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
    """What `check` says of these approvers."""
    for name, value in settings.items():
        monkeypatch.setenv(f"RETUNE_{name}", value)
    lines: list[str] = []
    await check(load(None), lines.append)
    return "\n".join(line for line in lines if "approv" in line)


@pytest.mark.parametrize(
    ("approvers", "needed", "said"),
    [
        ("S0APPROVE", "1", "ok    approvals: 1 of 2 people"),
        ("S0APPROVE", "3", "FAIL  approvals: 3 needed and only 2 people may approve"),
        ("S0APPROVE U0GUS", "3", "only 2 people"),  # a guest
        ("S0APPROVE U0OLD", "3", "only 2 people"),  # deactivated
        ("S0APPROVE U0GRACE", "3", "only 2 people"),  # counted once
        ("U0GRACE", "1", "when one of them asks, nobody else is left"),
        ("C0PRIVATE", "2", "ok    approvals: 2 of 2 people"),
        ("S0NONE U0GRACE", "1", "FAIL  approvers S0NONE: it has no members"),
        ("C0NOWHERE", "1", "FAIL  approvers C0NOWHERE"),
        ("C0SPEECH", "1", "anybody can join"),
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
    assert "a channel (C…) of approvers with the bot in it" in said
