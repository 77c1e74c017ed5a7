"""Deciding as it is typed and clicked: details for each person, freezes, later starts, App Home, mentions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals import OF_RUN
from bot.domain.policies import Policy
from bot.domain.requests import RequestState
from bot.errors import ChatBusy, RequestRefused, ServiceUnavailable
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, GUS, MEI, NEW, OLD, TOMAS, model

US = "id-call-center-us"
OLDER = "en-US_NarrowbandModel.v2017-11-01"
TOMORROW = 24 * 3600


async def asked(slack: Slack) -> int:
    """A request of Ada's; its card is there."""
    return (await slack.world.asked()).id


async def moved(slack: Slack, state: RequestState) -> int:
    """A request in that state."""
    request = await slack.world.asked()
    if state is RequestState.OPEN:
        return request.id
    await slack.world.approve(request)
    if state is RequestState.FAILED:
        slack.world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
    if state is not RequestState.SCHEDULED:
        await slack.world.ring()
    if state is RequestState.DONE:
        slack.world.speech.finish(US)
        await slack.world.ring(after=10)
    assert slack.world.request(request.id).state is state
    return request.id


def last(slack: Slack) -> Mapping[str, Any]:
    """The modal that was opened or changed last."""
    return list(slack.world.chat.views.values())[-1]


