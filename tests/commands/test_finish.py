"""*Finish…* below a request that somebody stopped midway, and who resumed or dropped it, as the thread says it."""

from __future__ import annotations

from typing import Any

from bot.domain.requests import RequestState
from bot.domain.runs import RunState
from tests.commands.conftest import Slack
from tests.commands.test_several import approved, asked, ended, few, marks, on_card, states, window
from tests.world import GRACE, TOMAS


def said(slack: Slack, number: int, key: str) -> Any:
    """The message of a request with that key."""
    return slack.world.chat.keyed(f"request:{number}:{key}")


def finish_of(slack: Slack, number: int) -> Any:
    """The button *Finish…* of its last reply."""
    blocks = said(slack, number, "end").message.blocks
    (found,) = [
        each
        for block in blocks
        if block["type"] == "actions"
        for each in block["elements"]
        if each["action_id"] == "finish"
    ]
    return found


async def paused(slack: Slack) -> int:
    """Of four, the first is done and the two of the wave fail."""
    number = await few(slack)
    await approved(slack, number)
    await ended(slack)
    failing = [name for name, state in states(slack, number).items() if state == "running"]
    await ended(slack, *failing)
    assert slack.world.request(number).state is RequestState.PAUSED
    return number


async def test_resuming_is_said(slack: Slack):
    """By name, without a ping; the thread knows how many are still to come."""
    number = await paused(slack)
    assert await slack.press(next(iter(on_card(slack, number).values())), user=GRACE) == ""
    await slack.world.ring(after=4)
    told = said(slack, number, "act:0")
    assert told.text.startswith("*Resumed* by ")
    assert "still to come" in told.text
    assert f"<@{GRACE}>" not in told.text


async def test_dropped_and_finished(slack: Slack):
    """The end says which are upgraded; *Finish…* asks for exactly the others, as a new request."""
    number = await paused(slack)
    assert await slack.press(list(on_card(slack, number).values())[1], user=TOMAS) == ""
    await slack.world.ring(after=4)
    assert slack.world.request(number).state is RequestState.CANCELLED
    end = said(slack, number, "end")
    assert "Stopped after 1 of 4: *a* upgraded, 2 failed. By " in end.text
    assert f"<@{TOMAS}>" not in end.text
    left = {run.plan.model.name for run in slack.world.request(number).runs if run.state is not RunState.DONE}
    for one in list(slack.world.speech.kept.values()):
        if one.status == "failed":
            slack.world.speech.finish(one.id, status="available", grow=False)
    await slack.world.inventory.refresh()
    await slack.press(finish_of(slack, number), user=GRACE)
    view_id, view = window(slack)
    offered = {o["text"]["text"] for values in marks(view).values() for o in values["v"]["selected_options"]}
    assert offered == left
    assert await slack.submit(view, marks(view), user=GRACE, view_id=view_id) is None
    fresh = slack.world.store.requests.in_state(RequestState.OPEN)[-1]
    assert {run.plan.model.name for run in fresh.runs} == left
    assert fresh.requester == GRACE


async def test_one_that_is_left_has_its_own_form(slack: Slack):
    """With its plan, as `/stt-upgrade` shows it."""
    number = await few(slack)
    await approved(slack, number)
    await ended(slack)
    running = [name for name, state in states(slack, number).items() if state == "running"]
    await ended(slack)
    last = [name for name, state in states(slack, number).items() if state == "running"]
    await ended(slack, *last)
    assert slack.world.request(number).state is RequestState.FAILED
    assert running
    for one in list(slack.world.speech.kept.values()):
        if one.status == "failed":
            slack.world.speech.finish(one.id, status="available", grow=False)
    await slack.world.inventory.refresh()
    shown = await slack.press(finish_of(slack, number), user=GRACE)
    assert last[0] in shown
    assert "checkboxes" not in shown


async def test_nothing_is_left(slack: Slack):
    """A button of long ago, or one that somebody made up."""
    assert "There is no such request" in await slack.click("finish", "999")
    number = await asked(slack)
    assert "is left to upgrade" in await slack.click("finish", str(number))
