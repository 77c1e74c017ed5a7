"""Lists as tables: what a cell holds, how much fits, and that their plain form says the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain.counts import Counts
from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.fleet import InstanceReading, Snapshot
from bot.domain.requests import RequestState
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages import fleet, request_list, tables
from bot.messages.drawn_signs import CHARACTERS, drawn
from bot.messages.fitting import MOST, size_of
from bot.messages.kit import alert, modal, section
from bot.messages.signs import Sign
from bot.messages.tables import Column, table
from bot.ports import Block, Message, Newer, plainly
from sandbox.slack.blockkit import check_blocks, check_view
from tests.unit import made
from tests.unit.made import NOW
from tests.world import NEW, OLD, model

PLAIN = section("the same in words")
UUID = "0a1b2c3d-1111-2222-3333-0123456789{:02}"
HOSTILE = ("<!channel> *x*", "a\nb", "\u202eevil", ":x: done", "", "\u200b", "`c`", "x" * 5000)


def of(*rows: list[tables.Cell], **more: Any) -> Block:
    """A table as wide as its first row."""
    return table("Caption", [Column(f"c{at}") for at in range(len(rows[0]))], rows, [PLAIN], **more)


def judged(number: int, name: str = "call-center-us-{}", instance: str = "speech-to-text", **over: Any) -> Judgement:
    """An outdated model."""
    own = model(name.format(number), id=UUID.format(number), instance=instance)
    evidence = (Evidence(EvidenceKind.CATALOG, Strength.LIKELY, None, "x", date(2020, 2, 24)),)
    facts: dict[str, Any] = {"evidence": evidence, "target": NEW, "since": date(2020, 2, 24)} | over
    return Judgement(own, Verdict.OUTDATED, Risk.EXPECTED, **facts)


def listed(*shown: Judgement, marks: dict[str, str] | None = None, total: int = 400) -> Message:
    """The second of very many pages of them."""
    counts = Counts({(Verdict.OUTDATED, Risk.EXPECTED): total})
    names = {each.model.instance for each in shown}
    readings = {name: InstanceReading(name, "cloud", read_at=NOW) for name in names}
    found = fleet.Found(shown, 1, counts, total)
    return fleet.models(found, Snapshot(readings), NOW, filters="outdated", marks=marks or {})


def the_table(message: Message) -> Newer:
    """The one table of a message."""
    [found] = [block for block in message.blocks if isinstance(block, Newer)]
    return found


def menu(message: Message) -> Block:
    """The menu below a table."""
    found: Block = next(each for block in message.blocks if block["type"] == "actions" for each in block["elements"])
    return found


def texts(found: Block) -> list[list[str]]:
    """What the rows say."""
    return [[str(cell.get("text")) for cell in row] for row in found["rows"]]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_others_call_things_is_literal(name: str):
    """One line, capped, never empty, without what hides; Slack interprets nothing of it."""
    found = of([tables.words(name), tables.code(name), tables.number(7)])
    assert check_blocks([found], "message") == []
    said = found["rows"][1][0]["text"]
    assert 0 < len(said) <= 120
    assert not set(said) & set("\n\u202e\u200b")
    assert found["rows"][1][1]["elements"][0]["elements"][0]["style"] == {"code": True}


def test_what_sorts():
    """Numbers, days and moments are sorted by what they mean, and read as people write them."""
    day, never = tables.on_day(date(2020, 2, 24)), tables.on_day(None)
    assert (day["value"], day["text"]) == (date(2020, 2, 24).toordinal(), "24 Feb 2020")
    assert never == tables.words("–")
    assert tables.number(1234)["text"] == "1,234"
    at = tables.at(datetime(2026, 11, 23, 10, 5, tzinfo=UTC))
    assert (at["value"], at["text"]) == (1795428300, "23 Nov 2026 10:05")
    assert check_blocks([of([day, never, tables.number(1234), at, tables.person("U0ADA")])], "message") == []


def test_signs_are_characters():
    """In a cell `:x:` would be three letters; every sign has the character that Slack draws for it."""
    page = (Path(__file__).parents[2] / "sandbox/slack/page/emoji.js").read_text("utf-8")
    drawn_there = dict(re.findall(r'"?([a-z0-9_+-]+)"?: "([^"]+)"', page))
    assert {sign: drawn_there[sign.strip(":")] for sign in Sign} == CHARACTERS
    assert drawn(f"{Sign.FAILED} failed :nothing: 10:05:10") == "❌ failed :nothing: 10:05:10"
    assert tables.signed(Sign.FAILED, "failed") == {"type": "raw_text", "text": "❌ failed"}


def test_what_is_no_table():
    """No row, too many, or a row of another width is a mistake of ours."""
    one = [tables.words("a")]
    for columns, rows in (([], [one]), ([Column("a")], []), ([Column("a")], [one] * 101), ([Column("a")] * 2, [one])):
        with pytest.raises(ValueError, match="no table"):
            table("c", columns, rows, [PLAIN])
    assert check_blocks([of(*[one] * 100)], "message") == []


def test_a_table_fits_its_room():
    """The longest words are cut; what is short, a number or a person stays."""
    row = [tables.words("y" * 100), tables.words("short"), tables.number(5), tables.person("U0ADA")]
    assert size_of([of(*[row] * 20)]) <= tables.ROOM
    found = of(*[row] * 20, room=7_000)
    assert size_of([found]) <= 7_000
    assert found["rows"][1][0]["text"].endswith("…")
    assert found["rows"][1][1:] == row[1:]


def test_the_rows_are_named_by_a_column():
    """So screen readers say which row it is."""
    found = table("c", [Column("a"), Column("b", names=True)], [[tables.words("a"), tables.words("b")]], [PLAIN])
    assert found["row_header_column_index"] == 1
    assert "row_header_column_index" not in of([tables.words("a")])


def test_alerts():
    """A line in a form; a warning that is too long for it loses nothing."""
    found = alert("`a1` is on hold", "error")
    assert isinstance(found, Newer)
    assert check_view(dict(modal("Hold", [found], callback="c"))) == []
    assert found["level"] == "error"
    assert found.plain == (section(":rotating_light: `a1` is on hold"),)
    long = alert("x" * 201)
    assert not isinstance(long, Newer)
    assert long == section(f":warning: {'x' * 201}")


def test_models_as_a_table():
    """What a person needs of each, what else is said of one, and a menu that opens each; the lines say the same."""
    busy = replace(judged(2), verdict=Verdict.BUSY, risk=Risk.IGNORED, target=None)
    current = Judgement(model("new", versions=(OLD, NEW), kind="acoustic"), Verdict.CURRENT, Risk.NONE)
    said = listed(judged(1), busy, current, marks={busy.model.ref: ":zzz: snoozed until 3 Dec 2026"})
    found = the_table(said)
    on, moves = "language, en-US_NarrowbandModel", "v2018-07-31 → v2020-01-16"
    busy_word, ignored = "🔵 busy, outdated 💤 snoozed until 3 Dec 2026", "🚨 customization ignored"
    assert texts(found) == [
        ["Model", "Verdict", "Since", "Version", "Risk", "Kind and base", "Instance"],
        ["call-center-us-1", "🟠 outdated", "2020-02-24", moves, "warning expected", on, "speech-to-text"],
        ["call-center-us-2", busy_word, "2020-02-24", "v2018-07-31 → newer", ignored, on, "speech-to-text"],
        ["new", "🟢 current", "–", "v2020-01-16", "–", "acoustic, en-US_NarrowbandModel", "stt"],
    ]
    assert found["row_header_column_index"] == 0
    opens = menu(said)
    assert opens["action_id"] == "model"
    assert [each["value"] for each in opens["options"]] == [each.model.ref for each in (judged(1), busy, current)]
    assert opens["options"][2]["text"]["text"] == "new (stt)"
    words = json.dumps(found.plain, ensure_ascii=False)
    for part in (
        "call-center-us-1",
        ":zzz: snoozed until 3 Dec 2026",
        "v2020-01-16",
        "acoustic",
        "customization ignored",
    ):
        assert part in words
    for name in ("call-center-us-1", "call-center-us-2", "new"):
        assert name in said.text


@pytest.mark.parametrize("several", [False, True])
def test_a_page_of_models_fits_a_message(several: bool):
    """As it is in an ordinary fleet nothing is cut; with long names cells are, and every model can still be opened."""
    instances = ("speech-to-text", "speech-to-text-eu" if several else "speech-to-text")
    shown = [judged(at, instance=instances[at % 2]) for at in range(fleet.PAGE)]
    usual = listed(*shown)
    long = listed(*(judged(at, "kundendienst-österreich-außendienst-{}-" + "x" * 90) for at in range(fleet.PAGE)))
    assert "…" not in json.dumps(the_table(usual)["rows"], ensure_ascii=False)
    for said in (usual, long):
        for blocks in (said.blocks, plainly(said.blocks)):
            assert check_blocks(list(blocks), "message") == []
            assert size_of(blocks) <= MOST
    assert [len(menu(said)["options"]) for said in (usual, long)] == [fleet.PAGE] * 2


def test_a_model_that_no_option_can_name():
    """Its reference is longer than Slack takes: it is in the table, and the others can be opened."""
    odd = replace(judged(1), model=replace(judged(1).model, id="x" * 200))
    said = listed(odd, judged(2))
    assert len(the_table(said)["rows"]) == 3
    assert [each["value"] for each in menu(said)["options"]] == [judged(2).model.ref]
    assert not any(
        each.get("action_id") == "model" for block in listed(odd).blocks for each in block.get("elements", ())
    )


def test_requests_as_a_table():
    """The number, the models, the state with its sign, who asked and when; a menu opens the history of each."""
    several = [made.run(made.plan(name), number=number) for number, name in enumerate(("a1", "a2"), 1)]
    shown = [
        made.request([made.run(made.plan("call-center-us"))], RequestState.OPEN),
        made.request(several, RequestState.REJECTED, ended_at=NOW),
    ]
    said = request_list.requests(shown, 1, 1, NOW, page=0)
    found = the_table(said)
    rows = found["rows"]
    assert [cell["text"] for cell in rows[0]] == ["Request", "Models", "State", "Asked by", "When (UTC)"]
    assert rows[1][0] == {"type": "raw_number", "value": shown[0].id, "text": str(shown[0].id)}
    assert rows[1][1]["text"].startswith("call-center-us → ")
    assert rows[1][2]["text"] == "🗳️ waiting for approval"
    assert rows[1][3] == tables.person(shown[0].requester)
    assert [cell["text"] for cell in rows[2][1:3]] == ["2 models: a1, …", "👎 rejected"]
    opens = menu(said)
    assert (opens["action_id"], opens["options"][0]["value"]) == ("history", str(shown[0].id))
    words = json.dumps(found.plain)
    assert words.index("Waiting and running") < words.index("call-center-us") < words.index("Ended")
    for blocks in (said.blocks, plainly(said.blocks)):
        assert check_blocks(list(blocks), "message") == []


def test_a_page_of_requests_fits_a_message():
    """Also where names are long."""
    name = "kundendienst-österreich-außendienst-" + "x" * 90
    shown = [made.request([made.run(made.plan(name))], RequestState.OPEN) for _ in range(request_list.PAGE)]
    said = request_list.requests(shown, 400, 0, NOW, page=3, filters="open")
    for blocks in (said.blocks, plainly(said.blocks)):
        assert check_blocks(list(blocks), "message") == []
        assert size_of(blocks) <= MOST
