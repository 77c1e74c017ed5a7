"""What acoustic models were trained with, asked in the form for several: guesses, faults, plans that follow from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.fleet import Holdings
from bot.domain.requests import LISTED
from bot.errors import ServiceUnavailable
from bot.flows.candidates import LINKS
from sandbox.slack.blockkit import check_view
from tests.commands.conftest import Slack
from tests.commands.test_holds import hold
from tests.commands.test_several import WHY, open_requests, window
from tests.world import ADA, GRACE, MEI, NEW, OLD, model

BOOTH = "stt/acoustic/id-booth"
AUDIO = Holdings(recordings=2, audio_minutes=30)


async def opened(slack: Slack, *acoustic: str, description: str = "", user: str = ADA) -> tuple[str, Any]:
    """Outdated acoustic models, and the language models `terms` and `other`; the form for all of them."""
    for name in ("terms", "other"):
        slack.world.speech.add(model(name))
    for name in acoustic or ("booth",):
        slack.world.speech.add(model(name, kind="acoustic", description=description), AUDIO)
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade outdated", user=user)
    view_id, view = window(slack)
    assert check_view(view) == []
    return view_id, view


def menus(view: Any) -> dict[str, Any]:
    """The blocks of the menus for language models, by the reference of the acoustic model."""
    return {
        block["block_id"].removeprefix("link:"): block
        for block in view["blocks"]
        if str(block.get("block_id")).startswith("link:")
    }


def chosen(view: Any, ref: str = BOOTH) -> str | None:
    """What is chosen at first."""
    initial = menus(view)[ref]["element"].get("initial_option")
    return initial["value"] if initial else None


def options(view: Any) -> dict[str, Any]:
    """Every checkbox by the text of its model."""
    groups = [one["element"] for one in view["blocks"] if one.get("element", {}).get("type") == "checkboxes"]
    return {option["text"]["text"]: option for group in groups for option in group["options"]}


def ticked(view: Any) -> list[str]:
    groups = [one["element"] for one in view["blocks"] if one.get("element", {}).get("type") == "checkboxes"]
    return [option["text"]["text"] for group in groups for option in group.get("initial_options", [])]


def sending(view: Any, names: list[str], said: Mapping[str, str | None]) -> dict[str, Any]:
    """What Slack sends: the ticks, and each menu with what is chosen in it."""
    marks = [options(view)[name] for name in names]
    values: dict[str, Any] = {"models:0": {"v": {"type": "checkboxes", "selected_options": marks}}, **WHY}
    for ref in menus(view):
        value = said.get(ref, chosen(view, ref))
        values[f"link:{ref}"] = {"v": {"selected_option": None if value is None else {"value": value}}}
    return values


def links(slack: Slack) -> dict[str, str]:
    return slack.world.store.observed.every().links


async def test_the_question_is_in_the_form(slack: Slack):
    """The acoustic model is there and unticked; nothing is chosen, whatever its description says."""
    _, view = await opened(slack, description="Halls, trained with terms")
    assert "booth" in options(view)
    assert ticked(view) == ["call-center-us", "other", "terms"]
    assert "trained with?" in options(view)["booth"]["description"]["text"]
    assert "Trained with what? Not ticked:* *booth*" in json.dumps(view["blocks"])
    assert chosen(view) is None
    menu = menus(view)[BOOTH]
    assert [one["text"]["text"] for one in menu["element"]["options"]][:2] == ["None: it was trained alone", "terms"]
    assert "A guess from the description: terms. Choose it only if that is so." in menu["hint"]["text"]
    assert "guess from the description" in menu["element"]["options"][1]["description"]["text"]


async def test_nothing_is_said(slack: Slack):
    """Ticked without an answer: an error at that menu says what to do. Unticked, nobody needs to answer."""
    view_id, view = await opened(slack)
    answer = await slack.submit(view, sending(view, ["booth", "other"], {}), view_id=view_id)
    assert answer["errors"] == {f"link:{BOOTH}": "Choose what booth was trained with, or None. Or untick booth."}
    assert open_requests(slack) == ()
    assert await slack.submit(view, sending(view, ["other"], {}), view_id=view_id) is None
    assert links(slack) == {}
    assert len(open_requests(slack)) == 1


async def test_the_plan_follows_from_it(slack: Slack):
    """The language model is upgraded with it: the card and the window say so, and the answer is remembered."""
    view_id, view = await opened(slack)
    answer = await slack.submit(view, sending(view, ["booth", "terms", "other"], {BOOTH: "id-terms"}), view_id=view_id)
    assert "Reading" in str(answer["view"]["blocks"])
    (request,) = open_requests(slack)
    plans = {run.plan.model.name: run.plan for run in request.runs}
    assert sorted(plans) == ["booth", "other"]
    assert plans["booth"].changes == {BOOTH: "booth", "stt/language/id-terms": "terms"}
    card = slack.world.chat.keyed(f"request:{request.id}:card").message
    assert "terms" in json.dumps(card.blocks)
    assert request.why == "new base model"
    assert links(slack) == {BOOTH: "stt/language/id-terms"}
    (row,) = [row for row in slack.world.store.audit.all() if row["action"] == "link"]
    assert (row["actor"], row["model"], row["detail"]) == (ADA, BOOTH, "stt/language/id-terms")
    shown = slack.world.chat.views[view_id]
    assert check_view(shown) == []
    assert "Also changed for good: *terms* with *booth*" in json.dumps(shown["blocks"])
    assert "It is upgraded together with *booth*" in json.dumps(shown["blocks"])
    again = await slack.submit(view, sending(view, ["booth", "other"], {BOOTH: "id-terms"}), view_id=view_id)
    assert "Reading" in str(again["view"]["blocks"])
    assert [one.id for one in open_requests(slack)] == [request.id]


async def test_it_was_trained_alone(slack: Slack):
    """*None* is an answer like any other: one step, and the next form has it chosen and ticked."""
    view_id, view = await opened(slack)
    await slack.submit(view, sending(view, ["booth"], {BOOTH: "none"}), view_id=view_id)
    (request,) = open_requests(slack)
    assert (request.several, len(request.first.steps)) == (False, 1)
    await slack.world.wish("withdraw", request, ADA)
    _, view = await opened(slack)
    assert chosen(view) == "none"
    assert "booth" in ticked(view)


async def test_an_answer_can_be_corrected(slack: Slack):
    """What somebody said before is chosen at first; another choice makes another plan, the same one none."""
    slack.world.speech.add(model("terms"))
    slack.world.speech.add(model("booth", kind="acoustic"), AUDIO)
    await slack.world.inventory.refresh()
    await slack.world.requests.link(BOOTH, "id-terms", MEI)
    view_id, view = await opened(slack)
    assert chosen(view) == "id-terms"
    assert "booth" in ticked(view)
    assert await slack.submit(view, sending(view, ["booth"], {}), view_id=view_id) is None
    (request,) = open_requests(slack)
    assert len(request.first.steps) == 3
    await slack.world.wish("withdraw", request, ADA)
    view_id, view = await opened(slack)
    await slack.submit(view, sending(view, ["booth"], {BOOTH: "id-other"}), view_id=view_id)
    assert "other" in open_requests(slack)[-1].first.plan.changes.values()
    assert links(slack) == {BOOTH: "stt/language/id-other"}


async def test_a_language_model_that_is_gone(slack: Slack):
    """What was said of it counts for nothing any more: nothing is chosen."""
    slack.world.speech.add(model("terms"))
    slack.world.speech.add(model("booth", kind="acoustic"), AUDIO)
    await slack.world.inventory.refresh()
    await slack.world.requests.link(BOOTH, "id-terms", MEI)
    del slack.world.speech.kept["id-terms"]
    await slack.world.inventory.refresh()
    choice = await slack.world.planning.link_choice(slack.world.speech.kept["id-booth"])
    assert choice.said is None


async def test_the_language_model_is_on_hold(slack: Slack):
    """The form did not show that hold: nothing is requested, and the window says why and what to do."""
    view_id, view = await opened(slack, user=GRACE)
    await hold(slack, "stt/language/id-terms")
    said = sending(view, ["booth"], {BOOTH: "id-terms"})
    await slack.submit(view, said, user=GRACE, view_id=view_id)
    shown = json.dumps(slack.world.chat.views[view_id])
    assert "Nothing was requested" in shown
    assert "terms is on hold until 3 Dec 2026" in shown
    assert open_requests(slack) == ()


async def test_it_cannot_be_planned_now(slack: Slack):
    """Its language model is being trained: it is left out with the reason; the others are requested."""
    view_id, view = await opened(slack)
    slack.world.speech.kept["id-terms"] = model("terms", status="training")
    await slack.submit(view, sending(view, ["booth", "other"], {BOOTH: "id-terms"}), view_id=view_id)
    (request,) = open_requests(slack)
    assert [run.plan.model.name for run in request.runs] == ["other"]
    assert [one.name for one in request.left_out] == ["booth"]
    assert "was trained with `terms`" in json.dumps(slack.world.chat.views[view_id])


async def test_the_service_is_silent(slack: Slack):
    """What was said is remembered; the window says that nothing can be upgraded, and why."""
    view_id, view = await opened(slack)
    slack.world.speech.fail["model"] = [ServiceUnavailable("silent", instance="stt")] * 3
    await slack.submit(view, sending(view, ["booth"], {BOOTH: "id-terms"}), view_id=view_id)
    assert "None of these models can be upgraded now" in json.dumps(slack.world.chat.views[view_id])
    assert links(slack) == {BOOTH: "stt/language/id-terms"}
    assert open_requests(slack) == ()


async def test_a_forged_answer(slack: Slack):
    """A language model of another base, or none of ours: refused, and nothing is remembered."""
    slack.world.speech.add(model("german", base="de-DE_NarrowbandModel", language="de-DE"))
    view_id, view = await opened(slack)
    for id in ("id-german", "id-nobody"):
        await slack.submit(view, sending(view, ["booth"], {BOOTH: id}), view_id=view_id)
        assert "no longer known" in json.dumps(slack.world.chat.views[view_id])
    assert links(slack) == {}
    assert open_requests(slack) == ()


async def test_more_than_a_form_asks_for(slack: Slack):
    """Ten menus; the others are left out with what to do. The form is one that Slack takes."""
    names = [f"booth-{number:02}" for number in range(LINKS + 3)]
    for number in range(120):
        slack.world.speech.add(model(f"words-{number:03}", versions=(OLD, NEW)))
    _, view = await opened(slack, *names)
    assert len(menus(view)) == LINKS
    text = json.dumps(view["blocks"], ensure_ascii=False)
    assert text.count("Say first what it was trained with: press *Trained with…* on") == 3
    assert "This form asks what 10 acoustic models were trained with" in text
    assert "more are under Trained with… on /stt-model" in menus(view)[f"stt/acoustic/id-{names[0]}"]["hint"]["text"]
    assert len(json.dumps(view)) < 250_000


async def test_the_form_of_one(slack: Slack):
    """The same rules: a guess is marked and not chosen; what was said is chosen."""
    slack.world.speech.add(model("terms"))
    slack.world.speech.add(model("booth", kind="acoustic", description="with terms"), AUDIO)
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade booth")
    _, view = window(slack)
    assert check_view(view) == []
    (question,) = [block for block in view["blocks"] if block["type"] == "input"]
    assert "initial_option" not in question["element"]
    assert "guess from the description" in json.dumps(question)
    await slack.world.requests.link(BOOTH, "id-terms", ADA)
    await slack.click("link", BOOTH)
    _, view = window(slack)
    (question,) = [block for block in view["blocks"] if block["type"] == "input"]
    assert question["element"]["initial_option"]["value"] == "id-terms"


@pytest.mark.parametrize("count", [98, 99, 100, 900])
async def test_however_many_language_models(slack: Slack, count: int):
    """Each can be chosen, in groups where a menu has no room; the form is one that Slack takes."""
    booth = slack.world.speech.add(model("booth", kind="acoustic"), AUDIO)
    for number in range(count - 2):
        slack.world.speech.add(replace(model(f"words-{number}"), id=f"0000-{number:032}"))
    await slack.world.inventory.refresh()
    await slack.click("link", booth.ref)
    _, view = window(slack)
    assert check_view(view) == []
    assert len(json.dumps(view)) < 250_000
    element = next(block["element"] for block in view["blocks"] if block["type"] == "input")
    groups = [group["options"] for group in element.get("option_groups", [])] or [element["options"]]
    assert sum(map(len, groups)) == min(count + 1, 900)
    assert (len(groups) > 1) == (count >= 100)


async def test_what_each_row_says(slack: Slack):
    """Versions, risk, what else changes, who is needed; what needs a person is there and unticked."""
    base = "en-US_Telephony"
    old, new = f"{base}.v2022-01-01", f"{base}.v2026-06-01"
    slack.world.speech.deployment = "cp4d"  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"base": base, "deployment": "cp4d"}
    slack.world.speech.add(model("sibling", versions=(old, new), **facts))
    slack.world.speech.add(model("by-hand", versions=(old,), **facts), Holdings(words=3))
    _, view = await opened(slack)
    text = json.dumps(view["blocks"], ensure_ascii=False)
    assert ticked(view) == ["call-center-us", "other", "terms"]
    below = options(view)["by-hand"]["description"]["text"]
    assert below.startswith("`v2022-01-01 → v2026-06-01` · warning expected · needs a person")
    assert "*Needs a change by hand, not ticked:* *by-hand*" in text
    assert "*You* or a colleague add or change a word, corpus or grammar first." in text
    assert "*A saved weight is lost:* *by-hand*" in text
    assert "*call-center-us* goes first, as ticked now; when its new version is proven" in text
    assert "*Estimate:* usually minutes for each model (IBM); no past runs yet." in text
    assert LISTED == 50
