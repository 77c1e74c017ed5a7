"""Every command as people type it, with the typos, the wrong people and the second clicks."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from bot.domain.requests import RequestState
from bot.errors import ServiceUnavailable
from bot.ports import plainly
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, GUS, MEI, OLD, TOMAS, model

WHY = {"why": {"v": {"type": "plain_text_input", "value": "misheard names"}}}


async def ready(slack: Slack) -> None:
    await slack.world.inventory.refresh()


async def requested(slack: Slack) -> int:
    """Ada asks for the outdated model through the modal."""
    await ready(slack)
    await slack.command("/stt-upgrade call-center-us")
    view_id, view = list(slack.world.chat.views.items())[-1]
    assert await slack.submit(view, WHY, view_id=view_id) is None
    return slack.world.store.requests.in_state(RequestState.OPEN)[-1].id


async def test_models(slack: Slack):
    """The list names each model with its verdict in words, worst first, privately."""
    await ready(slack)
    answer = await slack.command("/stt-models")
    assert '"ephemeral"' in answer
    assert answer.index("call-center-us") < answer.index("support-desk-us")
    assert "outdated" in answer


async def test_models_public(slack: Slack):
    """`public` shows it to the channel."""
    await ready(slack)
    assert '"in_channel"' in await slack.command("/stt-models public outdated")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("outdated", True),
        ("risky", True),
        ("language", True),
        ("acoustic", False),
        ("en-US", True),
        ("stt", True),
        ("center", True),
        ("en-US_NarrowbandModel outdated", True),
        ("de-DE", False),
    ],
)
async def test_filters(slack: Slack, filters: str, found: bool):
    """Words narrow the list; all must fit."""
    await ready(slack)
    assert ("call-center-us" in await slack.command(f"/stt-models {filters}")) is found


async def test_a_filter_that_nothing_fits(slack: Slack):
    """Says which filters there are instead of an empty list."""
    await ready(slack)
    assert "Filters are words" in await slack.command("/stt-models zebra")


async def test_an_empty_fleet(slack: Slack):
    """With no models at all, said only after it was read."""
    slack.world.speech.kept.clear()
    assert "no custom models" in await slack.command("/stt-models")


async def test_pages(slack: Slack):
    """Long lists have pages with buttons."""
    for number in range(40):
        slack.world.speech.add(model(f"m{number:02}"))
    await ready(slack)
    first = await slack.command("/stt-models")
    assert "Page 1 of 3" in first
    assert "Page 2 of 3" in await slack.click("page:next", "1 ")


async def test_model(slack: Slack):
    """One model: versions, evidence, data, what an upgrade would do, history."""
    await requested(slack)
    answer = await slack.command("/stt-model call-center")
    for part in (OLD, "support-desk-us", "2 corpus files", "*Steps:*", "History", "Estimate"):
        assert part in answer


async def test_model_while_the_instance_is_down(slack: Slack):
    """What was read last is shown; nothing pretends to be fresh."""
    await ready(slack)
    slack.world.speech.fail["model"] = [ServiceUnavailable("down", instance="stt")]
    answer = await slack.command("/stt-model call-center-us")
    assert "could not be read" in answer
    assert OLD in answer


@pytest.mark.parametrize("command", ["/stt-model", "/stt-upgrade"])
async def test_names(slack: Slack, command: str):
    """No name, a typo, an ambiguous name: each hears what to do."""
    await ready(slack)
    assert "Which model?" in await slack.command(command)
    assert "Did you mean call-center-us" in await slack.command(f"{command} call-centre-us")
    both = await slack.command(f"{command} us")
    assert "matches 2 custom models" in both
    assert "call-center-us (stt)" in both
    assert "support-desk-us (stt)" in both


async def test_a_choice_among_names_goes_on(slack: Slack):
    """The button of an ambiguous answer does what the command would have done."""
    await ready(slack)
    await slack.click("ask:0", "stt/language/id-call-center-us")
    assert list(slack.world.chat.views.values())[-1]["callback_id"] == "request"


async def test_the_request(slack: Slack):
    """The modal shows plan, evidence, risk and that it cannot be undone; the card shows exactly that plan."""
    request_id = await requested(slack)
    view = list(slack.world.chat.views.values())[-1]
    shown = str(view["blocks"])
    for part in ("v2018-07-31", "v2020-01-16", "support-desk-us", "cannot be undone", "silently ignored"):
        assert part in shown
    card = slack.world.chat.keyed(f"request:{request_id}:card")
    assert card.buttons == ["Approve", "Reject"]
    assert "misheard names" in str(card.message.blocks)


async def test_submitting_twice_makes_one_request(slack: Slack):
    """The same modal, sent twice: one request, one card."""
    await requested(slack)
    view_id, view = list(slack.world.chat.views.items())[-1]
    await slack.submit(view, WHY, view_id=view_id)
    assert len(slack.world.store.requests.in_state(RequestState.OPEN)) == 1
    assert len(slack.world.chat.said) == 1


async def test_a_current_model(slack: Slack):
    """Nothing to ask for: said in the modal, no card."""
    await ready(slack)
    await slack.command("/stt-upgrade support-desk-us")
    view = list(slack.world.chat.views.values())[-1]
    assert view["callback_id"] == "refused"
    assert "Nothing to do" in str(view["blocks"])
    assert slack.world.chat.said == []


async def test_a_model_that_is_asked_for_already(slack: Slack):
    """Says by whom and where."""
    await requested(slack)
    assert "already has" in await slack.command("/stt-upgrade call-center-us", user=MEI)


async def test_a_guest_cannot_ask(slack: Slack):
    """Guests hear whom to ask."""
    await ready(slack)
    heard = await slack.command("/stt-upgrade call-center-us", user=GUS)
    assert "Guests, bots and deactivated people can't use Retune" in heard
    assert slack.world.chat.views == {}


async def test_an_unreachable_instance(slack: Slack):
    """The modal says so; nothing is asked for."""
    await ready(slack)
    slack.world.speech.fail["model"] = [ServiceUnavailable("stt cannot be reached.", instance="stt")]
    await slack.command("/stt-upgrade call-center-us")
    assert "cannot be reached" in str(list(slack.world.chat.views.values())[-1]["blocks"])


async def test_approve(slack: Slack):
    """The deciding click is silent for its person; a later one hears who was first."""
    request_id = await requested(slack)
    value = f"{request_id}:{slack.world.request(request_id).digest}"
    assert await slack.click("approve", value, user=GRACE) == ""
    assert slack.world.request(request_id).state is RequestState.SCHEDULED
    assert slack.world.woken == 1
    assert "Already approved" in await slack.click("approve", value, user=TOMAS)


@pytest.mark.parametrize(
    ("user", "why"),
    [(ADA, "asked for this yourself"), (MEI, "Only <!subteam^SAPPROVE> can approve upgrades"), (GUS, "Guests")],
)
async def test_who_may_not_approve(slack: Slack, user: str, why: str):
    """Each hears why, privately; the card keeps its buttons."""
    request_id = await requested(slack)
    value = f"{request_id}:{slack.world.request(request_id).digest}"
    assert why in await slack.click("approve", value, user=user)
    assert slack.world.chat.keyed(f"request:{request_id}:card").buttons == ["Approve", "Reject"]


async def test_reject_asks_why(slack: Slack):
    """Reject opens a modal; the reason ends the request."""
    request_id = await requested(slack)
    value = f"{request_id}:{slack.world.request(request_id).digest}"
    assert "Why not?" in await slack.click("reject", value, user=GRACE)
    view_id, view = list(slack.world.chat.views.items())[-1]
    assert view["callback_id"] == "reject"
    assert await slack.submit(view, WHY, user=GRACE, view_id=view_id) is None
    assert slack.world.request(request_id).state is RequestState.REJECTED
    assert "misheard names" in slack.world.chat.keyed(f"request:{request_id}:end").text


async def test_reject_by_somebody_who_may_not(slack: Slack):
    """No modal for those whose vote would not count."""
    request_id = await requested(slack)
    value = f"{request_id}:{slack.world.request(request_id).digest}"
    assert "Only <!subteam^SAPPROVE> can approve upgrades" in await slack.click("reject", value, user=MEI)
    assert list(slack.world.chat.views.values())[-1]["callback_id"] == "said"


async def test_rejecting_what_was_approved_meanwhile(slack: Slack):
    """The modal was open while somebody else approved: said in the modal, nothing changes."""
    request_id = await requested(slack)
    value = f"{request_id}:{slack.world.request(request_id).digest}"
    await slack.click("reject", value, user=GRACE)
    view_id, view = list(slack.world.chat.views.items())[-1]
    await slack.click("approve", value, user=TOMAS)
    answer = await slack.submit(view, WHY, user=GRACE, view_id=view_id)
    assert "Already approved" in str(answer)
    assert slack.world.request(request_id).state is RequestState.SCHEDULED


async def test_a_click_on_a_card_that_is_not_known(slack: Slack):
    """Of another database, or nonsense: an answer, no crash."""
    assert "no such request" in await slack.click("approve", "99:abc", user=GRACE)
    assert "no such request" in await slack.click("approve", "nonsense", user=GRACE)


async def test_an_acoustic_model_is_asked_for_its_language_model(slack: Slack):
    """The modal asks, remembers the answer and goes on to the plan."""
    slack.world.speech.add(model("noise", kind="acoustic"))
    await ready(slack)
    await slack.command("/stt-upgrade noise")
    view_id, view = list(slack.world.chat.views.items())[-1]
    assert view["callback_id"] == "link"
    chosen = {"language": {"v": {"type": "static_select", "selected_option": {"value": "none"}}}}
    answer = await slack.submit(view, chosen, view_id=view_id)
    assert answer["response_action"] == "update"
    assert slack.world.chat.views[view_id]["callback_id"] == "request"
    assert slack.world.store.observed.linked("stt/acoustic/id-noise") == (True, None)


async def test_requests(slack: Slack):
    """Nothing yet, then what waits."""
    assert "There are no requests yet." in await slack.command("/stt-runs")
    await requested(slack)
    assert "waiting" in await slack.command("/stt-runs")


async def test_announce(slack: Slack):
    """Shows schedule and preview; `now` sends one; another word hears what to type."""
    await ready(slack)
    shown = await slack.command("/stt-announce")
    assert "weekdays at 09:00 UTC" in shown
    assert "1 of 2 models is outdated" in await slack.command("/stt-announce preview")
    assert slack.world.chat.said == []
    assert "Sent" in await slack.command("/stt-announce now", trigger="t1")
    assert len([said for said in slack.world.chat.said if said.thread is None]) == 1
    assert "/stt-announce now" in await slack.command("/stt-announce tomorrow")


async def test_help(slack: Slack):
    """Every command with an example."""
    answer = await slack.command("/stt-help")
    for command in ("/stt-models", "/stt-model", "/stt-upgrade", "/stt-runs", "/stt-announce"):
        assert command in answer


async def test_home(slack: Slack):
    """What waits for an approver is on top; the requester does not wait for themselves."""
    request_id = await requested(slack)
    for user in (GRACE, ADA):
        await slack.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"})
    waiting = {user: str(slack.world.chat.homes[user]["blocks"][1]) for user in (GRACE, ADA)}
    assert f"request {request_id}" in waiting[GRACE]
    assert "Nothing" in waiting[ADA]


async def test_a_mention_in_a_thread(slack: Slack):
    """The same commands where Slack offers no slash commands; the answer is in that thread."""
    await ready(slack)
    event = {"type": "app_mention", "user": ADA, "channel": "C1", "thread_ts": "5.5", "text": "<@UBOT> models outdated"}
    assert "call-center-us" in await slack.event(event)
    assert slack.world.chat.whispers[-1][0].thread == "5.5"


async def test_a_direct_message(slack: Slack):
    """The same commands; the words of other bots are nobody's command."""
    await ready(slack)
    event = {"type": "message", "channel_type": "im", "user": ADA, "channel": "D1", "text": "models"}
    assert "call-center-us" in await slack.event(event)
    assert await slack.event({**event, "bot_id": "B2"}) == ""