def buttons(view: Mapping[str, Any]) -> list[str]:
    return [
        element["text"]["text"]
        for block in view["blocks"]
        for element in [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
        if element["type"] == "button"
    ]


def button(view: Mapping[str, Any], text: str) -> Mapping[str, Any]:
    """The button with that text."""
    rows = [element for block in view["blocks"] for element in block.get("elements", [])]
    return next(one for one in rows if one["type"] == "button" and one["text"]["text"] == text)


# Details


@pytest.mark.parametrize(
    ("state", "user", "offered"),
    [
        (RequestState.OPEN, ADA, ["Withdraw"]),
        (RequestState.OPEN, GRACE, ["Approve", "Reject", "Stop this request"]),
        (RequestState.OPEN, MEI, []),
        (RequestState.OPEN, GUS, []),
        (RequestState.SCHEDULED, ADA, ["Withdraw"]),
        (RequestState.SCHEDULED, GRACE, ["Take my approval back", "Stop this request"]),
        (RequestState.SCHEDULED, TOMAS, ["Stop this request"]),
        (RequestState.RUNNING, ADA, []),
        (RequestState.RUNNING, GRACE, ["Mark as failed and stop watching"]),
        (RequestState.FAILED, ADA, []),
        (RequestState.FAILED, TOMAS, ["Try again…"]),
        (RequestState.FAILED, MEI, []),
        (RequestState.DONE, GRACE, []),
        (RequestState.DONE, ADA, []),
    ],
)
async def test_details_have_the_buttons_of_this_person(
    slack: Slack, state: RequestState, user: str, offered: list[str]
):
    """Exactly what they may press now: by role, by whose request it is, by its state."""
    request_id = await moved(slack, state)
    assert await slack.click("details", str(request_id), user=user)
    assert buttons(last(slack)) == offered


async def test_details(slack: Slack):
    """Steps, estimate, evidence, both risks, who decides and who voted."""
    request_id = await moved(slack, RequestState.SCHEDULED)
    await slack.click("details", str(request_id), user=MEI)
    shown = str(last(slack)["blocks"])
    for part in (
        *("misheard names", "1. Upgrade `call-center-us`", "_Estimate", "support-desk-us", "Risk of doing it"),
        *("cannot be undone", "Risk of not doing it", "silently ignored", f"<@{GRACE}> approved"),
        *("1 approval from <!subteam^SAPPROVE>", "not the requester's own"),
    ):
        assert part in shown, part


async def test_details_while_slack_does_not_say_who_looks(slack: Slack):
    """Nothing stays at *Looking*: it says what to do."""
    request_id = await asked(slack)
    slack.world.chat.fail["person"] = [ChatBusy("Slack asks to wait.")]
    await slack.click("details", str(request_id))
    assert "Slack asks to wait. Try again in a moment." in str(last(slack)["blocks"])


async def test_a_button_of_the_details(slack: Slack):
    """Pressed in the modal: the modal shows what became of it; pressed too late, it says why nothing happened."""
    request_id = await asked(slack)
    await slack.click("details", str(request_id))
    modal = {"id": list(slack.world.chat.views)[-1], "type": "modal"}
    assert await slack.click("wish:withdraw", f"withdraw {request_id}", view=modal)
    assert slack.world.request(request_id).state is RequestState.WITHDRAWN
    assert "Request withdrawn" in str(last(slack)["blocks"])
    assert buttons(last(slack)) == []
    await slack.click("wish:withdraw", f"withdraw {request_id}", view=modal)
    assert "Already withdrawn by" in str(last(slack)["blocks"])


async def test_approving_in_details(slack: Slack):
    """The window shows what became of it; the second press says that it counted before."""
    request_id = await asked(slack)
    await slack.click("details", str(request_id), user=GRACE)
    modal, vote = {"id": list(slack.world.chat.views)[-1], "type": "modal"}, button(last(slack), "Approve")
    assert vote["confirm"]["text"]["text"].startswith("This cannot be undone. ")
    assert await slack.press(vote, user=GRACE, view=modal)
    assert slack.world.request(request_id).state is RequestState.SCHEDULED
    assert "Upgrade approved" in str(last(slack)["blocks"])
    assert buttons(last(slack)) == ["Take my approval back", "Stop this request"]
    await slack.press(vote, user=GRACE, view=modal)
    assert "Already" in str(last(slack)["blocks"])
    assert "Upgrade approved" in str(last(slack)["blocks"])


async def test_rejecting_in_details(slack: Slack):
    """The same window asks why; the card then says who rejected it, and why."""
    request_id = await asked(slack)
    await slack.click("details", str(request_id), user=GRACE)
    modal = {"id": list(slack.world.chat.views)[-1], "type": "modal"}
    assert await slack.press(button(last(slack), "Reject"), user=GRACE, view=modal)
    form = last(slack)
    assert len(slack.world.chat.views) == 1
    assert form["callback_id"] == "reject"
    why = {"why": {"v": {"type": "plain_text_input", "value": "after the fair"}}}
    assert await slack.submit(form, why, user=GRACE, view_id=modal["id"]) is None
    assert slack.world.request(request_id).state is RequestState.REJECTED
    await slack.world.ring(after=5)
    card = slack.world.chat.keyed(f"request:{request_id}:card")
    for part in ("Rejected by Ugrace", "after the fair", "misheard names"):
        assert part in str(card.message.blocks)
        assert part in card.text


async def test_a_vote_in_details_that_does_not_count(slack: Slack):
    """Somebody who may not decide has no such button; a press all the same is answered in the window."""
    request_id = await asked(slack)
    await slack.click("details", str(request_id), user=MEI)
    modal = {"id": list(slack.world.chat.views)[-1], "type": "modal"}
    value = f"{request_id}:{slack.world.request(request_id).digest}"
    for vote in ("approve", "reject"):
        await slack.click(vote, value, user=MEI, view=modal)
        assert "Approval needed" in str(last(slack)["blocks"])
        assert "<!subteam^SAPPROVE>" in str(last(slack)["blocks"])
    assert slack.world.request(request_id).state is RequestState.OPEN


async def test_details_of_nothing(slack: Slack):
    """Of another database, or nonsense."""
    for value in ("99", "x"):
        await slack.click("details", value)
        assert "no such request" in str(last(slack)["blocks"])
    for value in ("withdraw 99", "retry 99.1", "dance 1", "withdraw x"):
        assert "no such request" in await slack.click("wish:x", value)


@pytest.mark.parametrize(
    ("state", "wish", "user", "why"),
    [
        (RequestState.OPEN, "withdraw", GRACE, f"Only <@{ADA}> can withdraw"),
        (RequestState.RUNNING, "withdraw", ADA, "too late"),
        (RequestState.DONE, "withdraw", ADA, "and done <"),
        (RequestState.OPEN, "take-back", GRACE, "no vote"),
        (RequestState.RUNNING, "take-back", GRACE, "too late"),
        (RequestState.OPEN, "cancel", MEI, "Only <!subteam^SAPPROVE> can approve upgrades"),
        (RequestState.RUNNING, "cancel", GRACE, "no call to stop it"),
        (RequestState.DONE, "cancel", GRACE, "and done <"),
        (RequestState.FAILED, "retry", ADA, "You asked for this yourself"),
        (RequestState.FAILED, "retry", MEI, "Only <!subteam^SAPPROVE> can approve upgrades on `stt`"),
        (RequestState.RUNNING, "retry", GRACE, "Only what failed can be tried again; the request is running"),
        (RequestState.OPEN, "stop", GRACE, "It does not run: the request is waiting for approval"),
        (RequestState.RUNNING, "send-again", ADA, "You asked for this yourself"),
        (RequestState.RUNNING, "send-again", GRACE, "There is nothing left to decide: the request is running"),
        (RequestState.RUNNING, "mark-as-failed", MEI, "Only <!subteam^SAPPROVE> can approve upgrades"),
        (RequestState.RUNNING, "mark-as-failed", GRACE, "There is nothing left to decide"),
    ],
)
async def test_refused_wishes(slack: Slack, state: RequestState, wish: str, user: str, why: str):
    """Each is private, says why or who could, is recorded, and changes nothing."""
    request_id = await moved(slack, state)
    before = slack.world.request(request_id)
    about = f"{request_id}.{before.first.id}" if wish.replace("-", " ") in OF_RUN else str(request_id)
    assert why in await slack.click("wish:x", f"{wish} {about}", user=user)
    assert slack.world.request(request_id) == before
    noted = slack.world.store.audit.of_request(request_id)[-1]
    assert (noted.actor, noted.action, noted.detail.partition(":")[0]) == (user, "denied", wish.replace("-", " "))


def try_again(slack: Slack, request_id: int) -> Mapping[str, Any]:
    """The button in the thread of a request that failed."""
    end = slack.world.chat.keyed(f"request:{request_id}:end")
    assert end.buttons == ["Try again…"]
    return next(block["elements"][0] for block in end.message.blocks if block["type"] == "actions")


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({"status": "failed"}, "The last training of `call-center-us` failed."),
        ({"status": "training"}, "`call-center-us` is busy."),
        ({"status": "ready"}, "Since it was approved, it has data that waits for training."),
        ({"versions": (OLD, NEW)}, f"`call-center-us` is already on the newest known version, `{NEW}`."),
        ({"versions": (OLDER,)}, f"Since it was approved, its versions are now `{OLDER}`."),
        (None, "Its instance no longer knows it"),
    ],
)
async def test_trying_again_what_the_model_cannot_take(slack: Slack, seen: dict[str, Any] | None, why: str):
    """Refused with what is in the way, and recorded; the request stays failed, and nothing is sent."""
    request_id = await moved(slack, RequestState.FAILED)
    await slack.world.ring(after=5)
    before, begun = slack.world.request(request_id), list(slack.world.speech.begun)
    was = slack.world.speech.kept.pop(US)
    if seen is not None:
        slack.world.speech.kept[US] = replace(was, **seen)
    answer = await slack.press(try_again(slack, request_id), user=TOMAS)
    assert f"It can't be retried now. {why}" in answer
    noted = slack.world.store.audit.of_request(request_id)[-1]
    assert (noted.actor, noted.action, noted.detail) == (TOMAS, "denied", "retry: model cannot take it")
    await slack.world.ring(after=60)
    assert slack.world.request(request_id) == before
    assert slack.world.speech.begun == begun
    slack.world.speech.kept[US] = was  # repaired: the same button
    assert await slack.press(try_again(slack, request_id), user=TOMAS) == ""
    assert slack.world.request(request_id).state is RequestState.SCHEDULED
    await slack.world.ring(after=5)
    slack.world.speech.finish(US)
    await slack.world.ring(after=10)
    assert slack.world.request(request_id).state is RequestState.DONE


