"""Messages, channels and views in the form in which they are sent: to the page, and views to the app too."""

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
