"""The buttons beside Upgrade: check for a warning, trained with, train, leave out, stop watching."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.fleet import Holdings
from bot.domain.observations import PREVIOUS
from bot.domain.requests import RequestState
from tests.commands.conftest import Slack
from tests.world import GRACE, GUS, MEI, NEW, OLD, TOMAS, model

REF = "stt/language/id-call-center-us"
WHY = {"why": {"v": {"type": "plain_text_input", "value": "new product names"}}}


async def ready(slack: Slack) -> None:
    """The model is current and has data that waits."""
    slack.world.speech.kept["id-call-center-us"] = model(status="ready", versions=(OLD, NEW))
    await slack.world.inventory.refresh()


async def test_check_for_a_warning(slack: Slack):
    """The button says what it costs before, and afterwards what recognition said."""
    await slack.world.inventory.refresh()
    shown = await slack.command("/stt-model call-center-us")
    assert "one second of built-in audio" in shown
    slack.world.speech.warned["id-call-center-us"] = (f"{PREVIOUS}, …",)
    assert "It is outdated" in await slack.click("probe", REF)
    assert "returned IBM's warning" in await slack.command("/stt-model call-center-us")
    assert "Guests, bots and deactivated people can't use Retune" in await slack.click("probe", REF, user=GUS)
    assert slack.world.speech.calls.count("warnings") == 1


async def test_trained_with(slack: Slack):
    """What was said can be said again, differently; the candidates are of the same base and instance."""
    slack.world.speech.add(model("noise", kind="acoustic"))
    slack.world.speech.add(model("other", base="en-GB_NarrowbandModel"))
    await slack.world.inventory.refresh()
    await slack.click("link", "stt/acoustic/id-noise")
    view_id, view = list(slack.world.chat.views.items())[-1]
    offered = [option["value"] for option in view["blocks"][1]["element"]["options"]]
    assert offered == ["none", "id-call-center-us", "id-support-desk-us"]
    chosen = {"language": {"v": {"type": "static_select", "selected_option": {"value": "id-call-center-us"}}}}
    await slack.submit(view, chosen, view_id=view_id)
    assert slack.world.store.observed.linked("stt/acoustic/id-noise") == (True, REF)
    assert "trained with" in await slack.command("/stt-model noise")


async def test_training_what_waits(slack: Slack):
    """Asked, approved and carried out like an upgrade; said to be a training, and never called irreversible."""
    await ready(slack)
    await slack.click("train", REF)
    view_id, view = list(slack.world.chat.views.items())[-1]
    assert view["title"]["text"] == "Ask for a training"
    assert "cannot be undone" not in str(view["blocks"])
    await slack.submit(view, WHY, view_id=view_id)
    request = slack.world.store.requests.in_state(RequestState.OPEN)[0]
    card = slack.world.chat.keyed(f"request:{request.id}:card")
    assert "Approval needed for a training" in card.text
    await slack.click("approve", f"{request.id}:{request.digest}", user=GRACE)
    await slack.world.ring()
    assert slack.world.speech.begun == [("train", "id-call-center-us", False)]
    await slack.world.ring(after=10)
    slack.world.speech.finish("id-call-center-us")
    await slack.world.ring(after=10)
    await slack.world.ring(after=5)
    assert "is trained" in slack.world.chat.keyed(f"request:{request.id}:end").text


async def test_an_outdated_model_is_upgraded_before_it_is_trained(slack: Slack):
    """ "If the model's state is ready, upgrade the model before training it"."""
    slack.world.speech.kept["id-call-center-us"] = model(status="ready")
    await slack.world.inventory.refresh()
    await slack.click("train", REF)
    assert "upgrade it first" in str(list(slack.world.chat.views.values())[-1]["blocks"])


async def test_leaving_out_what_is_not_valid(slack: Slack):
    """Training with bad data is refused until a person chooses to leave it out; the card says so."""
    await ready(slack)
    slack.world.speech.held["id-call-center-us"] = Holdings(corpora=2, invalid=("broken",))
    await slack.click("train", REF)
    view_id, view = list(slack.world.chat.views.items())[-1]
    assert "would fail because of `broken`" in str(view["blocks"])
    button = view["blocks"][1]["elements"][0]
    await slack.press(button, view={"id": view_id, "type": "modal"})
    plan = slack.world.chat.views[view_id]
    assert plan["callback_id"] == "request"
    assert "without the data that is not valid" in str(plan["blocks"])


async def test_stop_watching(slack: Slack):
    """Only an approver can; it ends as failed and says that the service may go on."""
    await slack.world.inventory.refresh()
    request = await slack.world.asked()
    await slack.world.approve(request)
    await slack.world.ring()
    for _ in range(5):
        await slack.world.ring(after=600)
    run = request.first.id
    late = slack.world.chat.keyed(f"request:{request.id}:late:{run}.1")
    assert late.buttons == ["Mark as failed and stop watching"]
    stop = next(block["elements"][0] for block in late.message.blocks if block["type"] == "actions")
    assert "Only <!subteam^SAPPROVE> can approve upgrades" in await slack.press(stop, user=MEI)
    assert slack.world.request(request.id).state is RequestState.RUNNING
    assert await slack.press(stop, user=TOMAS) == ""
    assert slack.world.request(request.id).state is RequestState.FAILED
    assert "It does not run" in await slack.press(stop, user=TOMAS)


async def test_the_end_offers_the_training(slack: Slack):
    """A model that was `ready` before its upgrade still has data that waits: one button asks for its training."""
    slack.world.speech.kept["id-call-center-us"] = replace(slack.world.speech.kept["id-call-center-us"], status="ready")
    await slack.world.inventory.refresh()
    request = await slack.world.asked()
    await slack.world.approve(request)
    await slack.world.ring()
    await slack.world.ring(after=10)
    slack.world.speech.finish("id-call-center-us")
    await slack.world.ring(after=10)
    await slack.world.ring(after=5)
    assert slack.world.chat.keyed(f"request:{request.id}:end").buttons == ["Train…"]


async def test_the_history_has_what_was_done_elsewhere(slack: Slack):
    """Requests and changes made outside Retune, newest first."""
    await slack.world.inventory.refresh()
    request = await slack.world.asked()
    await slack.world.reject(request, why="later")
    slack.world.speech.kept["id-call-center-us"] = model(versions=(OLD, NEW))
    slack.world.clock.advance(900)
    await slack.world.inventory.refresh()
    shown = await slack.command("/stt-model call-center-us")
    assert "upgraded from `v2018-07-31` to `v2020-01-16`, outside Retune, noticed" in shown
    assert shown.index("outside Retune") < shown.index(f"request {request.id}:")


async def test_a_mention_with_a_time(slack: Slack):
    """The button that a mention answers with carries the time on into the form."""
    await slack.world.inventory.refresh()
    event = {"type": "app_mention", "user": "UADA", "channel": "CSPEECH", "ts": "1.2"}
    said = await slack.event({**event, "text": "<@UBOT> upgrade call-center-us at 2026-11-24 22:00"})
    assert "Upgrade at 2026-11-24 22:00…" in said
    await slack.click("ask", "stt/language/id-call-center-us at 2026-11-24 22:00")
    view = list(slack.world.chat.views.values())[-1]
    later = next(block for block in view["blocks"] if block.get("block_id") == "later")
    assert later["element"]["initial_date_time"] == 1795557600
    assert slack.world.chat.received == [("CSPEECH", "1.2")]


async def test_models_as_a_file(slack: Slack):
    """Typed, or by the button below a long list; guests cannot; a filter that nothing fits says so."""
    for number in range(120):
        slack.world.speech.add(model(f"m{number:03}"))
    await slack.world.inventory.refresh()
    listed = await slack.command("/stt-models m0")
    assert "Export all of these models as a CSV file" in listed
    assert "Narrow it by words" not in listed
    assert "Narrow it by words" in await slack.command("/stt-models")
    assert "with 100 custom models by direct message" in await slack.command("/stt-models export m0")
    assert "with 20 custom models by direct message" in await slack.click("export-models", "m1")
    (first, second) = slack.world.files.uploaded
    assert (first.channel, first.name) == ("UADA", "retune-models-2026-11-23.csv")
    rows = first.content.decode().splitlines()
    assert len(rows) == 101
    assert rows[1].startswith(
        '"m000","id-m000","language","stt","en-US","en-US_NarrowbandModel","available","outdated"'
    )
    assert len(second.content.decode().splitlines()) == 21
    assert "nothing to export" in await slack.command("/stt-models export zebra")
    assert "Guests" in await slack.command("/stt-models export", user="UGUS")
    noted = [row["detail"] for row in slack.world.store.audit.all() if row["action"] == "export"]
    assert noted == ["100 models as csv: m0", "20 models as csv: m1"]