async def test_trying_again_while_the_instance_is_down(slack: Slack):
    """Nobody knows whether the model could take it: said, and the request stays failed."""
    request_id = await moved(slack, RequestState.FAILED)
    before = slack.world.request(request_id)
    slack.world.speech.fail["model"] = [ServiceUnavailable("stt cannot be reached.", instance="stt")]
    assert "stt cannot be reached" in await slack.press(try_again(slack, request_id), user=TOMAS)
    assert slack.world.request(request_id) == before


async def test_trying_again_what_another_request_has(slack: Slack):
    """Somebody asked for the model anew meanwhile: the person hears where."""
    request_id = await moved(slack, RequestState.FAILED)
    before = slack.world.request(request_id)
    slack.world.clock.advance(60)
    another = await slack.world.asked()
    answer = await slack.press(try_again(slack, request_id), user=TOMAS)
    assert f"is in request {another.id} meanwhile" in answer
    assert slack.world.request(request_id) == before


async def test_a_rejection_counts_however_slow_slack_is(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """The card cannot be edited in time: the person still hears that the vote counts."""
    request_id = await asked(slack)
    await slack.click("reject", f"{request_id}:{slack.world.request(request_id).digest}", user=GRACE)
    told = []

    async def slow(request_id: int) -> bool:
        told.append(request_id)
        raise TimeoutError

    monkeypatch.setattr(slack.world.teller, "tell", slow)
    why = {"why": {"v": {"type": "plain_text_input", "value": "later"}}}
    assert await slack.submit(last(slack), why, user=GRACE) is None
    assert slack.world.request(request_id).state is RequestState.REJECTED
    assert told == [request_id]


async def test_a_training_is_not_called_irreversible(slack: Slack):
    """Neither on the card nor where it is read aloud."""
    slack.world.speech.kept[US] = model(status="ready", versions=(OLD, NEW))
    await slack.world.inventory.refresh()
    request = await slack.world.asked(training=True)
    card = slack.world.chat.keyed(f"request:{request.id}:card").message
    assert "cannot be undone" not in card.text + str(card.blocks)


# Freezing


def picked(scope: str = "*", until: float | None = 3600, why: str = "audit", *, slack: Slack) -> dict[str, Any]:
    """The form as somebody filled it in."""
    at = None if until is None else int(slack.world.clock.now().timestamp() + until)
    return {
        "scope": {"v": {"type": "static_select", "selected_option": {"value": scope}}},
        "until": {"v": {"type": "datetimepicker", "selected_date_time": at}},
        "why": {"v": {"type": "plain_text_input", "value": why}},
    }


async def test_freezing(slack: Slack):
    """Typed, filled in, visible on the card and in App Home; ended with a button; what is approved starts."""
    request_id = await moved(slack, RequestState.SCHEDULED)
    assert "Nothing is frozen" in await slack.command("/stt-upgrade freeze", user=GRACE)
    await slack.click("freeze", "new", user=GRACE)
    form = last(slack)
    assert form["callback_id"] == "freeze"
    assert await slack.submit(form, picked(why="audit of <!channel>", slack=slack), user=GRACE) is None
    assert await slack.submit(form, picked(why="audit of <!channel>", slack=slack), user=GRACE) is None  # sent twice
    assert len(await slack.world.freezes.holding()) == 1
    await slack.world.ring(after=5)
    card = str(slack.world.chat.keyed(f"request:{request_id}:card").message.blocks)
    assert "All instances are frozen until" in card
    assert "'audit of <!channel>'" in card
    assert slack.world.speech.begun == []
    await slack.event({"type": "app_home_opened", "user": MEI, "tab": "home", "channel": "D1"})
    assert "all instances frozen" in str(slack.world.chat.homes[MEI]["blocks"])
    (held,) = await slack.world.freezes.holding()
    assert "End it" in await slack.command("/stt-upgrade freeze")
    assert "can end this freeze on `stt`" in await slack.click("unfreeze", str(held.id), user=MEI)
    assert "Nothing is frozen" in await slack.click("unfreeze", str(held.id), user=TOMAS)
    assert "has already ended" in await slack.click("unfreeze", str(held.id), user=TOMAS)
    await slack.world.ring(after=5)
    assert len(slack.world.speech.begun) == 1
    assert "frozen" not in str(slack.world.chat.keyed(f"request:{request_id}:card").message.blocks)


@pytest.mark.parametrize(
    ("values", "where", "why"),
    [
        ({"why": "  "}, "why", "Give a reason"),
        ({"until": None}, "until", "Choose when it ends."),
        ({"until": -60}, "until", "has passed"),
        ({"until": 91 * TOMORROW}, "until", "at most 90 days"),
        ({"scope": "gone"}, "until", "gone"),
    ],
)
async def test_faults_of_a_freeze(slack: Slack, values: dict[str, Any], where: str, why: str):
    """Each is said at its input, and nothing is frozen."""
    await slack.world.inventory.refresh()
    await slack.click("freeze", "new", user=GRACE)
    answer = await slack.submit(last(slack), picked(**values, slack=slack), user=GRACE)
    assert why in answer["errors"][where]
    assert await slack.world.freezes.holding() == ()


async def test_who_may_freeze(slack: Slack):
    """Those who may decide; neither members without the role nor guests, nor a form that somebody else opened."""
    await slack.world.inventory.refresh()
    only = "can freeze upgrades"
    for user in (MEI, ADA):
        assert only in await slack.click("freeze", "new", user=user)
    assert "Guests, bots and deactivated people can't use Retune" in await slack.click("freeze", "new", user=GUS)
    await slack.click("freeze", "new", user=GRACE)
    answer = await slack.submit(last(slack), picked(slack=slack), user=MEI)
    assert only in str(answer)
    assert await slack.world.freezes.holding() == ()
    mention = {"type": "app_mention", "user": GRACE, "channel": "C1", "text": "<@UBOT> upgrade freeze"}
    assert "Freeze…" in await slack.event(mention)


async def test_who_may_end_a_freeze_of_all(slack: Slack):
    """Not somebody who may decide on one of two instances: it holds back what others decide on."""
    slack.world.policies["prod"] = Policy((TOMAS,), 1, False, 86400.0)
    held = await slack.world.freezes.freeze("", "audit", TOMAS, slack.world.clock.now() + timedelta(hours=1))
    answer = await slack.click("unfreeze", str(held.id), user=GRACE)
    assert "Only approvers of all instances can end this freeze" in answer
    assert await slack.world.freezes.holding() == (held,)
    assert "Nothing is frozen" in await slack.click("unfreeze", str(held.id), user=TOMAS)


# Later


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("at 22:00", "2026-11-23 22:00"),
        ("AT 22", "2026-11-23 22:00"),
        ("at 09:30", "2026-11-24 09:30"),
        ("at tomorrow 22:00", "2026-11-24 22:00"),
        ("at\u00a0`22:00`", "2026-11-23 22:00"),
        ("  at   2026-12-01 07:00 ", "2026-12-01 07:00"),
    ],
)
async def test_a_later_time(slack: Slack, typed: str, at: str):
    """What was typed is offered in the form, and kept when it is sent; the card says so."""
    await slack.world.inventory.refresh()
    await slack.command(f"/stt-upgrade call-center-us {typed}")
    view_id, view = list(slack.world.chat.views.items())[-1]
    offered = next(block["element"] for block in view["blocks"] if block.get("block_id") == "later")
    values = {"later": {"v": {"type": "datetimepicker", "selected_date_time": offered["initial_date_time"]}}}
    assert await slack.submit(view, values, view_id=view_id) is None
    (request,) = slack.world.store.requests.in_state(RequestState.OPEN)
    assert request.not_before is not None
    assert f"{request.not_before:%Y-%m-%d %H:%M}" == at
    assert "Once approved, it starts" in str(slack.world.chat.keyed(f"request:{request.id}:card").message.blocks)


