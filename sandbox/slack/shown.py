"""Messages, channels and views as they are sent: to the page, and views also to the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cast import APP, BOT, BOT_ID, TEAM, Channel

Json = dict[str, Any]


@dataclass
class View:
    """An open modal or a published App Home."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    external_id: str = ""


def shown_message(channel: str, message: Json, *, ephemeral: bool = False) -> Json:
    """A message as the page gets it."""
    kept: Json = {
        key: message[key]
        for key in ("ts", "thread_ts", "user", "text", "blocks", "files", "reactions", "edited", "pinned")
        if key in message
    }
    return {
        **kept,
        "channel": channel,
        "is_bot": "bot_id" in message,
        "ephemeral": ephemeral,
        "reply_count": message.get("reply_count", 0),
        "latest_reply": message.get("latest_reply"),
    }


def told_message(message: Json, bot_name: str) -> Json:
    """A message as the Web API returns it: the bot's own with the profile of its app."""
    told = {key: held for key, held in message.items() if key != "pinned"}
    if "bot_id" not in message:
        return told
    facts = {"id": BOT_ID, "app_id": APP, "user_id": BOT, "name": bot_name, "team_id": TEAM, "updated": 1767000000}
    return {**told, "bot_profile": {**facts, "deleted": False, "icons": {}}}


def shown_channel(channel: Channel, user: str) -> Json:
    """A channel as the page gets it."""
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "topic": channel.topic,
        "user": channel.user,
        "is_member": user in channel.members,
        "bot_is_member": BOT in channel.members,
    }


def shown_view(view: View) -> Json:
    """A view as Slack sends it."""
    body = view.body
    return {
        "id": view.id,
        "team_id": TEAM,
        "type": body["type"],
        "callback_id": body.get("callback_id", ""),
        "private_metadata": body.get("private_metadata", ""),
        "external_id": view.external_id,
        "hash": view.hash,
        "title": body.get("title"),
        "submit": body.get("submit"),
        "close": body.get("close"),
        "blocks": body["blocks"],
        "state": {"values": body.get("_state", {})},
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT_ID,
    }
