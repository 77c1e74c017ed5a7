"""Snooze, hold and End: the buttons, the form with its faults, the filter and the list."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain.authority import Person
from bot.domain.observations import REMOVED
from commands import door
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, GUS, MEI

REF = "stt/language/id-call-center-us"


def values(**over: Any) -> dict[str, Any]:
    """What the form sends: this model, until a date."""
    chosen = {"scope": "model", "until": "date", "date": "2026-12-03", "why": "retired in March", **over}
    return {
        "scope": {"v": {"type": "static_select", "selected_option": {"value": chosen["scope"]}}},
        "until": {"v": {"type": "radio_buttons", "selected_option": {"value": chosen["until"]}}},
        "date": {"v": {"type": "datepicker", "selected_date": chosen["date"]}},
        "why": {"v": {"type": "plain_text_input", "value": chosen["why"]}},
    }


def held(**over: Any) -> dict[str, Any]:
    """What the form of a hold sends: it has neither scope nor choice of an end."""
    sent = values(**over)
    return {"date": sent["date"], "why": sent["why"]}


async def form(slack: Slack, action: str = "snooze", user: str = ADA) -> tuple[str, Any]:
    await slack.world.inventory.refresh()
    await slack.click(action, REF, user=user)
    return list(slack.world.chat.views.items())[-1]


async def snoozed(slack: Slack, user: str = ADA, **over: Any) -> Any:
    view_id, view = await form(slack, user=user)
    return await slack.submit(view, values(**over), user=user, view_id=view_id)


async def test_snoozing_a_model(slack: Slack):
    """From the button to the line that everybody sees."""
    await slack.world.inventory.refresh()
    assert "Snooze…" in await slack.command("/stt-model call-center-us")
    answer = await snoozed(slack)
    assert answer["response_action"] == "update"
    assert "*call-center-us*" in str(answer["view"])
    shown = await slack.command("/stt-model call-center-us")
    assert "snoozed until 3 Dec 2026 by <@UADA>" in shown
    assert '"retired in March"' in shown
    assert "End snooze" in shown


async def test_a_current_model_offers_nothing_to_snooze(slack: Slack):
    """Announcements say nothing of it anyway."""
    await slack.world.inventory.refresh()
    shown = await slack.command("/stt-model support-desk-us")
    assert "Snooze…" not in shown
    assert "Hold…" not in shown


async def test_the_filter(slack: Slack):
    """`snoozed` shows those that a snooze speaks of, in a public list without pinging its author."""
    await snoozed(slack)
    listed = await slack.command("/stt-models snoozed public")
    assert "call-center-us" in listed
    assert "snoozed until 3 Dec 2026" in listed
    assert "UADA" not in listed
    assert "support-desk-us" not in listed


@pytest.mark.parametrize("scope", ["base", "instance"])
async def test_snoozing_more_than_a_model(slack: Slack, scope: str):
    """A base on all instances, or an instance: each of its models shows it."""
    await snoozed(slack, GRACE, scope=scope, until="version", date=None)
    assert "support-desk-us" in await slack.command("/stt-models snoozed")
    shown = await slack.command("/stt-model call-center-us")
    assert "until the next base version, at most until 21 Feb 2027 by <@UGRACE>" in shown
    assert ("on the base `en-US_NarrowbandModel`" if scope == "base" else "Everything on `stt`") in shown


@pytest.mark.parametrize(
    ("over", "faults"),
    [
        ({"date": "2026-11-23"}, {"date": "Choose a day after today, 23 Nov 2026."}),
        ({"date": None}, {"date": "Choose an end date."}),
        (
            {"date": "2099-01-01"},
            {"date": "Choose a day up to 21 Feb 2027, 90 days at most. You can set it again then."},
        ),
        ({"scope": "everything"}, {"scope": "Choose what to snooze."}),
        ({"why": "  "}, {"why": "Give a reason: the team reads it."}),
        (
            {"why": None, "date": "2020-01-01"},
            {
                "why": "Give a reason: the team reads it.",
                "date": "Choose a day after today, 23 Nov 2026.",
            },
        ),
    ],
)
async def test_faults_at_the_inputs(slack: Slack, over: dict[str, Any], faults: dict[str, str]):
    """All of them at once; nothing is kept."""
    assert await snoozed(slack, **over) == {"response_action": "errors", "errors": faults}
    assert slack.world.store.snoozes.in_force() == ()


async def test_a_hold(slack: Slack):
    """Its risk is said before in the words of the verdict; a date is required; the page shows both."""
    view_id, view = await form(slack, "hold")
    assert "probably return a warning" in str(view["blocks"])
    assert "scope" not in [block.get("block_id") for block in view["blocks"]]
    answer = await slack.submit(view, held(date=None), view_id=view_id)
    assert answer["errors"] == {"date": "Choose an end date."}
    await slack.submit(view, held(), view_id=view_id)
    shown = await slack.command("/stt-model call-center-us")
    assert "on hold until 3 Dec 2026 by <@UADA>" in shown
    assert "*Risk of holding:* Requests using it probably return a warning" in shown


async def test_guests_may_not(slack: Slack):
    """No form for a guest, and no snooze from one that was sent all the same."""
    guests = "Guests, bots and deactivated people can't"
    _, view = await form(slack)
    assert f"{guests} use Retune" in await slack.click("snooze", REF, user=GUS)
    assert f"{guests} use Retune" in await slack.click("hold", REF, user=GUS)
    assert guests in str((await slack.submit(view, values(), user=GUS))["view"])


async def test_somebody_elses_snooze(slack: Slack):
    """Who may not end it cannot replace it either; the fault says who can."""
    await snoozed(slack)
    _, view = list(slack.world.chat.views.items())[-1]
    answer = await slack.submit(view, values(), user=MEI, view_id="V9")
    assert "already snoozed until 3 Dec 2026" in answer["errors"]["why"]
    assert "Only its author or an approver" in answer["errors"]["why"]


async def test_a_model_that_is_gone(slack: Slack):
    """Deleted while the form was open, or before the button was pressed."""
    _, view = await form(slack)
    slack.world.store.fleet.gone(REF)
    assert "no longer known" in (await slack.submit(view, values()))["errors"]["why"]
    assert "no longer known" in await slack.click("snooze", REF)


async def test_ending(slack: Slack):
    """The list has a button each, with a question before; the wrong person hears who may, the second who was first."""
    assert "Nothing is snoozed" in await slack.command("/stt-announce snoozes")
    await snoozed(slack)
    assert "1 snooze in force" in await slack.command("/stt-announce")
    listed = await slack.command("/stt-announce snoozes")
    assert "End this snooze?" in listed
    assert "*call-center-us*" in listed
    assert "Only <@UADA> or <!subteam^SAPPROVE> can end this." in await slack.click("unsnooze:1", "1", user=MEI)
    assert " ended; it was by" in await slack.click("unsnooze:1", "1", user=GRACE)
    assert "<@UGRACE> has already ended it" in await slack.click("unsnooze:1", "1", user=ADA)
    assert "Nothing is snoozed" in await slack.command("/stt-announce snoozes")
    assert "snoozed until" not in await slack.command("/stt-model call-center-us")


async def test_an_ignored_customization_breaks_through(slack: Slack):
    """The page says that the snooze does not silence it."""
    slack.world.speech.warned["id-call-center-us"] = (f"{REMOVED}, …",)
    await slack.world.inventory.refresh()
    await slack.click("probe", REF)
    await snoozed(slack)
    assert "Still announced: its customization is already ignored" in await slack.command("/stt-model call-center-us")


async def test_slack_is_slow(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """A form waits only as long as Slack lets it."""
    view_id, view = await form(slack)

    async def never(user: str) -> Person:
        await asyncio.Event().wait()
        raise AssertionError

    slack.world.clock.advance(3)  # who somebody is serves a burst of clicks
    monkeypatch.setattr(door, "QUICK", 0.01)
    monkeypatch.setattr(slack.world.chat, "person", never)
    assert "Send this again" in (await slack.submit(view, values(), view_id=view_id))["errors"]["why"]


async def test_what_to_type(slack: Slack):
    """Another word hears all three."""
    assert "/stt-announce snoozes" in (await slack.command("/stt-announce soon"))
