"""`/stt-runs`: filters and pages, the history of one request, the file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.requests import RequestState
from bot.errors import ChatBusy
from sandbox.slack.blockkit import check_blocks
from tests.commands.conftest import Slack
from tests.fakes import NOW
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, NEW, OLD, TOMAS, model


async def three(slack: Slack) -> None:
    """One done, one rejected, one that waits, of three models."""
    world = slack.world
    world.speech.add(model("=2+5", id="formula"))
    world.speech.add(model("Ärzte-noise", versions=(OLD,)))
    done = await world.asked()
    await world.approve(done)
    await world.ring()
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    rejected = await world.asked("formula", why="@SUM(A1)")
    await world.reject(rejected, TOMAS, "not now; -1")
    await world.asked("Ärzte-noise")


def buttons(answer: str) -> list[dict[str, Any]]:
    """The buttons of the last answer."""
    body = json.loads(answer.splitlines()[-1])
    blocks = body["blocks"] if isinstance(body, dict) else body[1:]
    assert check_blocks(blocks, "message") == []
    found = [block["accessory"] for block in blocks if "accessory" in block]
    return [*found, *(button for block in blocks if block["type"] == "actions" for button in block["elements"])]


def listed(answer: str) -> list[int]:
    """The numbers of the requests that a list shows, in its order."""
    return [int(row[0]["text"]) for row in rows(answer)]


def rows(answer: str) -> list[Any]:
    """The rows of the table of the last answer."""
    body = json.loads(answer.splitlines()[-1])
    blocks = body["blocks"] if isinstance(body, dict) else body[1:]
    return next((block["rows"][1:] for block in blocks if block["type"] == "data_table"), [])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", [3, 2, 1]),
        ("open", [3]),
        ("waiting", [3]),
        ("ended", [2, 1]),
        ("done", [1]),
        ("failed", []),
        ("done rejected", [2, 1]),
        ("mine", [3, 2, 1]),
        ("ärzte", [3]),
        ("CENTER", [1]),
        ("stt language", [3, 2, 1]),
        ("acoustic", []),
        ("mine ended call", [1]),
        ("nonsense", []),
    ],
)
async def test_filters(slack: Slack, words: str, expected: list[int]):
    """Open ones first, ended ones newest first; what fits nothing says which words there are."""
    await three(slack)
    answer = await slack.command(f"/stt-runs {words}".strip())
    assert listed(answer) == expected
    if expected:
        menu = next(each for each in buttons(answer) if each["action_id"] == "history")
        assert [each["value"] for each in menu["options"]] == [str(number) for number in expected]
    else:
        assert "Filters are words" in answer
    if words == "mine":
        assert "No request matches" in await slack.command("/stt-runs mine", user=MEI)


async def many(slack: Slack, count: int) -> None:
    """That many requests, one after the other withdrawn."""
    for _ in range(count):
        request = await slack.world.asked()
        await slack.world.wish("withdraw", request, ADA)
        slack.world.clock.advance(60)


async def test_pages(slack: Slack):
    """The button leads to the next page with the same filters, and back; the end is the end."""
    await many(slack, 17)
    first = await slack.command("/stt-runs withdrawn")
    assert listed(first) == list(range(17, 2, -1))
    assert "17 requests match" in first
    turn = next(button for button in buttons(first) if button["action_id"] == "runs:next")
    second = await slack.click("runs:next", turn["value"])
    assert listed(second) == [2, 1]
    assert "Page 2 of 2" in second
    assert [button["action_id"] for button in buttons(second)][-2:] == ["runs:previous", "export"]
    assert listed(await slack.click("runs:next", "99 withdrawn")) == [2, 1]


async def test_the_history_of_a_request(slack: Slack):
    """Who asked, every vote, every click that did not count, every step with its transaction, the proof, the end."""
    world = slack.world
    world.policies["stt"] = replace(world.policies["stt"], needed=2)
    request = await world.asked(why="misheard <names>")
    for voter in (ADA, GUS, GRACE, TOMAS):
        await world.decisions.vote(request.id, request.digest, "approve", voter, "looks good" if voter == GRACE else "")
    await world.ring()
    world.speech.finish("id-call-center-us")
    await world.ring(after=300)
    told = await slack.command(f"/stt-runs {request.id}")
    said = [
        "<@UADA>: asked for it",
        "misheard <names>",
        "<@UADA>: wanted to approve, which did not count (own request)",
        "<@UGUS>: wanted to approve, which did not count (not a member)",
        "<@UGRACE>: approved",
        "looks good",
        "<@UTOMAS>: approved",
        "Retune: started it",
        "Retune: sent to the service: upgrade `call-center-us`",
        "Retune: the service accepted it: transaction tx-1",
        f"Retune: the step ended: proven: {NEW}",
        "Retune: ended it as *done*",
    ]
    blocks = told[told.index('"blocks"') :]
    places = [blocks.index(text) for text in said]
    assert places == sorted(places)
    assert "ended <!date^" in told
    assert "after 5 minutes, 1 attempt, transaction `tx-1`" in told
    buttons(told)
    assert "asked for it" in await slack.command(f"/stt-runs #{request.id}")
    assert "asked for it" in await slack.click("history", str(request.id))
    assert "no such request" in await slack.click("history", "77")


async def test_a_long_history_has_pages(slack: Slack):
    """Nothing is left out."""
    request = await slack.world.asked()
    for number in range(40):
        await slack.world.decisions.vote(request.id, request.digest, "approve", MEI, str(number))
    first = await slack.command(f"/stt-runs {request.id}")
    turn = next(button for button in buttons(first) if button["action_id"] == "history:next")
    second = await slack.click("history:next", turn["value"])
    third = await slack.click("history:next", f"2 {request.id}")
    assert [answer.count("wanted to approve") // 2 for answer in (first, second, third)] == [14, 15, 11]
    assert "Page 3 of 3" in third


async def test_a_number_that_is_part_of_a_name(slack: Slack):
    """Where no request has the number, it is looked for in names."""
    slack.world.speech.add(model("call-2024"))
    request = await slack.world.asked("call-2024")
    assert listed(await slack.command("/stt-runs 2024")) == [request.id]
    assert "There is no request 99." in await slack.command("/stt-runs 99")


def sheet(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


async def test_export(slack: Slack):
    """A file by direct message, with a row for each model; nothing in it is executed."""
    await three(slack)
    heard = await slack.command("/stt-runs export")
    (sent,) = slack.world.files.uploaded
    assert "Sent you `retune-requests-2026-11-23.csv` with 3 requests by direct message" in heard
    assert (sent.channel, sent.thread, sent.name) == (ADA, None, "retune-requests-2026-11-23.csv")
    assert (sent.title, bool(sent.alt_text)) == ("Retune: 3 requests", True)
    rows = sheet(sent.content)
    assert [row["request"] for row in rows] == ["3", "2", "1"]
    assert ",".join(rows[0]) == (
        "request,request_state,model,instance,kind,state,requested_by,requested_at,approved_by,started_at,ended_at,"
        "from_version,to_version,steps,outcome,why"
    )
    assert rows[2] == {
        "request": "1",
        "request_state": "done",
        "model": "call-center-us",
        "instance": "stt",
        "kind": "language",
        "state": "done",
        "requested_by": ADA,
        "requested_at": "2026-11-23T10:00:00Z",
        "approved_by": GRACE,
        "started_at": "2026-11-23T10:00:00Z",
        "ended_at": "2026-11-23T10:00:10Z",
        "from_version": OLD,
        "to_version": NEW,
        "steps": "upgrade call-center-us: proven",
        "outcome": "",
        "why": "misheard names",
    }
    assert (rows[1]["model"], rows[1]["why"], rows[1]["outcome"]) == ("'=2+5", "'@SUM(A1)", "not now;' -1")
    last = list(slack.world.store.audit.all())[-1]
    assert (last["actor"], last["action"], last["detail"]) == (ADA, "export", "3 requests as csv")


async def test_export_as_json_with_filters(slack: Slack):
    """The words after the form filter; nothing is quoted that no spreadsheet reads."""
    await three(slack)
    await slack.command("/stt-runs export json rejected")
    (row,) = json.loads(slack.world.files.uploaded[0].content)
    assert (row["model"], row["request_state"], row["approved_by"]) == ("=2+5", "rejected", [])
    assert row["ended_at"] == "2026-11-23T10:00:10Z"
    assert slack.world.files.uploaded[0].name.endswith(".json")


async def test_the_export_button(slack: Slack):
    """Exports the list that it is below, all pages of it, to the person who pressed it."""
    await many(slack, 17)
    await three(slack)
    shown = await slack.command("/stt-runs withdrawn")
    button = next(button for button in buttons(shown) if button["action_id"] == "export")
    assert "with 17 requests" in await slack.click("export", button["value"], user=MEI)
    (sent,) = slack.world.files.uploaded
    assert (sent.channel, len(sheet(sent.content))) == (MEI, 17)
    everything = next(b for b in buttons(await slack.command("/stt-runs")) if b["action_id"] == "export")
    assert "with 20 requests" in await slack.click("export", everything["value"])


@pytest.mark.parametrize(
    ("event", "channel", "thread"),
    [
        ({"type": "app_mention", "channel": CHANNEL, "thread_ts": "7.7"}, CHANNEL, "7.7"),
        ({"type": "app_mention", "channel": CHANNEL}, ADA, None),
        ({"type": "message", "channel_type": "im", "channel": "D1"}, "D1", None),
    ],
)
async def test_where_the_file_goes(slack: Slack, event: dict[str, Any], channel: str, thread: str | None):
    """Into the thread where it was asked for, or to the person; never loose into a channel."""
    await three(slack)
    heard = await slack.event({**event, "user": ADA, "ts": "8.8", "text": "<@UBOT> runs export csv done"})
    (sent,) = slack.world.files.uploaded
    assert (sent.channel, sent.thread, len(sheet(sent.content))) == (channel, thread, 1)
    assert ("by direct message" in heard) == (channel == ADA)


async def test_who_cannot_export_and_what_not(slack: Slack):
    """Guests cannot, which is noted; nothing is no file; a fault is told, and nothing claimed."""
    await three(slack)
    assert "can't use Retune" in await slack.command("/stt-runs export", user=GUS)
    assert [row["detail"] for row in slack.world.store.audit.all()][-1] == "/stt-runs: read: not a member"
    assert "nothing to export" in await slack.command("/stt-runs export failed")
    slack.world.files.fail.append(ChatBusy("Slack cannot be reached."))
    heard = await slack.command("/stt-runs export")
    assert "Slack cannot be reached" in heard
    assert "Sent you" not in heard
    assert slack.world.files.uploaded == []


async def test_what_a_done_training_brought(slack: Slack):
    """No version is claimed that the service never showed."""
    world = slack.world
    world.speech.kept["id-call-center-us"] = model(status="ready", versions=(OLD, NEW))
    request = await world.asked(training=True)
    [row] = rows(await slack.command("/stt-runs"))
    assert row[1]["text"] == "call-center-us training"
    await world.approve(request)
    await world.ring()
    await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    await slack.command("/stt-runs export done")
    (row,) = sheet(world.files.uploaded[0].content)
    assert (row["from_version"], row["to_version"]) == (NEW, "")
    assert NOW + timedelta(seconds=20) == world.clock.now()
