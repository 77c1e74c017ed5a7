"""Modals and App Home: what arrives, what Slack's client keeps from being sent, and what the app's answers do."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import ADA, GRACE, SPEECH, App, refused


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


def asked(block_id: str, element: dict[str, Any], **over: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **over}


WHY = asked("why", {"type": "plain_text_input", "action_id": "v", "max_length": 5})
MENU = {"type": "static_select", "action_id": "v", "options": [option("now"), option("later")]}
WHEN = asked("when", MENU, optional=True)
PRESS = {
    "type": "actions",
    "block_id": "more",
    "elements": [{"type": "button", "text": plain("More"), "action_id": "m"}],
}
FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Form"),
    "submit": plain("Go"),
    "notify_on_close": True,
    "blocks": [WHY, WHEN, PRESS],
}
FILLED = {"why": {"v": {"type": "plain_text_input", "value": "x"}}}


def over(**changes: Any) -> dict[str, Any]:
    return {**FORM, **changes}


@pytest.fixture
async def opened(slack: SlackServer, client: AsyncWebClient, app: App) -> dict[str, Any]:
    """The form, opened for Ada by a command of hers."""
    body, _ = await app.play(slack.send(ADA, SPEECH, "/stt-help"))
    return dict((await client.views_open(trigger_id=body["trigger_id"], view=FORM))["view"])


async def test_what_a_submission_delivers(slack: SlackServer, app: App, opened: dict[str, Any]):
    """Every input has its state, null where untouched; the menu's choice is its own option with Slack's defaults."""
    chosen = {"when": {"v": {"type": "static_select", "selected_option": option("later")}}}
    body, outcome = await app.play(slack.submit(ADA, {**FILLED, **chosen}))
    assert outcome.error is None
    assert (body["type"], body["user"]["id"], body["view"]["id"]) == ("view_submission", ADA, opened["id"])
    assert body["view"]["state"]["values"] == {
        "why": {"v": {"type": "plain_text_input", "value": "x"}},
        "when": {
            "v": {
                "type": "static_select",
                "selected_option": {"text": {"type": "plain_text", "text": "Later", "emoji": True}, "value": "later"},
            }
        },
    }
    assert body["response_urls"] == []
    assert slack.modal(ADA) is None


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({}, "required: why"),
        ({"why": {"v": {"type": "plain_text_input", "value": ""}}}, "required: why"),
        ({"why": {"v": {"type": "plain_text_input", "value": "too long"}}}, "too_long: v"),
        ({"why": {"v": {"type": "number_input", "value": "1"}}}, "no_such_value: v is a plain_text_input"),
        ({"why": {"w": {"type": "plain_text_input", "value": "x"}}}, "no_such_input: why.w"),
        ({"what": {"v": {"type": "plain_text_input", "value": "x"}}}, "no_such_input: what"),
        ({**FILLED, "when": {"v": {"selected_option": option("never")}}}, "no_such_option: v has no never"),
    ],
)
@pytest.mark.usefixtures("opened")
async def test_what_cannot_be_submitted(slack: SlackServer, values: Any, fault: str):
    """Slack's client does not send it, and the form stays."""
    assert (await slack.submit(ADA, values)).error == fault
    assert slack.modal(ADA) is not None


