"""What people see and press of an unclear request, of a doubtful instance, and of records that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.fleet import Holdings
from bot.errors import OutcomeUnknown, ServiceUnavailable
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, World, model

LOST = OutcomeUnknown("503", instance="stt", status=503)


async def unclear(world: World, *names: str) -> int:
    for name in names[1:]:
        world.speech.add(model(name), Holdings(corpora=1))
    request = await world.approved(*names)
    world.speech.fail["begin"] = [LOST, LOST]
    await world.ring()
    for _ in range(16):
        await world.ring(after=10)
    return request.id


def buttons(blocks: Any) -> dict[str, Any]:
    """The buttons of a view or message by their texts."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return {element["text"]["text"]: element for row in rows for element in row if element["type"] == "button"}


@pytest.mark.parametrize("names", [("call-center-us",), ("call-center-us", "other")])
async def test_the_same_buttons_in_thread_card_and_details(slack: Slack, names: tuple[str, ...]):
    """Thread and card show both to everybody; Details shows them to those who may press them."""
    world = slack.world
    id = await unclear(world, *names)
    run = world.request(id).first.id
    (thread,) = [said for said in world.chat.said if said.key.startswith(f"request:{id}:unclear:")]
    card = world.chat.keyed(f"request:{id}:card")
    wanted = {"Send again…": f"send-again {id}.{run}", "Mark as failed": f"mark-as-failed {id}.{run}"}
    for blocks in (thread.message.blocks, card.message.blocks):
        found = buttons(blocks)
        assert {text: found[text]["value"] for text in wanted} == wanted
        assert "approval" in found["Send again…"]["confirm"]["text"]["text"]
    await slack.click("details", str(id), user=GRACE)
    assert wanted.keys() <= buttons(list(world.chat.views.values())[-1]["blocks"]).keys()
    await slack.click("details", str(id), user=ADA)
    assert not wanted.keys() & buttons(list(world.chat.views.values())[-1]["blocks"]).keys()
    await slack.click("wish:send-again", wanted["Send again…"], user=GRACE)
    await world.ring(after=1)
    assert len(world.speech.begun) == 1
    assert not wanted.keys() & set(world.chat.keyed(f"request:{id}:card").buttons)


async def test_it_is_right(slack: Slack):
    """Only what was shown counts; whoever comes late hears that there is nothing to decide."""
    world = slack.world
    await world.inventory.refresh()
    kept, world.speech.kept = world.speech.kept, {}
    for after in (0, 60, 120):
        world.clock.advance(after)
        await world.inventory.refresh()
    doubt = world.store.fleet.one("stt").doubt
    assert doubt is not None
    assert "Only" in await slack.click("accept", f"{doubt.shape} stt", user=ADA)
    assert "lists something else by now" in await slack.click("accept", "another stt", user=GRACE)
    world.speech.fail["models"] = [ServiceUnavailable("down", instance="stt")] * 2
    assert "does not answer" in await slack.click("accept", f"{doubt.shape} stt", user=GRACE)
    world.speech.fail.clear()
    assert "no longer configured" in await slack.click("accept", f"{doubt.shape} gone", user=GRACE)
    assert world.store.fleet.one("stt").models
    assert "is shown as it is now" in await slack.click("accept", f"{doubt.shape} stt", user=GRACE)
    assert not world.store.fleet.one("stt").models
    world.speech.kept = kept
    await world.inventory.refresh()
    assert "nothing is to be decided" in await slack.click("accept", f"{doubt.shape} stt", user=GRACE)


async def test_unreadable_records_are_counted(slack: Slack):
    """Below the list, with their ids; nothing of an id does anything."""
    world = slack.world
    world.speech.add(model("odd", id="<!channel> `odd`"))
    world.speech.odd = {"<!channel> `odd`"}
    await world.inventory.refresh()
    said = await slack.command("/stt-models")
    assert "call-center-us" in said
    assert "1 record unreadable" in said
    assert "<!channel>" not in said