@pytest.mark.parametrize(
    "typed",
    [
        *("at 25:00", "at 22.00", "at 10pm", "at noon", "at", "at 2026-11-22 09:00", "at 2026-13-01 09:00"),
        *("at 0001-01-01 00:00", "at 9999-12-31 23:00", "at someday 22:00", "at 22:00 22:00 22:00"),
        *("at tomorrow", "at ²", f"at {'9' * 30}", "at -1", "at 1e9"),
    ],
)
async def test_a_time_that_cannot_be(slack: Slack, typed: str):
    """Wrong, over, or absurd: what to type instead; never an upgrade right now."""
    await slack.world.inventory.refresh()
    answer = await slack.command(f"/stt-upgrade call-center-us {typed}")
    if typed == "at":
        assert "No custom model is called" in answer
    else:
        assert "isn't a valid future time" in answer
        assert "/stt-upgrade call-center-us at 22:00" in answer
        assert "UTC" in answer
    assert slack.world.chat.views == {}


async def test_a_model_whose_name_has_the_word(slack: Slack):
    """A name with “at” in it is a name."""
    slack.world.speech.add(model("callers at night"))
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade callers at night")
    assert "callers at night" in str(last(slack)["blocks"])


async def test_a_time_without_a_name(slack: Slack):
    """Asks which model."""
    await slack.world.inventory.refresh()
    assert "Which model?" in await slack.command("/stt-upgrade at 22:00")


