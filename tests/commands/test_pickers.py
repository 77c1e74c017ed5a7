"""Commands without a name: the window with a menu that is filled while somebody types, and what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.authority import Person
from bot.domain.verdicts import Verdict
from bot.errors import Refusal
from bot.messages.fitting import size_of
from bot.ports import Place
from commands.desk import Ask
from commands.model import model as show
from commands.pickers import models
from commands.surface import ask_for
from sandbox.slack.blockkit import check_blocks, check_offer, check_view
from tests.commands.conftest import Slack
from tests.fakes import FakeSpeech
from tests.holds import MOST, measured
from tests.world import ADA, CHANNEL, NEW, OLD, World, model

REF = "stt/language/id-call-center-us"


@pytest.fixture
async def slack(slack: Slack) -> Slack:
    """The fleet is read."""
    await slack.world.inventory.refresh()
    return slack


def options(answer: Any) -> list[dict[str, Any]]:
    """What a menu offers, without its headings."""
    assert check_offer(answer) == []
    groups = answer.get("option_groups", [answer])
    return [option for group in groups for option in group["options"]]


def names(answer: Any) -> list[str]:
    """What the options say."""
    return [option["text"]["text"] for option in options(answer)]


def view(slack: Slack) -> tuple[str, Any]:
    """The window that was opened last."""
    return list(slack.world.chat.views.items())[-1]


async def pick(slack: Slack, value: str | None, user: str = ADA) -> Any:
    """Somebody chooses in the open window, and sends it."""
    id, opened = view(slack)
    option = value and {"text": {"type": "plain_text", "text": "x"}, "value": value}
    block = next(block["block_id"] for block in opened["blocks"] if block["type"] == "input")
    chosen = {block: {"v": {"type": "external_select", "selected_option": option}}}
    return await slack.submit(opened, chosen, user=user, view_id=id)


@pytest.mark.parametrize("command", ["/stt-model", "/stt-upgrade", "/stt-upgrade `\u200b`", "/stt-upgrade at 22:00"])
async def test_a_command_alone(slack: Slack, command: str):
    """A window with a menu that is filled while one types; nothing is read, nothing is said."""
    await slack.command(command)
    _, opened = view(slack)
    assert check_view(opened) == []
    menu = next(block["element"] for block in opened["blocks"] if block["type"] == "input")
    assert (menu["type"], menu["min_query_length"]) == ("external_select", 0)
    assert slack.world.chat.whispers == []
    assert names(await slack.look_up("")) == ["call-center-us", "support-desk-us"]


async def test_the_button_of_app_home(slack: Slack):
    """The same menu, in the window that its click opened."""
    await slack.click("home-upgrade:one", " ", channel=None)
    ((id, opened),) = slack.world.chat.views.items()
    assert (id, opened["callback_id"], check_view(opened)) == ("V0", "pick-ask", [])
    await pick(slack, options(await slack.look_up("call", block="pick-upgrade"))[0]["value"])
    _, form = view(slack)
    assert (form["callback_id"], len(slack.world.chat.views)) == ("request", 1)


async def test_the_model_that_was_chosen(slack: Slack):
    """Its window comes in place of the menu."""
    await slack.command("/stt-model")
    answer = await pick(slack, options(await slack.look_up("call"))[0]["value"])
    assert "Reading" in str(answer["view"])
    _, shown = view(slack)
    assert (shown["callback_id"], len(slack.world.chat.views)) == ("model", 1)
    assert "Versions, oldest first" in str(shown["blocks"])


async def test_the_upgrade_that_was_chosen(slack: Slack):
    """The form with its plan comes in place of the menu; the time that was typed is in it, and the card where it was
    asked for."""
    await slack.command("/stt-upgrade at 22:00")
    assert "Reading" in str((await pick(slack, REF))["view"])
    id, form = view(slack)
    assert form["callback_id"] == "request"
    assert form["private_metadata"].startswith(f"{CHANNEL} ")
    later = next(block["element"] for block in form["blocks"] if block.get("block_id") == "later")
    assert later["initial_date_time"] == int(slack.world.clock.now().timestamp()) + 12 * 3600
    why = {"why": {"v": {"type": "plain_text_input", "value": "misheard names"}}}
    assert await slack.submit(form, why, view_id=id) is None
    assert slack.world.request(1).first.plan.model.name == "call-center-us"


async def test_an_upgrade_that_cannot_be(slack: Slack):
    """The window says why."""
    slack.world.speech.add(model("current-one", versions=(OLD, NEW)))
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade")
    await pick(slack, "stt/language/id-current-one")
    assert "already on the newest" in str(view(slack)[1])


@pytest.mark.parametrize(
    ("value", "said"), [(None, "Choose a model"), ("-", "Choose a model"), ("a/b", "no longer known")]
)
async def test_nothing_was_chosen(slack: Slack, value: str | None, said: str):
    """Or what only says something, or what is gone: at the input."""
    for command in ("/stt-model", "/stt-upgrade"):
        await slack.command(command)
        answer = await pick(slack, value)
        assert answer["response_action"] == "errors"
        assert said in str(answer["errors"])


async def test_a_guest_chooses(slack: Slack):
    """Whoever reads and may not ask gets so far as the plan, and no further."""
    slack.world.desk.electorate.authority = replace(slack.world.desk.authority, guests_read=True)
    await slack.command("/stt-upgrade", user="UGUS")
    await pick(slack, REF, user="UGUS")
    assert "can't request upgrades" in str(view(slack)[1])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("call", ["call-center-us"]),
        ("CENTER", ["call-center-us"]),
        ("call us", ["call-center-us"]),
        ("id-call-center-us", ["call-center-us"]),
        (REF, ["call-center-us"]),
        ("outdated", ["call-center-us"]),
        ("en-us", ["call-center-us", "support-desk-us"]),
        ("`call-center-us`", ["call-center-us"]),
        ("cal-centre-us", ["call-center-us"]),
        ("suport desk", ["support-desk-us"]),
        ("zzzz", []),
    ],
)
async def test_what_is_offered(slack: Slack, typed: str, found: list[str]):
    """Part of a name, an id, words that filter, and the nearest where nothing fits."""
    assert names(await slack.look_up(typed)) == found


async def test_as_typed_comes_first(slack: Slack):
    """A model that is called so comes before worse ones whose names have it."""
    for number in range(150):
        slack.world.speech.add(model(f"calls-{number}", id=f"n{number}", versions=(OLD,)))
    slack.world.speech.add(model("calls", id="whole", versions=(OLD, NEW)))
    await slack.world.inventory.refresh()
    found = names(await slack.look_up("calls"))
    assert (found[0], len(found)) == ("calls", 100)


async def test_what_can_be_upgraded_comes_first(slack: Slack):
    """For an upgrade; for showing, the worst."""
    old = model("gone", base="fr-FR_BroadbandModel", language="fr-FR", versions=("fr-FR_BroadbandModel.v1",))
    slack.world.speech.add(old)
    slack.world.speech.served = {"en-US_NarrowbandModel"}
    await slack.world.inventory.refresh()
    assert names(await slack.look_up(""))[0] == "gone"
    assert names(await slack.look_up("", block="pick-upgrade"))[0] == "call-center-us"


async def test_names_that_are_the_same(slack: Slack):
    """They are told apart by their ids; hostile names break nothing."""
    for number, name in enumerate(("twin", "twin", "x" * 4000, "<!channel> `*_~", "\u202eevil", ":smile:", "")):
        slack.world.speech.add(model(name or "\u3164", id=f"n{number}", versions=(OLD,)))
    slack.world.speech.add(model("endless", id="9" * 200, versions=(OLD,)))
    await slack.world.inventory.refresh()
    found = names(await slack.look_up(""))
    assert [name for name in found if name.startswith("twin")] == ["twin (n0)", "twin (n1)"]
    assert "endless" not in found  # its id is longer than Slack takes
    assert len(found) == len(set(found))


async def test_by_instance(slack: Slack):
    """Below the names of the instances, at most a hundred in all."""
    world = slack.world
    for name in ("emea", "us"):
        service = world.services[name] = FakeSpeech(name=name, clock=world.clock)
        for number in range(80):
            service.add(model(f"{name}-{number}", instance=name, id=f"{name}{number}", versions=(OLD,)))
    world.start()
    await world.inventory.refresh()
    offer = await models(Ask("pick", ADA, Place(ADA), ""), world.desk)
    assert {group["label"]["text"] for group in offer["option_groups"]} == {"emea", "us"}
    assert len(options(offer)) == 100
    assert names(await models(Ask("pick", ADA, Place(ADA), "emea 79"), world.desk)) == ["emea-79"]


@pytest.mark.parametrize("word", ["model", "upgrade", "upgrade at 22:00"])
async def test_without_a_window(slack: Slack, word: str):
    """A mention cannot open one: a menu of the worst, and a button that opens it."""
    event = {"type": "app_mention", "user": ADA, "channel": CHANNEL, "ts": "9.1", "text": f"<@UBOT> {word}"}
    await slack.event(event)
    _, message = slack.world.chat.whispers[-1]
    assert "Which model?" in message.text
    assert check_blocks(list(message.blocks), "message") == []
    menu, button = message.blocks[-1]["elements"]
    assert names(menu) == ["call-center-us", "support-desk-us"]
    chosen = {"type": "static_select", "action_id": menu["action_id"], "selected_option": options(menu)[0]}
    shown = await slack.press(chosen)
    assert "call-center-us" in shown
    assert ("22:00" in message.text) == ("22:00" in word)
    opened = await slack.press(button)
    assert "external_select" in opened
    assert "Reading" in str((await pick(slack, REF))["view"])
    assert view(slack)[1]["callback_id"] == ("model" if word == "model" else "request")


async def test_a_message_takes_so_many(slack: Slack):
    """The menu of a message has those that fit into it, and says so; a fleet of odd names gets the button at least."""
    for number in range(300):
        slack.world.speech.add(model(f"{'long' * 30}-{number}", id=f"{'9' * 90}{number}", versions=(OLD,)))
    await slack.world.inventory.refresh()
    event = {"type": "app_mention", "user": ADA, "channel": CHANNEL, "ts": "9.1", "text": "<@UBOT> model"}
    await slack.event(event)
    _, message = slack.world.chat.whispers[-1]
    menu, _ = message.blocks[-1]["elements"]
    assert 10 < len(options(menu)) < 60
    assert f"The menu has the first {len(options(menu))} of 302 models." in message.text
    assert size_of(message.blocks) < 10_000


async def test_no_models_at_all(world: World):
    """There is nothing to choose from: it is said."""
    await world.inventory.refresh()
    for handler in (show, ask_for):
        with pytest.raises(Refusal, match="There are no custom models"):
            await handler(Ask("/stt-x", ADA, Place(ADA), "", "trigger"), world.desk)


async def test_times_are_in_the_time_zone_of_whoever_types_them(slack: Slack):
    """22:00 is 22:00 where they are, as Slack has it; and so it is in the value of a button."""
    slack.world.chat.people[ADA] = Person(ADA, "Ada", "T1", zone="America/New_York")
    slack.world.clock.advance(61)
    await slack.command("/stt-upgrade call-center-us at 22:00")
    later = next(block["element"] for block in view(slack)[1]["blocks"] if block.get("block_id") == "later")
    midnight = slack.world.clock.now().replace(hour=0, minute=0, second=0)
    assert later["initial_date_time"] == int(midnight.timestamp()) + 27 * 3600
    mention = {
        "type": "app_mention",
        "user": ADA,
        "channel": CHANNEL,
        "text": "<@UBOT> upgrade call-center-us at 22:00",
    }
    assert f"{REF} at @1795489200" in await slack.event(mention)
    assert "times are in America/New_York" in await slack.command("/stt-upgrade call-center-us at 25:00")


@pytest.mark.parametrize(
    "typed", ["", "a", "model-4711", "ab" * 90 + "x" + "ab" * 40, "outdated en-US model", "²" * 300]
)
async def test_typing_holds_nobody_up(slack: Slack, typed: str):
    """However large the fleet: the loop is free all the time."""
    for number in range(3000):
        name = f"model-{number}" if number % 2 else f"{'ab' * 400}{number:04}{'ab' * 90}"
        slack.world.speech.add(model(name, id=f"{number:04}", versions=(OLD, NEW) if number % 3 else (OLD,)))
    await slack.world.inventory.refresh()
    with measured() as held:
        answer = await slack.look_up(typed)
    assert held.longest < MOST, held.all[:3]
    assert len(options(answer)) <= 100
    assert Verdict.OUTDATED.value in str(answer) or len(options(answer)) < 2
