"""What people read whose answer may not be shown where they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import ChatBusy
from tests.commands.conftest import Slack
from tests.commands.test_commands import ready, requested
from tests.world import ADA, CHANNEL, GRACE


def share(slack: Slack) -> None:
    rooms = slack.world.chat.rooms
    rooms[CHANNEL] = replace(rooms[CHANNEL], external=True)


async def test_models_public(slack: Slack):
    """Private in a shared channel, with the reason and the way out."""
    await ready(slack)
    share(slack)
    answer = await slack.command("/stt-models public outdated")
    assert '"ephemeral"' in answer
    assert "call-center-us" in answer
    assert "Only you see this: this channel is shared with another organization" in answer
    assert "RETUNE_SHARED_CHANNEL=yes" in answer


async def test_models_public_where_slack_says_nothing(slack: Slack):
    """Also where nobody knows what the channel is, or Slack is busy."""
    await ready(slack)
    slack.world.chat.fail["room"] = [ChatBusy("429")]
    assert "Slack doesn't say whether" in await slack.command("/stt-models public")
    slack.world.clock.advance(5)
    assert '"in_channel"' in await slack.command("/stt-models public")
    slack.world.clock.advance(60)
    del slack.world.chat.rooms[CHANNEL]
    assert '"ephemeral"' in await slack.command("/stt-models public")


async def test_models_asks_nothing_of_slack(slack: Slack):
    """Without `public` nobody waits for what a channel is; with the operator's leave neither."""
    await ready(slack)
    await slack.command("/stt-models")
    slack.world.rooms.shared = True
    share(slack)
    assert '"in_channel"' in await slack.command("/stt-models public")
    assert "room" not in slack.world.chat.calls


async def test_the_card(slack: Slack):
    """The requester hears privately why there is none, and what to do."""
    share(slack)
    id = await requested(slack)
    assert slack.world.chat.said == []
    [(place, message)] = slack.world.chat.whispers
    assert place.user == ADA
    assert f"Your request {id} is kept, but its card is not posted: <#{CHANNEL}> is shared" in message.text
    assert "Remove that organization from the channel" in message.text


async def test_an_export(slack: Slack):
    """It comes by direct message instead of into the thread, with the reason."""
    await requested(slack)
    share(slack)
    slack.world.clock.advance(61)
    event = {"type": "app_mention", "channel": CHANNEL, "thread_ts": "7.7", "user": ADA, "ts": "8.8"}
    heard = await slack.event({**event, "text": "<@UBOT> runs export"})
    (sent,) = slack.world.files.uploaded
    assert (sent.channel, sent.thread) == (ADA, None)
    assert "by direct message" in heard
    assert "shared with another organization" in heard


@pytest.mark.parametrize("typed", ["now", f"in <#{CHANNEL}|speech>"])
async def test_announcements(slack: Slack, typed: str):
    """Refused, with what to do."""
    await ready(slack)
    share(slack)
    heard = await slack.command(f"/stt-announce {typed}", user=GRACE, trigger="t1")
    assert "shared with another organization" in heard
    assert "RETUNE_SHARED_CHANNEL=yes" in heard
    assert slack.world.chat.said == []
