"""`/stt-upgrade outdated` as people use it: the form, the card, the buttons, the wrong people."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.domain.campaigns import CampaignState
from bot.domain.verdicts import Verdict
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, GUS, MEI, NEW, OLD, model


async def opened(slack: Slack, text: str = "/stt-upgrade outdated", user: str = ADA) -> tuple[str, Any]:
    """Somebody typed the command; the window that is open then."""
    for number in range(12):
        slack.world.speech.add(model(f"m{number:02}"))
    slack.world.speech.add(model("busy-one", status="upgrading"))
    slack.world.speech.add(model("german", base="de-DE_NarrowbandModel", language="de-DE", versions=None))
    await slack.world.inventory.refresh()
    await slack.command(text, user=user)
    return list(slack.world.chat.views.items())[-1]


def marks(view: Any) -> dict[str, Any]:
    """What Slack sends when nobody changed a mark."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input" and block["element"]["type"] == "checkboxes":
            chosen = block["element"]["initial_options"]
            values[block["block_id"]] = {"v": {"type": "checkboxes", "selected_options": chosen}}
    return values


async def asked(slack: Slack) -> int:
    """Ada asks for all of them."""
    view_id, view = await opened(slack)
    values = {**marks(view), "why": {"v": {"type": "plain_text_input", "value": "new base model"}}}
    assert await slack.submit(view, values, view_id=view_id) is None
    return slack.world.store.campaigns.open()[-1].id


def value(slack: Slack, number: int) -> str:
    campaign = slack.world.store.campaigns.get(number)
    assert campaign is not None
    return f"{number}:{campaign.digest}"


async def test_the_form(slack: Slack):
    """Every outdated model has a mark that is set; it says what goes first and that it cannot be undone."""
    _, view = await opened(slack)
    groups = [block for block in view["blocks"] if block.get("element", {}).get("type") == "checkboxes"]
    assert [len(block["element"]["options"]) for block in groups] == [10, 3]
    assert all(block["element"]["options"] == block["element"]["initial_options"] for block in groups)
    assert "v2018-07-31 → v2020-01-16" in json.dumps(groups[0], ensure_ascii=False)
    assert "cannot be undone" in json.dumps(view["blocks"])


async def test_those_that_cannot_are_listed_with_the_reason(slack: Slack):
    """A model that another request has, and one with no data, are named with what stands in the way."""
    await slack.world.inventory.refresh()
    await slack.world.asked()
    _, view = await opened(slack)
    text = json.dumps(view["blocks"], ensure_ascii=False)
    assert "Not in it" in text
    assert "It is in request 1 already" in text


async def test_filters(slack: Slack):
    """Words after it narrow it as in `/stt-models`; nothing that fits says so."""
    _, view = await opened(slack, "/stt-upgrade outdated m0")
    assert sum(len(found["v"]["selected_options"]) for found in marks(view).values()) == 10
    assert "is outdated" in await slack.command("/stt-upgrade outdated zebra")


async def test_the_card(slack: Slack):
    """One card with a line for each model; Approve names them and says that it cannot be undone."""
    number = await asked(slack)
    card = slack.world.chat.keyed(f"campaign:{number}:card")
    assert card.buttons == ["Approve", "Reject"]
    text = json.dumps(card.message.blocks, ensure_ascii=False)
    for part in ("13 models", "m00", "m11", "call-center-us", "to come", "new base model", "cannot be undone"):
        assert part in text
    assert len(slack.world.chat.said) == 1


async def test_one_unmarked_stays_as_it_is(slack: Slack):
    """What was unmarked is not in it."""
    view_id, view = await opened(slack)
    values = marks(view)
    values["models:0"]["v"]["selected_options"] = values["models:0"]["v"]["selected_options"][:1]
    values["models:10"]["v"]["selected_options"] = []
    await slack.submit(view, values, view_id=view_id)
    assert len(slack.world.store.campaigns.open()[0].runs) == 1


