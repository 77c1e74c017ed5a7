"""The owner of a model: button, form, its faults, clearing; and what the rules say meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.authority import Person
from bot.errors import ChatBusy, ChatError, ChatRefused
from bot.ports import Group
from sandbox.slack.blockkit import check_view
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, GUS, MEI, TOMAS

REF = "stt/language/id-call-center-us"
RULED = "stt/language/id-support-desk-us"


def values(person: str | None = None, group: str | None = None) -> dict[str, Any]:
    return {
        "user": {"v": {"type": "users_select", "selected_user": person}},
        "group": {"v": {"type": "plain_text_input", "value": group}},
    }


async def form(slack: Slack, ref: str = REF) -> tuple[str, Any]:
    await slack.world.inventory.refresh()
    await slack.click("owner", ref)
    return list(slack.world.chat.views.items())[-1]


async def saved(slack: Slack, person: str | None = None, group: str | None = None, ref: str = REF) -> Any:
    view_id, view = await form(slack, ref)
    return await slack.submit(view, values(person, group), view_id=view_id)


def audited(slack: Slack) -> list[tuple[str, str]]:
    return [(row["actor"], row["detail"]) for row in slack.world.store.audit.all() if row["action"] == "owner"]


async def test_a_person(slack: Slack):
    """Set with the button, shown on the page, kept with who said so."""
    await slack.world.inventory.refresh()
    before = await slack.command("/stt-model call-center-us")
    assert "Owner: nobody" in before
    assert "Owner…" in before
    assert "Owner: <@UMEI>" in str((await saved(slack, MEI))["view"])
    assert "Owner: <@UMEI> (set by <@UADA>)" in await slack.command("/stt-model call-center-us")
    await saved(slack, MEI)
    assert audited(slack) == [(ADA, MEI)]


async def test_a_group(slack: Slack):
    """By its id, or as Slack sends a mention."""
    await saved(slack, group=" S0SPEECH ")
    assert "Owner: <!subteam^S0SPEECH>" in await slack.command("/stt-model call-center-us")
    await saved(slack, group="<!subteam^S0OTHER|@other>")
    assert "Owner: <!subteam^S0OTHER>" in await slack.command("/stt-model call-center-us")


async def test_the_button_beats_the_rules(slack: Slack):
    """Until it is cleared: then the rule counts again."""
    await slack.world.inventory.refresh()
    assert "<!subteam^SAPPROVE> (by the rule `support-*`)" in await slack.command("/stt-model support-desk-us")
    await saved(slack, MEI, ref=RULED)
    owning, models = slack.world.owning, (await slack.world.inventory.judged()).snapshot.models
    assert {ref: owner.id for ref, owner in (await owning.owners_of(models)).items()} == {RULED: MEI}
    view_id, view = await form(slack, RULED)
    assert "Then the rule `support-*` counts again." in str(view)
    await slack.press(view["blocks"][1]["accessory"], GRACE, view={"id": view_id, "type": "modal"})
    assert "by the rule" in str(slack.world.chat.views[view_id])
    found = await owning.owner_of((await slack.world.inventory.find("support-desk-us")).model)
    assert found is not None
    assert (found.id, found.pattern) == ("SAPPROVE", "support-*")
    assert audited(slack) == [(ADA, MEI), (GRACE, f"none; was {MEI}")]


async def test_an_empty_form_clears(slack: Slack):
    """Nobody chosen: nobody."""
    await saved(slack, MEI)
    assert "Owner: nobody" in str((await saved(slack))["view"])
    await saved(slack)
    assert audited(slack) == [(ADA, MEI), (ADA, f"none; was {MEI}")]


async def test_changing_between_person_and_group(slack: Slack):
    """What stood in the form already and was left there is not meant any more."""
    await saved(slack, MEI)
    assert "<!subteam^S0SPEECH>" in str((await saved(slack, MEI, "S0SPEECH"))["view"])
    assert "<@UMEI>" in str((await saved(slack, MEI, "S0SPEECH"))["view"])
    answer = await saved(slack, TOMAS, "S0SPEECH")
    assert answer["errors"] == {"group": "Choose a person or a user group, not both."}


@pytest.mark.parametrize("group", ["@speech", "speech", "U0ADA", "<!channel>"])
async def test_what_is_no_group(slack: Slack, group: str):
    """Said at the input, with where to find the id; nothing is kept."""
    answer = await saved(slack, group=group)
    assert "Copy group ID" in answer["errors"]["group"]
    assert slack.world.store.owners.of(REF) is None


async def test_who_cannot_own(slack: Slack):
    """Bots, people who left, and ids that Slack does not know."""
    people = slack.world.chat.people
    people["UBOT2"] = Person("UBOT2", "bot", "T1", is_bot=True)
    people["ULEFT"] = replace(people[GRACE], id="ULEFT", deactivated=True)
    for one in ("UBOT2", "ULEFT"):
        assert "Choose somebody else" in (await saved(slack, one))["errors"]["user"]
    view_id, view = await form(slack)
    people["UNOBODY"] = Person("UNOBODY", "UNOBODY", "")
    answer = await slack.submit(view, values("UNOBODY"), view_id=view_id)
    assert "Choose somebody else" in answer["errors"]["user"]
    assert audited(slack) == []


async def test_guests_may_not(slack: Slack):
    """No form for a guest, and nothing kept from one that was sent all the same. A guest can own a model."""
    _, view = await form(slack)
    assert "Guests, bots and deactivated people can't use Retune" in await slack.click("owner", REF, user=GUS)
    assert "Guests, bots" in str((await slack.submit(view, values(MEI), user=GUS))["view"])
    await saved(slack, GUS)
    assert audited(slack) == [(ADA, GUS)]


async def test_a_model_that_is_gone(slack: Slack):
    """Deleted while the form was open, or before the button was pressed."""
    _, view = await form(slack)
    slack.world.store.fleet.gone(REF)
    assert "no longer known" in (await slack.submit(view, values(MEI)))["errors"]["user"]
    assert "no longer known" in await slack.click("owner", REF)
    assert "form is closed" in await slack.click("disown", REF)


def of_group(view: Any) -> Any:
    """The input for a group, in a form that Slack takes."""
    assert check_view(view) == []
    return next((block for block in view["blocks"] if block.get("block_id") == "group"), None)


def picked(group: str) -> dict[str, Any]:
    option = {"text": {"type": "plain_text", "text": "x"}, "value": group}
    chosen = {"type": "static_select", "selected_option": option}
    return {"user": {"v": {"type": "users_select", "selected_user": None}}, "group": {"v": chosen}}


async def test_a_group_is_picked_by_name(slack: Slack):
    """From a menu of those that there are; it stands there the next time."""
    slack.world.chat.user_groups = (Group("SB", "billing", "Billing"), Group("SA", "speech", "a Speech team"))
    view_id, view = await form(slack)
    menu = of_group(view)["element"]
    assert [(one["text"]["text"], one["description"]["text"]) for one in menu["options"]] == [
        ("a Speech team", "@speech"),
        ("Billing", "@billing"),
    ]
    assert "<!subteam^SA>" in str(await slack.submit(view, picked("SA"), view_id=view_id))
    _, view = await form(slack)
    assert of_group(view)["element"]["initial_option"] == menu["options"][0]


async def test_a_group_that_no_menu_offers(slack: Slack):
    """A choice that was forged, or of a group that was disabled meanwhile, is refused; what owns it already stays."""
    view_id, view = await form(slack)
    answer = await slack.submit(view, picked("S0FORGED"), view_id=view_id)
    assert "Choose another" in answer["errors"]["group"]
    assert slack.world.store.owners.of(REF) is None
    await saved(slack, group="S0OLD")
    view_id, view = await form(slack)
    assert "<!subteam^S0OLD>" in str(await slack.submit(view, picked("S0OLD"), view_id=view_id))


async def test_very_many_groups(slack: Slack):
    """The menu is searched while somebody types, by name and by handle."""
    slack.world.chat.user_groups = tuple(Group(f"S{n:03}", f"team-{n}", f"Group {n:03}") for n in range(250))
    _, view = await form(slack)
    assert of_group(view)["element"]["type"] == "external_select"
    for typed in ("", "group"):
        assert len((await slack.look_up(typed, block="group"))["options"]) == 100
    for typed in ("roup 249", "@team-249", "TEAM-249"):
        found = await slack.look_up(typed, block="group")
        assert [one["value"] for one in found["options"]] == ["S249"]
    assert await slack.look_up("nothing like it", block="group") == {"options": []}
    assert await slack.look_up("group", block="group", user=GUS) == {"options": []}
    assert slack.world.chat.calls.count("groups") == 1


async def test_a_group_that_is_not_in_use_any_more(slack: Slack):
    """The form shows it all the same; where there are no groups there is nothing to choose."""
    await saved(slack, group="S0OLD")
    _, view = await form(slack)
    assert of_group(view)["element"]["initial_option"]["value"] == "S0OLD"
    await saved(slack)
    slack.world.chat.user_groups = ()
    slack.world.clock.advance(601)
    _, view = await form(slack)
    assert of_group(view) is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ChatRefused("no", code="missing_scope"), "needs the scope usergroups:read. Install the app again"),
        (ChatBusy("Slack asks to wait."), "Slack does not list the groups just now: Slack asks to wait."),
    ],
)
async def test_groups_that_slack_does_not_list(slack: Slack, fault: ChatError, said: str):
    """Why, and what to do; an id can be typed."""
    await slack.world.inventory.refresh()
    slack.world.chat.fail["groups"] = [fault]
    _, view = await form(slack)
    shown = of_group(view)
    assert (shown["element"]["type"], said in shown["hint"]["text"]) == ("plain_text_input", True)
    assert "<!subteam^S0SPEECH>" in str(await saved(slack, group="S0SPEECH"))
