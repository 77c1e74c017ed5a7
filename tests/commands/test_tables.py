"""Lists as tables, from the command to what people see: acknowledged, sent afterwards, shown to all, opened."""

from __future__ import annotations

import json

from bot.ports import Newer
from tests.commands.conftest import Slack
from tests.world import model

URL = "https://hooks.slack.com/commands/1"


async def test_a_list_that_slack_is_known_to_take(slack: Slack):
    """It is in the acknowledgement, which saves a call."""
    await slack.world.inventory.refresh()
    assert '"data_table"' in await slack.command("/stt-models")
    assert "whisper" not in slack.world.chat.calls


async def test_a_list_that_slack_may_refuse(slack: Slack):
    """The acknowledgement is empty, because what Slack refuses there it refuses to the person; the list follows."""
    chat = slack.world.chat
    chat.unsure = True
    await slack.world.inventory.refresh()
    answer = await slack.dispatch(slack.typed("/stt-models"))
    assert not answer.body
    await slack.world.settle()
    [(place, said)] = chat.whispers
    assert place.response_url == URL
    assert any(isinstance(block, Newer) for block in said.blocks)
    assert '"ephemeral"' in await slack.command("/stt-models zebra"), "an answer without a table waits for nothing"


async def test_a_public_list_that_slack_may_refuse(slack: Slack):
    """What was typed is shown at once, the list follows for the whole channel; once the type is known, both at once."""
    chat = slack.world.chat
    chat.unsure = True
    await slack.world.inventory.refresh()
    answer = await slack.dispatch(slack.typed("/stt-models public"))
    assert json.loads(answer.body)["response_type"] == "in_channel"
    assert "data_table" not in answer.body
    await slack.world.settle()
    [(url, said)] = chat.responses
    assert url == URL
    assert any(isinstance(block, Newer) for block in said.blocks)
    assert not chat.whispers
    chat.unsure = False
    answer = json.loads(await slack.command("/stt-models public"))
    assert answer["response_type"] == "in_channel"
    assert "data_table" in json.dumps(answer)


async def test_one_is_opened_from_the_menu(slack: Slack):
    """What is chosen does what the button of a row did: its details, its history."""
    await slack.world.asked()
    for command, said in (("/stt-models", "Versions, oldest first"), ("/stt-runs", "Full log")):
        answer = json.loads(await slack.command(command))
        [menu] = [
            each
            for block in answer["blocks"]
            if block["type"] == "actions"
            for each in block["elements"]
            if each["type"] == "static_select"
        ]
        chosen = {"type": "static_select", "action_id": menu["action_id"], "selected_option": menu["options"][0]}
        assert said in await slack.press(chosen)


async def test_only_the_page_is_rendered(slack: Slack):
    """Of very many models one page is in the message, and it says how many there are."""
    for number in range(400):
        slack.world.speech.add(model(f"m{number:03}"))
    await slack.world.inventory.refresh()
    answer = json.loads(await slack.command("/stt-models"))
    [table] = [block for block in answer["blocks"] if block["type"] == "data_table"]
    assert len(table["rows"]) == 16
    assert table["caption"] == "402 custom models, page 1 of 27"
