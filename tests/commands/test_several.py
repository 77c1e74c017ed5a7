"""`/stt-upgrade outdated` as people use it: the form, the card, the buttons, the wrong people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.fleet import Holdings
from bot.domain.requests import Request, RequestState
from bot.domain.runs import RunState
from bot.domain.verdicts import Verdict
from sandbox.slack.blockkit import check_blocks, check_view
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, GUS, MEI, NEW, OLD, TOMAS, model

WHY = {"why": {"v": {"type": "plain_text_input", "value": "new base model"}}}


def window(slack: Slack) -> tuple[str, Any]:
    """The window that was opened or changed last."""
    return list(slack.world.chat.views.items())[-1]


async def opened(slack: Slack, text: str = "/stt-upgrade outdated", user: str = ADA) -> tuple[str, Any]:
    """Somebody typed the command; the window that is open then."""
    for number in range(12):
        slack.world.speech.add(model(f"m{number:02}"))
    slack.world.speech.add(model("busy-one", status="upgrading"))
    slack.world.speech.add(model("german", base="de-DE_NarrowbandModel", language="de-DE", versions=None))
    await slack.world.inventory.refresh()
    await slack.command(text, user=user)
    return window(slack)


def marks(view: Any) -> dict[str, Any]:
    """What Slack sends when nobody changed a mark."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input" and block["element"]["type"] == "checkboxes":
            chosen = block["element"]["initial_options"]
            values[block["block_id"]] = {"v": {"type": "checkboxes", "selected_options": chosen}}
    return values


def open_requests(slack: Slack) -> tuple[Request, ...]:
    return slack.world.store.requests.in_state(RequestState.OPEN)


async def sent(slack: Slack, view_id: str, view: Any) -> int:
    """Ada sends the form as it is; the request that came of it."""
    assert await slack.submit(view, {**marks(view), **WHY}, view_id=view_id) is None
    return open_requests(slack)[-1].id


async def asked(slack: Slack) -> int:
    """Ada asks for all of them."""
    return await sent(slack, *await opened(slack))


async def few(slack: Slack) -> int:
    """Ada asks for four: `a` holds the least and goes first."""
    for number, name in enumerate(("a", "b", "c")):
        slack.world.speech.add(model(name), Holdings(corpora=1, words=number + 1))
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade outdated")
    return await sent(slack, *window(slack))


