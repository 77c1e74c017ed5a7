"""People, groups and channels over the Web API: who may be seen, and lists in portions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackServer
from tests.sandbox.slack.wire.both_ends import (
    ADA,
    EXTERNAL,
    GENERAL,
    GUS,
    MANIFEST,
    PARTNERS,
    PRIVATE,
    SPEECH,
    Now,
    refused,
)


async def test_who_the_token_belongs_to(client: AsyncWebClient):
    """The bot user and the bot, with the granted scopes in a header that Bolt reads."""
    answer = await client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0RETUNE", "B0RETUNE", "T0RETUNE")
    granted = yaml.safe_load(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"]
    assert sorted(answer.headers["x-oauth-scopes"].split(",")) == sorted(granted)


@pytest.mark.parametrize(
    ("user", "marks"),
    [
        (ADA, {"deleted": False, "is_restricted": False, "is_bot": False, "team_id": "T0RETUNE"}),
        (GUS, {"is_restricted": True, "deleted": False}),
        ("U0OLD", {"deleted": True}),
        (EXTERNAL, {"team_id": "T0OTHER", "is_stranger": False}),
        ("U0RETUNE", {"is_bot": True}),
    ],
)
async def test_people(client: AsyncWebClient, user: str, marks: dict[str, Any]):
    """Guests, deactivated people, other companies and bots are told apart."""
    found = (await client.users_info(user=user))["user"]
    assert {key: found.get(key) for key in marks} == marks
    assert found["tz"]


async def test_a_colleague_of_a_grid(client: AsyncWebClient):
    """`team_id` names another workspace of the Grid, the list of workspaces has ours."""
    found = (await client.users_info(user="U0NIA"))["user"]
    assert (found["team_id"], found["enterprise_user"]["teams"]) == ("T0LAB", ["T0LAB", "T0RETUNE"])


async def test_a_stranger(slack: SlackServer, client: AsyncWebClient):
    """Somebody of another company is one while no channel with the app is shared with them."""
    slack.workspace.channels[PARTNERS].members.remove(EXTERNAL)
    assert (await client.users_info(user=EXTERNAL))["user"]["is_stranger"] is True


async def test_nobody(client: AsyncWebClient):
    """An unknown id."""
    assert (await refused(client.users_info(user="U0NOBODY")))["error"] == "user_not_found"


async def test_people_in_portions(client: AsyncWebClient):
    """Cursors lead through everybody once; people of other companies are not in the workspace."""
    found, cursor = [], None
    while cursor != "":
        answer = await client.users_list(limit=3, cursor=cursor)
        assert len(answer["members"]) <= 3
        found += [member["id"] for member in answer["members"]]
        cursor = answer["response_metadata"]["next_cursor"]
    assert len(found) == len(set(found)) > 3
    assert ADA in found
    assert EXTERNAL not in found


async def test_groups(client: AsyncWebClient):
    """The approvers, with their members only when asked for."""
    [group] = (await client.usergroups_list())["usergroups"]
    assert (group["id"], group["handle"], group["user_count"]) == ("S0APPROVE", "speech-approvers", 2)
    assert "users" not in group
    [group] = (await client.usergroups_list(include_users=True))["usergroups"]
    assert group["users"] == ["U0GRACE", "U0TOMAS"]
    assert (await client.usergroups_users_list(usergroup="S0APPROVE"))["users"] == ["U0GRACE", "U0TOMAS"]
    assert (await refused(client.usergroups_users_list(usergroup="S0NONE")))["error"] == "no_such_subteam"


async def test_channels(client: AsyncWebClient):
    """Public ones for everybody, private ones for their members."""
    found = (await client.conversations_info(channel=SPEECH, include_num_members=True))["channel"]
    assert (found["name"], found["is_member"], found["num_members"]) == ("speech-models", True, 7)
    assert (await client.conversations_info(channel=GENERAL))["channel"]["is_member"] is False
    assert (await refused(client.conversations_info(channel=PRIVATE)))["error"] == "channel_not_found"
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert {channel["id"] for channel in listed["channels"]} == {SPEECH, GENERAL, PARTNERS}
    assert (await refused(client.conversations_list(types="rooms")))["error"] == "invalid_types"
    answer = await refused(client.conversations_list(types="im"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:read")


async def test_members_in_portions(client: AsyncWebClient):
    """Ids, by cursor."""
    first = await client.conversations_members(channel=SPEECH, limit=4)
    second = await client.conversations_members(channel=SPEECH, cursor=first["response_metadata"]["next_cursor"])
    assert (len(first["members"]), len(second["members"])) == (4, 3)
    assert ADA in first["members"] + second["members"]


async def test_a_channel_with_people_of_another_company(slack: SlackServer, client: AsyncWebClient):
    """Is told apart, also while the other company has not answered yet; a Grid's lab is no other company."""
    before = (await client.conversations_info(channel=SPEECH))["channel"]
    assert (before["is_ext_shared"], before["pending_connected_team_ids"]) == (False, [])
    slack.workspace.channels[SPEECH].pending = ["T0OTHER"]
    invited = (await client.conversations_info(channel=SPEECH))["channel"]
    assert (invited["is_ext_shared"], invited["pending_connected_team_ids"]) == (False, ["T0OTHER"])
    slack.workspace.channels[SPEECH].members.add(EXTERNAL)
    assert (await client.conversations_info(channel=SPEECH))["channel"]["is_ext_shared"] is True


