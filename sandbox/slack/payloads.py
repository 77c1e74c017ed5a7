"""Payloads as Slack delivers them, field by field."""

from __future__ import annotations

import re
import secrets
import uuid
from html import unescape
from typing import Any

from .cast import APP, BOT, GRID, TEAM, Channel, Person
from .workspace import Json, Workspace

DOMAIN = "acme-speech"
CHANNEL_TYPES = {"channel": "channel", "private": "group", "im": "im"}
NAMES = {"im": "directmessage", "private": "privategroup"}
"""The channel name that apps get, by kind of channel."""


def person(who: Person) -> Json:
    """The `user` of an interaction."""
    return {"id": who.id, "username": who.name, "name": who.name, "team_id": who.team}


def command(who: Person, channel: Channel, name: str, text: str, trigger: str, response_url: str) -> Json:
    """A slash command: every value is a string."""
    return {
        "token": "legacy",
        "team_id": TEAM,
        "team_domain": DOMAIN,
        "channel_id": channel.id,
        "channel_name": NAMES.get(channel.kind, channel.name),
        "user_id": who.id,
        "user_name": who.name,
        "command": name,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def interaction(kind: str, who: Person, trigger: str | None) -> Json:
    """What all interactions have in common."""
    body: Json = {
        "type": kind,
        "token": "legacy",
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": DOMAIN},
        "user": person(who),
        "enterprise": None,
        "is_enterprise_install": False,
    }
    if trigger is not None:
        body["trigger_id"] = trigger
    return body


def clicked(block: Json, element: Json, value: Json, ts: str) -> Json:
    """One entry of `actions`."""
    action: Json = {
        **value,
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": ts,
    }
    if element["type"] == "button":
        action |= {key: element[key] for key in ("text", "value", "style", "url", "confirm") if key in element}
    return action


def in_message(channel: Channel, message: Json, *, ephemeral: bool) -> Json:
    """Where an interaction with a message was; Slack leaves out ephemeral messages themselves."""
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    where: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": NAMES.get(channel.kind, channel.name)},
    }
    if not ephemeral:
        where["message"] = {k: v for k, v in message.items() if k not in ("metadata", "pinned")}
    return where


def message_action(
    who: Person,
    channel: Channel,
    message: Json,
    action: Json,
    *,
    ephemeral: bool,
    state: Json,
    trigger: str,
    response_url: str,
) -> Json:
    """A click in a message. *state*: the values of its menus."""
    body = interaction("block_actions", who, trigger) | in_message(channel, message, ephemeral=ephemeral)
    return body | {"state": {"values": state}, "response_url": response_url, "actions": [action]}


def failed_action(container: Json, block_id: str, action_id: str) -> Json:
    """What the page gets for an unacknowledged click: Slack shows a warning beside the element."""
    where = {"container": container, "block_id": block_id, "action_id": action_id}
    return {"type": "action_failed", **where, "text": "This app did not answer in time."}


def view_action(who: Person, view: Json, action: Json, trigger: str) -> Json:
    """A click in a modal or in App Home."""
    return interaction("block_actions", who, trigger) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [action],
    }


def said(message: Json, channel: Channel, kind: str) -> Json:
    """The event for a person's message: `message`, or `app_mention`."""
    event: Json = {
        **{key: held for key, held in message.items() if key != "pinned"},
        "type": kind,
        "channel": channel.id,
        "event_ts": message["ts"],
    }
    if "bot_id" not in message:
        event["client_msg_id"] = str(uuid.uuid4())
    if message["team"] != TEAM:
        # From another company, or another workspace of the Grid.
        event |= {"user_team": message["team"], "source_team": message["team"]}
    if kind == "message":
        event["channel_type"] = CHANNEL_TYPES[channel.kind]
    return event


_MARKUP = re.compile(r"`([^`\n]+)`|<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")


def typed(text: str) -> list[Json]:
    """Typed text as the one rich_text block that Slack makes of it; *text* has Slack's markup."""
    parts: list[Json] = []
    end = 0

    def plain(to: int) -> None:
        if to > end:
            parts.append({"type": "text", "text": unescape(text[end:to])})

    for found in _MARKUP.finditer(text):
        plain(found.start())
        parts.append(_part(*found.groups()))
        end = found.end()
    plain(len(text))
    section = {"type": "rich_text_section", "elements": parts}
    return [{"type": "rich_text", "block_id": secrets.token_hex(3), "elements": [section]}]


def _part(code: str | None, sign: str, what: str, label: str | None) -> Json:
    if code is not None:
        return {"type": "text", "text": unescape(code), "style": {"code": True}}
    match sign:
        case "@":
            return {"type": "user", "user_id": what}
        case "#":
            return {"type": "channel", "channel_id": what}
        case "!" if what.startswith("subteam^"):
            return {"type": "usergroup", "usergroup_id": what.removeprefix("subteam^")}
        case "!":
            return {"type": "broadcast", "range": what}
    return {"type": "link", "url": unescape(what), **({"text": unescape(label)} if label else {})}


def event(workspace: Workspace, inner: Json) -> Json:
    """The outer frame of an event."""
    channel = workspace.channels.get(inner.get("channel", ""))
    return {
        "token": "legacy",
        "team_id": TEAM,
        "api_app_id": APP,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(workspace.now()),
        "event_context": "4-local",
        "is_ext_shared_channel": channel is not None and channel.shared(workspace.people),
        "authorizations": [
            {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
        ],
        "event": inner,
    }


def user_info(who: Person, workspace: Workspace) -> Json:
    """`users.info`. People of other companies are strangers until they share a channel with the app."""
    info: dict[str, Any] = {
        "id": who.id,
        "team_id": who.team,
        "name": who.name,
        "deleted": who.deleted,
        "real_name": who.real_name,
        "tz": who.tz,
        "tz_label": who.tz,
        "tz_offset": who.tz_offset,
        "profile": {"real_name": who.real_name, "display_name": who.name, "team": who.team},
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": who.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": who.is_bot,
        "is_app_user": False,
        "updated": 1767000000,
    }
    if who.teams:
        grid = {"id": f"W{who.id[1:]}", "enterprise_id": GRID, "enterprise_name": "Acme", "teams": list(who.teams)}
        info["enterprise_user"] = {**grid, "is_admin": False, "is_owner": False}
    if not who.ours:
        info["is_stranger"] = not any({who.id, BOT} <= channel.members for channel in workspace.channels.values())
    return info
