"""`/stt-upgrade outdated` for a thousand models: the form that counts, its exceptions, the card, pages of Details."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.fleet import Holdings, Model
from bot.domain.requests import LISTED, MOST
from sandbox.slack.blockkit import check_blocks, check_view
from tests.commands.conftest import Slack
from tests.commands.test_holds import hold
from tests.commands.test_several import WHY, approved, buttons, details, ended, on_card, open_requests, window
from tests.world import ADA, GRACE, MEI, model


async def opened(slack: Slack, count: int) -> tuple[str, Any]:
    """A fleet of so many outdated models more; the window that the command opened."""
    for number in range(count):
        slack.world.speech.add(model(f"m{number:04}"), Holdings(corpora=1, words=number + 1))
    german = {"base": "de-DE_NarrowbandModel", "language": "de-DE"}
    versions = tuple(f"{german['base']}.{version}" for version in ("v2018-07-31", "v2020-01-16"))
    slack.world.speech.add(model("german", versions=versions[:1], **german))
    await slack.world.inventory.refresh()
    await slack.command("/stt-upgrade outdated")
    view_id, view = window(slack)
    assert check_view(view) == []
    return view_id, view


def menus(view: Any) -> dict[str, list[str]]:
    """The menus of a form with the texts of their options."""
    found = [block for block in view["blocks"] if block.get("element", {}).get("type") == "multi_static_select"]
    return {block["block_id"]: [one["text"]["text"] for one in block["element"]["options"]] for block in found}


def leaving(menu: str = "", place: int = 0, names: str = "") -> dict[str, Any]:
    """What Slack sends for exceptions."""
    values: dict[str, Any] = {"leave:names": {"v": {"type": "plain_text_input", "value": names or None}}}
    if menu:
        chosen = [{"text": {"type": "plain_text", "text": "x"}, "value": str(place)}]
        values[menu] = {"v": {"type": "multi_static_select", "selected_options": chosen}}
    return values | WHY


async def test_the_form_counts(slack: Slack):
    """As many as one request takes, by instance, base and risk; what is kept of it is a key."""
    _, view = await opened(slack, MOST + 3)
    text = json.dumps(view["blocks"], ensure_ascii=False)
    assert "*1,000 models* can be upgraded" in text
    assert "more fit; request them afterwards" in text
    assert "*By instance:* stt 1,000" in text
    assert "cannot be undone" in text
    assert len(view["private_metadata"]) < 100


async def test_exceptions(slack: Slack):
    """A base model and names are left out; a name that is of nobody is said at its input; nothing left too."""
    view_id, view = await opened(slack, LISTED + 10)
    assert menus(view)["leave:base"] == ["en-US_NarrowbandModel (61)", "de-DE_NarrowbandModel (1)"]
    wrong = await slack.submit(view, leaving(names="m0001\nzebra"), view_id=view_id)
    assert "“zebra”" in wrong["errors"]["leave:names"]
    none = await slack.submit(view, leaving(names="*"), view_id=view_id)
    assert "leaves no model" in none["errors"]["leave:names"]
    assert open_requests(slack) == ()
    done = await slack.submit(view, leaving("leave:base", 1, "m000*, id-call-center-us"), view_id=view_id)
    assert done is None
    (request,) = open_requests(slack)
    assert [run.plan.model.name for run in request.runs] == [f"m{number:04}" for number in range(10, 60)]
    assert await slack.submit(view, leaving(), view_id=view_id) is None  # the same form twice
    assert len(open_requests(slack)) == 1


async def test_a_form_that_is_too_old(slack: Slack):
    """Its models were planned days ago: the person is told to ask again."""
    view_id, view = await opened(slack, LISTED + 1)
    slack.world.store.drafts.sweep(slack.world.clock.now().replace(year=2027), 10_000)
    assert "too old" in str(await slack.submit(view, leaving(), view_id=view_id))


async def test_what_has_been_read_is_shown(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """The window counts while a service answers slowly, once in three seconds at most."""
    world, seen = slack.world, []
    holdings, update = world.speech.holdings, world.chat.update

    async def slow(model: Model) -> Holdings:
        world.clock.advance(0.1)
        return await holdings(model)

    async def noted(view_id: str, view: Any) -> None:
        seen.append(json.dumps(view["blocks"]))
        await update(view_id, view)

    monkeypatch.setattr(world.speech, "holdings", slow)
    monkeypatch.setattr(world.chat, "update", noted)
    await opened(slack, 100)
    *counts, form = seen
    assert ":mag: Reading " in counts[0]
    assert "of 102 models" in counts[0]
    assert 2 <= len(counts) <= 4
    assert "can be upgraded" in form


async def test_the_card_and_its_details(slack: Slack):
    """The card asks and counts; Details have every model on pages, in one window."""
    view_id, view = await opened(slack, 120)
    assert await slack.submit(view, leaving(), view_id=view_id) is None
    number = open_requests(slack)[-1].id
    card = slack.world.chat.keyed(f"request:{number}:card")
    assert check_blocks(list(card.message.blocks), "message") == []
    assert card.buttons == ["Approve", "Reject"]
    text = json.dumps(card.message.blocks, ensure_ascii=False)
    for part in ("122 models", "*First:*", "up to 2 at a time", "file in the thread", "new base model"):
        assert part in text
    assert "and 112 more" in card.text
    named = set[str]()
    view_id, view = await details(slack, number, MEI)
    for page in range(1, 5):
        assert check_view(view) == []
        assert f"Page {page} of 4" in str(view["blocks"])
        named |= {
            run.plan.model.name for run in slack.world.request(number).runs if f"*{run.plan.model.name}*" in str(view)
        }
        if page < 4:
            modal = {"id": view_id, "type": "modal"}
            (onward,) = [one for one in buttons(view["blocks"]).values() if "Next" in one["text"]["text"]]
            await slack.press(onward, MEI, view=modal)
            view = slack.world.chat.views[view_id]
    assert len(named) == 122


async def test_a_failed_one_of_many_is_tried_again(slack: Slack):
    """What failed stands on the first page with its button."""
    view_id, view = await opened(slack, 60)
    assert await slack.submit(view, leaving(), view_id=view_id) is None
    number = open_requests(slack)[-1].id
    await approved(slack, number)
    first = slack.world.request(number).first.plan.model.name
    await ended(slack, first)
    assert f"Resume request {number}" in on_card(slack, number)
    _, view = await details(slack, number, GRACE)
    assert f"Try the upgrade of {first} again" in buttons(view["blocks"])
    assert slack.world.request(number).requester == ADA


async def test_what_is_left_out_of_many(slack: Slack):
    """On hold, without a language model, in need of a person: counted, named, and how each gets into a request."""
    base = "en-US_Telephony"
    old, new = f"{base}.v2022-01-01", f"{base}.v2026-06-01"
    facts: dict[str, Any] = {"base": base, "deployment": "cp4d"}
    slack.world.speech.add(model("sibling", versions=(old, new), **facts))
    for number in range(2):
        slack.world.speech.add(model(f"by-hand-{number}", versions=(old,), **facts), Holdings(words=3))
    for number in range(7):
        slack.world.speech.add(model(f"booth-{number}", kind="acoustic"), Holdings(recordings=1, audio_minutes=9))
    number = await hold(slack)
    view_id, view = await opened(slack, LISTED + 10)
    text = json.dumps(view["blocks"], ensure_ascii=False)
    assert "*On hold, left out: 1 model.* *call-center-us* until 3 Dec 2026 by <@UMEI>. To include one" in text
    assert "*Trained with what? Left out: 7 acoustic models.* *booth-0*, *booth-1*" in text
    assert "and 2 more. Press *Trained with…* on `/stt-model`, or narrow" in text
    assert "2 of these need a change by hand first" in text
    (include,) = [block for block in view["blocks"] if block.get("block_id") == "include"]
    assert "initial_options" not in include["element"]
    assert "by-hand-0 and by-hand-1" in include["hint"]["text"]
    assert "*Estimate:*" in text
    assert await slack.submit(view, leaving(), view_id=view_id) is None
    (request,) = open_requests(slack)
    assert not [run for run in request.runs if run.plan.model.name.startswith("by-hand")]
    await slack.world.wish("withdraw", request, ADA)
    await slack.command("/stt-upgrade outdated")
    view_id, view = window(slack)
    included = {"include": {"v": {"type": "checkboxes", "selected_options": include["element"]["options"]}}}
    assert await slack.submit(view, leaving() | included, view_id=view_id) is None
    names = [run.plan.model.name for run in open_requests(slack)[-1].runs]
    assert sorted(name for name in names if name.startswith("by-hand")) == ["by-hand-0", "by-hand-1"]
    assert slack.world.store.snoozes.holds()[-1].id == number
    assert slack.world.store.snoozes.holds()[-1].ended_at is None