async def test_joining(slack: SlackServer, tmp_path: Path, http: aiohttp.ClientSession, now: Now):
    """Public channels only, once, and with the scope."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"].append("channels:join")
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(manifest))
    plain = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=http)
    assert (await refused(plain.conversations_join(channel=GENERAL)))["needed"] == "channels:join"
    async with SlackServer(path, now=now) as other:
        client = AsyncWebClient(token=other.bot_token, base_url=other.api_url, session=http)
        assert (await client.conversations_join(channel=GENERAL))["channel"]["is_member"] is True
        assert (await client.conversations_join(channel=GENERAL))["warning"] == "already_in_channel"
        answer = await refused(client.conversations_join(channel=PRIVATE))
        assert answer["error"] == "method_not_supported_for_channel_type"
        other.workspace.channels[GENERAL].archived = True
        assert (await refused(client.chat_postMessage(channel=GENERAL, text="x")))["error"] == "is_archived"


@pytest.mark.parametrize(
    ("users", "error"),
    [
        ("U0OLD", "user_disabled"),
        (EXTERNAL, "user_not_visible"),
        ("U0NOBODY", "user_not_found"),
        ("U0ADA,U0MEI", "missing_scope"),
    ],
)
async def test_opening_a_direct_message(client: AsyncWebClient, users: str, error: str):
    """With one person who is there."""
    assert (await client.conversations_open(users=ADA))["channel"]["id"] == "D0ADA"
    assert (await refused(client.conversations_open(users=users)))["error"] == error


async def test_history_between_two_moments(client: AsyncWebClient):
    """The bounds themselves belong to it only when it is inclusive."""
    stamps = [(await client.chat_postMessage(channel=SPEECH, text=str(n)))["ts"] for n in range(5)]
    bounds: dict[str, Any] = {"oldest": stamps[1], "latest": stamps[3]}
    inner = await client.conversations_history(channel=SPEECH, **bounds)
    assert [m["text"] for m in inner["messages"]] == ["2"]
    whole = await client.conversations_history(channel=SPEECH, inclusive=True, **bounds)
    assert [m["text"] for m in whole["messages"]] == ["3", "2", "1"]


async def test_history_that_grows_while_it_is_read(client: AsyncWebClient):
    """A cursor goes on where it was: what is posted meanwhile shifts nothing."""
    for n in range(4):
        await client.chat_postMessage(channel=SPEECH, text=str(n))
    first = await client.conversations_history(channel=SPEECH, limit=2)
    await client.chat_postMessage(channel=SPEECH, text="new")
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel=SPEECH, limit=2, cursor=cursor)
    assert [m["text"] for m in first["messages"] + second["messages"]] == ["3", "2", "1", "0"]
    assert (first["has_more"], second["has_more"]) == (True, False)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"cursor": "nonsense!"}, "invalid_cursor"),
        ({"limit": "many"}, "invalid_limit"),
        ({"limit": -1}, "invalid_limit"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "now"}, "invalid_ts_latest"),
    ],
)
async def test_history_asked_wrongly(client: AsyncWebClient, arguments: dict[str, Any], error: str):
    """Each argument is named."""
    answer = await refused(client.conversations_history(channel=SPEECH, **arguments))
    assert answer["error"] == error


async def test_threads_of_channels_that_the_bot_is_not_in(slack: SlackServer, client: AsyncWebClient):
    """Neither history nor replies; no thread where there is none."""
    await slack.send(ADA, GENERAL, "hello")
    ts = slack.messages(ADA, GENERAL)[0]["ts"]
    assert (await refused(client.conversations_history(channel=GENERAL)))["error"] == "not_in_channel"
    assert (await refused(client.conversations_replies(channel=GENERAL, ts=ts)))["error"] == "not_in_channel"
    assert (await refused(client.conversations_replies(channel=SPEECH, ts=ts)))["error"] == "thread_not_found"