@pytest.mark.parametrize("far", [-60, 400 * TOMORROW])
async def test_a_moment_in_the_form_that_cannot_be(slack: Slack, far: int):
    """Over, or more than a year away: said at the input."""
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade call-center-us")
    at = int(slack.world.clock.now().timestamp() + far)
    values = {"later": {"v": {"type": "datetimepicker", "selected_date_time": at}}}
    answer = await slack.submit(last(slack), values)
    assert "time" in answer["errors"]["later"]
    assert slack.world.store.requests.in_state(RequestState.OPEN) == ()


async def press(slack: Slack, answer: str) -> None:
    """Presses the first button of what was whispered last."""
    message = slack.world.chat.whispers[-1][1]
    button = next(b for block in message.blocks if block["type"] == "actions" for b in block["elements"])
    await slack.click(button["action_id"], button["value"])


async def test_a_later_time_survives_the_way_there(slack: Slack):
    """By mention, and where several models fit: the button that goes on still asks for that time."""
    await slack.world.inventory.refresh()
    mention = {"type": "app_mention", "user": ADA, "channel": "C1", "text": "<@UBOT> upgrade call-center-us at 22:00"}
    await press(slack, await slack.event(mention))
    (first,) = slack.world.chat.views.values()
    mention["text"] = "<@UBOT> upgrade us at 22:00"
    await press(slack, await slack.event(mention))
    for view in (first, last(slack)):
        assert view["callback_id"] == "request"
        offered = next(block["element"] for block in view["blocks"] if block.get("block_id") == "later")
        assert offered["initial_date_time"] == int(slack.world.clock.now().timestamp()) + 12 * 3600


