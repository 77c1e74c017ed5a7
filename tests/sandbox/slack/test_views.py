"""Modals and App Home: triggers, the stack, hashes, external ids, sizes."""

from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer

from .bot_side import ADA, FIELD, GRACE, Bot, button, home, menu, modal, refused, row
from .conftest import Now


async def test_a_trigger_works_once(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """Then it is exchanged; a made-up one is invalid."""
    trigger = await bot.trigger()
    view = (await client.views_open(trigger_id=trigger, view=modal()))["view"]
    assert (slack.modal(ADA) or {})["id"] == view["id"]
    assert (await refused(client.views_open(trigger_id=trigger, view=modal())))["error"] == "exchanged_trigger_id"
    assert (await refused(client.views_push(trigger_id=trigger, view=modal())))["error"] == "exchanged_trigger_id"
    assert (await refused(client.views_open(trigger_id="1.2.3", view=modal())))["error"] == "invalid_trigger_id"


async def test_a_trigger_lives_three_seconds(bot: Bot, client: AsyncWebClient, now: Now):
    """At three seconds it works, after them no more."""
    first, second = await bot.trigger(), await bot.trigger()
    now.at += 3.0
    await client.views_open(trigger_id=first, view=modal())
    now.at += 0.1
    assert (await refused(client.views_open(trigger_id=second, view=modal())))["error"] == "expired_trigger_id"


async def test_a_faulty_view_leaves_the_trigger(bot: Bot, client: AsyncWebClient):
    """Only a view that opens uses its trigger up; the faults are told with pointers under /view."""
    trigger = await bot.trigger()
    answer = await refused(client.views_open(trigger_id=trigger, view=modal({"type": "nothing"})))
    assert answer["error"] == "invalid_arguments"
    told = answer["response_metadata"]["messages"]
    assert told == ["[ERROR] unsupported type: nothing [json-pointer:/view/blocks/0/type]"]
    await client.views_open(trigger_id=trigger, view=modal())


async def test_what_an_opened_view_answers(bot: Bot):
    """Slack's keys, with what it adds: ids, hash, nulls for untouched inputs."""
    view = await bot.opened(modal(FIELD, row(menu()), callback_id="ask", private_metadata="r1"))
    assert {k: view[k] for k in ("type", "callback_id", "private_metadata", "external_id", "previous_view_id")} == {
        "type": "modal",
        "callback_id": "ask",
        "private_metadata": "r1",
        "external_id": "",
        "previous_view_id": None,
    }
    assert view["root_view_id"] == view["id"]
    assert (view["app_id"], view["bot_id"], view["team_id"]) == ("A0RETUNE", "B0RETUNE", "T0RETUNE")
    assert view["close"] is None
    assert view["blocks"][0]["optional"] is False
    assert view["state"]["values"] == {
        "why": {"v": {"type": "plain_text_input", "value": None}},
        "decide": {"pick": {"type": "static_select", "selected_option": None}},
    }


async def test_the_stack(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """Three levels; each knows the one below it and the lowest; opening starts a new stack."""
    first = await bot.opened(modal())
    second = (await client.views_push(trigger_id=await bot.trigger(), view=modal()))["view"]
    third = (await client.views_push(trigger_id=await bot.trigger(), view=modal()))["view"]
    assert (third["root_view_id"], third["previous_view_id"]) == (first["id"], second["id"])
    fourth = client.views_push(trigger_id=await bot.trigger(), view=modal())
    assert (await refused(fourth))["error"] == "push_limit_reached"
    await slack.close_view(ADA)
    assert (slack.modal(ADA) or {})["id"] == second["id"]
    fresh = await bot.opened(modal())
    await slack.close_view(ADA)
    assert slack.modal(ADA) is None
    assert fresh["previous_view_id"] is None


async def test_nothing_to_push_onto(bot: Bot, client: AsyncWebClient):
    """Without an open modal there is no stack."""
    call = client.views_push(trigger_id=await bot.trigger(), view=modal())
    assert (await refused(call))["error"] == "not_found"


async def test_hashes(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """An update against a view that changed since is a conflict; without a hash it goes through."""
    view = await bot.opened(modal())
    changed = (await client.views_update(view_id=view["id"], view=modal(FIELD), hash=view["hash"]))["view"]
    assert (changed["id"], changed["hash"] != view["hash"]) == (view["id"], True)
    again = client.views_update(view_id=view["id"], view=modal(), hash=view["hash"])
    assert (await refused(again))["error"] == "hash_conflict"
    assert (slack.modal(ADA) or {})["blocks"][0]["type"] == "input"
    await client.views_update(view_id=view["id"], view=modal())
    assert (slack.modal(ADA) or {})["blocks"][0]["type"] == "section"


async def test_a_view_that_is_gone(slack: SlackServer, bot: Bot, client: AsyncWebClient):
    """The person may close it any time."""
    view = await bot.opened(modal())
    await slack.close_view(ADA)
    call = client.views_update(view_id=view["id"], view=modal())
    assert (await refused(call))["error"] == "not_found"


@pytest.mark.parametrize("wrong", [home(), {"type": "sheet"}, {}])
async def test_only_modals_open(bot: Bot, client: AsyncWebClient, wrong: dict[str, object]):
    """An App Home, or what is nothing at all, is no modal."""
    call = client.api_call("views.open", json={"trigger_id": await bot.trigger(), "view": wrong})
    assert (await refused(call))["error"] in ("invalid_arguments", "missing_argument")


async def test_app_home(slack: SlackServer, client: AsyncWebClient):
    """Published for one person without a trigger; its id stays, its hash guards it."""
    first = (await client.views_publish(user_id=ADA, view=home()))["view"]
    assert (slack.home(ADA) or {})["id"] == first["id"]
    assert slack.home(GRACE) is None
    second = (await client.views_publish(user_id=ADA, view=home(row(button())), hash=first["hash"]))["view"]
    assert second["id"] == first["id"]
    late = client.views_publish(user_id=ADA, view=home(), hash=first["hash"])
    assert (await refused(late))["error"] == "hash_conflict"
    assert (await refused(client.views_publish(user_id="U0NOBODY", view=home())))["error"] == "invalid_arguments"
    assert (await refused(client.views_publish(user_id=ADA, view=modal())))["error"] == "invalid_arguments"
