"""`/stt-announce`: what people see, choose, and are refused."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, GUS, MEI


async def test_another_rule(slack: Slack):
    """Kept across a restart, by the clock of the zone that was typed; `default` goes back."""
    assert "30 7 * * mon" in await slack.command("/stt-announce at 30 7 * * mon Europe/Berlin", user=GRACE)
    slack.world.store.close()
    slack.world.start()
    schedule = slack.world.announcer.schedule
    assert (schedule.rule, schedule.zone.key) == ("30 7 * * mon", "Europe/Berlin")
    slack.world.announcer.forget_choices(GRACE)
    assert slack.world.announcer.schedule.rule == "0 9 * * mon-fri"
    rows = [row for row in slack.world.store.audit.all() if row["action"] == "announcement setting"]
    assert rows[0]["actor"] == GRACE


async def test_another_channel(slack: Slack):
    """Only one that the bot is in."""
    assert "Invite it there" in await slack.command("/stt-announce in <#CELSEWHERE|else>", user=GRACE)
    slack.world.chat.channels.add("CELSEWHERE")
    assert "<#CELSEWHERE>" in await slack.command("/stt-announce in <#CELSEWHERE|else>", user=GRACE)
    assert "Which channel?" in await slack.command("/stt-announce in somewhere", user=GRACE)
    await slack.world.inventory.refresh()
    await slack.command("/stt-announce now", user=ADA)
    assert slack.world.chat.said[0].channel == "CELSEWHERE"


async def test_off_and_on(slack: Slack):
    """Off, no slot says anything; on, none that passed meanwhile is made up for."""
    await slack.world.inventory.refresh()
    assert "off" in await slack.command("/stt-announce off", user=GRACE)
    slack.world.clock.advance(86400 * 3)
    await slack.world.worker.announce()
    assert "Announcements are off" in await slack.command("/stt-announce")
    await slack.command("/stt-announce on", user=GRACE)
    await slack.world.worker.announce()
    assert slack.world.chat.said == []


@pytest.mark.parametrize("typed", ["at 0 9 * * mon-fri", "in <#CSPEECH|speech>", "off", "on", "default"])
@pytest.mark.parametrize("user", [MEI, GUS])
async def test_who_may_change_it(slack: Slack, typed: str, user: str):
    """Only who may approve; the attempt is recorded."""
    assert "Only who may approve" in await slack.command(f"/stt-announce {typed}", user=user)
    assert [row["action"] for row in slack.world.store.audit.all()][-1] == "denied"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("at 9 o'clock", "five fields"),
        ("at 0 9 * * someday", "is not a cron rule"),
        ("at 0 9 * * mon Mars/Olympus", "is not a time zone"),
        ("whatever", "Type /stt-announce"),
    ],
)
async def test_typos(slack: Slack, typed: str, why: str):
    """Each hears what to type."""
    assert why in await slack.command(f"/stt-announce {typed}", user=GRACE)


async def test_the_chart(slack: Slack):
    """Comes as a file by direct message, with words for those who do not see it."""
    await slack.world.inventory.refresh()
    assert "direct messages" in await slack.command("/stt-announce chart", user=MEI)
    sent = slack.world.files.uploaded[0]
    assert (sent.channel, sent.name.endswith(".png")) == (MEI, True)
    assert "outdated" in sent.alt_text
    assert "Guests" in await slack.command("/stt-announce chart", user=GUS)
