"""What was mistyped gets a suggestion with a button, and a filter that matches nothing a true sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.slack.blockkit import check_blocks
from tests.commands.conftest import Slack
from tests.holds import MOST, measured
from tests.world import ADA, CHANNEL, NEW, OLD, model

BASE = "de-DE_TelephonyModel"
REF = "stt/language/id-call-center-us"


@pytest.fixture
async def slack(slack: Slack) -> Slack:
    """Three models, one of them acoustic; all are read."""
    slack.world.speech.add(
        model("phones", id="ph", kind="acoustic", base=BASE, language="de-DE", versions=(f"{BASE}.v1",))
    )
    await slack.world.inventory.refresh()
    return slack


def said(answer: str) -> tuple[str, list[dict[str, Any]]]:
    """The text and the buttons of an answer, whose blocks Slack takes."""
    found = json.loads(answer.splitlines()[0])
    text, blocks = (found["text"], found["blocks"]) if isinstance(found, dict) else (found[0], found[1:])
    assert check_blocks(blocks, "message") == []
    return text, [one for block in blocks if block["type"] == "actions" for one in block["elements"]]


async def mention(slack: Slack, text: str, user: str = ADA) -> str:
    return await slack.event({"type": "app_mention", "user": user, "channel": CHANNEL, "text": f"<@UBOT> {text}"})


@pytest.mark.parametrize(
    ("typed", "text", "buttons"),
    [
        ("outdatd", "No model matches “outdatd”. Did you mean `outdated`?", ["outdated (1)"]),
        ("acustic", "No model matches “acustic”. Did you mean `acoustic`?", ["acoustic (1)"]),
        ("lnguage outdated", "Did you mean `language outdated`", ["language outdated (1)", "outdated (1)"]),
        ("en-SU", "Did you mean `en-US`", ["en-US (2)"]),
        ("sttt", "Did you mean `stt`?", ["stt (3)"]),
        ("suport-desk", "Did you mean `support-desk-us`?", ["support-desk-us (1)"]),
        ("de-DE_TelephonModel", "Did you mean `de-DE_TelephonyModel`", ["de-DE_TelephonyModel (1)"]),
        ("zebra", "No model matches “zebra”. Filters are words: `outdated`", []),
        ("outdated zebra", "No model matches “outdated zebra”. Did you mean `outdated`?", ["outdated (1)"]),
        ("acoustic en-US", "There are no acoustic models on `en-US`.", ["en-US (2)", "acoustic (1)"]),
        ("outdated acoustic", "There are no outdated acoustic models.", ["acoustic (1)", "outdated (1)"]),
        ("snoozed", "No model matches “snoozed”. There are no snoozed models.", []),
        ("call desk", "There are no models with “call” and “desk” in the name.", ["desk (1)", "call (1)"]),
        ("retired stt", "There are no retired models on `stt`.", ["stt (3)"]),
    ],
)
async def test_a_filter_of_models(slack: Slack, typed: str, text: str, buttons: list[str]):
    """Each button shows what it says."""
    found, shown = said(await slack.command(f"/stt-models {typed}"))
    assert text in found
    assert [button["text"]["text"] for button in shown] == buttons
    for button in shown:
        answer, _ = said(await slack.press(button))
        count = button["text"]["text"].rpartition("(")[2].rstrip(")")
        assert answer.startswith(f"{count} model")


@pytest.mark.parametrize(
    ("typed", "text", "buttons"),
    [
        ("waitng", "No request matches “waitng”. Did you mean `waiting`?", ["waiting (1)"]),
        ("opn mine", "Did you mean `open mine`", ["open mine (1)", "mine (1)"]),
        ("sttt", "Did you mean `stt`?", ["stt (1)"]),
        ("cal-center", "Did you mean `call-center-us`?", ["call-center-us (1)"]),
        ("failed", "No request matches “failed”. There are no failed requests.", []),
        ("failed done mine", "There are no failed or done requests of yours.", ["mine (1)"]),
        (
            "acoustic mine",
            "There are no requests of yours for acoustic models.",
            [
                "mine (1)",
            ],
        ),
        ("ended call", "There are no ended requests with “call” in the name.", ["call (1)"]),
        ("zebra", "Filters are words: `open`", []),
    ],
)
async def test_a_filter_of_requests(slack: Slack, typed: str, text: str, buttons: list[str]):
    """The same; nothing is offered that matches nothing."""
    await slack.world.asked()
    found, shown = said(await slack.command(f"/stt-runs {typed}"))
    assert text in found
    assert [button["text"]["text"] for button in shown] == buttons
    for button in shown:
        assert said(await slack.press(button))[0].startswith("1 request matches")


async def test_there_are_no_requests(slack: Slack):
    """Whatever was typed; a number is of no request."""
    for typed in ("", "waiting", "waitng", "call"):
        assert "There are no requests yet." in await slack.command(f"/stt-runs {typed}")
    assert "There is no request 999." in await slack.command("/stt-runs 999")


async def test_lists_say_what_matches(slack: Slack):
    """In numbers that agree with their nouns."""
    assert "2 models match “language”: 1 outdated, 1 current." in await slack.command("/stt-models language")
    assert "1 model matches “outdated”: 1 outdated." in await slack.command("/stt-models outdated")
    await slack.world.asked()
    assert "1 request matches “mine”: 1 waiting" in await slack.command("/stt-runs mine")


@pytest.mark.parametrize(
    ("typed", "text", "buttons"),
    [
        ("outdated lnguage", "No model matches “lnguage”. Did you mean `language`?", ["language (1)"]),
        ("outdated support", "1 model matches “support”; it is not outdated.", ["Show"]),
        ("outdated en-US support", "1 model matches “en-US support”; it is not outdated.", ["Show", "en-US (1)"]),
    ],
)
async def test_a_filter_of_what_to_upgrade(slack: Slack, typed: str, text: str, buttons: list[str]):
    """Only what can be upgraded is offered; the button opens the form."""
    found, shown = said(await slack.command(f"/stt-upgrade {typed}"))
    assert text in found
    assert [button["text"]["text"] for button in shown] == buttons
    if buttons[-1] != "Show":
        await slack.press(shown[-1])
        assert list(slack.world.chat.views.values())[-1]["callback_id"] == "request"


@pytest.mark.parametrize(
    ("command", "text", "buttons"),
    [
        ("/stt-models export outdatd", "so there is nothing to export. Did you mean `outdated`?", ["outdated (1)"]),
        ("/stt-models export snoozed", "so there is nothing to export. There are no snoozed models.", []),
        ("/stt-runs export waitng", "so there is nothing to export. Did you mean `waiting`?", ["waiting (1)"]),
        ("/stt-runs export json waitng", "nothing to export. Did you mean `waiting`?", ["waiting (1)"]),
        ("/stt-runs export failed", "so there is nothing to export. There are no failed requests.", []),
    ],
)
async def test_an_export_of_nothing(slack: Slack, command: str, text: str, buttons: list[str]):
    """It says so in place of an empty file, and leaves one row; the button sends the file."""
    await slack.world.asked()
    before = len(list(slack.world.store.audit.all()))
    found, shown = said(await slack.command(command))
    assert text in found
    assert slack.world.files.uploaded == []
    assert [row["action"] for row in slack.world.store.audit.all()][before:] == ["refused"]
    assert [button["text"]["text"] for button in shown] == buttons
    for button in shown:
        assert "Sent you" in await slack.press(button)
        assert slack.world.files.uploaded[-1].name.endswith(".json" if "json" in command else ".csv")


async def test_an_export_where_there_is_nothing_at_all(slack: Slack):
    """No request was ever made."""
    assert "There are no requests yet, so there is nothing to export" in await slack.command("/stt-runs export")
    assert slack.world.files.uploaded == []


@pytest.mark.parametrize("way", ["command", "mention"])
@pytest.mark.parametrize("what", ["model", "upgrade"])
async def test_a_mistyped_name(slack: Slack, what: str, way: str):
    """The nearest names are buttons that do what was asked for, also for the time that was typed."""
    typed = "call-centre-us" if what == "model" else "call-centre-us at 2026-11-24 22:00"
    answer = await (slack.command(f"/stt-{what} {typed}") if way == "command" else mention(slack, f"{what} {typed}"))
    text, (button, *_) = said(answer)
    assert "No custom model is called “call-centre-us”. Did you mean call-center-us?" in text
    assert button["text"]["text"] == "call-center-us (stt)"
    assert button["value"] == (REF if what == "model" else f"{REF} at @1795557600")
    shown = await slack.press(button)
    assert ("Versions, oldest first" in shown) == (what == "model")
    if what == "upgrade":
        assert list(slack.world.chat.views.values())[-1]["callback_id"] == "request"
    rows = [(row["action"], row["detail"]) for row in slack.world.store.audit.all()]
    assert rows == [("refused", f"/stt-{what}: UnknownModel")]


async def test_a_mistyped_command(slack: Slack):
    """A button runs the nearest, with what followed it."""
    text, (button,) = said(await mention(slack, "modles outdated"))
    assert "Did you mean `models outdated`?" in text
    assert button["text"]["text"] == "models outdated"
    assert "1 model matches “outdated”" in await slack.press(button)
    _, (button,) = said(await mention(slack, "upgrad call-center-us"))
    await slack.press(button)
    assert list(slack.world.chat.views.values())[-1]["callback_id"] == "request"


@pytest.mark.parametrize("value", ["", "x", "models " + "e " * 15, "<!channel>", "model \ud800", "help", "run run"])
async def test_a_button_that_says_anything(slack: Slack, value: str):
    """Its value is read as what somebody typed."""
    assert await slack.click("run", value) != ""
    assert await slack.click("run", "models", user="UGUS") != ""


async def test_advice_holds_nobody_up(slack: Slack):
    """However many models have odd names."""
    for number in range(3000):
        slack.world.speech.add(model(f"{'ab' * 400}{number:04}", id=f"{number:04}", versions=(OLD, NEW)))
    await slack.world.inventory.refresh()
    for typed in ("abx" * 60, "outdatd acustic lnguage " + "aby" * 40, " ".join(f"q{n}" for n in range(20))):
        with measured() as held:
            await slack.command(f"/stt-models {typed}")
        assert held.longest < MOST, held.all[:3]
