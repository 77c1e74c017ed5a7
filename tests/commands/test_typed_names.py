"""Names as teams give them are found as people type them, in commands and in mentions."""

from __future__ import annotations

import html
import json

import pytest

from sandbox.slack.blockkit import check_blocks
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, OLD, model

ARABIC, HEBREW, PERSIAN = "مركز الاتصال", "מוקד שירות", "می‌خواهم"
NAMES = [
    *("R&D calls", "acme.com-support", "call_center_us", 'it\'s "quoted"', "☎️ hotline", ARABIC, HEBREW, PERSIAN),
    *("Straße 7", "日本語", "a < b > c", "*starred*", "at"),
]


async def fleet(slack: Slack, *names: str) -> None:
    """An outdated model of each name."""
    for number, name in enumerate(names):
        slack.world.speech.add(model(name, id=f"named-{number}", versions=(OLD,)))
    await slack.world.inventory.refresh()


async def mention(slack: Slack, text: str) -> str:
    """What somebody reads who mentions the bot with that text."""
    return await slack.event({"type": "app_mention", "user": ADA, "channel": "C1", "text": f"<@UBOT> {text}"})


async def finds(slack: Slack, typed: str, id: str) -> bool:
    """Whether the sheet of that model is shown, by command and by mention."""
    answers = [await slack.command(f"/stt-model {typed}"), await mention(slack, f"model {typed}")]
    return all(f"stt/language/{id}" in answer and "Choose one" not in answer for answer in answers)


@pytest.mark.parametrize("name", NAMES)
async def test_every_name(slack: Slack, name: str):
    """As Slack delivers it: its signs escaped, with markup around it, in capitals, with other spaces."""
    await fleet(slack, *NAMES)
    escaped, id = html.escape(name, quote=False), f"named-{NAMES.index(name)}"
    for typed in (
        escaped,
        f"`{escaped}`",
        f"*“{escaped}”*",
        html.escape(name.upper(), quote=False),
        escaped.replace(" ", "\u00a0"),
        id,
    ):
        assert await finds(slack, typed, id), typed


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("<http://acme.com|acme.com>-support", "acme.com-support"),
        ("_call_center_us_", "call_center_us"),
        ("it’s “quoted”", 'it\'s "quoted"'),
        ("‘it’s “quoted”’", 'it\'s "quoted"'),
        ("hotline", "☎️ hotline"),
        ("☎ Hotline", "☎️ hotline"),
        (PERSIAN.replace("\u200c", ""), PERSIAN),
        ("\u200fR&amp;D\u200b calls\ufeff", "R&D calls"),
        ("STRASSE", "Straße 7"),
        ("*starred*", "*starred*"),
        ("starred", "*starred*"),
    ],
)
async def test_other_ways_to_type_it(slack: Slack, typed: str, name: str):
    """Links, curly quotes, missing joiners, invisible characters, part of a name."""
    await fleet(slack, *NAMES)
    assert await finds(slack, typed, f"named-{NAMES.index(name)}")


async def test_as_typed_comes_first(slack: Slack):
    """A name that has an entity or stars in it is found although another fits what that may mean."""
    await fleet(slack, "R&D", "R&amp;D", "booth", "*booth*", "a&lt;b")
    assert await finds(slack, "R&amp;amp;D", "named-1")
    assert await finds(slack, "R&amp;D", "named-1")
    assert await finds(slack, "*booth*", "named-3")
    assert await finds(slack, "booth", "named-2")
    assert await finds(slack, "a&lt;b", "named-4")


@pytest.mark.parametrize("other", ["Support", "sup\u200bport", "support\u3164", "ｓｕｐｐｏｒｔ", "support"])
async def test_two_of_one_name(slack: Slack, other: str):
    """Names that people cannot tell apart are offered with their ids; each button leads to its model."""
    await fleet(slack, "support", other)
    answer = await slack.command("/stt-model support")
    assert "matches 2 custom models" in answer
    blocks = json.loads(answer)["blocks"]
    assert check_blocks(blocks, "message") == []
    buttons = blocks[-1]["elements"]
    texts = [button["text"]["text"] for button in buttons]
    assert [text.endswith(f"(language named-{number})") for number, text in enumerate(texts)] == [True, True]
    for number, button in enumerate(buttons):
        assert f"stt/language/named-{number}" in await slack.press(button)


async def test_names_of_which_nothing_shows(slack: Slack):
    """They are listed with a dash, and found by their ids."""
    await fleet(slack, "\u3164\u200b", "\u202e")
    answer = await slack.command("/stt-models")
    assert answer.count('"text": "–"') >= 2
    assert "\\u202e" not in answer.lower()
    assert "\u202e" not in answer
    assert await finds(slack, "named-1", "named-1")
    assert "Which model?" in await slack.command("/stt-model \u200b")
    assert "Did you mean" not in await slack.command("/stt-model \u0301")


