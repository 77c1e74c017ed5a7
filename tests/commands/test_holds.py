"""Holds where people meet them: the form, the window for who may not, the card, its question, Details, App Home."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.fleet import Holdings
from bot.domain.requests import RequestState
from sandbox.slack.blockkit import check_blocks, check_view
from tests.commands.conftest import Slack
from tests.fakes import FakeSpeech
from tests.world import ADA, GRACE, MEI, NEW, OLD, TOMAS, World, model, quotes

REF = "stt/language/id-call-center-us"
WHY = {"why": {"v": {"type": "plain_text_input", "value": "the audit is over"}}}


async def hold(slack: Slack, ref: str = REF, user: str = MEI, why: str = "the regulator tests it") -> int:
    """Somebody puts a model on hold by the form; its number."""
    await slack.world.inventory.refresh()
    await slack.click("hold", ref, user=user)
    view_id, view = last(slack)
    values = {
        "date": {"v": {"type": "datepicker", "selected_date": "2026-12-03"}},
        "why": {"v": {"type": "plain_text_input", "value": why}},
    }
    answer = await slack.submit(view, values, user=user, view_id=view_id)
    assert answer["response_action"] == "update", answer
    return slack.world.store.snoozes.holds()[-1].id


def last(slack: Slack) -> tuple[str, Any]:
    """The window that was opened or changed last."""
    return list(slack.world.chat.views.items())[-1]


def text(view: Any) -> str:
    return json.dumps(view["blocks"], ensure_ascii=False)


def holds(slack: Slack) -> list[int]:
    return [one.id for one in slack.world.store.snoozes.holds()]


def buttons(blocks: Any) -> list[Any]:
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


async def set_owner(slack: Slack, owner: str = TOMAS) -> None:
    slack.world.store.owners.assign(REF, owner, ADA, slack.world.clock.now())


@pytest.mark.parametrize("user", [MEI, GRACE])
async def test_who_may_end_it(slack: Slack, user: str):
    """The author, or an approver: the form has the hold and the owner on top, and says what sending it does."""
    await set_owner(slack)
    number = await hold(slack)
    await slack.command("/stt-upgrade call-center-us", user=user)
    view_id, view = last(slack)
    assert check_view(view) == []
    assert view["submit"]["text"] == "End hold and request"
    top = view["blocks"][0]["text"]["text"]
    assert f"`call-center-us` is *on hold* until 3 Dec 2026 by <@{MEI}>." in top
    assert quotes(view["blocks"]) == {
        f"Reason for the hold on call-center-us, from <@{MEI}>:": "the regulator tests it"
    }
    assert f"Owner: <@{TOMAS}>" in top
    assert holds(slack) == [number]
    for _ in range(2):  # sent twice: one request
        assert await slack.submit(view, WHY, user=user, view_id=view_id) is None
    assert holds(slack) == []
    (request,) = slack.world.store.requests.in_state(RequestState.OPEN)
    card = slack.world.chat.keyed(f"request:{request.id}:card").message
    assert check_blocks(list(card.blocks), "message") == []
    name = slack.world.chat.people[user].name if user in slack.world.chat.people else user
    said = f"Hold by {MEI} until 3 Dec 2026. Ended by {name} for this request."
    assert said in str(card.blocks)
    assert "owner Utomas" in str(card.blocks)
    assert f"<@{TOMAS}>" not in str(card.blocks)
    await slack.click("details", str(request.id))
    assert said in text(last(slack)[1])
    assert f"owner <@{TOMAS}>" in text(last(slack)[1])
    assert f"ended for a request: request {request.id}" in [row["detail"] for row in slack.world.store.audit.all()]


async def test_who_may_not_end_it(slack: Slack):
    """No form: the hold, its owner, and who can end it. The button of an announcement is no way around it."""
    await set_owner(slack)
    await hold(slack)
    for act in (lambda: slack.command("/stt-upgrade call-center-us"), lambda: slack.click("ask", REF)):
        await act()
        _, view = last(slack)
        assert check_view(view) == []
        assert "submit" not in view
        assert f"until 3 Dec 2026 by <@{MEI}>. Owner: <@{TOMAS}>" in text(view)
        assert "the regulator tests it" in quotes(view["blocks"]).values()
        assert f"<@{MEI}> or <!subteam^SAPPROVE> can end it: *End hold* on `/stt-model call-center-us`" in text(view)


async def test_a_training_of_what_is_on_hold(slack: Slack):
    """The same for the button that asks for a training: of a model on a retired base, for example."""
    slack.world.speech.kept["id-call-center-us"] = model(status="ready")
    slack.world.speech.served = {"another"}
    await hold(slack)
    await slack.click("train", REF)
    assert "submit" not in last(slack)[1]
    assert "`call-center-us` is *on hold*" in text(last(slack)[1])
    await slack.click("train", REF, user=MEI)
    assert last(slack)[1]["submit"]["text"] == "End hold and request"


async def test_set_while_the_form_is_open(slack: Slack):
    """Sending it ends nothing that it did not show: said at the input, and nothing is written."""
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade call-center-us", user=GRACE)
    view_id, view = last(slack)
    number = await hold(slack)
    answer = await slack.submit(view, WHY, user=GRACE, view_id=view_id)
    assert "is on hold until 3 Dec 2026" in answer["errors"]["why"]
    assert holds(slack) == [number]
    assert slack.world.store.requests.live() == ()


async def test_no_approver_any_more(slack: Slack):
    """Who may end it is judged again when the form is sent."""
    number = await hold(slack)
    await slack.command("/stt-upgrade call-center-us", user=GRACE)
    view_id, view = last(slack)
    del slack.world.chat.people[GRACE]
    slack.world.clock.advance(3)
    answer = await slack.submit(view, WHY, user=GRACE, view_id=view_id)
    assert "Only its author or an approver of stt can end that" in answer["errors"]["why"]
    assert holds(slack) == [number]


async def test_the_language_model_of_an_acoustic_model(slack: Slack):
    """It is changed for good with it: the form shows its hold and ends it."""
    slack.world.speech.add(model("terms"))
    slack.world.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
    await slack.world.inventory.refresh()
    await slack.world.requests.link("stt/acoustic/id-booth", "id-terms", ADA)
    await hold(slack, "stt/language/id-terms")
    await slack.command("/stt-upgrade booth")
    assert "submit" not in last(slack)[1]
    assert "`terms` is *on hold*" in text(last(slack)[1])
    await slack.command("/stt-upgrade booth", user=MEI)
    view_id, view = last(slack)
    assert view["submit"]["text"] == "End hold and request"
    assert await slack.submit(view, WHY, user=MEI, view_id=view_id) is None
    assert holds(slack) == []


async def test_the_link_form_leads_to_the_hold(slack: Slack):
    """Saying what a model was trained with is no way around its hold."""
    slack.world.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
    await hold(slack, "stt/acoustic/id-booth")
    await slack.command("/stt-upgrade booth")
    view_id, view = last(slack)
    chosen = {"language": {"v": {"type": "static_select", "selected_option": {"value": "none"}}}}
    await slack.submit(view, chosen, view_id=view_id)
    assert "`booth` is *on hold*" in text(slack.world.chat.views[view_id])
    assert "submit" not in slack.world.chat.views[view_id]


async def test_the_question_of_approve(slack: Slack):
    """Our words first, then the hold, in 300 characters however long everything is; the click is refused, privately."""
    await set_owner(slack)
    request = await slack.world.asked()
    await hold(slack, why="because " * 30)
    await slack.world.ring(after=5)
    card = slack.world.chat.keyed(f"request:{request.id}:card").message
    assert check_blocks(list(card.blocks), "message") == []
    asks = buttons(card.blocks)[0]["confirm"]["text"]["text"]
    assert asks.startswith("This cannot be undone. call-center-us is on hold until 3 Dec 2026 by UMEI, owner Utomas.")
    assert "because" not in asks
    assert asks.endswith("call-center-us: v2018-07-31 → v2020-01-16.")
    assert len(asks) <= 300
    answer = await slack.press(buttons(card.blocks)[0], user=GRACE)
    assert "It can't be approved: everything in it is on hold." in answer
    assert f"<@{MEI}> or <!subteam^SAPPROVE> can end it" in answer
    assert slack.world.request(request.id).state is RequestState.OPEN
    await slack.click("details", str(request.id), user=GRACE)
    assert check_view(last(slack)[1]) == []
    assert f"is *on hold* until 3 Dec 2026 by <@{MEI}>" in text(last(slack)[1])
    await slack.event({"type": "app_home_opened", "user": GRACE, "tab": "home", "channel": "D1"})
    home = slack.world.chat.homes[GRACE]
    assert "is on hold until 3 Dec 2026 by UMEI, owner Utomas" in str(buttons(home["blocks"])[0]["confirm"])
    await slack.press(buttons(home["blocks"])[0], user=GRACE, view={"id": "V9", "type": "home"})
    assert slack.world.request(request.id).state is RequestState.OPEN


async def test_a_hold_ended_with_its_button(slack: Slack):
    """The card of what waits is told at once, and can be approved."""
    request = await slack.world.asked()
    number = await hold(slack)
    card = slack.world.chat.keyed(f"request:{request.id}:card")
    assert "on hold" in str(card.message.blocks)
    assert " ended; it was by" in await slack.click(f"unsnooze:{number}", str(number), user=MEI)
    slack.world.clock.advance(4)
    await slack.world.teller.tell(request.id)
    assert "on hold" not in str(card.message.blocks)
    assert await slack.press(buttons(card.message.blocks)[0], user=GRACE) == ""
    assert slack.world.request(request.id).state is RequestState.SCHEDULED


async def several(slack: Slack, user: str) -> tuple[str, Any]:
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade outdated", user=user)
    return last(slack)


def boxes(view: Any) -> dict[str, Any]:
    """The option of each model, and whether it is ticked at first."""
    found = {}
    for block in view["blocks"]:
        if block.get("element", {}).get("type") == "checkboxes":
            ticked = [option["value"] for option in block["element"].get("initial_options", [])]
            for option in block["element"]["options"]:
                found[option["text"]["text"].partition(" · ")[0]] = (option, option["value"] in ticked)
    return found


def tick(*options: Any) -> dict[str, Any]:
    return {"models:0": {"v": {"type": "checkboxes", "selected_options": list(options)}}, **WHY}


async def test_several_with_one_on_hold(slack: Slack):
    """Unticked for who may end it, with until when and by whom; ticked all the same, its hold is ended."""
    slack.world.speech.add(model("a"))
    number = await hold(slack)
    view_id, view = await several(slack, GRACE)
    assert check_view(view) == []
    found = boxes(view)
    assert [(name, ticked) for name, (_, ticked) in found.items()] == [("a", True), ("call-center-us", False)]
    held = found["call-center-us"][0]
    assert held["description"]["text"].startswith("on hold until 3 Dec 2026 by UMEI")
    assert "Ticking one ends its hold when you send this" in text(view)
    assert await slack.submit(view, tick(found["a"][0]), user=GRACE, view_id=view_id) is None
    assert holds(slack) == [number]
    slack.world.speech.add(model("b"))
    view_id, view = await several(slack, GRACE)
    found = boxes(view)
    sent = tick(found["b"][0], found["call-center-us"][0])
    assert await slack.submit(view, sent, user=GRACE, view_id=view_id) is None
    assert holds(slack) == []
    request = slack.world.store.requests.live()[-1]
    assert "Ended by Ugrace for this request" in str(slack.world.chat.keyed(f"request:{request.id}:card").message)


async def test_several_all_on_hold(slack: Slack):
    """Nothing is ticked, and Slack takes the form."""
    await hold(slack)
    _, view = await several(slack, MEI)
    assert check_view(view) == []
    assert [ticked for _, ticked in boxes(view).values()] == [False]


async def test_several_for_who_may_not_end_it(slack: Slack):
    """Left out with the reason; a tick that the form did not offer is refused at that input."""
    slack.world.speech.add(model("a"))
    number = await hold(slack)
    view_id, view = await several(slack, ADA)
    assert list(boxes(view)) == ["a"]
    assert "Left out" in text(view)
    assert f"on hold until 3 Dec 2026 by <@{MEI}>" in text(view)
    _, theirs = await several(slack, MEI)
    forged = tick(boxes(view)["a"][0], boxes(theirs)["call-center-us"][0])
    answer = await slack.submit(view, forged, view_id=view_id)
    assert "call-center-us is on hold until 3 Dec 2026" in answer["errors"]["models:0"]
    stolen = {**view, "private_metadata": theirs["private_metadata"]}
    answer = await slack.submit(stolen, forged, view_id=view_id)
    assert "Only its author or an approver of stt can end that" in answer["errors"]["models:0"]
    assert holds(slack) == [number]
    assert slack.world.store.requests.live() == ()


@pytest.fixture
def crossed(world: World) -> FakeSpeech:
    """A second instance, on which Tomas approves and Grace does not; on the first it is the other way round."""
    prod = FakeSpeech("prod", world.clock, latest={"en-US_NarrowbandModel": NEW})
    world.rebuild(services={"stt": world.speech, "prod": prod})
    for name, user in (("stt", GRACE), ("prod", TOMAS)):
        world.policies[name] = type(world.policies[name])((user,), 1, False, 86400.0)
    prod.add(model("sibling", instance="prod", id="s-prod", versions=(OLD, NEW)))
    prod.add(model("prod-model", instance="prod", id="p"))
    return prod


async def test_crossed_rights(crossed: FakeSpeech, slack: Slack):
    """Each may end only the holds of the own instance, in one form over both."""
    await hold(slack)
    await hold(slack, "prod/language/p")
    for user, mine in ((GRACE, "call-center-us"), (TOMAS, "prod-model")):
        _, view = await several(slack, user)
        assert list(boxes(view)) == [mine]
        assert "Left out" in text(view)
    await slack.command("/stt-upgrade prod-model", user=GRACE)
    assert f"<@{MEI}> or <@{TOMAS}> can end it" in text(last(slack)[1])