async def test_numbers(slack: SlackServer, client: AsyncWebClient, app: App):
    """A number input takes numbers within its bounds."""
    number = {"type": "number_input", "action_id": "v", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"}
    body, _ = await app.play(slack.send(ADA, SPEECH, "/stt-help"))
    await client.views_open(trigger_id=body["trigger_id"], view=over(blocks=[asked("n", number)]))
    for value, fault in (("ten", "no_number: v"), ("1.5", "no_number: v"), ("10", "out_of_bounds: v")):
        assert (await slack.submit(ADA, {"n": {"v": {"value": value}}})).error == fault
    body, _ = await app.play(slack.submit(ADA, {"n": {"v": {"value": "9"}}}))
    assert body["view"]["state"]["values"]["n"]["v"]["value"] == "9"


@pytest.mark.usefixtures("opened")
async def test_errors_keep_what_was_typed(slack: SlackServer, app: App):
    """After `errors` the form stands as it was filled in, and can be sent again."""
    answer = {"response_action": "errors", "errors": {"why": "Say more"}}
    _, outcome = await app.play(slack.submit(ADA, FILLED), answer)
    assert (outcome.error, outcome.body) == (None, answer)
    body, _ = await app.play(slack.submit(ADA))
    assert body["view"]["state"]["values"]["why"]["v"]["value"] == "x"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"response_action": "errors", "errors": {}}, "errors without any"),
        ({"response_action": "errors", "errors": {"more": "x"}}, "no input: more"),
        ({"response_action": "errors", "errors": {"why": 1}}, "no input: why"),
        ({"response_action": "update", "view": {"type": "modal"}}, "missing required field"),
        ({"response_action": "update", "view": {"type": "home", "blocks": []}}, "unsupported type"),
        ({"response_action": "update"}, "unsupported type"),
        ({"response_action": "close"}, "unknown response_action close"),
    ],
)
@pytest.mark.usefixtures("opened")
async def test_wrong_answers_to_a_submission(slack: SlackServer, app: App, answer: Any, fault: str):
    """The person sees connection trouble, and the form stays."""
    heard: list[dict[str, Any]] = []
    slack.workspace.listen(lambda change, person: heard.append({**change, "person": person}))
    _, outcome = await app.play(slack.submit(ADA, FILLED), answer)
    assert fault in str(outcome.error)
    assert [(c["person"], "trouble" in c["text"]) for c in heard if c["type"] == "view_failed"] == [(ADA, True)]
    assert slack.modal(ADA) is not None


async def test_push_update_and_clear(slack: SlackServer, app: App, opened: dict[str, Any]):
    """A pushed view lies on the form, an empty answer takes the top away, `clear` takes all."""
    await app.play(slack.submit(ADA, FILLED), {"response_action": "push", "view": over(callback_id="second")})
    second = slack.modal(ADA) or {}
    assert (second["callback_id"], second["root_view_id"], second["previous_view_id"]) == (
        "second",
        *[opened["id"]] * 2,
    )
    await app.play(slack.submit(ADA, FILLED), {"response_action": "update", "view": over(callback_id="third")})
    assert ((slack.modal(ADA) or {})["callback_id"], (slack.modal(ADA) or {})["id"]) == ("third", second["id"])
    await app.play(slack.submit(ADA, FILLED))
    assert (slack.modal(ADA) or {})["id"] == opened["id"]
    await app.play(slack.submit(ADA, FILLED), {"response_action": "push", "view": FORM})
    await app.play(slack.submit(ADA, FILLED), {"response_action": "clear"})
    assert slack.modal(ADA) is None


@pytest.mark.usefixtures("opened")
async def test_closing(slack: SlackServer, app: App):
    """Cancel closes one view; what was typed is not told; no trigger comes with it."""
    await app.play(slack.submit(ADA, FILLED), {"response_action": "push", "view": over(callback_id="second")})
    body, _ = await app.play(slack.close_view(ADA))
    assert (body["type"], body["view"]["callback_id"], body["is_cleared"]) == ("view_closed", "second", False)
    assert body["view"]["state"] == {"values": {}}
    assert "trigger_id" not in body
    await app.play(slack.submit(ADA, FILLED), {"response_action": "push", "view": over(callback_id="second")})
    body, _ = await app.play(slack.close_view(ADA, all=True))
    assert (body["view"]["callback_id"], body["is_cleared"]) == ("form", True)
    assert slack.modal(ADA) is None
    assert (await slack.close_view(ADA)).error == "no_such_view"


async def test_clear_on_close(slack: SlackServer, client: AsyncWebClient, app: App, opened: dict[str, Any]):
    """A view may take its whole stack with it; without `notify_on_close` the app does not hear of it."""
    last = over(clear_on_close=True)
    await app.play(slack.submit(ADA, FILLED), {"response_action": "push", "view": last})
    await client.views_update(view_id=opened["id"], view=over(notify_on_close=False))
    assert (await slack.close_view(ADA)).acknowledged
    assert slack.modal(ADA) is None