# App Home


async def open_home(slack: Slack, user: str) -> Mapping[str, Any]:
    await slack.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"})
    return slack.world.chat.homes[user]


async def test_home_for_each_person(slack: Slack):
    """What waits for you has its buttons; what you asked for and what others decide has none but Details."""
    request_id = await asked(slack)
    assert {"Approve", "Reject"} <= set(buttons(await open_home(slack, GRACE)))
    for user in (ADA, MEI):
        home = await open_home(slack, user)
        assert not {"Approve", "Reject"} & set(buttons(home))
        assert f"request {request_id}" in str(home["blocks"])
    assert "My requests" in str((await open_home(slack, ADA))["blocks"])


async def test_the_buttons_of_home(slack: Slack):
    """Approve there decides, on the card too; App Home of those who look is drawn anew."""
    request_id = await asked(slack)
    home = await open_home(slack, GRACE)
    button = next(b for block in home["blocks"] for b in block.get("elements", []) if b.get("action_id") == "approve")
    assert button["confirm"]["text"]["text"] == ("This cannot be undone. call-center-us: v2018-07-31 → v2020-01-16.")
    view = {"id": "V9", "type": "home"}
    assert await slack.click("approve", button["value"], user=GRACE, view=view) == ""
    assert slack.world.request(request_id).state is RequestState.SCHEDULED
    assert slack.world.chat.keyed(f"request:{request_id}:card").buttons == []
    await slack.world.ring(after=6)
    assert not {"Approve", "Reject"} & set(buttons(slack.world.chat.homes[GRACE]))
    assert "Already approved by" in await slack.click("approve", button["value"], user=TOMAS, view=view)


