"""Payloads as Slack delivers them, field by field."""

from __future__ import annotations

import secrets
from typing import Any

from .workspace import APP, BOT, TEAM, Channel, Json, Person, Workspace

DOMAIN = "acme-speech"


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
        "channel_name": "directmessage" if channel.kind == "im" else channel.name,
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


def message_action(
    who: Person, channel: Channel, message: Json, action: Json, *, ephemeral: bool, trigger: str, response_url: str
) -> Json:
    """A click in a message; Slack leaves the message out where it was ephemeral."""
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    body = interaction("block_actions", who, trigger) | {
        "container": container,
        "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    if not ephemeral:
        body["message"] = {k: v for k, v in message.items() if k not in ("metadata", "pinned")}
    return body


def view_action(who: Person, view: Json, action: Json, trigger: str) -> Json:
    """A click in a modal or in App Home."""
    return interaction("block_actions", who, trigger) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [action],
    }


def event(workspace: Workspace, inner: Json) -> Json:
    """The outer frame of an event."""
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
        "is_ext_shared_channel": False,
        "authorizations": [
            {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
        ],
        "event": inner,
    }


def user_info(who: Person) -> Json:
    """`users.info`."""
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
    if who.is_stranger:
        info["is_stranger"] = True
    return info
