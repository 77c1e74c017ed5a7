"""Times that people type are in their own time zone, as Slack tells it; the form and the refusal say in which."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.authority import Person
from bot.errors import ChatBusy
from tests.commands.conftest import Slack
from tests.world import ADA, MEI

REF = "stt/language/id-call-center-us"


async def at(slack: Slack, now: str, zone: str, user: str = ADA) -> None:
    """It is that moment, and Slack says that somebody lives there."""
    slack.world.chat.people[user] = Person(user, user.title(), "T1", zone=zone)
    slack.world.clock.at = datetime.fromisoformat(now)
    await slack.world.inventory.refresh()


def later(slack: Slack) -> dict[str, Any]:
    """The input for the start in the window that was opened last."""
    view = list(slack.world.chat.views.values())[-1]
    return next(block for block in view["blocks"] if block.get("block_id") == "later")


@pytest.mark.parametrize(
    ("typed", "zone", "now", "moment"),
    [
        ("22:00", "Europe/Stockholm", "2026-11-25T09:00Z", "2026-11-25T21:00Z"),
        ("08:00", "Europe/Stockholm", "2026-11-25T09:00Z", "2026-11-26T07:00Z"),
        ("tomorrow 22:00", "America/New_York", "2026-11-25T03:00Z", "2026-11-26T03:00Z"),
        ("today 23:30", "America/New_York", "2026-11-25T03:00Z", "2026-11-25T04:30Z"),
        ("07:00", "Asia/Kolkata", "2026-11-25T03:00Z", "2026-11-26T01:30Z"),
        ("02:30", "Europe/Berlin", "2027-03-27T20:00Z", "2027-03-28T01:30Z"),  # left out
        ("02:30", "Europe/Berlin", "2026-10-25T00:45Z", "2026-10-25T01:30Z"),  # comes twice: the second
        ("2026-11-26 22:00", "Pacific/Auckland", "2026-11-25T09:00Z", "2026-11-26T09:00Z"),
    ],
)
async def test_a_time_in_their_own_zone(slack: Slack, typed: str, zone: str, now: str, moment: str):
    """The form has the moment that they mean, and says in which zone it was read; RETUNE_TIMEZONE does not matter."""
    slack.world.requests.zone = ZoneInfo("Asia/Tokyo")
    await at(slack, now, zone)
    await slack.command(f"/stt-upgrade call-center-us at {typed}")
    assert later(slack)["element"]["initial_date_time"] == int(datetime.fromisoformat(moment).timestamp())
    assert f"read in {zone}, your time zone in Slack" in later(slack)["hint"]["text"]
    await slack.command(f"/stt-upgrade outdated at {typed}")
    assert later(slack)["element"]["initial_date_time"] == int(datetime.fromisoformat(moment).timestamp())


@pytest.mark.parametrize("typed", ["25:00", "9999-12-31 22:00", "2026-11-24 22:00", "2026-02-30 10:00", "@1", "@1e9"])
async def test_no_time(slack: Slack, typed: str):
    """What is no time to come is refused, with an example of their own day and the zone."""
    await at(slack, "2026-11-25T23:30Z", "Pacific/Auckland")
    said = await slack.command(f"/stt-upgrade call-center-us at {typed}")
    assert "isn't a valid future time" in said
    assert "at 2026-12-03 22:00; times are in Pacific/Auckland, your time zone in Slack." in said
    assert slack.world.chat.views == {}


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "localtime"])
async def test_without_a_zone_of_their_own(slack: Slack, zone: str):
    """The operator's zone is used, and both form and refusal say so."""
    slack.world.requests.zone = ZoneInfo("Europe/Berlin")
    await at(slack, "2026-11-25T09:00Z", zone)
    await slack.command("/stt-upgrade call-center-us at 22:00")
    expected = datetime.fromisoformat("2026-11-25T21:00Z")
    assert later(slack)["element"]["initial_date_time"] == int(expected.timestamp())
    for said in (later(slack)["hint"]["text"], await slack.command("/stt-upgrade call-center-us at 25:00")):
        assert "in Europe/Berlin (RETUNE_TIMEZONE), as Slack does not tell your time zone" in said


async def test_while_slack_does_not_say_who_that_is(slack: Slack):
    """A time is read all the same, by the operator's clock; who somebody is, the form finds out again."""
    await at(slack, "2026-11-25T09:00Z", "Europe/Berlin")
    assert (await slack.world.requests.zone_of(ADA)).told
    slack.world.chat.fail["person"] = [ChatBusy("busy")]
    slack.world.clock.advance(120)
    zone = await slack.world.requests.zone_of(ADA)
    assert (zone.info.key, zone.told) == ("UTC", False)


async def test_a_button_keeps_the_moment(slack: Slack):
    """Whoever presses it, wherever they are, and in an hour that comes twice: the moment that was typed."""
    await at(slack, "2026-10-25T00:45Z", "Europe/Berlin")
    slack.world.chat.people[MEI] = Person(MEI, "Mei", "T1", zone="Asia/Tokyo")
    event = {"type": "app_mention", "user": ADA, "channel": "CSPEECH", "ts": "1.2"}
    said = await slack.event({**event, "text": "<@UBOT> upgrade call-center-us at 02:30"})
    assert "Upgrade at 2026-10-25 02:30…" in said
    blocks = next(found for found in map(json.loads, said.splitlines()) if isinstance(found, list))
    (button,) = [one for block in blocks[1:] if block["type"] == "actions" for one in block["elements"]]
    for user in (ADA, MEI):
        await slack.press(button, user)
        moment = int(datetime.fromisoformat("2026-10-25T01:30Z").timestamp())
        assert later(slack)["element"]["initial_date_time"] == moment


async def test_a_snooze_ends_on_their_day(slack: Slack):
    """In Auckland it is tomorrow already: its first day to end on is the day after, and it ends when that begins."""
    await at(slack, "2026-11-25T23:30Z", "Pacific/Auckland")
    await slack.click("snooze", REF)
    view_id, view = list(slack.world.chat.views.items())[-1]
    picked = next(block["element"] for block in view["blocks"] if block.get("block_id") == "date")
    assert picked["initial_date"] == "2026-12-03"
    sent = {
        "scope": {"v": {"selected_option": {"value": "model"}}},
        "until": {"v": {"selected_option": {"value": "date"}}},
        "date": {"v": {"selected_date": "2026-11-26"}},
        "why": {"v": {"value": "retired soon"}},
    }
    wrong = await slack.submit(view, sent, view_id=view_id)
    assert "after today, 26 Nov 2026" in wrong["errors"]["date"]
    await slack.submit(view, {**sent, "date": {"v": {"selected_date": "2026-11-27"}}}, view_id=view_id)
    (made,) = await slack.world.snoozer.in_force()
    assert (made.until, made.over_at) == (date(2026, 11, 27), datetime.fromisoformat("2026-11-26T11:00Z"))