async def test_what_is_not_found_is_said_as_it_was_meant(slack: Slack):
    """The person reads what they typed, not Slack's markup of it; the nearest name comes with it."""
    await fleet(slack, *NAMES)
    answer = await slack.command("/stt-model “R&amp;D cals”")
    assert "No custom model is called “R&amp;D cals”. Did you mean R&amp;D calls" in answer


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("R&amp;D", ["R&D calls"]),
        ("`outdated` *hotline*", ["☎️ hotline"]),
        ("“language\u00a0ACME.COM”", ["acme.com-support"]),
        ("<http://acme.com|acme.com>", ["acme.com-support"]),
        ("\u200bSTRASSE", ["Straße 7"]),
    ],
)
async def test_filters(slack: Slack, typed: str, shown: list[str]):
    """The words of a filter are read in the same way."""
    await fleet(slack, *NAMES)
    answer = await slack.command(f"/stt-models {typed}")
    found = [name for name in NAMES[:-1] if html.escape(name, quote=False) in answer]
    assert found == shown


async def test_filters_of_requests(slack: Slack):
    """So are those of `/stt-runs`."""
    await fleet(slack, *NAMES)
    request = await slack.world.asked("R&D calls")
    for typed in ("R&amp;D", "`open` R&amp;D", "CALLS\u00a0open", "*mine*", f"#{request.id}", f"`{request.id}`"):
        assert "R&amp;D calls" in await slack.command(f"/stt-runs {typed}"), typed


@pytest.mark.parametrize("typed", ["²", "9" * 30, "-1", "#²", "½"])
async def test_no_number_of_a_request(slack: Slack, typed: str):
    """What to type instead, whether there ever was a request or not."""
    assert "can't be the number of a request" in await slack.command(f"/stt-runs {typed}")
    await fleet(slack, "call 2 you")  # which has what ² is the same as in names
    await slack.world.asked("call 2 you")
    assert "`/stt-runs 12`" in await slack.command(f"/stt-runs {typed}")


async def test_a_request_that_does_not_exist(slack: Slack):
    """It is said so; another word that fits nothing says which filters there are."""
    for typed in ("999", "#999", "`999`", "٩٩٩"):
        assert "There is no request 999." in await slack.command(f"/stt-runs {typed}")
    await slack.world.asked()
    assert "There is no request 999." in await slack.command("/stt-runs 999")
    assert "Filters are words" in await slack.command("/stt-runs 1e9")


@pytest.mark.parametrize(
    "typed",
    [
        "R&amp;D calls at 22:00",
        "`R&amp;D calls at 22:00`",
        "“R&amp;D calls” at 22:00",
        "R&amp;D\u00a0calls\u00a0at\u00a022:00",
        "R&amp;D calls at `22:00`",
        "`R&amp;D calls` at *today 22:00*",
    ],
)
async def test_a_name_and_a_time(slack: Slack, typed: str):
    """Both are read as they are meant."""
    await fleet(slack, *NAMES)
    slack.world.speech.latest = {}
    await slack.command(f"/stt-upgrade {typed}")
    view = list(slack.world.chat.views.values())[-1]
    later = next(block["element"] for block in view["blocks"] if block.get("block_id") == "later")
    assert later["initial_date_time"] == int(slack.world.clock.now().timestamp()) + 12 * 3600
    assert "R&amp;D calls" in str(view["blocks"])


async def test_a_name_like_a_command(slack: Slack):
    """A name that looks like the slash command of a word is a name."""
    await fleet(slack, "stt-outdated", "stt-freeze")
    await slack.command("/stt-upgrade stt-freeze")
    assert "stt-freeze" in str(list(slack.world.chat.views.values())[-1]["blocks"][0])
    assert await finds(slack, "STT-Outdated", "named-0")


async def test_words_of_commands(slack: Slack):
    """`outdated`, `freeze` and the words of `/stt-announce` may have markup around them."""
    await fleet(slack, *NAMES)
    assert "Nothing is frozen" in await slack.command("/stt-upgrade `freeze`")
    await slack.command("/stt-upgrade *outdated*\u00a0R&amp;D")
    assert "R&amp;D calls" in str(list(slack.world.chat.views.values())[-1])
    assert "models are outdated" in await slack.command("/stt-announce “preview”")
    for rule in ("at 0 9 * * *", "`at` `0 9 * * *`", "`at 0 9 * * *`", "at “0 9 * * *”\u200b", "at `0 9 * * *` UTC"):
        assert "only" in (await slack.command(f"/stt-announce {rule}")).lower(), rule
        assert "every day at 09:00 UTC" in await slack.command(f"/stt-announce {rule}", user=GRACE), rule
    answer = await slack.command("/stt-announce *in* <#C0123456|general>", user=GRACE)
    assert "not in that channel" in answer  # so it was read


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("xyzzy", 'There is no command `xyzzy`."'),
        ("modls outdated", 'There is no command `modls`. Did you mean `models outdated`?"'),
        ("*Modles* `R&amp;D`", 'There is no command `modles`. Did you mean `models R&amp;D`?"'),
        ("<!channel>", 'There is no command `&lt;!channel&gt;`."'),
        ("x" * 250, "There is no command `" + "x" * 39 + '…`."'),
    ],
)
async def test_an_unknown_command(slack: Slack, typed: str, said: str):
    """The help, headed by the nearest command."""
    answer = await mention(slack, typed)
    assert said in answer
    assert "/stt-announce" in answer
    assert check_blocks(json.loads(answer)[1:], "message") == []


@pytest.mark.parametrize("typed", ["", "help", "/stt-help", "`Help`", "help me"])
async def test_help_is_plain(slack: Slack, typed: str):
    """Who asks for it, or types nothing, gets only the help."""
    answer = await mention(slack, typed)
    assert "There is no command" not in answer
    assert "/stt-announce" in answer