async def test_a_mention_cannot_open_a_form(slack: Slack):
    """It offers a button that can."""
    await ready(slack)
    event = {"type": "app_mention", "user": ADA, "channel": "C1", "text": "<@UBOT> upgrade call-center-us"}
    assert "Upgrade…" in await slack.event(event)


async def test_a_bug_is_said_and_logged(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Something unexpected: the person gets a reference, the log the reason, and nothing changes."""
    await ready(slack)
    monkeypatch.setattr(slack.world.inventory, "find", lambda typed: 1 / 0)
    answer = await slack.command("/stt-model call-center-us")
    assert "reference" in answer
    assert "ZeroDivisionError" in caplog.text


async def test_a_hostile_name_is_shown_literally(slack: Slack):
    """A model called like a broadcast pings nobody, anywhere."""
    slack.world.speech.kept["id-call-center-us"] = replace(
        slack.world.speech.kept["id-call-center-us"], name="<!channel> *x* `y`", description="<@UGRACE>"
    )
    await ready(slack)
    heard = await slack.command("/stt-models") + await slack.command("/stt-model channel")
    await slack.command("/stt-announce now")
    for said in slack.world.chat.said:
        heard += json.dumps([said.text, *said.message.blocks, *plainly(said.message.blocks)], ensure_ascii=False)
    # In plain_text (headers, labels) and in the text of a quote nothing is parsed; everywhere else it must be escaped.
    parsed = re.sub(r'(\{"type": "(plain_text|text|raw_text)"[^}]*\}|"accessibility_label": "[^"]*")', "", heard)
    assert "&lt;!channel&gt;" in parsed
    assert "<!channel>" not in parsed
    assert "<@UGRACE>" not in parsed


async def test_help_speaks_to_everybody(slack: Slack):
    """A line for whoever asks, approves or runs it, before the commands; short."""
    answer = json.loads(await slack.command("/stt-help"))
    first = answer["blocks"][0]["text"]["text"]
    for who in ("*You ask:*", "*You approve:*", "*You run it:*"):
        assert who in first
    assert len(json.dumps(answer["blocks"])) < 3500
