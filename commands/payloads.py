"""Slack's payloads as what people ask. Reading never fails: what is missing or of another type is empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.ports import Place
from commands.desk import Ask
from commands.typed import command_of

FAR = 1000
"""Characters of a message that are read: far more than the door lets in."""


def command(body: Mapping[str, Any], at: float) -> Ask:
    """A slash command that came *at* that time."""
    user, trigger = text(body.get("user_id")), text(body.get("trigger_id"))
    place = Place(user, text(body.get("channel_id")), None, text(body.get("response_url")) or None)
    return Ask(text(body.get("command")), user, place, text(body.get("text")), trigger or None, key=trigger, at=at)


def click(body: Mapping[str, Any], at: float) -> Ask:
    """A click on a button, in a message, a window or App Home, that came *at* that time."""
    container, view, user = mapping(body.get("container")), mapping(body.get("view")), user_of(body)
    listed = body.get("actions")
    action = mapping(listed[0]) if isinstance(listed, list) and listed else {}
    channel = text(mapping(body.get("channel")).get("id")) or text(container.get("channel_id"))
    place = Place(user, channel, text(container.get("thread_ts")) or None, text(body.get("response_url")) or None)
    value = text(action.get("value")) or text(mapping(action.get("selected_option")).get("value"))
    modal = text(view.get("id")) if view.get("type") == "modal" else ""
    id, trigger = text(action.get("action_id")), text(body.get("trigger_id"))
    key = f"{trigger} {id}" if trigger else ""
    return Ask(
        *(id.split(":", 1)[0], user, place, value, trigger or None, modal or None, key),
        home=view.get("type") == "home",
        at=at,
    )


def look_up(body: Mapping[str, Any], at: float) -> Ask:
    """What a person typed into a menu that we fill, which came *at* that time; the name is that of the input."""
    return Ask(text(body.get("block_id")), user_of(body), Place(user_of(body)), text(body.get("value")), at=at)


def said(event: Mapping[str, Any], body: Mapping[str, Any], bot_user: str) -> Ask | None:
    """A mention or a direct message: the same commands, by their first word. None for what no person wrote."""
    user, channel = text(event.get("user")), text(event.get("channel"))
    if not user or event.get("bot_id") or "subtype" in event or user == bot_user:
        return None
    typed = re.sub(rf"<@{re.escape(bot_user)}(\|[^<>]*)?>", "", text(event.get("text"))[:FAR]).strip()
    word, rest = command_of(typed) if len(typed) < FAR // 2 else ("", typed)
    place = Place(user, channel, text(event.get("thread_ts")) or None)
    return Ask(f"/stt-{word}", user, place, rest, key=text(body.get("event_id")), ts=text(event.get("ts")))


def user_of(body: Mapping[str, Any]) -> str:
    """Who did it."""
    return text(mapping(body.get("user")).get("id"))


def mapping(found: object) -> Mapping[str, Any]:
    """An object, empty for anything else."""
    return found if isinstance(found, Mapping) else {}


def text(found: object) -> str:
    """A text, empty for anything else. Half a surrogate pair, which JSON lets through and nothing can store, is `?`."""
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""