async def test_home_after_a_restart(slack: Slack):
    """The process that showed it is gone: a click there tells the new one that somebody looks."""
    request_id = await asked(slack)
    assert not slack.world.viewers.awake()
    view = {"id": "V9", "type": "home"}
    await slack.world.ring(after=30)
    await slack.click("approve", f"{request_id}:{slack.world.request(request_id).digest}", user=GRACE, view=view)
    await slack.world.ring(after=6)
    assert "Needs you" in str(slack.world.chat.homes[GRACE]["blocks"])


async def test_home_is_drawn_anew_only_when_something_changed(slack: Slack):
    """Not by the clock, not for those who left, and Slack is not asked who they are each time."""
    await slack.world.inventory.refresh()
    await slack.world.ring(after=60)
    await open_home(slack, MEI)
    calls = slack.world.chat.calls
    calls.clear()
    for _ in range(10):
        await slack.world.ring(after=6)
    assert "publish_home" not in calls
    await asked(slack)
    calls.clear()
    await slack.world.ring(after=6)
    await slack.world.ring(after=6)
    assert calls.count("publish_home") == 1
    slack.world.clock.advance(3601)
    request = slack.world.store.requests.in_state(RequestState.OPEN)[0]
    await slack.world.reject(request, why="later")
    calls.clear()
    await slack.world.ring(after=6)
    assert "publish_home" not in calls


async def test_who_looks_is_remembered_for_a_while(slack: Slack):
    """Drawn anew some times within a minute: the group is looked up once; a decision still asks Slack itself."""
    await slack.world.inventory.refresh()
    await open_home(slack, GRACE)
    calls = slack.world.chat.calls
    calls.clear()
    slack.world.clock.advance(3)
    for _ in range(3):
        await slack.click("home:refresh", "now", user=GRACE, view={"id": "V9", "type": "home"})
    assert calls.count("person") == 0
    slack.world.chat.people[GRACE] = replace(slack.world.chat.people[GRACE], groups=frozenset())
    slack.world.clock.advance(3)
    request_id = await asked(slack)
    answer = await slack.click("approve", f"{request_id}:{slack.world.request(request_id).digest}", user=GRACE)
    assert "Only <!subteam^SAPPROVE> can approve upgrades" in answer


# Mentions and direct messages


async def test_a_mention_is_seen_and_answered_where_it_was_made(slack: Slack):
    """Eyes on the message at once; the answer in that thread, to that person; the same rules as typed."""
    request_id = await asked(slack)
    event = {"type": "app_mention", "user": MEI, "channel": "C7", "ts": "9.1", "thread_ts": "5.5"}
    assert f"Request {request_id}" in await slack.event({**event, "text": f"<@UBOT> runs {request_id}"})
    assert slack.world.chat.received == [("C7", "9.1")]
    place = slack.world.chat.whispers[-1][0]
    assert (place.user, place.channel, place.thread) == (MEI, "C7", "5.5")
    assert "Only those who may decide" not in await slack.event({**event, "text": "<@UBOT> upgrade freeze"})
    assert "already has" in await slack.event({**event, "text": "<@UBOT> upgrade call-center-us at 22:00"})


async def test_a_direct_message_is_seen(slack: Slack):
    """The same there, with or without the slash."""
    await slack.world.inventory.refresh()
    for number, text in enumerate(("models outdated", "/stt-models outdated", "STT-MODELS outdated")):
        event = {"type": "message", "channel_type": "im", "user": ADA, "channel": "D1", "ts": f"1.{number}"}
        assert "call-center-us" in await slack.event({**event, "text": text})
    assert len(slack.world.chat.received) == 3
    edited = {"type": "message", "channel_type": "im", "subtype": "message_changed", "channel": "D1", "ts": "1.9"}
    assert await slack.event(edited) == ""
    assert len(slack.world.chat.received) == 3
