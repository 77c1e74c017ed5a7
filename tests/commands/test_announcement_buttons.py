"""The buttons of an announcement: each click is judged when it comes, and what it shows is for one person alone."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.authority import Person
from bot.domain.requests import RequestState
from bot.domain.snoozes import Reach
from bot.errors import ChannelClosed
from tests.commands.conftest import Slack
from tests.commands.test_snoozes import values
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, model

REF = "stt/language/id-call-center-us"
ALL, REVIEW, SNOOZE = ("upgrade-all", "outdated"), ("page:review", "0 outdated"), ("snooze-listed", "listed")
STRANGER = Person("UERIN", "Erin", "T9", is_stranger=True, groups=frozenset({"SAPPROVE"}))


async def announced(slack: Slack, *more: str) -> dict[str, dict[str, Any]]:
    """The buttons of an announcement, by their text."""
    for name in more:
        slack.world.speech.add(model(name))
    await slack.world.inventory.refresh()
    assert await slack.world.announcer.announce_now("now:1")
    blocks = slack.world.chat.said[0].message.blocks
    (row,) = (block for block in blocks if block["type"] == "actions")
    return {each["text"]["text"]: each for each in row["elements"]}


def window(slack: Slack) -> dict[str, Any]:
    return dict(list(slack.world.chat.views.values())[-1])


async def test_upgrade_all(slack: Slack):
    """The form of `/stt-upgrade outdated`; pressed twice, and by somebody else, it is a form again, and no request."""
    buttons = await announced(slack, "second")
    for user in (ADA, ADA, MEI):
        await slack.press(buttons["Upgrade all…"], user=user)
        view = window(slack)
        assert view["callback_id"] == "request"
        assert "second" in str(view)
        assert "call-center-us" in str(view)
    assert not slack.world.store.requests.in_state(RequestState.OPEN)


async def test_upgrade_all_when_nothing_is_left(slack: Slack):
    """The announcement is old by then: what there is now counts."""
    buttons = await announced(slack)
    slack.world.speech.kept.pop("id-call-center-us")
    await slack.world.inventory.refresh()
    assert "No custom model is outdated" in await slack.press(buttons["Upgrade all…"])


async def test_review(slack: Slack):
    """The list of outdated models, to the one who pressed alone."""
    buttons = await announced(slack, "second")
    said = len(slack.world.chat.said)
    heard = await slack.press(buttons["Review"], user=MEI)
    assert "2 models match “outdated”" in heard
    assert "call-center-us" in heard
    assert len(slack.world.chat.said) == said


async def test_a_model_of_the_thread(slack: Slack):
    """The menu below the table opens the page of the model."""
    await announced(slack)
    reply = slack.world.chat.said[1].message
    menu = reply.blocks[2]["elements"][0]
    choice = {"type": "static_select", "action_id": menu["action_id"], "selected_option": menu["options"][0]}
    assert "Model call-center-us" in await slack.press(choice, user=MEI)


async def test_snooze(slack: Slack):
    """Which of the listed models, until when and why; then it is in force."""
    buttons = await announced(slack, "second")
    await slack.press(buttons["Snooze…"])
    view = window(slack)
    (which,) = (block for block in view["blocks"] if block.get("block_id") == "model")
    assert [each["value"] for each in which["element"]["options"]] == [REF, "stt/language/id-second"]
    (scope,) = (block for block in view["blocks"] if block.get("block_id") == "scope")
    assert len(scope["element"]["options"]) == 1
    assert (await slack.submit(view, values()))["errors"] == {"model": "Choose a model."}
    chosen = {"model": {"v": {"type": "static_select", "selected_option": {"value": REF}}}}
    for _ in range(2):
        assert "*call-center-us*" in str(await slack.submit(view, {**values(), **chosen}))
    (snooze,) = slack.world.store.snoozes.in_force()
    assert (snooze.scope, snooze.subject, snooze.author) == (Reach.MODEL, REF, ADA)
    await slack.press(buttons["Snooze…"])
    assert REF not in str(window(slack))


async def test_an_approver_snoozes_more(slack: Slack):
    """An approver of every instance can choose the base or the instance of the model; others can't by force."""
    buttons = await announced(slack)
    await slack.press(buttons["Snooze…"], user=GRACE)
    view = window(slack)
    (scope,) = (block for block in view["blocks"] if block.get("block_id") == "scope")
    assert [each["value"] for each in scope["element"]["options"]] == ["model", "base", "instance"]
    chosen = {"model": {"v": {"type": "static_select", "selected_option": {"value": REF}}}}
    forced = await slack.submit(view, {**values(scope="instance"), **chosen}, user=MEI, view_id="V8")
    assert "<!subteam^SAPPROVE>" in str(forced)
    await slack.submit(view, {**values(scope="instance"), **chosen}, user=GRACE, view_id="V9")
    (snooze,) = slack.world.store.snoozes.in_force()
    assert (snooze.scope, snooze.subject) == (Reach.INSTANCE, "stt")


async def test_a_hundred_models(slack: Slack):
    """A menu has at most a hundred: the worst, and where the others are."""
    buttons = await announced(slack, *(f"m{number:03}" for number in range(150)))
    await slack.press(buttons["Snooze…"])
    (which,) = (block for block in window(slack)["blocks"] if block.get("block_id") == "model")
    assert len(which["element"]["options"]) == 100
    assert "51 more" in which["hint"]["text"]


async def test_nothing_left_to_snooze(slack: Slack):
    """Said, with where snoozes are."""
    buttons = await announced(slack)
    slack.world.speech.kept.pop("id-call-center-us")
    await slack.world.inventory.refresh()
    assert "/stt-announce snoozes" in await slack.press(buttons["Snooze…"])


@pytest.mark.parametrize("who", [GUS, STRANGER.id])
@pytest.mark.parametrize("button", [ALL, REVIEW, SNOOZE])
async def test_who_may_not(slack: Slack, who: str, button: tuple[str, str]):
    """A guest, and somebody of another organization in a shared channel: refused privately, and recorded."""
    slack.world.chat.people[STRANGER.id] = STRANGER
    await announced(slack)
    said = len(slack.world.chat.said)
    heard = await slack.click(*button, user=who)
    assert "call-center-us" not in heard
    assert "Guests" in heard or "Only members of this workspace" in heard
    assert len(slack.world.chat.said) == said
    assert [row["action"] for row in slack.world.store.audit.all() if row["actor"] == who] == ["denied"]


async def test_a_closed_channel(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """Archived, or the bot was removed: whoever asks hears why, and can ask again when it is back."""
    await slack.world.inventory.refresh()

    async def archived(channel: str) -> None:
        raise ChannelClosed(f"The channel {channel} is archived. Choose another one.", code="is_archived")

    with monkeypatch.context() as closed:
        closed.setattr(slack.world.rooms, "admit", archived)
        assert f"The channel {CHANNEL} is archived" in await slack.command("/stt-announce now")
    slack.world.clock.advance(121)
    assert f"Sent to <#{CHANNEL}>" in await slack.command("/stt-announce now")
