"""The settings of a bot between the local Slack and the local Speech to Text."""

from __future__ import annotations

from pathlib import Path

from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer


def settings_between(speech: SpeechServer, slack: SlackServer, folder: Path) -> dict[str, str]:
    """The environment of a bot that reaches both, keeps its database in *folder*, and has people who approve."""
    return {
        **speech.environment(),
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "RETUNE_CHANNEL": "C0SPEECH",
        "RETUNE_APPROVERS": "S0APPROVE",
        "RETUNE_DATABASE": str(folder / "retune.db"),
    }
