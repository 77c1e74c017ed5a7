"""`/stt-announce`: what it shows, and who may change what."""

from __future__ import annotations

import pytest

from bot.domain.announcements import COOL_DOWN
from bot.ports import Room
from tests.commands.conftest import Slack
from tests.fakes import Said
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI


async def ready(slack: Slack) -> None:
    await slack.world.announce()
    await slack.world.inventory.refresh()


def roots(slack: Slack) -> list[Said]:
    """Messages in channels, without replies."""
    return [said for said in slack.world.chat.said if said.thread is None]


async def test_the_overview(slack: Slack):
    """Channel, rule, the next slot in the reader's time, the state, and what looking for warnings cost."""
    await ready(slack)
    shown = await slack.command("/stt-announce")
    assert f"Announcements go to <#{CHANNEL}> weekdays at 09:00 UTC; next: <!date^" in shown
    assert "*Now:* 1 of 2 models is outdated" in shown
    assert "living card" not in shown
    assert "No audio sent" in shown
    assert slack.world.chat.said == []


async def test_the_living_card_is_linked(slack: Slack):
    """Once it is there."""
    await ready(slack)
    await slack.command("/stt-announce now", trigger="t1")
    await slack.world.ring(after=61)
    ts = slack.world.chat.keyed(f"living:{CHANNEL}").ts
    shown = await slack.command("/stt-announce")
    assert f"<https://acme.slack.com/archives/{CHANNEL}/p{ts.replace('.', '')}|The living card>" in shown


async def test_a_preview_is_private(slack: Slack):
    """The whole announcement, to one person."""
    await ready(slack)
    shown = await slack.command("/stt-announce preview")
    assert "Only you see this preview" in shown
    assert "call-center-us" in shown
    assert "Upgrade all…" in shown
    assert slack.world.chat.said == []


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("at 30 7 * * mon-fri Europe/Berlin", "weekdays at 07:30 Europe/Berlin"),
        ("at `30 7 * * 1`", "Mondays at 07:30 UTC"),
        ("in <#CNEW|new>", "Announcements go to <#CNEW>"),
        ("in <#CNEW>", "Announcements go to <#CNEW>"),
        ("off", "Scheduled announcements are *off*"),
        ("on", "Announcements go to <#CSPEECH>"),
        ("OFF", "Scheduled announcements are *off*"),
        ("default", "weekdays at 09:00 UTC"),
    ],
)
async def test_an_approver_changes_it(slack: Slack, typed: str, heard: str):
    """It counts at once, is told back, and shows who did it."""
    slack.world.chat.rooms["CNEW"] = Room("CNEW", "new", member=True)
    answer = await slack.command(f"/stt-announce {typed}", user=GRACE)
    assert heard in answer
    assert heard in await slack.command("/stt-announce")
    if typed != "default":
        assert f"Last changed by <@{GRACE}>" in answer


@pytest.mark.parametrize("user", [ADA, MEI])
@pytest.mark.parametrize("typed", ["at 30 7 * * *", "in <#CNEW|new>", "off", "on", "default"])
async def test_others_do_not(slack: Slack, typed: str, user: str):
    """They hear whom to ask; nothing changes, and the attempt is recorded."""
    slack.world.chat.rooms["CNEW"] = Room("CNEW", "new", member=True)
    answer = await slack.command(f"/stt-announce {typed}", user=user)
    assert "Only <!subteam^SAPPROVE> can change when and where announcements go." in answer
    assert (await slack.world.timetable.now()).revision == ""
    assert [(row["actor"], row["action"]) for row in slack.world.store.audit.all()] == [(user, "denied")]


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("tomorrow", "/stt-announce at 0 9 * * mon-fri"),
        ("now please", "/stt-announce preview"),
        ("at", "five parts"),
        ("at nine", "five parts"),
        ("at 99 9 * * *", "isn't a cron rule"),
        ("at 0 9 * * * Berlin", "There is no time zone"),
        ("in", "as Slack's list offers it"),
        ("in #general", "as Slack's list offers it"),
        ("in <#CNOWHERE|x>", "/invite @retune"),
    ],
)
async def test_what_is_wrong_is_said(slack: Slack, typed: str, heard: str):
    """With what to type instead."""
    assert heard in await slack.command(f"/stt-announce {typed}", user=GRACE)
    assert (await slack.world.timetable.now()).revision == ""


async def test_now_goes_to_the_channel_in_force(slack: Slack):
    """Also while scheduled announcements are off."""
    await ready(slack)
    slack.world.chat.rooms["CNEW"] = Room("CNEW", "new", member=True)
    await slack.command("/stt-announce in <#CNEW|new>", user=GRACE)
    await slack.command("/stt-announce off", user=GRACE)
    assert "Sent to <#CNEW>" in await slack.command("/stt-announce now", trigger="t1")
    assert [said.channel for said in roots(slack)] == ["CNEW"]


async def test_the_chart(slack: Slack):
    """Comes as a file by direct message, with words for those who do not see it; guests get none."""
    await slack.world.inventory.refresh()
    assert "direct messages" in await slack.command("/stt-announce chart", user=MEI)
    sent = slack.world.files.uploaded[0]
    assert (sent.channel, sent.name.endswith(".png")) == (MEI, True)
    assert "outdated" in sent.alt_text
    assert "Guests" in await slack.command("/stt-announce chart", user=GUS)


async def test_another_one_soon_after(slack: Slack):
    """Refused privately, with who sent the last one, when another can go, and what to do instead; later it goes."""
    await ready(slack)
    assert f"Sent to <#{CHANNEL}>" in await slack.command("/stt-announce now", user=GRACE)
    for again in (slack.command("/stt-announce now"), slack.click("announce:now", "now", user=MEI)):
        refused = await again
        assert f"<@{GRACE}>'s announcement went to <#{CHANNEL}> <!date^" in refused
        assert "Another one can go <!date^" in refused
        assert "`/stt-announce preview`" in refused
    assert len(roots(slack)) == 1
    slack.world.clock.advance(COOL_DOWN.total_seconds() - 1)
    assert "Another one can go" in await slack.command("/stt-announce now")
    slack.world.clock.advance(1)
    assert "Sent to" in await slack.click("announce:now", "now", user=MEI)
    assert len(roots(slack)) == 2


async def test_the_buttons_of_the_overview(slack: Slack):
    """Preview and Announce now, which asks before; guests hear why not."""
    await ready(slack)
    shown = await slack.command("/stt-announce")
    assert '"Announce now"' in shown
    assert '"confirm"' in shown
    assert "Only you see this preview" in await slack.click("announce:preview", "preview")
    assert "Guests" in await slack.click("announce:now", "now", user=GUS)
    assert slack.world.chat.said == []