def buttons(blocks: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The buttons of a message or a view by what a screen reader says of them, in their order."""
    found = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return {element.get("accessibility_label", element["text"]["text"]): element for element in found}


def on_card(slack: Slack, number: int) -> dict[str, Mapping[str, Any]]:
    """The buttons of a request's card: first Approve, then Reject."""
    blocks = slack.world.chat.keyed(f"request:{number}:card").message.blocks
    assert check_blocks(list(blocks), "message") == []
    return buttons(blocks)


async def details(slack: Slack, number: int, user: str) -> tuple[str, Any]:
    """Somebody presses Details on the card."""
    card = slack.world.chat.keyed(f"request:{number}:card")
    (accessory,) = [block["accessory"] for block in card.message.blocks if "accessory" in block]
    assert await slack.press(accessory, user=user)
    view_id, view = window(slack)
    assert check_view(view) == []
    return view_id, view


async def approved(slack: Slack, number: int) -> None:
    """Grace presses Approve; the first model is asked for."""
    assert await slack.press(next(iter(on_card(slack, number).values())), user=GRACE) == ""
    await slack.world.ring(after=4)
    await slack.world.ring(after=4)


async def ended(slack: Slack, *failing: str) -> None:
    """The service ends what it works on, those named with the status `failed`; Retune sees it."""
    world = slack.world
    await world.ring(after=10)
    for one in list(world.speech.kept.values()):
        if one.status == "upgrading" and one.name in failing:
            world.speech.finish(one.id, status="failed", grow=False)
        elif one.status == "upgrading":
            world.speech.finish(one.id)
    for _ in range(3):
        await world.ring(after=10)


def states(slack: Slack, number: int) -> dict[str, str]:
    """Each model of a request with the state of its run."""
    return {run.plan.model.name: run.state.value for run in slack.world.request(number).runs}


async def test_the_form(slack: Slack):
    """Every outdated model has a mark that is set; it says what goes first and that it cannot be undone."""
    _, view = await opened(slack)
    groups = [block for block in view["blocks"] if block.get("element", {}).get("type") == "checkboxes"]
    assert [len(block["element"]["options"]) for block in groups] == [10, 3]
    assert all(block["element"]["options"] == block["element"]["initial_options"] for block in groups)
    assert "v2018-07-31 → v2020-01-16" in json.dumps(groups[0], ensure_ascii=False)
    assert "cannot be undone" in json.dumps(view["blocks"])


async def test_those_that_cannot_are_listed_with_the_reason(slack: Slack):
    """A model that another request has, and one with no data, with what stands in the way."""
    slack.world.speech.add(model("blank"), Holdings())
    await slack.world.inventory.refresh()
    await slack.world.asked()
    _, view = await opened(slack)
    text = json.dumps(view["blocks"], ensure_ascii=False)
    assert "Left out" in text
    assert "It is already in request 1" in text
    assert "`blank` holds no data" in text


async def test_filters(slack: Slack):
    """Words after it narrow it as in `/stt-models`; nothing that fits says so."""
    _, view = await opened(slack, "/stt-upgrade outdated m0")
    assert sum(len(found["v"]["selected_options"]) for found in marks(view).values()) == 10
    assert "No model matches “zebra”." in await slack.command("/stt-upgrade outdated zebra")


async def test_the_card(slack: Slack):
    """One card with a line for each model; it says that it cannot be undone, and what happens first."""
    number = await asked(slack)
    card = slack.world.chat.keyed(f"request:{number}:card")
    assert card.buttons == ["Approve", "Reject"]
    text = json.dumps(card.message.blocks, ensure_ascii=False)
    names = [f"m{number:02}" for number in range(12)]
    for part in ("13 models", *names, "call-center-us", "to come", "new base model", "cannot be undone", "goes first"):
        assert part in text
    assert len(slack.world.chat.said) == 1


def asks(button: Mapping[str, Any]) -> str:
    """What Slack asks before it sends the click."""
    return f"{button['confirm']['title']['text']} {button['confirm']['text']['text']}"


async def test_approve_names_every_model(slack: Slack):
    """What Slack asks before it sends the click: each of them, and that it cannot be undone."""
    number = await asked(slack)
    question = asks(next(iter(on_card(slack, number).values())))
    for name in states(slack, number):
        assert name in question
    assert "13 models" in question
    assert "cannot be undone" in question


async def test_approve_names_the_language_model_of_an_acoustic_one(slack: Slack):
    """It is changed for good as well: on the form, on the card, in its confirm dialog, in Details."""
    slack.world.speech.add(model("terms"))
    slack.world.speech.add(model("booth", kind="acoustic"), Holdings(recordings=2, audio_minutes=30))
    await slack.world.inventory.refresh()
    await slack.world.requests.link("stt/acoustic/id-booth", "id-terms", ADA)
    await slack.command("/stt-upgrade outdated")
    view_id, view = window(slack)
    number = await sent(slack, view_id, view)
    assert sorted(states(slack, number)) == ["booth", "call-center-us"]
    card = slack.world.chat.keyed(f"request:{number}:card")
    _, shown = await details(slack, number, MEI)
    question = asks(next(iter(on_card(slack, number).values())))
    assert "2 models" in question
    for place in (str(view["blocks"]), str(card.message.blocks), question, str(shown["blocks"])):
        for name in ("booth", "terms", "call-center-us"):
            assert name in place


async def test_one_unmarked_stays_as_it_is(slack: Slack):
    """What was unmarked is not in it; one that is left is a request like any other."""
    view_id, view = await opened(slack)
    values = marks(view)
    values["models:0"]["v"]["selected_options"] = values["models:0"]["v"]["selected_options"][:1]
    values["models:10"]["v"]["selected_options"] = []
    await slack.submit(view, values, view_id=view_id)
    (request,) = open_requests(slack)
    assert not request.several


async def test_faults_are_shown_at_the_form(slack: Slack):
    """No mark at all; a moment that is over; a guest; a form that is too old."""
    view_id, view = await opened(slack)
    empty = {key: {"v": {"type": "checkboxes", "selected_options": []}} for key in marks(view)}
    assert "at least one" in (await slack.submit(view, empty, view_id=view_id))["errors"]["models:0"]
    past = {**marks(view), "later": {"v": {"type": "datetimepicker", "selected_date_time": 1000000000}}}
    assert "has passed" in (await slack.submit(view, past, view_id=view_id))["errors"]["later"]
    assert "Guests" in str(await slack.submit(view, marks(view), user=GUS, view_id=view_id))
    old = json.loads(json.dumps(marks(view)))
    old["models:0"]["v"]["selected_options"][0]["value"] = "stt/language/x 0000"
    assert "too old" in str(await slack.submit(view, old, view_id=view_id))
    assert open_requests(slack) == ()


async def test_a_guest_gets_no_form(slack: Slack):
    """They hear it privately, and no window opens."""
    assert "Guests, bots" in await slack.command("/stt-upgrade outdated", user=GUS)
    assert slack.world.chat.views == {}


async def test_approving(slack: Slack):
    """The buttons as they were posted: the wrong people hear why, the right one is silent; one model starts."""
    number = await asked(slack)
    approve, _ = on_card(slack, number).values()
    assert "Only <!subteam^SAPPROVE> can approve upgrades" in await slack.press(approve, user=MEI)
    assert "asked for this yourself" in await slack.press(approve, user=ADA)
    assert "Guests, bots and deactivated people can't use Retune" in await slack.press(approve, user=GUS)
    assert (slack.world.request(number).state, slack.world.woken) == (RequestState.OPEN, 0)
    assert await slack.press(approve, user=GRACE) == ""
    request = slack.world.request(number)
    assert (request.state, request.approved_by) == (RequestState.SCHEDULED, (GRACE,))
    assert slack.world.woken == 1
    card = slack.world.chat.keyed(f"request:{number}:card")
    assert card.buttons == []
    assert "Upgrade of 13 models approved" in card.text
    await slack.world.ring()
    assert len(slack.world.speech.begun) == 1
    assert slack.world.request(number).state is RequestState.RUNNING


async def test_rejecting(slack: Slack):
    """Reject asks why; what was approved meanwhile cannot be rejected any more; the reason ends it for all."""
    number = await asked(slack)
    approve, reject = on_card(slack, number).values()
    assert "Only <!subteam^SAPPROVE> can approve upgrades" in await slack.press(reject, user=MEI)
    assert "Reject the upgrade" in await slack.press(reject, user=GRACE)
    _, view = window(slack)
    assert view["callback_id"] == "reject"
    assert "None of the 13 models" in str(view["blocks"])
    await slack.press(approve, user=TOMAS)
    assert "Already approved by <@UTOMAS>" in str(await slack.submit(view, WHY, user=GRACE))
    await slack.world.wish("take back", slack.world.request(number), TOMAS)
    assert await slack.submit(view, WHY, user=GRACE) is None
    assert slack.world.request(number).state is RequestState.REJECTED
    assert set(states(slack, number).values()) == {"stopped"}
    assert "new base model" in slack.world.chat.keyed(f"request:{number}:end").text


async def test_a_click_on_an_old_card(slack: Slack):
    """Decided already, or of another plan: the person hears it, and the audit has a row of it."""
    number = await asked(slack)
    approve, reject = on_card(slack, number).values()
    await slack.press(approve, user=GRACE)
    assert "Already approved by <@UGRACE>" in await slack.press(approve, user=TOMAS)
    assert "Already approved by <@UGRACE>" in await slack.press(reject, user=TOMAS)
    assert "older plan" in await slack.press({**approve, "value": f"{number}:0000"}, user=TOMAS)
    await slack.world.wish("withdraw", slack.world.request(number), ADA)
    assert "Already withdrawn by <@UADA>" in await slack.press(approve, user=TOMAS)
    denied = [row for row in slack.world.store.audit.all() if row["action"] == "denied"]
    assert {(row["actor"], row["request"]) for row in denied} == {(TOMAS, number)}
    assert [row["detail"] for row in denied] == [
        *("approve: already decided", "reject: already decided", "approve: older plan", "approve: already decided")
    ]
    assert slack.world.request(number).state is RequestState.WITHDRAWN


async def test_details_offer_what_a_person_may_do(slack: Slack):
    """The requester can withdraw, an approver cancel, and drop what has not begun; others only read."""
    number = await few(slack)

    async def offered(user: str) -> list[str]:
        _, view = await details(slack, number, user)
        return [element["text"]["text"] for element in buttons(view["blocks"]).values()]

    assert await offered(ADA) == ["Withdraw"]
    assert await offered(MEI) == []
    assert await offered(GRACE) == ["Approve", "Reject", "Stop this request"]
    await approved(slack, number)
    assert await offered(ADA) == []
    assert await offered(GRACE) == ["Drop the rest", "Mark as failed and stop watching"]
    view_id, view = await details(slack, number, TOMAS)
    modal = {"id": view_id, "type": "modal"}
    assert await slack.press(buttons(view["blocks"])[f"Drop the rest of request {number}"], TOMAS, view=modal)
    assert states(slack, number) == {"a": "running", "b": "stopped", "c": "stopped", "call-center-us": "stopped"}
    assert [*buttons(slack.world.chat.views[view_id]["blocks"])] == ["Mark a as failed and stop watching"]
    await ended(slack)
    assert slack.world.request(number).state is RequestState.CANCELLED
    assert await offered(GRACE) == []


async def paused(slack: Slack) -> int:
    """Of four, the first and one of the wave after it failed; the last one has not begun."""
    number = await few(slack)
    await approved(slack, number)
    await ended(slack, "a")
    request = slack.world.request(number)
    assert request.state is RequestState.PAUSED
    assert await slack.press(on_card(slack, number)[f"Resume request {number}"], user=TOMAS) == ""
    await slack.world.ring(after=4)
    await slack.world.ring(after=4)
    await ended(slack, "b")
    return number


async def test_details_show_each_model_with_its_buttons(slack: Slack):
    """Of a request that is paused: what became of each, its steps, and a button for each that can be tried again."""
    number = await paused(slack)
    assert states(slack, number) == {"a": "failed", "b": "failed", "c": "done", "call-center-us": "queued"}
    _, view = await details(slack, number, GRACE)
    told = {block["text"]["text"] for block in view["blocks"] if block["type"] == "section"}
    for name, state in states(slack, number).items():
        (about,) = [text for text in told if f" *{name}* " in text.split("\n")[0]]
        assert f", {state}\nupgrade `{name}`" in about
        assert ("ended it with the status failed" in about) is (state == "failed")
    assert [*buttons(view["blocks"])] == [
        f"Resume request {number}",
        f"Drop the rest of request {number}",
        "Try the upgrade of a again",
        "Try the upgrade of b again",
    ]
    _, seen = await details(slack, number, MEI)
    assert buttons(seen["blocks"]) == {}
    assert len(seen["blocks"]) == len(view["blocks"]) - 1


async def test_trying_one_of_several_again(slack: Slack):
    """Refused while it could not be upgraded, with what is in the way of that model; then it is repaired, and goes."""
    number = await paused(slack)
    view_id, view = await details(slack, number, GRACE)
    retry = buttons(view["blocks"])["Try the upgrade of b again"]
    modal = {"id": view_id, "type": "modal"}
    before = slack.world.request(number)
    slack.world.speech.kept["id-b"] = replace(slack.world.speech.kept["id-b"], status="ready")
    assert await slack.press(retry, GRACE, view=modal)
    shown = str(slack.world.chat.views[view_id]["blocks"])
    assert "It can't be retried now. Since it was approved, it has data that waits for training" in shown
    slack.world.speech.kept["id-b"] = replace(slack.world.speech.kept["id-b"], status="failed")
    failed = slack.world.chat.keyed(f"request:{number}:failed:{before.runs[1].id}")
    answer = await slack.press(next(iter(buttons(failed.message.blocks).values())), TOMAS)
    assert "It can't be retried now. The last training of `b` failed" in answer
    assert slack.world.request(number) == before
    noted = slack.world.store.audit.of_request(number)[-2:]
    assert [(row.actor, row.action, row.detail) for row in noted] == [
        (user, "denied", "retry: model cannot take it") for user in (GRACE, TOMAS)
    ]
    slack.world.speech.kept["id-b"] = replace(slack.world.speech.kept["id-b"], status="available")
    assert await slack.press(retry, GRACE, view=modal)
    assert "Try the upgrade of b again" not in buttons(slack.world.chat.views[view_id]["blocks"])
    run = slack.world.request(number).runs[1]
    assert run.state is RunState.QUEUED
    await slack.world.ring(after=4)
    await slack.world.ring(after=4)
    await ended(slack)
    await ended(slack)
    assert states(slack, number) == {"a": "failed", "b": "done", "c": "done", "call-center-us": "done"}
    assert "Only what failed can be tried again; `b` is done" in await slack.press(retry, GRACE)


async def test_app_home_has_it(slack: Slack):
    """An approver finds it under what waits for them, with the card's buttons; the requester finds it too."""
    number = await asked(slack)
    for user in (GRACE, ADA):
        await slack.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"})
        home = json.dumps(slack.world.chat.homes[user], ensure_ascii=False)
        assert f"request {number}: 13 models" in home
    blocks = slack.world.chat.homes[GRACE]["blocks"]
    waiting = [block for block in blocks if block.get("block_id") == f"decide:{number}"]
    assert list(buttons(waiting).values()) == list(on_card(slack, number).values())


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
    assert all(found.verdict is Verdict.CURRENT for found in (await slack.world.inventory.judged()).judgements)
    assert "No custom model is outdated" in await slack.command("/stt-upgrade outdated")