@pytest.mark.usefixtures("opened")
async def test_a_click_in_a_modal(slack: SlackServer, client: AsyncWebClient, app: App):
    """It carries the view with what was typed by then, and a trigger for another view; no channel, no message."""
    body, _ = await app.play(slack.click_view(ADA, "m", values=FILLED))
    assert (body["container"]["type"], body["actions"][0]["block_id"]) == ("view", "more")
    assert body["view"]["state"]["values"]["why"]["v"]["value"] == "x"
    assert not {"channel", "message", "response_url"} & body.keys()
    await client.views_push(trigger_id=body["trigger_id"], view=over(callback_id="second"))
    assert (slack.modal(ADA) or {})["callback_id"] == "second"
    assert (await slack.click_view(ADA, "nothing")).error == "no_such_element"
    assert (await slack.click_view(GRACE, "m")).error == "no_such_element"


async def test_typed_input_survives_an_update(slack: SlackServer, client: AsyncWebClient, app: App, opened: Any):
    """Where block id and action id stay; a new block id resets the input."""
    await app.play(slack.click_view(ADA, "m", values=FILLED))
    kept = (await client.views_update(view_id=opened["id"], view=FORM))["view"]
    assert kept["state"]["values"]["why"]["v"]["value"] == "x"
    assert kept["hash"] != opened["hash"]
    fresh = over(blocks=[{**WHY, "block_id": "again"}, PRESS])
    reset = (await client.views_update(view_id=opened["id"], view=fresh))["view"]
    assert reset["state"]["values"] == {"again": {"v": {"type": "plain_text_input", "value": None}}}


async def test_external_ids(slack: SlackServer, client: AsyncWebClient, app: App, opened: dict[str, Any]):
    """Find a view, are unique in the workspace, and change with an update."""
    await client.views_update(view_id=opened["id"], view=over(external_id="one"))
    await client.views_update(external_id="one", view=over(external_id="one", callback_id="same"))
    body, _ = await app.play(slack.send(GRACE, SPEECH, "/stt-help"))
    twice = client.views_open(trigger_id=body["trigger_id"], view=over(external_id="one"))
    assert (await refused(twice))["error"] == "duplicate_external_id"
    await client.views_update(external_id="one", view=FORM)
    assert (await refused(client.views_update(external_id="one", view=FORM)))["error"] == "not_found"


async def test_a_view_that_is_too_large(client: AsyncWebClient, slack: SlackServer, app: App):
    """Over 250 KB, however valid its parts."""
    words = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    body, _ = await app.play(slack.send(ADA, SPEECH, "/stt-help"))
    opening = client.views_open(trigger_id=body["trigger_id"], view=over(blocks=[words] * 100))
    assert (await refused(opening))["error"] == "view_too_large"


async def test_app_home(slack: SlackServer, client: AsyncWebClient, app: App):
    """Opening tells the app each time; the view comes with it once there is one; clicks carry it."""
    await slack.open_home(ADA)
    first = await app.take()
    await app.ack(first)
    assert (first["payload"]["event"]["type"], "view" in first["payload"]["event"]) == ("app_home_opened", False)
    home = {"type": "home", "blocks": [PRESS]}
    view = (await client.views_publish(user_id=ADA, view=home))["view"]
    assert (slack.home(ADA) or {})["blocks"][0]["block_id"] == "more"
    assert slack.home(GRACE) is None
    body, _ = await app.play(slack.click_view(ADA, "m", home=True))
    assert (body["view"]["type"], body["view"]["id"]) == ("home", view["id"])
    stale = client.views_publish(user_id=ADA, view=home, hash="1.old")
    assert (await refused(stale))["error"] == "hash_conflict"
    await slack.open_home(ADA)
    assert (await app.take())["payload"]["event"]["view"]["id"] == view["id"]
    nobody = client.views_publish(user_id="U0NOBODY", view=home)
    assert (await refused(nobody))["error"] == "invalid_arguments"
