"""Freezes and snoozes of more than one model: what the forms offer to whom, and what the channel hears."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.policies import Policy
from bot.errors import ChatRefused
from tests.commands.conftest import Slack
from tests.fakes import NOW, FakeSpeech, Said
from tests.world import ADA, CHANNEL, GRACE, MEI, NEW, OLD, TOMAS, World, model, quotes

REF = "stt/language/id-call-center-us"
BOTH = "UBOTH"
"""Approves on two of three instances."""


@pytest.fixture
def three(world: World) -> World:
    """Three instances: Grace approves on the first, Tomas on all, somebody on two."""
    latest = {"en-US_NarrowbandModel": NEW}
    more = {name: FakeSpeech(name, world.clock, latest=latest) for name in ("prod", "test")}
    for name, speech in more.items():
        speech.add(model("sibling", instance=name, id=f"s-{name}", versions=(OLD, NEW)))
    world.rebuild(services={"stt": world.speech, **more})
    approvers = {"stt": (GRACE, TOMAS, BOTH), "prod": (TOMAS, BOTH), "test": (TOMAS,)}
    for name, people in approvers.items():
        world.policies[name] = Policy(people, 1, False, 86400.0)
    return world


def last(slack: Slack) -> tuple[str, Any]:
    """The window that was opened last."""
    return list(slack.world.chat.views.items())[-1]


def offered(view: Any) -> list[str]:
    """The values of the menu of a form."""
    block = next(block for block in view["blocks"] if block.get("block_id") == "scope")
    return [option["value"] for option in block["element"]["options"]]


def hint(view: Any) -> str:
    block = next(block for block in view["blocks"] if block.get("block_id") == "scope")
    return str(block.get("hint", {}).get("text", ""))


def freeze_values(slack: Slack, scope: str, days: float = 1) -> dict[str, Any]:
    at = int(slack.world.clock.now().timestamp() + days * 86400)
    return {
        "scope": {"v": {"type": "static_select", "selected_option": {"value": scope}}},
        "until": {"v": {"type": "datetimepicker", "selected_date_time": at}},
        "why": {"v": {"type": "plain_text_input", "value": "the audit of <!channel>"}},
    }


def snooze_values(scope: str, until: str = "date", date: str | None = "2026-12-03") -> dict[str, Any]:
    return {
        "scope": {"v": {"type": "static_select", "selected_option": {"value": scope}}},
        "until": {"v": {"type": "radio_buttons", "selected_option": {"value": until}}},
        "date": {"v": {"type": "datepicker", "selected_date": date}},
        "why": {"v": {"type": "plain_text_input", "value": "it moves in March"}},
    }


def heard(slack: Slack, prefix: str) -> list[Said]:
    """What the channel was told."""
    return [said for said in slack.world.chat.said if said.key.startswith(prefix)]


async def freeze_form(slack: Slack, user: str) -> tuple[str, Any]:
    await slack.world.inventory.refresh()
    await slack.click("freeze", "new", user=user)
    return last(slack)


@pytest.mark.parametrize(
    ("user", "values"),
    [
        (TOMAS, ["*", "prod", "stt", "test"]),
        (BOTH, ["*mine", "prod", "stt"]),
        (GRACE, ["stt"]),
    ],
)
async def test_what_the_form_offers(three: World, slack: Slack, user: str, values: list[str]):
    """Only what that person decides on; all instances only to who decides on each; a hint where some are missing."""
    _, view = await freeze_form(slack, user)
    assert offered(view) == values
    assert bool(hint(view)) == (user != TOMAS)


async def test_no_form_for_who_decides_nowhere(three: World, slack: Slack):
    """They hear who may."""
    await slack.world.inventory.refresh()
    assert "Only approvers can freeze upgrades. Ask" in await slack.click("freeze", "new", user=MEI)
    assert [view["callback_id"] for view in slack.world.chat.views.values()] == ["said"]


async def test_all_that_i_decide_on(three: World, slack: Slack):
    """One freeze for each, and one message; who approves on one of them ends that one early, and that is said too."""
    view_id, view = await freeze_form(slack, BOTH)
    for _ in range(2):  # sent twice
        assert await slack.submit(view, freeze_values(slack, "*mine"), user=BOTH, view_id=view_id) is None
    held = await slack.world.freezes.holding()
    assert sorted(freeze.instance for freeze in held) == ["prod", "stt"]
    (said,) = heard(slack, "freeze:")
    assert (said.channel, said.thread) == (CHANNEL, None)
    assert "*Frozen:* `prod` and `stt` until" in said.text
    assert "Reason for the freeze, from UBOTH: “the audit of &lt;!channel&gt;”" in said.text
    assert quotes(said.message.blocks) == {"Reason for the freeze, from UBOTH:": "the audit of <!channel>"}
    mine = next(freeze for freeze in held if freeze.instance == "stt")
    other = next(freeze for freeze in held if freeze.instance == "prod")
    assert "can end this freeze" in await slack.click("unfreeze", str(other.id), user=GRACE)
    await slack.click("unfreeze", str(mine.id), user=GRACE)
    assert [freeze.instance for freeze in await slack.world.freezes.holding()] == ["prod"]
    ended = heard(slack, f"freeze:{mine.id}:ended")[0].text
    assert "*Freeze ended early:* `stt`, by Ugrace. It was until" in ended
    await slack.world.ring(after=5)
    assert len(heard(slack, "freeze:")) == 2


@pytest.mark.parametrize(("user", "scope"), [(GRACE, "*"), (GRACE, "prod"), (BOTH, "*"), (MEI, "*mine"), (MEI, "stt")])
async def test_a_forged_instance(three: World, slack: Slack, user: str, scope: str):
    """What the form did not offer is judged when it is sent."""
    view_id, view = await freeze_form(slack, TOMAS)
    answer = await slack.submit(view, freeze_values(slack, scope), user=user, view_id=view_id)
    assert "can freeze upgrades" in str(answer)
    assert await slack.world.freezes.holding() == ()
    assert heard(slack, "freeze:") == []


async def test_the_longest(three: World, slack: Slack):
    """90 days for one approver of one instance, and of that instance only; the advice stands at the input."""
    view_id, view = await freeze_form(slack, GRACE)
    answer = await slack.submit(view, freeze_values(slack, "stt", 90.1), user=GRACE, view_id=view_id)
    assert "at most 90 days" in answer["errors"]["until"]
    assert await slack.submit(view, freeze_values(slack, "stt", 89), user=GRACE, view_id=view_id) is None
    assert [freeze.instance for freeze in await slack.world.freezes.holding()] == ["stt"]


async def test_slack_does_not_take_it(slack: Slack):
    """The freeze counts; what the channel did not hear is said later, once, also by another process."""
    view_id, view = await freeze_form(slack, GRACE)
    slack.world.chat.fail["post"] = [ChatRefused("not_in_channel", code="not_in_channel")]
    assert await slack.submit(view, freeze_values(slack, "*"), user=GRACE, view_id=view_id) is None
    assert heard(slack, "freeze:") == []
    slack.world.crash()
    await slack.world.ring()
    await slack.world.ring(after=70)
    assert ["all instances" in said.text for said in heard(slack, "freeze:")] == [True]


async def test_a_crash_between_writing_and_saying(slack: Slack):
    """Written, and nobody said it: the worker does, once. Posted, and the answer was lost: not again."""
    until = slack.world.clock.now().replace(hour=20)
    await slack.world.freezes.freeze("", "audit", GRACE, until)
    slack.world.crash()
    slack.world.chat.lose_answers = 1
    await slack.world.ring()
    await slack.world.ring(after=70)
    assert len(heard(slack, "freeze:")) == 1
    (held,) = await slack.world.freezes.holding()
    await slack.world.freezes.end(held, GRACE)
    slack.world.crash()
    await slack.world.ring()
    await slack.world.ring(after=70)
    assert [said.key for said in heard(slack, "freeze:")] == ["freeze:1:begun", "freeze:1:ended"]
    slack.world.clock.advance(20 * 3600)
    assert not slack.world.desk.notices.due(slack.world.store)


async def test_a_freeze_that_is_over_by_itself(slack: Slack):
    """The channel knew until when: nothing is said."""
    await slack.world.freezes.freeze("", "audit", GRACE, slack.world.clock.now().replace(hour=20))
    await slack.world.ring(after=5)
    await slack.world.ring(after=12 * 3600)
    await slack.world.ring(after=70)
    assert [said.key for said in heard(slack, "freeze:")] == ["freeze:1:begun"]


async def snooze_form(slack: Slack, user: str) -> tuple[str, Any]:
    await slack.world.inventory.refresh()
    await slack.click("snooze", REF, user=user)
    return last(slack)


@pytest.mark.parametrize(
    ("user", "values"), [(TOMAS, ["model", "base", "instance"]), (GRACE, ["model", "instance"]), (MEI, ["model"])]
)
async def test_what_the_snooze_form_offers(three: World, slack: Slack, user: str, values: list[str]):
    """A base is on all instances; the hint says why something is missing."""
    _, view = await snooze_form(slack, user)
    assert offered(view) == values
    assert bool(hint(view)) == (user != TOMAS)


@pytest.mark.parametrize(("user", "scope"), [(GRACE, "base"), (BOTH, "base"), (MEI, "base"), (MEI, "instance")])
async def test_a_forged_reach(three: World, slack: Slack, user: str, scope: str):
    """What was not offered is judged when it is sent."""
    view_id, view = await snooze_form(slack, user)
    answer = await slack.submit(view, snooze_values(scope), user=user, view_id=view_id)
    assert "can snooze a base model or an instance" in str(answer)
    assert slack.world.store.snoozes.in_force() == ()
    assert heard(slack, "snooze:") == []


async def test_a_snoozed_instance_is_said(three: World, slack: Slack):
    """Where announcements go: who, what, until when at the latest, why; and its early end by somebody; each once."""
    view_id, view = await snooze_form(slack, GRACE)
    sent = snooze_values("instance", "version", None)
    for _ in range(2):
        assert (await slack.submit(view, sent, user=GRACE, view_id=view_id))["response_action"] == "update"
    (said,) = heard(slack, "snooze:")
    assert said.channel == CHANNEL
    assert (
        "*Snoozed:* everything on `stt` until the next base version, at most until 21 Feb 2027 by Ugrace" in said.text
    )
    assert "it moves in March" in said.text
    assert "<@" not in json.dumps(said.message.blocks)
    assert "Only <@UGRACE>, <@UTOMAS> or <@UBOTH> can end this." in await slack.click("unsnooze:1", "1", user=MEI)
    assert " ended; it was by" in await slack.click("unsnooze:1", "1", user=BOTH)
    ended = heard(slack, "snooze:1:ended")[0].text
    assert "*Snooze ended early:* everything on `stt`, by UBOTH. It was until the next base version" in ended
    await slack.world.ring(after=70)
    await slack.world.ring(after=70)
    assert len(heard(slack, "snooze:")) == 2


async def test_a_snoozed_model_is_nobodys_business(slack: Slack):
    """One model, by its person: the channel hears nothing, neither at the beginning nor at the end."""
    view_id, view = await snooze_form(slack, ADA)
    await slack.submit(view, snooze_values("model"), view_id=view_id)
    await slack.click("unsnooze:1", "1")
    await slack.world.ring(after=70)
    assert heard(slack, "snooze:") == []


async def test_a_crash_between_snoozing_and_saying(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """The worker says it within a minute, once."""
    view_id, view = await snooze_form(slack, GRACE)

    async def never() -> None:
        return

    monkeypatch.setattr(slack.world.snoozer, "say", never)
    await slack.submit(view, snooze_values("base"), user=GRACE, view_id=view_id)
    assert heard(slack, "snooze:") == []
    slack.world.crash()
    await slack.world.ring(after=70)
    await slack.world.ring(after=70)
    (said,) = heard(slack, "snooze:")
    assert "everything on the base `en-US_NarrowbandModel`, on all instances until 3 Dec 2026 by Ugrace" in said.text


async def test_the_next_version_did_not_come(slack: Slack):
    """After 90 days it is over, and the thread of the last announcement gives that as the reason."""
    view_id, view = await snooze_form(slack, GRACE)
    await slack.submit(view, snooze_values("instance", "version", None), user=GRACE, view_id=view_id)
    await slack.world.announcer.announce_now("now:1")
    await slack.world.ring(after=89 * 86400)
    assert slack.world.store.snoozes.in_force() != ()
    await slack.world.ring(after=86400)
    await slack.world.ring(after=70)
    assert slack.world.store.snoozes.in_force() == ()
    assert "ended: 90 days have passed" in heard(slack, "snooze:1:over")[0].text


async def test_a_form_that_begins_another_freeze(slack: Slack):
    """It warns of those in force, above what is asked; the first has nothing to warn of."""
    await slack.click("freeze", " ", GRACE)
    assert '"alert"' not in json.dumps(dict(list(slack.world.chat.views.values())[-1]))
    await slack.world.freezes.freeze_each(["stt"], "audit", GRACE, NOW + timedelta(days=2))
    await slack.click("freeze", " ", GRACE)
    view = list(slack.world.chat.views.values())[-1]
    assert [block["type"] for block in view["blocks"][:2]] == ["section", "alert"]
    assert "1 freeze in force already" in view["blocks"][1]["text"]["text"]


async def test_a_card_pings_nobody_about_their_freeze(slack: Slack):
    """Cards that are posted while it lasts name whoever froze it, beside the reason too."""
    await slack.world.freezes.freeze_each([""], "quarter end", GRACE, slack.world.clock.now() + timedelta(hours=2))
    await slack.world.asked()
    card = slack.world.chat.keyed("request:1:card")
    assert "frozen until" in card.text
    said = f"{card.text}{card.message.blocks}"
    assert f"<@{GRACE}>" not in said
    assert f"'user_id': '{GRACE}'" not in said
    assert said.count("Ugrace") >= 2
