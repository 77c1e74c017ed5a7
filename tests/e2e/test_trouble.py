"""The bot as its own process while people and Slack take things away from it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.test_process import ADA, CHANNEL, Stage, stage

__all__ = ["stage"]


@pytest.mark.timeout(150)
async def test_the_card_is_deleted_while_the_service_upgrades(stage: Stage):
    """The card comes again, says so, and the end hangs below it; the old thread has no stray reply in the channel."""
    slack = stage.slack
    await stage.ask_and_approve()
    await slack.until(lambda: stage.speech.world.model("call-center-us").status == "upgrading", within=15)
    await slack.until(stage.thread, within=15)
    old = stage.card()
    assert old is not None
    slack.workspace.vanish(CHANNEL, old["ts"])

    def end() -> dict[str, Any] | None:
        card = stage.card()
        if card is None or card["ts"] == old["ts"]:
            return None
        return next((m for m in slack.thread(ADA, CHANNEL, card["ts"]) if "*done*" in m["text"]), None)

    await slack.until(end, within=60)
    await slack.until(lambda: "Upgrade done" in (stage.card() or {})["text"])
    card = stage.card()
    assert card is not None
    assert "Continued: the message before this one is gone." in card["text"]
    assert [m["ts"] for m in stage.said()] == [card["ts"]]
    assert stage.upgrades() == 1


@pytest.mark.timeout(150)
async def test_the_channel_is_archived_while_the_service_upgrades(stage: Stage):
    """The requester hears it once, and the end. What follows when it is back is played in flows, where time is told."""
    slack = stage.slack
    await stage.ask_and_approve()
    await slack.until(lambda: stage.speech.world.model("call-center-us").status == "upgrading", within=15)
    slack.workspace.channels[CHANNEL].archived = True

    def direct() -> list[str]:
        return [m["text"] for m in slack.workspace.messages.get("D0ADA", {}).values()]

    await slack.until(lambda: any("*done*" in text for text in direct()), within=60)
    assert len(direct()) == 2
    assert "is archived" in direct()[0]
    assert "Traceback" not in stage.bot.output()
    assert stage.bot.output().count("nothing can be posted in C0SPEECH") == 1