async def test_faults_are_shown_at_the_form(slack: Slack):
    """No mark at all; a moment that is over; a guest; a form that is too old."""
    view_id, view = await opened(slack)
    empty = {key: {"v": {"type": "checkboxes", "selected_options": []}} for key in marks(view)}
    assert "at least one" in str(await slack.submit(view, empty, view_id=view_id))
    past = {**marks(view), "later": {"v": {"type": "datetimepicker", "selected_date_time": 1000000000}}}
    assert "over already" in str(await slack.submit(view, past, view_id=view_id))
    assert "Guests" in str(await slack.submit(view, marks(view), user=GUS, view_id=view_id))
    old = json.loads(json.dumps(marks(view)))
    old["models:0"]["v"]["selected_options"][0]["value"] = "stt/language/x 0000"
    assert "too old" in str(await slack.submit(view, old, view_id=view_id))
    assert slack.world.store.campaigns.open() == ()


async def test_a_guest_gets_no_form(slack: Slack):
    """The window says who may ask."""
    _, view = await opened(slack, user=GUS)
    assert "Guests and bots cannot ask" in json.dumps(view)


async def test_deciding(slack: Slack):
    """The wrong people hear why; Reject asks why; the second click hears who was first."""
    number = await asked(slack)
    assert "may not decide" in await slack.click("campaign-approve", value(slack, number), user=MEI)
    assert "asked for this campaign yourself" in await slack.click("campaign-approve", value(slack, number), user=ADA)
    assert "may not decide" in await slack.click("campaign-reject", value(slack, number), user=MEI)
    await slack.click("campaign-reject", value(slack, number), user=GRACE)
    view = list(slack.world.chat.views.values())[-1]
    assert view["callback_id"] == "campaign-reject"
    assert await slack.click("campaign-approve", value(slack, number), user=GRACE) == ""
    assert slack.world.store.campaigns.open()[0].state is CampaignState.RUNNING
    assert "Already approved by <@UGRACE>" in await slack.click("campaign-approve", value(slack, number), user=GRACE)
    late = await slack.submit(view, {"why": {"v": {"type": "plain_text_input", "value": "no"}}}, user=GRACE)
    assert "Already approved" in str(late)


async def test_details_offer_what_a_person_may_do(slack: Slack):
    """The requester can withdraw, an approver drop what has not begun; others only read."""
    number = await asked(slack)

    async def buttons(user: str) -> list[str]:
        await slack.click("campaign-details", str(number), user=user)
        view = list(slack.world.chat.views.values())[-1]
        rows = [block for block in view["blocks"] if block["type"] == "actions"]
        return [element["text"]["text"] for row in rows for element in row["elements"]]

    assert await buttons(ADA) == ["Withdraw"]
    assert await buttons(MEI) == []
    assert await buttons(GRACE) == []
    await slack.click("campaign-approve", value(slack, number), user=GRACE)
    assert await buttons(GRACE) == ["Drop the rest"]
    assert await buttons(ADA) == []
    assert await slack.click("campaign-wish:drop", f"drop {number}", user=GRACE) == ""
    assert slack.world.store.campaigns.open() == ()


async def test_app_home_has_it(slack: Slack):
    """An approver finds it under what waits for them, with the card's buttons; the requester finds it too."""
    number = await asked(slack)
    for user, expected in ((GRACE, True), (ADA, True)):
        await slack.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"})
        home = json.dumps(slack.world.chat.homes[user], ensure_ascii=False)
        assert (f"campaign {number}" in home) is expected
    blocks = slack.world.chat.homes[GRACE]["blocks"]
    waiting = [block for block in blocks if block.get("block_id") == f"campaign:{number}"]
    assert [element["text"]["text"] for element in waiting[0]["elements"]] == ["Approve", "Reject"]


async def test_a_mention_cannot_open_the_form(slack: Slack):
    """It says what to type."""
    await opened(slack)
    said = await slack.event(
        {"type": "app_mention", "user": ADA, "text": "<@UBOT> upgrade outdated", "channel": "CSPEECH", "ts": "1.2"}
    )
    assert "Type /stt-upgrade outdated" in said


async def test_all_current(slack: Slack):
    """Nothing to do is said at once."""
    one = slack.world.speech.kept["id-call-center-us"]
    slack.world.speech.kept["id-call-center-us"] = replace(one, versions=(OLD, NEW))
    await slack.world.inventory.refresh()
    assert all(j.verdict is Verdict.CURRENT for j in slack.world.inventory.judged_now().judgements)
    assert "No custom model is outdated" in await slack.command("/stt-upgrade outdated")
