"""The bot where whoever installed it left the optional scopes out."""

from __future__ import annotations

from pathlib import Path

from sandbox.bot_process import BotProcess
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer

ROOT = Path(__file__).parents[2]
CHANNEL, ADA = "C0SPEECH", "U0ADA"


async def test_without_optional_scopes(tmp_path: Path):
    """Commands, mentions and announcements work; what is lost is said once, and is no fault."""
    async with SpeechServer(speed=6) as speech, SlackServer(ROOT / "app-manifest.yml") as slack:
        slack.grants.withhold = True
        environment = {
            **speech.environment(),
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "RETUNE_CHANNEL": CHANNEL,
            "RETUNE_APPROVERS": "S0APPROVE",
            "RETUNE_DATABASE": str(tmp_path / "retune.db"),
        }
        async with BotProcess(ROOT, tmp_path, environment, quiet=True) as bot:
            await slack.until(lambda: slack.connections == 2, within=30)
            await slack.send(ADA, CHANNEL, "<@U0RETUNE> models outdated")
            await slack.until(lambda: any("call-center-us" in str(m) for m in slack.ephemerals(ADA)), within=30)
            await slack.send(ADA, CHANNEL, "/stt-announce now")
            await slack.until(lambda: any(call.method == "pins.add" for call in slack.calls), within=30)
            await slack.send(ADA, CHANNEL, "/stt-help")
            refusals = {call.method for call in slack.calls if call.answer.get("error") == "missing_scope"}
            assert refusals == {"reactions.add", "pins.add"}
            assert sum(call.method == "pins.add" for call in slack.calls) == 1
            output = bot.output()
    for line in (
        "groups:history, groups:read: no private",
        "pins:write: the living card",
        "reactions:write: mentions get",
    ):
        assert output.count(f"without the optional {line}") == 1, output
    assert "WARNING" not in output.replace("process does the work", ""), output
    assert "ERROR" not in output
    assert "missing_scope" not in output
